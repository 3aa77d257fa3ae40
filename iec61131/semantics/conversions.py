"""Which type becomes which other type by itself, and how each conversion is carried out.

`IMPLICIT` is the table for values that change their type without a word from the programmer: read a row as "a value of
this type, used where .. is wanted". `w` follows the standard's diagram of implicit conversions. The other small letters
are what the CODESYS family does besides: `n` without a word, because no value changes; `s`, `b` and `p` with a warning.
All of those are errors under dialect "iec". `x` needs a conversion function.

`steps` gives the conversions that `X_TO_Y` stands for. When they are converted from or to a number, TIME and TOD count
milliseconds, DATE and DT seconds, and their long forms nanoseconds, as they do in the CODESYS family:
`TIME_TO_DINT(T#1s)` is 1000.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from msgspec import Struct

from iec61131.semantics.model import ConversionKind
from iec61131.semantics.types import ELEMENTARY, ELEMENTARY_NAMES, LINT, LREAL, ULINT, Elementary, Kind
from iec61131.syntax.tree import BinaryOperator


class Verdict(Enum):
    """What happens when a value of one type is used where another is wanted, by its letter in the table below.

    ENUM is not in the table: it is the verdict on a number that becomes an enumeration.
    """

    __hash__ = object.__hash__  # by its name, as enumerations do, is a Python call for every look into a table

    SAME = "="
    WIDENS = "w"
    NUMBER = "n"
    SIGN = "s"
    BITS = "b"
    PRECISION = "p"
    ENUM = "e"
    EXPLICIT = "x"

    @property
    def is_standard(self) -> bool:
        """Whether the standard does this without a word."""
        return self in _STANDARD

    @property
    def is_warned(self) -> bool:
        return self in _WARNED


_STANDARD = frozenset({Verdict.SAME, Verdict.WIDENS})
_WARNED = frozenset({Verdict.SIGN, Verdict.BITS, Verdict.PRECISION, Verdict.ENUM})


REASON = {
    Verdict.NUMBER: "a bit string or enumeration is taken for a number",
    Verdict.SIGN: "the sign may change",
    Verdict.BITS: "a bit string and a number are mixed",
    Verdict.PRECISION: "precision may be lost",
    Verdict.ENUM: "a number is taken for an enumeration",
}
"""Why an implicit conversion is warned about, or refused under dialect "iec"."""

_GRID = """
         BOOL BYTE WORD DWORD LWORD SINT INT DINT LINT USINT UINT UDINT ULINT REAL LREAL TIME LTIME
BOOL     =    w    w    w     w     x    x   x    x    x     x    x     x     x    x     x    x
BYTE     x    =    w    w     w     b    n   n    n    b     n    n     n     n    n     x    x
WORD     x    x    =    w     w     x    b   n    n    x     b    n     n     n    n     x    x
DWORD    x    x    x    =     w     x    x   b    n    x     x    b     n     p    n     x    x
LWORD    x    x    x    x     =     x    x   x    b    x     x    x     b     p    p     x    x
SINT     x    b    b    b     b     =    w   w    w    s     s    s     s     w    w     x    x
INT      x    x    b    b     b     x    =   w    w    x     s    s     s     w    w     x    x
DINT     x    x    x    b     b     x    x   =    w    x     x    s     s     p    w     x    x
LINT     x    x    x    x     b     x    x   x    =    x     x    x     s     p    p     x    x
USINT    x    b    n    n     n     s    w   w    w    =     w    w     w     w    w     x    x
UINT     x    x    b    n     n     x    s   w    w    x     =    w     w     w    w     x    x
UDINT    x    x    x    b     n     x    x   s    w    x     x    =     w     p    w     x    x
ULINT    x    x    x    x     b     x    x   x    s    x     x    x     =     p    p     x    x
REAL     x    x    x    x     x     x    x   x    x    x     x    x     x     =    w     x    x
LREAL    x    x    x    x     x     x    x   x    x    x     x    x     x     p    =     x    x
TIME     x    x    x    x     x     x    x   x    x    x     x    x     x     x    x     =    w
LTIME    x    x    x    x     x     x    x   x    x    x     x    x     x     x    x     p    =
"""

_DATE_GRID = """
         DATE LDATE TOD LTOD DT LDT
