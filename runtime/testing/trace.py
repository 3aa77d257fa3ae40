"""What variables have done: samples as arrays, compared with what they did when somebody found that right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.program import Target
from runtime.service.config.durations import parse_duration
from runtime.service.tracing import plot
from runtime.service.tracing.signals import Signals
from runtime.testing import reference
from runtime.testing.comparison import Difference, differences
from runtime.testing.errors import BadReference, TraceDiffers, UnknownVariable
from runtime.testing.samples import Samples


class TraceFiles(Struct, frozen=True):
    """Where references are looked for, where the picture of a difference goes (None: nowhere), and whether references
    are written anew instead of compared.
    """

    references: Path = Path()
    pictures: Path | None = None
    update: bool = False


class Trace:
    """Samples of some variables, taken behind scans. It goes on until the PLC is closed or started anew."""

    def __init__(
        self, samples: Samples, number: int, column: int, targets: Sequence[Target], files: TraceFiles
    ) -> None:
        self._samples, self._number, self._files = samples, number, files
        self._columns = {target.path: (column + n, target) for n, target in enumerate(targets)}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._columns)

    @property
    def time_s(self) -> NDArray[np.float64]:
        """(n,): when each sample was taken, counted from the start of the PLC."""
        return self._samples.time_s(self._number)

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """(n,): the samples of one variable in its own type; BOOL as bool, TIME in nanoseconds."""
        if name not in self._columns:
            raise UnknownVariable(f"'{name}' is not recorded; there are: {', '.join(self._columns)}")
        column, target = self._columns[name]
        return self._samples.samples(self._number, column, target)

    def signals(self) -> Signals:
        """All of it, as it is now."""
        return Signals(self.time_s, {name: self[name] for name in self._columns})

    def save(self, path: str | Path) -> None:
        """As a table: the time in seconds and a column for each variable (CSV)."""
        Path(path).write_text(reference.text(self.signals()), encoding="utf-8")

    def draw(self, path: str | Path) -> None:
        """As a picture (SVG): BOOLs as lanes, numbers with an axis."""
        Path(path).write_text(plot.svg(plot.Plot(Path(path).stem, self.signals())), encoding="utf-8")

    def matches(self, path: str | Path, tolerance: float | Mapping[str, float] = 0.0, shift: str | None = None) -> bool:
        """Compare with the reference at `path`: TRUE, or TraceDiffers.

        `tolerance` is how far a number may be off, for all or by name; within `shift` (a duration) a value may come
        earlier or later than in the reference. Raises BadReference when the file is none of this trace.
        """
        file = self._files.references / path
        found = self.signals()
        if self._files.update:
            file.parent.mkdir(parents=True, exist_ok=True)
            self.save(file)
            return True
        wanted = reference.read(file, found)
        allowed = tolerance if isinstance(tolerance, Mapping) else dict.fromkeys(found.values, tolerance)
        if misnamed := set(allowed) - set(found.values):
            raise BadReference(f"a tolerance for '{min(misnamed)}', which is not recorded")
        differ = differences(found, wanted, allowed, parse_duration(shift) / 1e9 if shift else 0.0)
        if differ:
            raise TraceDiffers(self._told(file, differ, found, wanted))
        return True

    def _told(self, file: Path, differ: Sequence[Difference], found: Signals, wanted: Signals) -> str:
        lines = [f"the trace differs from {file}:", *(f"  {each.text}" for each in differ)]
        if self._files.pictures is not None:
            picture = self._files.pictures / f"{file.stem}.svg"
            marks = {each.name: each.time_s for each in differ}
            picture.write_text(plot.svg(plot.Plot(file.stem, found, wanted, marks)), encoding="utf-8")
            lines.append(f"  picture: {picture}")
        return "\n".join([*lines, "  if it is right as it is now: pytest --rung-update-traces"])
