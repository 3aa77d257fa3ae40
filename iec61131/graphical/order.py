"""In which order the elements of a ladder or function block diagram are evaluated.

Everything that has an effect is a root: coils, variables that are written, blocks that feed nothing, jumps, returns,
labels. Roots with an order of their own come first, by it; the others from top to bottom and, in one row, from left to
right. What feeds a root is evaluated right before it, unless it has been already: nothing is evaluated before its
inputs are, and nothing twice (IEC 61131-3, edition 3, 8.1.5). A wire that leads back carries what its beginning gave in
the evaluation before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iec61131.graphical.diagram import (
    Block,
    Coil,
    Connector,
    Continuation,
    Diagram,
    Element,
    Jump,
    Label,
    OutVariable,
    Return,
    Source,
)

ROW = 10.0
"""How far apart, in units of the drawing, elements of one row may begin."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`elements` in the order of evaluation. `back`: the wires and continuations, by identity, that carry the value of
    the evaluation before."""

    elements: tuple[Element, ...]
    back: frozenset[int]

    def leads_back(self, source: Source | Continuation) -> bool:
        return id(source) in self.back


def schedule(diagram: Diagram, wanted: Sequence[Source] = ()) -> Schedule:
    """`wanted`: what somebody outside of the drawing wants to know; it comes last."""
    ends = {element.name.key: element for element in diagram.elements if isinstance(element, Connector)}
    done: set[str] = set()
    open_: set[str] = set()
    ordered: list[Element] = []
    back: set[int] = set()

    def needs(element: Element) -> list[tuple[Element, Source | None]]:
        """What feeds `element`, the last first; without a wire what feeds a continuation."""
        if isinstance(element, Continuation):
            end = ends.get(element.name.key)
            return [] if end is None else [(end, None)]
        sources = [source for pin in element.inputs for source in pin.sources]
        found = [(diagram.by_id.get(source.element), source) for source in sources]
        return [(begin, source) for begin, source in reversed(found) if begin is not None]

    asked = [diagram.by_id[source.element] for source in wanted if source.element in diagram.by_id]
    for root in (*_roots(diagram), *asked):
        work = [(root, needs(root))] if root.id not in done else []
        open_.update(element.id for element, _ in work)
        while work:
            element, waiting = work[-1]
            if not waiting:
                work.pop()
                open_.discard(element.id)
                done.add(element.id)
                ordered.append(element)
                continue
            feeding, source = waiting.pop()
            if feeding.id in open_:
                back.add(id(element if source is None else source))
            elif feeding.id not in done:
                open_.add(feeding.id)
                work.append((feeding, needs(feeding)))
    return Schedule(tuple(ordered), frozenset(back))


def rows(elements: list[Element]) -> list[Element]:
    """From top to bottom, in one row from left to right; what has no place stays in its order."""
    found: list[list[Element]] = []
    for element in sorted(elements, key=lambda element: element.box.y):
        if found and element.box.y - found[-1][0].box.y < ROW:
            found[-1].append(element)
        else:
            found.append([element])
    return [element for row in found for element in sorted(row, key=lambda element: element.box.x)]


def _roots(diagram: Diagram) -> list[Element]:
    feeding = {source.element for element in diagram.elements for pin in element.inputs for source in pin.sources}
    roots = [
        e
        for e in diagram.elements
        if isinstance(e, _EFFECTS) and (e.order or not isinstance(e, Block) or e.id not in feeding)
    ]
    numbered = sorted((element for element in roots if element.order), key=lambda element: element.order)
    return [*numbered, *rows([element for element in roots if not element.order])]


_EFFECTS = (Coil, OutVariable, Block, Connector, Jump, Return, Label)
