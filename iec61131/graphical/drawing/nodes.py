"""How much room an element of a ladder or function block diagram takes, where its pins are, and what it looks like.

Line 0 of a node is that of its first pins. Variables that feed one pin of a block, or take from one, are written beside
the pin and belong to the node of the block.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from iec61131.graphical.conditions import condition_pin
from iec61131.graphical.diagram import (
    Block,
    Coil,
    Connector,
    Contact,
    Continuation,
    Element,
    InVariable,
    Jump,
    Label,
    OutVariable,
    Return,
    Storage,
    Transition,
)
from iec61131.graphical.drawing.scene import Anchor, Box, Frame, Kind, Role, Shape, Symbol, Text, Wire, clipped
from iec61131.syntax.tree import Edge, Expression

NAME_COLUMNS = 32
VALUE_COLUMNS = 9
_STUB = 2
"""Cells of wire between a block and a variable beside it."""
_EDGES = {Edge.RISING: "P", Edge.FALLING: "N"}
_STORAGES = {Storage.SET: "S", Storage.RESET: "R"}


class Beside(Struct):
    """The variables that are written beside the pins of a block: by the number of the input, by the name of the
    output.
    """

    inputs: dict[int, InVariable] = field(default_factory=dict[int, InVariable])
    outputs: dict[str, OutVariable] = field(default_factory=dict[str, OutVariable])


class Node(Struct):
    """`element` is None for a joint. `above` and `below` are lines, the latter with line 0. `entry` and `exit` are the
    cells, from the first of its `width`, where wires end and begin; `inputs` by number and `outputs` by name have their
    lines.
    """

    element: Element | None
    width: int
    above: int
    below: int
    entry: int
    exit: int
    inputs: dict[int, int]
    outputs: dict[str, int]
    draw: Callable[[int, int], list[Shape]]


def node_of(element: Element, beside: Beside, *, values: bool) -> Node:
    """`values`: with room for them."""
    match element:
        case Contact():
            return _symbol(element, Kind.CONTACT, text_of(element.variable), _contact_mark(element))
        case Coil():
            return _symbol(element, Kind.COIL, text_of(element.variable), _coil_mark(element))
        case Block():
            return _Block(element, beside, values=values).node()
        case InVariable():
            return _variable(element, text_of(element.expression), at_left=True, values=values)
        case OutVariable():
            return _variable(element, text_of(element.expression), at_left=False, values=values)
        case Connector():
            return _word(element, f"{clipped(element.name.text, NAME_COLUMNS)} >", has_input=True)
        case Continuation():
            return _word(element, f"> {clipped(element.name.text, NAME_COLUMNS)}", has_input=False)
        case Jump():
            return _word(element, f">> {clipped(element.label.text, NAME_COLUMNS)}", has_input=True)
        case Return():
            return _word(element, "<RETURN>", has_input=True)
        case Transition():
            return _bar(element)
        case Label():
            return _word(element, f"{clipped(element.name.text, NAME_COLUMNS)}:", has_input=False)
        case _:
            return _word(element, type(element).__name__, has_input=True)


def _bar(element: Transition) -> Node:
    """The end of its condition: the bar of the transition, whose middle is its exit."""
    pin = condition_pin(element)
    marks = [Kind.NEGATION] if pin is not None and pin.negated else []
    marks += [Kind.EDGE] if pin is not None and pin.edge is not None else []
    middle = len(marks) + 1

    def draw(x: int, y: int) -> list[Shape]:
        edge = _EDGES[pin.edge] if pin is not None and pin.edge is not None else ""
        shapes: list[Shape] = [Symbol(Kind.TRANSITION, (x + middle, y), element.id)]
        shapes += [Symbol(kind, (x + number, y), element.id, edge) for number, kind in enumerate(marks)]
        return shapes

    return Node(element, middle + 2, 0, 1, 0 if not marks else -1, middle, {0: 0}, {}, draw)


def joint_node() -> Node:
    """A piece of wire, behind which several pins take what is joined before it."""
    return Node(None, 1, 0, 1, 0, 0, {0: 0}, {"": 0}, lambda _x, _y: [])


def text_of(expression: Expression) -> str:
    """As it was written, in one line."""
    return " ".join(expression.span.text.split())


def _contact_mark(contact: Contact) -> str:
    return ("/" if contact.negated else "") + (_EDGES[contact.edge] if contact.edge is not None else "")


def _coil_mark(coil: Coil) -> str:
    mark = "/" if coil.negated else ""
    mark += _EDGES[coil.edge] if coil.edge is not None else ""
    return mark + (_STORAGES[coil.storage] if coil.storage is not None else "")


def _symbol(element: Contact | Coil, kind: Kind, name: str, mark: str) -> Node:
    """`--| |--` with the name above, and below a line for the value."""
    shown = clipped(name, NAME_COLUMNS)
    half = 1 + len(mark) // 2  # cells at each side of the middle
    width = max(len(shown), 2 * half + 1)
    middle = width // 2

    def draw(x: int, y: int) -> list[Shape]:
        centre = x + middle
        return [
            Text(shown, (centre, y - 1), Role.NAME, Anchor.MIDDLE, element.id, name),
            Symbol(kind, (centre, y), element.id, mark),
            Text("", (centre, y + 1), Role.VALUE, Anchor.MIDDLE, element.id),
        ]

    return Node(element, width, 1, 2, middle - half, middle + half, {0: 0}, {"": 0}, draw)


def _word(element: Element, word: str, *, has_input: bool) -> Node:
    def draw(x: int, y: int) -> list[Shape]:
        return [Text(word, (x, y), Role.OPERAND, Anchor.START, element.id)]

    if has_input:
        return Node(element, len(word), 0, 1, -1, len(word), {0: 0}, {}, draw)
    return Node(element, len(word), 0, 1, 0, len(word), {}, {"": 0}, draw)


def _variable(element: InVariable | OutVariable, name: str, *, at_left: bool, values: bool) -> Node:
    """By itself, with a wire to somewhere else than a block, or to several places."""
    shown = clipped(name, NAME_COLUMNS)
    room = VALUE_COLUMNS + 1 if values else 0
    width = len(shown) + room + (2 if element.negated else 0)

    def draw(x: int, y: int) -> list[Shape]:
        shapes: list[Shape] = []
        start = x + (2 if element.negated and not at_left else 0)
        if element.negated:
            circle = x + width - 1 if at_left else x
            shapes.append(Symbol(Kind.NEGATION, (circle, y), element.id))
        end = start + len(shown) + room - 1
        if at_left:
            shapes.append(Text(shown, (end, y), Role.OPERAND, Anchor.END, element.id, name))
            shapes.append(Text("", (end - len(shown) - 1, y), Role.VALUE, Anchor.END, element.id))
        else:
            shapes.append(Text(shown, (start, y), Role.OPERAND, Anchor.START, element.id, name))
            shapes.append(Text("", (start + len(shown) + 1, y), Role.VALUE, Anchor.START, element.id))
        return shapes

    inputs = {0: 0} if element.inputs else {}
    return Node(element, width, 0, 1, 0 if element.negated and not at_left else -1, width, inputs, {"": 0}, draw)


class _Block:
    """A box with its type in it, its name above it, its inputs at the left and its outputs at the right."""

    def __init__(self, block: Block, beside: Beside, *, values: bool) -> None:
        self._block = block
        self._room = VALUE_COLUMNS + 1 if values else 0
        self._type = clipped(block.type_name.text, NAME_COLUMNS)
        self._name = clipped(text_of(block.instance), NAME_COLUMNS) if block.instance is not None else ""
        self._left = {n: clipped(text_of(v.expression), NAME_COLUMNS) for n, v in beside.inputs.items()}
        self._right = {n: clipped(text_of(v.expression), NAME_COLUMNS) for n, v in beside.outputs.items()}
        self._beside = beside
        left = max((min(len(pin.name), NAME_COLUMNS) for pin in block.inputs), default=0)
        right = max((min(len(pin.name), NAME_COLUMNS) for pin in block.outputs), default=0)
        inner = max(left + right + 2, len(self._type) + 2, len(self._name) - 2)
        self._box_width = (inner | 1) + 2  # odd, so that what stands in its middle does
        self._lines = max(len(block.inputs), len(block.outputs), 1)
        # A variable at the left, its value before it, a piece of wire; the same mirrored.
        self._before = max((len(t) + self._room + _STUB for t in self._left.values()), default=0)
        behind = [len(text) + self._room + _STUB for text in self._right.values()]
        if values and len(self._right) < len(block.outputs):
            behind.append(_STUB + self._room)
        self._behind = max(behind, default=0)

    def node(self) -> Node:
        block, before = self._block, self._before
        return Node(
            block,
            before + self._box_width + self._behind,
            3 if self._name else 2,
            self._lines + 2,
            before,
            before + self._box_width - 1,
            {number: number for number in range(len(block.inputs))},
            {pin.name: number for number, pin in reversed(list(enumerate(block.outputs)))},
            self.draw,
        )

    def draw(self, x: int, y: int) -> list[Shape]:
        block = self._block
        left, width = x + self._before, self._box_width
        right, middle = left + width - 1, left + width // 2
        shapes: list[Shape] = [
            Box(Frame.BLOCK, (left, y - 2), (width, self._lines + 3), block.id),
            Text(self._type, (middle, y - 1), Role.TYPE, Anchor.MIDDLE, block.id),
        ]
        if self._name:
            shapes.append(Text(self._name, (middle, y - 3), Role.NAME, Anchor.MIDDLE, block.id))
        for number, pin in enumerate(block.inputs):
            shapes += self._input(number, clipped(pin.name, NAME_COLUMNS), left, y + number)
        for number, pin in enumerate(block.outputs):
            shapes += self._output(pin.name, clipped(pin.name, NAME_COLUMNS), right, y + number)
            if pin.negated:
                shapes.append(Symbol(Kind.NEGATION, (right + 1, y + number), block.id))
        return shapes

    def _input(self, number: int, name: str, left: int, y: int) -> list[Shape]:
        block = self._block
        shapes: list[Shape] = [Text(name, (left + 1, y), Role.PIN, Anchor.START, block.id)] if name else []
        variable, word = self._beside.inputs.get(number), self._left.get(number)
        if variable is not None and word is not None:
            end = left - _STUB - 1
            shapes.append(Text(word, (end, y), Role.OPERAND, Anchor.END, variable.id, text_of(variable.expression)))
            shapes.append(Text("", (end - len(word) - 1, y), Role.VALUE, Anchor.END, variable.id))
            shapes.append(Wire(((end + 1, y), (left, y)), ((variable.id, ""),)))
        edge = block.inputs[number].edge
        if edge is not None:
            shapes.append(Symbol(Kind.EDGE, (left, y), block.id, _EDGES[edge]))
        if block.inputs[number].negated or (variable is not None and variable.negated):
            shapes.append(Symbol(Kind.NEGATION, (left - 1, y), block.id))
        return shapes

    def _output(self, pin: str, name: str, right: int, y: int) -> list[Shape]:
        block = self._block
        shapes: list[Shape] = [Text(name, (right - 1, y), Role.PIN, Anchor.END, block.id)] if name else []
        variable, word = self._beside.outputs.get(pin), self._right.get(pin)
        if variable is not None and word is not None:
            start = right + _STUB + 1
            shapes.append(Wire(((right, y), (start - 1, y)), ((block.id, pin),)))
            shapes.append(Text(word, (start, y), Role.OPERAND, Anchor.START, variable.id, text_of(variable.expression)))
            shapes.append(Text("", (start + len(word) + 1, y), Role.VALUE, Anchor.START, variable.id))
            if variable.negated:
                shapes.append(Symbol(Kind.NEGATION, (right + 2, y), variable.id))
        elif self._room:
            shapes.append(Text("", (right + _STUB, y), Role.VALUE, Anchor.START, block.id, pin=pin))
        return shapes
