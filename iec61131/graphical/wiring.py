"""Which element feeds which, and where the wires of a drawing run in a circle."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from iec61131.graphical.diagram import Connector, Continuation, Diagram, Element, Source
from iec61131.graphical.rows import rows

Feed = tuple[Element, Source | None]
"""What feeds an element, and the wire; without one, what feeds a continuation."""


class Wiring:
    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._ends = {element.name.key: element for element in diagram.elements if isinstance(element, Connector)}

    def feeds(self, element: Element) -> list[Feed]:
        """The last first."""
        if isinstance(element, Continuation):
            end = self._ends.get(element.name.key)
            return [] if end is None else [(end, None)]
        begin = self._diagram.by_id.get
        sources = (source for pin in reversed(element.inputs) for source in reversed(pin.sources))
        return [(feeding, source) for source in sources if (feeding := begin(source.element)) is not None]

    def leading_to(self, elements: Iterable[Element]) -> set[str]:
        """The ids of `elements` and of everything that feeds them."""
        work = list(elements)
        found = {element.id for element in work}
        while work:
            for feeding, _ in self.feeds(work.pop()):
                if feeding.id not in found:
                    found.add(feeding.id)
                    work.append(feeding)
        return found

    def is_led_back(self, feeding: Element, waiting: Element) -> bool:
        """Whether both are in one circle, and `feeding` stands behind."""
        return (
            self._diagram.drawings == "placed"
            and self._circles[feeding.id] == self._circles[waiting.id]
            and self._places[feeding.id] > self._places[waiting.id]
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {element.id: number for number, element in enumerate(rows(self._diagram.elements))}

    @cached_property
    def _circles(self) -> dict[str, int]:
        """A number for each element, the same for those that feed each other (R. Tarjan, Depth-First Search and Linear
        Graph Algorithms, 1972), without recursion: a drawing may be long."""
        numbers: dict[str, int] = {}
        lowest: dict[str, int] = {}
        circles: dict[str, int] = {}
        met: list[str] = []
        for start in self._diagram.elements:
            work = [(start, iter(self.feeds(start)))] if start.id not in numbers else []
            while work:
                element, waiting = work[-1]
                if element.id not in numbers:
                    numbers[element.id] = lowest[element.id] = len(numbers)
                    met.append(element.id)
                feeding = next(waiting, None)
                if feeding is None:
                    work.pop()
                    _close(element.id, numbers, lowest, circles, met)
                    if work:
                        around = work[-1][0].id
                        lowest[around] = min(lowest[around], lowest[element.id])
                elif feeding[0].id not in numbers:
                    work.append((feeding[0], iter(self.feeds(feeding[0]))))
                elif feeding[0].id not in circles:
                    lowest[element.id] = min(lowest[element.id], numbers[feeding[0].id])
        return circles


def _close(id_: str, numbers: dict[str, int], lowest: dict[str, int], circles: dict[str, int], met: list[str]) -> None:
    """An element that reaches nothing before itself ends a circle, perhaps of itself alone."""
    if lowest[id_] == numbers[id_]:
        while id_ not in circles:
            circles[met.pop()] = numbers[id_]
