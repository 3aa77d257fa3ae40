"""How a program is cut into modules, each of which becomes an object of its own.

Cutting serves whoever compiles: several processors can work on one program, and the objects of modules whose text has
not changed can be used again. So where the cuts are depends on names alone, not on sizes or on how many POUs come
before: a change of one POU changes the text of its own module, and of those that hold a copy of it.

A module holds the POUs that stand together in the source, blocks with their methods. What it calls of other modules it
declares; what is small of that it also holds a copy of, as LLVM can only put into a caller what it sees. A small
program is one module.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from zlib import crc32

from msgspec import Struct

from iec61131.codegen.reach import Reach
from iec61131.semantics.model import Model, Pou

WHOLE_SIZE = 4_000
"""Statements and parts of expressions of a program that is not cut: about 2,000 lines."""
COPIED_SIZE = 30
"""Of a POU that is copied to where it is called. LLVM would put larger ones into their callers seldom (`jit`)."""
POUS_PER_PART = 4
"""How many POUs, with their methods, a module holds on average."""


class Part(Struct, frozen=True):
    """One module. `own`: what it defines for all; `copied`: what it holds for itself; `called`: what it declares.

    All in the order of the model, callees first.
    """

    own: tuple[Pou, ...]
    copied: tuple[Pou, ...]
    called: tuple[Pou, ...]


class Cut(Struct, frozen=True):
    """`shared`: the POUs that other modules than their own refer to."""

    parts: tuple[Part, ...]
    shared: frozenset[Pou]


def cut(model: Model, reach: Reach, *, with_copies: bool) -> Cut:
    """The modules of a program. The last one has the tasks. `with_copies`: LLVM is going to optimise."""
    if sum(reach.uses[pou].size for pou in model.pous) <= WHOLE_SIZE:
        return Cut((Part(model.pous, (), ()),), frozenset())
    number = {pou: position for position, pou in enumerate(model.pous)}
    small = {pou for pou in model.pous if with_copies and reach.uses[pou].size <= COPIED_SIZE}
    programs = {run.program for task in model.tasks for run in task.programs}
    parts: list[Part] = []
    shared: set[Pou] = set()
    for own in (*_chunks(model), []):
        copied, called = _surroundings(own or programs, reach, small, own)
        shared |= called
        parts.append(Part(*(tuple(sorted(pous, key=number.__getitem__)) for pous in (own, copied, called))))
    return Cut(tuple(parts), frozenset(shared))


def _chunks(model: Model) -> Iterator[list[Pou]]:
    """The POUs in the order of the source, cut before each one whose name says so."""
    chunk: list[Pou] = []
    last = ""
    for pou in sorted(model.pous, key=lambda pou: (pou.span.file.name, pou.span.start)):
        name = pou.name.partition(".")[0].upper()
        if chunk and name != last and crc32(name.encode()) % POUS_PER_PART == 0:
            yield chunk
            chunk = []
        chunk.append(pou)
        last = name
    yield chunk


def _surroundings(
    callers: Iterable[Pou], reach: Reach, small: Collection[Pou], own: Sequence[Pou]
) -> tuple[set[Pou], set[Pou]]:
    """What a module copies, and what it declares: all that it refers to in its own POUs and in copies. `callers` are
    the former; of the module with the tasks, which has none, the programs.
    """
    inside = set(own)
    called: set[Pou] = set() if own else set(callers)
    work = [pou for pou in callers if own or pou in small]
    copied: set[Pou] = set() if own else set(work)
    while work:
        for callee, _ in reach.uses[work.pop()].called:
            if callee in inside or callee in called:
                continue
            called.add(callee)
            if callee in small:
                copied.add(callee)
                work.append(callee)
    return copied, called
