"""Globals that several RESOURCEs share: an anonymous memory file between their scan threads.

Each resource has the globals of its CONFIGURATION in its own memory, where nobody else writes. What its scan has
changed is published here at the end of the scan, and taken by the others at the beginning of theirs
(`runtime.engine.sharing`). Of a value that several have written the latest counts: with each goes a *stamp*, the time
of the scan that wrote it and the number of the resource, so that all of them come to the same.

```
head           int64 words, one per row of HEAD
of a resource  OWN_WORDS words; a stamp for each value; the values as they are known to the others
               for each other resource: an exchange word and three slots (exchange.py), each with its sequence, a stamp
               for each value, and the values
```

A slot holds all values, those of other resources included, so that a reader may miss any number of them.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.program import CompiledProgram, DataType
from runtime.image.block import EXCHANGE_INITIAL, EXCHANGE_WORDS

_MAGIC = 0x736C6C61676E7572
HEAD = ("magic", "resources", "values", "bytes", "digest")
_HEAD_WORDS = 8
RESOURCES_MAX = 16
OWN_WORDS = 64
SEQUENCE, RESET, PENDING, SEEN, RECORD = 0, 1, 2, 8, 32
"""Words of a resource: images published; the kind of reset that its start is like, 0 once it has begun; whether the
next image is published without a change; from `SEEN` on the sequence of the last image taken from each of the others;
room for a record of the journal.
"""
SLOT_WORDS = 8
"""At the beginning of a slot; the first is its sequence."""
PLACE_COLUMNS = 5
"""Of the table of values: offset in the memory, size in bytes, bit or -1, position among the values, kept: 0 no,
`RETAIN` or `PERSISTENT`."""
RETAIN, PERSISTENT = 1, 2
INFO = ("me", "resources", "resource_words", "slot_words", "own_at")
"""Words that the kernel finds its way with, as many as a place has columns."""
VALUES_MAX, BYTES_MAX = 16384, 65536


class CannotShare(Exception):
    """The resources do not fit each other. The text is for people."""


class SharedValue(Struct, frozen=True):
    """A single value in the memory of one resource."""

    path: str
    type: str
    offset: int
    size: int
    bit: int
    kept: int


def shared_values(program: CompiledProgram) -> list[SharedValue]:
    """What the program shares: all single values in its `shared` variables, in an order that every resource has.

    Instances of function blocks, references and constants stay each resource's own.
    """
    roots = {variable.path: variable for variable in program.variables}
    found: list[SharedValue] = []
    for path in sorted(program.shared):
        root = roots[path]
        kept = PERSISTENT if root.persistent else RETAIN if root.retain else 0
        places = _places(program, path, program.types[root.type], root.offset, root.bit)
        found += [SharedValue(name, type_, at, size, bit, kept) for name, type_, at, size, bit in places]
    return found


def _places(
    program: CompiledProgram, path: str, type_: DataType, offset: int, bit: int | None
) -> Iterator[tuple[str, str, int, int, int]]:
    if type_.is_single and type_.kind != "pointer":  # which leads somewhere in one memory only
        yield path, type_.name, offset, type_.size, -1 if bit is None else bit
    elif type_.kind == "array":
        element = program.types[type_.element]
        count = type_.size // element.size if element.size else 0
        for number in range(count):
            yield from _places(program, f"{path}[{number}]", element, offset + number * element.size, None)
    elif type_.kind == "struct":
        for member in type_.members:
            inside = program.types[member.type]
            yield from _places(program, f"{path}.{member.name}", inside, offset + member.offset, None)


def digest_of(values: Sequence[SharedValue]) -> int:
    """63 bits that say which values these are."""
    text = "\n".join(f"{value.path.upper()} {value.type} {value.size}" for value in values)
    return int.from_bytes(sha256(text.encode()).digest()[:8], "little") >> 1


def place_table(values: Sequence[SharedValue]) -> NDArray[np.int64]:
    """(values, PLACE_COLUMNS), each value at a multiple of its size or of eight."""
    rows, at = list[tuple[int, ...]](), 0
    for value in values:
        size = max(1, value.size)
        unit = min(8, 1 << (size - 1).bit_length())
        at = -(-at // unit) * unit
        rows.append((value.offset, size, value.bit, at, value.kept))
        at += size
    return np.array(rows, np.int64).reshape(-1, PLACE_COLUMNS)


def value_bytes(table: NDArray[np.int64]) -> int:
    """What the values of a table take, in whole words."""
    return -(-int(table[-1, 3] + table[-1, 1]) // 8) * 8 if len(table) else 0


class SharedGlobals:
    """The mapped file. `fd` belongs to whoever created or attached it."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        size = os.fstat(fd).st_size
        self.bytes = np.frombuffer(mmap.mmap(fd, size), np.uint8)
        self.words = self.bytes.view(np.int64)
        if size < _HEAD_WORDS * 8 or self.words[0] != _MAGIC:
            raise CannotShare("the memory was laid out by another program or version")
        self.resources, self.values, self.value_bytes, self.digest = (int(word) for word in self.words[1 : len(HEAD)])
        if size != 8 * (_HEAD_WORDS + self.resources * self.resource_words):
            raise CannotShare("the size of the shared globals does not match their description")

    @classmethod
    def create(cls, resources: int, values: Sequence[SharedValue], name: str) -> SharedGlobals:
        """For so many resources. Raises CannotShare when that is too much."""
        table = place_table(values)
        count, size = len(table), value_bytes(table)
        if resources > RESOURCES_MAX:
            raise CannotShare(f"{resources} resources are too many, {RESOURCES_MAX} can share globals")
        if count > VALUES_MAX or size > BYTES_MAX:
            raise CannotShare(
                f"the globals that the resources share are {count:,} values of {size:,} bytes in all;"
                f" {VALUES_MAX:,} values and {BYTES_MAX:,} bytes are possible"
            )
        fd = os.memfd_create(f"rung-globals-{name}", 0)
        os.ftruncate(fd, 8 * (_HEAD_WORDS + resources * _resource_words(resources, count, size)))
        os.pwrite(fd, np.array([_MAGIC, resources, count, size, digest_of(values)], np.int64).tobytes(), 0)
        shared = cls(fd)
        for resource in range(resources):
            for other in range(resources):
                shared.words[shared.box_at(resource, other)] = EXCHANGE_INITIAL
        return shared

    @property
    def slot_words(self) -> int:
        return _slot_words(self.values, self.value_bytes)

    @property
    def resource_words(self) -> int:
        """Of one resource in all."""
        return _resource_words(self.resources, self.values, self.value_bytes)

    def own_at(self, resource: int) -> int:
        """The word at which a resource begins."""
        return _HEAD_WORDS + resource * self.resource_words

    def box_at(self, resource: int, reader: int) -> int:
        """The word of the exchange from a resource to a reader; its slots are `EXCHANGE_WORDS` behind."""
        boxes_at = self.own_at(resource) + OWN_WORDS + self.values + self.value_bytes // 8
        return boxes_at + reader * (EXCHANGE_WORDS + 3 * self.slot_words)

    def info(self, resource: int) -> NDArray[np.int64]:
        """What the kernel of a resource finds its way with, a word per row of INFO."""
        own_at = self.own_at(resource)
        return np.array([resource, self.resources, self.resource_words, self.slot_words, own_at], np.int64)

    def close(self) -> None:
        """Close the descriptor. The mapping goes with the last view of it."""
        os.close(self.fd)


def _slot_words(values: int, size: int) -> int:
    return SLOT_WORDS + values + size // 8


def _resource_words(resources: int, values: int, size: int) -> int:
    boxes = resources * (EXCHANGE_WORDS + 3 * _slot_words(values, size))
    return OWN_WORDS + values + size // 8 + boxes
