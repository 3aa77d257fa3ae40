"""The interpreter, telling which way a program goes where it could go several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from iec61131.interpreter.execution import Executed, Interpreter, Scan
from iec61131.interpreter.flow import Activation, Flow
from iec61131.interpreter.signals import InputRow
from iec61131.program import Section
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Case, Expression, For, Model, Statement
from iec61131.source import Span

TAKEN, LEFT = 1, 0
"""The ways of a condition that is TRUE or FALSE; of a FOR into a turn, or past all of them."""
OTHERWISE = -1
"""Of a CASE whose labels all miss; that of a label is its number, from 0."""

Decided = Callable[[Span, int], object]
"""Is told the place of a condition, a CASE or a FOR, and the way."""


class DecidingInterpreter(Interpreter):
    def __init__(self, model: Model, layout: MemoryLayout, executed: Executed, decided: Decided) -> None:
        super().__init__(model, layout, executed)
        self._decided = decided

    def _scan(self, block: memoryview, inputs: Sequence[InputRow]) -> Scan:
        return DecidingScan(block, self._layout.sections, inputs, self._executed, self._decided)


class DecidingScan(Scan):
    def __init__(
        self,
        memory: memoryview,
        sections: Mapping[str, Section],
        inputs: Sequence[InputRow] = (),
        executed: Executed | None = None,
        decided: Decided | None = None,
    ) -> None:
        super().__init__(memory, sections, inputs, executed)
        self._decided = decided
        self._last: tuple[Sequence[Statement], Flow] | None = None  # the statements that ended last, and how

    def _tell(self, span: Span, way: int) -> None:
        if self._decided is not None:
            self._decided(span, way)

    def _decide(self, condition: Expression, here: Activation) -> bool:
        holds = super()._decide(condition, here)
        self._tell(condition.span, TAKEN if holds else LEFT)
        return holds

    def _choose(self, case: Case, here: Activation) -> Sequence[Statement]:
        selector = self._integer(case.selector, here)
        for number, (ranges, body) in enumerate(case.arms):
            if any(low <= selector <= high for low, high in ranges):
                self._tell(case.span, number)
                return body
        self._tell(case.span, OTHERWISE)
        return case.otherwise

    def _execute(self, statements: Sequence[Statement], here: Activation) -> Flow:
        flow = super()._execute(statements, here)
        self._last = statements, flow
        return flow

    def _counted_for(self, loop: For, here: Activation) -> Flow:
        self._last = None
        return self._told(loop, super()._counted_for(loop, here))

    def _tested_for(self, loop: For, here: Activation) -> Flow:
        self._last = None
        return self._told(loop, super()._tested_for(loop, here))

    def _told(self, loop: For, flow: Flow) -> Flow:
        """Behind a FOR: nothing has run since its last turn, for bounds are computed before the first."""
        had_turns = self._last is not None and self._last[0] is loop.body
        if had_turns:
            self._tell(loop.span, TAKEN)
        was_left = had_turns and self._last is not None and self._last[1] is Flow.EXIT
        if flow is Flow.NEXT and not was_left:
            self._tell(loop.span, LEFT)
        return flow
