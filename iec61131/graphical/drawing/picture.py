"""`draw`: a diagram to its scene, and what a scene can be made to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from iec61131.graphical.conditions import beside
from iec61131.graphical.diagram import Diagram, Element, Language
from iec61131.graphical.drawing.chart import chart
from iec61131.graphical.drawing.grid import grid
from iec61131.graphical.drawing.live import live
from iec61131.graphical.drawing.networks import Network, networks
from iec61131.graphical.drawing.power import Value, flow
from iec61131.graphical.drawing.scene import Key, Picture, Place
from iec61131.graphical.drawing.svg import Sheet, svg
from iec61131.graphical.drawing.terminal import Style, Window, text
from iec61131.graphical.drawing.wires import Wiring
from iec61131.graphical.feedback import key_of
from iec61131.graphical.statements import described

ELEMENTS_MAX = 2000
"""Of one network, or one chart: a picture of more would help nobody."""
WIRES_MAX = 6000
CELLS_MAX = 1_000_000
ALL_ELEMENTS_MAX, ALL_CELLS_MAX = 40_000, 4_000_000
"""Of all networks together; what comes behind is named and not drawn."""


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

    def sheet(self, title: str = "", number: int | None = None) -> Sheet:
        """For `svg.svg`: all networks, or the one of that number."""
        shown = [picture for picture in self.pictures if number in (None, picture.number)]
        return Sheet(title, shown, self.places, self.marked)

    def svg(self) -> str:
        """As SVG, by itself."""
        return svg([self.sheet()])

    def text(self, picture: Picture, style: Style, window: Window | None = None) -> list[str]:
        """One network as the lines of a terminal."""
        return text(picture, style, self.marked, window)

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


def draw(diagram: Diagram, *, values: bool = False, of: str | None = None) -> Scene:
    """The picture of a body. `values`: with room for them. `of`: only the network with the element of this id."""
    room = _Room()
    if diagram.language is Language.SFC:
        diagram = beside(diagram)
        return Scene(diagram, (room.chart(diagram, values=values),), values)
    found: list[Picture] = []
    for number, network in enumerate(networks(diagram), 1):
        if of is None or of in network.ids:
            found.append(room.network(diagram, network, number, values=values))
    return Scene(diagram, tuple(found), values)


class _Room:
    """Lays out networks as long as there is room for them."""

    def __init__(self) -> None:
        self._elements, self._cells = ALL_ELEMENTS_MAX, ALL_CELLS_MAX

    def network(self, diagram: Diagram, network: Network, number: int, *, values: bool) -> Picture:
        labels = " ".join(f"{label.name.text}:" for label in network.labels)
        title = "  ".join(part for part in (labels, network.title) if part)
        empty = Picture(number, title, network.comment, (0, 0), (), network.ids)
        too_large = self._too_large(network.elements)
        if too_large:
            return replace(empty, too_large=too_large)
        placed = grid(diagram, network, values=values)
        wiring = Wiring(placed, diagram.language)
        wiring.run()
        return self._fitting(replace(empty, size=(wiring.width, placed.height), shapes=tuple(wiring.shapes)))

    def chart(self, diagram: Diagram, *, values: bool) -> Picture:
        empty = Picture(1, "", "", (0, 0), (), frozenset(diagram.by_id))
        too_large = self._too_large(diagram.elements)
        if too_large:
            return replace(empty, too_large=too_large)
        drawn = chart(diagram, ELEMENTS_MAX, values=values)
        return self._fitting(replace(empty, size=drawn.size, shapes=tuple(drawn.shapes)))

    def _too_large(self, elements: Sequence[Element]) -> str:
        wires = sum(len(pin.sources) for element in elements for pin in element.inputs)
        if len(elements) > ELEMENTS_MAX or wires > WIRES_MAX:
            return f"{len(elements)} elements and {wires} wires"
        self._elements -= len(elements)
        return f"behind the first {ALL_ELEMENTS_MAX} elements" if self._elements < 0 else ""

    def _fitting(self, picture: Picture) -> Picture:
        columns, lines = picture.size
        if columns * lines <= CELLS_MAX:
            self._cells -= columns * lines
            if self._cells >= 0:
                return picture
        return replace(picture, size=(0, 0), shapes=(), too_large=f"{columns} columns and {lines} lines")
