"""The interpreter, telling each statement before it runs, with the calls that led there and how things are then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from iec61131.interpreter.execution import Interpreter, Scan
from iec61131.interpreter.flow import Activation, Flow
from iec61131.interpreter.memory import Location, Value
from iec61131.interpreter.signals import InputRow
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Expression, Model, Place, Pou, Statement, Variable
from iec61131.source import Span

if TYPE_CHECKING:
    from iec61131.interpreter.execution import Block


class Call(Struct, frozen=True, eq=False):
    """One call under way, made at `called_at`."""

    pou: Pou
    activation: Activation
    called_at: Span


class Moment(Struct, frozen=True, eq=False):
    """The memory of a program at some moment, its table of signals, and how expressions are evaluated and places found
    there, in a call. These raise Faulted.
    """

    memory: memoryview
    inputs: Sequence[InputRow]
    evaluate: Callable[[Expression, Activation], Value]
    locate: Callable[[Place, Activation], Location]


Told = Callable[[Statement, Sequence[Call], Moment], object]
"""Is told what runs, with the calls under way, outermost first. What it raises ends the task."""


class WatchedInterpreter(Interpreter):
    def __init__(self, model: Model, layout: MemoryLayout, told: Told) -> None:
        super().__init__(model, layout)
        self._told = told

    def at(self, memory: Block, inputs: Sequence[InputRow]) -> Moment:
        """What expressions mean on a block that nobody runs on: a copy that was made at some moment."""
        return self._scan(memoryview(cast(Any, memory)).cast("B"), inputs).moment

    def _scan(self, block: memoryview, inputs: Sequence[InputRow]) -> WatchedScan:
        scan = WatchedScan(block, self._layout.sections, inputs)
        scan.watch(self._told)
        return scan


class WatchedScan(Scan):
    def watch(self, told: Told) -> None:
        self._told = told
        self._calls: list[Call] = []
        self.moment = Moment(self._memory, self._inputs, self._evaluate, self._locate)

    def _execute_one(self, statement: Statement, here: Activation) -> Flow:
        self._told(statement, self._calls, self.moment)
        return super()._execute_one(statement, here)

    def _run_body(
        self, pou: Pou, callee: Activation, call_span: Span, inputs: dict[Variable, Value] | None = None
    ) -> None:
        self._calls.append(Call(pou, callee, call_span))
        try:
            super()._run_body(pou, callee, call_span, inputs)
        finally:
            self._calls.pop()
