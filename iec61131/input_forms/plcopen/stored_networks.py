"""The networks of a drawing, where the file says what belongs to which: a note in `<addData>` beside the drawing.

The standard's XML has no networks. What wires connect is one, unless this note, which `rung convert` writes, says more:
that two rungs have one title, or that a title has no rung yet.
"""

from __future__ import annotations

from iec61131.graphical.diagram import Diagram, Network
from iec61131.input_forms.plcopen.types import child
from iec61131.input_forms.xml_tree import Element, local

DATA = "rung/networks"


def stored_networks(holder: Element, diagram: Diagram) -> tuple[Network, ...] | None:
    """`holder` is the `<body>`. None where nothing is said, or of elements that are not there."""
    added = child(holder, "addData")
    for data in added.children if added is not None else ():
        networks = child(data, "networks") if data.attributes.get("name") == DATA else None
        if networks is not None:
            return _networks(networks, diagram)
    return None


def _networks(written: Element, diagram: Diagram) -> tuple[Network, ...] | None:
    found: list[Network] = []
    for each in written.children:
        ids = tuple(each.attributes.get("elements", "").split())
        if local(each.name) != "network" or not all(key in diagram.by_id for key in ids):
            return None
        span = diagram.by_id[ids[0]].span if ids else diagram.span
        found.append(Network(each.attributes.get("title", ""), each.attributes.get("comment", ""), span, ids))
    return tuple(found)
