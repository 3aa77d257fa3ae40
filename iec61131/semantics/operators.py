"""Operator x kind of operand: what is computed, in which type, and what comes out.

`BINARY[operator, kind]` is the row for two operands that have met in one type of that kind
(`conversions.common_type`); `UNARY` the same for one. No row means that the operator does not exist for such
operands. Three rules do not fit the table: TIME times or divided by a number (`DURATION_SCALING`) has operands of two
kinds, sums and differences with dates (`DATE_SUMS`) have a type of their own, and `**` computes in REAL or LREAL
whatever its operands are.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

from msgspec import Struct

from iec61131.semantics.conversions import bits_of, number_of
from iec61131.semantics.types import DINT, ELEMENTARY, Elementary, Kind
from iec61131.syntax.tree import BinaryOperator, UnaryOperator


class Computes(Enum):
    """The type in which an operator computes, from the static type of its operands."""

    __hash__ = object.__hash__

    AS_NUMBER = "integers of at least 32 bits; a bit string counts as the unsigned integer of its width"
    AS_BITS = "the own width, as a bit string"
    AS_IS = "the operands' own type"


class Row(Struct, frozen=True):
    """`compares`: the result is BOOL; else it has the operands' type. `mixes`: the standard does not have it, the
    dialects do.
    """

    computes: Computes
    compares: bool = False
    mixes: bool = False


_ORDER = (
    BinaryOperator.EQUAL,
    BinaryOperator.NOT_EQUAL,
    BinaryOperator.LESS,
    BinaryOperator.GREATER,
    BinaryOperator.LESS_EQUAL,
    BinaryOperator.GREATER_EQUAL,
)
_SUM = (BinaryOperator.ADD, BinaryOperator.SUBTRACT)
_PRODUCT = (BinaryOperator.MULTIPLY, BinaryOperator.DIVIDE)
_LOGIC = (BinaryOperator.AND, BinaryOperator.OR, BinaryOperator.XOR)
_SHORT_CIRCUIT = (BinaryOperator.AND_THEN, BinaryOperator.OR_ELSE)
_WHOLE = (Kind.SIGNED, Kind.UNSIGNED)


def _rows(
    operators: tuple[BinaryOperator, ...], kinds: tuple[Kind, ...], row: Row
) -> dict[tuple[BinaryOperator, Kind], Row]:
    return {(operator, kind): row for operator in operators for kind in kinds}


BINARY: dict[tuple[BinaryOperator, Kind], Row] = {
    **_rows(_ORDER, _WHOLE, Row(Computes.AS_NUMBER, compares=True)),
    **_rows(
        _ORDER,
        (Kind.BOOL, Kind.BITS, Kind.REAL, Kind.DURATION, Kind.DATE, Kind.CHARACTER),
        Row(Computes.AS_IS, compares=True),
    ),
    **_rows((*_SUM, *_PRODUCT, BinaryOperator.MODULO), _WHOLE, Row(Computes.AS_NUMBER)),
    **_rows((*_SUM, *_PRODUCT, BinaryOperator.MODULO), (Kind.BITS,), Row(Computes.AS_NUMBER, mixes=True)),
    **_rows((*_SUM, *_PRODUCT), (Kind.REAL,), Row(Computes.AS_IS)),
    **_rows(_SUM, (Kind.DURATION,), Row(Computes.AS_IS)),
    **_rows(_LOGIC, (Kind.BOOL, Kind.BITS), Row(Computes.AS_BITS)),
    **_rows(_LOGIC, _WHOLE, Row(Computes.AS_BITS, mixes=True)),
    **_rows(_SHORT_CIRCUIT, (Kind.BOOL,), Row(Computes.AS_IS)),
}

UNARY: dict[tuple[UnaryOperator, Kind], Row] = {
    (UnaryOperator.NEGATE, Kind.SIGNED): Row(Computes.AS_NUMBER),
    (UnaryOperator.NEGATE, Kind.REAL): Row(Computes.AS_IS),
    (UnaryOperator.NEGATE, Kind.DURATION): Row(Computes.AS_IS),
    (UnaryOperator.PLUS, Kind.SIGNED): Row(Computes.AS_NUMBER),
    (UnaryOperator.PLUS, Kind.UNSIGNED): Row(Computes.AS_NUMBER),
    (UnaryOperator.PLUS, Kind.REAL): Row(Computes.AS_IS),
    (UnaryOperator.PLUS, Kind.DURATION): Row(Computes.AS_IS),
    (UnaryOperator.NOT, Kind.BOOL): Row(Computes.AS_IS),
    (UnaryOperator.NOT, Kind.BITS): Row(Computes.AS_IS),
    (UnaryOperator.NOT, Kind.SIGNED): Row(Computes.AS_BITS, mixes=True),
    (UnaryOperator.NOT, Kind.UNSIGNED): Row(Computes.AS_BITS, mixes=True),
}

DURATION_SCALING = (BinaryOperator.MULTIPLY, BinaryOperator.DIVIDE)
"""TIME * number, number * TIME and TIME / number: in 64-bit integers for a whole number, in LREAL for a REAL."""

_SHORT_DATE_SUMS = """
DATE - DATE TIME
TOD  - TOD  TIME
DT   - DT   TIME
TOD  + TIME TOD
TOD  - TIME TOD
DT   + TIME DT
DT   - TIME DT
TIME + TOD  TOD
TIME + DT   DT
"""


def _date_sums() -> dict[tuple[BinaryOperator, Elementary, Elementary], Elementary]:
    rows: dict[tuple[BinaryOperator, Elementary, Elementary], Elementary] = {}
    for line in _SHORT_DATE_SUMS.strip().splitlines():
        left, operator, right, result = line.split()
        for long in ("", "L"):
            for other_long in ("", "L"):
                operands = ELEMENTARY[long + left], ELEMENTARY[other_long + right]
                rows[BinaryOperator(operator), *operands] = ELEMENTARY[(long or other_long) + result]
    return rows


DATE_SUMS: dict[tuple[BinaryOperator, Elementary, Elementary], Elementary] = _date_sums()
"""Sums and differences in which a date takes part, with their type: the table above, and the same with long forms, of
which one makes the result long. Computed in LINT; a time of day goes round at midnight."""

COMPARISONS = frozenset(_ORDER)


@cache
def computation_type(type_: Elementary, computes: Computes = Computes.AS_NUMBER) -> Elementary:
    """The type that operands of static type `type_` are converted to."""
    match computes:
        case Computes.AS_NUMBER:
            number = number_of(type_)
            return DINT if number.is_integer and number.size < DINT.size else number
        case Computes.AS_BITS:
            return bits_of(type_)
        case Computes.AS_IS:
            return type_
