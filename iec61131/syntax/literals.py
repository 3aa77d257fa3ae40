"""What a literal means: the text of one token to its exact value.

One function per kind of token, in the order of `literal`. A malformed literal is reported and read as a stand-in of the
same kind, so that reading goes on. Whether a value fits its type is decided later: `SINT#1000` is 1000 here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from iec61131.diagnostics.catalogue.syntax import (
    ADDRESS_WITHOUT_PLACE,
    MALFORMED_ADDRESS,
    MALFORMED_DURATION,
    MALFORMED_NUMBER,
    MALFORMED_TYPED_LITERAL,
    NUMBER_TOO_LONG,
    UNKNOWN_ESCAPE,
)
from iec61131.source import Span
from iec61131.syntax.dates import date_literal
from iec61131.syntax.reports import LITERAL_CHARACTERS_MAX, Report, shortened
from iec61131.syntax.tokens import Kind, Token
from iec61131.syntax.tree import (
    BoolLiteral,
    DateLiteral,
    DirectAddress,
    DurationLiteral,
    IntegerLiteral,
    Name,
    QualifiedEnum,
    RealLiteral,
    StringLiteral,
)

Literal = IntegerLiteral | RealLiteral | BoolLiteral | DurationLiteral | DateLiteral | StringLiteral | QualifiedEnum

_DECIMAL = re.compile(r"[0-9]+(?:_[0-9]+)*")
_REAL = re.compile(r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?")
_BASED_DIGITS = {
    2: re.compile(r"[01]+(?:_[01]+)*"),
    8: re.compile(r"[0-7]+(?:_[0-7]+)*"),
    16: re.compile(r"[0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*"),
}
_REAL_TYPES = frozenset({"REAL", "LREAL"})
_NUMBER_REMEDY = "write a number such as 17, 1_000, 16#FF or 1.5E-3"


def literal(token: Token, report: Report) -> Literal:
    """The value of a token of kind INTEGER, REAL, DURATION, DATE, STRING or TYPED_NAME."""
    return _READ.get(token.kind, _typed_name)(token, report)


# ------------------------------------------------------------------------------------------------------------- numbers


class _Malformed(Exception):
    def __init__(self, reason: str, remedy: str = _NUMBER_REMEDY) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def _number(token: Token, report: Report) -> Literal:
    span = token.span
    prefix, sign, digits = _split_number(token)
    is_real = token.kind is Kind.REAL or (prefix is not None and prefix.key in _REAL_TYPES and "#" not in digits)
    if len(digits) > LITERAL_CHARACTERS_MAX:
        report(NUMBER_TOO_LONG.at(span, length=len(digits), limit=LITERAL_CHARACTERS_MAX))
        digits = "0"
    try:
        if is_real:
            text = sign + _real_digits(digits)
            return RealLiteral(float(text), text, prefix, span)
        value = _integer(digits)
        if prefix is not None and prefix.key == "BOOL":
            return BoolLiteral(_bool(sign, value), span)
        return IntegerLiteral(-value if sign == "-" else value, prefix, span)
    except _Malformed as malformed:
        text = digits if prefix is None else f"{prefix.text}#{sign}{digits}"
        report(MALFORMED_NUMBER.at(span, text=shortened(text), reason=malformed.reason, remedy=malformed.remedy))
        return RealLiteral(0.0, "0.0", prefix, span) if is_real else IntegerLiteral(0, prefix, span)


def _split_number(token: Token) -> tuple[Name | None, str, str]:
    """`INT#-16#FF` to the name INT, the sign and `16#FF`."""
    text = token.text
    if text[0].isdigit():
        return None, "", text
    word, _, rest = text.partition("#")
    name = Name(word, Span(token.file, token.start, token.start + len(word)))
    if rest[0] in "+-":
        return name, rest[0].replace("+", ""), rest[1:]
    return name, "", rest


def _integer(digits: str) -> int:
    base_text, hash_sign, based = digits.partition("#")
    if hash_sign:
        return _based(base_text, based)
    if _DECIMAL.fullmatch(digits):
        return int(digits.replace("_", ""))
    if digits[:2] in ("0x", "0X", "0b", "0B") and digits[2:]:
        base = "16" if digits[1] in "xX" else "2"
        raise _Malformed("that is how other languages write it", f"write {base}#{shortened(digits[2:].upper())}")
    raise _malformed(digits)


def _malformed(digits: str) -> _Malformed:
    """`5s` is a duration that somebody forgot to announce."""
    match = re.fullmatch(r"[0-9]+(?:\.[0-9]+)?([A-Za-z]+)", digits)
    if match is not None and match[1].upper() in _UNITS_NS and len(digits) < _SHORT:
        return _Malformed("a duration begins with T#", f"write T#{digits}")
    return _Malformed(_what_is_wrong(digits))


_SHORT = 20


def _based(base_text: str, digits: str) -> int:
    pattern = _BASED_DIGITS.get(int(base_text)) if _DECIMAL.fullmatch(base_text) and len(base_text) <= 2 else None
    if pattern is None:
        raise _Malformed(f"there is no base {shortened(base_text)}", "use one of the bases 2, 8 and 16, as in 16#FF")
    if pattern.fullmatch(digits):
        return int(digits.replace("_", ""), int(base_text))
    if not digits:
        raise _Malformed("there are no digits behind the '#'")
    wrong = [digit for digit in digits if digit != "_" and not pattern.fullmatch(digit)]
    if wrong:
        raise _Malformed(f"'{wrong[0]}' is no digit of base {base_text}", f"use digits of base {base_text} only")
    raise _Malformed("an underscore stands between two digits only")


def _real_digits(digits: str) -> str:
    if not _REAL.fullmatch(digits):
        raise _malformed(digits)
    return digits.replace("_", "")


def _bool(sign: str, value: int) -> bool:
    if value > 1 or sign:
        raise _Malformed("a BOOL is 0 or 1", "write BOOL#0, BOOL#1, FALSE or TRUE")
    return bool(value)


def _what_is_wrong(digits: str) -> str:
    if digits.endswith("_") or "__" in digits or "_." in digits or "._" in digits:
        return "an underscore stands between two digits only"
    if digits.endswith(".") or re.search(r"\.[^0-9]", digits):
        return "digits must stand on both sides of the point"
    if re.fullmatch(r"[0-9_.]+[eE][+-]?", digits):
        return "the exponent has no digits"
    return "letters stand among its digits"


# ----------------------------------------------------------------------------------------------------------- durations

_UNITS_NS = {
    "D": 86_400_000_000_000,
    "H": 3_600_000_000_000,
    "M": 60_000_000_000,
    "S": 1_000_000_000,
    "MS": 1_000_000,
    "US": 1_000,
    "NS": 1,
}
_UNIT_ORDER = list(_UNITS_NS)
_DURATION_PART = re.compile(r"([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+(?:_[0-9]+)*))?([A-Za-zµμ]*)_?")


def _duration(token: Token, report: Report) -> DurationLiteral:
    span = token.span
    prefix, _, body = token.text.partition("#")
    sign = -1 if body.startswith("-") else 1
    value_ns = 0
    if len(body) > LITERAL_CHARACTERS_MAX:
        report(NUMBER_TOO_LONG.at(span, length=len(body), limit=LITERAL_CHARACTERS_MAX))
    else:
        try:
            value_ns = sign * _nanoseconds(body.lstrip("+-"))
        except _Malformed as malformed:
            report(MALFORMED_DURATION.at(span, text=shortened(token.text), reason=malformed.reason))
    return DurationLiteral(value_ns, prefix.upper() in ("LT", "LTIME"), span)


def _nanoseconds(body: str) -> int:
    """Exact: a fraction is computed in integers, never as a float."""
    if not body:
        raise _Malformed("there is no number behind the '#'")
    total_ns = 0
    position = 0
    units: list[str] = []
    while position < len(body):
        match = _DURATION_PART.match(body, position)
        if match is None:
            raise _Malformed(f"'{body[position:]}' is not a number with a unit")
        whole, fraction, unit = match[1].replace("_", ""), (match[2] or "").replace("_", ""), match[3].upper()
        if not unit:
            raise _Malformed(f"a unit is missing behind {match[0].rstrip('_')}")
        if unit not in _UNITS_NS:
            raise _Malformed(f"'{match[3]}' is not a unit; the units are d h m s ms us ns")
        if units and _UNIT_ORDER.index(unit) <= _UNIT_ORDER.index(units[-1]):
            raise _Malformed(f"{unit.lower()} stands behind {units[-1].lower()}")
        position = match.end()
        if fraction and position < len(body):
            raise _Malformed("only the last number may have a fraction")
        part, remainder = divmod(int(whole + fraction) * _UNITS_NS[unit], 10 ** len(fraction))
        if remainder:
            raise _Malformed("it is finer than a nanosecond")
        total_ns += part
        units.append(unit)
    if body.endswith("_"):
        raise _Malformed("it ends with an underscore")
    return total_ns


# ------------------------------------------------------------------------------------------------------------- strings

_ESCAPES = {
    "$": "$",
    "'": "'",
    '"': '"',
    "L": "\n",
    "N": "\n",
    "P": "\f",
    "R": "\r",
    "T": "\t",
}
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


def _string(token: Token, report: Report) -> StringLiteral:
    """A token that is damaged (not closed, typographic quotes) was reported by the lexer and means what it can."""
    text = token.text
    quotes = [index for index in (text.find("'"), text.find('"')) if index >= 0]
    if not quotes or (token.damaged and text[0] in "‘’“”„"):
        return StringLiteral(text[1:-1], False, token.span)
    start = min(quotes)
    wide = text[start] == '"'
    prefix = Name(text[: start - 1], Span(token.file, token.start, token.start + start - 1)) if start else None
    body = text[start + 1 :].removesuffix(text[start])  # no quote to remove where the string is not closed
    offset = token.start + start + 1
    if "$" not in body:
        return StringLiteral(body, wide, token.span, prefix)

    parts: list[str] = []
    position = 0
    for match in _escapes(body, wide):
        parts.append(body[position : match[0]])
        position = match[1]
        parts.append(match[2])
        if not match[2]:
            digits = "four hexadecimal digits" if wide else "two hexadecimal digits"
            place = Span(token.file, offset + match[0], offset + match[1])
            report(UNKNOWN_ESCAPE.at(place, escape=body[match[0] : match[1]], digits=digits))
    parts.append(body[position:])
    return StringLiteral("".join(parts), wide, token.span, prefix)


def _escapes(body: str, wide: bool) -> list[tuple[int, int, str]]:
    """Start, end and meaning of each escape; the meaning is empty where there is none."""
    digits = 4 if wide else 2
    found: list[tuple[int, int, str]] = []
    position = body.find("$")
    while position >= 0:
        number = body[position + 1 : position + 1 + digits]
        letter = body[position + 1 : position + 2].upper()
        if len(number) == digits and _HEXADECIMAL.issuperset(number):
            end, meaning = position + 1 + digits, chr(int(number, 16))
        else:
            end, meaning = position + 1 + len(letter), _ESCAPES.get(letter, "")
        found.append((position, end, meaning))
        position = body.find("$", end)
    return found


# --------------------------------------------------------------------------------------------- typed names, addresses


def _typed_name(token: Token, report: Report) -> QualifiedEnum | BoolLiteral:
    """`Colour#Red`, `BOOL#TRUE`."""
    word, _, rest = token.text.partition("#")
    type_name = Name(word, Span(token.file, token.start, token.start + len(word)))
    member = Name(rest, Span(token.file, token.start + len(word) + 1, token.end))
    if not rest:
        reason = "something else than a name or a number follows the '#'"
        report(MALFORMED_TYPED_LITERAL.at(token.span, text=shortened(token.text), reason=reason))
    if type_name.key == "BOOL" and member.key in ("TRUE", "FALSE"):
        return BoolLiteral(member.key == "TRUE", token.span)
    return QualifiedEnum(type_name, member, token.span)


_READ: dict[Kind, Callable[[Token, Report], Literal]] = {
    Kind.INTEGER: _number,
    Kind.REAL: _number,
    Kind.DURATION: _duration,
    Kind.DATE: date_literal,
    Kind.STRING: _string,
}


_ADDRESS = re.compile(r"%([A-Za-z]*)(\*|[0-9]+(?:\.[0-9]+)*)?(.*)", re.DOTALL)
_ADDRESS_PARTS_MAX = 16


_OFFSET = re.compile(r"%([XBWDL]?)([0-9]{1,9}(?:\.[0-7])?)", re.IGNORECASE)


def offset(token: Token) -> DirectAddress | None:
    """`%B4` in a STRUCT: a place that counts from its start, so it has no area. None for whatever else."""
    match = _OFFSET.fullmatch(token.text)
    if match is None:
        return None
    return DirectAddress("", match[1].upper() or "X", tuple(int(number) for number in match[2].split(".")), token.span)


def address(token: Token, report: Report, may_be_open: bool = False) -> DirectAddress | None:
    """`%QW3`; None for a malformed one, and for `%Q*` where the place may not be left open."""
    text = token.text
    match = _ADDRESS.fullmatch(text)
    letters, place, rest = (match[1].upper(), match[2] or "", match[3]) if match else ("", "", text)
    reason = _what_is_wrong_with_address(letters, place, rest)
    if reason:
        report(MALFORMED_ADDRESS.at(token.span, text=shortened(text), reason=reason))
        return None
    area, size = letters[0], letters[1:] or "X"
    if place == "*" and may_be_open:
        return DirectAddress(area, size, (), token.span)
    if place == "*":
        example = f"%{area}{size}0.0" if size == "X" else f"%{area}{size}0"
        report(ADDRESS_WITHOUT_PLACE.at(token.span, text=text, example=example))
        return None
    return DirectAddress(area, size, tuple(int(number) for number in place.split(".")), token.span)


def _what_is_wrong_with_address(letters: str, place: str, rest: str) -> str:
    if letters[:1] not in ("I", "Q", "M"):
        return "the first letter is the area: I, Q or M"
    if letters[1:] not in ("", "X", "B", "W", "D", "L"):
        return "the second letter is the size: X, B, W, D or L"
    if rest:
        return f"'{shortened(rest)}' does not belong to it"
    if not place:
        return "the number of the place is missing"
    if len(place) > LITERAL_CHARACTERS_MAX or place.count(".") >= _ADDRESS_PARTS_MAX:
        return "it is too long"
    return ""


_PART = re.compile(r"%([XBWD]?)([0-9]{1,4})(?:\.([0-9]{1,4}))?", re.IGNORECASE)


def part(token: Token) -> tuple[str, int, int | None] | None:
    """The size X, B, W or D and the number of `%B1` behind a point, and the bit in `%B1.3`; None for whatever else."""
    match = _PART.fullmatch(token.text)
    if match is None:
        return None
    return match[1].upper() or "X", int(match[2]), int(match[3]) if match[3] else None
