"""Signals over time in a terminal: a lane for each BOOL and enumeration, a line of braille dots with an axis for each
number. A picture of a given width and height; whoever shows it draws it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from rich.text import Text

from runtime.service.dates import CALENDAR
from runtime.service.tracing.columns import Column, Table
from runtime.service.tracing.plot import Scale

_NAME, _AXIS, _VALUE = 28, 9, 12
_LEAST_PLOT = 20
_LEAST_ROWS, _MOST_ROWS = 2, 8
_BRAILLE = 0x2800
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Of a character, by row and column."""
_TRUE, _FALSE, _BOTH, _UNKNOWN = "█", "▁", "▒", " "
_COLOURS = ("cyan", "green", "yellow", "magenta", "blue")


class Frame(Struct, frozen=True):
    """The part of time that is seen, and the room for it in characters. `gaps`: times of which nothing is known."""

    low_s: float
    high_s: float
    width: int
    height: int
    trigger_s: float | None = None
    gaps: Sequence[tuple[float, float]] = ()
    name_width: int = 0

    @property
    def plot_width(self) -> int:
        return max(_LEAST_PLOT, self.width - self.name_width - _AXIS - _VALUE - 4)

    @property
    def step_s(self) -> float:
        return max(self.high_s - self.low_s, 1e-9) / self.plot_width