DATE     =    w     x   x    x  x
LDATE    p    =     x   x    x  x
TOD      x    x     =   w    x  x
LTOD     x    x     p   =    x  x
DT       x    x     x   x    =  w
LDT      x    x     x   x    p  =
"""
"""A table of its own: between these types and all others there is nothing but conversion functions."""


def _read_grid(grid: str) -> dict[tuple[Elementary, Elementary], Verdict]:
    header, *rows = (line.split() for line in grid.strip().splitlines())
    return {
        (ELEMENTARY[source], ELEMENTARY[target]): Verdict(letter)
        for source, *letters in rows
        for target, letter in zip(header, letters, strict=True)
    }


IMPLICIT: dict[tuple[Elementary, Elementary], Verdict] = {
    **{(source, target): Verdict.EXPLICIT for source in ELEMENTARY.values() for target in ELEMENTARY.values()},
    **{(type_, type_): Verdict.SAME for type_ in ELEMENTARY.values()},
    **_read_grid(_GRID),
    **_read_grid(_DATE_GRID),
}
"""What no table names has conversion functions at best."""


# -------------------------------------------------------------------------------------------------------- common types


@cache
def common_type(left: Elementary, right: Elementary) -> Elementary | None:
    """The type in which two operands meet: the standard's smallest common type, REAL or LREAL when one of them is.

    None when they do not meet at all.
    """
    if left is right:
        return left
    for real, other in ((left, right), (right, left)):
        if real.kind is Kind.REAL and other.kind is not Kind.REAL:
            return real if IMPLICIT[other, real] is not Verdict.EXPLICIT else None
    if (
        left.kind is not right.kind
        and Kind.BITS in (left.kind, right.kind)
        and Kind.BOOL not in (left.kind, right.kind)
    ):
        return common_type(number_of(left), number_of(right))
    if IMPLICIT[left, right].is_standard or IMPLICIT[right, left].is_standard:
        return right if IMPLICIT[left, right].is_standard else left
    for type_ in ELEMENTARY.values():
        if IMPLICIT[left, type_].is_standard and IMPLICIT[right, type_].is_standard:
            return type_
    if left.is_integer and right.is_integer:
        return LINT  # LINT with ULINT: no type holds both
    return None


def number_of(type_: Elementary) -> Elementary:
    """The number type that a bit string is taken for: unsigned, of its width. Other types are themselves."""
    return _NUMBER.get(type_.name, type_)


def bits_of(type_: Elementary) -> Elementary:
    """The bit string that an integer is taken for: of its width. Other types are themselves."""
    return _BITS[type_.size] if type_.is_integer else type_


_NUMBER = {b: ELEMENTARY[n] for b, n in (("BYTE", "USINT"), ("WORD", "UINT"), ("DWORD", "UDINT"), ("LWORD", "ULINT"))}
_BITS = {ELEMENTARY[n].size: ELEMENTARY[n] for n in ("BYTE", "WORD", "DWORD", "LWORD")}


# ----------------------------------------------------------------------------------------------------------- carry out


@cache
def conversion_kind(source: Elementary, target: Elementary) -> ConversionKind:
    """How the bits of `source` become `target`. Durations and dates count as the integers they are stored as."""
    if source is target:
        return ConversionKind.RELABEL
    if source.kind is target.kind is Kind.CHARACTER:
        return ConversionKind.CHARACTER
    return _KINDS[_family(source), _family(target)]


def is_convertible(source: Elementary, target: Elementary) -> bool:
    """Whether a conversion function leads from `source` to `target`: a character becomes a number without a point."""
    kinds = {source.kind, target.kind}
    return Kind.CHARACTER not in kinds or kinds <= {Kind.CHARACTER, Kind.SIGNED, Kind.UNSIGNED, Kind.BITS}


class _Family(Enum):
    __hash__ = object.__hash__

    BOOL = "bool"
    WHOLE = "whole"
    REAL = "real"


def _family(type_: Elementary) -> _Family:
    return _FAMILIES.get(type_.kind, _Family.WHOLE)


_FAMILIES = {Kind.BOOL: _Family.BOOL, Kind.REAL: _Family.REAL}
_KINDS = {
    (_Family.BOOL, _Family.WHOLE): ConversionKind.FROM_BOOL,
    (_Family.BOOL, _Family.REAL): ConversionKind.FROM_BOOL,
    (_Family.WHOLE, _Family.BOOL): ConversionKind.TO_BOOL,
    (_Family.WHOLE, _Family.WHOLE): ConversionKind.RESIZE,
    (_Family.WHOLE, _Family.REAL): ConversionKind.INTEGER_TO_REAL,
    (_Family.REAL, _Family.BOOL): ConversionKind.TO_BOOL,
    (_Family.REAL, _Family.WHOLE): ConversionKind.REAL_TO_INTEGER,
    (_Family.REAL, _Family.REAL): ConversionKind.REAL_TO_REAL,
}


class Calculation(Struct, frozen=True):
    """A step that is arithmetic with a constant, in the type reached so far (`/` of whole numbers: towards zero)."""

    operator: BinaryOperator
    constant: int


class Rounded(Struct, frozen=True):
    """A step that is a standard function of one REAL: FLOOR or CEIL, in the type reached so far."""

    function: str


Step = tuple[ConversionKind, Elementary] | Calculation | Rounded


class Rounding(Enum):
    """The families of functions that make a whole number of a REAL, by their names."""

    TRUNCATE = "TRUNC"
    NEAREST = "ROUND"
    DOWN = "FLOOR"
    UP = "CEIL"


_TO_WHOLE: dict[Rounding, tuple[tuple[Rounded, ...], ConversionKind]] = {
    Rounding.TRUNCATE: ((), ConversionKind.TRUNCATE_REAL),
    Rounding.NEAREST: ((), ConversionKind.REAL_TO_INTEGER),
    Rounding.DOWN: ((Rounded("FLOOR"),), ConversionKind.TRUNCATE_REAL),
    Rounding.UP: ((Rounded("CEIL"),), ConversionKind.TRUNCATE_REAL),
}

_MS, _S, _DAY = 1_000_000, 1_000_000_000, 86_400_000_000_000
NS_PER_UNIT = {"TIME": _MS, "LTIME": 1, "DATE": _S, "LDATE": 1, "TOD": _MS, "LTOD": 1, "DT": _S, "LDT": 1}
"""What one unit of a duration or date is, in nanoseconds, when it is converted from or to a number."""

_DAYS_BEFORE_1970 = Calculation(BinaryOperator.ADD, 106_751 * _DAY)
"""As many whole days as 64 bits hold before 1970. With them a time counts up from zero as a ULINT, whose division
rounds down: the hour before midnight of 1970-01-01 belongs to the day before."""
_BACK = Calculation(BinaryOperator.SUBTRACT, 106_751 * _DAY)
_MIDNIGHT = (Calculation(BinaryOperator.DIVIDE, _DAY), Calculation(BinaryOperator.MULTIPLY, _DAY), _BACK)
_SINCE_MIDNIGHT = (Calculation(BinaryOperator.MODULO, _DAY),)
_PART_OF_DAY = {"DATE": _MIDNIGHT, "LDATE": _MIDNIGHT, "TOD": _SINCE_MIDNIGHT, "LTOD": _SINCE_MIDNIGHT}
"""What a DATE and a TOD keep of a point in time."""


def steps(source: Elementary, target: Elementary, rounding: Rounding | None = None) -> tuple[Step, ...]:
    """What `source_TO_target` does, in order; with `rounding`, `source_TRUNC_target` and the like."""
    if source is target:
        return ()
    if rounding is not None:
        first, kind = _TO_WHOLE[rounding]
        return (*first, (kind, target))
    if source.is_clock and target.is_clock:
        return clock_steps(source, target)
    if source.is_clock and target.kind is not Kind.BOOL:
        number = LREAL if target.kind is Kind.REAL else LINT
        return (*_last(source, number), *_scale(BinaryOperator.DIVIDE, source), *_last(number, target))
    if target.is_clock:
        scale = _scale(BinaryOperator.MULTIPLY, target)
        if source.kind is Kind.REAL:
            return (*_last(source, LREAL), *scale, *_last(LREAL, LINT), *clock_steps(LINT, target))
        return (*_last(source, LINT), *scale, *clock_steps(LINT, target))
    return ((conversion_kind(source, target), target),)


def clock_steps(source: Elementary, target: Elementary) -> tuple[Step, ...]:
    """Nanoseconds, of a duration, a date or as LINT, as the duration or date `target`: a DATE is the midnight before, a
    TOD the time since then.
    """
    part = _PART_OF_DAY.get(target.name, ())
    if not part or part is _PART_OF_DAY.get(source.name):
        return ((ConversionKind.RESIZE, target),)
    return ((ConversionKind.RESIZE, ULINT), _DAYS_BEFORE_1970, *part, (ConversionKind.RESIZE, target))


def _scale(operator: BinaryOperator, clock: Elementary) -> tuple[Step, ...]:
    factor = NS_PER_UNIT[clock.name]
    return (Calculation(operator, factor),) if factor != 1 else ()


def _last(source: Elementary, target: Elementary) -> tuple[Step, ...]:
    return () if source is target else ((conversion_kind(source, target), target),)


# --------------------------------------------------------------------------------------------------------------- names


class ConversionFunction(Struct, frozen=True):
    """A conversion by its name in the text. `source` None: any elementary type (`TO_INT`, `ANY_TO_INT`). With
    `rounding` it is for REAL and LREAL.
    """

    name: str
    source: Elementary | None
    target: Elementary
    rounding: Rounding | None = None


def _functions() -> dict[str, ConversionFunction]:
    rows: list[ConversionFunction] = []
    reals = [t for t in ELEMENTARY.values() if t.kind is Kind.REAL]
    wholes = [t for t in ELEMENTARY.values() if t.is_integer]
    for to_name, target in ELEMENTARY_NAMES.items():
        rows.append(ConversionFunction(f"TO_{to_name}", None, target))
        rows.append(ConversionFunction(f"ANY_TO_{to_name}", None, target))
        rows.extend(
            ConversionFunction(f"{name}_TO_{to_name}", source, target)
            for name, source in ELEMENTARY_NAMES.items()
            if source is not target and is_convertible(source, target)
        )
    for rounding in Rounding:
        name = rounding.value
        rows.append(ConversionFunction(name, None, ELEMENTARY["DINT"], rounding))
        rows.extend(ConversionFunction(f"{name}_{target}", None, target, rounding) for target in wholes)
    rows.extend(
        ConversionFunction(f"{source}_TRUNC_{target}", source, target, Rounding.TRUNCATE)
        for target in wholes
        for source in reals
    )
    return {row.name: row for row in rows}


CONVERSIONS: dict[str, ConversionFunction] = _functions()
"""Every conversion function: `X_TO_Y`, `TO_Y`, `ANY_TO_Y`, `X_TRUNC_Y`, `TRUNC_Y`, and TRUNC, which gives a DINT; as
TRUNC also ROUND, FLOOR and CEIL."""


def function_name(source: Elementary, target: Elementary) -> str:
    """The function to recommend for an explicit conversion."""
    return f"{source}_TO_{target}"
