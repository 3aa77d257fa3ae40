"""Operators: one table for integers, one for REAL, one for BOOL and bit strings, one for comparisons.

Operands are of one computation type, which decides the table; its width decides where an integer wraps.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from iec61131.interpreter import floats
from iec61131.interpreter.memory import Value
from iec61131.semantics import libm
from iec61131.semantics.types import Elementary, Kind
from iec61131.syntax.tree import BinaryOperator, UnaryOperator


def wrap(value: int, type_: Elementary) -> int:
    """The value of `type_` with the same low bits."""
    value &= (1 << type_.bits) - 1
    return value - (1 << type_.bits) if value > type_.maximum else value


def _quotient(left: int, right: int) -> int:
    """Truncated towards zero. Raises ZeroDivisionError."""
    magnitude = abs(left) // abs(right)
    return magnitude if (left < 0) == (right < 0) else -magnitude


def _remainder(left: int, right: int) -> int:
    """With the sign of the dividend. Raises ZeroDivisionError."""
    return left - right * _quotient(left, right)


INTEGER: dict[BinaryOperator, Callable[[int, int], int]] = {
    BinaryOperator.ADD: operator.add,
    BinaryOperator.SUBTRACT: operator.sub,
    BinaryOperator.MULTIPLY: operator.mul,
    BinaryOperator.DIVIDE: _quotient,
    BinaryOperator.MODULO: _remainder,
}

REAL: dict[BinaryOperator, Callable[[float, float], float]] = {
    BinaryOperator.ADD: operator.add,
    BinaryOperator.SUBTRACT: operator.sub,
    BinaryOperator.MULTIPLY: operator.mul,
    BinaryOperator.DIVIDE: floats.divide,
}

BITWISE: dict[BinaryOperator, Callable[[int, int], int]] = {
    BinaryOperator.AND: lambda a, b: a & b,
    BinaryOperator.OR: lambda a, b: a | b,
    BinaryOperator.XOR: lambda a, b: a ^ b,
    # Their short cut is taken before the operator is reached; once both sides are needed they are AND and OR.
    BinaryOperator.AND_THEN: lambda a, b: a & b,
    BinaryOperator.OR_ELSE: lambda a, b: a | b,
}

COMPARISON: dict[BinaryOperator, Callable[[Any, Any], bool]] = {
    BinaryOperator.EQUAL: operator.eq,
    BinaryOperator.NOT_EQUAL: operator.ne,
    BinaryOperator.LESS: operator.lt,
    BinaryOperator.GREATER: operator.gt,
    BinaryOperator.LESS_EQUAL: operator.le,
    BinaryOperator.GREATER_EQUAL: operator.ge,
}


def binary(symbol: BinaryOperator, left: Value, right: Value, operands: Elementary) -> Value:
    """Raises ZeroDivisionError for an integer divided by zero."""
    assert not isinstance(left, bytes)
    assert not isinstance(right, bytes)
    if symbol in COMPARISON:
        return COMPARISON[symbol](left, right)
    if operands.kind is Kind.REAL:
        return _real(symbol, left, right, single=operands.size == 4)
    assert isinstance(left, int)
    assert isinstance(right, int)
    if symbol in BITWISE:
        return BITWISE[symbol](left, right)  # of two bools a bool, of two values of a type a value of it
    return wrap(INTEGER[symbol](left, right), operands)


def _real(symbol: BinaryOperator, left: float, right: float, single: bool) -> float:
    if symbol is BinaryOperator.POWER:
        return libm.call("pow", left, right, single=single)
    result = floats.invalid_is_default_nan(REAL[symbol], left, right)
    return floats.to_single(result) if single else result


def unary(symbol: UnaryOperator, operand: Value, type_: Elementary) -> Value:
    match symbol, operand:
        case UnaryOperator.NOT, bool():
            return not operand
        case UnaryOperator.NOT, int():
            return wrap(~operand, type_)
        case UnaryOperator.NEGATE, float():
            return -operand  # flips the sign bit, of zero and of a NaN as well
        case UnaryOperator.NEGATE, int():
            return wrap(-operand, type_)
        case UnaryOperator.PLUS, int() | float():
            return operand
        case _:
            raise AssertionError(f"{symbol.value} on {type_}")


def absolute(operand: int | float, type_: Elementary) -> int | float:
    """Wraps for the least integer; clears the sign bit of a REAL."""
    return math.fabs(operand) if isinstance(operand, float) else wrap(abs(operand), type_)
