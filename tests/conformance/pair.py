"""Two programs that must do the same, such as a ladder diagram and the structured text another tool made of it.

Both get the same random values in what comes from outside; after each scan every variable that both have must be equal,
or both have ended with the same kind of fault. Compiled code does most of the cycles: that the interpreter agrees with
it is what the other cases show, and here the first cycles again.

A tool may have taken the elements of a drawing as they are stored instead of by their places. Two such programs are
tried in both ways, and which one it was is part of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, get_args

import numpy as np
from msgspec import Struct

from iec61131.graphical import Drawings
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

INTERPRETED_CYCLES = 100
ADVANCE_MS_MAX = 200
GIVEN_MAX = 12
"""So many inputs change before a cycle: a program that reacts to edges and times needs values that stay."""
LOOPS = 2_000
"""The loop budget of a scan: some of these programs are made to hang."""

Pair = tuple[Target, Target]


def drive(left: Sequence[SourceFile], right: Sequence[SourceFile], seed: str, cycles: int) -> str:
    """How the drawings had to be read. Raises CaseFailed."""
    first: CaseFailed | None = None
    for drawings in get_args(Drawings):
        try:
            _drive(left, right, seed, cycles, drawings)
        except CaseFailed as failed:
            first = first or failed
            if not failed.compiled:
                break
        else:
            return drawings
    assert first is not None
    raise first


def _drive(left: Sequence[SourceFile], right: Sequence[SourceFile], seed: str, cycles: int, drawings: Drawings) -> None:
    program = next((pou.name.text for pou in pous(right) if pou.kind is PouKind.PROGRAM), None)
    if program is None:
        raise CaseFailed("there is no PROGRAM to run")
    sessions = [Session(sources, Entry(program), loops=LOOPS, drawings=drawings) for sources in (left, right)]
    shared = _shared(*sessions)
    given = [pair for pair in shared if _comes_from_outside(pair[1], sessions[1], program)]
    comparison = _Comparison(shared)
    random = Random(seed)
    for number in range(1, cycles + 1):
        advance_ns = random.randint(0, ADVANCE_MS_MAX) * 10**6
        for pair in random.sample(given, min(GIVEN_MAX, len(given))) if number > 1 else given:
            value = value_of(pair[0].type, random)
            for session, target in zip(sessions, pair, strict=True):
                session.write(target, value)
        _scan(sessions, advance_ns, number)
        difference = comparison.difference(*sessions)
        if difference is not None:
            raise CaseFailed(f"cycle {number}: {difference}")
        if number == INTERPRETED_CYCLES:
            for session in sessions:
                session.compiled_only()


def _scan(sessions: Sequence[Session], advance_ns: int, number: int) -> None:
    """A fault on both sides is no difference; where it is may be. Both then start again. Raises CaseFailed."""
    for session in sessions:
        session.now_ns += advance_ns
    ours, theirs = (session.scan() for session in sessions)
    if (ours and ours.code) != (theirs and theirs.code):
        raise CaseFailed(f"cycle {number}: {ours or 'no fault'} in one and {theirs or 'no fault'} in the other")
    if ours is not None:
        for session in sessions:
            session.restart("cold")


class _Comparison:
    """Of all bytes of the variables at once: one by one they are looked at only where bytes differ."""

    def __init__(self, shared: Sequence[Pair]) -> None:
        self._shared = shared
        widths = [1 if ours.bit is not None else ours.type.size for ours, _ in shared]
        self._owners = np.repeat(np.arange(len(shared)), widths)
        within = np.concatenate([np.arange(width) for width in (0, *widths)])
        self._bytes = [
            np.repeat(np.array([pair[side].offset for pair in shared], dtype=np.intp), widths) + within
            for side in (0, 1)
        ]

    def difference(self, left: Session, right: Session) -> str | None:
        differs = left.memory[self._bytes[0]] != right.memory[self._bytes[1]]
        if not differs.any():
            return None
        for number in np.unique(self._owners[differs]):
            ours, theirs = self._shared[number]
            found = left.read(ours), right.read(theirs)
            if not values.same(*found):
                return f"{theirs.path} is {found[0]} in one and {found[1]} in the other"
        return None


def _shared(left: Session, right: Session) -> list[Pair]:
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
