"""Sequential function charts as ordinary statements.

`lower` takes steps, transitions and actions, however they were written, and gives the statements that one call of the
body runs. Both executors run these as they run any others, so nothing behind this stage knows of charts.

    1. the time of every active step goes on
    2. which transitions are cleared is decided on the state at the start of the call
    3. all steps before those are left, then all steps behind them are entered
    4. the action control of each action (action_control.py), and what it decides, in the order of first mention

The evolution rules are those of IEC 61131-3, edition 3, 6.7.5. Its rule that a step lasts is kept by the call: a
transition is looked at in the call after the one that entered the steps before it, and in the first call of all none
is. Deciding before acting, rather than after, lets an input act in the scan that has read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from iec61131.semantics.model import (
    Assign,
    BinaryExpression,
    ConstantExpression,
    Evaluate,
    Expression,
    FieldPlace,
    If,
    IntrinsicCall,
    Load,
    Place,
    Statement,
    Storage,
    UnaryExpression,
    Variable,
    VariablePlace,
)
from iec61131.semantics.types import BOOL, TIME, Elementary, Field, StructType
from iec61131.source import Span
from iec61131.syntax.tree import BinaryOperator, UnaryOperator, VarKind

STEP = StructType("STEP", {"X": Field("X", BOOL, 0, False), "T": Field("T", TIME, 8, 0)}, 16, 8)
"""What a step is to programs and people: whether it is active, and for how long, or was before it was left."""

MEMORY_OF_QUALIFIER: Mapping[str, tuple[Elementary, ...]] = {
    "S": (BOOL,),  # stored
    "P": (BOOL,),  # the input in the call before, as for P1 and P0
    "P1": (BOOL,),
    "P0": (BOOL,),
    "SD": (BOOL, TIME),  # stored, and for how long
    "SL": (BOOL, TIME),
    "DS": (BOOL,),
}
"""What the action control keeps from call to call besides its result: once for an action, for those with a time once
for each association.
"""

TIMED = ("L", "D", "SD", "DS", "SL")


class Step(Struct, frozen=True, eq=False):
    """`variable` is of type STEP and lives in the instance; its initial value says whether the step is initial."""

    variable: Variable
    span: Span

    def place(self, part: str, span: Span) -> FieldPlace:
        return FieldPlace(VariablePlace(self.variable, span), STEP.fields[part], span)

    def read(self, part: str, span: Span) -> Expression:
        return Load(self.place(part, span), span)


class Transition(Struct, frozen=True, eq=False):
    """`priority` None: behind all that have one. Equals are decided in their order. `before` is done before the
    condition is looked at.
    """

    sources: tuple[Step, ...]
    targets: tuple[Step, ...]
    condition: Expression
    span: Span
    priority: int | None = None
    before: tuple[Statement, ...] = ()


class Association(Struct, frozen=True, eq=False):
    """A step has an action under a qualifier. `number`: among those of this action, as in `Kept`."""

    step: Step
    qualifier: str
    time: Expression | None
    number: int
    span: Span


class Action(Struct, frozen=True, eq=False):
    """`effect`: a BOOL variable that is set, or the call that runs a body. `key`: its name, as in `Kept`."""

    key: str
    associations: tuple[Association, ...]
    effect: Place | Evaluate
    span: Span


class Kept(Struct, eq=False):
    """The hidden variables of a chart that live from call to call, by what they are for."""

    variables: dict[str, Variable] = field(default_factory=dict[str, Variable])

    @staticmethod
    def of(owner: str, actions: Mapping[str, Sequence[str]], span: Span) -> Kept:
        """`owner`: unique among all charts of an instance. `actions`: the qualifiers of each in their order."""
        kept = Kept()
        kept.add(owner, _STARTED, BOOL, span).non_retain = True
        kept.add(owner, _LAST, TIME, span).non_retain = True
        for action, qualifiers in actions.items():
            kept.add(owner, f"{action}$Q", BOOL, span)
            for number, qualifier in enumerate(qualifiers):
                for type_ in MEMORY_OF_QUALIFIER.get(qualifier, ()):
                    purpose = purpose_of(action, qualifier, number, type_)
                    if purpose not in kept.variables:
                        kept.add(owner, purpose, type_, span)
        return kept

    def add(self, owner: str, purpose: str, type_: Elementary, span: Span) -> Variable:
        initial = False if type_ is BOOL else 0
        variable = Variable(f"{owner}${purpose}", type_, VarKind.LOCAL, Storage.INSTANCE, span, initial=initial)
        self.variables[purpose] = variable
        return variable


_STARTED, _LAST = "started", "last"


class Declared(Struct, frozen=True, eq=False):
    """What a chart adds to the instance. `steps`: their variables by key, in the order of the chart."""

    steps: Mapping[str, Variable]
    kept: Kept

    @property
    def variables(self) -> list[Variable]:
        return [*self.steps.values(), *self.kept.variables.values()]


def purpose_of(action: str, qualifier: str, number: int, type_: Elementary) -> str:
    each = str(number) if qualifier in TIMED else ""
    return f"{action}${qualifier}{each}{'' if type_ is BOOL else '$T'}"


class Scratch(Struct, eq=False):
    """Variables of one call, set anew each time."""

    variables: list[Variable] = field(default_factory=list[Variable])

    def add(self, purpose: str, type_: Elementary, span: Span) -> Variable:
        initial = False if type_ is BOOL else 0
        name = f"${len(self.variables)}${purpose}"
        variable = Variable(name, type_, VarKind.TEMP, Storage.FRAME, span, initial=initial)
        self.variables.append(variable)
        return variable


def evolution(
    steps: Sequence[Step],
    transitions: Sequence[Transition],
    kept: Kept,
    elapsed: Variable,
    scratch: Scratch,
    span: Span,
) -> list[Statement]:
    """The state of the chart goes on by one call. `elapsed` is the time since the call before, 0 in the first one."""
    last = kept.variables[_LAST]
    started = kept.variables[_STARTED]
    now = IntrinsicCall("TIME", (), TIME, span)
    since = BinaryExpression(BinaryOperator.SUBTRACT, now, read(last, span), TIME, span)
    going_on = [_lasts(step, elapsed) for step in steps]
    return [
        If(
            ((read(started, span), (store(elapsed, since, span), *going_on, *_clearing(transitions, scratch))),),
            (store(started, true(span), span),),
            span,
        ),
        store(last, now, span),
    ]


def _lasts(step: Step, elapsed: Variable) -> Statement:
    span = step.span
    longer = BinaryExpression(BinaryOperator.ADD, step.read("T", span), read(elapsed, span), TIME, span)
    return If(((step.read("X", span), (Assign(step.place("T", span), longer, span),)),), (), span)


def _clearing(transitions: Sequence[Transition], scratch: Scratch) -> list[Statement]:
    """A step is left by one transition: a later one of the same step is not enabled any more. What is decided is noted
    and done afterwards, so that no condition sees a half changed state.
    """
    left: dict[Step, Variable] = {}
    decided: list[Statement] = []
    entered: list[Statement] = []
    urgent = sorted(transitions, key=lambda t: (t.priority is None, t.priority or 0))
    for transition in urgent:
        span = transition.span
        for step in transition.sources:
            if step not in left:
                left[step] = scratch.add("left", BOOL, span)
        cleared = scratch.add("cleared", BOOL, span)
        enabled = all_of([_can_be_left(step, left[step], span) for step in transition.sources], span)
        marks = [store(left[step], true(span), span) for step in transition.sources]
        done = (store(cleared, true(span), span), *marks)
        if transition.before:
            is_met = If(((transition.condition, done),), (), span)
            decided.append(If(((enabled, (*transition.before, is_met)),), (), span))
        else:
            test = BinaryExpression(BinaryOperator.AND_THEN, enabled, transition.condition, BOOL, span)
            decided.append(If(((test, done),), (), span))
        entering = [part for step in transition.targets for part in _enter(step, span)]
        entered.append(If(((read(cleared, span), tuple(entering)),), (), span))
    leaving = [_leave(step, mark) for step, mark in left.items()]
    return [*decided, *leaving, *entered]


def _can_be_left(step: Step, left: Variable, span: Span) -> Expression:
    return all_of([step.read("X", span), negated(read(left, span))], span)


def _leave(step: Step, left: Variable) -> Statement:
    span = step.span
    return If(((read(left, span), (Assign(step.place("X", span), false(span), span),)),), (), span)


def _enter(step: Step, span: Span) -> tuple[Statement, Statement]:
    zero = ConstantExpression(0, TIME, span)
    return Assign(step.place("X", span), true(span), span), Assign(step.place("T", span), zero, span)


# ------------------------------------------------------------------------------------------------ words of the model


def read(variable: Variable, span: Span) -> Expression:
    return Load(VariablePlace(variable, span), span)


def store(variable: Variable, value: Expression, span: Span) -> Statement:
    return Assign(VariablePlace(variable, span), value, span)


def true(span: Span) -> Expression:
    return ConstantExpression(True, BOOL, span)


def false(span: Span) -> Expression:
    return ConstantExpression(False, BOOL, span)


def negated(value: Expression) -> Expression:
    return UnaryExpression(UnaryOperator.NOT, value, BOOL, value.span)


def all_of(values: Sequence[Expression], span: Span) -> Expression:
    """TRUE where there is none."""
    return _joined(BinaryOperator.AND, values, span) if values else true(span)


def any_of(values: Iterable[Expression], span: Span) -> Expression:
    """FALSE where there is none."""
    found = list(values)
    return _joined(BinaryOperator.OR, found, span) if found else false(span)


def _joined(operator: BinaryOperator, values: Sequence[Expression], span: Span) -> Expression:
    """As flat as can be: whoever walks the model does so recursively, and a chart may have thousands of steps."""
    if len(values) == 1:
        return values[0]
    half = len(values) // 2
    left, right = _joined(operator, values[:half], span), _joined(operator, values[half:], span)
    return BinaryExpression(operator, left, right, BOOL, span)
