"""The action control block of IEC 61131-3 (edition 3, 6.7.4.6) for one action, as statements.

| qualifier | the action is active |
|---|---|
| N | while the step is |
| S | from the step on, until R |
| R | not: ends S, SD, DS and SL, and suppresses the others while its step is active |
| L | while the step is, for its time at most |
| D | while the step is, once its time is over |
| P | in the first call of the step |
| SD | once its time is over, counted from the step on, even without it, until R |
| DS | once the step has lasted for its time, until R |
| SL | from the step on, for its time, even without it; not again before R |
| P1, P0 | in the call that enters, or leaves, the step |

A body runs in every call in which its action is active and in one more, the final scan, in which it can see that its
step is left. P1 and P0 have no final scan, so that they run once where P runs twice. A variable is active or not,
without a final scan.

Steps that have an action under the same qualifier count as one input, active while one of them is, as the standard
joins them by OR. A time belongs to one step, so L, D, SD, DS and SL are timed for each step by itself; those that end
with the step are timed by the step's own T.
"""

from __future__ import annotations

from collections.abc import Callable

from iec61131.semantics.charts import (
    Action,
    Association,
    Kept,
    Scratch,
    all_of,
    any_of,
    negated,
    purpose_of,
    read,
    store,
)
from iec61131.semantics.model import (
    Assign,
    BinaryExpression,
    ConstantExpression,
    Evaluate,
    Expression,
    If,
    Statement,
    Variable,
)
from iec61131.semantics.types import BOOL, TIME, Elementary
from iec61131.syntax.tree import BinaryOperator


def control(action: Action, kept: Kept, elapsed: Variable, scratch: Scratch) -> tuple[list[Statement], Statement]:
    """What decides whether the action is active, and what then happens. All decide before the first one acts."""
    return _Control(action, kept, elapsed, scratch).statements()


