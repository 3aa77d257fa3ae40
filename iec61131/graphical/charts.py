"""Sequential function charts as the steps and transitions of the textual form.

Which steps a transition leaves and enters is found by following the wires through the lines of branches. Transitions
that are cleared at the same time are decided from left to right, as they are drawn (IEC 61131-3, edition 3, 6.7.5).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.diagnostics.catalogue import graphical as catalogue
from iec61131.diagnostics.catalogue.syntax import NOT_SUPPORTED
from iec61131.graphical.chart_ways import Ways
from iec61131.graphical.conditions import condition_pin, storing
from iec61131.graphical.diagram import (
    BlockAction,
    Body,
    Box,
    Connector,
    Diagram,
    Element,
    Input,
    Language,
    RightRail,
    Source,
    Step,
    Transition,
)
from iec61131.graphical.hidden import Hidden
from iec61131.graphical.rows import rows
from iec61131.graphical.statements import Lowering, Report
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.charts import QUALIFIERS
from iec61131.syntax.tree import Expression, Name

Named = Mapping[str, "Diagram | Expression"]
"""The transitions that a POU declares, by the keys of their names: what decides them."""
DRAWN_MAX = 20_000
"""Elements of the conditions of a chart. Several may share what leads to them, which each computes anew, so that a
small drawing can ask for a large program.
"""
LINES_MAX = 300_000
"""Lines of branches on the ways between transitions and steps: each transition follows them anew."""


class LoweredChart(Struct):
    """`actions` are those that stand in the chart itself."""

    chart: tree.Chart
    actions: list[tree.ActionDeclaration] = field(default_factory=list[tree.ActionDeclaration])


def lower_chart(diagram: Diagram, transitions: Named, hidden: Hidden, report: Report) -> LoweredChart:
    """`transitions` are those that the POU declares, by the keys of their names."""
    return _Chart(diagram, transitions, hidden, report).lower()


class _Chart:
    def __init__(self, diagram: Diagram, transitions: Named, hidden: Hidden, report: Report) -> None:
        self._diagram = diagram
        self._named = transitions
        self._hidden = hidden
        self._report = report
        self._ways = Ways(diagram, report)
        self._actions: list[tree.ActionDeclaration] = []
        self._drawn = 0  # elements of conditions so far

    def lower(self) -> LoweredChart:
        elements = self._diagram.elements
        steps = tuple(self._step(element) for element in elements if isinstance(element, Step))
        drawn = [element for element in rows(elements) if isinstance(element, Transition)]
        transitions = tuple(lowered for element in drawn if (lowered := self._transition(element)) is not None)
        return LoweredChart(tree.Chart(steps, transitions, self._diagram.span), self._actions)

    # --------------------------------------------------------------------------------------------------------- steps

    def _step(self, step: Step) -> tree.Step:
        blocks = self._ways.blocks(step)
        associations = [
            self._association(step, action, number)
            for number, action in enumerate((action for block in blocks for action in block.actions), 1)
        ]
        return tree.Step(step.name, step.is_initial, tuple(associations), step.span)

    def _association(self, step: Step, action: BlockAction, number: int) -> tree.ActionAssociation:
        name = action.action
        if name is None:
            name = Name(f"{step.name.text} action {number}", action.span)
            lowered = lower_body(action.body or (), self._named, self._hidden, self._report)
            self._actions += lowered.actions
            self._actions.append(tree.ActionDeclaration(name, lowered.statements, (), action.span, lowered.chart))
        indicators = (action.indicator,) if action.indicator is not None else ()
        qualifier, time = self._qualifier(action)
        return tree.ActionAssociation(name, qualifier, time, indicators, action.span)

    def _qualifier(self, action: BlockAction) -> tuple[str, Expression | None]:
        """With its time; N after a finding."""
        has_time = QUALIFIERS.get(action.qualifier)
        if has_time is None:
            what = f"an action has the qualifier '{action.qualifier[:20]}', which is none"
        elif has_time and action.time is None:
            what = f"an action with the qualifier {action.qualifier} has no duration"
        else:
            return action.qualifier, action.time if has_time else None
        self._report(catalogue.ACTION_QUALIFIER.at(action.span, what=what))
        return "N", None

    # --------------------------------------------------------------------------------------------------- transitions

    def _transition(self, transition: Transition) -> tree.Transition | None:
        if self._ways.lines > LINES_MAX:
            construct = f"a chart with more than {LINES_MAX} lines between its steps"
            self._report(NOT_SUPPORTED.at(transition.span, construct=construct, instead="draw several charts"))
            return None
        sources, targets = self._ways.before(transition), self._ways.after(transition)
        if not sources or not targets:
            what = "leaves no step" if not sources else "enters no step"
            self._report(catalogue.LOOSE_TRANSITION.at(transition.span, what=what))
            return None
        before, condition = self._condition(transition)
        if condition is None:
            return None
        priority = None
        if transition.priority is not None:
            priority = tree.IntegerLiteral(transition.priority, None, transition.span)
        return tree.Transition(None, priority, sources, targets, condition, transition.span, (), before)

    def _condition(self, transition: Transition) -> tuple[tuple[tree.Statement, ...], Expression | None]:
        """What is to be done before the condition can be looked at, and the condition."""
        condition, span = transition.condition, transition.span
        if transition.inline is not None:
            return self._result_of(transition.inline, "")
        if isinstance(condition, tree.NameExpression) and condition.name.key in self._named:
            body = self._named[condition.name.key]
            size = len(body.elements) if isinstance(body, Diagram) else (body.span.end - body.span.start) // 10
            if self._is_too_much(size, span):
                return (), None
            if isinstance(body, Diagram):
                return self._result_of(body, condition.name.key)
            return (), body
        if condition is not None:
            return (), condition
        pin = condition_pin(transition)
        if pin is None:
            self._report(catalogue.NO_CONDITION.at(span))
            return (), None
        leading = self._leading_to(pin)
        if self._is_too_much(len(leading.elements), span):
            return (), None
        lowering = Lowering(leading, self._hidden, self._report, wanted=pin)
        lowering.run()
        value = lowering.taken(pin)
        if value is None:
            self._report(catalogue.NO_CONDITION.at(span))
            return (), None
        return tuple(lowering.statements), value.expression

    def _is_too_much(self, size: int, span: Span) -> bool:
        """Whether the conditions are, with one more of that many elements."""
        self._drawn += size
        if self._drawn > DRAWN_MAX:
            what = f"a chart with more than {DRAWN_MAX} elements in its conditions"
            self._report(NOT_SUPPORTED.at(span, construct=what, instead="draw the condition once, for a variable"))
        return self._drawn > DRAWN_MAX

    def _leading_to(self, pin: Input) -> Diagram:
        """The part of the drawing that decides a condition."""
        found: dict[str, Element] = {}
        work = [pin]
        while work:
            for source in work.pop().sources:
                element = self._diagram.by_id.get(source.element)
                if element is not None and element.id not in found:
                    found[element.id] = element
                    work += () if isinstance(element, Step) else element.inputs
        return replace(self._diagram, elements=tuple(e for e in self._diagram.elements if e.id in found))

    def _result_of(self, body: Diagram, name: str) -> tuple[tuple[tree.Statement, ...], Expression | None]:
        """What is stored in `name`, or in whatever the one variable without a reader is called."""
        lowering = Lowering(body, self._hidden, self._report, result=name)
        lowering.run()
        if lowering.result is None:
            self._report(catalogue.NO_CONDITION.at(body.span))
            return (), None
        return tuple(lowering.statements), lowering.result.expression


def lower_condition(
    body: Diagram, name: Name | None, hidden: Hidden, report: Report
) -> tuple[tuple[tree.Statement, ...], Expression | None]:
    """Of a transition whose condition is drawn in networks of its own: what is stored in the variable that is called
    as the transition, else what reaches the right rail. None after a finding.
    """
    result = result_of(body, name)
    if result is not None:
        lowering = Lowering(body, hidden, report, result=result)
        lowering.run()
        value = lowering.result
    else:
        body, rail = _at_rail(body)
        lowering = Lowering(body, hidden, report, wanted=rail)
        lowering.run()
        value = lowering.taken(rail)
    if value is None:
        report(catalogue.NO_CONDITION.at(body.span))
        return (), None
    return tuple(lowering.statements), value.expression


_RAIL = "right rail"


def result_of(body: Diagram, name: Name | None) -> str | None:
    """The key of the variable that decides, that of the transition; None: what reaches the right rail does."""
    return name.key if name is not None and storing(body, name.key) is not None else None


def _at_rail(body: Diagram) -> tuple[Diagram, Input]:
    """With the end of one wire in place of all right rails, evaluated last, and a pin at which it goes on."""
    rails = [element for element in body.elements if isinstance(element, RightRail)]
    sources = tuple(source for rail in rails for pin in rail.inputs for source in pin.sources)
    span = rails[-1].span if rails else body.span
    if not sources:
        return body, Input("", span)
    others = tuple(element for element in body.elements if not isinstance(element, RightRail))
    below = Box(y=max(element.box.y + element.box.height for element in body.elements))
    end = Connector(id=_RAIL, span=span, box=below, inputs=(Input("", span, sources),), name=Name(_RAIL, span))
    return replace(body, elements=(*others, end)), Input("", span, (Source(_RAIL, "", span),))


class LoweredBody(Struct, frozen=True):
    """A body as the tree has it: statements or a chart, and the actions that stand in the chart."""

    statements: tuple[tree.Statement, ...] = ()
    chart: tree.Chart | None = None
    actions: tuple[tree.ActionDeclaration, ...] = ()


def lower_body(body: Body, transitions: Named, hidden: Hidden, report: Report) -> LoweredBody:
    """A body in whatever language. `transitions` are those that the POU declares, by the keys of their names."""
    if not isinstance(body, Diagram):
        return LoweredBody(body)
    if body.language is Language.SFC:
        lowered = lower_chart(body, transitions, hidden, report)
        return LoweredBody((), lowered.chart, tuple(lowered.actions))
    lowering = Lowering(body, hidden, report)
    lowering.run()
    return LoweredBody(tuple(lowering.statements))
