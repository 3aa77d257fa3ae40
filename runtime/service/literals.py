"""Values as they are written in Structured Text: what people type at a command line, and what it answers.

| type | read |
|---|---|
| BOOL | `TRUE`, `FALSE`, `0`, `1` |
| integers, bit strings | `42`, `-1_000`, `16#FF`, `2#1010` |
| REAL, LREAL | `1.5`, `-2E-3`, whole numbers |
| TIME, LTIME | `T#1m30s`, `LTIME#-5us` |
| dates and times of day | `D#2024-02-29`, `TOD#12:30:15.5`, `DT#2024-02-29-12:30:15` |
| texts | `'valve $'A$''`, `"wide"` |
| enumerations | `Running`, `State#Running`, `State.Running` |
| arrays | `[1, 2, 3(0)]`, all elements in the order of the memory |

Every one may name its type, `INT#5`. What comes out is a value as `service.values` has it, checked there for its range.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite, isnan
from typing import Any, cast

from msgspec import Struct

from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Target
from runtime.service.config.durations import BadDuration, format_duration, parse_duration
from runtime.service.dates import CALENDAR, format_date
from runtime.service.errors import WrongType
from runtime.service.texts import is_text


class AsWritten(Struct, frozen=True):
    """A value as it was typed, for a door whose other values are of JSON."""

    text: str


MAX_CHARACTERS = 10_000
"""Of one value."""
_DURATIONS = ("TIME", "LTIME")
_PREFIX = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)#(?=[^#]|$)")
_INTEGER = re.compile(r"([+-]?)(?:(2|8|16)#)?([0-9A-F]+(?:_[0-9A-F]+)*)", re.IGNORECASE | re.ASCII)
_REAL = re.compile(r"[+-]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:E[+-]?[0-9]+)?", re.IGNORECASE | re.ASCII)
_REPEATED = re.compile(r"([0-9]{1,9})\s*\((.*)\)", re.DOTALL | re.ASCII)
_ESCAPES = {"$": "$", "'": "'", '"': '"', "L": "\n", "N": "\n", "P": "\f", "R": "\r", "T": "\t"}
_SAME = {
    "T": "TIME", "LT": "LTIME", "D": "DATE", "LD": "LDATE", "TIME_OF_DAY": "TOD", "LTIME_OF_DAY": "LTOD",
    "DATE_AND_TIME": "DT", "LDATE_AND_TIME": "LDT",
}  # fmt: skip
"""Prefixes of literals, and the types that they stand for."""


def parse(program: CompiledProgram, target: Target, text: str) -> Any:
    """The value that `text` writes for a variable. Raises WrongType."""
    if len(text) > MAX_CHARACTERS:
        raise WrongType(f"'{target.path}': a value has at most {MAX_CHARACTERS:,} characters")
    if target.type.kind != "array":
        return _single(target.path, target.type, text.strip())
    element = program.types[target.type.element]
    shape = [high - low + 1 for low, high in target.type.ranges]
    count = 1
    for length in shape:
        count *= length
    items = list(_elements(target.path, text.strip(), count))
    if len(items) != count:
        raise WrongType(f"'{target.path}' has {count} elements, and {len(items)} are written")
    return _shaped([_single(target.path, element, item) for item in items], shape)


def _elements(path: str, text: str, most: int) -> Iterator[str]:
    """The texts of the elements, repetitions written out; of too many, one too many."""
    if not (text.startswith("[") and text.endswith("]")):
        raise WrongType(f"'{path}' is an array: write its elements as [1, 2, 3(0)]")
    given = 0
    for item in _split(text[1:-1]):
        repeated = _REPEATED.fullmatch(item)
        inside = [item] if repeated is None else list(_split(repeated[2]))
        for _ in range(1 if repeated is None else min(int(repeated[1]), most + 1)):
            for each in inside:
                if given > most:
                    return
                given += 1
                yield each


def _split(text: str) -> Iterator[str]:
    """At commas that stand in no text and no brackets."""
    depth, quote, start = 0, "", 0
    for position, character in enumerate(text):
        if quote:
            escaped = text[position - 1] == "$" and (position - len(text[:position].rstrip("$"))) % 2 == 1
            quote = "" if character == quote and not escaped else quote
        elif character in "'\"":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            yield text[start:position].strip()
            start = position + 1
    yield text[start:].strip()


def _shaped(items: list[Any], shape: list[int]) -> list[Any]:
    for length in reversed(shape[1:]):
        items = [items[start : start + length] for start in range(0, len(items), length)]
    return items


def _single(path: str, type_: DataType, text: str) -> Any:
    if is_text(type_):
        return _text(path, type_, text)
    if type_.kind == "enum":
        return _label(path, type_, text)
    if not type_.base:
        raise WrongType(f"'{path}' is a whole {type_.name}; its members are written one by one")
    body = _without_type(path, type_, text)
    if type_.base in CALENDAR:
        return body
    if type_.base in _DURATIONS:
        return _duration(path, type_, body)
    if type_.base == "BOOL":
        value = {"TRUE": True, "FALSE": False, "1": True, "0": False}.get(body.upper())
        if value is None:
            raise _wrong(path, type_, text, "TRUE or FALSE")
        return value
    if NUMPY_FORMAT[type_.base][1] == "f":
        if _REAL.fullmatch(body) is None:
            raise _wrong(path, type_, text, "1.5 or 2E-3")
        return float(body.replace("_", ""))
    return _whole(path, type_, body)


def _wrong(path: str, type_: DataType, text: str, example: str) -> WrongType:
    return WrongType(f"'{path}' is {type_.name or type_.base}, which is written as {example}, not {text[:40]!r}")


def _without_type(path: str, type_: DataType, text: str) -> str:
    """What follows `INT#`, which has to be the variable's own type."""
    named = _PREFIX.match(text)
    if named is None:
        return text
    name = _SAME.get(named[1].upper(), named[1].upper())
    fits = {type_.base, type_.name.upper()}
    if type_.base in (*_DURATIONS, *CALENDAR):
        fits.add(type_.base.removeprefix("L"))
    if name not in fits:
        raise WrongType(f"'{path}' is {type_.name or type_.base}, and {text[:40]!r} is of another type")
    return text[named.end() :]


