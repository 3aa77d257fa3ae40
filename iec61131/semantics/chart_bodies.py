"""From a chart as written to what `charts` lowers: conditions and times become typed expressions, names of actions
become variables or calls.

`declare` comes first, with the instance of the POU: the steps are variables in it. `resolve` comes with the bodies.
"""

from __future__ import annotations

from collections.abc import Mapping

from iec61131.diagnostics.catalogue import charts as catalogue
from iec61131.diagnostics.catalogue.declarations import DUPLICATE_NAME
from iec61131.diagnostics.catalogue.syntax import NOT_SUPPORTED
from iec61131.semantics import action_control, charts
from iec61131.semantics.charts import STEP, TIMED, Action, Association, Declared, Kept, Scratch, Step, Transition
from iec61131.semantics.classes import find_method
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.findings import Findings
from iec61131.semantics.here import Here
from iec61131.semantics.model import Constant, Evaluate, Expression, Place, Statement, Storage, Variable
from iec61131.semantics.rules import chart_structure
from iec61131.semantics.statements import Statements
from iec61131.semantics.types import BOOL, TIME
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind


def declare(chart: tree.Chart, owner: str, prefix: str, taken: Mapping[str, Span], findings: Findings) -> Declared:
    """The variables of a chart. `taken`: the other names of its POU. `prefix` sets apart the steps of an action."""
    steps: dict[str, Variable] = {}
    for step in chart.steps:
        name = step.name
        first = taken.get(name.key)
        if first is not None:
            findings.add(DUPLICATE_NAME.at(name.span, name=name.text).also(first, "first declared here"))
        if name.key not in steps:
            initial: dict[str, Constant] = {"X": True} if step.is_initial else {}
            steps[name.key] = Variable(
                f"{prefix}{name.text}", STEP, VarKind.LOCAL, Storage.INSTANCE, name.span, initial=initial
            )
    actions: dict[str, list[str]] = {}
    for step in chart.steps:
        for association in step.associations:
            actions.setdefault(association.name.key, []).append(association.qualifier)
    return Declared(steps, Kept.of(owner, actions, chart.span))


def resolve(chart: tree.Chart, declared: Declared, here: Here) -> tuple[list[Statement], list[Variable]]:
    """The statements of the body, and the variables of one call that they need."""
    for finding in chart_structure.check(chart):
        here.findings.add(finding)
    return _ChartBody(chart, declared, here).resolve()


