"""Bounds on the values that integer expressions can have, so that checks of what is certain are left out.

`interval` is deliberately small: it knows constants, the variables of the counted FOR loops around, narrow types, and
the operators that programs use to keep an index in bounds. It never trusts memory beyond the width of a type: a
subrange variable can hold anything after a write from outside.

An expression is `exact` when its interval was found without meeting the bounds of its type, that is, when nothing in
it can wrap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from iec61131.codegen.types_ir import elementary
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    IntrinsicCall,
    Load,
    UnaryExpression,
    Variable,
    VariablePlace,
)
from iec61131.semantics.types import Elementary, Kind, SubrangeType
from iec61131.syntax.tree import BinaryOperator, UnaryOperator


class Interval(NamedTuple):
    """Inclusive."""

    low: int
    high: int

    def inside(self, low: int, high: int) -> bool:
        return low <= self.low and self.high <= high

    def fits(self, type_: Elementary) -> bool:
        return self.inside(type_.minimum, type_.maximum)


Known = Mapping[Variable, Interval]
"""The variables of the counted loops around, which nothing but their loop changes."""


def whole(type_: Elementary) -> Interval:
    return Interval(type_.minimum, type_.maximum)


def interval(node: Expression, known: Known) -> Interval:
    """Bounds of an expression of an integer, bit string, duration or BOOL type."""
    type_ = elementary(node.type)
    found = _unwrapped(node, known)
    return found if found is not None and found.fits(type_) else whole(type_)


def exact(node: Expression, known: Known) -> bool:
    """Whether the operator or conversion at the root of `node` certainly yields the mathematical value of its
    operands.
    """
    found = _unwrapped(node, known)
    return found is not None and found.fits(elementary(node.type))


def _unwrapped(node: Expression, known: Known) -> Interval | None:
    """Bounds of the mathematical result, which may lie outside of the type; None when nothing is known."""
    match node:
        case ConstantExpression(value=bool() | int() as value):
            return Interval(int(value), int(value))
        case Load(place=VariablePlace(variable=variable)):
            return known.get(variable)
        case Convert():
            return _converted(node, known)
        case UnaryExpression(operator=UnaryOperator.NEGATE):
            low, high = interval(node.operand, known)
            return Interval(-high, -low)
        case BinaryExpression() if node.operator in _BINARY and elementary(node.left.type).kind is not Kind.REAL:
            return _BINARY[node.operator](interval(node.left, known), interval(node.right, known))
        case IntrinsicCall() if node.name in _INTRINSIC and elementary(node.type).kind is not Kind.REAL:
            return _INTRINSIC[node.name]([interval(argument, known) for argument in node.arguments])
        case _:
            return None


def _converted(node: Convert, known: Known) -> Interval | None:
    match node.kind:
        case ConversionKind.RESIZE | ConversionKind.RELABEL | ConversionKind.FROM_BOOL:
            return interval(node.operand, known)
        case ConversionKind.SUBRANGE:
            assert isinstance(node.type, SubrangeType)
            low, high = interval(node.operand, known)
            return Interval(max(low, node.type.low), max(min(high, node.type.high), node.type.low))
        case _:
            return None


def _multiply(a: Interval, b: Interval) -> Interval:
    products = [x * y for x in a for y in b]
    return Interval(min(products), max(products))


def _modulo(a: Interval, b: Interval) -> Interval | None:
    """Sign of the dividend, smaller than the divisor and not greater than the dividend."""
    most = max(abs(b.low), abs(b.high)) - 1
    if most < 0:
        return None
    return Interval(max(min(a.low, 0), -most), min(max(a.high, 0), most))


def _divide(a: Interval, b: Interval) -> Interval | None:
    if b.low < 1:
        return None
    quotients = [abs(x) // y * (1 if x >= 0 else -1) for x in a for y in b]
    return Interval(min(quotients), max(quotients))


def _and(a: Interval, b: Interval) -> Interval | None:
    """Of two numbers that are not negative: at most the smaller one."""
    return Interval(0, min(a.high, b.high)) if a.low >= 0 and b.low >= 0 else None


def _or(a: Interval, b: Interval) -> Interval | None:
    if a.low < 0 or b.low < 0:
        return None
    return Interval(0, (1 << max(a.high, b.high).bit_length()) - 1)


_BINARY: dict[BinaryOperator, Callable[[Interval, Interval], Interval | None]] = {
    BinaryOperator.ADD: lambda a, b: Interval(a.low + b.low, a.high + b.high),
    BinaryOperator.SUBTRACT: lambda a, b: Interval(a.low - b.high, a.high - b.low),
    BinaryOperator.MULTIPLY: _multiply,
    BinaryOperator.DIVIDE: _divide,
    BinaryOperator.MODULO: _modulo,
    BinaryOperator.AND: _and,
    BinaryOperator.OR: _or,
    BinaryOperator.XOR: _or,
}


def _minimum(operands: list[Interval]) -> Interval:
    return Interval(min(o.low for o in operands), min(o.high for o in operands))


def _maximum(operands: list[Interval]) -> Interval:
    return Interval(max(o.low for o in operands), max(o.high for o in operands))


def _shift_right(operands: list[Interval]) -> Interval | None:
    """A count outside of the width gives 0, so only the upper bound of the operand remains unless the count is
    certain.
    """
    value, count = operands
    if value.low < 0:
        return None
    return Interval(0, value.high >> min(count.low, 64) if count.low == count.high and count.low >= 0 else value.high)


_INTRINSIC: dict[str, Callable[[list[Interval]], Interval | None]] = {
    "MIN": _minimum,
    "MAX": _maximum,
    "LIMIT": lambda operands: _minimum([_maximum(operands[:2]), operands[2]]),
    "SEL": lambda operands: Interval(min(o.low for o in operands[1:]), max(o.high for o in operands[1:])),
    "SHR": _shift_right,
}
