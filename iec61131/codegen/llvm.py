"""The part of `llvmlite.ir` that the generator uses, with its types: llvmlite ships none, so strict checking begins
at this line.

The protocols name only what is used. Nothing else in the package imports `llvmlite.ir`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from llvmlite import ir as _untyped  # pyright: ignore[reportMissingTypeStubs]

_ir = cast(Any, _untyped)


class IrType(Protocol):
    """A type of LLVM."""


class Value(Protocol):
    """A value of LLVM: constant, argument or the result of an instruction."""

    type: Any


class Metadata(Protocol):
    """A metadata node."""


class Instruction(Value, Protocol):
    def set_metadata(self, name: str, node: Metadata, /) -> None: ...


class Block(Protocol):
    """A basic block."""

    @property
    def is_terminated(self) -> bool: ...


class Branch(Protocol):
    def set_weights(self, weights: Sequence[int], /) -> None: ...


class Switch(Protocol):
    def add_case(self, value: Value, block: Block, /) -> None: ...


class Phi(Value, Protocol):
    def add_incoming(self, value: Value, block: Block, /) -> None: ...


class Function(Value, Protocol):
    args: tuple[Any, ...]
    linkage: str
    calling_convention: str
    attributes: Any

    def append_basic_block(self, name: str = "") -> Block: ...


class Builder(Protocol):
    """Appends instructions to a block. Operands are positional, as in LLVM's text."""

    @property
    def block(self) -> Block: ...
    def position_at_end(self, block: Block, /) -> None: ...

    def add(self, left: Value, right: Value, name: str = "", flags: Sequence[str] = ()) -> Value: ...
    def sub(self, left: Value, right: Value, name: str = "", flags: Sequence[str] = ()) -> Value: ...
    def mul(self, left: Value, right: Value, name: str = "", flags: Sequence[str] = ()) -> Value: ...
    def sdiv(self, left: Value, right: Value, /) -> Value: ...
    def udiv(self, left: Value, right: Value, /) -> Value: ...
    def srem(self, left: Value, right: Value, /) -> Value: ...
    def urem(self, left: Value, right: Value, /) -> Value: ...
    def and_(self, left: Value, right: Value, /) -> Value: ...
    def or_(self, left: Value, right: Value, /) -> Value: ...
    def xor(self, left: Value, right: Value, /) -> Value: ...
    def shl(self, left: Value, right: Value, /) -> Value: ...
    def lshr(self, left: Value, right: Value, /) -> Value: ...
    def not_(self, value: Value, /) -> Value: ...
    def neg(self, value: Value, /) -> Value: ...

    def fadd(self, left: Value, right: Value, /) -> Value: ...
    def fsub(self, left: Value, right: Value, /) -> Value: ...
    def fmul(self, left: Value, right: Value, /) -> Value: ...
    def fdiv(self, left: Value, right: Value, /) -> Value: ...
    def fneg(self, value: Value, /) -> Value: ...

    def icmp_signed(self, operator: str, left: Value, right: Value, /) -> Value: ...
    def icmp_unsigned(self, operator: str, left: Value, right: Value, /) -> Value: ...
    def fcmp_ordered(self, operator: str, left: Value, right: Value, /) -> Value: ...
    def fcmp_unordered(self, operator: str, left: Value, right: Value, /) -> Value: ...
    def select(self, condition: Value, when_true: Value, when_false: Value, /) -> Value: ...

    def trunc(self, value: Value, type_: IrType, /) -> Value: ...
    def sext(self, value: Value, type_: IrType, /) -> Value: ...
    def zext(self, value: Value, type_: IrType, /) -> Value: ...
    def sitofp(self, value: Value, type_: IrType, /) -> Value: ...
    def uitofp(self, value: Value, type_: IrType, /) -> Value: ...
    def fpext(self, value: Value, type_: IrType, /) -> Value: ...
    def fptrunc(self, value: Value, type_: IrType, /) -> Value: ...

    def ptrtoint(self, pointer: Value, type_: IrType, /) -> Value: ...
    def load(self, pointer: Value, name: str = "", align: int | None = None, typ: IrType = ...) -> Instruction: ...
    def store(self, value: Value, pointer: Value, align: int | None = None) -> Instruction: ...
    def alloca(self, type_: IrType, size: None = None, name: str = "") -> Any: ...
    def gep(
        self, pointer: Value, indices: Sequence[Value], inbounds: bool, name: str, source_etype: IrType
    ) -> Value: ...
    def extract_value(self, value: Value, index: int, /) -> Value: ...
    def insert_value(self, value: Value, part: Value, index: int, /) -> Value: ...
    def call(self, function: Function, arguments: Sequence[Value], name: str = "") -> Value: ...

    def phi(self, type_: IrType, name: str = "") -> Phi: ...
    def branch(self, block: Block, /) -> None: ...
    def cbranch(self, condition: Value, when_true: Block, when_false: Block, /) -> Branch: ...
    def switch(self, value: Value, default: Block, /) -> Switch: ...
    def ret(self, value: Value, /) -> None: ...
    def ret_void(self) -> None: ...


