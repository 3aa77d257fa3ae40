"""A scene as text: a character for each cell."""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from iec61131.graphical.drawing.characters import DOUBLE, DOWN, HEAVY, LEFT, LIGHT, RIGHT, UP, ascii_line, unicode_line
from iec61131.graphical.drawing.scene import (
    Anchor,
    Box,
    Dot,
    Frame,
    Kind,
    Picture,
    Point,
    Rail,
    Role,
    Shape,
    State,
    Symbol,
    Text,
    Weight,
    Wire,
)

_BOLD_GREEN, _DIM, _RED, _CYAN, _RESET = "\x1b[1;32m", "\x1b[2m", "\x1b[1;31m", "\x1b[36m", "\x1b[0m"
_STATES = {State.ON: _BOLD_GREEN, State.UNKNOWN: _DIM}
_MARKS = {Kind.CONTACT: ("┤", "├"), Kind.COIL: ("(", ")")}
_ASCII = {"┤": "|", "├": "|", "…": "~", "▶": ">", "▼": "v", "○": "o", "◀": "<"}


class Style(Struct, frozen=True):
    """`ascii`: only characters that every printer has."""

    ascii: bool = False
    colour: bool = False


class Window(Struct, frozen=True):
    """How much of a network is shown: what is around the marks."""

    columns: int
    lines: int = 24


def text(
    picture: Picture, style: Style, marked: frozenset[str] = frozenset(), window: Window | None = None
) -> list[str]:
    """The lines of one network. Below the elements `marked` stands a line with `^` where they are."""
    canvas = _Canvas(style)
    for shape in picture.shapes:
        canvas.add(shape, marked)
    return canvas.lines(picture.size, window)