def _whole(path: str, type_: DataType, text: str) -> int:
    found = _INTEGER.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        value = int(found[3].replace("_", ""), int(found[2] or 10))
    except ValueError:
        raise _wrong(path, type_, text, "42 or 16#2A") from None
    return -value if found[1] == "-" else value


def _duration(path: str, type_: DataType, text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    try:
        return sign * parse_duration(text.lstrip("+-"))
    except BadDuration as error:
        raise _wrong(path, type_, text, f"T#1m30s ({error})") from None


def _label(path: str, type_: DataType, text: str) -> str | int:
    label = re.sub(rf"^{re.escape(type_.name)}[#.]", "", text, count=1, flags=re.IGNORECASE)
    return _whole(path, type_, label) if label[:1].isdigit() or label[:1] in "+-" else label


def _text(path: str, type_: DataType, text: str) -> str:
    quote, wide = text[:1], type_.wide or type_.base == "WCHAR"
    if quote not in ("'", '"') or len(text) < 2 or text[-1] != quote:
        raise _wrong(path, type_, text, '"text"' if wide else "'text'")
    found, position, body = list[str](), 0, text[1:-1]
    while position < len(body):
        character = body[position]
        if character == quote:
            raise _wrong(path, type_, text, f"${quote} for a quote inside")
        if character != "$":
            found.append(character)
            position += 1
            continue
        code = body[position + 1 : position + (5 if quote == '"' else 3)]
        if code[:1].upper() in _ESCAPES:
            found.append(_ESCAPES[code[0].upper()])
            position += 2
        elif len(code) in (2, 4) and re.fullmatch("[0-9A-Fa-f]+", code):
            found.append(chr(int(code, 16)))
            position += 1 + len(code)
        else:
            raise _wrong(path, type_, text, "'$$' for a dollar sign")
    return "".join(found)


# ------------------------------------------------------------------------------------------------------------- writing


def written(type_name: str, value: object, label: str | None = None) -> str:
    """A value as JSON has it (`service.http.models`), in the form that `parse` reads. `type_name` is that of the
    variable, `label` that of a member of an enumeration.
    """
    base = type_name.upper()
    if label is not None:
        return label
    if isinstance(value, list):
        element = base.rpartition(" OF ")[2]
        return f"[{', '.join(_flat_text(element, cast('list[object]', value)))}]"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int) and base in _DURATIONS:
        return f"{'LTIME' if base == 'LTIME' else 'T'}#{'-' if value < 0 else ''}{format_duration(abs(value))}"
    if isinstance(value, int) and base in CALENDAR:
        value = format_date(base, value)
    if isinstance(value, str):
        if base in CALENDAR:
            return f"{base.replace('DATE', 'D')}#{value.replace('T', '-')}"
        return value if base in ("REAL", "LREAL") else _quoted(value, '"' if base.startswith("W") else "'")
    return repr(value) if isinstance(value, float) else str(value)


def of_target(program: CompiledProgram, target: Target, value: Any) -> str:
    """A value as `service.values` has it, in the form that `parse` reads."""
    type_ = target.type
    if type_.kind == "array":
        return f"[{', '.join(_of_elements(program.types[type_.element], value))}]"
    return _of_type(type_, value)


def _of_elements(element: DataType, value: list[object]) -> Iterator[str]:
    for item in value:
        if isinstance(item, list):
            yield from _of_elements(element, cast("list[object]", item))
        else:
            yield _of_type(element, item)


def _of_type(type_: DataType, value: Any) -> str:
    if type_.kind == "enum":
        return next((label for label, number in type_.labels if number == value), str(value))
    if type_.kind == "pointer":
        return "NULL" if value == 0 else f"16#{value:X}"
    name = type_.base or ("WSTRING" if type_.wide else "STRING")
    if name in ("REAL", "LREAL") and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return written(name, value)


def _flat_text(element: str, value: list[object]) -> Iterator[str]:
    for item in value:
        if isinstance(item, list):
            yield from _flat_text(element, cast("list[object]", item))
        else:
            yield written(element, item)


def _quoted(text: str, quote: str) -> str:
    def shown(character: str) -> str:
        if character in ("$", quote):
            return f"${character}"
        if character.isprintable():
            return character
        return f"${ord(character):04X}" if quote == '"' else f"${ord(character):02X}"

    return f"{quote}{''.join(map(shown, text))}{quote}"
