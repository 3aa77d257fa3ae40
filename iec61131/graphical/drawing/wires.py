"""The wires of a ladder or function block diagram, between elements that have their places.

Between two columns of elements is a channel, and in it are tracks: vertical lines, none of which touches another. On
the tracks at the left wires are forked, on those at the right they are joined, in this order: what is joined behind a
fork must not flow back into it.
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.graphical.diagram import Language
from iec61131.graphical.drawing.grid import RAIL, Edge, Grid, Route
from iec61131.graphical.drawing.scene import Dot, Key, Point, Rail, Shape, Wire

_NARROW = 3
"""Cells of a channel without tracks."""
_TRACK = 2
"""From one track to the next."""
Pin = tuple[str, int]


class _Track(Struct):
    """A vertical line on `lines`, the first of which, for a fork, is where it begins, for a join, where it ends."""

    lines: list[int] = field(default_factory=list[int])
    number: int = 0

    @property
    def extent(self) -> tuple[int, int]:
        return min(self.lines), max(self.lines)


class _Channel(Struct):
    forks: dict[Key, _Track] = field(default_factory=dict[Key, _Track])
    joins: dict[Pin, _Track] = field(default_factory=dict[Pin, _Track])
    tracks: int = 0
    start: int = 0


class _Arrival(Struct):
    """A wire on its way to a pin: on which line it comes into the channel before it, and what it carries."""

    line: int
    key: Key
    start: Point


class Wiring:
    """`run` gives `shapes`, elements and wires, and `corners`, the first cell of each node on its line 0."""

    def __init__(self, placed: Grid, language: Language) -> None:
        self.shapes: list[Shape] = []
        self.corners: dict[str, Point] = {}
        self._grid = placed
        self._is_ladder = language is Language.LD
        self._channels = [_Channel() for _ in range(placed.last + 1)]
        self._arrivals: dict[Pin, list[_Arrival]] = {}
        self._starts: list[int] = []
        self.width = 0

    def run(self) -> None:
        self._tracks()
        self._columns()
        for id_, node in self._grid.nodes.items():
            corner = self.corners[id_] = self._x(id_), self._grid.lines[id_]
            self.shapes += node.draw(*corner)
        for edge in self._grid.edges:
            self._leave(edge)
        self._forks()
        for pin, arrivals in self._arrivals.items():
            self._arrive(pin, arrivals)
        if self._is_ladder:
            self._rails()
        self.shapes = list(dict.fromkeys(self.shapes))  # of a fork, each wire has drawn the beginning

    # ---------------------------------------------------------------------------------------------------------- tracks

    def _tracks(self) -> None:
        grid = self._grid
        for edge in grid.edges:
            end = self._end(edge)
            if edge.begin != RAIL and edge.route in (Route.FORK, Route.LANE):
                channel = self._channels[grid.columns[edge.begin]]
                track = channel.forks.setdefault(edge.key, _Track([self._begin(edge)]))
                track.lines.append(edge.lane if edge.route is Route.LANE else end)
            if self._line(edge) != end:
                channel = self._channels[grid.columns[edge.end] - 1]
                channel.joins.setdefault((edge.end, edge.pin), _Track([end])).lines.append(self._line(edge))
        for channel in self._channels:
            forks = _numbered(list(channel.forks.values()), 0)
            channel.tracks = _numbered(list(channel.joins.values()), forks)

    def _begin(self, edge: Edge) -> int:
        """The line on which a wire begins."""
        node = self._grid.nodes[edge.begin]
        return self._grid.lines[edge.begin] + node.outputs.get(edge.key[1], 0)

    def _end(self, edge: Edge) -> int:
        return self._grid.lines[edge.end] + self._grid.nodes[edge.end].inputs[edge.pin]

    def _line(self, edge: Edge) -> int:
        """The line on which a wire comes into the channel before its end."""
        if edge.route is Route.LANE:
            return edge.lane
        return self._begin(edge) if edge.route is Route.JOIN else self._end(edge)

    # --------------------------------------------------------------------------------------------------------- columns

    def _columns(self) -> None:
        """Where each column and each channel begins."""
        grid = self._grid
        widths = [0] * (grid.last + 2)
        for id_, node in grid.nodes.items():
            widths[grid.columns[id_]] = max(widths[grid.columns[id_]], node.width)
        self._widths = widths
        x = 1 if self._is_ladder else 0
        for column, channel in enumerate(self._channels):
            self._starts.append(x - widths[column] if column else 0)
            channel.start = x
            if not (grid.decides and column == grid.last):
                x += max(_NARROW, _TRACK * channel.tracks + 2) if column or self._is_ladder or channel.tracks else 0
            x += widths[column + 1]
        self.width = x + (1 if self._is_ladder and not grid.decides else 0)

    def _x(self, id_: str) -> int:
        column = self._grid.columns[id_]
        return self._starts[column] + (self._widths[column] - self._grid.nodes[id_].width) // 2

    def _track_x(self, channel: _Channel, track: _Track) -> int:
        return channel.start + 1 + _TRACK * track.number

    # ----------------------------------------------------------------------------------------------------------- wires

    def _leave(self, edge: Edge) -> None:
        """The beginning of a wire, to the track on which it is forked if it is; the rest is left to its arrival."""
        if edge.begin == RAIL:
            start = (0, self._line(edge))
        else:
            start = (self._x(edge.begin) + self._grid.nodes[edge.begin].exit, self._begin(edge))
            channel = self._channels[self._grid.columns[edge.begin]]
            track = channel.forks.get(edge.key)
            if track is not None and edge.route in (Route.FORK, Route.LANE):
                x = self._track_x(channel, track)
                self.shapes.append(Wire((start, (x, start[1])), self._grid.expanded((edge.key,))))
                start = (x, self._line(edge))
        arrivals = self._arrivals.setdefault((edge.end, edge.pin), [])
        arrivals.append(_Arrival(self._line(edge), edge.key, start))

    def _forks(self) -> None:
        through = {(edge.key) for edge in self._grid.edges if edge.route in (Route.STRAIGHT, Route.JOIN)}
        for channel in self._channels:
            for key, track in channel.forks.items():
                x, (top, bottom) = self._track_x(channel, track), track.extent
                self.shapes.append(Wire(((x, top), (x, bottom)), self._grid.expanded((key,))))
                begin, *ends = track.lines
                dots = {line for line in ends if top < line < bottom}
                if key in through or top < begin < bottom:
                    dots.add(begin)
                self.shapes += [Dot((x, line), self._grid.expanded((key,))) for line in sorted(dots)]

    def _arrive(self, pin: Pin, arrivals: list[_Arrival]) -> None:
        """From where the wires to a pin have come, to the pin."""
        grid = self._grid
        node = grid.nodes[pin[0]]
        line = grid.lines[pin[0]] + node.inputs[pin[1]]
        to = (self._x(pin[0]) + node.entry, line)
        channel = self._channels[grid.columns[pin[0]] - 1]
        track = channel.joins.get(pin)
        x = self._track_x(channel, track) if track is not None else to[0]
        for arrival in arrivals:
            self.shapes.append(Wire((arrival.start, (x, arrival.line)), self._grid.expanded((arrival.key,))))
        if track is None:
            return
        for side in (1, -1):
            self._joined(x, line, side, arrivals)
        top, bottom = track.extent
        lines = {arrival.line for arrival in arrivals}
        dots = {other for other in lines if top < other < bottom}
        if line in lines or top < line < bottom:
            dots.add(line)
        every = grid.expanded(arrival.key for arrival in arrivals)
        self.shapes += [
            Dot((x, at), every if at == line else grid.expanded(a.key for a in arrivals if a.line == at))
            for at in sorted(dots)
        ]
        self.shapes.append(Wire(((x, line), to), every))

    def _joined(self, x: int, line: int, side: int, arrivals: list[_Arrival]) -> None:
        """The pieces of a track below (1) or above (-1) a pin, each with what has been joined so far."""
        found = sorted((a for a in arrivals if (a.line - line) * side > 0), key=lambda a: -a.line * side)
        keys: list[Key] = []
        for number, arrival in enumerate(found):
            keys.append(arrival.key)
            towards = found[number + 1].line if number + 1 < len(found) else line
            if towards != arrival.line:
                self.shapes.append(Wire(((x, arrival.line), (x, towards)), self._grid.expanded(keys)))

    def _rails(self) -> None:
        grid = self._grid
        right = self.width - 1
        for id_ in grid.to_rail:
            node = grid.nodes[id_]
            name = min(node.outputs, key=lambda name: node.outputs[name], default="")
            line = grid.lines[id_] + node.outputs.get(name, 0)
            self.shapes.append(Wire(((self._x(id_) + node.exit, line), (right, line)), ((id_, name),)))
        from_rail = tuple(dict.fromkeys(edge.key for edge in grid.edges if edge.begin == RAIL))
        self.shapes.append(Rail((0, 0), grid.height - 1, from_rail))
        if not grid.decides:
            self.shapes.append(Rail((right, 0), grid.height - 1))


def _numbered(tracks: list[_Track], first: int) -> int:
    """Gives each track a number from `first` on, different ones where they would meet; gives the number behind them."""
    ends: list[int] = []
    for track in sorted(tracks, key=lambda track: track.extent):
        top, bottom = track.extent
        free = next((number for number, end in enumerate(ends) if end < top), len(ends))
        if free == len(ends):
            ends.append(bottom)
        ends[free] = bottom
        track.number = first + free
    return first + len(ends)
