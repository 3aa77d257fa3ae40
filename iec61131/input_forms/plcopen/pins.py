"""Wires that leave the name of their output away, which they may where a block has one."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from iec61131.graphical.diagram import Block, Element, Input, Source

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
