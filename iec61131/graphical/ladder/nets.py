"""Which outputs lead to which inputs in a network, and in which column what stands."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from iec61131.graphical.diagram import (
    Block,
    Coil,
    Connector,
    Contact,
    Continuation,
    Element,
    InVariable,
    Jump,
    LeftRail,
    OutVariable,
    Return,
    RightRail,
    Source,
)
from iec61131.graphical.ladder.words import BoxText, NotDrawable, box_text, shape_text
from iec61131.graphical.statements import described

COLUMNS_MAX = 150
"""Elements in a row. Placing goes down one call for each."""
Port = tuple[str, str]
"""An output: the id of its element and the name of its pin."""
RAIL: Port = ("", "")
_LAST = (Coil, Jump, Return, Connector, OutVariable)
"""What stands at the right end where nothing follows it."""
_BEGINNINGS = (InVariable, Continuation)


class Node(Struct):
    """An element of the picture. `pins` are what leads to its inputs, in their order; `column` counts from 1."""

    element: Element
    pins: list[tuple[Port, ...]]
    text: str = ""
    box: BoxText | None = None
    column: int = 0
    ends: bool = False  # a row, and stands at the right of its column

    @property
    def width(self) -> int:
        return self.box.width if self.box is not None else len(self.text)


class Nets(Struct):
    """`to_rail` are the outputs that lead to the right rail. `last` is the number of the last column."""

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    to_rail: dict[Port, None] = field(default_factory=dict[Port, None])
    last: int = 0


def nets(elements: Sequence[Element], strict: bool = False) -> Nets:
    """Raises NotDrawable. `strict`: what is stored from a box stands outside of it."""
    rails = {element.id for element in elements if isinstance(element, LeftRail)}
    by_id = {element.id: element for element in elements}
    values, stored = _at_pins(elements)
    if strict:
        stored.clear()
    folded = {variable.id for pins in (*values.values(), *stored.values()) for variable in pins.values()}
    found = Nets()
    for element in elements:
        if element.id in folded or element.id in rails:
            continue
        pins = [_ports(pin.sources, rails, by_id, folded) for pin in element.inputs]
        if isinstance(element, RightRail):
            found.to_rail.update((port, None) for ports in pins for port in ports)
        elif isinstance(element, Block):
            if element.code is not None:
                raise NotDrawable("a box holds statements")
            box = box_text(element, values.get(element.id, {}), stored.get(element.id, {}))
            found.nodes[element.id] = Node(element, pins, box=box)
        else:
            found.nodes[element.id] = Node(element, [tuple(port for ports in pins for port in ports)] if pins else [])
            found.nodes[element.id].text = shape_text(element)
    _check(found)
    _set_columns(found)
    return found


def _at_pins(
    elements: Sequence[Element],
) -> tuple[dict[str, dict[str, InVariable]], dict[str, dict[str, OutVariable]]]:
    """Values and variables that stand inside a box, by the block and the pin."""
    takers: dict[str, int] = {}
    for element in elements:
        for source in (source for pin in element.inputs for source in pin.sources):
            takers[source.element] = takers.get(source.element, 0) + 1
    by_id = {element.id: element for element in elements}
    values: dict[str, dict[str, InVariable]] = {}
    stored: dict[str, dict[str, OutVariable]] = {}
    for element in elements:
        sources = [source for pin in element.inputs for source in pin.sources]
        if isinstance(element, Block):
            for pin in element.inputs:
                value = by_id.get(pin.sources[0].element) if len(pin.sources) == 1 else None
                if isinstance(value, InVariable) and takers[value.id] == 1 and not value.negated:
                    values.setdefault(element.id, {})[pin.name] = value
        elif isinstance(element, OutVariable) and len(sources) == 1 and not element.negated and not element.in_out:
            block = by_id.get(sources[0].element)
            if isinstance(block, Block) and any(pin.name == sources[0].pin for pin in block.outputs):
                stored.setdefault(block.id, {}).setdefault(sources[0].pin, element)
    return values, stored


def _ports(sources: Sequence[Source], rails: set[str], by_id: dict[str, Element], folded: set[str]) -> tuple[Port, ...]:
    found: list[Port] = []
    for source in sources:
        begin = by_id.get(source.element)
        if begin is None:
            raise NotDrawable("a wire begins nowhere")
        port = RAIL if source.element in rails else (source.element, source.pin if isinstance(begin, Block) else "")
        if source.element not in folded and port not in found:
            found.append(port)
    return tuple(found)


def _check(found: Nets) -> None:
    """A picture has no loose ends."""
    given = {port[0] for node in found.nodes.values() for ports in node.pins for port in ports}
    given |= {port[0] for port in found.to_rail}
    for key, node in found.nodes.items():
        element = node.element
        if not isinstance(element, (*_BEGINNINGS, Block)) and not any(node.pins):
            raise NotDrawable(f"nothing is connected to {described(element)}")
        if isinstance(element, (Contact, *_BEGINNINGS)) and key not in given:
            raise NotDrawable(f"{described(element)} leads nowhere")


def _set_columns(found: Nets) -> None:
    """By the longest way from the rail."""
    for key in found.nodes:
        work = [key]
        open_: set[str] = set()
        while work:
            node = found.nodes[work[-1]]
            before = {port[0] for ports in node.pins for port in ports if port != RAIL}
            waiting = [begin for begin in before if not found.nodes[begin].column]
            if node.column or not waiting:
                node.column = node.column or 1 + max((found.nodes[begin].column for begin in before), default=0)
                open_.discard(work.pop())
                continue
            open_.add(work[-1])
            if any(begin in open_ for begin in waiting):
                raise NotDrawable("wires lead in a circle")
            work += sorted(waiting)
    given = {port[0] for node in found.nodes.values() for ports in node.pins for port in ports}
    ends = [node for key, node in found.nodes.items() if isinstance(node.element, _LAST) and key not in given]
    found.last = max((node.column for node in found.nodes.values()), default=0)
    if ends:
        others = (
            node.column for key, node in found.nodes.items() if not isinstance(node.element, _LAST) or key in given
        )
        found.last = max(found.last, max(others, default=0) + 1)
    if found.last > COLUMNS_MAX:
        raise NotDrawable(f"more than {COLUMNS_MAX} elements stand behind each other")
    for node in ends:
        node.column, node.ends = found.last, True
