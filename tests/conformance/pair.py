"""Two programs that must do the same, such as a ladder diagram and the structured text another tool made of it.

Both get the same random values in everything that comes from outside; after each scan every variable that both have
must be equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec import Struct

from iec61131.program import Target
from iec61131.semantics import model as nodes
from iec61131.semantics.model import Model
from iec61131.source import SourceFile
from iec61131.syntax.tree import PouKind
from tests.conformance.entry import Entry, pous
from tests.conformance.random_values import is_drivable, value_of
from tests.conformance.session import Session
from tests.conformance.verdict import CaseFailed
from tests.language.harness import values

CYCLES = 200
ADVANCE_MS_MAX = 200


def drive(left: Sequence[SourceFile], right: Sequence[SourceFile], seed: str) -> None:
    """Raises CaseFailed."""
    program = next((pou.name.text for pou in pous(right) if pou.kind is PouKind.PROGRAM), None)
    if program is None:
        raise CaseFailed("there is no PROGRAM to run")
    sessions = [Session(sources, Entry(program)) for sources in (left, right)]
    shared = _shared(*sessions)
    given = [pair for pair in shared if _comes_from_outside(pair[1], sessions[1], program)]
    random = Random(seed)
    for number in range(1, CYCLES + 1):
        advance_ns = random.randint(0, ADVANCE_MS_MAX) * 10**6
        for pair in given:
            value = value_of(pair[0].type, random)
            for session, target in zip(sessions, pair, strict=True):
                session.write(target, value)
        for session in sessions:
            session.now_ns += advance_ns
            session.cycle()
        for pair in shared:
            found = [session.read(target) for session, target in zip(sessions, pair, strict=True)]
            if not values.same(*found):
                raise CaseFailed(f"cycle {number}: {pair[1].path} is {found[0]} in one and {found[1]} in the other")


def _shared(left: Session, right: Session) -> list[tuple[Target, Target]]:
    """The variables that both have, under the same name and of the same type."""
    theirs = {target.path.upper(): target for target in right.subject.program.leaves()}
    both = ((target, theirs.get(target.path.upper())) for target in left.subject.program.leaves())
    return [(ours, other) for ours, other in both if other and is_drivable(ours) and other.type.base == ours.type.base]


def _comes_from_outside(target: Target, session: Session, program: str) -> bool:
    """An input or marker, an input of the program, or a variable of its own that it never writes."""
    if target.section in ("inputs", "markers"):
        return True
    instance, _, rest = target.path.partition(".")
    root = next((v for v in session.subject.program.variables if v.path == instance), None)
    if root is None or not rest or target.section == "outputs":
        return False
    name = rest.partition(".")[0].partition("[")[0].upper()
    members = session.subject.program.types[root.type].members
    kind = next((m.kind for m in members if m.name.upper() == name), "")
    return kind == "input" or (kind == "local" and "." not in rest and name not in written(session.subject.model))


def written(model: Model) -> set[str]:
    """The names, in capitals, of all variables that some statement of `model` writes or hands to a call."""
    return {_root(place).name.upper() for pou in model.pous for place in _written_places(pou.body)}


def _written_places(node: Any) -> Iterator[nodes.Place]:
    if isinstance(node, list | tuple):
        for item in node:
            yield from _written_places(item)
        return
    if (
        not isinstance(node, Struct)
        or type(node).__module__ != nodes.__name__
        or isinstance(node, nodes.Pou | nodes.Variable)
    ):
        return
    match node:
        case nodes.Assign() | nodes.For() | nodes.OutputBinding():
            yield node.place
        case nodes.CallBlock():
            yield node.instance
            yield from node.in_outs
        case nodes.CallFunction():
            yield from node.in_outs
        case _:
            pass
    for name in node.__struct_fields__:
        yield from _written_places(getattr(node, name))


def _root(place: Any) -> nodes.Variable:
    while not isinstance(place, nodes.VariablePlace | nodes.MemoryPlace):
        place = place.base
    return place.variable
