"""A task for a single block of a program: `PROGRAM mixer WITH slow : Mixer (heater WITH fast);`

The block runs with that task, and only there: it takes its inputs as they lie in the instance, and others read its
outputs. So a call of it anywhere else is an error. A program that nobody wrote calls it, like those of VAR_CONFIG.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from iec61131.diagnostics.catalogue import configuration
from iec61131.semantics import walk
from iec61131.semantics.configured_paths import ConfiguredPaths
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import (
    CallBlock,
    ConstantExpression,
    ElementPlace,
    FieldPlace,
    InstanceMemberPlace,
    MemoryPlace,
    Place,
    Pou,
    ProgramRun,
    Storage,
    ThisPlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.scopes import Globals, PouScope
from iec61131.semantics.types import BlockType
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

_Steps = tuple[object, ...]
"""A way from the outside to an instance: variables, members, fields, and the indices of elements."""


class _Wish(Struct, frozen=True):
    steps: _Steps
    name: str
    span: Span


class BlockTasks:
    """`located` are the instances of the programs, as variables that nobody can name; `calls` what these call."""

    def __init__(self, shared: Shared, globals_: Globals) -> None:
        self._shared = shared
        self._findings = shared.findings
        self._globals = globals_
        self._paths = ConfiguredPaths(shared, globals_)
        self._wishes: list[_Wish] = []
        self.located: list[Variable] = []
        self.calls: dict[Pou, dict[Pou, Span]] = {}

    def run(self, wish: tree.BlockTask, program: Variable) -> ProgramRun | None:
        """What runs the block of `wish` in the instance `program`. None after a finding."""
        here = Here(self._shared, PouScope(self._globals))
        place = self._paths.inside(here, VariablePlace(program, wish.span), wish.block)
        if place is None:
            return None
        if not isinstance(place.type, BlockType):
            self._findings.add(configuration.TASK_OF_NO_BLOCK.at(wish.block.span, name=wish.block.span.text))
            return None
        steps = _steps(place)
        assert steps is not None
        before = next((other for other in self._wishes if other.steps == steps), None)
        if before is not None:
            finding = configuration.BLOCK_WITH_TWO_TASKS.at(wish.span, name=wish.block.span.text)
            self._findings.add(finding.also(before.span, "the first one"))
            return None
        self._wishes.append(_Wish(steps, wish.block.span.text, wish.span))
        node = Expressions(here).calls.of_block(place, tree.Call(wish.block, (), wish.block.span))
        return self._program(f"%{program.name}.{wish.block.span.text}", node, here) if node is not None else None

    def _program(self, name: str, node: CallBlock, here: Here) -> ProgramRun:
        type_ = BlockType(name)
        pou = Pou(name, PouKind.PROGRAM, node.span, instance=type_, body=(node,))
        instance = Variable(name, type_, VarKind.GLOBAL, Storage.MEMORY, node.span, initial={})
        self.located.append(instance)
        self.calls[pou] = here.calls
        return ProgramRun(instance, pou, (), (), node.span)

    def check_calls(self, pous: Iterable[Pou]) -> None:
        """Find the calls of blocks that have a task: from the program that holds one, or by its path from outside."""
        for pou in pous if self._wishes else ():
            for node in walk.inside(pou.body):
                steps = _steps(node.instance) if isinstance(node, CallBlock) else None
                wish = next((w for w in self._wishes if steps and steps in (w.steps, w.steps[1:])), None)
                if wish is not None and isinstance(node, CallBlock):
                    finding = configuration.CALL_OF_BLOCK_WITH_TASK.at(node.span, name=wish.name)
                    self._findings.add(finding.also(wish.span, "its task is here"))


def _steps(place: Place) -> _Steps | None:
    """None where a reference lies between, or an index that is not known."""
    match place:
        case ThisPlace():
            return ()
        case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
            return (variable,)
        case InstanceMemberPlace(base=base, member=step) | FieldPlace(base=base, field=step):
            before = _steps(base)
            return (*before, step) if before is not None else None
        case ElementPlace(base=base, indices=indices):
            before = _steps(base)
            known = tuple(index.value for index in indices if isinstance(index, ConstantExpression))
            return (*before, known) if before is not None and len(known) == len(indices) else None
        case _:
            return None
