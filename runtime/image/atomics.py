"""Atomic operations on elements of int64 arrays, for numba functions.

Written out as LLVM atomics with their memory order, so that they are right on machines with weak ordering (ARM) as
well. Indices are not checked: callers use constants or masked values. Every function works on a C-contiguous int64
array that lies in shared memory.

| function | order | used for |
|---|---|---|
| load | acquire | reading a word that another thread or process publishes |
| store | release | publishing what was written before |
| add | acquire-release | counting from several sides; returns the old value |
| compare_exchange | acquire-release | taking a step of a protocol only if nobody else has; True on success |
| fence | sequentially consistent | between the plain copies of a sequence lock and its checks |

Python has no atomics: for what it does with such a word there are `read`, `write` and their kin, at the end.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

_WORD_BYTES = 8


def _element(context: Any, builder: ir.IRBuilder, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """`load(array, index)`: the value, acquire."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer = _element(context, builder, signature.args[0], args[0], args[1])
        return builder.load_atomic(pointer, "acquire", _WORD_BYTES)

    return types.int64(array, types.int64), codegen


@intrinsic
def store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """`store(array, index, value)`: release."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer = _element(context, builder, signature.args[0], args[0], args[1])
        builder.store_atomic(args[2], pointer, "release", _WORD_BYTES)
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64), codegen


@intrinsic
def add(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """`add(array, index, value)`: adds, returns the old value, acquire-release."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer = _element(context, builder, signature.args[0], args[0], args[1])
        return builder.atomic_rmw("add", pointer, args[2], "acq_rel")

    return types.int64(array, types.int64, types.int64), codegen


@intrinsic
def compare_exchange(typingctx: Any, array: Any, index: Any, expected: Any, wanted: Any) -> Any:
    """`compare_exchange(array, index, expected, wanted)`: True when the value was `expected` and is now `wanted`."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer = _element(context, builder, signature.args[0], args[0], args[1])
        result = builder.cmpxchg(pointer, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(result, 1)

    return types.boolean(array, types.int64, types.int64, types.int64), codegen


@intrinsic
def fence(typingctx: Any) -> Any:
    """`fence()`: no load or store moves across it, in either direction."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def copy_bytes(typingctx: Any, target: Any, target_offset: Any, source: Any, source_offset: Any, size: Any) -> Any:
    """`copy_bytes(target, target_offset, source, source_offset, size)`: memcpy between uint8 arrays that do not overlap
    there.
    """

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        into = _element(context, builder, signature.args[0], args[0], args[1])
        origin = _element(context, builder, signature.args[2], args[2], args[3])
        cgutils.raw_memcpy(builder, into, origin, args[4], 1)
        return context.get_dummy_value()

    return types.none(target, types.int64, source, types.int64, types.int64), codegen


# ------------------------------------------------------------------------------------------------------ out of Python


@njit(nogil=True, cache=True)
def read(words: NDArray[np.int64], index: int) -> int:
    """`load`."""
    return load(words, index)


@njit(nogil=True, cache=True)
def fenced_read(words: NDArray[np.int64], index: int) -> int:
    """`load`, behind everything that was read before."""
    fence()
    return load(words, index)


@njit(nogil=True, cache=True)
def write(words: NDArray[np.int64], index: int, value: int) -> None:
    """`store`."""
    store(words, index, value)


@njit(nogil=True, cache=True)
def write_fenced(words: NDArray[np.int64], index: int, value: int) -> None:
    """`store`, before everything that is read behind it."""
    store(words, index, value)
    fence()


@njit(nogil=True, cache=True)
def count(words: NDArray[np.int64], index: int, value: int) -> int:
    """`add`."""
    return add(words, index, value)
