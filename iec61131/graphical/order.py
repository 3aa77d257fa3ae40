"""In which order the elements of a ladder or function block diagram are evaluated.

Everything that has an effect is a root: coils, variables that are written, blocks that lead to none of these, jumps,
returns, labels. Roots with an order of their own come first, by it; the others from top to bottom and, in one row, from
left to right. What feeds a root is evaluated right before it, unless it has been already: nothing is evaluated before
its inputs are, and nothing twice (IEC 61131-3, edition 3, 8.1.5).

A wire that leads back carries what its beginning gave in the evaluation before. In a loop this is the output of an
instance of a FUNCTION_BLOCK: of the one that stands behind the instance that waits for it. An instance with an order of
its own is never evaluated before its turn, so that wires from later ones lead back, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

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
from iec61131.graphical.rows import rows
from iec61131.graphical.wiring import Wiring


class Schedule(Struct, frozen=True):
    """`elements` in the order of evaluation. `back`: the wires and continuations, by identity, that carry the value of
    the evaluation before."""

    elements: tuple[Element, ...]
    back: frozenset[int]

    def leads_back(self, source: Source | Continuation) -> bool:
        return id(source) in self.back


def schedule(diagram: Diagram, wanted: Sequence[Source] = ()) -> Schedule:
    """`wanted`: what somebody outside of the drawing wants to know; it comes last."""
    wiring = Wiring(diagram)
    done: set[str] = set()
    open_: set[str] = set()
    ordered: list[Element] = []
    back: set[int] = set()
    asked = [diagram.by_id[source.element] for source in wanted if source.element in diagram.by_id]
    for root in (*_roots(diagram, wiring), *asked):
        work = [(root, wiring.feeds(root), _waiting(root, None))] if root.id not in done else []
        open_.update(element.id for element, *_ in work)
        while work:
            element, feeds, waiting = work[-1]
            if not feeds:
                work.pop()
                open_.discard(element.id)
                done.add(element.id)
                ordered.append(element)
                continue
            feeding, source = feeds.pop()
            if feeding.id in done:
                continue
            if feeding.id in open_ or _comes_later(feeding, waiting, wiring):
                back.add(id(element if source is None else source))
            else:
                open_.add(feeding.id)
                work.append((feeding, wiring.feeds(feeding), _waiting(feeding, waiting)))
    return Schedule(tuple(ordered), frozenset(back))


def _waiting(element: Element, before: Block | None) -> Block | None:
    """The instance that waits for what feeds `element`: itself, or the one that waits for it."""
    return element if isinstance(element, Block) and element.instance is not None else before


def _comes_later(feeding: Element, waiting: Block | None, wiring: Wiring) -> bool:
    """Whether `feeding` is an instance that has its turn after the one that waits for it."""
    if not isinstance(feeding, Block) or feeding.instance is None:
        return False
    return bool(feeding.order) or (waiting is not None and wiring.is_led_back(feeding, waiting))


def _roots(diagram: Diagram, wiring: Wiring) -> list[Element]:
    numbered = sorted((e for e in diagram.elements if isinstance(e, EFFECTS) and e.order), key=lambda e: e.order)
    others = [e for e in diagram.elements if isinstance(e, EFFECTS) and not e.order]
    stored = [e for e in others if not isinstance(e, Block)]
    if len(stored) < len(others):
        evaluated = wiring.leading_to([*numbered, *stored])
        others = [e for e in others if not isinstance(e, Block) or e.id not in evaluated]
    return [*numbered, *_in_turn(diagram, others)]


def _in_turn(diagram: Diagram, roots: Sequence[Element]) -> list[Element]:
    """As stored: OpenPLC Editor and Beremiz take what is stored to variables first, then blocks, then connectors."""
    if diagram.drawings == "placed":
        return rows(roots)
    return sorted(roots, key=lambda element: (isinstance(element, Block), isinstance(element, Connector)))


EFFECTS = (Coil, OutVariable, Block, Connector, Jump, Return, Label)
