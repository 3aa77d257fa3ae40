"""Which FOR loops may be counted beforehand, settled once all bodies are known.

A body is enough to see that it does not assign the variable of its FOR. Whether somebody else does while the loop runs
shows only in the whole program: through a reference to the variable, or in a method or an action of the same instance
that the loop leads to, however far away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iec61131.semantics.here import root_variable
from iec61131.semantics.model import (
    Assign,
    CallBlock,
    CallFunction,
    For,
    OutputBinding,
    Place,
    Pou,
    Statement,
    Storage,
    Variable,
    VariablePlace,
)
from iec61131.semantics.walk import inside, targets


def settle(pous: Iterable[Pou], exposed: frozenset[Variable]) -> None:
    """Set `counted` of every FOR whose variable nobody can change behind its back."""
    all_pous = list(pous)
    found = {pou: [loop for loop in inside(pou.body) if isinstance(loop, For) and loop.countable] for pou in all_pous}
    is_kept = any(_of_instance(loop.place) for loops in found.values() for loop in loops)
    written = _written(all_pous if is_kept else [])
    for pou, loops in found.items():
        before = [loop.counted for loop in loops]
        for loop in loops:
            assert isinstance(loop.place, VariablePlace)
            variable = loop.place.variable
            loop.counted = variable not in exposed
            if loop.counted and _of_instance(loop.place):
                loop.counted = not any(variable in written[called] for called in _called(loop.body))
        if before != [loop.counted for loop in loops]:
            pou.body = (*pou.body,)  # another body, as whoever remembers the one before can see


def _of_instance(place: Place) -> bool:
    return isinstance(place, VariablePlace) and place.variable.storage is Storage.INSTANCE


def _written(pous: list[Pou]) -> Mapping[Pou, set[Variable]]:
    """For each POU the variables of its instance that running it may change, what it calls included."""
    written = {pou: _own(pou) for pou in pous}
    called = {pou: _called(pou.body) for pou in pous}
    changed = True
    while changed:  # callees come before callers, so one round suffices unless POUs call each other in a circle
        changed = False
        for pou in pous:
            before = len(written[pou])
            written[pou].update(*(written[callee] for callee in called[pou]))
            changed |= len(written[pou]) != before
    return written


def _called(body: Iterable[Statement]) -> set[Pou]:
    calls = [node for node in inside(body) if isinstance(node, CallFunction | CallBlock)]
    return {target for call in calls for target in targets(call)}


def _own(pou: Pou) -> set[Variable]:
    places: list[Place] = []
    for node in inside(pou.body):
        match node:
            case Assign() | For() | OutputBinding():
                places.append(node.place)
            case CallFunction() | CallBlock():
                places.extend(node.in_outs)
            case _:
                pass
    roots = (root_variable(place) for place in places)
    return {root for root in roots if root is not None and root.storage is Storage.INSTANCE}
