"""Networks of drawings that do not name them."""

from __future__ import annotations

from iec61131.graphical.diagram import Box, Comment, Element, Input, Jump, Label, LeftRail, Source
from iec61131.graphical.networks import connected
from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import Name

_SPAN = Span(SourceFile("drawing", ""), 0, 0)


def _jump(name: str, y: int, *sources: str) -> Element:
    pin = Input("", _SPAN, tuple(Source(source, "", _SPAN) for source in sources))
    return Jump(id=name, span=_SPAN, box=Box(0, y), inputs=(pin,), label=Name("a", _SPAN))


def test_what_wires_connect_is_one_network_from_top_to_bottom() -> None:
    rail = LeftRail(id="1", span=_SPAN)
    drawing = [_jump("2", 200, "1"), rail, _jump("3", 100, "1"), _jump("4", 300, "3")]
    assert [network.elements for network in connected(drawing)] == [("3", "4"), ("2",)]


def test_labels_and_comments_belong_to_the_network_below() -> None:
    label = Label(id="5", span=_SPAN, box=Box(0, 150), name=Name("a", _SPAN))
    comment = Comment(id="6", span=_SPAN, box=Box(0, 10), text="first")
    found = connected([_jump("2", 100), _jump("3", 200), label, comment])
    assert [(network.elements, network.comment) for network in found] == [(("2", "6"), "first"), (("3", "5"), "")]
