"""Vertical links, and their tracks between the columns.

An output that leads to several lines has a link right behind its column; behind it are the links where several outputs
come together. Two links share a track where a line or more is free between them.
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.graphical.ladder.nets import RAIL, Nets, Port
from iec61131.graphical.ladder.placing import Lead, Net, Places


class Link(Struct):
    """`gap` is the number of the column before it. `joints` are lines."""

    gap: int
    gathers: bool
    joints: set[int] = field(default_factory=set[int])
    track: int = 0

    @property
    def top(self) -> int:
        return min(self.joints)

    @property
    def bottom(self) -> int:
        return max(self.joints)


class Wire(Struct, frozen=True):
    """In `line`, from one thing to another: an output, a link, an input, or a rail."""

    line: int
    begin: Port | Link
    end: tuple[str, int] | Link
    """The input of an element; RAIL_AT_RIGHT for the rail."""


RAIL_AT_RIGHT = ("", 0)


class Links(Struct):
    """`tracks` is how many there are behind each column, from the left rail, which is column 0."""

    wires: list[Wire] = field(default_factory=list[Wire])
    links: list[Link] = field(default_factory=list[Link])
    tracks: list[int] = field(default_factory=list[int])


def link(found: Nets, places: Places) -> Links:
    made = Links()
    exits: dict[Port, list[tuple[int, Lead]]] = {}
    for lead, line in places.leads:
        exits.setdefault(lead.port, []).append((line, lead))
    gathering = _gathering(found, places, made)
    for port, leads in exits.items():
        begin: Port | Link = port
        line = leads[0][0] if port == RAIL else places.port_line(port, found.nodes)
        if port != RAIL and [at for at, _ in leads] != [line]:
            begin = Link(found.nodes[port[0]].column, False, {line, *(at for at, _ in leads)})
            made.links.append(begin)
            made.wires.append(Wire(line, port, begin))
        for at, lead in leads:
            end = gathering[lead.net] if len(lead.net) > 1 else (lead.taker, lead.pin)
            made.wires.append(Wire(at, begin, end))
            if isinstance(end, Link):
                end.joints.add(at)
    made.tracks = [0] * (found.last + 1)
    _set_tracks(made)
    return made


def _gathering(found: Nets, places: Places, made: Links) -> dict[Net, Link]:
    """The links where several outputs come together, with what they lead to."""
    gathering: dict[Net, Link] = {}
    for key, node in found.nodes.items():
        for number, ports in enumerate(node.pins):
            net = frozenset(ports)
            if len(net) > 1:
                last = max(0 if port == RAIL else found.nodes[port[0]].column for port in net)
                gathers = gathering.get(net)
                if gathers is None:
                    gathers = gathering[net] = Link(last, True)
                    made.links.append(gathers)
                line = places.pin_line(key, number)
                gathers.joints.add(line)
                made.wires.append(Wire(line, gathers, (key, number)))
    return gathering


def _set_tracks(made: Links) -> None:
    for gathers in (False, True):
        ends: dict[int, list[int]] = {}
        first = list(made.tracks)
        for each in sorted(
            (link for link in made.links if link.gathers is gathers), key=lambda link: (link.gap, link.top, link.bottom)
        ):
            tracks = ends.setdefault(each.gap, [])
            number = next((number for number, end in enumerate(tracks) if end + 1 < each.top), len(tracks))
            tracks[number : number + 1] = [each.bottom]
            each.track = first[each.gap] + number
            made.tracks[each.gap] = max(made.tracks[each.gap], each.track + 1)
