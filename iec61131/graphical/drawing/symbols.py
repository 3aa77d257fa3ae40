"""The symbols of SVG, in the style of IEC 60617: where a cell lies, and what is drawn there."""

from __future__ import annotations

from iec61131.graphical.drawing.scene import Box, Frame, Kind, Symbol

CELL, LINE = 8, 20
"""A cell in pixels."""
_HALF = 9  # of the height of a contact or coil


def x_of(cell: int) -> int:
    """The middle of a cell."""
    return cell * CELL + CELL // 2


def y_of(line: int) -> int:
    return line * LINE + LINE // 2


def symbol(shape: Symbol) -> str:
    x, y = x_of(shape.at[0]), y_of(shape.at[1])
    match shape.kind:
        case Kind.CONTACT:
            half = CELL * (1 + len(shape.mark) // 2)
            return _path(f"M{x - half} {y - _HALF}v{2 * _HALF}M{x + half} {y - _HALF}v{2 * _HALF}") + _mark(shape, x, y)
        case Kind.COIL:
            half = CELL * (1 + len(shape.mark) // 2)
            left = f"M{x - half + 4} {y - _HALF}a12.1 12.1 0 0 0 0 {2 * _HALF}"
            right = f"M{x + half - 4} {y - _HALF}a12.1 12.1 0 0 1 0 {2 * _HALF}"
            return _path(left + right) + _mark(shape, x, y)
        case Kind.TRANSITION:
            return f'<path class="bar" d="M{x - 12} {y}h24"/>'
        case Kind.NEGATION:
            return f'<circle class="hole" cx="{x}" cy="{y}" r="4"/>'
        case Kind.EDGE:
            way = 7 if shape.mark == "P" else -7
            start = x if shape.mark == "P" else x + 7
            return f'<path class="hole" d="M{start} {y - 5}l{way} 5l{-way} 5"/>'


def _mark(shape: Symbol, x: int, y: int) -> str:
    """`/` is a line through the symbol, letters are letters."""
    letters = shape.mark.replace("/", "")
    drawn = ""
    if "/" in shape.mark:
        drawn = _path(f"M{x - 5} {y + 7}L{x + 5} {y - 7}") if not letters else _path(f"M{x - 11} {y + 7}l6 -14")
    if letters:
        drawn += f'<text class="mark" x="{x + (4 if drawn else 0)}" y="{y + 4}">{letters}</text>'
    return drawn


def box(shape: Box) -> str:
    (x, y), (width, height) = shape.at, shape.size
    drawn = _frame(shape, x_of(x), y_of(y), (width - 1) * CELL, (height - 1) * LINE)
    if shape.frame is Frame.INITIAL_STEP:
        inner = _frame(shape, x_of(x) + 4, y_of(y) + 4, (width - 1) * CELL - 8, (height - 1) * LINE - 8)
        return drawn + inner
    return drawn


def _frame(shape: Box, x: int, y: int, width: int, height: int) -> str:
    return f'<rect class="{shape.frame.value.split()[-1]}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def _path(data: str) -> str:
    return f'<path d="{data}"/>'
