"""Which statements of a program the tests have run, in the files of coverage.py.

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
from collections.abc import Iterable
from pathlib import Path

from iec61131.semantics.model import Statement
from iec61131.source import SourceFile
from runtime.service import plant
from runtime.testing.interpreted import InterpretedTasks

PLUGIN = "runtime.testing.coverage_plugin.StructuredText"
"""By which name coverage.py knows it."""


class StatementCoverage:
    """Collects from any number of PLCs, and writes when it is left."""

    def __init__(self) -> None:
        self._programs: list[tuple[Path, InterpretedTasks, tuple[SourceFile, ...]]] = []

    def add(self, folder: Path, built: plant.Plant) -> InterpretedTasks:
        """The tasks of the project in `folder`, to be run by a PLC."""
        tasks = InterpretedTasks(built.program, built.project.sources, plant.options_of(built.project))
        self._programs.append((folder, tasks, built.project.sources))
        return tasks

    def __enter__(self) -> StatementCoverage:
        return self

    def __exit__(self, *_: object) -> None:
        self.write(Path())

    def lines(self) -> dict[str, set[int]]:
        """For each source, by its full path, the lines on which statements begin that have run."""
        found = dict[str, set[int]]()
        for folder, tasks, sources in self._programs:
            paths = {source.name: str((folder / source.name).resolve()) for source in sources}
            for path in paths.values():
                found.setdefault(path, set())
            for name, line in _places(tasks.executed):
                if name in paths:  # and no part of the library
                    found[paths[name]].add(line)
        return found

    def write(self, folder: Path) -> None:
        """For `coverage combine` in `folder`; nothing where no PLC has run."""
        from coverage import CoverageData  # late: whoever asks for no coverage need not have it

        lines = self.lines()
        if lines:
            data = CoverageData(str(folder / ".coverage"), suffix=f"st.{os.getpid()}")
            data.add_lines(lines)
            data.add_file_tracers(dict.fromkeys(lines, PLUGIN))
            data.write()


def _places(statements: Iterable[Statement]) -> set[tuple[str, int]]:
    return {(each.span.file.name, each.span.file.position(each.span.start)[0]) for each in statements}
