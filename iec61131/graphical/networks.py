"""The networks of a drawing that does not name them: what wires connect, power rails left aside.

They come from top to bottom, by the first thing in each of them. A label belongs to the network below it, and so does
a comment: its words are what the network says to people.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.graphical.diagram import Comment, Connector, Continuation, Element, Label, LeftRail, Network, RightRail
from iec61131.graphical.order import rows

_RAILS = (LeftRail, RightRail)
_LOOSE = (Label, Comment)


def connected(elements: Sequence[Element]) -> tuple[Network, ...]:
    """The networks of ladder and function block diagrams."""
    stored = {element.id: number for number, element in enumerate(elements)}
    drawn = [element for element in rows(list(elements)) if not isinstance(element, _RAILS)]
    groups = _groups([element for element in drawn if not isinstance(element, _LOOSE)])
    found: list[Network] = []
    above: list[Element] = []
    seen: set[str] = set()
    for element in drawn:
        if isinstance(element, _LOOSE):
            above.append(element)
        elif (group := groups[element.id]) and group[0].id not in seen:
            seen.add(group[0].id)
            found.append(_network([*above, *group], stored))
            above.clear()
    if above:
        found.append(_network(above, stored))
    return tuple(found)


def joined(one: Network, other: Network) -> Network:
    """Both as one."""
    title = ", ".join(text for text in (one.title, other.title) if text)
    comment = "\n".join(text for text in (one.comment, other.comment) if text)
    return Network(title, comment, one.span, (*one.elements, *other.elements))


def _network(elements: list[Element], stored: dict[str, int]) -> Network:
    comment = "\n".join(element.text for element in elements if isinstance(element, Comment))
    ids = sorted((element.id for element in elements), key=stored.__getitem__)
    return Network("", comment, elements[0].span, tuple(ids))


def _groups(elements: list[Element]) -> dict[str, list[Element]]:
    """For the id of each element all that it is connected with, itself among them."""
    by_id = {element.id: element for element in elements}
    ends = {element.name.key: element for element in elements if isinstance(element, Connector)}
    groups = {element.id: [element] for element in elements}
    for element in elements:
        begins = {source.element for pin in element.inputs for source in pin.sources if source.element in by_id}
        if isinstance(element, Continuation) and element.name.key in ends:
            begins.add(ends[element.name.key].id)
        for begin in begins:
            _join(groups, groups[begin], groups[element.id])
    return groups


def _join(groups: dict[str, list[Element]], one: list[Element], other: list[Element]) -> None:
    if one is other:
        return
    large, small = (one, other) if len(one) >= len(other) else (other, one)
    large += small
    for element in small:
        groups[element.id] = large
