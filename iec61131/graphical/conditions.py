"""Conditions of a chart that are drawn, each beside its transition, however the file has them.

A condition may stand inside of its transition, as a drawing by itself, or beside the chart already. Behind `beside`
there is one way: what decides leads to the pin `CONDITION`, and the networks of the chart are those drawings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from iec61131.graphical.diagram import (
    CONDITION,
    ActionBlock,
    BranchLine,
    Coil,
    Comment,
    Diagram,
    Element,
    Input,
    InVariable,
    JumpStep,
    Network,
    OutVariable,
    RightRail,
    Source,
    Step,
    Transition,
)
from iec61131.graphical.networks import connected
from iec61131.graphical.order import schedule
from iec61131.graphical.wiring import Wiring
from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import MemberAccess, Name, NameExpression

_OF_CHARTS = (Step, Transition, JumpStep, BranchLine, ActionBlock)


def beside(chart: Diagram) -> Diagram:
    """The same chart. What stood inside of a transition has the id of that before its own."""
    if chart.networks:
        return chart  # it has been through here
    elements: list[Element] = []
    within: list[Network] = []
    drawn = list(_steps_as_values(chart.elements))
    for element in drawn:
        if isinstance(element, Transition) and element.inline is not None:
            inside, pin = led_out(_prefixed(element.inline, f"{element.id}/"), element.result)
            within.append(Network("", "", element.span, tuple(each.id for each in inside)))
            elements += inside
            elements.append(replace(element, inline=None, inputs=(*element.inputs, pin)))
        else:
            elements.append(element)
    around = connected([element for element in drawn if not isinstance(element, (*_OF_CHARTS, Comment))])
    return replace(chart, elements=tuple(elements), networks=(*around, *within))


def rung_of(chart: Diagram, transition: Transition) -> list[Element]:
    """What is evaluated for a condition of a chart behind `beside`: what leads to it, and all that stood inside."""
    pin = condition_pin(transition)
    begins = (chart.by_id.get(source.element) for source in (pin.sources if pin is not None else ()))
    found = Wiring(chart).leading_to(begin for begin in begins if begin is not None)
    inside = f"{transition.id}/"
    return [element for element in chart.elements if element.id in found or element.id.startswith(inside)]


def condition_pin(transition: Transition) -> Input | None:
    """Where what decides comes from; None where it is text, or nothing."""
    return next((pin for pin in transition.inputs if pin.name == CONDITION), None)


def stored_in(element: Coil | OutVariable) -> str:
    """The key of what is stored into."""
    return (element.variable if isinstance(element, Coil) else element.expression).span.text.upper()


def storing(body: Diagram, result: str) -> Coil | OutVariable | None:
    """What stores last into the variable of that name, into any if it is empty."""
    ends = (element for element in schedule(body).elements if isinstance(element, Coil | OutVariable))
    found = [element for element in ends if result in ("", stored_in(element))]
    return found[-1] if found else None


def led_out(body: Diagram, result: str | None) -> tuple[list[Element], Input]:
    """A drawn condition without its end, and the pin that takes what its end took. `result` as in `Transition`."""
    others: list[Element] = [e for e in body.elements if not isinstance(e, RightRail | Comment)]
    if result is None:
        rails = (element for element in body.elements if isinstance(element, RightRail))
        sources = tuple(source for rail in rails for pin in rail.inputs for source in pin.sources)
        return others, Input(CONDITION, body.span, sources)
    end = storing(body, result)
    if end is None or not end.inputs:
        return others, Input(CONDITION, body.span)
    pin = end.inputs[0]
    edge = end.edge if isinstance(end, Coil) else None
    decides = Input(CONDITION, pin.span, pin.sources, end.negated is not pin.negated, edge or pin.edge)
    return [_past(element, end.id, pin.sources) for element in others if element is not end], decides


def _prefixed(body: Diagram, prefix: str) -> Diagram:
    elements = tuple(
        replace(
            element,
            id=prefix + element.id,
            inputs=tuple(_taking(pin, [_at(s, prefix + s.element) for s in pin.sources]) for pin in element.inputs),
        )
        for element in body.elements
    )
    return replace(body, elements=elements)


def _past(element: Element, end: str, sources: tuple[Source, ...]) -> Element:
    """With what led to `end` in place of what `end` handed on."""
    if not any(source.element == end for pin in element.inputs for source in pin.sources):
        return element
    inputs = tuple(
        _taking(pin, [new for old in pin.sources for new in (sources if old.element == end else (old,))])
        for pin in element.inputs
    )
    return replace(element, inputs=inputs)


def _steps_as_values(elements: Sequence[Element]) -> Iterable[Element]:
    """A wire from a step says whether that is active; a variable that does has its place in the drawing."""
    steps = {element.id: element for element in elements if isinstance(element, Step)}
    values: dict[str, InVariable] = {}
    for element in elements:
        if isinstance(element, Transition):
            inputs = tuple(_from_values(pin, steps, values) if pin.name == CONDITION else pin for pin in element.inputs)
            yield replace(element, inputs=inputs)
        elif isinstance(element, _OF_CHARTS):
            yield element
        else:
            yield replace(element, inputs=tuple(_from_values(pin, steps, values) for pin in element.inputs))
    yield from values.values()


def _from_values(pin: Input, steps: dict[str, Step], values: dict[str, InVariable]) -> Input:
    sources: list[Source] = []
    for source in pin.sources:
        step = steps.get(source.element)
        value = values.setdefault(step.id, _is_active(step)) if step is not None else None
        sources.append(Source(value.id, "", source.span) if value is not None else source)
    return _taking(pin, sources)


def _is_active(step: Step) -> InVariable:
    text = f"{step.name.text}.X"
    span = Span(SourceFile("", text), 0, len(text))
    expression = MemberAccess(NameExpression(step.name, step.name.span), Name("X", step.name.span), span)
    return InVariable(id=f"{step.id}.X", span=step.span, expression=expression)


def _taking(pin: Input, sources: Iterable[Source]) -> Input:
    return replace(pin, sources=tuple(sources))


def _at(source: Source, element: str) -> Source:
    return replace(source, element=element)
