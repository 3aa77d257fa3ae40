"""Whether two drawings are the same but for places, ids and rails: what `fingerprint` gives is equal then.

Each element has a mark, made of what stands in it, and again and again of the marks of what leads to it and of what it
leads to, until no further elements are told apart. Equal elements on equal ways have equal marks. A mark is a number,
the place of what it is made of among all of that kind in the drawing; a fingerprint has these as well, so that equal
fingerprints are equal drawings and not only equal numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iec61131.graphical.diagram import (
    Block,
    Coil,
    Comment,
    Connector,
    Contact,
    Continuation,
    Diagram,
    Element,
    InVariable,
    Jump,
    Label,
    LeftRail,
    OutVariable,
    RightRail,
)
from iec61131.graphical.ladder.words import expression_text
from iec61131.graphical.order import EFFECTS, schedule
from iec61131.syntax.tree import Expression

_Made = tuple[Any, ...]
"""Of texts, numbers and tuples of such; of one kind of element always in one shape, so that there is an order."""
Fingerprint = tuple[tuple[object, ...], ...]
_NOT_COMPARED = (LeftRail, RightRail, Comment)
_ROUNDS_MAX = 100


def fingerprint(diagram: Diagram) -> Fingerprint:
    """Of a ladder or a function block diagram: its networks in their order, and the order of evaluation."""
    marks, made_of = _marks(diagram)
    networks = [
        (
            " ".join(network.title.split()),
            " ".join(network.comment.split()),
            *sorted(marks[key] for key in network.elements if key in marks),
        )
        for network in diagram.networks
    ]
    order = [marks[element.id] for element in schedule(diagram).elements if isinstance(element, EFFECTS)]
    return (*networks, *made_of, ("order", *order))


def _marks(diagram: Diagram) -> tuple[dict[str, int], list[tuple[_Made, ...]]]:
    """The marks of the elements, and what each round of marks is made of."""
    compared = [element for element in diagram.elements if not isinstance(element, _NOT_COMPARED)]
    marks, made_of = _numbered({element.id: _own(element) for element in compared})
    rounds = [made_of]
    before = {element.id: _before(element, diagram) for element in compared}
    behind: dict[str, list[tuple[str, str, str]]] = {element.id: [] for element in compared}
    for element in diagram.elements:
        for pin in element.inputs:
            for source in pin.sources:
                if source.element in behind:
                    name = source.pin if isinstance(diagram.by_id[source.element], Block) else ""
                    taker = element.id if element.id in marks else "right rail"
                    behind[source.element].append((name, taker, pin.name))
    while len(rounds) <= _ROUNDS_MAX:
        found = {key: (mark, _led(before[key], marks), _leads(behind[key], marks)) for key, mark in marks.items()}
        marks, made_of = _numbered(found)
        rounds.append(made_of)
        if len(rounds[-1]) == len(rounds[-2]):
            break
    return marks, rounds


def _numbered(found: Mapping[str, _Made]) -> tuple[dict[str, int], tuple[_Made, ...]]:
    """For each key the place of what it has found among all that is found, and these in their order."""
    ordered = tuple(sorted(set(found.values())))
    places = {made: place for place, made in enumerate(ordered)}
    return {key: places[made] for key, made in found.items()}, ordered


def _before(element: Element, diagram: Diagram) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each input its name and what feeds it."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for pin in element.inputs:
        sources = {
            ("", "rail")
            if isinstance(begin := diagram.by_id.get(source.element), LeftRail)
            else (source.element, source.pin if isinstance(begin, Block) else "")
            for source in pin.sources
        }
        found.append((pin.name, sorted(sources)))
    return found


def _led(pins: list[tuple[str, list[tuple[str, str]]]], marks: Mapping[str, int]) -> _Made:
    return tuple(
        (name, tuple(sorted((marks.get(key, -1), pin) for key, pin in sources))) for name, sources in pins if sources
    )


def _leads(takers: list[tuple[str, str, str]], marks: Mapping[str, int]) -> _Made:
    return tuple(sorted({(output, marks.get(key, -1), pin) for output, key, pin in takers}))


def _own(element: Element) -> _Made:
    """What stands in an element."""
    kind = type(element).__name__
    match element:
        case Contact():
            return kind, _text(element.variable), element.negated, str(element.edge)
        case Coil():
            return kind, _text(element.variable), element.negated, str(element.edge), str(element.storage)
        case Block():
            instance = _text(element.instance) if element.instance is not None else ""
            pins = tuple((pin.name, pin.negated, str(pin.edge)) for pin in element.inputs)
            inputs = tuple(pin for pin in pins if pin[0] not in element.in_outs)
            outputs = {(pin.name, pin.negated) for pin in element.outputs if pin.name not in element.in_outs}
            in_outs = tuple(sorted(element.in_outs))
            return (
                kind,
                element.type_name.key,
                instance,
                inputs,
                tuple(sorted(outputs)),
                in_outs,
                tuple(sorted(set(pins))),
            )
        case InVariable():
            return kind, _text(element.expression), element.negated
        case OutVariable():
            return kind, _text(element.expression), element.negated, element.in_out
        case Jump():
            return kind, element.label.key
        case Label() | Connector() | Continuation():
            return kind, element.name.key
        case _:
            return (kind,)


def _text(expression: Expression) -> str:
    return "".join(expression_text(expression).split())
