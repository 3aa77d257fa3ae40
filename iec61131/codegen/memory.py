"""Loads, stores and copies: values between registers and the places that `places` found."""

from __future__ import annotations

from iec61131.codegen import llvm
from iec61131.codegen.body import Address, Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.types_ir import elementary, memory_type, register_type, scalar
from iec61131.semantics.types import Elementary, Kind, Type


def load(body: Body, address: Address) -> Value:
    """The scalar at `address`, in its register form; of an aggregate the pointer to it."""
    if address.container is not None:
        return _load_bit(body, address, address.container)
    type_ = scalar(address.type)
    return address.pointer if type_ is None else _load_scalar(body, address, type_)


def store(body: Body, address: Address, value: Value) -> None:
    """Write a value in its register form; of an aggregate copy what `value` points to."""
    type_ = scalar(address.type)
    if address.container is not None:
        _store_bit(body, address, address.container, value)
    elif type_ is None:
        copy(body, address.pointer, value, address.type)
    else:
        _store_raw(body, address, body.builder.zext(value, llvm.I8) if type_.kind is Kind.BOOL else value)


def move(body: Body, source: Address, target: Address) -> None:
    """Copy a whole scalar as it lies in memory."""
    type_ = elementary(source.type)
    value = _load_raw(body, source, type_)
    if type_.kind is Kind.BOOL and source.certain:
        value.set_metadata("range", body.unit.tags.bool_range)
    _store_raw(body, target, value)


def copy(body: Body, target: Value, source: Value, type_: Type) -> None:
    """Copy an aggregate, padding included. A move rather than a copy, since both may be the same or, where located,
    overlap.
    """
    move = body.unit.declared("llvm.memmove.p0.p0.i64", llvm.VOID, [llvm.POINTER, llvm.POINTER, llvm.I64, llvm.I1])
    body.builder.call(move, [target, source, llvm.constant(llvm.I64, type_.size), llvm.constant(llvm.I1, 0)])


def fill(body: Body, target: Value, content: bytes) -> None:
    """Write constant bytes to a fresh aggregate."""
    size = llvm.constant(llvm.I64, len(content))
    if any(content):
        copier = body.unit.declared("llvm.memcpy.p0.p0.i64", llvm.VOID, [llvm.POINTER, llvm.POINTER, llvm.I64, llvm.I1])
        body.builder.call(copier, [target, body.unit.constant_bytes(content), size, llvm.constant(llvm.I1, 0)])
    else:
        setter = body.unit.declared("llvm.memset.p0.i64", llvm.VOID, [llvm.POINTER, llvm.I8, llvm.I64, llvm.I1])
        body.builder.call(setter, [target, llvm.constant(llvm.I8, 0), size, llvm.constant(llvm.I1, 0)])


def _load_raw(body: Body, address: Address, type_: Elementary) -> llvm.Instruction:
    """Alignment 1: what a VAR_IN_OUT refers to, and the block itself, may lie anywhere, and it costs nothing on
    today's processors.
    """
    value = body.builder.load(address.pointer, "", 1, typ=memory_type(type_))
    if address.tag is not None:
        value.set_metadata("tbaa", address.tag)
    return value


def _store_raw(body: Body, address: Address, value: Value) -> None:
    written = body.builder.store(value, address.pointer, 1)
    if address.tag is not None:
        written.set_metadata("tbaa", address.tag)


def _load_scalar(body: Body, address: Address, type_: Elementary) -> Value:
    value = _load_raw(body, address, type_)
    if type_.kind is not Kind.BOOL:
        return value
    if not address.certain:
        return body.builder.icmp_unsigned("!=", value, llvm.constant(llvm.I8, 0))
    value.set_metadata("range", body.unit.tags.bool_range)
    return body.builder.trunc(value, llvm.I1)


def _load_bit(body: Body, address: Address, container: Elementary) -> Value:
    assert address.bit is not None
    whole = _load_raw(body, address, container)
    shifted = body.builder.lshr(whole, llvm.constant(memory_type(container), address.bit))
    return body.builder.trunc(shifted, llvm.I1)


def _store_bit(body: Body, address: Address, container: Elementary, value: Value) -> None:
    assert address.bit is not None
    build, type_ = body.builder, memory_type(container)
    mask = 1 << address.bit
    others = build.and_(_load_raw(body, address, container), llvm.constant(type_, (1 << container.bits) - 1 - mask))
    bit = build.shl(build.zext(value, type_) if container.size > 0 else value, llvm.constant(type_, address.bit))
    _store_raw(body, address, build.or_(others, bit))


def snapshot(body: Body, source: Value, type_: Type, name: str) -> Value:
    """A pointer to a fresh copy of an aggregate."""
    taken = body.storage(type_, name)
    copy(body, taken, source, type_)
    return taken


def undefined_register(type_: Type) -> Value:
    return llvm.undefined(register_type(elementary(type_)))
