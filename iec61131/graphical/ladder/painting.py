"""The characters of a network, and its heading."""

from __future__ import annotations

from itertools import pairwise

from iec61131.graphical.diagram import Block, Comment, Diagram, Element, Input, Label, LeftRail, Network, RightRail
from iec61131.graphical.ladder.linking import RAIL_AT_RIGHT, Link, Links, Wire, link
from iec61131.graphical.ladder.nets import RAIL, Nets, Node, nets
from iec61131.graphical.ladder.placing import Places, place
from iec61131.graphical.ladder.words import NotDrawable
from iec61131.graphical.order import EFFECTS, schedule

_WIRE = 2
"""How long a wire is at least."""
_TRACK = _WIRE + 1


class Pictures:
    """Of the networks of one drawing. `strict`: what is stored from a box, and each of several coils in a row, has rows
    of its own, in the order of evaluation; else it stands inside of the box, or behind the coil before it, and that the
    order of evaluation is still the one of the drawing is for others to check.
    """

    def __init__(self, diagram: Diagram, strict: bool = False) -> None:
        self._diagram = diagram
        self._strict = strict
        self._turns = {element.id: number for number, element in enumerate(schedule(diagram).elements)}
        self._places = {element.id: number for number, element in enumerate(diagram.elements)}
        self._left = {element.id: element for element in diagram.elements if isinstance(element, LeftRail)}
        self._ends: dict[str, list[tuple[RightRail, Input]]] = {}  # the pins at the right rail, by what leads to them
        for rail in (element for element in diagram.elements if isinstance(element, RightRail)):
            for pin in rail.inputs:
                for source in pin.sources:
                    self._ends.setdefault(source.element, []).append((rail, pin))

    def rows(self, network: Network) -> list[str]:
        """One `|` for a network without elements. Raises NotDrawable."""
        found = nets(self._drawn(network), self._strict)
        if not found.nodes:
            return ["|"]
        places = place(found, self._roots(found))
        return _Sheet(found, places, link(found, places)).rows()

    def text(self, network: Network) -> str:
        """The whole of a network, without a line end behind it. Raises NotDrawable."""
        by_id = self._diagram.by_id
        labels = [element for key in network.elements if isinstance(element := by_id[key], Label)]
        if len(labels) > 1:
            raise NotDrawable("a network has two labels")
        comment = network.comment.strip()
        lines = [heading(network, labels[0] if labels else None)]
        if "(*" in comment or "*)" in comment:
            lines += [f"// {line.strip()}" for line in comment.splitlines()]
        elif comment:
            lines += [f"(* {line.strip()} *)" for line in comment.splitlines() if line.strip()]
        return "\n".join([*lines, *self.rows(network)])

    def _drawn(self, network: Network) -> list[Element]:
        """What has a place in the rows: with the rails that the wires begin and end at."""
        inside = [self._diagram.by_id[key] for key in sorted(network.elements, key=self._places.__getitem__)]
        found = [element for element in inside if not isinstance(element, (Label, Comment, LeftRail, RightRail))]
        begins = {source.element for element in found for pin in element.inputs for source in pin.sources}
        left = [self._left[key] for key in sorted(begins & self._left.keys(), key=self._places.__getitem__)]
        ending: dict[str, tuple[RightRail, dict[int, Input]]] = {}
        for element in found:
            for rail, pin in self._ends.get(element.id, ()):
                ending.setdefault(rail.id, (rail, {}))[1][id(pin)] = pin
        right = [
            RightRail(id=rail.id, span=rail.span, inputs=tuple(pin for pin in rail.inputs if id(pin) in pins))
            for rail, pins in ending.values()
        ]
        return [*left, *found, *right]

    def _roots(self, found: Nets) -> list[str]:
        """What has an effect and stands outside of a box, in the order of evaluation."""
        takers: dict[str, list[tuple[str, int]]] = {}
        for key, node in found.nodes.items():
            for ports in node.pins:
                for number, port in enumerate(ports):
                    takers.setdefault(port[0], []).append((key, number))
        ordered = [
            key
            for key in sorted(found.nodes.keys() & self._turns.keys(), key=self._turns.__getitem__)
            if isinstance(element := found.nodes[key].element, EFFECTS)
            and (key not in takers or not isinstance(element, Block))
        ]
        if self._strict:
            return ordered
        behind = dict(pairwise(ordered))
        return [key for key in ordered if key not in behind or not _leads(key, behind[key], takers)]


