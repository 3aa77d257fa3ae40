"""Which forms of source text can be read: one row for each ending of a file's name.

Another form is another row. A file that has no row is not looked at as a unit; where its text was also written out as
structured text (`X.xml` and `X.xml.st`), that stands for it until there is one. A list of global variables has its name
from its file, `X.TcGVL.st`, because such text has lost it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePath

from iec61131.source import SourceFile

_LIST = re.compile(r"(\w+)\.TcGVL\.st", re.IGNORECASE)


def _structured_text(name: str, text: str) -> list[SourceFile]:
    listed = _LIST.fullmatch(name)
    return [SourceFile(name, f"{{list_name {listed[1]}}} {text}" if listed else text)]


Reader = Callable[[str, str], list[SourceFile]]


def _plcopen(name: str, text: str) -> list[SourceFile]:
    return [SourceFile(name, text)]


READERS: dict[str, Reader] = {
    ".st": _structured_text,
    ".txt": _structured_text,
    ".test": _structured_text,
    ".dt": _structured_text,
    ".xml": _plcopen,
}


def is_readable(name: str) -> bool:
    return PurePath(name).suffix.lower() in READERS


def sources_of(path: Path) -> list[SourceFile]:
    """What the compiler is given for the file at `path`. Raises KeyError for a form that has no reader."""
    return sources_from(path.name, path.read_text(encoding="utf-8", errors="replace"))


def sources_from(name: str, text: str) -> list[SourceFile]:
    """The same for a text that is at hand."""
    return READERS[PurePath(name).suffix.lower()](name, text.removeprefix("\ufeff"))
