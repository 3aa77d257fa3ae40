"""The networks of a drawing as they are drawn: what is in each, in the order of evaluation."""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.graphical import networks as grouping
from iec61131.graphical.diagram import Comment, Diagram, Element, Label, LeftRail, RightRail
from iec61131.graphical.order import schedule

_APART = (LeftRail, RightRail, Comment)


class Network(Struct):
    """`elements` in the order of evaluation. Power rails and comments are not among them, and `labels` stand before.
    `to_rail` are those with a wire to the right power rail.
    """

    title: str
    comment: str
    elements: list[Element] = field(default_factory=list[Element])
    labels: list[Label] = field(default_factory=list[Label])
    to_rail: set[str] = field(default_factory=set[str])

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(element.id for element in (*self.elements, *self.labels))


def networks(diagram: Diagram) -> list[Network]:
    """All networks of a ladder or function block diagram, from the first to the last."""
    turns = {element.id: turn for turn, element in enumerate(schedule(diagram).elements)}
    rails = [element for element in diagram.elements if isinstance(element, RightRail)]
    to_rail = {source.element for rail in rails for pin in rail.inputs for source in pin.sources}
    found: list[Network] = []
    for given in diagram.networks or grouping.connected(diagram.elements):
        network = Network(given.title, given.comment)
        members = [diagram.by_id[id_] for id_ in given.elements if id_ in diagram.by_id]
        for element in sorted(members, key=lambda element: turns.get(element.id, len(turns))):
            if isinstance(element, Label):
                network.labels.append(element)
            elif not isinstance(element, _APART):
                network.elements.append(element)
                if element.id in to_rail:
                    network.to_rail.add(element.id)
        found.append(network)
    return found
