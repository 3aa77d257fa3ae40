"""Which files `rung format` is about, what they hold and what they are to hold. The form itself is iec61131's affair.

Nothing is written but by `Formatted.write`.
"""

from __future__ import annotations

import codecs
import difflib
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from iec61131.diagnostics.catalogue.project import SOURCE_KIND, UNREADABLE
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.sources import SUFFIXES, format_source, has_own_form
from iec61131.source import SourceFile, Span
from runtime.service import suite_files
from runtime.service.artifacts import write_atomically
from runtime.service.config import load_project
from runtime.service.config.load import FILE_NAME
from runtime.service.config.sources import MAX_FILE_BYTES
from runtime.service.config.text_files import decode, read_bytes


class Formatted(Struct, frozen=True):
    """A source as it is and as it should be. A byte order mark stays where there is one."""

    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        """Both texts compared line by line, as `diff -u` shows it; empty when they are the same."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.name, f"{self.name} (new)"
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ no line end\n" for line in lines)

    def write(self) -> None:
        """Put the text where it came from, whole or not at all; a link stays a link."""
        path = Path(self.name).resolve()
        write_atomically(path, self.after.encode(), mode=stat.S_IMODE(path.stat().st_mode))


def sources_at(path: Path) -> list[Path]:
    """The source files that `path` means: the sources and tests of a project (its folder or plc.toml), all .st and .ld
    files of another folder, or the file itself. Those of engineering tools are left out: they have the form of the
    tool.

    Raises CompileError when there is nothing of that name, or the project file is wrong.
    """
    if path.name == FILE_NAME or (path / FILE_NAME).is_file():
        folder = path.parent if path.name == FILE_NAME else path
        sources = [folder / source.name for source in load_project(folder).sources if has_own_form(source.name)]
        return [*sources, *(tests.path for tests in suite_files.of_project(folder))]
    if path.is_dir():
        return sorted(_below(path))
    return [path]


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if has_own_form(path.name) and path.is_file() and not is_hidden:
            yield path


def formatted_file(path: Path) -> Formatted:
    """Raises CompileError when the file cannot be read, is one of an engineering tool, or its text is wrong."""
    name = str(path)
    if not has_own_form(name):
        raise CompileError(
            [SOURCE_KIND.at(Span(SourceFile(name, ""), 0, 0), name=path.name, known=" or ".join(SUFFIXES))]
        )
    try:
        return formatted(read_bytes(path, name, MAX_FILE_BYTES), name)
    except FileNotFoundError:
        place = Span(SourceFile(name, ""), 0, 0)
        raise CompileError([UNREADABLE.at(place, name=name, cause="there is no such file")]) from None


def formatted(data: bytes, name: str) -> Formatted:
    """Raises CompileError when `data` is no UTF-8 or its text is wrong."""
    mark = codecs.BOM_UTF8.decode() if data.startswith(codecs.BOM_UTF8) else ""
    before = mark + decode(data, name, mark=True).text
    return Formatted(name, before, format_source(before, name))