class Module(Protocol):
    """A translation unit."""

    triple: str

    def add_metadata(self, operands: Sequence[object], /) -> Metadata: ...
    def get_unique_name(self, name: str, /) -> str: ...


I1: IrType = _ir.IntType(1)
I8: IrType = _ir.IntType(8)
I32: IrType = _ir.IntType(32)
I64: IrType = _ir.IntType(64)
FLOAT: IrType = _ir.FloatType()
DOUBLE: IrType = _ir.DoubleType()
VOID: IrType = _ir.VoidType()
POINTER: IrType = _ir.PointerType()


def integer_type(bits: int) -> IrType:
    return _ir.IntType(bits)


def byte_array(size: int) -> IrType:
    """`size` bytes: what storage of an aggregate is made of. Offsets come from the language's own layout, never from
    LLVM's.
    """
    return _ir.ArrayType(I8, size)


def literal_struct(parts: Sequence[IrType]) -> IrType:
    return _ir.LiteralStructType(list(parts))


def constant(type_: IrType, value: int | float) -> Value:
    return _ir.Constant(type_, value)


def known(value: Value) -> int | None:
    """The number, if `value` is an integer constant."""
    if not isinstance(value, _ir.Constant):
        return None
    content = cast(Any, value).constant
    return content if isinstance(content, int) else None


def undefined(type_: IrType) -> Value:
    return _ir.Constant(type_, _ir.Undefined)


def new_module(name: str) -> Module:
    return _ir.Module(name=name)


def null() -> Value:
    """The pointer to nothing."""
    return _ir.Constant(POINTER, None)


def new_function(
    module: Module, name: str, result: IrType, parameters: Sequence[IrType], *, variadic: bool = False
) -> Function:
    return _ir.Function(module, _ir.FunctionType(result, list(parameters), var_arg=variadic), name)


def new_block(function: Function, name: str) -> Block:
    """A block that `append` has yet to give its place."""
    return _ir.Block(parent=function, name=name)


def append(function: Function, block: Block) -> None:
    cast(Any, function).blocks.append(block)


def new_builder(block: Block) -> Builder:
    return _ir.IRBuilder(block)


def barrier(builder: Builder, *, memory: bool = False) -> None:
    """No instruction, but LLVM keeps it and never makes one of two; with `memory` it may have changed all memory."""
    cast(Any, builder).asm(_ir.FunctionType(VOID, []), "", "~{memory}" if memory else "", [], True)


def opaque(builder: Builder, value: Value, type_: IrType) -> Value:
    """The same integer, of which LLVM knows nothing."""
    return cast(Any, builder).asm(_ir.FunctionType(type_, [type_]), "", "=r,0", [value], True)


def new_constant_bytes(module: Module, name: str, content: bytes) -> Value:
    """A private read-only global that holds `content`, aligned for any type of the language."""
    type_ = byte_array(len(content))
    held = _ir.GlobalVariable(module, type_, name)
    held.initializer = _ir.Constant(type_, bytearray(content))
    held.global_constant, held.linkage, held.unnamed_addr, held.align = True, "private", True, 8
    held.type = POINTER
    return held
