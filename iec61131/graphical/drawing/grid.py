"""Ladder and function block diagrams: in which column and on which line each element stands.

The column of an element is behind those of everything that feeds it. Lines are given out from the end of each network
to its beginning: an element and the first of what feeds it, the first of what feeds that, and so on, make a chain on
one line, as a person draws a rung. What else feeds an element of the chain makes a chain of its own, further down, and
those that lie within each other come before those around them, so that branches are nested as they are drawn by hand.

A chain may stand on a line as soon as everything that was placed before ends above it, in all columns that it takes or
passes. So no wire runs through an element, and two wires never run along each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

from msgspec import Struct, field

from iec61131.graphical.diagram import (
    Block,
    Coil,
    Continuation,
    Diagram,
    Element,
    InVariable,
    Jump,
    Language,
    LeftRail,
    OutVariable,
    Return,
    Transition,
)
from iec61131.graphical.drawing.networks import Network
from iec61131.graphical.drawing.nodes import Beside, Node, joint_node, node_of
from iec61131.graphical.drawing.scene import Key
from iec61131.graphical.feedback import key_of

RAIL = ""
"""Where power comes from, as the beginning of an edge."""
_AT_THE_RIGHT = (Coil, Jump, Return)


_Task = Callable[[], "list[_Task]"]
"""Places something, and gives what is to be placed next."""


class Route(Enum):
    """`FORK` leaves its beginning where that ends and comes along the line of its end; `JOIN` comes along the line of
    its beginning; `LANE` has a line of its own between.
    """

    STRAIGHT = "straight"
    FORK = "fork"
    JOIN = "join"
    LANE = "lane"


class Edge(Struct):
    """A wire from the output `key` of a node, or from the power rail, to input `pin` of the node `end`."""

    begin: str
    key: Key
    end: str
    pin: int
    route: Route = Route.STRAIGHT
    lane: int = 0


class Grid(Struct):
    """Node columns count from 1; column 0 is the left power rail, and the one behind the last the right rail. `joints`
    are nodes without an element: what they join, several pins take. Of a condition `decides` is the transition, which
    is all that stands in the last column; it has no right rail.
    """

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    columns: dict[str, int] = field(default_factory=dict[str, int])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    edges: list[Edge] = field(default_factory=list[Edge])
    to_rail: list[str] = field(default_factory=list[str])
    joints: dict[str, tuple[Key, ...]] = field(default_factory=dict[str, tuple[Key, ...]])
    decides: str = ""
    last: int = 1
    height: int = 0

    def expanded(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """What wires carry, those behind joints among them."""
        return tuple(dict.fromkeys(inner for key in keys for inner in self.joints.get(key[0], (key,))))


def grid(diagram: Diagram, network: Network, *, values: bool) -> Grid:
    """Everything placed. `values`: with room for them."""
    return _Placing(diagram, network, values=values).grid()


class _Placing:
    def __init__(self, diagram: Diagram, network: Network, *, values: bool) -> None:
        self._diagram = diagram
        self._grid = Grid()
        self._taken: dict[Key, int] = {}
        self._to_rail = network.to_rail
        elements = network.elements
        for element in elements:
            for pin in element.inputs:
                for source in pin.sources:
                    key = key_of(diagram, source)
                    self._taken[key] = self._taken.get(key, 0) + 1
        beside, written = self._beside(elements)
        for element in elements:
            if element.id not in written:
                node = node_of(element, beside.get(element.id, Beside()), values=values)
                self._grid.nodes[element.id] = node
                if isinstance(element, Transition):
                    self._grid.decides = element.id
        self._into: dict[str, list[Edge]] = {
            element.id: self._edges(element) for element in elements if element.id in self._grid.nodes
        }
        self._share_joints()
        self._grid.edges = [edge for edges in self._into.values() for edge in edges]
        self._back: set[int] = set()
        self._rail_ends: frozenset[str] = frozenset()
        self._floors: list[int] = []
        self._later: list[Edge] = []
        self._begins: dict[tuple[int, int], Key] = {}  # which output has a wire on a line right of a column

    def grid(self) -> Grid:
        self._set_columns()
        self._rail_ends = frozenset(self._grid.to_rail)
        self._floors = [0] * (2 * self._grid.last + 4)
        feeding = {edge.begin for edge in self._grid.edges}
        for id_ in [id_ for id_ in self._grid.nodes if id_ not in feeding] + list(self._grid.nodes):
            if id_ not in self._grid.lines:
                self._place(id_)
        for edge in self._later:
            self._give_lane(edge)
        self._grid.height = max(self._floors, default=1)
        return self._grid

    # --------------------------------------------------------------------------------------------------- what to place

    def _beside(self, elements: list[Element]) -> tuple[dict[str, Beside], set[str]]:
        """What is written beside pins, by the block, and the ids of the variables that stand nowhere else."""
        beside: dict[str, Beside] = {}
        at_pins: dict[str, int] = {}
        written: set[str] = set()
        by_id = self._diagram.by_id
        for element in elements:
            if isinstance(element, Block):
                for number, pin in enumerate(element.inputs):
                    begin = by_id.get(pin.sources[0].element) if len(pin.sources) == 1 else None
                    if isinstance(begin, InVariable):
                        beside.setdefault(element.id, Beside()).inputs[number] = begin
                        at_pins[begin.id] = at_pins.get(begin.id, 0) + 1
            elif isinstance(element, OutVariable) and not element.in_out and (element.id, "") not in self._taken:
                sources = [source for pin in element.inputs for source in pin.sources]
                begin = by_id.get(sources[0].element) if len(sources) == 1 else None
                if isinstance(begin, Block) and self._taken[key_of(self._diagram, sources[0])] == 1:
                    pin = sources[0].pin
                    if any(output.name == pin for output in begin.outputs):
                        beside.setdefault(begin.id, Beside()).outputs[pin] = element
                        written.add(element.id)
        written |= {id_ for id_, count in at_pins.items() if count == self._taken[id_, ""]}
        return beside, written

    def _edges(self, element: Element) -> list[Edge]:
        found: list[Edge] = []
        by_id, node = self._diagram.by_id, self._grid.nodes[element.id]
        is_block = isinstance(element, Block)
        for number, pin in enumerate(element.inputs):
            for source in pin.sources:
                begin = by_id.get(source.element)
                if isinstance(begin, LeftRail):
                    found.append(Edge(RAIL, (begin.id, ""), element.id, number))
                elif source.element not in self._grid.nodes:
                    continue
                elif not (is_block and len(pin.sources) == 1 and isinstance(begin, InVariable)):
                    found.append(Edge(source.element, key_of(self._diagram, source), element.id, number))
        return [edge for edge in found if edge.pin in node.inputs]

    def _share_joints(self) -> None:
        """Pins that join the same wires take what one joint gives, so that the wires are drawn once."""
        pins: dict[frozenset[Key], list[tuple[str, list[Edge]]]] = {}
        for id_, edges in self._into.items():
            for pin in {edge.pin: None for edge in edges}:
                joined = [edge for edge in edges if edge.pin == pin]
                if len(joined) > 1:
                    pins.setdefault(frozenset(edge.key for edge in joined), []).append((id_, joined))
        for number, (keys, takers) in enumerate(pins.items()):
            if len(takers) == 1 or any(id_ in {key[0] for key in keys} for id_, _ in takers):
                continue
            joint = f"joint {number}"
            first = takers[0][1]
            self._grid.joints[joint] = tuple(edge.key for edge in first)
            self._grid.nodes[joint] = joint_node()
            self._into[joint] = [Edge(edge.begin, edge.key, joint, 0) for edge in first]
            for id_, joined in takers:
                at, pin = self._into[id_].index(joined[0]), joined[0].pin
                self._into[id_].insert(at, Edge(joint, (joint, ""), id_, pin))
                self._into[id_] = [edge for edge in self._into[id_] if edge not in joined]

    # --------------------------------------------------------------------------------------------------------- columns

    def _set_columns(self) -> None:
        """By the longest way from the beginning; in a ladder coils, elsewhere everything, as far right as it may be."""
        columns, order = self._grid.columns, self._in_order()
        for id_ in order:
            begins = [edge for edge in self._into[id_] if id(edge) not in self._back and edge.begin != RAIL]
            columns[id_] = max((columns[edge.begin] for edge in begins), default=0) + 1
        last = max(columns.values(), default=1)
        if self._grid.decides:
            before = max((column for id_, column in columns.items() if id_ != self._grid.decides), default=0)
            columns[self._grid.decides] = last = before + 1
        self._grid.last = last
        behind: dict[str, list[str]] = {}
        for edge in self._grid.edges:
            if id(edge) not in self._back:
                behind.setdefault(edge.begin, []).append(edge.end)
        is_ladder = self._diagram.language is Language.LD
        for id_ in reversed(order):
            element, ends = self._grid.nodes[id_].element, behind.get(id_, ())
            room = min((columns[end] for end in ends), default=last if self._grid.decides else last + 1) - 1
            if not is_ladder or isinstance(element, (InVariable, Continuation)):
                is_late = bool(ends)
            else:
                is_late = isinstance(element, _AT_THE_RIGHT) and all(self._is_right(end) for end in ends)
            if is_late:
                columns[id_] = room
        if is_ladder and not self._grid.decides:
            self._grid.to_rail = [id_ for id_ in columns if id_ not in behind and self._leads_to_rail(id_)]

    def _is_right(self, id_: str) -> bool:
        return isinstance(self._grid.nodes[id_].element, _AT_THE_RIGHT)

    def _leads_to_rail(self, id_: str) -> bool:
        return isinstance(self._grid.nodes[id_].element, Coil) or id_ in self._to_rail

    def _in_order(self) -> list[str]:
        """Everything behind what feeds it. Wires that lead back are left out, and `_back` has them."""
        done: set[str] = set()
        open_: set[str] = set()
        order: list[str] = []
        for root in reversed(self._grid.nodes):
            if root in done:
                continue
            work = [(root, list(self._into[root]))]
            open_.add(root)
            while work:
                id_, waiting = work[-1]
                if not waiting:
                    work.pop()
                    open_.discard(id_)
                    done.add(id_)
                    order.append(id_)
                    continue
                edge = waiting.pop()
                if edge.begin in open_:
                    self._back.add(id(edge))
                elif edge.begin != RAIL and edge.begin not in done:
                    open_.add(edge.begin)
                    work.append((edge.begin, list(self._into[edge.begin])))
        return order

    # ----------------------------------------------------------------------------------------------------------- lines

    def _place(self, root: str) -> None:
        """The chain that ends with `root`, and all chains that lead into it."""
        right = 2 * self._grid.columns[root]
        if root in self._rail_ends:
            right = 2 * self._grid.last + 1
        work: list[_Task] = [lambda: self._chain(root, (0, 0), right)]
        while work:
            work += reversed(work.pop()())

    def _chain(self, head: str, wanted: tuple[int, int], right: int, leaves: int = 0) -> list[_Task]:
        """Places the chain that ends with `head`. The wire behind it leaves on line `leaves` of `head`, is to be on the
        first of the `wanted` lines, or on the second or below, and passes everything until `right`. Gives what is to be
        done next.
        """
        chain: list[tuple[str, int]] = [(head, 0)]
        members = {head}
        left = 2 * self._grid.columns[head]
        firsts: set[int] = set()
        while True:
            id_, offset = chain[-1]
            edge = self._into[id_][0] if self._into[id_] else None
            if edge is None or id(edge) in self._back:
                break
            firsts.add(id(edge))
            if edge.begin == RAIL:
                left = 1
                break
            if edge.begin in self._grid.lines or edge.begin in members:
                edge.route = Route.FORK
                left = 2 * self._grid.columns[edge.begin] + 1
                break
            begin = self._grid.nodes[edge.begin]
            offset += self._grid.nodes[id_].inputs[edge.pin] - begin.outputs.get(edge.key[1], 0)
            chain.append((edge.begin, offset))
            members.add(edge.begin)
            left = 2 * self._grid.columns[edge.begin]
        self._commit(chain, (wanted[0] - leaves, wanted[1] - leaves), left, right, leaves)
        later: list[_Task] = []
        for id_, _ in reversed(chain):
            later += [self._feeding(edge) for edge in self._into[id_] if id(edge) not in firsts]
            later.append(self._closing(id_))
        return later

    def _commit(self, chain: list[tuple[str, int]], wanted: tuple[int, int], left: int, right: int, wire: int) -> None:
        """Gives the chain the first line that is free all the way, and takes it."""
        nodes, columns, floors = self._grid.nodes, self._grid.columns, self._floors
        at = {2 * columns[id_]: (id_, offset) for id_, offset in chain}
        needs: list[tuple[int, int, int]] = []  # a place, and its lines, from the first to the one behind the last
        for place in range(right, left - 1, -1):
            if place in at:
                id_, offset = at[place]
                node, into = nodes[id_], self._into[id_]
                needs.append((place, offset - node.above, offset + node.below))
                wire = offset + (node.inputs[into[0].pin] if into else 0)
                lowest = max(node.outputs.values(), default=0)
                needs.append((place + 1, offset, offset + lowest + 1))
            else:
                needs.append((place, wire, wire + 1))
        line = max(wanted[0], *(floors[place] - first for place, first, _ in needs))
        if line != wanted[0]:
            line = max(line, wanted[1])
        for place, _, end in needs:
            floors[place] = max(floors[place], line + end)
        for id_, offset in chain:
            self._grid.lines[id_] = line + offset
            for name, output in nodes[id_].outputs.items():
                if (id_, name) in self._taken:
                    self._begins[columns[id_], line + offset + output] = (id_, name)

    def _feeding(self, edge: Edge) -> _Task:
        """Places what feeds a pin that is not the first of its node."""

        def place() -> list[_Task]:
            grid = self._grid
            end = grid.nodes[edge.end]
            is_only = sum(other.pin == edge.pin for other in self._into[edge.end]) == 1
            below = grid.lines[edge.end] + max(end.inputs.values()) + 1  # the lines of other pins are theirs
            line = grid.lines[edge.end] + end.inputs[edge.pin] if is_only else below
            if edge.begin in grid.lines or edge.begin == RAIL or id(edge) in self._back:
                before = grid.columns[edge.end] - 1
                is_near = edge.begin != RAIL and grid.columns[edge.begin] == before
                if is_only and is_near and self._begins.get((before, line), edge.key) == edge.key:
                    edge.route = Route.FORK
                elif edge.begin == RAIL:
                    self._give_lane(edge, line)
                else:
                    self._later.append(edge)
                return []
            edge.route = Route.JOIN
            leaves = grid.nodes[edge.begin].outputs.get(edge.key[1], 0)
            return self._chain(edge.begin, (line, below), 2 * grid.columns[edge.end] - 1, leaves)

        return place

    def _closing(self, id_: str) -> _Task:
        """When everything that feeds a node is placed, its pins keep their lines to themselves."""

        def close() -> list[_Task]:
            node = self._grid.nodes[id_]
            lowest = max((node.inputs[edge.pin] for edge in self._into[id_]), default=-1)
            before = 2 * self._grid.columns[id_] - 1
            self._floors[before] = max(self._floors[before], self._grid.lines[id_] + lowest + 1)
            return []

        return close

    def _give_lane(self, edge: Edge, wanted: int = 0) -> None:
        """A line of its own for a wire that leads to what was placed before."""
        begin = 1 if edge.begin == RAIL else 2 * self._grid.columns[edge.begin] + 1
        end = 2 * self._grid.columns[edge.end] - 1
        first, last = min(begin, end), max(begin, end)
        edge.route = Route.LANE
        edge.lane = max(wanted, *self._floors[first : last + 1])
        self._floors[first : last + 1] = [edge.lane + 1] * (last + 1 - first)
