"""Findings as people read them, and as tools read them.

    error[RUNG0201]: unknown name 'Levl'
      --> main.st:12:8
       |
    12 |     IF Levl > 3.0 THEN
       |        ^^^^
       |
       = remedy: did you mean 'Level'? ...
       = more: rung explain RUNG0201

`render` and `to_json` are the two ways in. The rest is about one line of source on a screen: a character is not a
column. Tabs reach to the next stop, some characters take two columns, some none, and a source must not be able to send
control sequences to a terminal. `_Cells` knows all that; nothing else here counts characters.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Protocol, TypedDict

from msgspec import Struct

from iec61131.diagnostics.diagnostic import Diagnostic, Severity
from iec61131.source import SourceFile, Span

_TAB_COLUMNS = 4
_WIDTH_COLUMNS = 120  # of a source line, when the caller does not know how wide the screen is
_CONTEXT_COLUMNS = 30  # kept visible before the place when a long line is cut
_CUT = "…"
_INVISIBLE = "\ufffd"

_BOLD = "\x1b[1m"
_RED = "\x1b[1;31m"
_YELLOW = "\x1b[1;33m"
_BLUE = "\x1b[1;34m"
_CYAN = "\x1b[36m"
_RESET = "\x1b[0m"
_SEVERITY_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW}


# --------------------------------------------------------------------------------------------------------- for people


class Rung(Protocol):
    """The drawing around a place with what is there marked, the first line saying in words what that is; None where
    nothing is drawn.
    """

    def __call__(self, span: Span, *, colour: bool, width: int) -> list[str] | None: ...


def render(
    diagnostics: Iterable[Diagnostic], *, colour: bool, width: int | None = None, rung: Rung | None = None
) -> str:
    """All findings, one empty line between two, with a line end after the last; empty when there are none.

    `width` is the number of columns of the screen: long source lines are cut around the place, remedies are wrapped.
    What is drawn in the source is shown as `rung` draws it, in place of the line in which the drawing is stored.
    """
    page = _Page(colour, width, rung)
    return "\n".join(page.finding(diagnostic) for diagnostic in diagnostics)


def excerpt(span: Span, *, colour: bool, width: int | None = None, rung: Rung | None = None) -> list[str]:
    """The place, and the source lines there with what belongs to it underlined: a finding without its words."""
    gutter = max(len(str(span.line)), len(str(_last_line(span))))
    return _Page(colour, width, rung).snippet(span, gutter, "-->", "^", _CYAN, "")


class _Page(Struct, frozen=True):
    colour: bool
    width: int | None
    rung: Rung | None = None

    def finding(self, diagnostic: Diagnostic) -> str:
        severity = diagnostic.code.severity
        tint = _SEVERITY_COLOURS[severity]
        spans = [diagnostic.span, *(note.span for note in diagnostic.notes)]
        gutter = max(len(str(_last_line(span))) for span in spans)
        bar = self._paint(_BLUE, " " * gutter + " |")

        head = self._paint(tint, f"{severity.value}[{diagnostic.code.id}]")
        lines = [head + self._paint(_BOLD, f": {_visible(diagnostic.message)}")]
        lines += self.snippet(diagnostic.span, gutter, "-->", "^", tint, "")
        for note in diagnostic.notes:
            lines.append(bar)
            lines += self.snippet(note.span, gutter, ":::", "-", _BLUE, _visible(note.text))
        lines.append(bar)
        if diagnostic.remedy:
            lines += self._footnote(gutter, "remedy", _visible(diagnostic.remedy))
        lines += self._footnote(gutter, "more", f"rung explain {diagnostic.code.id}")
        return "\n".join(lines) + "\n"

    def snippet(self, span: Span, gutter: int, arrow: str, mark: str, tint: str, label: str) -> list[str]:
        """The place, and the source lines where it starts and ends with what belongs to it underlined."""
        file = span.file
        first, _ = file.position(span.start)
        last = _last_line(span)
        pad = " " * gutter
        lines = [f"{pad}{self._paint(_BLUE, arrow)} {_visible(str(span))}", self._paint(_BLUE, f"{pad} |")]
        columns = max((self.width or _WIDTH_COLUMNS) - gutter - 4, 20)
        drawn = self.rung(span, colour=self.colour, width=columns) if self.rung is not None else None
        if drawn is not None:
            words, *picture = drawn
            lines[0] += f" in {_visible(words)}"
            return lines + self._picture(picture, pad, tint, label)
        for number in range(first, last + 1):
            if first < number < last:
                if number == first + 1:
                    lines.append(self._paint(_BLUE, "..."))
                continue
            start, end = _columns_in_line(file, span, number)
            text, before, length = _underlined(file.line_text(number), start, end, columns)
            label_here = f" {label}" if label and number == last else ""
            lines.append(f"{self._paint(_BLUE, f'{number:>{gutter}} |')} {text}".rstrip())
            underline = self._paint(tint, mark * length + label_here)
            lines.append(f"{self._paint(_BLUE, f'{pad} |')} {' ' * before}{underline}")
        return lines

    def _picture(self, picture: list[str], pad: str, tint: str, label: str) -> list[str]:
        bar = self._paint(_BLUE, f"{pad} |")
        lines = [f"{bar} {line}".rstrip() for line in picture]
        return [*lines, f"{bar} {self._paint(tint, label)}"] if label else lines

    def _footnote(self, gutter: int, title: str, text: str) -> list[str]:
        head = f"{' ' * gutter} = "
        wrapped = [text]
        if self.width is not None:
            room = max(self.width - len(head) - len(title) - 2, 20)
            wrapped = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [text]
        indent = " " * (len(head) + len(title) + 2)
        first = f"{self._paint(_BLUE, head)}{self._paint(_CYAN, title)}: {wrapped[0]}"
        return [first, *(indent + line for line in wrapped[1:])]

    def _paint(self, style: str, text: str) -> str:
        return f"{style}{text}{_RESET}" if self.colour and text else text


def _last_line(span: Span) -> int:
    """The line of the last character of the span; of the place itself when it is empty."""
    return span.file.position(max(span.end - 1, span.start))[0]


def _columns_in_line(file: SourceFile, span: Span, line: int) -> tuple[int, int]:
    """Which characters of line `line` the span covers, from 0."""
    line_start = file.line_starts[line - 1]
    text = file.line_text(line)
    start = max(span.start - line_start, 0)
    if span.start < line_start:
        start = len(text) - len(text.lstrip())  # the span began further up: leave the indentation out
    end = min(span.end - line_start, len(text))
    return start, max(end, start)


# ------------------------------------------------------------------------------------------ one source line on a screen


def _underlined(line: str, start: int, end: int, columns: int) -> tuple[str, int, int]:
    """The line in at most `columns` columns, the columns before the mark, and those of the mark (at least 1)."""
    cells = _Cells.of(line, start, end, columns)
    if cells.total <= columns and not cells.is_cut:
        return cells.text, cells.before, max(cells.marked, 1)
    return cells.cut(columns)


class _Cells(Struct, frozen=True):
    """Characters of a line with the columns that each takes, and which of them are marked.

    Of a line that is much too long only the part around the place is looked at, so that an error in a file of one line
    costs no more than any other; `is_cut` says that something before or behind was left out.
    """

    shown: list[str]
    widths: list[int]
    start: int
    end: int
    is_cut_before: bool
    is_cut_behind: bool

    @classmethod
    def of(cls, line: str, start: int, end: int, columns: int) -> _Cells:
        low = max(0, start - 2 * columns) if len(line) > 4 * columns else 0
        high = min(len(line), start + 2 * columns) if len(line) > 4 * columns else len(line)
        shown: list[str] = []
        widths: list[int] = []
        column = 0
        for character in line[low:high]:
            if character == "\t":
                text = " " * (_TAB_COLUMNS - column % _TAB_COLUMNS)
                shown_width = len(text)
            else:
                text = _visible(character)
                shown_width = _width(text)
            shown.append(text)
            widths.append(shown_width)
            column += shown_width
        return cls(shown, widths, start - low, min(end, high) - low, low > 0, high < len(line))

    @property
    def text(self) -> str:
        return "".join(self.shown)

    @property
    def total(self) -> int:
        return sum(self.widths)

    @property
    def before(self) -> int:
        return sum(self.widths[: self.start])

    @property
    def marked(self) -> int:
        return sum(self.widths[self.start : self.end])

    @property
    def is_cut(self) -> bool:
        return self.is_cut_before or self.is_cut_behind

    def cut(self, columns: int) -> tuple[str, int, int]:
        """A window of the line that shows the mark, with a sign where something is left out."""
        first = self.start
        context = 0
        while first > 0 and context + self.widths[first - 1] <= min(_CONTEXT_COLUMNS, columns // 2):
            first -= 1
            context += self.widths[first]
        head = _CUT if first > 0 or self.is_cut_before else ""
        room = columns - len(head) - 1  # one column for the sign at the end
        last = first
        used = 0
        while last < len(self.shown) and used + self.widths[last] <= room:
            used += self.widths[last]
            last += 1
        tail = _CUT if last < len(self.shown) or self.is_cut_behind else ""
        marked = sum(self.widths[self.start : min(self.end, last)])
        return head + "".join(self.shown[first:last]) + tail, len(head) + context, max(marked, 1)


def _width(character: str) -> int:
    """Columns of one visible character on a terminal."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _visible(text: str) -> str:
    """Control characters, invisible ones and halves of surrogate pairs made visible.

    A terminal would obey some of them, and marks for the direction of writing can show a line as something it is not.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_INVISIBLE if _is_invisible(character) else character for character in text)


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


# ----------------------------------------------------------------------------------------------------------- for tools


class PlaceJson(TypedDict):
    """A range in a file; lines and columns count characters from 1, and the end is the first character behind it."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class NoteJson(PlaceJson):
    text: str


class FindingJson(PlaceJson):
    code: str
    severity: str
    message: str
    remedy: str
    notes: list[NoteJson]


def to_json(diagnostics: Iterable[Diagnostic]) -> list[FindingJson]:
    """The findings as plain data, in the order given."""
    return [
        FindingJson(
            code=diagnostic.code.id,
            severity=diagnostic.code.severity.value,
            message=_visible(diagnostic.message),
            remedy=_visible(diagnostic.remedy),
            notes=[NoteJson(text=_visible(note.text), **_place(note.span)) for note in diagnostic.notes],
            **_place(diagnostic.span),
        )
        for diagnostic in diagnostics
    ]


def _place(span: Span) -> PlaceJson:
    line, column = span.file.position(span.start)
    end_line, end_column = span.file.position(span.end)
    return PlaceJson(file=_visible(span.file.name), line=line, column=column, end_line=end_line, end_column=end_column)
