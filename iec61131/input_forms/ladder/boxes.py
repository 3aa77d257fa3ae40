"""Boxes: rectangles of `+`, `-` and `|`, what they call, and the pins in them.

A corner `+` is told from a joint by what stands below it: a side, and right of the side, in the same row, a word. In
a network no words stand outside of boxes, contacts and coils, so nothing else looks like that.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from msgspec import Struct, field

from iec61131.diagnostics.catalogue import ladder as catalogue
from iec61131.input_forms.ladder.flaws import Flaw, Flawed
from iec61131.input_forms.ladder.sheet import Row
from iec61131.syntax.tree import Edge

EDGES = {"P": Edge.RISING, "N": Edge.FALLING}
_EDGE = re.compile(r"\+-+\+")
_BEGINS = re.compile(r"\|[ ]*[^\W\d]")
_TITLE = re.compile(r"(?:(?P<instance>.+?)\s*:\s*)?(?P<type>[^\W\d]\w*(?:\.\w+)*)")
_PARTS = re.compile(
    r"'[^'$]*(?:\$.[^'$]*)*'|\"[^\"$]*(?:\$.[^\"$]*)*\"|(?P<gap>[ ]{2,})|(?P<open>['\"])|(?P<comment>\(\*|/\*|//|[{}])"
    r"|."
)
_INPUT = re.compile(
    r"(?P<negated>/)?[ ]*(?:(?P<edge>[PN])[ ]+(?=[^\W\d]))?(?P<name>[^\W\d]\w*)[ ]*(?::=(?!>)[ ]*(?P<value>.*))?"
)
_OUTPUT = re.compile(r"(?P<negated>/)?[ ]*(?P<name>[^\W\d]\w*)[ ]*(?:=>[ ]*(?P<value>.*))?")
_FORM = "write IN, PT := value, Q or ET => variable, with two blanks or more between an input and an output"


class Pin(Struct, frozen=True):
    """`row` is the number of its row in the network. `value` is the place of what stands behind `:=` or `=>`."""

    name: str
    start: int
    end: int
    row: int
    negated: bool = False
    edge: Edge | None = None
    value: tuple[int, int] | None = None


class Rectangle(Struct):
    """`top` and `bottom` are the numbers of its first and last row, `left` and `right` the columns of its sides.
    `instance` and `type` are places in the text. The pins are known by their rows.
    """

    top: int
    bottom: int
    left: int
    right: int
    type: tuple[int, int]
    instance: tuple[int, int] | None = None
    inputs: dict[int, Pin] = field(default_factory=dict[int, Pin])
    outputs: dict[int, Pin] = field(default_factory=dict[int, Pin])


def boxes(rows: list[Row], flaws: list[Flaw]) -> list[Rectangle]:
    """All boxes of a network, from top to bottom; those with a flaw are left out."""
    found: list[Rectangle] = []
    taken: dict[int, list[tuple[int, int]]] = {}  # what boxes cover, by row
    for number, row in enumerate(rows):
        covered = sorted(taken.pop(number, []))
        for left, right in _edges(row.text):
            before = bisect_left(covered, (right, 0))
            if before and covered[before - 1][1] > left:
                continue
            if number + 1 >= len(rows) or not _BEGINS.match(rows[number + 1].text, left):
                continue
            try:
                box = _box(rows, number, left, right)
            except Flawed as flawed:
                flaws.append(flawed.flaw)
                continue
            found.append(box)
            for below in range(number + 1, box.bottom + 1):
                taken.setdefault(below, []).append((left, right))
    return found


def _edges(text: str) -> Iterator[tuple[int, int]]:
    """`+---+`: the columns of both corners. A corner at the right of one may be at the left of another one."""
    edge = _EDGE.search(text)
    while edge is not None:
        yield edge.start(), edge.end() - 1
        edge = _EDGE.search(text, edge.end() - 1)


def _box(rows: list[Row], top: int, left: int, right: int) -> Rectangle:
    bottom = top + 1
    edge = rows[top].text[left : right + 1]
    while True:
        text = rows[bottom].text if bottom < len(rows) else ""
        if text.startswith(edge, left):
            break
        if len(text) <= right or text[left] != "|" or text[right] != "|":
            start = rows[top].start + left
            remedy = "put | below both corners in every row, and a line as long as the first one below the last row"
            flaw = Flaw(catalogue.UNCLOSED, start, start + len(edge), {"what": "the box", "remedy": remedy})
            if bottom < len(rows):
                row = rows[bottom]
                start = row.start + min(left, len(row.text))
                flaw = Flaw(flaw.code, flaw.start, flaw.end, flaw.arguments, (start, start, "its sides end here"))
            raise Flawed(flaw)
        bottom += 1
    box = _titled(rows[top + 1], Rectangle(top, bottom, left, right, (0, 0)))
    for number in range(top + 2, bottom):
        _pins(rows[number], number, box)
    return box


def _titled(row: Row, box: Rectangle) -> Rectangle:
    start, end = _inside(row, box)
    title = _TITLE.fullmatch(row.text, start, end) if len(_segments(row, start, end)) == 1 else None
    if title is None:
        what = "the first line of the box names no block"
        raise Flawed(_flaw(row, start, end, what, "write 'instance : TYPE', or the name of a function"))
    box.type = _place(row, title.span("type"))
    box.instance = _place(row, title.span("instance")) if title["instance"] else None
    return box


def _inside(row: Row, box: Rectangle) -> tuple[int, int]:
    """The columns of what stands between the sides, blanks at both ends left out."""
    inner = row.text[box.left + 1 : box.right]
    start = box.left + 1 + len(inner) - len(inner.lstrip(" "))
    return start, max(start, box.left + 1 + len(inner.rstrip(" ")))


def _pins(row: Row, number: int, box: Rectangle) -> None:
    start, end = _inside(row, box)
    if start == end:
        return
    segments = _segments(row, start, end)
    if len(segments) > 2:
        raise Flawed(_flaw(row, start, end, "too many pins in one row", _FORM))
    if len(segments) == 2:
        one, other = _input(row, number, *segments[0]), _output(row, number, *segments[1])
        if one is None or other is None:
            place = segments[0] if one is None else segments[1]
            raise Flawed(_flaw(row, *place, f"this is no {'input' if one is None else 'output'}", _FORM))
        box.inputs[number] = one
        box.outputs[number] = other
        return
    pin = _input(row, number, start, end)
    if pin is not None and (pin.value is not None or _is_input(row, box, start, end)):
        box.inputs[number] = pin
        return
    other = _output(row, number, start, end)
    if other is None:
        raise Flawed(_flaw(row, start, end, "this is no pin", _FORM))
    box.outputs[number] = other


def _is_input(row: Row, box: Rectangle, start: int, end: int) -> bool:
    """Of a lone name: whether a wire leads to it, or it stands nearer to the left side."""
    before = row.text[box.left - 1 : box.left].strip()
    behind = row.text[box.right + 1 : box.right + 2].strip(" |")
    if bool(before) != bool(behind):
        return bool(before)
    return start - box.left <= box.right - end + 1


def _segments(row: Row, start: int, end: int) -> list[tuple[int, int]]:
    """What stands apart by two blanks or more, outside of strings."""
    found: list[tuple[int, int]] = []
    for part in _PARTS.finditer(row.text, start, end):
        if part["open"]:
            place = (row.start + part.start(), row.start + part.end())
            what = {"what": "the string", "remedy": f"close it with {part['open']} in the same row"}
            raise Flawed(Flaw(catalogue.UNCLOSED, *place, what))
        if part["comment"]:
            place = (row.start + part.start(), row.start + part.end())
            raise Flawed(Flaw(catalogue.TEXT, *place, {"wanted": "one expression"}))
        if part["gap"] and row.text[start : part.start()].rstrip().endswith((":=", "=>")):
            continue
        if part["gap"] and not row.text.startswith((":=", "=>"), part.end()):
            found.append((start, part.start()))
            start = part.end()
    return [*found, (start, end)]


def _input(row: Row, number: int, start: int, end: int) -> Pin | None:
    pin = _INPUT.fullmatch(row.text, start, end)
    return _pin(row, number, pin, EDGES.get(pin["edge"] or "")) if pin else None


def _output(row: Row, number: int, start: int, end: int) -> Pin | None:
    pin = _OUTPUT.fullmatch(row.text, start, end)
    return _pin(row, number, pin, None) if pin else None


def _pin(row: Row, number: int, pin: re.Match[str], edge: Edge | None) -> Pin:
    value = _place(row, pin.span("value")) if pin["value"] is not None else None
    return Pin(pin["name"], *_place(row, pin.span("name")), number, pin["negated"] is not None, edge, value)


def _place(row: Row, columns: tuple[int, int]) -> tuple[int, int]:
    return row.start + columns[0], row.start + columns[1]


def _flaw(row: Row, start: int, end: int, what: str, remedy: str) -> Flaw:
    return Flaw(catalogue.PIN, row.start + start, row.start + end, {"what": what, "remedy": remedy})