class _ChartBody:
    def __init__(self, chart: tree.Chart, declared: Declared, here: Here) -> None:
        self._chart = chart
        self._declared = declared
        self._here = here
        self._findings = here.findings
        self._expressions = Expressions(here)
        self._steps = {
            step.name.key: Step(declared.steps[step.name.key], step.name.span) for step in reversed(chart.steps)
        }
        for step in chart.steps:
            here.note(step.name.span, self._steps[step.name.key].variable)

    def resolve(self) -> tuple[list[Statement], list[Variable]]:
        span, kept, scratch = self._chart.span, self._declared.kept, Scratch()
        start = Span(span.file, span.start, span.start)
        elapsed = scratch.add("elapsed", TIME, start)
        transitions = [self._transition(transition) for transition in self._chart.transitions]
        steps = [self._steps[key] for key in self._declared.steps]
        known = [transition for transition in transitions if transition is not None]
        statements = charts.evolution(steps, known, kept, elapsed, scratch, start)
        effects: list[Statement] = []
        for action in self._actions():
            decided, effect = action_control.control(action, kept, elapsed, scratch)
            statements += decided
            effects.append(effect)
        return [*statements, *effects], scratch.variables

    # --------------------------------------------------------------------------------------------------- transitions

    def _transition(self, transition: tree.Transition) -> Transition | None:
        """None when something about it is wrong; unknown steps have had their finding."""
        if any(isinstance(statement, tree.Pragma) for statement in transition.before):
            drawn = "a transition with a colon"
            self._findings.add(
                NOT_SUPPORTED.at(transition.condition.span, construct=drawn, instead="write := condition;")
            )
            return None
        before = Statements(self._here).body(transition.before) if transition.before else ()
        condition = self._expressions.condition(transition.condition, "TRANSITION")
        priority = self._priority(transition)
        names = (*transition.sources, *transition.targets)
        for name in names:
            if name.key in self._steps:
                self._here.note(name.span, self._steps[name.key].variable)
        keys = [name.key for name in names]
        if condition is None or any(key not in self._steps for key in keys):
            return None
        sources = tuple(self._steps[name.key] for name in transition.sources)
        targets = tuple(self._steps[name.key] for name in transition.targets)
        return Transition(sources, targets, condition, transition.condition.span, priority, before)

    def _priority(self, transition: tree.Transition) -> int | None:
        if transition.priority is None:
            return None
        return self._expressions.whole_number(transition.priority)

    # ------------------------------------------------------------------------------------------------------- actions

    def _actions(self) -> list[Action]:
        """Each action with all its associations, in the order of first mention."""
        written: dict[str, list[tuple[Step, tree.ActionAssociation]]] = {}
        for step in self._chart.steps:
            for association in step.associations:
                written.setdefault(association.name.key, []).append((self._steps[step.name.key], association))
        found: list[Action] = []
        for key, uses in written.items():
            name = uses[0][1].name
            effect = self._effect(name)
            for _, use in uses[1:]:
                self._note(use.name)
            associations = [self._association(step, use, number) for number, (step, use) in enumerate(uses)]
            if effect is not None and None not in associations:
                sound = tuple(association for association in associations if association is not None)
                found.append(Action(key, sound, effect, name.span))
        return found

    def _association(self, step: Step, use: tree.ActionAssociation, number: int) -> Association | None:
        for indicator in use.indicators:
            place = self._expressions.places.resolve(indicator)
            if place is not None and place.type != BOOL:
                self._findings.add(catalogue.ACTION_TYPE.at(indicator.span, name=indicator.span.text, type=place.type))
        time: Expression | None = None
        if use.qualifier in TIMED:
            assert use.time is not None, "the grammar sees to that"
            time = self._expressions.value(use.time, TIME)
            if time is None:
                return None
        return Association(step, use.qualifier, time, number, use.span)

    def _note(self, name: tree.Name) -> None:
        """A further mention of an action means what the first one does."""
        block = self._expressions.members.block
        symbol = find_method(block, name.key) if block is not None else None
        variable = self._here.scope.find_variable(name.key)
        if symbol is not None and symbol.kind is PouKind.ACTION:
            self._here.note(name.span, symbol)
        elif isinstance(variable, Variable):
            self._here.note(name.span, variable)

    def _effect(self, name: tree.Name) -> Place | Evaluate | None:
        """An ACTION of the block, or a BOOL variable."""
        written = tree.NameExpression(name, name.span)
        block = self._expressions.members.block
        symbol = find_method(block, name.key) if block is not None else None
        if symbol is not None and symbol.kind is PouKind.ACTION:
            call = self._expressions.calls.statement(tree.Call(written, (), name.span))
            assert call is None or isinstance(call, Evaluate)
            return call
        if self._here.scope.find_variable(name.key) is None:
            finding = catalogue.UNKNOWN_ACTION.at(name.span, name=name.text)
            actions = [s.declaration.name.text for b in block.lineage() for s in b.actions.values()] if block else []
            variables = [v for v in self._here.scope.variables.values() if isinstance(v, Variable)]
            flags = [variable.name for variable in variables if variable.type == BOOL]
            self._findings.add_near(finding, name.text, [*actions, *flags])
            return None
        place = self._expressions.places.resolve(written)
        if place is None:
            return None
        if place.type != BOOL:
            self._findings.add(catalogue.ACTION_TYPE.at(name.span, name=name.text, type=place.type))
            return None
        return place if self._expressions.places.check_writable(place) else None
