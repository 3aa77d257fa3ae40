"""The drawn conditions of a chart: each is laid out as a network that ends at the bar of its transition."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from iec61131.graphical.conditions import condition_pin
from iec61131.graphical.diagram import Diagram, Element, Language, LeftRail, Transition
from iec61131.graphical.drawing.grid import grid
from iec61131.graphical.drawing.networks import Network
from iec61131.graphical.drawing.scene import Point, Shape
from iec61131.graphical.drawing.wires import Wiring
from iec61131.graphical.order import schedule


class Rung(Struct, frozen=True):
    """`bar` is where the bar of the transition has its middle."""

    shapes: tuple[Shape, ...]
    size: tuple[int, int]
    bar: Point


class Rungs:
    """Of one chart. Several transitions may share what leads to them, and each draws it: no more than `elements_max`
    are drawn in all.
    """

    def __init__(self, chart: Diagram, elements_max: int) -> None:
        self._chart = chart
        self._room = elements_max
        self._networks = {id_: network.elements for network in chart.networks for id_ in network.elements}

    def rung(self, transition: Transition, *, values: bool) -> Rung | None:
        """None where nothing is drawn, or too much."""
        pin = condition_pin(transition)
        if pin is None or not pin.sources:
            return None
        by_id = self._chart.by_id
        members = [by_id[id_] for id_ in self._members(transition)]
        self._room -= len(members)
        if self._room < 0:
            return None
        begins = [source.element for element in members for pin in element.inputs for source in pin.sources]
        begins += [source.element for source in pin.sources]
        rails = [rail for id_ in dict.fromkeys(begins) if isinstance(rail := by_id.get(id_), LeftRail)]
        bar = replace(transition, inputs=(pin,))
        language = Language.LD if rails else Language.FBD
        diagram = Diagram(language, (*rails, *members, bar), transition.span)
        turns = {element.id: turn for turn, element in enumerate(schedule(diagram, pin.sources).elements)}
        ordered: list[Element] = [*sorted(members, key=lambda element: turns.get(element.id, len(turns))), bar]
        placed = grid(diagram, Network("", "", ordered), values=values)
        wiring = Wiring(placed, language)
        wiring.run()
        x, y = wiring.corners[transition.id]
        middle = x + placed.nodes[transition.id].exit
        return Rung(tuple(wiring.shapes), (wiring.width, placed.height), (middle, y))

    def _members(self, transition: Transition) -> list[str]:
        """All of the networks that lead to it, and of one that stood inside of it what leads nowhere as well."""
        pin = condition_pin(transition)
        begins = [source.element for source in pin.sources] if pin is not None else []
        own = [id_ for id_ in self._networks if id_.startswith(f"{transition.id}/")]
        ids = [*own, *(id_ for begin in begins for id_ in self._networks.get(begin, ()))]
        return [id_ for id_ in dict.fromkeys(ids) if not isinstance(self._chart.by_id[id_], LeftRail)]
