"""Places in bytes: where a value lies, how it is read and written, and the header of the memory block.

A value is a `bool` for BOOL, an `int` for integers, bit strings, durations, dates, characters, enumerations and
subranges, a
`float` for REAL and LREAL, and for arrays, structs and block instances the `bytes` they consist of, which makes a copy
a copy.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import cast

from msgspec import Struct

from iec61131.interpreter.floats import bits_of_single, single_of_bits
from iec61131.program import HEADER_FIELDS
from iec61131.semantics.model import Constant
from iec61131.semantics.types import (
    LWORD,
    TAG_BYTES,
    ArrayType,
    BlockType,
    Elementary,
    EnumType,
    InterfaceType,
    Kind,
    PointerType,
    StringType,
    StructType,
    SubrangeType,
    Type,
    storage_type,
)

Value = bool | int | float | bytes


class Location(Struct, frozen=True):
    """`offset` in a buffer: the PLC's memory block, or the frame of one call. With `bit` one bit of the byte there,
    else whole bytes."""

    buffer: memoryview
    offset: int
    type: Type
    bit: int | None = None

    def part(self, offset: int, type_: Type) -> Location:
        """A field, member or element that begins `offset` bytes after this."""
        return Location(self.buffer, self.offset + offset, type_)

    def bits_from(self, number: int, type_: Elementary) -> Location:
        """Bit `number` of the integer here, or the whole bytes from there on. The block is little-endian, so bit 8 is
        bit 0 of the next byte."""
        bit = number % 8 if type_.kind is Kind.BOOL else None
        return Location(self.buffer, self.offset + number // 8, type_, bit)

    @property
    def bits(self) -> range:
        """The numbers of its bits in the buffer."""
        if self.bit is not None:
            return range(self.offset * 8 + self.bit, self.offset * 8 + self.bit + 1)
        return range(self.offset * 8, (self.offset + self.type.size) * 8)

    def load(self) -> Value:
        if self.bit is not None:
            return self.buffer[self.offset] >> self.bit & 1 == 1
        raw = bytes(self.buffer[self.offset : self.offset + self.type.size])
        type_ = storage_type(self.type)
        return decode(raw, type_) if isinstance(type_, Elementary) else raw

    def store(self, value: Value) -> None:
        if self.bit is not None:
            mask = 1 << self.bit
            byte = self.buffer[self.offset]
            self.buffer[self.offset] = byte | mask if value else byte & ~mask
            return
        type_ = storage_type(self.type)
        raw = encode(value, type_) if isinstance(type_, Elementary) else value
        assert isinstance(raw, bytes)
        self.buffer[self.offset : self.offset + self.type.size] = raw


# ------------------------------------------------------------------------------------------------- values and bytes


def decode(raw: bytes, type_: Elementary) -> Value:
    match type_.kind:
        case Kind.BOOL:
            return raw[0] != 0
        case Kind.REAL:
            bits = int.from_bytes(raw, "little")
            return single_of_bits(bits) if type_.size == 4 else struct.unpack("<d", raw)[0]
        case Kind.BITS | Kind.SIGNED | Kind.UNSIGNED | Kind.DURATION | Kind.DATE | Kind.CHARACTER:
            return int.from_bytes(raw, "little", signed=type_.is_signed)


def encode(value: Value, type_: Elementary) -> bytes:
    """Raises OverflowError for an integer that the type does not hold: the model converts before every store."""
    match value:
        case bytes():
            return value
        case float():
            return bits_of_single(value).to_bytes(4, "little") if type_.size == 4 else struct.pack("<d", value)
        case int():
            return value.to_bytes(type_.size, "little", signed=type_.is_signed)


def constant_value(constant: Constant | None, type_: Type) -> Value:
    """The value of a constant; None means the default of its type. What an aggregate leaves out has its default,
    padding is zero."""
    match type_:
        case StringType():
            text = "" if constant is None else constant
            assert isinstance(text, str)
            raw = b"".join(ord(character).to_bytes(type_.unit, "little") for character in text)
            return raw.ljust(type_.size, b"\0")
        case ArrayType():
            items = constant if isinstance(constant, tuple) else (None,) * type_.count
            assert len(items) == type_.count
            return b"".join(constant_bytes(item, type_.element) for item in items)
        case StructType():
            given = constant if isinstance(constant, dict) else {}
            parts = [(f.offset, f.type, value) for f, value in type_.in_writing_order(given)]
            return _assemble(parts, type_.size)
        case BlockType():
            given = constant if isinstance(constant, dict) else {}
            parts = [(m.offset, m.type, given.get(key, m.initial)) for key, m in type_.members.items()]
            image = _assemble(parts, type_.size)
            return type_.tag.to_bytes(TAG_BYTES, "little") + image[TAG_BYTES:] if type_.tag else image
        case PointerType() | InterfaceType():
            return 0 if constant is None else _scalar(constant, LWORD)
        case EnumType() if constant is None:
            return next(iter(type_.members.values()))
        case SubrangeType() if constant is None:
            return type_.low
        case Elementary() | EnumType() | SubrangeType():
            return _scalar(constant, storage_type(type_))


def constant_bytes(constant: Constant | None, type_: Type) -> bytes:
    value, stored = constant_value(constant, type_), storage_type(type_)
    if isinstance(stored, Elementary):
        return encode(value, stored)
    assert isinstance(value, bytes)
    return value


def _scalar(constant: Constant | None, type_: Type) -> Value:
    assert isinstance(type_, Elementary)
    assert not isinstance(constant, tuple | dict | str)
    if type_.kind is Kind.BOOL:
        return bool(constant)
    return float(constant or 0) if type_.kind is Kind.REAL else int(constant or 0)


def _assemble(parts: Iterable[tuple[int, Type, object]], size: int) -> bytes:
    image = bytearray(size)
    for offset, type_, constant in parts:
        # A `Field` calls its constant an object, since the types know nothing of the model.
        image[offset : offset + type_.size] = constant_bytes(cast("Constant | None", constant), type_)
    return bytes(image)


# ----------------------------------------------------------------------------------------------------------- header


_FIELDS = {name: (offset, int(code[2:])) for name, (offset, code) in HEADER_FIELDS.items()}


class Header:
    """The fields at the start of the memory block that a running program reads and writes, by name."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory

    def read(self, name: str) -> int:
        offset, size = _FIELDS[name]
        return int.from_bytes(self._memory[offset : offset + size], "little", signed=True)

    def write(self, name: str, value: int) -> None:
        """Keeps the low bits of a value that the field does not hold."""
        offset, size = _FIELDS[name]
        self._memory[offset : offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
