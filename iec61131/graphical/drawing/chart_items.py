"""What stands in a picture of a chart: how much room it takes around its axis, and what it looks like.

An item has its axis, on which wires come in from above and go out below, `left` cells to the left of it and `right` to
the right, both without the axis itself.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from iec61131.graphical.conditions import condition_pin
from iec61131.graphical.diagram import (
    ActionBlock,
    BlockAction,
    Branch,
    BranchLine,
    Diagram,
    Element,
    JumpStep,
    Step,
    Transition,
)
from iec61131.graphical.drawing.nodes import NAME_COLUMNS, VALUE_COLUMNS, text_of
from iec61131.graphical.drawing.rungs import Rung, Rungs
from iec61131.graphical.drawing.scene import (
    Anchor,
    Box,
    Frame,
    Kind,
    Role,
    Shape,
    Symbol,
    Text,
    Weight,
    Wire,
    clipped,
    moved,
)
from iec61131.syntax.tree import NameExpression

_STUB = 3
"""Cells of wire between a step and its actions."""
_WORDS_MAX = 40
DOUBLE = frozenset({Branch.SIMULTANEOUS_DIVERGENCE, Branch.SIMULTANEOUS_CONVERGENCE})


class Item(Struct):
    """The wire below it begins in line `bottom` of its `height`. `line` is set for the lines of branches. `is_end`: a
    wire ends there, with an arrow.
    """

    id: str
    height: int
    left: int
    right: int
    draw: Callable[[int, int], list[Shape]]
    bottom: int = 0
    line: Branch | None = None
    is_end: bool = False


def item_of(element: Element, blocks: list[ActionBlock], rungs: Rungs, *, values: bool) -> Item | None:
    """None for what has no place of its own in a chart."""
    match element:
        case Step():
            return _step(element, blocks)
        case Transition():
            rung = rungs.rung(element, values=values)
            return _transition(element, values=values) if rung is None else _with_rung(element, rung)
        case JumpStep():
            return jump(element.id, element.id, element.target.text)
        case BranchLine():
            return Item(element.id, 1, 2, 2, lambda _x, _y: [], line=element.kind)
        case _:
            return None


def jump(id_: str, element: str, target: str) -> Item:
    """An arrow, and where it leads to."""
    shown = clipped(target, NAME_COLUMNS)

    def draw(x: int, y: int) -> list[Shape]:
        return [Text(shown, (x + 2, y), Role.OPERAND, Anchor.START, element, target)]

    return Item(id_, 1, 1, len(shown) + 2, draw, is_end=True)


def _step(step: Step, blocks: list[ActionBlock]) -> Item:
    shown = clipped(step.name.text, NAME_COLUMNS)
    half = max(len(shown), 3) // 2 + 2 + (1 if step.is_initial else 0)
    actions = [(block, action) for block in blocks for action in block.actions]
    rows = [_columns(action) for _, action in actions]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    boxes = sum(width + 3 for width in widths if width) + 1 if rows else 0

    def draw(x: int, y: int) -> list[Shape]:
        frame = Frame.INITIAL_STEP if step.is_initial else Frame.STEP
        shapes: list[Shape] = [
            Box(frame, (x - half, y), (2 * half + 1, 3), step.id),
            Text(shown, (x, y + 1), Role.NAME, Anchor.MIDDLE, step.id, step.name.text),
        ]
        if rows:
            left = x + half + _STUB
            shapes.append(Wire(((x + half, y + 1), (left, y + 1)), ((step.id, ""),)))
            shapes += _actions(left, y, actions, widths)
        return shapes

    height = max(3, len(rows) + 2 if rows else 0)
    return Item(step.id, height, half, half + (_STUB + boxes if rows else 0), draw, bottom=2)


def _columns(action: BlockAction) -> tuple[str, str, str]:
    qualifier = action.qualifier + (f" {text_of(action.time)}" if action.time is not None else "")
    name = action.action.text if action.action is not None else "(drawn here)"
    indicator = text_of(action.indicator) if action.indicator is not None else ""
    return clipped(qualifier, NAME_COLUMNS), clipped(name, NAME_COLUMNS), clipped(indicator, NAME_COLUMNS)


def _actions(left: int, y: int, actions: list[tuple[ActionBlock, BlockAction]], widths: list[int]) -> list[Shape]:
    """A line for each action: its qualifier, its name, its indicator, each column in a box of its own."""
    height = len(actions) + 2
    shapes: list[Shape] = []
    for column, columns in enumerate(widths):
        if not columns:
            continue
        shapes.append(Box(Frame.ACTION, (left, y), (columns + 4, height), actions[0][0].id))
        for row, (block, action) in enumerate(actions, 1):
            role = Role.TYPE if column == 0 else Role.NAME
            shapes.append(Text(_columns(action)[column], (left + 2, y + row), role, Anchor.START, block.id))
        left += columns + 3
    return shapes


def _transition(transition: Transition, *, values: bool) -> Item:
    full = condition_text(transition)
    words = clipped(full, _WORDS_MAX)
    if transition.priority is not None:
        words = f"{transition.priority}: {words}"

    def draw(x: int, y: int) -> list[Shape]:
        return [
            Wire(((x, y), (x, y))),
            Symbol(Kind.TRANSITION, (x, y), transition.id),
            Text(words, (x + 3, y), Role.OPERAND, Anchor.START, transition.id, full),
            Text("", (x + 4 + len(words), y), Role.VALUE, Anchor.START, transition.id),
        ]

    return Item(transition.id, 1, 2, 3 + len(words) + (VALUE_COLUMNS if values else 0), draw)


def _with_rung(transition: Transition, rung: Rung) -> Item:
    """The condition is drawn, at the left of the bar."""
    priority = str(transition.priority) if transition.priority is not None else ""
    (width, height), (bar_x, bar_y) = rung.size, rung.bar

    def draw(x: int, y: int) -> list[Shape]:
        return [
            Wire(((x, y), (x, y + height - 1))),
            *(moved(shape, x - bar_x, y) for shape in rung.shapes),
            Text(priority, (x + 3, y + bar_y), Role.OPERAND, Anchor.START, transition.id),
        ]

    right = max(width - bar_x - 1, 2 + len(priority))
    return Item(transition.id, height, bar_x, right, draw, bottom=height - 1)


def condition_text(transition: Transition) -> str:
    """The condition in words; of one that is drawn, that it is."""
    if isinstance(transition.condition, NameExpression):
        return transition.condition.name.text  # whose place is an attribute, which is no text for the lexer
    if transition.condition is not None:
        return text_of(transition.condition)
    pin = condition_pin(transition)
    return "?" if pin is None or not pin.sources else "(too large)"


def action_blocks(diagram: Diagram) -> dict[str, list[ActionBlock]]:
    """What each step does, by its id."""
    found: dict[str, list[ActionBlock]] = {}
    for element in diagram.elements:
        if isinstance(element, ActionBlock):
            for pin in element.inputs:
                for source in pin.sources:
                    found.setdefault(source.element, []).append(element)
    return found


def double_of(item: Item) -> Weight:
    return Weight.DOUBLE if item.line in DOUBLE else Weight.SINGLE
