"""A sentence to lines of at most 120 columns, if its parts allow it.

What the author broke stays broken at operators, and in lists that have one entry on each line. What is then too long
is broken at the operators that bind least, or in the outermost list of arguments. A second run of the formatter takes
the breaks of the first for the author's, and so has nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from iec61131.formatting.atoms import Atom, Role
from iec61131.formatting.groups import Group, Run, is_break_wanted, space_before, tree_of
from iec61131.formatting.sentences import Sentence, Shape
from iec61131.syntax.tokens import BINARY_OPERATORS, Kind

COLUMNS_MAX = 120
INDENT = 4


class Line(Struct, eq=False):
    """One line of the outcome, or several where a comment has several. `notes` stand behind the code, or alone."""

    indent: int
    code: str = ""
    notes: list[Atom] = field(default_factory=list[Atom])
    blank_before: bool = False
    ends_declaration: bool = False


def lay_out(sentence: Sentence) -> list[Line]:
    """The lines of one sentence, its notes included."""
    printer = _Printer(sentence.level * INDENT)
    if sentence.shape is Shape.INSTRUCTION:
        for atom in sentence.atoms:
            printer.put(atom, atom.space, printer.indent)
    elif sentence.atoms:
        # Twice the step, where what follows is one step in and would look like a part of it.
        steps = 2 if sentence.opens else 1
        printer.run(tree_of(sentence.atoms), printer.indent + steps * INDENT, 0)
    for note in sentence.notes:
        printer.put(note, True, printer.indent)
    printer.end_line()
    lines = printer.lines
    lines[0].blank_before = sentence.blank_before
    lines[-1].ends_declaration = sentence.ends_declaration
    return lines


class _Piece(Struct, eq=False):
    """What stands between two places where a run can be broken. `strength` is that of the break before it."""

    parts: list[Atom | Group]
    strength: int
    is_wanted: bool  # the author broke here

    @property
    def width(self) -> int:
        return sum(_width(part) for part in self.parts) + sum(map(space_before, self.parts[1:]))


class _Printer:
    """Writes pieces into the current line. `indent` is that of the current line."""

    def __init__(self, indent: int) -> None:
        self.lines: list[Line] = []
        self.indent = indent
        self._text: list[str] = []  # of the current line
        self._notes: list[Atom] = []  # behind it
        self._column = indent
        self._last: Atom | None = None

    # ---------------------------------------------------------------------------------------------- the current line

    def put(self, atom: Atom, space: bool, continued: int) -> None:
        """`continued` is the indentation, if the notes around it demand a new line."""
        last = self._last
        if last is not None and (last.is_line_comment or (atom.newlines and (atom.is_note or last.is_note))):
            self.new_line(continued)
        lead = " " if space and (self._text or self._notes) else ""
        if atom.is_note:
            self._notes.append(atom)
        else:
            self._take_in_notes()
            self._text.append(lead + atom.text)
        self._column = self._column_behind(lead + atom.text)
        self._last = atom

    def _take_in_notes(self) -> None:
        """Code follows the notes, which so become a part of it."""
        for note in self._notes:
            self._text.append((" " if self._text and note.space else "") + note.text)
        self._notes = []

    def _column_behind(self, text: str) -> int:
        _, newline, last = text.rpartition("\n")
        return len(last) if newline else self._column + len(text)

    def new_line(self, indent: int) -> None:
        """Nothing happens on a line that is empty yet, but that its indentation changes."""
        if self._text or self._notes:
            self.end_line()
        self.indent = self._column = indent
        self._last = None

    def end_line(self) -> None:
        self.lines.append(Line(self.indent, "".join(self._text), self._notes))
        self._text, self._notes = [], []

    def _fits(self, width: int, first: Atom | Group) -> bool:
        """Whether `width` columns that begin with `first` fit behind what the line holds."""
        lead = space_before(first) if self._text or self._notes else 0
        return self._column + lead + width <= COLUMNS_MAX

    # ---------------------------------------------------------------------------------------------------------- runs

    def run(self, run: Run, continued: int, tail: int) -> None:
        """`tail` is the width of what has to stand on the same line behind the run."""
        if not run.is_broken and self._fits(run.width + tail, run.parts[0]):
            self._flat(run.parts, continued)
            return
        pieces = _pieces(run)
        start = 0
        for end in range(1, len(pieces) + 1):
            if end == len(pieces) or pieces[end].is_wanted:
                if start:
                    self.new_line(continued)
                self._pieces(pieces[start:end], continued, tail if end == len(pieces) else 0)
                start = end

    def _pieces(self, pieces: Sequence[_Piece], continued: int, tail: int) -> None:
        """Pieces between which the author did not break."""
        width = sum(piece.width for piece in pieces) + sum(space_before(piece.parts[0]) for piece in pieces[1:])
        fits = self._fits(width + tail, pieces[0].parts[0])
        if len(pieces) == 1 or fits:
            parts = [part for piece in pieces for part in piece.parts]
            if fits or not self._break_assignment(parts, continued, tail):
                self._parts(parts, continued, tail)
            return
        weakest = min(piece.strength for piece in pieces[1:])
        spans: list[list[_Piece]] = []
        for piece in pieces:
            if not spans or piece.strength == weakest:
                spans.append([])
            spans[-1].append(piece)
        self._fill(spans, continued, tail)

    def _fill(self, spans: Sequence[Sequence[_Piece]], continued: int, tail: int) -> None:
        """As many of the spans on each line as fit."""
        on_line: list[_Piece] = []
        width = 0
        for index, span in enumerate(spans):
            needed = sum(piece.width + space_before(piece.parts[0]) for piece in span)
            behind = tail if index == len(spans) - 1 else 0
            if on_line and not self._fits(width + needed + behind, on_line[0].parts[0]):
                self._pieces(on_line, continued, 0)
                self.new_line(continued)
                on_line = []
            if not on_line:
                width = -space_before(span[0].parts[0])
            on_line = [*on_line, *span]
            width += needed
        self._pieces(on_line, continued, tail)

    def _break_assignment(self, parts: Sequence[Atom | Group], continued: int, tail: int) -> bool:
        """Behind the last `:=`, as the last resort; whether that was of use. Behind another one of `a := b := c` a new
        statement would begin.
        """
        if any(isinstance(part, Group) and (part.is_broken or part.gives_way) for part in parts):
            return False
        signs = [index for index, part in enumerate(parts) if not isinstance(part, Group) and part.kind is Kind.ASSIGN]
        if not signs or signs[-1] + 1 == len(parts):
            return False
        behind = signs[-1] + 1
        self._parts(parts[:behind], continued, 0)
        self.new_line(continued)
        self._parts(parts[behind:], continued, tail)
        return True

    # --------------------------------------------------------------------------------------------------------- parts

    def _flat(self, parts: Sequence[Atom | Group], continued: int) -> None:
        for part in parts:
            if isinstance(part, Group):
                self._flat_group(part, continued)
            else:
                self.put(part, part.space, continued)

    def _flat_group(self, group: Group, continued: int) -> None:
        self.put(group.opener, group.opener.space, continued)
        for run in group.runs:
            self._flat(run.parts, continued)
        if group.closer is not None:
            self.put(group.closer, group.closer.space, continued)

    def _parts(self, parts: Sequence[Atom | Group], continued: int, tail: int) -> None:
        """Atoms and groups, of which each is broken that has to be."""
        for index, part in enumerate(parts):
            if isinstance(part, Group):
                self._group(part, continued, _width_up_to_group(parts[index + 1 :], tail))
            else:
                self.put(part, part.space, continued)

    def _group(self, group: Group, continued: int, tail: int) -> None:
        if not group.is_broken and self._fits(group.width + tail, group):
            self._flat_group(group, continued)
        elif group.is_list or (group.is_call and not group.is_broken and not group.gives_way_inside):
            self._list(group, continued)
        else:
            self.put(group.opener, group.opener.space, continued)
            for run in group.runs:
                self.run(run, continued + INDENT, tail + 1)
            if group.closer is not None:
                self.put(group.closer, group.closer.space, continued)

    def _list(self, group: Group, continued: int) -> None:
        """Runs on lines of their own: one on each, or in rows."""
        self.put(group.opener, group.opener.space, continued)
        base = self.indent
        for note in group.head:
            self.put(note, True, base + INDENT)
        in_column = group.in_column or (group.opener.kind is Kind.LEFT_PARENTHESIS and not group.in_rows)
        before: Run | None = None
        is_spread = False  # the run before has taken several lines
        for run in group.runs:
            if (
                before is None
                or in_column
                or run.is_on_new_line
                or before.is_note
                or before.is_broken
                or is_spread
                or run.is_broken
                or not self._fits(run.width, run.parts[0])
            ):
                self.new_line(base + INDENT)
            first = len(self.lines)
            self.run(run, base + 2 * INDENT, 0)
            before, is_spread = run, len(self.lines) > first
        self.new_line(base)
        if group.closer is not None:
            self.put(group.closer, False, base)


def _pieces(run: Run) -> list[_Piece]:
    """The run parted before its operators and behind its commas."""
    pieces: list[_Piece] = [_Piece([], 0, False)]
    parts = run.parts
    is_behind_comma = False
    for index, part in enumerate(parts):
        strength: int | None = None
        is_wanted = False
        if isinstance(part, Group):
            if is_behind_comma:
                strength, is_wanted = 0, part.opener.newlines > 0
        elif is_behind_comma and not part.is_note:
            strength, is_wanted = 0, part.newlines > 0
        elif part.role is Role.BINARY:
            strength = BINARY_OPERATORS[part.kind][0]
            is_wanted = is_break_wanted(part, parts[index + 1 : index + 2])
        if strength is not None and pieces[-1].parts:
            pieces.append(_Piece([], strength, is_wanted))
        pieces[-1].parts.append(part)
        is_note = not isinstance(part, Group) and part.is_note
        is_behind_comma = (is_behind_comma and is_note) or (not isinstance(part, Group) and part.kind is Kind.COMMA)
    return pieces


def _width(part: Atom | Group) -> int:
    return part.width if isinstance(part, Group) else len(part.text)


def _width_up_to_group(parts: Sequence[Atom | Group], tail: int) -> int:
    """Of what stands on the line of a closing bracket for certain."""
    width = 0
    for part in parts:
        width += space_before(part)
        if isinstance(part, Group):
            return width + 1
        width += len(part.text)
    return width + tail
