"""A picture with the values of a scan in it."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.graphical.drawing.nodes import VALUE_COLUMNS
from iec61131.graphical.drawing.power import Flow, Value
from iec61131.graphical.drawing.scene import (
    Box,
    Dot,
    Key,
    Picture,
    Rail,
    Role,
    Shape,
    State,
    Symbol,
    Text,
    Wire,
    clipped,
)


def live(picture: Picture, flow: Flow, taken: frozenset[Key]) -> Picture:
    """`taken` are the outputs that somebody takes: their wires show what a BOOL is, so no word has to."""
    return replace(picture, shapes=tuple(_live(shape, flow, taken) for shape in picture.shapes))


def shown(value: Value) -> str:
    """A value as it stands beside a variable."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return clipped(f"{value:.6g}" if isinstance(value, float) else str(value), VALUE_COLUMNS)


def _live(shape: Shape, flow: Flow, taken: frozenset[Key]) -> Shape:
    match shape:
        case Wire() | Dot() | Rail():
            return replace(shape, state=_power(shape.sources, flow)) if shape.sources else shape
        case Symbol() | Box():
            closed = flow.closed.get(shape.element)
            return replace(shape, state=State.PLAIN if closed is None else State.ON if closed else State.OFF)
        case Text() if shape.role is Role.VALUE:
            key = (shape.element, shape.pin)
            value = flow.values.get(key)
            if value is None or (isinstance(value, bool) and shape.pin and key in taken):
                return replace(shape, text="")
            return replace(shape, text=shown(value))
        case _:
            return shape


def _power(sources: tuple[Key, ...], flow: Flow) -> State:
    found = [flow.outputs.get(key) for key in sources]
    if any(value is True for value in found):
        return State.ON
    if None in found:
        return State.UNKNOWN
    return State.OFF if all(value is False for value in found) else State.PLAIN
