"""Values of 1, 2, 4 or 8 bytes, or one bit, at a byte offset of a uint8 array, for numba functions.

Written as one switch in LLVM IR. The same in Python, over views of the array as wider integers, was measured to take
45 ns a value instead of 2.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_I1, _I8, _I64 = ir.IntType(1), ir.IntType(8), ir.IntType(64)
_SIZES = (1, 2, 4, 8)


@intrinsic
def put(typingctx: Any, array: Any, offset: Any, size: Any, bit: Any, value: Any) -> Any:
    """`put(array, offset, size, bit, value)`: the low `size` bytes of value, aligned to size.

    With `bit` >= 0 its lowest bit becomes that bit of the byte.
    """

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature, args)
        _, _, size, bit, value = args
        end = builder.append_basic_block("put.end")
        with builder.if_else(builder.icmp_signed(">=", bit, _I64(0))) as (single, whole):
            with single:
                old = builder.load(pointer)
                mask = builder.shl(_I8(1), builder.trunc(bit, _I8))
                given = builder.shl(builder.and_(builder.trunc(value, _I8), _I8(1)), builder.trunc(bit, _I8))
                builder.store(builder.or_(builder.and_(old, builder.not_(mask)), given), pointer)
            with whole:
                joined = builder.append_basic_block("put.joined")
                switch = builder.switch(size, joined)
                for width in _SIZES:
                    block = builder.append_basic_block(f"put.{width}")
                    switch.add_case(_I64(width), block)
                    builder.position_at_end(block)
                    narrow = value if width == 8 else builder.trunc(value, ir.IntType(8 * width))
                    builder.store(narrow, _as_wide(builder, pointer, width), align=width)
                    builder.branch(joined)
                builder.position_at_end(joined)
        builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.none(array, types.int64, types.int64, types.int64, types.int64), codegen


@intrinsic
def get(typingctx: Any, array: Any, offset: Any, size: Any, bit: Any) -> Any:
    """`get(array, offset, size, bit)`: the value as int64, high bytes zero; with `bit` >= 0 that bit of the byte."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature, args)
        _, _, size, bit = args
        single, whole, end = (builder.append_basic_block(f"get.{name}") for name in ("bit", "whole", "end"))
        builder.cbranch(builder.icmp_signed(">=", bit, _I64(0)), single, whole)
        found: list[tuple[Any, Any]] = []
        builder.position_at_end(single)
        byte = builder.zext(builder.load(pointer), _I64)
        found.append((builder.and_(builder.lshr(byte, bit), _I64(1)), builder.block))
        builder.branch(end)
        builder.position_at_end(whole)
        switch = builder.switch(size, end)
        found.append((_I64(0), whole))
        for width in _SIZES:
            block = builder.append_basic_block(f"get.{width}")
            switch.add_case(_I64(width), block)
            builder.position_at_end(block)
            narrow = builder.load(_as_wide(builder, pointer, width), align=width)
            found.append((narrow if width == 8 else builder.zext(narrow, _I64), block))
            builder.branch(end)
        builder.position_at_end(end)
        result = builder.phi(_I64)
        for value, block in found:
            result.add_incoming(value, block)
        return result

    return types.int64(array, types.int64, types.int64, types.int64), codegen


def _pointer(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
    data = context.make_array(signature.args[0])(context, builder, args[0]).data
    return builder.gep(data, [args[1]], inbounds=True)


def _as_wide(builder: ir.IRBuilder, pointer: Any, width: int) -> Any:
    return builder.bitcast(pointer, ir.IntType(8 * width).as_pointer())
