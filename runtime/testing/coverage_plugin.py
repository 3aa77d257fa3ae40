"""The plugin for coverage.py that shows structured text in its reports.

    [tool.coverage.run]
    plugins = ["runtime.testing.coverage_plugin"]

What has run comes from `statement_coverage`; here is only said which lines have statements, and where they lead.
"""

# coverage.py leaves some of what it hands over without types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args

from coverage import CoveragePlugin, FileReporter
from coverage.plugin_support import Plugins
from msgspec import Struct
from msgspec.structs import fields

from iec61131 import compiler
from iec61131.syntax import tree
from runtime.service import plant
from runtime.testing.branches import NOTHING_RUNS, branches

_COMPOUND = (tree.If, tree.Case, tree.For, tree.While, tree.Repeat, tree.Try)


def coverage_init(registry: Plugins, options: object) -> None:
    """Called by coverage.py."""
    registry.add_file_tracer(StructuredText())


class StructuredText(CoveragePlugin):
    """No Python runs a program, so no file of Python is claimed."""

    def file_tracer(self, filename: str) -> None:
        return None

    def file_reporter(self, filename: str) -> FileReporter:
        return _Reporter(filename)


class _Reporter(FileReporter):
    """The statements of one source."""

    def __init__(self, filename: str) -> None:
        super().__init__(filename)
        self._file = plant.source(Path(filename))
        unit, _ = compiler.parsed(self._file)
        self._lines = set[int]()
        self._first = dict[int, int]()  # of a statement without others inside, for each of its lines
        for statement in _statements(unit):
            span = statement.span
            first, last = (self._file.position(offset)[0] for offset in (span.start, span.end))
            self._lines.add(first)
            if not isinstance(statement, _COMPOUND):
                self._first |= dict.fromkeys(range(first, last + 1), first)
        self._branches = list(branches(unit).values())
        self._lines |= {line for branch in self._branches for line in branch.own}

    def source(self) -> str:
        return self._file.text

    def lines(self) -> set[int]:
        return self._lines

    def translate_lines(self, lines: Iterable[int]) -> set[int]:
        """A statement that runs over several lines counts on its first."""
        return {self._first.get(line, line) for line in lines} & self._lines

    def arcs(self) -> set[tuple[int, int]]:
        return {arc for branch in self._branches for arc in branch.arcs}

    def exit_counts(self) -> dict[int, int]:
        starts = [start for start, _ in self.arcs()]
        return {line: starts.count(line) for line in starts}

    def missing_arc_description(
        self, start: int, end: int, executed_arcs: Iterable[tuple[int, int]] | None = None
    ) -> str:
        if end == -start:
            return f"line {start} did not run what stands on it behind its condition"
        return f"line {start} did not lead {f'to line {end}' if end > 0 else 'to the end'}"


def _statements(node: object) -> Iterator[Any]:
    """All in a tree, whatever they stand in."""
    if isinstance(node, tuple):
        for part in node:  # pyright: ignore[reportUnknownVariableType]
            yield from _statements(part)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(node, Struct):
        if isinstance(node, get_args(tree.Statement)) and not isinstance(node, NOTHING_RUNS):
            yield node
        for each in fields(node):
            yield from _statements(getattr(node, each.name))
