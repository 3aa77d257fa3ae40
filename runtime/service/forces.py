"""What is forced, by the names of variables."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, takewhile

import numpy as np
from msgspec import Struct

from iec61131.program import CompiledProgram, DataType, Target, UnknownPath, split_path
from runtime.image.block import FORCE_CHANGES, Block
from runtime.image.forces import force_views, forced
from runtime.image.ring import Write
from runtime.service import values
from runtime.service.errors import NotWritable, UnknownVariable


class Forced(Struct, frozen=True):
    """`value` as `service.values` has it."""

    path: str
    type: str
    value: object


def target_of(program: CompiledProgram, path: str) -> Target:
    """Any variable of the program but constants. Raises UnknownVariable or NotWritable."""
    try:
        target = program.find(path)
    except UnknownPath as error:
        raise UnknownVariable(f"'{path[:200]}' is not known: {error}") from None
    if target.constant:
        raise NotWritable(f"'{target.path}' is constant")
    return target


class ForcedBits:
    """Which variables are forced, for who asks about many again and again: in the whole or in a part."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._words = force_views(block)[0]
        self._starts: list[int] = []
        self._ends: list[int] = []  # in the order of the starts, the greatest end so far
        self.changes = -1

    def look(self) -> None:
        """Take note of what is forced now. Costs nothing where nothing has changed."""
        changes = int(self._words[FORCE_CHANGES])
        if changes == self.changes:
            return
        places = sorted(_bits(write) for write in forced(self._block))
        self._starts = [start for start, _ in places]
        self._ends = list(accumulate((end for _, end in places), max))
        self.changes = changes

    def has(self, target: Target) -> bool:
        """As of the last look."""
        if not self._starts:
            return False
        start, end = target.bits
        before = bisect_left(self._starts, end)  # places that begin before its end
        return before > 0 and self._ends[before - 1] > start


def _bits(write: Write) -> tuple[int, int]:
    if write.bit is not None:
        return write.offset * 8 + write.bit, write.offset * 8 + write.bit + 1
    return write.offset * 8, (write.offset + len(write.data)) * 8


def listed(block: Block, program: CompiledProgram) -> list[Forced]:
    """In the order in which it was asked for."""
    memory = np.zeros(block.layout.memory_bytes, np.uint8)
    found: dict[str, Target] = {}
    for write in forced(block):
        if write.bit is None:
            memory[write.offset : write.offset + len(write.data)] = np.frombuffer(write.data, np.uint8)
        else:
            memory[write.offset] |= (write.data[0] & 1) << write.bit
        target = at(program, write.offset, write.bit)
        if target is not None:
            found.setdefault(target.path, target)
    return [Forced(path, t.type.name or t.type.kind, values.read(program, t, memory)) for path, t in found.items()]


def at(program: CompiledProgram, offset: int, bit: int | None) -> Target | None:
    """The variable that has this byte, or this bit of it; of arrays, structs and instances the part."""
    for root in program.variables:
        type_ = program.types[root.type]
        if root.offset <= offset < root.offset + type_.size and (root.bit is None or root.bit == bit):
            found = program.find(root.path + _inside(program, type_, offset - root.offset))
            if bit is None or found.bit == bit:
                return found
            return program.find(f"{found.path}.{(offset - found.offset) * 8 + bit}")
    return None


def instance_at(program: CompiledProgram, offset: int) -> Target | None:
    """The largest instance of a block that begins at this byte."""
    found = at(program, offset, None)
    parts = split_path(found.path) if found is not None else []
    for length in range(1, len(parts) + 1):
        path = "".join(f".{part}" if isinstance(part, str) else str(list(part)) for part in parts[:length])[1:]
        try:
            target = program.find(path)
        except UnknownPath:
            continue
        if target.type.kind == "block" and target.offset == offset:
            return target
    return None


def _inside(program: CompiledProgram, type_: DataType, offset: int) -> str:
    """What follows the name of a variable, to name the part at `offset`."""
    if type_.kind == "array":
        element = program.types[type_.element]
        number, rest = divmod(offset, element.size)
        indices: list[int] = []
        for low, high in reversed(type_.ranges):
            number, index = divmod(number, high - low + 1)
            indices.append(low + index)
        return f"[{', '.join(map(str, reversed(indices)))}]{_inside(program, element, rest)}"
    before = list(takewhile(lambda member: member.offset <= offset, type_.members))
    if not before:
        return ""
    member = before[-1]
    return f".{member.name}{_inside(program, program.types[member.type], offset - member.offset)}"
