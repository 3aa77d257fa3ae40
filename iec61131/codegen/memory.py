"""Loads, stores and copies: values between registers and the places that `places` found.

A variable that lives in a register for a while has a *slot*, an `alloca` that LLVM turns into registers. Integers of
8 and 16 bits are kept in theirs extended to 32 bits by their sign: processors compute in 32 bits, and writing half a
register makes the next instruction wait for the other half. `extended` values go in and out of such slots without
being cut to their width and extended again.
"""

from __future__ import annotations

from iec61131.codegen import llvm
from iec61131.codegen.body import Address, Body
from iec61131.codegen.llvm import Value
from iec61131.codegen.types_ir import elementary, memory_type, scalar
from iec61131.semantics.types import DINT, Elementary, Kind, Type


def load(body: Body, address: Address) -> Value:
    """The scalar at `address`, in its register form; of an aggregate the pointer to it."""
    if address.container is not None:
        return _load_bits(body, address, address.container)
    type_ = scalar(address.type)
    return address.pointer if type_ is None else _load_scalar(body, address, type_)


def store(body: Body, address: Address, value: Value) -> None:
    """Write a value in its register form; of an aggregate copy what `value` points to."""
    type_ = scalar(address.type)
    if address.container is not None:
        _store_bits(body, address, address.container, value)
    elif type_ is None:
        copy(body, address.pointer, value, address.type)
    else:
        _store_raw(body, address, body.builder.zext(value, llvm.I8) if type_.kind is Kind.BOOL else value)


def move(body: Body, source: Address, target: Address) -> None:
    """Copy a whole scalar as it lies in memory."""
    type_ = elementary(source.type)
    _store_raw(body, target, _load_raw(body, source, type_))


# ---------------------------------------------------------------------------------------------------------------- slots


def is_narrow(type_: Type | None) -> bool:
    """Whether values of `type_` are integers or bit strings of less than 32 bits."""
    kept = scalar(type_)
    return kept is not None and kept.kind not in (Kind.BOOL, Kind.REAL) and kept.size < DINT.size


def slot(body: Body, type_: Type, name: str, certain: bool = True) -> Address:
    """A new slot for a scalar, its content undefined."""
    narrow = is_narrow(type_)
    return Address(body.storage(DINT if narrow else type_, name), type_, certain=certain, extended=narrow)


def load_extended(body: Body, address: Address) -> Value:
    """The content of an `extended` slot: the variable's value, as i32."""
    return body.builder.load(address.pointer, "", typ=llvm.I32)


def store_extended(body: Body, address: Address, value: Value) -> None:
    """Write an i32 that is a value of the variable's type."""
    body.builder.store(value, address.pointer)


def extend(body: Body, value: Value, type_: Elementary, target: llvm.IrType) -> Value:
    """An integer in its register form, wider."""
    number = llvm.known(value)
    if number is not None:
        return llvm.constant(target, number)
    return (body.builder.sext if type_.is_signed else body.builder.zext)(value, target)


# ----------------------------------------------------------------------------------------------------------- aggregates


def copy(body: Body, target: Value, source: Value, type_: Type) -> None:
    """Copy an aggregate, padding included. A move rather than a copy, since both may be the same or, where located,
    overlap.
    """
    _transfer(body, "memmove", target, source, type_.size)


def fill(body: Body, target: Value, content: bytes) -> None:
    """Write constant bytes to a fresh aggregate."""
    if any(content):
        _transfer(body, "memcpy", target, body.unit.constant_bytes(content), len(content))
        return
    setter = body.unit.declared("llvm.memset.p0.i64", llvm.VOID, [llvm.POINTER, llvm.I8, llvm.I64, llvm.I1])
    zero, size = llvm.constant(llvm.I8, 0), llvm.constant(llvm.I64, len(content))
    body.builder.call(setter, [target, zero, size, llvm.constant(llvm.I1, 0)])


def snapshot(body: Body, source: Value, type_: Type, name: str) -> Value:
    """A pointer to a fresh copy of an aggregate."""
    taken = body.temporary(type_.size, name)
    copy(body, taken, source, type_)
    return taken


def _transfer(body: Body, how: str, target: Value, source: Value, size: int) -> None:
    parameters = [llvm.POINTER, llvm.POINTER, llvm.I64, llvm.I1]
    function = body.unit.declared(f"llvm.{how}.p0.p0.i64", llvm.VOID, parameters)
    body.builder.call(function, [target, source, llvm.constant(llvm.I64, size), llvm.constant(llvm.I1, 0)])


# -------------------------------------------------------------------------------------------------------------- scalars


def _load_raw(body: Body, address: Address, type_: Elementary) -> Value:
    """As it lies in memory.

    Alignment 1: what a VAR_IN_OUT refers to, and the block itself, may lie anywhere, and it costs nothing on today's
    processors.
    """
    if address.extended:
        return body.builder.trunc(load_extended(body, address), memory_type(type_))
    value = body.builder.load(address.pointer, "", 1, typ=memory_type(type_))
    if address.tag is not None:
        value.set_metadata("tbaa", address.tag)
    return value


def _store_raw(body: Body, address: Address, value: Value) -> None:
    if address.extended:
        store_extended(body, address, extend(body, value, elementary(address.type), llvm.I32))
        return
    written = body.builder.store(value, address.pointer, 1)
    if address.tag is not None:
        written.set_metadata("tbaa", address.tag)


def _load_scalar(body: Body, address: Address, type_: Elementary) -> Value:
    value = _load_raw(body, address, type_)
    if type_.kind is not Kind.BOOL:
        return value
    if not address.certain:
        return body.builder.icmp_unsigned("!=", value, llvm.constant(llvm.I8, 0))
    return body.builder.trunc(value, llvm.I1)


def _load_bits(body: Body, address: Address, container: Elementary) -> Value:
    assert address.bit is not None
    whole = _load_raw(body, address, container)
    shifted = body.builder.lshr(whole, llvm.constant(memory_type(container), address.bit))
    return body.builder.trunc(shifted, llvm.integer_type(address.bits))


def _store_bits(body: Body, address: Address, container: Elementary, value: Value) -> None:
    """The other bits keep their value."""
    assert address.bit is not None
    build, type_ = body.builder, memory_type(container)
    taken = ((1 << address.bits) - 1) << address.bit
    others = build.and_(_load_raw(body, address, container), llvm.constant(type_, (1 << container.bits) - 1 - taken))
    bits = build.shl(build.zext(value, type_), llvm.constant(type_, address.bit))
    _store_raw(body, address, build.or_(others, bits))
