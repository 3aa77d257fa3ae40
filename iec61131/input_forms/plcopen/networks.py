"""Networks as CODESYS delimits them: each begins with a comment, a label or none, and an element with its title."""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.graphical import diagram
from iec61131.graphical.diagram import Comment, LeftRail, Network, RightRail
from iec61131.input_forms.plcopen.additions import additions
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.types import child
from iec61131.input_forms.xml_tree import Element, local

_BEFORE_TITLE = frozenset({"comment", "label"})


def titled(document: Document, body: Element, elements: Sequence[diagram.Element]) -> tuple[Network, ...]:
    """The networks, none where nothing delimits them."""
    written = body.children
    titles = [number for number, each in enumerate(written) if _is_title(document, each)]
    begins: list[int] = []
    for title in titles:
        begin = title
        while begin > 0 and local(written[begin - 1].name) in _BEFORE_TITLE:
            begin -= 1
        begins.append(begin)
    found: list[Network] = []
    places = [element for element in elements if not isinstance(element, LeftRail | RightRail)]
    next_place = 0
    for number, (begin, title) in enumerate(zip(begins, titles, strict=True)):
        last = written[begins[number + 1]].start if number + 1 < len(begins) else body.end
        inside: list[diagram.Element] = []
        while next_place < len(places) and places[next_place].span.start < last:
            if places[next_place].span.start >= written[begin].start:
                inside.append(places[next_place])
            next_place += 1
        holder = child(written[title], "alternativeText")
        text = document.plain_text(holder) if holder is not None else ""
        comment = "\n".join(each.text for each in inside if isinstance(each, Comment) and each.text)
        ids = tuple(each.id for each in inside)
        found.append(Network(text, comment, document.span(written[begin]), ids))
    return tuple(found)


def _is_title(document: Document, written: Element) -> bool:
    kinds = additions(written, "fbdelementtype") if local(written.name) == "vendorElement" else []
    return any(document.plain_text(kind) == "networktitle" for kind in kinds)
