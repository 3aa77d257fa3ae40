"""Comparisons of a variable with a limit, for native loops: by how its bytes are read, and in its own type.

Values travel as 64-bit words, as `cells.get` gives them: a REAL is its 32 bits, an LREAL its 64. So does the limit.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from runtime.engine.relations import Form, Relation

_REAL, _LREAL, _SIGNED = int(Form.REAL), int(Form.LREAL), int(Form.SIGNED)
_EQUAL, _DIFFERENT = int(Relation.EQUAL), int(Relation.DIFFERENT)
_LESS, _AT_MOST, _MORE = int(Relation.LESS), int(Relation.AT_MOST), int(Relation.MORE)
_LOWEST = -(1 << 63)


@intrinsic
def _real(typingctx: Any, word: Any) -> Any:
    """The REAL in the low half of a word, as a double."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        single = builder.bitcast(builder.trunc(args[0], ir.IntType(32)), ir.FloatType())
        return builder.fpext(single, ir.DoubleType())

    return types.float64(types.int64), codegen


@intrinsic
def _lreal(typingctx: Any, word: Any) -> Any:
    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@njit(nogil=True, cache=True)
def holds(word: int, size: int, form: int, relation: int, limit: int) -> bool:
    """Whether a value of `size` bytes is in this relation to `limit`."""
    if form == _REAL:
        return _compare(_real(word), relation, _real(limit))
    if form == _LREAL:
        return _compare(_lreal(word), relation, _lreal(limit))
    if form == _SIGNED:
        unused_bits = 64 - 8 * size
        return _compare((word << unused_bits) >> unused_bits, relation, limit)
    return _compare(word ^ _LOWEST, relation, limit ^ _LOWEST)  # the order of unsigned numbers, as signed ones


@njit(nogil=True, cache=True, inline="always")
def _compare(value: Any, relation: int, limit: Any) -> bool:
    if relation == _EQUAL:
        return value == limit
    if relation == _DIFFERENT:
        return value != limit
    if relation == _LESS:
        return value < limit
    if relation == _AT_MOST:
        return value <= limit
    return value > limit if relation == _MORE else value >= limit
