"""A scene as SVG: one picture of all its networks, one below the other.

The file needs nothing from elsewhere. Its colours follow the reader's choice of light or dark, and all of its rules are
bound to its own class, so that it can stand in a page by itself or inside one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from iec61131.graphical.drawing.scene import (
    Anchor,
    Box,
    Dot,
    Picture,
    Place,
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
from iec61131.graphical.drawing.symbols import CELL, LINE, box, symbol, x_of, y_of

_MARGIN = 20
_HEAD = 26  # at least, above a network: its number and what it says to people
_REMARK = 18  # a line of that
_INDENT = 34  # of it, to leave room for the number
_GAP = 18  # between two networks
_LETTER = 6.6  # pixels, of the titles at most
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ANCHORS = {Anchor.START: "start", Anchor.MIDDLE: "middle", Anchor.END: "end"}

_RULES = """
.rung{--ink:#1f2328;--paper:#fff;--soft:#59636e;--line:#d1d9e0;--box:#f6f8fa;--on:#138a36;--value:#0550ae;--hit:#cf222e}
@media (prefers-color-scheme:dark){.rung{--ink:#e6edf3;--paper:#0d1117;--soft:#9198a1;--line:#3d444d;--box:#161b22;
--on:#3fb950;--value:#79c0ff;--hit:#ff7b72}}
.rung text{font:13px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}
.rung .paper{fill:var(--paper)}
.rung path,.rung rect,.rung circle{stroke:var(--ink);stroke-width:1.5;fill:none;stroke-linecap:square}
.rung .paper,.rung .rule{stroke:none}
.rung .rule{stroke:var(--line);stroke-width:1}
.rung .block,.rung .step,.rung .action{fill:var(--box)}
.rung .rail{stroke-width:3}.rung .bar{stroke-width:3}
.rung .hole{fill:var(--paper)}
.rung .dot{fill:var(--ink);stroke:none}
.rung .arrow{fill:var(--ink);stroke:none}
.rung .type{font-weight:600}.rung .pin,.rung .remark{fill:var(--soft)}.rung .pin{font-size:12px}
.rung .mark{font-size:11px;font-weight:600;text-anchor:middle}
.rung .value{fill:var(--value);font-size:12px}
.rung .over{paint-order:stroke;stroke:var(--paper);stroke-width:5px}
.rung .number{font:600 13px system-ui,sans-serif;fill:var(--soft)}.rung .title{font:600 14px system-ui,sans-serif}
.rung .sheet{font:600 16px system-ui,sans-serif}
.rung .comment{font:italic 13px system-ui,sans-serif;fill:var(--soft)}
.rung path.on,.rung .on path,.rung .on rect,.rung .on circle{stroke:var(--on);stroke-width:2.5}
.rung .rail.on{stroke-width:4}.rung .on .bar{stroke-width:4}
.rung .dot.on,.rung .on .mark,.rung .arrow.on{fill:var(--on)}
.rung path.unknown{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;stroke-linecap:butt}
.rung .dot.unknown{fill:var(--soft)}
.rung .hit{stroke:var(--hit);stroke-width:2;stroke-dasharray:none;fill:var(--hit);fill-opacity:.12}
"""


class Sheet(Struct, frozen=True):
    """The networks of one drawing. `places` say what the elements are, for those who point at them."""

    title: str
    pictures: Sequence[Picture]
    places: Mapping[str, Place]
    marked: frozenset[str] = frozenset()


def svg(sheets: Iterable[Sheet]) -> str:
    """The file, with one drawing below the other."""
    page = _Page()
    for sheet in sheets:
        page.sheet(sheet)
    return page.svg()


class _Page:
    def __init__(self) -> None:
        self._parts: list[str] = []
        self._y = _MARGIN
        self._width = 0.0

    def sheet(self, sheet: Sheet) -> None:
        if sheet.title:
            self._y += _GAP if self._parts else 0
            self._parts.append(
                f'<text class="sheet" x="{_MARGIN}" y="{self._y + _HEAD // 2}">{escaped(sheet.title)}</text>\n'
            )
            self._y += _HEAD + _GAP // 2
        for number, picture in enumerate(sheet.pictures):
            if number:
                self._parts.append(f'<path class="rule" d="M{_MARGIN} {self._y + _GAP // 2}H@"/>\n')
                self._y += _GAP
            head, height = _head(picture, len(sheet.pictures) > 1)
            self._place(head, height)
            self._place("\n" + _Body(picture, sheet.places, sheet.marked).svg(), picture.size[1] * LINE)
            widest = max(len(line) for line in (picture.title, sheet.title, *picture.comment.split("\n")))
            self._width = max(self._width, picture.size[0] * CELL, _LETTER * (widest + 6))

    def _place(self, drawn: str, height: int) -> None:
        if drawn.strip():
            self._parts.append(f'<g transform="translate({_MARGIN} {self._y})">{drawn}</g>\n')
        self._y += height

    def svg(self) -> str:
        right, bottom = int(self._width) + _MARGIN, self._y + _MARGIN
        size = f'width="{right + _MARGIN}" height="{bottom}"'
        content = "".join(self._parts).replace("H@", f"H{right}")
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="rung" {size} viewBox="0 0 {right + _MARGIN} {bottom}">\n'
            f"<style>{_RULES}</style>\n"
            f'<rect class="paper" {size}/>\n{content}</svg>\n'
        )


def escaped(text: str) -> str:
    """Text for an element or an attribute."""
    text = _FORBIDDEN.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _head(picture: Picture, is_one_of_many: bool) -> tuple[str, int]:
    """What stands above a network, and how high it is: its number beside the first line."""
    lines = [("title", picture.title)] if picture.title else []
    lines += [("comment", line) for line in picture.comment.split("\n")] if picture.comment else []
    if picture.too_large:
        lines.append(("comment", f"not drawn: {picture.too_large}"))
    if not lines and not is_one_of_many:
        return "", 0
    x, height = (_INDENT if is_one_of_many else 0), 14
    parts = [f'<text class="number" x="0" y="{height}">{picture.number}</text>'] if is_one_of_many else []
    for role, line in lines:
        parts.append(f'<text class="{role}" x="{x}" y="{height}">{escaped(line)}</text>')
        height += _REMARK
    return "".join(parts), max(height - 4, _HEAD)


class _Body:
    """The shapes of one network: wires below, and above them the elements, each in a group of its own."""

    def __init__(self, picture: Picture, places: Mapping[str, Place], marked: frozenset[str]) -> None:
        self._places = places
        self._marked = marked
        self._wires: list[str] = []
        self._over: list[str] = []
        self._elements: dict[str, list[str]] = {}
        self._states: dict[str, State] = {}
        for shape in sorted(picture.shapes, key=_depth):
            self._add(shape)

    def svg(self) -> str:
        return "".join(
            f"{part}\n" for part in (*self._wires, *(self._group(id_) for id_ in self._elements), *self._over)
        )

    def _group(self, id_: str) -> str:
        place = self._places.get(id_)
        title = f"<title>{escaped(place.words)}</title>" if place is not None else ""
        return f'<g data-element="{escaped(id_)}">{title}{"".join(self._elements[id_])}</g>'

    def _add(self, shape: Shape) -> None:
        match shape:
            case Wire():
                self._wire(shape)
            case Dot() if not shape.is_drawn:
                pass
            case Dot():
                (x, y), state = shape.at, _state(shape.state)
                self._wires.append(f'<circle class="dot{state}" cx="{x_of(x)}" cy="{y_of(y)}" r="3"/>')
            case Rail():
                (x, y), state = shape.at, _state(shape.state)
                path = f"M{x_of(x)} {y * LINE}V{(shape.bottom + 1) * LINE}"
                self._wires.append(f'<path class="rail{state}" d="{path}"/>')
            case Box():
                self._into(shape, _hit_box(shape), box(shape))
            case Symbol():
                self._into(shape, _hit_symbol(shape), symbol(shape))
            case Text():
                self._text(shape)

    def _into(self, shape: Box | Symbol, hit: str, drawn: str) -> None:
        """Into the group of the element, with what shows that it is marked behind it."""
        parts = self._elements.setdefault(shape.element, [])
        state = _state(shape.state).strip()
        if shape.element in self._marked:
            parts.insert(0, hit)
        parts.append(f'<g class="{state}">{drawn}</g>' if state else drawn)

    def _wire(self, wire: Wire) -> None:
        points = [(x_of(x), y_of(y)) for x, y in wire.points]
        state = _state(wire.state)
        if wire.weight is Weight.DOUBLE:
            for shift in (-2, 2):
                self._wires.append(_line([(x, y + shift) for x, y in points], state))
        elif wire.points[0] != wire.points[-1]:
            self._wires.append(_line(points, state))
        if wire.arrow:
            (x0, y0), (x, y) = points[-2:]
            corners = f"{x + 4} {y}l-9 -5v10z" if y == y0 and x > x0 else f"{x} {y + 9}l-5 -9h10z"
            self._over.append(f'<path class="arrow{state}" d="M{corners}"/>')

    def _text(self, shape: Text) -> None:
        if not shape.text:
            return
        x, y = shape.at
        at = {Anchor.START: x * CELL, Anchor.MIDDLE: x_of(x), Anchor.END: (x + 1) * CELL}[shape.anchor]
        anchor = "" if shape.anchor is Anchor.START else f' text-anchor="{_ANCHORS[shape.anchor]}"'
        parts = self._elements.setdefault(shape.element, [])
        title = f"<title>{escaped(shape.full)}</title>" if shape.full and shape.full != shape.text else ""
        drawn = (
            f'<text class="{shape.role.value}" x="{at}" y="{y_of(y) + 4}"{anchor}>{title}{escaped(shape.text)}</text>'
        )
        if shape.role is Role.OPERAND and shape.element in self._marked:
            width = len(shape.text) * CELL
            left = at - {Anchor.START: 0, Anchor.MIDDLE: width // 2, Anchor.END: width}[shape.anchor]
            parts.append(
                f'<rect class="hit" x="{left - 3}" y="{y * LINE + 1}" width="{width + 6}" height="{LINE - 2}"/>'
            )
        parts.append(drawn)


def _depth(shape: Shape) -> int:
    """What has power lies above what has none, where they meet."""
    return 1 if isinstance(shape, (Wire, Dot, Rail)) and shape.state is State.ON else 0


def _state(state: State) -> str:
    return "" if state in (State.PLAIN, State.OFF) else f" {state.value}"


def _line(points: list[Point], state: str) -> str:
    name = f' class="{state.strip()}"' if state else ""
    (x, y), *others = points
    return f'<path{name} d="M{x} {y}' + "".join(f"L{x} {y}" for x, y in others) + '"/>'


def _hit_box(shape: Box) -> str:
    (x, y), (width, height) = shape.at, shape.size
    size = f'width="{(width - 1) * CELL + 10}" height="{(height - 1) * LINE + 10}"'
    return f'<rect class="hit" x="{x_of(x) - 5}" y="{y_of(y) - 5}" {size}/>'


def _hit_symbol(shape: Symbol) -> str:
    x, y = x_of(shape.at[0]), y_of(shape.at[1])
    return f'<rect class="hit" x="{x - 14}" y="{y - 13}" width="28" height="26"/>'
