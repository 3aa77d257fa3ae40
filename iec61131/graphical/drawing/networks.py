"""Which elements make up a network: those that wires join, power rails apart.

The networks come in the order of evaluation of what they do. A label begins the network that is evaluated behind it,
and a comment stands above the network that is drawn, or stored, behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from iec61131.graphical.diagram import Comment, Diagram, Element, Label, LeftRail, RightRail
from iec61131.graphical.order import schedule

_RAILS = (LeftRail, RightRail)


@dataclass(slots=True)
class Network:
    """`elements` in the order of evaluation; rails are in none. `labels` stand before it."""

    elements: list[Element] = field(default_factory=list[Element])
    labels: list[Label] = field(default_factory=list[Label])
    comments: list[str] = field(default_factory=list[str])

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(element.id for element in (*self.elements, *self.labels))


def networks(diagram: Diagram) -> list[Network]:
    """All networks of a ladder or function block diagram, in the order of evaluation."""
    order = list(schedule(diagram).elements)
    placed = {element.id for element in order}
    order += [element for element in diagram.elements if element.id not in placed]
    joined = _Joined(element.id for element in diagram.elements)
    for element in diagram.elements:
        for pin in () if isinstance(element, RightRail) else element.inputs:
            for source in pin.sources:
                begin = diagram.by_id.get(source.element)
                if begin is not None and not isinstance(begin, LeftRail):
                    joined.join(begin.id, element.id)
    found: dict[str, Network] = {}
    waiting: list[Label] = []
    for element in order:
        if isinstance(element, Label):
            waiting.append(element)
        elif not isinstance(element, (*_RAILS, Comment)):
            root = joined.root(element.id)
            network = found.get(root)
            if network is None:
                network = found[root] = Network(labels=waiting)
                waiting = []
            network.elements.append(element)
    result = list(found.values())
    if waiting:
        result.append(Network(labels=waiting))
    _comment(diagram, result)
    return result


def _comment(diagram: Diagram, found: list[Network]) -> None:
    """Gives each comment to the next network below it; without places to the next one that is stored behind it."""
    if not found:
        return
    stored = {element.id: number for number, element in enumerate(diagram.elements)}
    tops = [(min((e.box.y, stored[e.id]) for e in (*network.elements, *network.labels)), network) for network in found]
    tops.sort(key=lambda top: top[0])
    for comment in diagram.elements:
        if isinstance(comment, Comment) and comment.text:
            place = (comment.box.y, stored[comment.id])
            network = next((network for top, network in tops if top >= place), tops[-1][1])
            network.comments.append(comment.text)


class _Joined:
    """Sets of ids, each named by one of them."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._above = {id_: id_ for id_ in ids}

    def root(self, id_: str) -> str:
        while self._above[id_] != id_:
            self._above[id_] = self._above[self._above[id_]]
            id_ = self._above[id_]
        return id_

    def join(self, one: str, other: str) -> None:
        self._above[self.root(one)] = self.root(other)
