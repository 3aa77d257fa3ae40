"""Which file of an editor is which source of a program. What is recorded may have another text by now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.source import SourceFile
from runtime.replay.debugger import Refused
from runtime.service import plant


class Files:
    """`folder` is where the sources may lie."""

    def __init__(self, sources: Sequence[SourceFile], folder: Path | None) -> None:
        self._sources = tuple(sources)
        self._paths = {file.name: _same(file, folder) for file in sources}

    def source(self, name: str) -> dict[str, Any]:
        """By its path where the file has the same text; else the text has to be asked for by a number."""
        path = self._paths.get(name)
        if path is not None:
            return {"name": name, "path": str(path)}
        number = next(number for number, file in enumerate(self._sources, 1) if file.name == name)
        return {"name": name, "sourceReference": number, "origin": "the recording"}

    def difference(self, name: str) -> str:
        """What to say of a breakpoint in a file whose text may be another one; empty for the same."""
        return "" if self._paths.get(name) is not None else f"the line is that of {name} as it was recorded"

    def referred(self, number: int) -> SourceFile:
        """Raises Refused."""
        if not 1 <= number <= len(self._sources):
            raise Refused("there is no such source")
        return self._sources[number - 1]


def _same(file: SourceFile, folder: Path | None) -> Path | None:
    if folder is None:
        return None
    path = (folder / file.name).resolve()
    try:
        return path if path.is_file() and plant.source(path).digest == file.digest else None
    except (CompileError, OSError):
        return None
