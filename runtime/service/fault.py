"""What a fault of a running program looks like to people: its code, its place in the source, and the calls that led
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.diagnostics.catalogue import CODES
from iec61131.graphical.drawing.terminal import Style, Window
from iec61131.input_forms import drawings
from iec61131.program import HEADER, CompiledProgram, FaultCode, Site
from iec61131.source import SourceFile, Span

_COLUMNS = 110
"""Of a drawing in a report."""


class FaultReport(Struct, frozen=True):
    """`site` is None when no place in the source is to blame (a lost input). `calls` innermost first."""

    code: str
    message: str
    remedy: str
    site: Site | None
    calls: tuple[Site, ...]

    @property
    def shortly(self) -> str:
        """In one line."""
        return self.message if self.site is None else f"{self.message} ({_place(self.site)})"

    def lines(self, sources: Iterable[SourceFile] = ()) -> list[str]:
        """As text, like a diagnostic of the compiler; with what is drawn at the place, where the source is at hand."""
        lines = [f"fault[{self.code}]: {self.message}"]
        if self.site is not None:
            lines.append(f"  --> {_place(self.site)}")
            lines += _drawn(self.site, sources)
        lines += [f"  called from {_place(site)}" for site in self.calls]
        return [*lines, f"  = remedy: {self.remedy}", f"  = more: rung explain {self.code}"]

    def as_json(self) -> dict[str, Any]:
        calls = [
            {"file": s.file, "line": s.line, "column": s.column, "pou": s.pou} for s in (self.site, *self.calls) if s
        ]
        return {"code": self.code, "message": self.message, "remedy": self.remedy, "path": calls}


def _place(site: Site) -> str:
    return f"{site.file}:{site.line}:{site.column} in {site.pou}"


def _drawn(site: Site, sources: Iterable[SourceFile]) -> list[str]:
    file = next((file for file in sources if file.name == site.file), None)
    if file is None or site.line > len(file.line_starts):
        return []
    start = file.line_starts[site.line - 1] + site.column - 1
    found = drawings.drawn(Span(file, start, start), Style(), Window(_COLUMNS))
    return [f"   | {line}".rstrip() for line in (drawings.in_words(found), *found.lines)] if found is not None else []


def report(program: CompiledProgram, memory: NDArray[np.uint8]) -> FaultReport | None:
    """The fault recorded in `memory` (a program's memory block), or None when it records none."""
    header = memory[: HEADER.itemsize].view(HEADER)[0]
    number = int(header["fault_code"])
    if number == FaultCode.NONE or number not in set(FaultCode):  # FaultCode itself: only from Python 3.12 on
        return None
    code = CODES[f"RUNG{900 + number:04d}"]
    site = int(header["fault_site"])
    calls = header["call_path"][: int(header["call_depth"])]
    known = [program.sites[int(c)] for c in calls if int(c) in program.sites]
    return FaultReport(
        code.id,
        code.message,
        code.remedy,
        program.sites.get(site),
        tuple(known),
    )
