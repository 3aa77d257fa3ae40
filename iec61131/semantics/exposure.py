"""Which variables references may lead to, and where those of an activation live.

A reference is a distance in the memory block, so whatever it leads to has to lie there: a variable of a FUNCTION that
is referred to, or handed on as VAR_IN_OUT to somebody who refers to it, moves from the native frame to the section
`stack` of the block. That section works like any stack: each activation takes its part and gives it back. Its size is
known beforehand, from who calls whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iec61131.semantics.model import (
    AddressOf,
    CallBlock,
    CallFunction,
    HeapCall,
    InstanceMemberPlace,
    MemoryPlace,
    Place,
    Pou,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.type_facts import TypeFacts
from iec61131.semantics.types import BlockType, PointerType, Type, round_up
from iec61131.semantics.walk import inside, targets
from iec61131.syntax.tree import VarKind

STACK_ALIGN = 8
DEPTH_LIMIT = 100
"""Activations of recursive POUs that the stack has room for."""
STACK_BYTES_MAX = 4 << 20


def expose(pous: Iterable[Pou]) -> frozenset[Variable]:
    """Give every frame variable that something refers to its place in the stack; all variables that are referred to."""
    referred: list[Place] = []
    handed: list[tuple[Variable, Place]] = []
    taken: set[Type] = set()
    all_pous = list(pous)
    for pou in all_pous:
        for variable in pou.variables:
            if variable.storage is Storage.STACK:  # since the last time
                variable.storage = Storage.FRAME
        for node in inside(pou.body):
            match node:
                case AddressOf():
                    referred.append(node.place)
                case CallFunction() | CallBlock():
                    for callee in targets(node):
                        handed.extend(zip(callee.of_kind(VarKind.IN_OUT), node.in_outs, strict=True))
                case HeapCall(type=PointerType(target=target)) if target is not None:
                    taken.add(target)
                case _:
                    pass
    blocks = list(dict.fromkeys(pou.instance for pou in all_pous if pou.instance is not None))
    exposed = {root for place in referred for root in _roots(place, blocks)}
    # An instance is referred to by its own methods.
    facts = TypeFacts()
    exposed |= {member for type_ in taken for member in facts.members(type_)}
    exposed |= {
        v for pou in all_pous for v in pou.variables if v.storage is Storage.FRAME and facts.holds_block(v.type)
    }
    changed = True
    while changed:
        before = len(exposed)
        exposed.update(root for variable, place in handed if variable in exposed for root in _roots(place, blocks))
        changed = len(exposed) != before
    for pou in all_pous:
        _place(pou, exposed)
    return frozenset(exposed)


def _roots(place: Place, blocks: Iterable[BlockType]) -> list[Variable]:
    """The variables whose bytes a reference to `place` leads to. Behind a reference everything is exposed already.
    THIS may be an instance of any block that extends the one it is seen as.
    """
    while True:
        match place:
            case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
                return [variable]
            case InstanceMemberPlace():
                return [place.member]
            case TargetPlace() | ValuePlace():
                return []
            case ThisPlace(type=block):
                return [member for each in blocks if each.is_a(block) for member in each.members.values()]
            case _:
                place = place.base


def _place(pou: Pou, exposed: set[Variable]) -> None:
    end = 0
    for variable in pou.variables:
        if variable.storage is Storage.FRAME and variable in exposed:
            variable.storage = Storage.STACK
            variable.offset = round_up(end, variable.type.align)
            end = variable.offset + max(variable.type.size, 1)  # an instance without members has a place, too
    pou.stack_bytes = round_up(end, STACK_ALIGN)


def stack_bytes(called_first: Iterable[Pou], calls: Mapping[Pou, Iterable[Pou]]) -> int:
    """What the deepest chain of calls needs. A POU that can reach itself counts as often as the depth limit allows."""
    deepest: dict[Pou, int] = {}
    recursive = 0
    for pou in called_first:
        below = max((deepest.get(callee, 0) for callee in calls.get(pou, ())), default=0)
        deepest[pou] = pou.stack_bytes + below
        recursive += pou.stack_bytes * DEPTH_LIMIT if pou.recursive else 0
    return min(max(deepest.values(), default=0) + recursive, STACK_BYTES_MAX)