def picture(table: Table, frame: Frame) -> list[Text]:
    """The lines, as many as fit: of signals that do not, the last line says how many they are."""
    frame = replace(frame, name_width=min(_NAME, max(len(column.kind.title) for column in table.columns)))
    room = max(3, frame.height - 2)
    lanes = sum(_is_lane(column) for column in table.columns)
    curves = len(table.columns) - lanes
    rows = max(_LEAST_ROWS, min(_MOST_ROWS, (room - lanes) // curves if curves else 0))
    lines, left = list[Text](), len(table.columns)
    for number, column in enumerate(table.columns):
        colour = _COLOURS[number % len(_COLOURS)]
        needed = 1 if _is_lane(column) else rows
        if len(lines) + needed > room and lines:
            break
        drawn = _lane(table, column, frame) if _is_lane(column) else _curve(table, column, frame, rows)
        lines += _framed(column, list(drawn), colour, frame.name_width)
        left -= 1
    lines += _time_axis(frame)
    if left:
        lines.append(Text(f"and {left} more, for which the terminal is too low", style="dim"))
    return lines


def _is_lane(column: Column) -> bool:
    return column.kind.is_bool or bool(column.kind.labels) or column.kind.base in CALENDAR


class _Row(Struct, frozen=True):
    axis: str
    drawn: str


def _framed(column: Column, rows: list[_Row], colour: str, width: int) -> Iterator[Text]:
    """Name on the left, the newest value on the right, both in the middle of the height."""
    title = column.kind.title
    name = title if len(title) <= width else f"…{title[1 - width :]}"
    newest = Column(column.kind, column.values[-1:]).texts() if len(column.values) else [""]
    value = _number(newest[0])
    for number, row in enumerate(rows):
        here = number == (len(rows) - 1) // 2
        line = Text(f"{name if here else '':<{width}} ", style="bold")
        line.append(f"{row.axis:>{_AXIS}} ", style="not bold dim")
        line.append(row.drawn, style=f"not bold {colour}")
        line.append(f"  {value if here else ''}", style="not bold")
        yield line


def _number(text: str) -> str:
    return text if len(text) <= _VALUE else f"{float(text):.5g}" if _is_number(text) else f"{text[: _VALUE - 1]}…"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------------------------------------------------------- lanes


def _lane(table: Table, column: Column, frame: Frame) -> Iterator[_Row]:
    parts = _parts(table, frame, frame.plot_width)
    if column.kind.is_bool:
        yield _Row("", "".join(_bool_sign(column.values[part]) for part in parts))
        return
    signs, before = [_UNKNOWN] * frame.plot_width, None
    changes = list[tuple[int, str]]()
    for place, part in enumerate(parts):
        seen = column.values[part]
        if len(seen) and seen[-1] != before:
            before = seen[-1]
            changes.append((place, Column(column.kind, seen[-1:]).texts()[0]))
        if len(seen):
            signs[place] = "─"
    for (place, text), end in zip(changes, [*(place for place, _ in changes[1:]), frame.plot_width], strict=True):
        shown = f"│{text}"[: end - place]
        signs[place : place + len(shown)] = shown
    yield _Row("", "".join(signs))


def _bool_sign(seen: NDArray[np.bool_]) -> str:
    if not len(seen):
        return _UNKNOWN
    return _TRUE if seen.all() else _BOTH if seen.any() else _FALSE


def _parts(table: Table, frame: Frame, count: int) -> list[slice]:
    """For each of `count` equal parts of the time the samples that count there: those in it, and where there is none
    the one before, which holds until the next. None at all in gaps and behind the last sample.
    """
    part_s = max(frame.high_s - frame.low_s, 1e-9) / count
    edges = [frame.low_s + number * part_s for number in range(count + 1)]
    at: list[int] = np.searchsorted(table.time_s, edges).tolist()
    last_s = float(table.time_s[-1]) if len(table) else -np.inf
    parts = list[slice]()
    for number in range(count):
        start, end = at[number], at[number + 1]
        if number == count - 1:  # the end belongs to the last part
            end = int(np.searchsorted(table.time_s, edges[-1], side="right"))
        if start == end:
            in_gap = any(low <= edges[number] and edges[number + 1] <= high for low, high in frame.gaps)
            start = end if in_gap or edges[number] > last_s else max(0, end - 1)
        parts.append(slice(start, end))
    return parts


# --------------------------------------------------------------------------------------------------------------- curves


def _curve(table: Table, column: Column, frame: Frame, rows: int) -> Iterator[_Row]:
    values = column.shown.astype(np.float64)
    visible = values[np.searchsorted(table.time_s, frame.low_s) :]
    scale = _scale(visible)
    high = rows * 4
    dots = np.zeros((high, frame.plot_width * 2), np.bool_)
    before: float | None = None
    for place, part in enumerate(_parts(table, frame, frame.plot_width * 2)):
        seen = values[part]
        seen = seen[np.isfinite(seen)]
        if not len(seen):
            before = None
            continue
        ends = [float(seen.min()), float(seen.max()), *([] if before is None else [before])]
        low, top = (round(scale.at(value) * (high - 1)) for value in (min(ends), max(ends)))
        dots[high - 1 - top : high - low, place] = True
        before = float(seen[-1])
    lit = dots.reshape(rows, 4, frame.plot_width, 2)
    cells: list[list[int]] = (lit * _DOTS[:, None, :]).sum(axis=3).sum(axis=1).tolist()
    for number, row in enumerate(cells):
        axis = _axis_text(scale.high) if number == 0 else _axis_text(scale.low) if number == rows - 1 else ""
        yield _Row(axis, "".join(chr(_BRAILLE + cell) if cell else " " for cell in row))


def _scale(values: NDArray[np.float64]) -> Scale:
    """From 0 at the least to 1 at the greatest."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if high - low <= abs(high) * 1e-12:
        room = max(0.5, abs(high) * 1e-6)
        low, high = low - room, high + room
    return Scale(low, high, 0.0, 1.0)


def _axis_text(value: float) -> str:
    return f"{value:.5g}"[:_AXIS]


def _time_axis(frame: Frame) -> Iterator[Text]:
    scale = Scale(frame.low_s, max(frame.high_s, frame.low_s + 1e-9), 0.0, float(frame.plot_width - 1))
    line, texts = ["─"] * frame.plot_width, [" "] * (frame.plot_width + _VALUE)
    free = 0
    for tick in scale.ticks(max(2, frame.plot_width // 14)):
        place = round(scale.at(tick))
        text = f"{tick:g} s"
        start = max(0, min(place - len(text) // 2, len(texts) - len(text)))
        line[place] = "┴"
        if start >= free:
            texts[start : start + len(text)] = text
            free = start + len(text) + 1
    if frame.trigger_s is not None and frame.low_s <= frame.trigger_s <= frame.high_s:
        line[round(scale.at(frame.trigger_s))] = "▲"
    margin = " " * (frame.name_width + _AXIS + 2)
    yield Text(margin + "".join(line), style="dim")
    yield Text((margin + "".join(texts)).rstrip(), style="dim")
