"""Comments behind code: the lines of a file to its text.

A comment behind code stands one space behind it. Comments that the author put in one column stay in one column: theirs,
or a wider one that all of them reach. Only neighbours count, within one declaration of the file; and a comment alone on
the next line, in the same column, goes on with the one above it.
"""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.formatting.layout import Line


def text_of(lines: Sequence[Line]) -> str:
    """The text of all lines, each with its line end."""
    columns = _columns(lines)
    written: list[str] = []
    for line, column in zip(lines, columns, strict=True):
        if line.blank_before:
            written.append("\n")
        notes = _notes(line)
        if not line.code:
            written.append(" " * (line.indent if column is None else column) + notes)
        else:
            code = " " * line.indent + line.code
            if notes:
                gap = 1 if column is None else column - _end(line)
                code = f"{code}{' ' * gap}{notes}"
            written.append(code)
        written.append("\n")
    return "".join(written)


def _notes(line: Line) -> str:
    return " ".join(note.text for note in line.notes)


def _end(line: Line) -> int:
    """The column behind the code."""
    _, newline, last = line.code.rpartition("\n")
    return len(last) if newline else line.indent + len(line.code)


def _columns(lines: Sequence[Line]) -> list[int | None]:
    """For each line the column of its notes, where these stand in one column with others."""
    columns: list[int | None] = [None] * len(lines)
    group: list[int] = []  # indices of neighbours that the author put in one column
    column = -1
    was_noted = False  # the line before has notes in `column`
    for index, line in enumerate(lines):
        own = line.notes[0].column if line.notes else -1
        continues = not line.code and was_noted and own == column and not line.blank_before
        if line.notes and (line.code or continues):
            if own != column:
                _align(lines, group, column, columns)
                group, column = [], own
            group.append(index)
        was_noted = bool(line.notes) and (bool(line.code) or continues)
        if line.ends_declaration:
            _align(lines, group, column, columns)
            group, column, was_noted = [], -1, False
    _align(lines, group, column, columns)
    return columns


def _align(lines: Sequence[Line], group: Sequence[int], column: int, columns: list[int | None]) -> None:
    if len(group) > 1:
        needed = max(_end(lines[index]) + 1 if lines[index].code else 0 for index in group)
        for index in group:
            columns[index] = max(column, needed)
