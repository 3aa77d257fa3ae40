"""What stands in the rows of a network: shapes, each in one row, from left to right.

    |           rail, vertical link     -           wire            +           joint
    [ x ]       contact                 ( x )       coil            { x }       value or variable at a wire
    >>label     jump                    <RETURN>    return          >name>      connector, continuation

A box is a shape in each of its rows.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

from msgspec import Struct

from iec61131.diagnostics.catalogue import ladder as catalogue
from iec61131.input_forms.ladder.boxes import Rectangle, boxes
from iec61131.input_forms.ladder.flaws import Flaw, Flawed
from iec61131.input_forms.ladder.sheet import Row, Sheet


class Kind(StrEnum):
    """As it is called in findings. Text, because that is quicker to look up, and every shape is."""

    LEFT_RAIL = "the left rail"
    RIGHT_RAIL = "the right rail"
    WIRE = "the wire"
    JOINT = "the joint"
    PIPE = "the vertical link"
    CONTACT = "the contact"
    COIL = "the coil"
    VALUE = "the variable"
    JUMP = "the jump"
    RETURN = "the return"
    CONNECTOR = "the connector"
    BOX = "the box"


class Shape(Struct):
    """In columns `start` up to but not including `end` of row `row`. `text` is the place of its expression or name in
    the file, `signs` what stands before it: `/`, and letters.
    """

    kind: Kind
    row: int
    start: int
    end: int
    text: tuple[int, int] = (0, 0)
    signs: str = ""
    box: Rectangle | None = None


Shapes = list[list[Shape]]
"""By row."""

_BRACKETS = {"[": (Kind.CONTACT, "]"), "(": (Kind.COIL, ")"), "{": (Kind.VALUE, "}")}
_LETTERS = {Kind.CONTACT: "[PN]", Kind.COIL: "[PN][SR]?|[SR]"}
_WORDS = "AND|OR|XOR|MOD|AND_THEN|OR_ELSE"


def _signs(kind: Kind) -> str:
    """What may stand before a variable, in two groups: a letter is a sign where a blank and a variable follow."""
    letters = _LETTERS.get(kind)
    return r"[ ]*(/?)[ ]*" + (
        rf"(?:({letters})[ ]+(?=[^\W\d]|[%(])(?!(?:{_WORDS})\b))?" if letters is not None else "()"
    )


def _plain(opener: str, kind: Kind, closer: str) -> str:
    """A shape without brackets, strings and comments in its own, as nearly all are."""
    return rf"\{opener}{_signs(kind)}(?P<{kind.name}>[^\s\[\](){{}}'\"/][^\[\](){{}}'\"/]*)\{closer}"


_SIGNS = {kind: re.compile(_signs(kind), re.IGNORECASE) for kind, _ in _BRACKETS.values()}
_SHAPE = re.compile(
    r"(?P<WIRE>-+)|(?P<JOINT>\+)|(?P<PIPE>\|)|"
    + "|".join(_plain(opener, kind, closer) for opener, (kind, closer) in _BRACKETS.items())
    + r"|(?P<open>[\[({])|>>(?P<JUMP>[^\W\d]\w*)|>(?P<CONNECTOR>[^\W\d]\w*)>|<(?P<RETURN>RETURN)>"
    r"|(?P<stray>[^\s|+\-\[({<>]+|[^ ])",
    re.IGNORECASE,
)
_KINDS = {kind.name: kind for kind in Kind}
_IN_BRACKETS = frozenset(kind.name for kind, _ in _BRACKETS.values())
_INNER = re.compile(
    r"'[^'$]*(?:\$.[^'$]*)*(?P<single>'?)|\"[^\"$]*(?:\$.[^\"$]*)*(?P<double>\"?)"
    r"|(?P<comment>\(\*|/\*|//|\{)|(?P<open>[\[(])|(?P<close>[\])}])|[^'\"\[\](){}/]+|."
)


def shapes(sheet: Sheet, flaws: list[Flaw]) -> Shapes:
    """The shapes of a network; nothing, with flaws, where its rows or boxes are wrong already."""
    rows = sheet.rows
    for row in rows:
        if "\t" in row.text:
            place = row.start + row.text.index("\t")
            flaws.append(Flaw(catalogue.TAB, place, place + 1))
            return []
    _left_rail(rows, flaws)
    found = boxes(rows, flaws)
    if flaws:
        return []
    spans: list[list[Shape]] = [[] for _ in rows]
    for box in found:
        for number in range(box.top, box.bottom + 1):
            spans[number].append(Shape(Kind.BOX, number, box.left, box.right + 1, box=box))
    read = [_row(row, number, spans[number], flaws) for number, row in enumerate(rows)]
    if not flaws:
        _rails(read, flaws, rows)
    return [] if flaws else read


def _left_rail(rows: list[Row], flaws: list[Flaw]) -> None:
    column = rows[0].text.index("|") if rows else 0
    for row in rows:
        place = row.text.index("|")
        if place != column:
            what = {"what": "the left rail is not below that of the first row", "remedy": "begin all rows alike"}
            flaws.append(Flaw(catalogue.RAIL, row.start + place, row.start + place + 1, what))
            return


def _row(row: Row, number: int, around: list[Shape], flaws: list[Flaw]) -> list[Shape]:
    """`around` are the boxes that the row passes through."""
    found: list[Shape] = []
    position = 0
    for box in sorted(around, key=lambda box: box.start):
        position = _between(row, number, position, box.start, found, flaws)
        if position > box.start:
            return found  # a shape that is not closed before the box; said already
        found.append(box)
        position = box.end
    _between(row, number, position, len(row.text), found, flaws)
    return found


def _between(row: Row, number: int, position: int, end: int, found: list[Shape], flaws: list[Flaw]) -> int:
    """Adds what stands from column `position` to `end`, and gives the column where reading ended."""
    start = row.start
    while True:
        for match in _SHAPE.finditer(row.text, position, end):
            position = match.end()
            name = match.lastgroup or ""
            if name == "open":
                break
            if name == "stray":
                _stray(row, match.start(), position, flaws)
                continue
            first, behind = match.span(name)
            signs = ""
            if name in _IN_BRACKETS:
                group = match.lastindex or 0
                behind = first + len(match[group].rstrip())
                signs = (match[group - 2] + (match[group - 1] or "")).upper()
            place = (start + first, start + behind)
            found.append(Shape(_KINDS[name], number, match.start(), position, place, signs))
        else:
            return position
        try:
            shape = _bracket(row, number, position - 1, end)
        except Flawed as flawed:
            flaws.append(flawed.flaw)
            return end + 1
        found.append(shape)
        position = shape.end


def _stray(row: Row, start: int, end: int, flaws: list[Flaw]) -> None:
    """One finding for each row: what follows is often the rest of a sentence."""
    if flaws and flaws[-1].code is catalogue.STRAY and flaws[-1].start >= row.start:
        return
    words = row.text[start:end]
    if words.startswith("/"):
        words, end = row.text[start:], len(row.text)  # a comment
    arguments = {"found": f"'{words}'" if len(words) <= 30 else f"'{words[:29]}…'"}
    flaws.append(Flaw(catalogue.STRAY, row.start + start, row.start + end, arguments))


def _bracket(row: Row, number: int, start: int, end: int) -> Shape:
    """A contact, a coil or a variable, whatever stands in it. Raises Flawed."""
    kind, closer = _BRACKETS[row.text[start]]
    signs = _SIGNS[kind].match(row.text, start + 1, end)
    assert signs is not None, "it matches nothing at all"
    depth = 0
    for part in _INNER.finditer(row.text, signs.end(), end):
        place = (row.start + part.start(), row.start + part.end())
        if part["single"] == "" or part["double"] == "":
            quote = row.text[part.start()]
            what = {"what": "the string", "remedy": f"close it with {quote} in the same row"}
            raise Flawed(Flaw(catalogue.UNCLOSED, place[0], place[0] + 1, what))
        if part["comment"]:
            raise Flawed(Flaw(catalogue.TEXT, *place, {"wanted": f"one expression in {kind.value}"}))
        if part["open"]:
            depth += 1
        elif part["close"] and depth == 0:
            if part["close"] != closer:
                break
            inner = row.text[signs.end() : part.start()].rstrip()
            text = (row.start + signs.end(), row.start + signs.end() + len(inner))
            if not inner:
                place = (row.start + start, row.start + part.end())
                raise Flawed(Flaw(catalogue.TEXT, *place, {"wanted": f"a variable in {kind.value}"}))
            return Shape(kind, number, start, part.end(), text, (signs[1] + (signs[2] or "")).upper())
        elif part["close"]:
            depth -= 1
    remedy = f"write '{closer}' behind its variable"
    raise Flawed(
        Flaw(catalogue.UNCLOSED, row.start + start, row.start + start + 1, {"what": kind.value, "remedy": remedy})
    )


def _rails(read: Shapes, flaws: list[Flaw], rows: list[Row]) -> None:
    """Tells rails from vertical links. The right one is the last thing of its rows, in a column without joints."""
    for row in read:
        row[0].kind = Kind.LEFT_RAIL
    joints = {shape.start for row in read for shape in row if shape.kind is Kind.JOINT}
    last = [row[-1] for row in read if row[-1].kind is Kind.PIPE and row[-1].start not in joints]
    if not last:
        return
    columns = Counter(shape.start for shape in last)
    column = max(columns, key=lambda column: (columns[column], column))
    if any(row[-1].end > column + 1 and row[-1].kind is not Kind.PIPE for row in read):
        place = rows[last[0].row].start + last[0].start
        what = {"what": "the right rail is not at the right of everything", "remedy": "move it behind the longest row"}
        flaws.append(Flaw(catalogue.RAIL, place, place + 1, what))
        return
    for shape in last:
        if shape.start == column:
            shape.kind = Kind.RIGHT_RAIL
        else:
            place = rows[shape.row].start + shape.start
            what = "the right rail is not in the column that it has in other rows"
            flaws.append(Flaw(catalogue.RAIL, place, place + 1, {"what": what, "remedy": "align it with them"}))
