"""Signals over time as a picture (SVG): a narrow lane for each BOOL, an axis for each number.

With a reference, that one is drawn dashed below the signal, and the times at which they differ are shaded. The file
needs nothing from elsewhere, and its colours follow the reader's choice of light or dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import floor, isfinite, log10
from typing import Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from runtime.service.tracing.signals import Signals

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 960, 210, 20, 62, 34
_LANE, _AXIS, _GAP = 22, 96, 16
_PLOTTED = _WIDTH - _LEFT - _RIGHT
_NAME_LETTERS = 22
_LABEL_LETTERS = 10
_TICKS = 4

_RULES = """
.trace{--ink:#1f2328;--paper:#fff;--soft:#59636e;--line:#d1d9e0;--found:#0550ae;--wanted:#8c6d1f;--wrong:#cf222e}
@media (prefers-color-scheme:dark){.trace{--ink:#e6edf3;--paper:#0d1117;--soft:#9198a1;--line:#3d444d;--found:#79c0ff;
--wanted:#d29922;--wrong:#ff7b72}}
.trace text{font:12px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--soft)}
.trace .title{font:600 15px system-ui,sans-serif;fill:var(--ink)}.trace .name{fill:var(--ink)}
.trace .paper{fill:var(--paper)}.trace .rule{stroke:var(--line);stroke-width:1}
.trace path{fill:none;stroke-linejoin:round}
.trace .found{stroke:var(--found);stroke-width:1.8}.trace .area{fill:var(--found);fill-opacity:.14}
.trace .wanted{stroke:var(--wanted);stroke-width:1.6;stroke-dasharray:5 4}
.trace .trigger{stroke:var(--wrong);stroke-width:1.2;stroke-dasharray:2 3}.trace .gap{fill:var(--soft);fill-opacity:.25}
.trace .wrong{fill:var(--wrong);fill-opacity:.2}.trace .end{text-anchor:end}.trace .middle{text-anchor:middle}
"""


class Plot(Struct, frozen=True):
    """What is to be seen. `wanted` has the same names as `found`; `marks` the times at which they differ. `labels` are
    those of signals that are enumerations, by their numbers; `trigger_s` is when a trigger fired; `gaps` are times of
    which nothing is known.
    """

    title: str
    found: Signals
    wanted: Signals | None = None
    marks: Mapping[str, NDArray[np.float64]] = field(default_factory=dict[str, "NDArray[np.float64]"])
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict[str, "Mapping[int, str]"])
    trigger_s: float | None = None
    gaps: Sequence[tuple[float, float]] = ()


class Scale(Struct, frozen=True):
    """From numbers to places on the paper, and the round numbers to be written there."""

    low: float
    high: float
    start: float
    length: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * self.length

    def ticks(self, count: int, least_step: float = 0.0) -> list[float]:
        step = max(_round_step((self.high - self.low) / count), least_step)
        first = -floor(-self.low / step + 1e-9)
        return [n * step for n in range(first, floor(self.high / step + 1e-9) + 1)]


def _round_step(step: float) -> float:
    """The next of 1, 2, 5, 10, .. that is not less."""
    power = 10.0 ** floor(log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def svg(plot: Plot) -> str:
    """The whole file."""
    times = _scale([each.time_s for each in _both(plot)], _LEFT, _PLOTTED)
    height, parts = _TOP, list[str]()
    for name, values in plot.found.values.items():
        tall = _LANE if values.dtype == np.bool_ else _AXIS
        parts += _signal(plot, name, times, height, tall)
        height += tall + _GAP
    parts = [*_gaps(plot, times, height), *parts, *_trigger(plot, times, height)]
    parts += _time_axis(times, height)
    parts.append(_text(20, 28, plot.title, "title"))
    if plot.wanted is not None:
        parts += _legend()
    total = height + _BOTTOM
    size = f'width="{_WIDTH}" height="{total}" viewBox="0 0 {_WIDTH} {total}"'
    paper = f'<rect class="paper" width="{_WIDTH}" height="{total}"/>'
    body = "\n".join([f"<style>{_RULES}</style>", paper, *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" class="trace" {size}>\n{body}\n</svg>\n'


def _both(plot: Plot) -> list[Signals]:
    return [plot.found, *([plot.wanted] if plot.wanted is not None else [])]


def _scale(parts: Sequence[NDArray[Any]], start: float, length: float) -> Scale:
    """Over all that is to be seen; whatever is no number is left out of it."""
    together = np.concatenate([part.astype(np.float64) for part in parts])
    together = together[np.isfinite(together)]
    low, high = (float(together.min()), float(together.max())) if len(together) else (0.0, 1.0)
    if high - low <= abs(high) * 1e-12:
        room = max(0.5, abs(high) * 1e-6)
        low, high = low - room, high + room
    return Scale(low, high, start, length)


def _legend() -> Iterator[str]:
    yield f'<path class="found" d="M{_WIDTH - 330} 24h26"/>' + _text(_WIDTH - 298, 28, "now")
    yield f'<path class="wanted" d="M{_WIDTH - 250} 24h26"/>' + _text(_WIDTH - 218, 28, "reference")
    yield f'<rect class="wrong" x="{_WIDTH - 130}" y="17" width="26" height="14"/>' + _text(_WIDTH - 98, 28, "differs")


def _time_axis(times: Scale, bottom: float) -> Iterator[str]:
    for tick in times.ticks(8):
        x = times.at(tick)
        yield f'<path class="rule" d="M{x:.1f} {bottom - _GAP + 4:g}v6"/>'
        yield _text(x, bottom + 8, f"{tick:g} s", "middle")


def _trigger(plot: Plot, times: Scale, bottom: float) -> Iterator[str]:
    if plot.trigger_s is not None and times.low <= plot.trigger_s <= times.high:
        x = times.at(plot.trigger_s)
        yield f'<path class="trigger" d="M{x:.1f} {_TOP - 6}V{bottom - _GAP + 4:g}"/>'
        yield _text(x, _TOP - 13, "trigger", "middle")


def _gaps(plot: Plot, times: Scale, bottom: float) -> Iterator[str]:
    for start_s, end_s in plot.gaps:
        left, right = times.at(start_s), times.at(end_s)
        box = (
            f'x="{left:.1f}" y="{_TOP - 4}" width="{max(right - left, 1.0):.1f}" height="{bottom - _GAP + 8 - _TOP:g}"'
        )
        yield f'<rect class="gap" {box}><title>samples were lost here</title></rect>'


def _signal(plot: Plot, name: str, times: Scale, top: float, tall: float) -> Iterator[str]:
    kind = plot.found.values[name].dtype.kind
    is_bool = kind == "b"
    if is_bool:
        scale = Scale(0.0, 1.0, top + tall, -tall)
    else:
        scale = _scale([each.values[name] for each in _both(plot)], top + tall, -tall)
    yield _text(20, top + tall / 2 + 4, _short(name), "name", name)
    for tick in [0.0] if is_bool else scale.ticks(_TICKS, 0.0 if kind == "f" else 1.0):
        y = scale.at(tick)
        yield f'<path class="rule" d="M{_LEFT} {y:.1f}h{_PLOTTED}"/>'
        if not is_bool:
            yield _text(_LEFT - 8, y + 4, _tick_text(plot, name, tick), "end")
    yield from _shades(plot.marks.get(name, np.zeros(0)), plot.found.time_s, times, top, tall)
    if plot.wanted is not None:
        yield f'<path class="wanted" d="{_steps(plot.wanted, name, times, scale)}"/>'
    steps = _steps(plot.found, name, times, scale)
    if is_bool and steps:
        yield f'<path class="area" d="{steps}V{scale.at(0.0):.1f}H{times.at(float(plot.found.time_s[0])):.1f}Z"/>'
    yield f'<path class="found" d="{steps}"/>'


def _tick_text(plot: Plot, name: str, tick: float) -> str:
    text = plot.labels[name].get(round(tick), "") if name in plot.labels else f"{tick:g}"
    return text if len(text) <= _LABEL_LETTERS else f"{text[: _LABEL_LETTERS - 1]}…"


def _shades(
    marks: NDArray[np.float64], time_s: NDArray[np.float64], times: Scale, top: float, tall: float
) -> Iterator[str]:
    """Times in a row are one shade, from the first to behind the last."""
    step_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 0.0
    breaks = np.flatnonzero(np.diff(marks) > 1.5 * step_s) + 1
    for part in np.split(marks, breaks) if len(marks) else []:
        left, right = times.at(float(part[0])), times.at(float(part[-1]) + step_s)
        right = min(max(right, left + 2.0), _WIDTH - _RIGHT)
        box = f'x="{left:.1f}" y="{top - 3:.1f}" width="{max(right - left, 1.0):.1f}" height="{tall + 6:.1f}"'
        yield f'<rect class="wrong" {box}/>'


def _steps(signals: Signals, name: str, times: Scale, scale: Scale) -> str:
    """A line that keeps each value until the next. Where it is not a number there is a gap."""
    values = signals.values[name].astype(np.float64)
    rows = _seen(times, signals.time_s, values)
    path, down = list[str](), False
    for row in rows:
        x, value = times.at(float(signals.time_s[row])), float(values[row])
        if not isfinite(value):
            path.append(f"H{x:.1f}" if down else "")
            down = False
            continue
        y = scale.at(value)
        path.append(f"H{x:.1f}V{y:.1f}" if down else f"M{x:.1f} {y:.1f}")
        down = True
    return "".join(path)


def _seen(times: Scale, time_s: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows that a line needs: those with a new value and the last; of more than a few in a column of the picture only
    the first, the least, the greatest and the last.
    """
    if not len(values):
        return np.zeros(0, np.intp)
    new = np.flatnonzero((values[1:] != values[:-1]) & ~(np.isnan(values[1:]) & np.isnan(values[:-1]))) + 1
    rows = np.unique(np.concatenate([[0], new, [len(values) - 1]]))
    if len(rows) <= 4 * _PLOTTED:
        return rows
    column = ((time_s[rows] - times.low) / (times.high - times.low) * _PLOTTED).astype(np.intp)
    kept = [rows[:0]]
    for part in np.split(rows, np.flatnonzero(np.diff(column)) + 1):
        inside = np.nan_to_num(values[part])
        kept.append(part[[0, int(inside.argmin()), int(inside.argmax()), -1]])
    return np.unique(np.concatenate(kept))


def _short(name: str) -> str:
    """Its end says more than its beginning."""
    return name if len(name) <= _NAME_LETTERS else f"…{name[1 - _NAME_LETTERS :]}"


def _text(x: float, y: float, text: str, role: str = "", whole: str = "") -> str:
    class_ = f' class="{role}"' if role else ""
    title = f"<title>{escape(whole)}</title>" if whole else ""
    return f'<text{class_} x="{x:.1f}" y="{y:.1f}">{title}{escape(text)}</text>'
