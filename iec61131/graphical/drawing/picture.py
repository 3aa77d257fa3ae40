"""`draw`: a diagram to its scene, and what a scene can be made to show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from iec61131.graphical.diagram import Diagram, Language
from iec61131.graphical.drawing.chart import chart
from iec61131.graphical.drawing.grid import grid
from iec61131.graphical.drawing.live import live
from iec61131.graphical.drawing.networks import Network, networks
from iec61131.graphical.drawing.power import Value, flow
from iec61131.graphical.drawing.scene import Key, Picture, Place
from iec61131.graphical.drawing.svg import svg
from iec61131.graphical.drawing.terminal import Style, text
from iec61131.graphical.drawing.wires import Wiring
from iec61131.graphical.statements import described, key_of

ELEMENTS_MAX = 2000
"""Of one network, or one chart: a picture of more would help nobody."""
CELLS_MAX = 2_000_000


class Scene(Struct, frozen=True, dict=True):
    """All networks of a drawing. `has_room` is for values. `marked` are the ids of the elements that a reader is to
    look at.
    """

    diagram: Diagram
    pictures: tuple[Picture, ...]
    has_room: bool = False
    marked: frozenset[str] = frozenset()

    @cached_property
    def places(self) -> dict[str, Place]:
        """Where each element is written, and what it is."""
        return {element.id: Place(element.span, described(element)) for element in self.diagram.elements}

    def svg(self, number: int | None = None) -> str:
        """As SVG: all networks, or the one of that number."""
        shown = [picture for picture in self.pictures if number in (None, picture.number)]
        return svg(shown, self.places, self.marked)

    def text(self, picture: Picture, style: Style) -> list[str]:
        """One network as the lines of a terminal."""
        return text(picture, style, self.marked)

    def with_values(self, snapshot: Mapping[str, Value], instance: str = "") -> Scene:
        """The same drawing with what a scan left: values by path, and names are looked for in the instance of that
        path first. A scene that has room for values stays as it is laid out.
        """
        scene = self if self.has_room else draw(self.diagram, values=True)
        found = flow(self.diagram, snapshot, instance)
        return replace(self, has_room=True, pictures=tuple(live(p, found, self._taken) for p in scene.pictures))

    @cached_property
    def _taken(self) -> frozenset[Key]:
        diagram = self.diagram
        sources = (source for element in diagram.elements for pin in element.inputs for source in pin.sources)
        return frozenset(key_of(diagram, source) for source in sources)

    def with_mark(self, *ids: str) -> Scene:
        return replace(self, marked=frozenset(ids))


def draw(diagram: Diagram, *, values: bool = False) -> Scene:
    """The picture of a body. `values`: with room for them."""
    if diagram.language is Language.SFC:
        return Scene(diagram, (_chart(diagram, values=values),), values)
    found = [_network(diagram, network, number, values=values) for number, network in enumerate(networks(diagram), 1)]
    return Scene(diagram, tuple(found), values)


def _network(diagram: Diagram, network: Network, number: int, *, values: bool) -> Picture:
    labels = " ".join(f"{label.name.text}:" for label in network.labels)
    title = "  ".join(part for part in (labels, network.title) if part)
    if len(network.elements) > ELEMENTS_MAX:
        too_large = f"{len(network.elements)} elements"
        return Picture(number, title, network.comment, (0, 0), (), network.ids, too_large)
    placed = grid(diagram, network, values=values)
    wiring = Wiring(placed, diagram.language)
    wiring.run()
    size = (wiring.width, placed.height)
    return Picture(number, title, network.comment, size, tuple(wiring.shapes), network.ids)


def _chart(diagram: Diagram, *, values: bool) -> Picture:
    ids = frozenset(diagram.by_id)
    if len(ids) > ELEMENTS_MAX:
        return Picture(1, "", "", (0, 0), (), ids, f"{len(ids)} elements")
    drawn = chart(diagram, values=values)
    return Picture(1, "", "", drawn.size, tuple(drawn.shapes), ids)
