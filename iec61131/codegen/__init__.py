"""The generator: typed model to LLVM IR.

`lower` is the whole stage; `parts.py` says into how many modules a program is cut. What these say is decided in one
file each:

    what is emitted                                    what is known about the program
    pou.py          POUs and tasks as functions        uses.py      what a body touches, read off its text
    calls.py        arguments, results, call paths     reach.py     which accesses can meet, what a call touches
    statements.py   assignments, choices, jumps        regions.py   variables kept in registers
    loops.py        loops and their budget             charges.py   the most that a nest of loops charges
    expressions.py  values                             ranges.py    bounds of integer expressions
    narrow.py       values of 8 and 16 bits            nesting.py   what is too much for LLVM
    places.py       addresses and bounds checks        stack.py     the native stack needed
    memory.py       loads, stores, copies, slots
    faults.py       checks and the fault record        body.py      a function under construction
    operators.py, conversions.py, intrinsics.py:       sites.py     numbered places of the source
                    tables of what is emitted          tags.py      alias classes for LLVM
                    for which types                    llvm.py, types_ir.py   LLVM's side, typed
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from iec61131.codegen import llvm, pou
from iec61131.codegen.body import Common, Unit
from iec61131.codegen.nesting import restrictions
from iec61131.codegen.parts import cut
from iec61131.codegen.reach import Reach
from iec61131.codegen.stack import stack_bytes
from iec61131.program import Site
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Model, Pou, Task

__all__ = ["Lowered", "lower"]


@dataclass(frozen=True, slots=True)
class Lowered:
    """`modules` are the texts of LLVM modules without a target, which refer to each other. `symbols` has the entry
    point of each task, in the order of the model's tasks.

    `stack_bytes` bounds the native stack that an entry point needs, for recursion up to `stack.DEPTH_LIMIT`.
    """

    modules: tuple[str, ...]
    sites: dict[int, Site]
    symbols: tuple[str, ...]
    stack_bytes: int


def lower(model: Model, layout: MemoryLayout, *, optimised: bool = True) -> Lowered:
    """Everything of `model`, whose variables `layout` has placed. `optimised`: LLVM is going to do it."""
    reach = Reach(model)
    restricted = restrictions(model.pous, reach)
    pieces = cut(model, reach, with_copies=optimised)
    common = Common(reach, pieces.shared, restricted, pou.symbols(model.pous), layout.size, layout.sections["stack"])
    symbols = tuple(_symbol(number, task) for number, task in enumerate(model.tasks))
    frames: dict[Pou, int] = {}
    modules: list[str] = []
    for number, part in enumerate(pieces.parts):
        unit = Unit(llvm.new_module(model.name), common)
        for each in (*part.called, *part.own):
            pou.declare(unit, each, is_own=each in part.own, is_copy=each in part.copied)
        for each in part.copied:
            pou.define(unit, each)
        for each in part.own:
            frames[each] = pou.define(unit, each)
        if number == len(pieces.parts) - 1:
            for task, symbol in zip(model.tasks, symbols, strict=True):
                pou.define_task(unit, task, symbol)
        modules.append(str(unit.module))
    return Lowered(tuple(modules), common.sites.rows, symbols, stack_bytes(model, reach, frames))


def _symbol(number: int, task: Task) -> str:
    """Unique by its number; the name is for people who read a profile."""
    return f"task_{number}_{re.sub(r'[^A-Za-z0-9_]', '_', task.name)}"
