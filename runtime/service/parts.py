"""What a variable consists of: single values, and arrays of single values as one part each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from msgspec.structs import replace

from iec61131.program import CompiledProgram, Target


def parts(program: CompiledProgram, target: Target) -> Iterator[Target]:
    """In the order of the memory; `target` itself where it is one value."""
    type_ = target.type
    if type_.kind == "array":
        element = program.types[type_.element]
        if element.is_single:
            yield target
            return
        for number, indices in enumerate(product(*(range(low, high + 1) for low, high in type_.ranges))):
            path = f"{target.path}[{', '.join(map(str, indices))}]"
            offset = target.offset + number * element.size
            yield from parts(program, replace(target, path=path, type=element, offset=offset))
    elif type_.members:
        yield from members(program, target)
    elif type_.is_single:
        yield target


def members(program: CompiledProgram, target: Target, *, instances: bool = True) -> Iterator[Target]:
    """The parts of the members of a struct or an instance; without `instances` of those alone that are none."""
    for member in target.type.members:
        type_ = program.types[member.type]
        if member.is_hidden or (not instances and _is_instance(program, member.type)):
            continue
        path, offset = f"{target.path}.{member.name}", target.offset + member.offset
        constant = target.constant or member.constant
        yield from parts(program, replace(target, path=path, type=type_, offset=offset, constant=constant))


def _is_instance(program: CompiledProgram, number: int) -> bool:
    type_ = program.types[number]
    return type_.kind == "block" or (type_.kind == "array" and _is_instance(program, type_.element))


def instances_of(program: CompiledProgram, name: str) -> Iterator[Target]:
    """All instances of a block or a PROGRAM, by the name of its type, in the order of the memory."""
    holders = _holders(program, name.upper())
    for root in program.variables:
        if root.address is None:
            target = Target(root.path, program.types[root.type], root.offset, root.bit, root.constant, root.section)
            yield from _instances(program, target, root.type, name.upper(), holders)


def _holders(program: CompiledProgram, name: str) -> set[int]:
    """The types that are or contain an instance: rows come after what they are made of."""
    found = set[int]()
    for number, type_ in enumerate(program.types):
        inside = type_.element in found if type_.kind == "array" else any(m.type in found for m in type_.members)
        if inside or (type_.kind == "block" and type_.name.upper() == name):
            found.add(number)
    return found


def _instances(program: CompiledProgram, target: Target, number: int, name: str, holders: set[int]) -> Iterator[Target]:
    if number not in holders:
        return
    type_ = target.type
    if type_.kind == "block" and type_.name.upper() == name:
        yield target
    if type_.kind == "array":
        element = program.types[type_.element]
        for position, indices in enumerate(product(*(range(low, high + 1) for low, high in type_.ranges))):
            path = f"{target.path}[{', '.join(map(str, indices))}]"
            inside = replace(target, path=path, type=element, offset=target.offset + position * element.size)
            yield from _instances(program, inside, type_.element, name, holders)
    for member in type_.members:
        inside = replace(
            target,
            path=f"{target.path}.{member.name}",
            type=program.types[member.type],
            offset=target.offset + member.offset,
        )
        yield from _instances(program, inside, member.type, name, holders)
