"""Standard functions that the executors know themselves, a row for each of `semantics.intrinsics` apart from TIME,
which asks the header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from iec61131.interpreter import floats
from iec61131.interpreter.memory import Value
from iec61131.interpreter.operators import absolute, wrap
from iec61131.semantics.types import Elementary

Operands = Sequence[Any]  # already of the types that the table of intrinsics prescribes


def _abs(operands: Operands, type_: Elementary) -> Value:
    return absolute(operands[0], type_)


def _sqrt(operands: Operands, type_: Elementary) -> Value:
    root = floats.square_root(operands[0])
    return floats.to_single(root) if type_.size == 4 else root


# The order of the comparisons matters: with a NaN each of them is false.
def _min(operands: Operands, type_: Elementary) -> Value:
    return reduce(lambda a, b: b if b < a else a, operands)


def _max(operands: Operands, type_: Elementary) -> Value:
    return reduce(lambda a, b: b if a < b else a, operands)


def _limit(operands: Operands, type_: Elementary) -> Value:
    low, value, high = operands
    raised = low if value < low else value
    return high if high < raised else raised


def _sel(operands: Operands, type_: Elementary) -> Value:
    chosen, when_false, when_true = operands
    return when_true if chosen else when_false


def _shl(operands: Operands, type_: Elementary) -> Value:
    value, count = operands
    return wrap(value << count, type_) if 0 <= count < type_.bits else 0


def _shr(operands: Operands, type_: Elementary) -> Value:
    value, count = operands
    return wrap(_raw(value, type_) >> count, type_) if 0 <= count < type_.bits else 0


def _rol(operands: Operands, type_: Elementary) -> Value:
    value, count = operands
    return _rotate_left(value, count % type_.bits, type_)


def _ror(operands: Operands, type_: Elementary) -> Value:
    value, count = operands
    return _rotate_left(value, -count % type_.bits, type_)


def _rotate_left(value: int, count: int, type_: Elementary) -> int:
    raw = _raw(value, type_)
    return wrap(raw << count | raw >> type_.bits - count, type_)


def _raw(value: int, type_: Elementary) -> int:
    """The bits of a value as a number without sign."""
    return value & (1 << type_.bits) - 1


INTRINSIC: dict[str, Callable[[Operands, Elementary], Value]] = {
    "ABS": _abs,
    "SQRT": _sqrt,
    "MIN": _min,
    "MAX": _max,
    "LIMIT": _limit,
    "SEL": _sel,
    "SHL": _shl,
    "SHR": _shr,
    "ROL": _rol,
    "ROR": _ror,
}
