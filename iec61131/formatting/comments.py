"""Comments behind code: the lines of a file to its text.

A comment behind code stands one space behind it. Comments that the author put in one column stay in one column: theirs,
or a wider one that all of them reach. Only neighbours count, within one declaration of the file. A single comment right
above or below such a column is drawn into it, and a comment alone on the next line goes on with the one above it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from iec61131.formatting.layout import Line


def text_of(lines: Sequence[Line]) -> str:
    """The text of all lines, each with its line end."""
    written: list[str] = []
    for line, column in zip(lines, _Columns(lines).of_line, strict=True):
        if line.blank_before:
            written.append("\n")
        notes = " ".join(note.text for note in line.notes)
        if not line.code:
            written.append(" " * (line.indent if column is None else column) + notes)
        else:
            gap = 1 if column is None else column - _end(line)
            written.append(" " * line.indent + line.code + (" " * gap + notes if notes else ""))
        written.append("\n")
    return "".join(written)


def _end(line: Line) -> int:
    """The column behind the code."""
    _, newline, last = line.code.rpartition("\n")
    return len(last) if newline else line.indent + len(line.code)


class _Group(Struct, eq=False):
    """Lines whose notes the author put in one column."""

    column: int
    members: list[int] = field(default_factory=list[int])

    def is_outlier_of(self, before: _Group) -> bool:
        """Whether a column that goes on behind this group is not parted by it."""
        return len(self.members) == 1 and len(before.members) > 1 and self.column != before.column


class _Columns:
    """`of_line` has the column of the notes of each line, None where they stand in no column with others."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.of_line: list[int | None] = [None] * len(lines)
        self._draws = [False] * len(lines)  # whether single neighbours are drawn into the column
        self._group()
        for index in range(1, len(lines)):
            self._draw(index, index - 1, index)
        for index in reversed(range(len(lines) - 1)):
            self._draw(index, index + 1, index + 1)

    def _group(self) -> None:
        groups: list[_Group] = []
        above = -1  # the column of the line before, if its notes are members
        for index, line in enumerate(self._lines):
            own = line.notes[0].column if line.notes else -1
            goes_on = above >= 0 and own == above and not line.blank_before
            above = own if goes_on or line.code else -1
            if above >= 0:
                if len(groups) > 1 and groups[-1].is_outlier_of(groups[-2]) and groups[-2].column == own:
                    groups.pop()
                if not groups or groups[-1].column != own:
                    groups.append(_Group(own))
                groups[-1].members.append(index)
            if line.ends_declaration:
                self._align_all(groups)
                groups, above = [], -1
        self._align_all(groups)

    def _align_all(self, groups: Sequence[_Group]) -> None:
        for group in groups:
            self._align(group.members, group.column)

    def _align(self, members: Sequence[int], column: int) -> None:
        if len(members) < 2:
            return
        ends = [_end(self._lines[index]) for index in members if self._lines[index].code]
        column = max(column, *(end + 1 for end in ends))
        for index in members:
            self._put(index, column)

    def _put(self, index: int, column: int) -> None:
        self.of_line[index] = column
        # One space behind its code a comment may be in the column by chance, perhaps since the last run: if it drew
        # others into it, this run would go on where that one ended.
        self._draws[index] = bool(self._lines[index].code) and column - _end(self._lines[index]) > 1

    def _draw(self, index: int, neighbour: int, lower: int) -> None:
        """`lower` is that of the two that stands below the other."""
        line, column = self._lines[index], self.of_line[neighbour]
        is_single = self.of_line[index] is None and bool(line.notes) and bool(line.code)
        if not is_single or column is None or not self._draws[neighbour] or self._lines[lower].blank_before:
            return
        if _end(line) < column and not self._lines[lower - 1].ends_declaration:
            self._put(index, column)
