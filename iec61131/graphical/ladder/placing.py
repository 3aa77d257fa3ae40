"""In which line what stands.

What is evaluated last in a chain comes first here: everything that has an effect begins a line of its own, in the
order of evaluation, and what leads to it stands at its left in the same line. Where several outputs lead to one input,
the others get lines below. A box grows as far as the branches before its pins need room, so that wires are straight.

A `Piece` is a part of the picture with lines relative to its own; so it can be moved as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from iec61131.graphical.diagram import Block
from iec61131.graphical.ladder.nets import RAIL, Nets, Node, Port

Net = frozenset[Port]


class Piece(Struct):
    """From line `top` to line `bottom`. `parts` are smaller ones, each with the line where its own line 0 is."""

    top: int = 0
    bottom: int = 0
    parts: list[tuple[Piece, int]] = field(default_factory=list["tuple[Piece, int]"])
    nodes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    leads: list[tuple[Lead, int]] = field(default_factory=list["tuple[Lead, int]"])

    def add(self, part: Piece, line: int) -> None:
        self.parts.append((part, line))
        self.top = min(self.top, line + part.top)
        self.bottom = max(self.bottom, line + part.bottom)

    def lead(self, lead: Lead, line: int) -> None:
        self.leads.append((lead, line))
        self.bottom = max(self.bottom, line)


class Lead(Struct, frozen=True):
    """A wire from `port` to the right: to input `pin` of `taker`, or to where all of `net` come together."""

    port: Port
    taker: str
    pin: int
    net: Net


class _Straight(Struct, frozen=True):
    """`piece` with the output `port` in its line `line`, for an input in the same line."""

    port: Port
    piece: Piece
    line: int


class Places(Struct):
    """Absolute lines, from 0. For a box `inputs` and `outputs` are those of its pins, `lines` has that of the first."""

    height: int = 0
    lines: dict[str, int] = field(default_factory=dict[str, int])
    inputs: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    outputs: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    leads: list[tuple[Lead, int]] = field(default_factory=list[tuple[Lead, int]])

    def pin_line(self, key: str, pin: int) -> int:
        return self.inputs[key][pin] if key in self.inputs else self.lines[key]

    def port_line(self, port: Port, nodes: dict[str, Node]) -> int:
        if port[0] not in self.outputs:
            return self.lines[port[0]]
        return self.outputs[port[0]][_number_of(nodes[port[0]], port[1])]


def place(found: Nets, roots: Sequence[str]) -> Places:
    """`roots` are what has an effect, in the order of evaluation."""
    return _Placing(found).run(roots)


class _Placing:
    def __init__(self, found: Nets) -> None:
        self._nodes = found.nodes
        self._to_rail = found.to_rail
        self._placed: set[str] = set()
        self._built: set[Net] = set()
        self._rows: dict[str, tuple[list[int], list[int]]] = {}  # of boxes, from their first pins

    def run(self, roots: Sequence[str]) -> Places:
        whole = Piece(0, -1)
        first = set(roots)
        last = [key for key in self._nodes if key not in first]
        last.sort(key=lambda key: -self._nodes[key].column)  # what leads to nothing else, the others lead to it
        for key in (*roots, *last):
            if key not in self._placed:
                piece, _ = self._node(key, None)
                whole.add(piece, whole.bottom + 1 - piece.top)
        taken = {port for node in self._nodes.values() for ports in node.pins for port in ports}
        for port in self._to_rail:
            if port in taken or port == RAIL:
                whole.lead(Lead(port, "", 0, frozenset((port,))), whole.bottom + 1)
        places = self._absolute(whole)
        for port in self._to_rail:
            if port not in taken and port != RAIL:
                lead = Lead(port, "", 0, frozenset((port,)))
                places.leads.append((lead, places.port_line(port, self._nodes)))
        return places

    def _absolute(self, whole: Piece) -> Places:
        places = Places(whole.bottom + 1)
        work = [(whole, 0)]
        while work:
            piece, line = work.pop()
            for key, at in piece.nodes:
                places.lines[key] = line + at
                if key in self._rows:
                    inputs, outputs = self._rows[key]
                    places.inputs[key] = [line + at + row for row in inputs]
                    places.outputs[key] = [line + at + row for row in outputs]
            places.leads += [(lead, line + at) for lead, at in piece.leads]
            work += [(part, line + at) for part, at in piece.parts]
        return places

    # -------------------------------------------------------------------------------------------------------- pieces

    def _node(self, key: str, output: str | None) -> tuple[Piece, int]:
        """The element with all that leads to it, and the line of its output."""
        self._placed.add(key)
        node = self._nodes[key]
        if isinstance(node.element, Block):
            return self._block(key, node, output)
        piece = Piece(nodes=[(key, 0)])
        if node.pins:
            self._attach(piece, key, 0, 0, self._first(node.pins[0]))
        return piece, 0

    def _block(self, key: str, node: Node, output: str | None) -> tuple[Piece, int]:
        piece = Piece(-2, 0, nodes=[(key, 0)])
        left = Piece(0, -1)  # what stands at the left of the box
        rows: list[int] = []
        for number, ports in enumerate(node.pins):
            line = rows[-1] + 1 if rows else 0
            if ports:
                first = self._first(ports)
                above = first.piece.top - first.line if first is not None and rows else 0
                line = max(line, left.bottom + 1 - above)
                self._attach(left, key, number, line, first)
            rows.append(line)
        below = rows[-1] if rows else -1
        outputs = len(node.box.outputs) if node.box is not None else 0
        lines = [*rows[:outputs], *range(below + 1, below + 1 + outputs - len(rows))]
        self._rows[key] = rows, lines
        piece.add(left, 0)
        piece.bottom = max(piece.bottom, *rows, *lines, 0) + 1 if rows or lines else 0
        piece.bottom = max(piece.bottom, left.bottom)
        return piece, lines[_number_of(node, output)] if output is not None and lines else 0

    def _first(self, ports: tuple[Port, ...]) -> _Straight | None:
        """What leads straight to an input; None where only a wire does."""
        for port in ports:
            if port != RAIL and port[0] not in self._placed and not self._is_built(ports):
                piece, line = self._node(port[0], port[1])
                return _Straight(port, piece, line)
        return None

    def _is_built(self, ports: tuple[Port, ...]) -> bool:
        return len(ports) > 1 and frozenset(ports) in self._built

    def _attach(self, piece: Piece, key: str, pin: int, line: int, first: _Straight | None) -> None:
        """Adds what leads to an input in `line`; `first` has been made for that."""
        ports = self._nodes[key].pins[pin]
        net = frozenset(ports)
        if self._is_built(ports):
            piece.bottom = max(piece.bottom, line)
            return
        if len(net) > 1:
            self._built.add(net)
        ordered = sorted(ports, key=lambda port: first is not None and port != first.port)
        piece.bottom = max(piece.bottom, line)
        for number, port in enumerate(ordered):
            lead = Lead(port, key, pin, net)
            if number == 0:
                if first is not None:
                    piece.add(first.piece, line - first.line)
                piece.lead(lead, line)
            elif port == RAIL or port[0] in self._placed:
                piece.lead(lead, piece.bottom + 1)
            else:
                part, at = self._node(port[0], port[1])
                line_below = piece.bottom + 1 - part.top
                piece.add(part, line_below)
                piece.lead(lead, line_below + at)


def _number_of(node: Node, output: str) -> int:
    """In which of the lines of outputs a pin stands."""
    element = node.element
    assert isinstance(element, Block), "others have one output"
    return next(number for number, pin in enumerate(element.outputs) if pin.name == output)
