"""Wires that leave the name of their output away, which they may where a block has one, and outputs with marks: a wire
from an output for edges, or from the negated side of a variable, begins behind a connector that has the mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from iec61131.graphical.diagram import Block, Box, Connector, Continuation, Element, Input, Source
from iec61131.syntax.tree import Edge, Name

_ENABLED = "ENO"


def with_named_pins(read: Mapping[str, Element]) -> tuple[Element, ...]:
    """The elements, with the names of outputs where there is but one that can be meant."""
    meant = {block.id: pin for block in read.values() if isinstance(block, Block) and (pin := _only_output(block))}
    return tuple(_with_names(element, meant) for element in read.values())


def _only_output(block: Block) -> str:
    """Its name; empty where it is so or where there are several."""
    names = [pin.name for pin in block.outputs]
    others = [name for name in names if name.upper() != _ENABLED and name not in block.in_outs] or names
    return others[0] if len(others) == 1 else ""


def _with_names(element: Element, meant: Mapping[str, str]) -> Element:
    if not any(source.pin == "" and source.element in meant for pin in element.inputs for source in pin.sources):
        return element
    return replace(element, inputs=tuple(_pin_with_names(pin, meant) for pin in element.inputs))


def _pin_with_names(pin: Input, meant: Mapping[str, str]) -> Input:
    return replace(pin, sources=tuple(_source_with_name(source, meant) for source in pin.sources))


def _source_with_name(source: Source, meant: Mapping[str, str]) -> Source:
    return replace(source, pin=meant[source.element]) if source.pin == "" and source.element in meant else source


class Mark(Struct, frozen=True):
    """What becomes of the value of an output before a wire takes it; `box` is that of the element."""

    edge: Edge | None
    negated: bool
    box: Box


def with_marks(elements: Sequence[Element], marks: Mapping[tuple[str, str], Mark]) -> tuple[Element, ...]:
    """The elements, with a connector behind each output that has a mark."""
    if not marks:
        return tuple(elements)
    found = [_with_ends(element, marks) for element in elements]
    spans = {element.id: element.span for element in elements}
    sources = (source for element in elements for pin in element.inputs for source in pin.sources)
    for key in dict.fromkeys((source.element, source.pin) for source in sources):
        if key in marks and key[0] in spans:
            span, mark = spans[key[0]], marks[key]
            name = Name(_end(key), span)
            pin = Input(key[1], span, (Source(*key, span),), mark.negated, mark.edge)
            found.append(Connector(id=f"{_end(key)} end", span=span, box=mark.box, inputs=(pin,), name=name))
            found.append(Continuation(id=_end(key), span=span, box=mark.box, name=name))
    return tuple(found)


def _end(key: tuple[str, str]) -> str:
    """No id of a file has a blank in the middle."""
    return f"{key[0]} {key[1] or 'out'}"


def _with_ends(element: Element, marks: Mapping[tuple[str, str], Mark]) -> Element:
    inputs = (replace(pin, sources=tuple(_behind_mark(each, marks) for each in pin.sources)) for pin in element.inputs)
    return replace(element, inputs=tuple(inputs))


def _behind_mark(source: Source, marks: Mapping[tuple[str, str], Mark]) -> Source:
    key = (source.element, source.pin)
    return replace(source, element=_end(key), pin="") if key in marks else source
