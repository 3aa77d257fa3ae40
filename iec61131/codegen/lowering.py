"""The stage as a whole: a model to the modules of its program, anew or after a change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from iec61131.codegen import llvm, pou
from iec61131.codegen.body import Common, Unit
from iec61131.codegen.nesting import Restrictions, restrictions
from iec61131.codegen.parts import Cut, Part, cut
from iec61131.codegen.placing import Placing
from iec61131.codegen.reach import Part as ReachPart
from iec61131.codegen.reach import Reach, in_outs
from iec61131.codegen.sites import Owner, Sites
from iec61131.codegen.stack import stack_bytes
from iec61131.program import Site
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Model, Pou, ProgramRun, Statement, Task


class Lowered(Struct, frozen=True):
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
    return Generator(optimised=optimised).lower(model, layout)


class _Made(Struct):
    """A module, and what its text depends on: the bodies in it, and what is known of everything around them."""

    bodies: tuple[tuple[Statement, ...], ...]
    known: object
    text: str


class Generator(Struct):
    """Lowers one program, again and again: what its last version had as well is not made anew. The result is the same
    as that of `lower`.
    """

    optimised: bool = True
    _sites: Sites = field(default_factory=Sites)
    _made: dict[tuple[Pou, ...], _Made] = field(default_factory=dict["tuple[Pou, ...]", _Made])
    _placing: Placing = field(default_factory=Placing)
    _exposed: frozenset[ReachPart] = frozenset()
    _bodies: dict[Pou, tuple[Statement, ...]] = field(default_factory=dict[Pou, "tuple[Statement, ...]"])
    _runs: dict[str, tuple[ProgramRun, ...]] = field(default_factory=dict[str, "tuple[ProgramRun, ...]"])
    _frames: dict[Pou, int] = field(default_factory=dict[Pou, int])

    def lower(self, model: Model, layout: MemoryLayout) -> Lowered:
        reach = Reach(model)
        restricted = restrictions(model.pous, reach)
        pieces = cut(model, reach, with_copies=self.optimised)
        self._forget(model, reach)
        self._placing.begin(model.memory)
        names = pou.symbols(model.pous)
        common = Common(reach, pieces.shared, restricted, names, layout.size, layout.sections, self._sites)
        symbols = tuple(_symbol(number, task) for number, task in enumerate(model.tasks))
        tasks = dict(zip(model.tasks, symbols, strict=True))
        last = pieces.parts[-1]
        modules = [self._module(part, pieces, common, tasks if part is last else {}) for part in pieces.parts]
        frames = {each: self._frames[each] for each in model.pous}
        return Lowered(tuple(modules), dict(self._sites.rows), symbols, stack_bytes(model, reach, frames))

    def _forget(self, model: Model, reach: Reach) -> None:
        """What this version does not share with the last one."""
        if reach.exposed != self._exposed:
            self._made.clear()
        self._exposed = reach.exposed
        for each in model.pous:
            if self._bodies.get(each) is not each.body:
                self._sites.forget(Owner(each.name))
                self._bodies[each] = each.body
        for task in model.tasks:
            if self._runs.get(task.name) != task.programs:
                self._sites.forget(Owner(task.name, is_task=True))
                self._runs[task.name] = task.programs

    def _module(self, part: Part, pieces: Cut, common: Common, tasks: Mapping[Task, str]) -> str:
        inside = (*part.copied, *part.own)
        bodies = tuple(each.body for each in inside)
        known = (_known(part, pieces, common, tasks), self._placed(part, common, tasks))
        made = self._made.get(part.own)
        if made is not None and made.known == known and _are_same(made.bodies, bodies):
            return made.text
        unit = Unit(llvm.new_module("program"), common)
        for each in (*part.called, *part.own):
            pou.declare(unit, each, is_own=each in part.own, is_copy=each in part.copied)
        for each in inside:
            self._frames[each] = pou.define(unit, each)
        for task, symbol in tasks.items():
            pou.define_task(unit, task, symbol)
        text = str(unit.module)
        self._made[part.own] = _Made(bodies, known, text)
        return text

    def _placed(self, part: Part, common: Common, tasks: Mapping[Task, str]) -> object:
        """Where everything lies that the text of a module names."""
        placing, inside = self._placing, (*part.copied, *part.own)
        around = _around(part, common.reach)
        refers = bool(tasks) or any(each.stack_bytes or each.recursive for each in around)
        refers = refers or any(map(placing.refers, inside))
        return (
            [placing.of_body(each) for each in inside],
            [placing.of_pou(each) for each in around],
            common.memory_bytes.bit_length(),
            common.sections if refers else None,
            placing.of_memory() if tasks else None,
        )


def _known(part: Part, pieces: Cut, common: Common, tasks: Mapping[Task, str]) -> object:
    """What the text of a module says about POUs besides their bodies."""
    reach, restricted = common.reach, common.restricted
    around = _around(part, reach)
    handed = (variable for each in around for variable in in_outs(each))
    return (
        part,
        [each in pieces.shared for each in part.own],
        [(each, common.symbols[each], each.stack_bytes, each.recursive) for each in around],
        [reach.footprint([each]).snapshot() for each in around],
        [_restriction(each, restricted) for each in around],
        [(task.name, symbol, task.programs) for task, symbol in tasks.items()],
        [reach.parts_of_variable(variable) for variable in handed],
    )


def _around(part: Part, reach: Reach) -> Iterable[Pou]:
    """The POUs in a module, and those that they call."""
    inside = (*part.copied, *part.own)
    callees = (callee for each in inside for callee, _ in reach.uses[each].called)
    return dict.fromkeys((*inside, *callees, *part.called))


def _restriction(each: Pou, restricted: Restrictions) -> tuple[bool, bool]:
    return each in restricted.not_inlined, each in restricted.not_optimised


def _are_same(old: Iterable[object], new: Iterable[object]) -> bool:
    return all(a is b for a, b in zip(old, new, strict=True))


def _symbol(number: int, task: Task) -> str:
    """Unique by its number; the name is for people who read a profile."""
    return f"task_{number}_{re.sub(r'[^A-Za-z0-9_]', '_', task.name)}"
