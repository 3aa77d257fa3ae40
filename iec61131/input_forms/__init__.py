"""Files of engineering tools to source files: TwinCAT objects (XML) and exports of CODESYS 2.3 (text with headers).

    canvas.py           blank paper of a file's size: what is Structured Text stays where it stands
    fragments.py        pieces of Structured Text in a file that is none
    xml_tree.py         XML to elements with their places, without anything that makes XML dangerous
    xml_text.py         Structured Text between its tags
    twincat.py          .TcPOU .TcDUT .TcGVL .TcIO
    codesys_export.py   .EXP
    plcopen             .xml, PLCopen projects
    ladder              .ld, ladder as text
    drawings.py         from a place in a file to what is drawn there
    passages.py         comments and first words, as both forms need them
    encodings.py        bytes to text

The Structured Text is not moved: the text for the lexer is as long as the file and has its lines, so a finding points
into the file that the tool wrote. What a tool expresses by structure (the end of a POU, an accessor of a property) is
written into the blanks that the tags leave. A form is a row of `_FORMS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.graphical import Drawings
from iec61131.source import SourceFile
from iec61131.syntax import parser
from iec61131.syntax.tree import Unit

__all__ = ["LADDER", "PLAIN", "SUFFIXES", "decode", "has_form", "is_source", "parse", "read"]

PLAIN = ".st"
"""Structured Text as it is."""
LADDER = ".ld"
"""Ladder as text."""
PLCOPEN = ".xml"
"""PLCopen XML."""


def _of_twincat(name: str, text: str) -> SourceFile:
    from iec61131.input_forms import twincat  # with its XML only where there is some

    return twincat.read(name, text)


def _of_codesys_export(name: str, text: str) -> SourceFile:
    from iec61131.input_forms import codesys_export

    return codesys_export.read(name, text)


_FORMS: dict[str, Callable[[str, str], SourceFile]] = {
    ".tcpou": _of_twincat,
    ".tcdut": _of_twincat,
    ".tcgvl": _of_twincat,
    ".tcio": _of_twincat,
    ".exp": _of_codesys_export,
    PLCOPEN: SourceFile,
    LADDER: SourceFile,
}
"""By the end of the file's name in small letters: the tools run where capitals do not count."""
SUFFIXES = (PLAIN, ".TcPOU", ".TcDUT", ".TcGVL", ".TcIO", ".EXP", PLCOPEN, LADDER)
"""As people write them."""


def is_source(name: str) -> bool:
    """Whether a file of this name holds a part of a program."""
    return PurePosixPath(name).suffix == PLAIN or has_form(name)


def has_form(name: str) -> bool:
    """Whether a file of this name is of a tool's form, rather than plain Structured Text."""
    return _suffix(name) in _FORMS


def decode(name: str, data: bytes) -> str:
    """The text of a file of a tool's form. Raises UnicodeDecodeError."""
    from iec61131.input_forms import encodings

    return encodings.decode(data, in_code_page=_suffix(name) == ".exp")


def read(name: str, text: str) -> SourceFile:
    """The source in the file `name` with the content `text`. Raises CompileError with all findings about its form."""
    form = _FORMS.get(_suffix(name))
    return SourceFile(name, text) if form is None else form(name, text)


def parse(file: SourceFile, drawings: Drawings = "placed") -> tuple[Unit, list[Diagnostic]]:
    """The tree of a source, whatever its form, and what is wrong with it, in source order. Never raises."""
    suffix = _suffix(file.name)
    if suffix == PLCOPEN:
        from iec61131.input_forms import plcopen

        return plcopen.read_unit(file, drawings)
    if suffix == LADDER:
        from iec61131.input_forms import ladder

        return ladder.read_unit(file)
    return parser.parse(file)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