class _Control:
    def __init__(self, action: Action, kept: Kept, elapsed: Variable, scratch: Scratch) -> None:
        self._action = action
        self._kept = kept
        self._elapsed = elapsed
        self._scratch = scratch
        self._span = action.span
        self._statements: list[Statement] = []
        self._reset = scratch.add("reset", BOOL, self._span)

    def statements(self) -> tuple[list[Statement], Statement]:
        span, action = self._span, self._action
        self._statements.append(store(self._reset, self._steps("R"), span))
        lasting = self._join(_LASTING)
        pulses = self._join(_PULSES)
        active, acts = self._scratch.add("active", BOOL, span), self._scratch.add("acts", BOOL, span)
        self._statements.append(store(active, self._unless_reset(lasting), span))
        effect = action.effect
        before = self._kept.variables[f"{action.key}$Q"]
        if isinstance(effect, Evaluate):
            runs = any_of([read(active, span), read(before, span), self._unless_reset(pulses)], span)
            self._statements.append(store(acts, runs, span))
            done: Statement = If(((read(acts, span), (effect,)),), (), span)
        else:
            self._statements.append(store(acts, any_of([read(active, span), self._unless_reset(pulses)], span), span))
            done = Assign(effect, read(acts, span), span)
        self._statements.append(store(before, read(active, span), span))
        return self._statements, done

    def _join(self, rows: dict[str, Callable[[_Control, str], Expression | None]]) -> Expression:
        found = [row(self, qualifier) for qualifier, row in rows.items()]
        return any_of([value for value in found if value is not None], self._span)

    def _unless_reset(self, value: Expression) -> Expression:
        return all_of([value, negated(read(self._reset, self._span))], self._span)

    # ---------------------------------------------------------------------------------------------------- qualifiers

    def _of(self, qualifier: str) -> list[Association]:
        return [a for a in self._action.associations if a.qualifier == qualifier]

    def _steps(self, qualifier: str) -> Expression:
        return any_of([a.step.read("X", a.span) for a in self._of(qualifier)], self._span)

    def _memory(self, qualifier: str, number: int = 0, type_: Elementary = BOOL) -> Variable:
        return self._kept.variables[purpose_of(self._action.key, qualifier, number, type_)]

    def plain(self, qualifier: str) -> Expression | None:
        return self._steps(qualifier) if self._of(qualifier) else None

    def stored(self, qualifier: str) -> Expression | None:
        return self._latched(self._memory(qualifier), self._steps(qualifier)) if self._of(qualifier) else None

    def _latched(self, memory: Variable, sets: Expression) -> Expression:
        """An RS block: resetting wins."""
        held = self._unless_reset(any_of([read(memory, self._span), sets], self._span))
        self._statements.append(store(memory, held, self._span))
        return read(memory, self._span)

    def rising(self, qualifier: str) -> Expression | None:
        return self._edge(qualifier, falls=False)

    def falling(self, qualifier: str) -> Expression | None:
        return self._edge(qualifier, falls=True)

    def _edge(self, qualifier: str, *, falls: bool) -> Expression | None:
        """The step is entered, or left. A step that was never active is not left, even in the first call."""
        if not self._of(qualifier):
            return None
        span, memory = self._span, self._memory(qualifier)
        pulse = self._scratch.add("pulse", BOOL, span)
        now, before = self._steps(qualifier), read(memory, span)
        edge = all_of([negated(now), before] if falls else [now, negated(before)], span)
        self._statements += [store(pulse, edge, span), store(memory, now, span)]
        return read(pulse, span)

    def limited(self, qualifier: str) -> Expression | None:
        return self._each(qualifier, lambda a: all_of([a.step.read("X", a.span), negated(self._is_over(a))], a.span))

    def delayed(self, qualifier: str) -> Expression | None:
        return self._each(qualifier, self._is_due)

    def _is_due(self, association: Association) -> Expression:
        return all_of([association.step.read("X", association.span), self._is_over(association)], association.span)

    def delayed_stored(self, qualifier: str) -> Expression | None:
        return self._each(qualifier, lambda a: self._latched(self._memory("DS", a.number), self._is_due(a)))

    def stored_delayed(self, qualifier: str) -> Expression | None:
        return self._each(qualifier, lambda a: all_of([self._held(a), self._is_over(a, self._since(a))], a.span))

    def stored_limited(self, qualifier: str) -> Expression | None:
        return self._each(
            qualifier, lambda a: all_of([self._held(a), negated(self._is_over(a, self._since(a)))], a.span)
        )

    def _each(self, qualifier: str, row: Callable[[Association], Expression]) -> Expression | None:
        found = [row(association) for association in self._of(qualifier)]
        return any_of(found, self._span) if found else None

    def _held(self, association: Association) -> Expression:
        """What the step has set and R has not ended; and how long it has been."""
        span = association.span
        memory = self._memory(association.qualifier, association.number)
        since = self._memory(association.qualifier, association.number, TIME)
        longer = BinaryExpression(BinaryOperator.ADD, read(since, span), read(self._elapsed, span), TIME, span)
        zero = ConstantExpression(0, TIME, span)
        goes_on = If(((read(memory, span), (store(since, longer, span),)),), (store(since, zero, span),), span)
        self._statements.append(goes_on)
        return self._latched(memory, association.step.read("X", span))

    def _since(self, association: Association) -> Expression:
        return read(self._memory(association.qualifier, association.number, TIME), association.span)

    @staticmethod
    def _is_over(association: Association, lasted: Expression | None = None) -> Expression:
        """Whether the time of an association has passed, counted from its step on unless `lasted` says otherwise."""
        span, time = association.span, association.time
        assert time is not None
        lasted = lasted or association.step.read("T", span)
        return BinaryExpression(BinaryOperator.GREATER_EQUAL, lasted, time, BOOL, span)


_LASTING: dict[str, Callable[[_Control, str], Expression | None]] = {
    "N": _Control.plain,
    "S": _Control.stored,
    "L": _Control.limited,
    "D": _Control.delayed,
    "P": _Control.rising,
    "SD": _Control.stored_delayed,
    "DS": _Control.delayed_stored,
    "SL": _Control.stored_limited,
}
_PULSES: dict[str, Callable[[_Control, str], Expression | None]] = {
    "P1": _Control.rising,
    "P0": _Control.falling,
}
