"""Which statements of a program the tests have run, and which ways they have gone, in the files of coverage.py.

```python
with StatementCoverage() as covered:
    plc = load("programs/tank", covered=covered)
    ...
```

writes `.coverage.st.<process>` for `coverage combine`; under pytest, `--rung-coverage` does that for `load_plc`.
Reports need the plugin for coverage.py, `coverage_plugin`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from iec61131 import compiler
from iec61131.source import SourceFile
from runtime.service import plant
from runtime.testing.branches import Arc, Branch, branches
from runtime.testing.interpreted import InterpretedTasks

PLUGIN = "runtime.testing.coverage_plugin.StructuredText"
"""By which name coverage.py knows it."""


class StatementCoverage:
    """Collects from any number of PLCs, and writes when it is left."""

    def __init__(self) -> None:
        self._programs: list[tuple[Path, InterpretedTasks, tuple[SourceFile, ...]]] = []

    def add(self, folder: Path, built: plant.Plant) -> InterpretedTasks:
        """The tasks of the project in `folder`, to be run by a PLC."""
        tasks = InterpretedTasks.of(built.program, built.project.sources, plant.options_of(built.project))
        self.note(folder, tasks, built.project.sources)
        return tasks

    def note(self, folder: Path, tasks: InterpretedTasks, sources: tuple[SourceFile, ...]) -> None:
        """What `tasks` run counts for `sources`, which lie in `folder`."""
        self._programs.append((folder, tasks, sources))

    def __enter__(self) -> StatementCoverage:
        return self

    def __exit__(self, *_: object) -> None:
        self.write(Path())

    def lines(self) -> dict[str, set[int]]:
        """For each source, by its full path, the lines on which statements begin that have run, or conditions."""
        found = dict[str, set[int]]()
        for tasks, paths in self._collected():
            for path in paths.values():
                found.setdefault(path, set())
            for span in (each.span for each in tasks.executed):
                if span.file.name in paths:  # and no part of the library
                    found[paths[span.file.name]].add(span.line)
        for path, branch, arcs in self._gone():
            found[path] |= branch.own & {start for start, _ in arcs}
        return found

    def arcs(self) -> dict[str, set[Arc]]:
        """The same as ways from line to line: those of decisions, and one from nowhere to each line that has run."""
        found = {path: {(-1, line) for line in lines} for path, lines in self.lines().items()}
        for path, _, arcs in self._gone():
            found[path].update(arcs)
        return found

    def _gone(self) -> Iterator[tuple[str, Branch, tuple[Arc, ...]]]:
        """Each way that was gone: in which source, where, and over which lines."""
        known = dict[SourceFile, dict[tuple[int, int], Branch]]()
        for tasks, paths in self._collected():
            for span, way in tasks.decisions:
                if span.file.name not in paths:
                    continue
                if span.file not in known:
                    known[span.file] = branches(compiler.parsed(span.file)[0])
                branch = known[span.file].get((span.start, span.end))
                if branch is not None:
                    yield paths[span.file.name], branch, branch.ways.get(way, ())

    def _collected(self) -> Iterator[tuple[InterpretedTasks, dict[str, str]]]:
        """What has run, and the full path of each source by its name."""
        for folder, tasks, sources in self._programs:
            yield tasks, {source.name: str((folder / source.name).resolve()) for source in sources}

    def write(self, folder: Path) -> None:
        """For `coverage combine` in `folder`; nothing where no PLC has run. With branches where the settings say so, as
        files with and without cannot be combined.
        """
        from coverage import Coverage, CoverageData  # late: whoever asks for no coverage need not have it

        lines = self.lines()
        if lines:
            data = CoverageData(str(folder / ".coverage"), suffix=f"st.{os.getpid()}")
            if Coverage(data_file=None).get_option("run:branch"):
                data.add_arcs(self.arcs())
            else:
                data.add_lines(lines)
            data.add_file_tracers(dict.fromkeys(lines, PLUGIN))
            data.write()
