"""Whether two drawings are the same but for places, ids and rails: what `fingerprint` gives is equal then.

Each element has a mark, made of what stands in it, and again and again of the marks of what leads to it and of what it
leads to, until no further elements are told apart. Equal elements on equal ways have equal marks.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

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

Fingerprint = tuple[tuple[object, ...], ...]
_NOT_COMPARED = (LeftRail, RightRail, Comment)
_ROUNDS_MAX = 100


def fingerprint(diagram: Diagram) -> Fingerprint:
    """Of a ladder or a function block diagram: its networks in their order, and the order of evaluation."""
    marks = _marks(diagram)
    networks = [
        (
            " ".join(network.title.split()),
            " ".join(network.comment.split()),
            *sorted(marks[key] for key in network.elements if key in marks),
        )
        for network in diagram.networks
    ]
    order = [marks[element.id] for element in schedule(diagram).elements if isinstance(element, EFFECTS)]
    return (*networks, ("order", *order))


def _marks(diagram: Diagram) -> dict[str, int]:
    compared = [element for element in diagram.elements if not isinstance(element, _NOT_COMPARED)]
    marks = {element.id: hash(_own(element)) for element in compared}
    before = {element.id: _before(element, diagram) for element in compared}
    behind: dict[str, list[tuple[str, str, str]]] = {element.id: [] for element in compared}
    for element in diagram.elements:
        for pin in element.inputs:
            for source in pin.sources:
                if source.element in behind:
                    name = source.pin if isinstance(diagram.by_id[source.element], Block) else ""
                    taker = element.id if element.id in marks else "right rail"
                    behind[source.element].append((name, taker, pin.name))
    different = 0
    for _ in range(_ROUNDS_MAX):
        if len(set(marks.values())) == different:
            break
        different = len(set(marks.values()))
        marks = {key: hash((mark, _led(before[key], marks), _leads(behind[key], marks))) for key, mark in marks.items()}
    return marks


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


def _led(pins: list[tuple[str, list[tuple[str, str]]]], marks: Mapping[str, int]) -> Hashable:
    return tuple(
        (name, tuple(sorted((marks.get(key, 0), pin) for key, pin in sources))) for name, sources in pins if sources
    )


def _leads(takers: list[tuple[str, str, str]], marks: Mapping[str, int]) -> Hashable:
    return tuple(sorted({(output, marks.get(key, 0), pin) for output, key, pin in takers}))


def _own(element: Element) -> Hashable:
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
            outputs = frozenset((pin.name, pin.negated) for pin in element.outputs if pin.name not in element.in_outs)
            return kind, element.type_name.key, instance, inputs, outputs, element.in_outs, frozenset(pins)
        case InVariable():
            return kind, _text(element.expression), element.negated
        case OutVariable():
            return kind, _text(element.expression), element.negated, element.in_out
        case Jump():
            return kind, element.label.key
        case Label() | Connector() | Continuation():
            return kind, element.name.key
        case _:
            return kind


def _text(expression: Expression) -> str:
    return "".join(expression_text(expression).split())