class _Canvas:
    def __init__(self, style: Style) -> None:
        self._style = style
        self._sides: dict[Point, list[int]] = {}
        self._characters: dict[Point, str] = {}
        self._colours: dict[Point, str] = {}
        self._dots: set[Point] = set()
        self._marks: dict[int, set[int]] = {}

    def add(self, shape: Shape, marked: frozenset[str]) -> None:
        match shape:
            case Wire():
                self._wire(shape)
            case Rail():
                weight = HEAVY if shape.state is State.ON else LIGHT
                x, y = shape.at
                self._stroke((x, y - 1), (x, shape.bottom + 1), weight, shape.state)  # it begins and ends nowhere
            case Dot():
                self._dots.add(shape.at)
            case Box():
                self._box(shape)
            case Symbol():
                self._symbol(shape)
            case Text():
                self._text(shape)
        if isinstance(shape, (Box, Symbol, Text)) and shape.element in marked:
            self._mark(shape)

    def _wire(self, wire: Wire) -> None:
        weight = HEAVY if wire.state is State.ON else DOUBLE if wire.weight is Weight.DOUBLE else LIGHT
        for begin, end in pairwise(wire.points):
            self._stroke(begin, end, weight, wire.state)
        if wire.arrow and len(wire.points) > 1:
            (x0, y0), (x, y) = wire.points[-2:]
            self._put((x, y), ("▶" if x > x0 else "◀") if y == y0 else "▼", wire.state)

    def _stroke(self, begin: Point, end: Point, weight: int, state: State) -> None:
        (x0, y0), (x1, y1) = sorted((begin, end))
        if y0 == y1:
            for x in range(x0, x1 + 1):
                sides = self._sides.setdefault((x, y0), [0, 0, 0, 0])
                if x > x0:
                    sides[LEFT] = max(sides[LEFT], weight)
                if x < x1:
                    sides[RIGHT] = max(sides[RIGHT], weight)
                self._colour((x, y0), state)
        else:
            for y in range(y0, y1 + 1):
                sides = self._sides.setdefault((x0, y), [0, 0, 0, 0])
                if y > y0:
                    sides[UP] = max(sides[UP], weight)
                if y < y1:
                    sides[DOWN] = max(sides[DOWN], weight)
                self._colour((x0, y), state)

    def _colour(self, at: Point, state: State) -> None:
        colour = _STATES.get(state)
        if colour is not None and (state is State.ON or at not in self._colours):
            self._colours[at] = colour

    def _box(self, box: Box) -> None:
        (x, y), (width, height) = box.at, box.size
        right, bottom = x + width - 1, y + height - 1
        weight = HEAVY if box.state is State.ON else DOUBLE if box.frame is Frame.INITIAL_STEP else LIGHT
        corners = ((x, y), (right, y), (right, bottom), (x, bottom), (x, y))
        for begin, end in pairwise(corners):
            self._stroke(begin, end, weight, box.state)

    def _symbol(self, symbol: Symbol) -> None:
        (x, y), mark = symbol.at, symbol.mark
        if symbol.kind is Kind.NEGATION:
            self._put((x, y), "○", symbol.state)
            return
        if symbol.kind is Kind.EDGE:
            self._put((x, y), ">" if mark == "P" else "<", symbol.state)
            return
        if symbol.kind is Kind.TRANSITION:
            self._dots.add((x, y))
            for begin in ((x - 1, y), (x, y)):
                self._stroke(begin, (begin[0] + 1, y), HEAVY, symbol.state)
            return
        half = 1 + len(mark) // 2
        inside = mark.center(2 * half - 1)
        opening, closing = _MARKS[symbol.kind]
        for offset, character in enumerate(opening + inside + closing):
            self._put((x - half + offset, y), character, symbol.state)

    def _text(self, shape: Text) -> None:
        x, y = _start(shape)
        for offset, character in enumerate(shape.text):
            self._put((x + offset, y), character, shape.state)
        if self._style.colour and shape.role is Role.VALUE:
            for offset in range(len(shape.text)):
                self._colours[x + offset, y] = _CYAN

    def _put(self, at: Point, character: str, state: State) -> None:
        self._characters[at] = _ASCII.get(character, character) if self._style.ascii else character
        self._colour(at, state)

    def _mark(self, shape: Box | Symbol | Text) -> None:
        if isinstance(shape, Box):
            line, first, length = shape.at[1] + shape.size[1] - 1, shape.at[0], shape.size[0]
        elif isinstance(shape, Symbol):
            line, first, length = shape.at[1], shape.at[0] - 1, 3
        elif shape.role is not Role.OPERAND:
            return  # it stands at a symbol or in a box, which has the mark
        else:
            line, first, length = shape.at[1], _start(shape)[0], len(shape.text)
        self._marks.setdefault(line, set()).update(range(first, first + length))

    # ----------------------------------------------------------------------------------------------------------- lines

    def lines(self, size: tuple[int, int], window: Window | None) -> list[str]:
        columns, lines = range(size[0]), range(size[1])
        if window is not None:
            marks = [x for cells in self._marks.values() for x in cells]
            columns = _part(columns, marks, window.columns)
            lines = _part(lines, list(self._marks), window.lines)
        used: dict[int, list[int]] = {y: [] for y in lines}
        for x, y in {*self._sides, *self._characters}:
            if y in used and x in columns:
                used[y].append(x)
        found: list[str] = []
        for y in lines:
            cells = [(" ", "")] * len(columns)
            for x in used[y]:
                cells[x - columns.start] = self._at((x, y)), self._colours.get((x, y), "")
            found.append(self._line(cells))
            if y in self._marks:
                found.append(self._line([self._below((x, y)) for x in columns]))
        return found

    def _at(self, at: Point) -> str:
        character = self._characters.get(at)
        if character is not None:
            return character
        sides = self._sides.get(at)
        if sides is None:
            return " "
        up, right, down, left = sides
        if up and down and left and right and at not in self._dots:
            right = left = 0  # two wires that cross and do not know each other
        if not (up or down):
            left = right = max(left, right)  # what ends in the open ends with its cell
        line = ascii_line if self._style.ascii else unicode_line
        return line((up, right, down, left))

    def _below(self, at: Point) -> tuple[str, str]:
        """What stands between line `y` and the next: marks, and what goes through."""
        if at[0] in self._marks[at[1]]:
            return "^", _RED
        sides = self._sides.get(at)
        down = sides[DOWN] if sides is not None else 0
        line = ascii_line if self._style.ascii else unicode_line
        return line((down, 0, down, 0)), self._colours.get(at, "")

    def _line(self, cells: list[tuple[str, str]]) -> str:
        if not self._style.colour:
            return "".join(character for character, _ in cells).rstrip()
        parts: list[str] = []
        now = ""
        for character, colour in cells:
            if colour != now:
                parts.append(_RESET if now else "")
                parts.append(colour)
                now = colour
            parts.append(character)
        return "".join(parts).rstrip() + (_RESET if now else "")


def _part(whole: range, marks: list[int], length: int) -> range:
    """So much of the whole, with the marks in the middle as far as that is possible."""
    if len(whole) <= length:
        return whole
    middle = (min(marks) + max(marks)) // 2 if marks else 0
    start = min(max(middle - length // 2, 0), len(whole) - length)
    return range(start, start + length)


def _start(shape: Text) -> Point:
    x, y = shape.at
    length = len(shape.text)
    return (
        x if shape.anchor is Anchor.START else x - length // 2 if shape.anchor is Anchor.MIDDLE else x - length + 1
    ), y
