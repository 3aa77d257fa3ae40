"""What is forced, by the names of variables."""

from __future__ import annotations

from itertools import takewhile

import numpy as np
from msgspec import Struct

from iec61131.program import CompiledProgram, DataType, Target, UnknownPath
from runtime.image.block import Block
from runtime.image.forces import forced
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
