"""What is stored of the retained variables of a program, and its form as bytes.

    magic        8 bytes
    version      u32, of this form
    sequence     u64, of the generation: one more than the one before
    utc_ns       i64, the time of day of the scan whose values these are
    now_ns       i64, the same on the scan clock
    sizes        u32, u64: of the description, of the values
    checksum     32 bytes, of all the rest
    description  msgpack: names, types and sizes, enough to make sense of the values without the program
    values       the bytes of the retained ranges, one behind the other

All numbers are little-endian. The checksum is a cryptographic one (BLAKE2b), not a CRC: what a power cut leaves of a
file is made of pieces of two generations that are nearly alike, of which any number must never be taken for one.
"""

# msgpack ships no types, and what it unpacks has none until the classes below have taken it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportArgumentType=false

from __future__ import annotations

import struct
from hashlib import blake2b
from itertools import pairwise
from math import prod
from typing import Any, TypeVar, cast

import msgpack
from msgspec import Struct
from msgspec.structs import asdict, replace

from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Member, Range, UnknownPath, split_path

VERSION = 1
_MAGIC = b"rungkept"
_HEAD = struct.Struct("<8sIQqqIQ")
_CHECKSUM_BYTES = 32
HEAD_BYTES = _HEAD.size + _CHECKSUM_BYTES


class Damaged(ValueError):
    """The bytes are not, or not all, what was once stored."""


class OfNewerVersion(Exception):
    """They were stored by a version of rung that this one does not understand."""


class Description(Struct, frozen=True):
    """What the values are: `ranges` in the order of the memory, their offsets counted within the values; `types` those
    that they need, each behind the types that it is made of. `digest` is that of the program.
    """

    program: str
    digest: str
    types: tuple[DataType, ...]
    ranges: tuple[Range, ...]

    @property
    def value_bytes(self) -> int:
        return sum(part.size for part in self.ranges)

    def to_bytes(self) -> bytes:
        return cast(bytes, msgpack.packb(asdict(self), default=asdict))

    @classmethod
    def from_bytes(cls, data: bytes) -> Description:
        """The reverse of `to_bytes`. Raises Damaged for whatever makes no sense."""
        try:
            raw = cast(dict[str, Any], msgpack.unpackb(data, use_list=False, strict_map_key=False))
            types = tuple(
                _row(DataType, {**t, "members": tuple(_row(Member, m) for m in t["members"])}) for t in raw["types"]
            )
            ranges = tuple(_row(Range, r) for r in raw["ranges"])
            description = cls(str(raw["program"]), str(raw["digest"]), types, ranges)
            _check(description)
        except (
            KeyError,
            TypeError,
            AttributeError,
            ValueError,
            IndexError,
            UnknownPath,
            msgpack.UnpackException,
        ) as error:
            raise Damaged(f"its description makes no sense: {error}") from error
        return description


class Stored(Struct, frozen=True):
    """One generation. `now_ns` is of a clock that begins anew with the machine."""

    sequence: int
    utc_ns: int
    now_ns: int
    description: Description
    values: bytes


def describe(program: CompiledProgram) -> Description:
    """The retained variables of a program."""
    numbers: dict[int, int] = {}
    types: list[DataType] = []
    ranges: list[Range] = []
    offset = 0
    for part in program.retained:
        type_ = _take(program.types, part.type, numbers, types)
        ranges.append(replace(part, type=type_, offset=offset))
        offset += part.size
    return Description(program.name, program.digest, tuple(types), tuple(ranges))


def _take(known: tuple[DataType, ...], index: int, numbers: dict[int, int], types: list[DataType]) -> int:
    """Enter a type with all that it is made of; its number among `types`."""
    if index not in numbers:
        type_ = known[index]
        if type_.kind == "array":
            type_ = replace(type_, element=_take(known, type_.element, numbers, types))
        members = tuple(replace(m, type=_take(known, m.type, numbers, types)) for m in type_.members)
        numbers[index] = len(types)
        types.append(replace(type_, members=members))
    return numbers[index]


def encode(sequence: int, utc_ns: int, now_ns: int, description: bytes, values: bytes) -> bytes:
    """A generation as bytes, of a description that is bytes already: it stays the same while a program runs."""
    head = _HEAD.pack(_MAGIC, VERSION, sequence, utc_ns, now_ns, len(description), len(values))
    return head + _checksum(head, description, values) + description + values


def decode(data: bytes) -> Stored:
    """The reverse of `encode`. Raises Damaged or OfNewerVersion."""
    if len(data) < HEAD_BYTES or not data.startswith(_MAGIC):
        raise Damaged("it does not begin like retained variables")
    magic, version, sequence, utc_ns, now_ns, description_bytes, value_bytes = _HEAD.unpack_from(data)
    assert magic == _MAGIC
    if version > VERSION:
        raise OfNewerVersion(f"its form has the number {version}; this version of rung knows up to {VERSION}")
    middle = HEAD_BYTES + description_bytes
    if len(data) != middle + value_bytes:
        raise Damaged("it does not have the length that it was written with")
    description, values = data[HEAD_BYTES:middle], data[middle:]
    if _checksum(data[: _HEAD.size], description, values) != data[_HEAD.size : HEAD_BYTES]:
        raise Damaged("its checksum is wrong")
    described = Description.from_bytes(description)
    if described.value_bytes != value_bytes:
        raise Damaged("it has other values than its description says")
    return Stored(sequence, utc_ns, now_ns, described, values)


def _checksum(head: bytes, description: bytes, values: bytes) -> bytes:
    hash_ = blake2b(head, digest_size=_CHECKSUM_BYTES)
    hash_.update(description)
    hash_.update(values)
    return hash_.digest()


# ------------------------------------------------------------------------------------------------ what makes no sense

_Row = TypeVar("_Row", DataType, Member, Range)


def _row(class_: type[_Row], raw: dict[str, Any]) -> _Row:
    """Fields that another version of the class had and this one has not are passed over."""
    return class_(**{name: raw[name] for name in class_.__struct_fields__ if name in raw})


def _check(description: Description) -> None:
    """Raise ValueError unless whoever follows types and offsets stays within the values and comes to an end."""
    for number, type_ in enumerate(description.types):
        if not _is_sound(type_, description.types[:number] if type_.kind == "array" or type_.members else ()):
            raise ValueError(f"the type {type_.name}")
    for part in description.ranges:
        split_path(part.path)
        if part.type < 0 or part.size != description.types[part.type].size:
            raise ValueError(f"the size of {part.path}")
        if part.bit is not None and not (0 <= part.bit <= 7 and part.size == 1):
            raise ValueError(f"the bit of {part.path}")
    if any(first.offset + first.size != second.offset for first, second in pairwise(description.ranges)):
        raise ValueError("the places of the values")


def _is_sound(type_: DataType, before: tuple[DataType, ...]) -> bool:
    if type_.size < 0:
        return False
    if type_.kind == "array":
        count = prod(high - low + 1 for low, high in type_.ranges)
        sizes = all(low <= high for low, high in type_.ranges)
        return sizes and 0 <= type_.element < len(before) and count * before[type_.element].size == type_.size
    if type_.base:
        return type_.size == int(NUMPY_FORMAT[type_.base][-1])
    if type_.kind == "string":
        return type_.size >= 1 + type_.wide
    return all(
        0 <= m.type < len(before) and m.offset >= 0 and m.offset + before[m.type].size <= type_.size
        for m in type_.members
    )
