"""Standard functions that the executors know themselves, a row for each of `semantics.intrinsics.INTRINSICS` apart
from TIME and LTIME, which ask the header, and those of strings (`texts`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

from iec61131.interpreter import floats
from iec61131.interpreter.memory import Value
from iec61131.interpreter.operators import COMPARISON, absolute, wrap
from iec61131.semantics import libm
from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.types import Elementary

Operands = Sequence[Any]  # already of the types that the table of intrinsics prescribes


def _abs(operands: Operands, type_: Elementary) -> Value:
    return absolute(operands[0], type_)


def _sqrt(operands: Operands, type_: Elementary) -> Value:
    root = floats.square_root(operands[0])
    return floats.to_single(root) if type_.size == 4 else root


def _libm(function: str) -> Callable[[Operands, Elementary], Value]:
    return lambda operands, type_: libm.call(function, *operands, single=type_.size == 4)


def _comparisons(compare: Callable[[Any, Any], bool]) -> Callable[[Operands, Elementary], Value]:
    """Whether it holds between each operand and the next."""
    return lambda operands, type_: all(compare(left, right) for left, right in pairwise(operands))


# The order of the comparisons matters: with a NaN each of them is false.
def _min(operands: Operands, type_: Elementary) -> Value:
    return reduce(lambda a, b: b if b < a else a, operands)


def _max(operands: Operands, type_: Elementary) -> Value:
    return reduce(lambda a, b: b if a < b else a, operands)


def _limit(operands: Operands, type_: Elementary) -> Value:
    low, value, high = operands
    raised = low if value < low else value
    return high if high < raised else raised


def _sel(operands: Operands) -> Value:
    chosen, when_false, when_true = operands
    return when_true if chosen else when_false


def _mux(operands: Operands) -> Value:
    number, *choices = operands
    return choices[number] if 0 <= number < len(choices) else choices[-1]


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


def _reversed(operands: Operands, type_: Elementary) -> Value:
    return int.from_bytes(operands[0].to_bytes(type_.size, "little"), "big")


def _same(operands: Operands, type_: Elementary) -> Value:
    return operands[0]


def _raw(value: int, type_: Elementary) -> int:
    """The bits of a value as a number without sign."""
    return value & (1 << type_.bits) - 1


CHOICES: dict[str, Callable[[Operands], Value]] = {"SEL": _sel, "MUX": _mux}
"""Those that look at the first operand alone, so that the others may be of any type."""

INTRINSIC: dict[str, Callable[[Operands, Elementary], Value]] = {
    "ABS": _abs,
    "SQRT": _sqrt,
    **{name: _libm(row.libm) for name, row in INTRINSICS.items() if row.libm},
    "FLOOR": lambda operands, type_: floats.down(operands[0]),
    "CEIL": lambda operands, type_: floats.up(operands[0]),
    "IS_VALID": lambda operands, type_: math.isfinite(operands[0]),
    **{name: _comparisons(COMPARISON[row.operator]) for name, row in INTRINSICS.items() if row.operator is not None},
    "MIN": _min,
    "MAX": _max,
    "LIMIT": _limit,
    "SHL": _shl,
    "SHR": _shr,
    "ROL": _rol,
    "ROR": _ror,
    "TO_BIG_ENDIAN": _reversed,
    "FROM_BIG_ENDIAN": _reversed,
    "TO_LITTLE_ENDIAN": _same,
    "FROM_LITTLE_ENDIAN": _same,
}
