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
        tasks = InterpretedTasks.of(built.program, built.project.sources, plant.options_of(built.project))
        self.note(folder, tasks, built.project.sources)
