"""Where the statements of a source lead: for each place at which a program decides, the line that comes next.

| place | its line | ways |
|---|---|---|
| condition of IF, WHILE | of the statement | TRUE, FALSE |
| condition of ELSIF, UNTIL | its own | TRUE, FALSE |
| label of a CASE | its own | to its statements, to the next label, from the last one to ELSE |
| FOR | of the statement | into a turn, past the last one |

The line that comes next is that of a statement, or what encloses the place if there is none: a loop, for its next turn;
or negative, the way out of a POU that begins on that line. A way to the line on which it begins has that line with a
minus, for coverage.py knows no way from a line to itself; and it wants two ways from a line at most, so that of several
places on one line the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast, get_args

from msgspec import Struct, field
from msgspec.structs import fields

from iec61131.interpreter.decisions import LEFT, OTHERWISE, TAKEN
from iec61131.source import Span
from iec61131.syntax import tree

NOTHING_RUNS = (tree.Empty, tree.Pragma, tree.Label, tree.Link)
_BODIED = (
    tree.PouDeclaration,
    tree.MethodDeclaration,
    tree.Accessor,
    tree.ActionDeclaration,
    tree.TestPart,
    tree.Mock,
)


Arc = tuple[int, int]
"""From a line to a line."""


class Branch(Struct, frozen=True):
    """The arcs on each way. `own` are lines on which it decides and nothing else begins."""

    ways: dict[int, tuple[Arc, ...]]
    own: frozenset[int] = frozenset()

    @property
    def arcs(self) -> set[Arc]:
        return {arc for arcs in self.ways.values() for arc in arcs}


def branches(unit: tree.Unit) -> dict[tuple[int, int], Branch]:
    """By the offsets at which the condition, CASE or FOR begins and ends."""
    found = _Found()
    for body in _bodies(unit):
        found.read(body.body, -body.span.line)
    return found.branches


def _bodies(node: object) -> Iterator[Any]:
    """Everything with statements of its own, whatever it stands in."""
    if isinstance(node, tuple):
        for part in cast("tuple[object, ...]", node):
            yield from _bodies(part)
    elif isinstance(node, Struct) and not isinstance(node, get_args(tree.Statement)):
        if isinstance(node, _BODIED):
            yield node
        for each in fields(node):
            yield from _bodies(getattr(node, each.name))


class _Found(Struct, frozen=True):
    branches: dict[tuple[int, int], Branch] = field(default_factory=dict[tuple[int, int], Branch])
    lines: set[int] = field(default_factory=set[int])  # on which something decides

    def read(self, statements: Sequence[tree.Statement], behind: int) -> None:
        """The branches in a list of statements, behind which `behind` comes."""
        runs = [each for each in statements if not isinstance(each, NOTHING_RUNS)]
        for number, statement in enumerate(runs):
            follows = runs[number + 1].span.line if number + 1 < len(runs) else behind
            self._statement(statement, follows)

    def _statement(self, statement: tree.Statement, follows: int) -> None:
        line = statement.span.line
        match statement:
            case tree.If():
                self._if(statement, follows)
            case tree.Case():
                self._case(statement, follows)
            case tree.For():
                self._two_ways(statement.span, line, _first(statement.body, line), follows)
                self.read(statement.body, line)
            case tree.While():
                self._two_ways(statement.condition.span, line, _first(statement.body, line), follows)
                self.read(statement.body, line)
            case tree.Repeat():
                until = statement.until.span.line
                self._two_ways(statement.until.span, until, follows, _first(statement.body, until), is_own=True)
                self.read(statement.body, until)
            case tree.Try():
                for part in (statement.body, statement.handler or (), statement.final or ()):
                    self.read(part, follows)
            case _:
                pass

    def _if(self, statement: tree.If, follows: int) -> None:
        line = statement.span.line
        for number, (condition, body) in enumerate(statement.branches):
            if number + 1 < len(statement.branches):
                otherwise = statement.branches[number + 1][0].span.line
            else:
                otherwise = _first(statement.otherwise, follows)
            self._two_ways(condition.span, line, _first(body, follows), otherwise, is_own=number > 0)
            self.read(body, follows)
            line = otherwise
        self.read(statement.otherwise, follows)

    def _case(self, statement: tree.Case, follows: int) -> None:
        """One label after the other is looked at, until one fits."""
        lines = [labels[0].span.line for labels, _ in statement.arms]
        bodies = [body for _, body in statement.arms]
        otherwise = statement.otherwise or ()
        ends = [*lines[1:], _first(otherwise, follows)]
        past = [self._arc(line, end) for line, end in zip(lines, ends, strict=True)]
        ways: dict[int, tuple[Arc, ...]] = {OTHERWISE: _known(past)}
        for number, (line, body) in enumerate(zip(lines, bodies, strict=True)):
            ways[number] = _known([*past[:number], self._arc(line, _first(body, follows))])
        own = frozenset(line for line, body in zip(lines, bodies, strict=True) if _first(body, follows) != line)
        self.branches[statement.span.start, statement.span.end] = Branch(ways, own - self.lines)
        self.lines.update(lines)
        for body in (*bodies, otherwise):
            self.read(body, follows)

    def _two_ways(self, span: Span, line: int, taken: int, left: int, *, is_own: bool = False) -> None:
        ways = {TAKEN: _known([self._arc(line, taken)]), LEFT: _known([self._arc(line, left)])}
        own = frozenset({line} if is_own and line not in self.lines else ())
        self.branches[span.start, span.end] = Branch(ways, own)
        self.lines.add(line)

    def _arc(self, line: int, end: int) -> Arc | None:
        """None where something else decides on this line."""
        return None if line in self.lines else (line, end if end != line else -end)


def _known(arcs: list[Arc | None]) -> tuple[Arc, ...]:
    return tuple(arc for arc in arcs if arc is not None)


def _first(body: Sequence[tree.Statement], behind: int) -> int:
    """The line on which `body` begins; `behind` when nothing in it runs."""
    return next((each.span.line for each in body if not isinstance(each, NOTHING_RUNS)), behind)
