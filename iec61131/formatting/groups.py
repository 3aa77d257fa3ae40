"""The atoms of a sentence as a tree of brackets, and which of these the author broke over several lines.

A `Run` is what stands between two commas, or all of a sentence; a `Group` is a pair of brackets with its runs. Widths
are those on one line; what has to stand on several lines is `is_broken`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from iec61131.formatting.atoms import CLOSING, OPENING, VALUE_ENDS, Atom, Role
from iec61131.syntax.tokens import Kind


class Run(Struct, eq=False):
    """Atoms and groups, the comma behind them and the notes behind it included."""

    parts: list[Atom | Group] = field(default_factory=list["Atom | Group"])
    width: int = 0
    is_broken: bool = False
    is_note: bool = False  # nothing but notes, on a line of their own
    is_on_new_line: bool = False  # the author began it on a new line

    @property
    def first(self) -> Atom:
        part = self.parts[0]
        return part.opener if isinstance(part, Group) else part

    def measure(self) -> None:
        parts, first = self.parts, self.first
        self.is_on_new_line = first.newlines > 0
        if first.is_note and len(parts) > 1 and not newlines_before(parts[1]):
            first.newlines = 0  # it belongs to the code behind it, wherever that goes
        self.width = sum(part.width if isinstance(part, Group) else len(part.text) for part in parts)
        self.width += sum(space_before(part) for part in parts[1:])
        self.is_broken = any(
            part.is_broken if isinstance(part, Group) else _is_at_line_end(part, parts[index + 1 : index + 2])
            for index, part in enumerate(parts)
        )


class Group(Struct, eq=False):
    """`head` are notes on the line of the opening bracket. A bracket that is not closed has no `closer`."""

    opener: Atom
    is_call: bool = False
    """Its runs are arguments; else a term in brackets, or an index."""
    head: list[Atom] = field(default_factory=list[Atom])
    runs: list[Run] = field(default_factory=list[Run])
    closer: Atom | None = None
    width: int = 0
    is_broken: bool = False
    in_column: bool = False
    """One run on each line, because the author began each on a new one."""
    in_rows: bool = False
    """The author began some of the runs on a new line."""
    gives_way_inside: bool = False
    """Something in it can be broken. Settled once: who asks goes from the outermost group inwards."""

    @property
    def is_list(self) -> bool:
        """Whether its runs stand on lines of their own when it is broken; a note that is all it has does so, too."""
        return len(self.runs) > 1 or bool(self.head) or any(run.is_note for run in self.runs)

    @property
    def gives_way(self) -> bool:
        """Whether the group can be broken, itself or inside."""
        return self.is_list or self.is_call or self.gives_way_inside

    def measure(self) -> None:
        for run in self.runs:
            run.measure()
        self.width = 1 + (self.closer is not None) + sum(run.width for run in self.runs)
        self.width += sum(space_before(run.parts[0]) for run in self.runs[1:])
        behind_first = [run.is_on_new_line for run in self.runs if not run.is_note][1:]
        self.in_column = bool(behind_first) and all(behind_first)
        self.in_rows = any(behind_first)
        is_kept = self.in_column or (self.in_rows and self.opener.kind is Kind.LEFT_BRACKET)
        has_notes = bool(self.head) or any(run.is_note for run in self.runs)
        self.is_broken = is_kept or has_notes or any(run.is_broken for run in self.runs)
        self.gives_way_inside = any(
            part.gives_way if isinstance(part, Group) else part.role is Role.BINARY
            for run in self.runs
            for part in run.parts
        )


def space_before(part: Atom | Group) -> bool:
    return part.opener.space if isinstance(part, Group) else part.space


def newlines_before(part: Atom | Group) -> int:
    return part.opener.newlines if isinstance(part, Group) else part.newlines


def is_break_wanted(operator: Atom, follows: Sequence[Atom | Group]) -> bool:
    """Whether the author broke the line before or behind the operator."""
    return operator.newlines > 0 or (bool(follows) and newlines_before(follows[0]) > 0)


def _is_at_line_end(atom: Atom, follows: Sequence[Atom | Group]) -> bool:
    """Whether a line has to end at `atom`: the author broke it at this operator, or it is a note alone on its line or
    the last on it.
    """
    if atom.role is Role.BINARY:
        return is_break_wanted(atom, follows)
    if not atom.is_note:
        return False
    is_last_on_line = bool(follows) and newlines_before(follows[0]) > 0
    return atom.is_line_comment or "\n" in atom.text or atom.newlines > 0 or is_last_on_line


def tree_of(atoms: Sequence[Atom]) -> Run:
    """The whole sentence as one run, measured."""
    run = Run(_Grouping(atoms).parts())
    run.measure()
    return run


# Brackets further in are not told apart: a tree of any depth would need a stack of any depth.
_DEPTH_MAX = 50


class _Grouping:
    def __init__(self, atoms: Sequence[Atom]) -> None:
        self._atoms = atoms
        self._top = Run()
        self._open: list[Group] = []
        self._too_deep = 0  # brackets open beyond the limit

    def parts(self) -> list[Atom | Group]:
        atoms = self._atoms
        index = 0
        while index < len(atoms):
            atom = atoms[index]
            if self._too_deep or (atom.kind in OPENING and len(self._open) == _DEPTH_MAX):
                self._too_deep += (atom.kind in OPENING) - (atom.kind in CLOSING)
                self._run.parts.append(atom)
            elif atom.kind in OPENING:
                group = Group(atom, self._is_call(index))
                self._run.parts.append(group)
                self._open.append(group)
                group.head = self._notes_on_line(index + 1)
                index += len(group.head)
            elif atom.kind in CLOSING and self._open:
                self._close(atom)
            elif atom.kind is Kind.COMMA and self._open:
                notes = self._notes_on_line(index + 1)
                self._run.parts += [atom, *notes]
                self._open[-1].runs.append(Run())
                index += len(notes)
            else:
                self._add(index)
            index += 1
        while self._open:
            self._close(None)
        return self._top.parts

    def _is_call(self, opener: int) -> bool:
        before = self._atoms[opener - 1] if opener else self._atoms[opener]
        is_behind_name = before.kind in VALUE_ENDS or before.role is Role.FUNCTION
        return is_behind_name and self._atoms[opener].kind is Kind.LEFT_PARENTHESIS

    @property
    def _run(self) -> Run:
        if not self._open:
            return self._top
        group = self._open[-1]
        if not group.runs:
            group.runs.append(Run())
        return group.runs[-1]

    def _add(self, index: int) -> None:
        """An atom; a note alone on its line between two runs, or behind the last one, is a run of its own."""
        atom, run = self._atoms[index], self._run
        if self._open and atom.is_note and atom.newlines and self._is_between_runs(index, run):
            run.is_note = not run.parts
            if run.parts:
                run = Run(is_note=True)
                self._open[-1].runs.append(run)
            run.parts.append(atom)
            self._open[-1].runs.append(Run())
        else:
            run.parts.append(atom)

    def _is_between_runs(self, index: int, run: Run) -> bool:
        index += 1
        if self._atoms[index].newlines == 0:
            return False
        while self._atoms[index].is_note:
            index += 1
        return not run.parts or self._atoms[index].kind in CLOSING

    def _close(self, atom: Atom | None) -> None:
        group = self._open.pop()
        group.closer = atom
        group.runs = [run for run in group.runs if run.parts]
        group.measure()

    def _notes_on_line(self, start: int) -> list[Atom]:
        """The notes from `start` on, if they are the last on their line."""
        end = start
        while end < len(self._atoms) and self._atoms[end].is_note and not self._atoms[end].newlines:
            end += 1
        is_last = end > start and end < len(self._atoms) and self._atoms[end].newlines > 0
        return list(self._atoms[start:end]) if is_last else []