def heading(network: Network, label: Label | None) -> str:
    """`NETWORK label: "title"`"""
    parts = ["NETWORK"]
    if label is not None:
        if not label.name.text.isidentifier():
            raise NotDrawable(f"the label '{label.name.text}' is no name")
        parts.append(f"{label.name.text}:")
    if network.title:
        escaped = " ".join(network.title.split()).replace("$", "$$").replace('"', '$"')
        parts.append(f'"{escaped}"')
    return " ".join(parts)


def _leads(key: str, following: str, takers: dict[str, list[tuple[str, int]]]) -> bool:
    """Whether a straight way, without branches, leads from one element to another one."""
    while key != following:
        found = takers.get(key, [])
        if len(found) != 1 or found[0][1] != 0:
            return False
        key = found[0][0]
    return True


class _Sheet:
    """Columns of characters: `_starts` is where each column of elements begins."""

    def __init__(self, found: Nets, places: Places, links: Links) -> None:
        self._nodes = found.nodes
        self._places = places
        self._links = links
        widths = [0] * (found.last + 1)
        for node in found.nodes.values():
            widths[node.column] = max(widths[node.column], node.width)
        self._starts = [0]
        self._ends = [1]
        for column in range(1, found.last + 1):
            self._starts.append(self._ends[-1] + _WIRE + links.tracks[column - 1] * _TRACK)
            self._ends.append(self._starts[-1] + widths[column])
        self._right = self._ends[-1] + _WIRE + links.tracks[found.last] * _TRACK
        self._has_right = any(wire.end == RAIL_AT_RIGHT for wire in links.wires)
        self._lines = [[" "] * (self._right + 1) for _ in range(places.height)]

    def rows(self) -> list[str]:
        for key, node in self._nodes.items():
            self._node(key, node)
        for wire in self._links.wires:
            self._wire(wire)
        for each in self._links.links:
            self._link(each)
        for line in self._lines:
            line[0] = "|"
            if self._has_right:
                line[self._right] = "|"
        return ["".join(line).rstrip() for line in self._lines]

    def _begin(self, node: Node) -> int:
        return self._ends[node.column] - node.width if node.ends else self._starts[node.column]

    def _node(self, key: str, node: Node) -> None:
        x, y = self._begin(node), self._places.lines[key]
        box = node.box
        if box is None:
            self._put(x, y, node.text)
            return
        inputs = dict(zip(self._places.inputs[key], box.inputs, strict=True))
        outputs = dict(zip(self._places.outputs[key], box.outputs, strict=True))
        last = max((*inputs, *outputs), default=y - 1)
        self._put(x, y - 2, box.edge)
        self._put(x, y - 1, box.line(box.title, ""))
        for line in range(y, last + 1):
            self._put(x, line, box.line(inputs.get(line, ""), outputs.get(line, "")))
        self._put(x, last + 1, box.edge)

    def _wire(self, wire: Wire) -> None:
        if isinstance(wire.begin, Link):
            begin = self._x(wire.begin) + 1
        elif wire.begin == RAIL:
            begin = 1
        else:
            node = self._nodes[wire.begin[0]]
            begin = self._begin(node) + node.width
        if isinstance(wire.end, Link):
            end = self._x(wire.end)
        elif wire.end == RAIL_AT_RIGHT:
            end = self._right
        else:
            end = self._begin(self._nodes[wire.end[0]])
        self._put(begin, wire.line, "-" * (end - begin))

    def _link(self, each: Link) -> None:
        x = self._x(each)
        for line in range(each.top, each.bottom + 1):
            self._put(x, line, "+" if line in each.joints else "|")

    def _x(self, each: Link) -> int:
        return self._ends[each.gap] + _WIRE + each.track * _TRACK

    def _put(self, x: int, line: int, text: str) -> None:
        self._lines[line][x : x + len(text)] = text
