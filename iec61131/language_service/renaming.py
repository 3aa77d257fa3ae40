"""A new name for a thing, everywhere it is used.

Whether the new name is free is not worked out from scopes: the changed program is understood again, and every name in
it must mean what it meant before. So a name that would hide another, or be hidden by it, is found as surely as one that
is declared twice.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter

from msgspec import Struct

from iec61131.input_forms import has_form
from iec61131.language_service.navigation import references
from iec61131.language_service.program import Program
from iec61131.semantics.types import ELEMENTARY_NAMES
from iec61131.semantics.uses import Use, declared_at
from iec61131.source import SourceFile, Span
from iec61131.syntax.tokens import KEYWORDS

_IDENTIFIER = re.compile(r"(?!_*$)[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Refused(Exception):
    """The thing cannot be called so; the text is for people."""


class Renaming(Struct, frozen=True):
    """`places` are to hold `name`."""

    name: str
    places: tuple[Span, ...]


def renamable(program: Program, file: SourceFile, offset: int) -> Span | None:
    """The name at `offset`, if it is one that can be changed."""
    use = program.use_at(file, offset)
    if use is None or why_not(program, use) is not None:
        return None
    return use.span


def why_not(program: Program, use: Use) -> str | None:
    """Why what is used there keeps its name; None when it may have another."""
    declaration = declared_at(use.meaning)
    if declaration is None:
        return f"'{use.span.text}' belongs to the language"
    if declaration.text.startswith("'"):
        return f"{declaration.text} is a text, by which a test is told"
    if declaration.file not in program.files:
        return f"'{use.span.text}' belongs to the standard library"
    if use.span.text.upper() != declaration.text.upper():
        return f"'{use.span.text}' stands for '{declaration.text}'; rename it there"
    return None


def rename(program: Program, file: SourceFile, offset: int, name: str) -> Renaming:
    """Raises Refused."""
    use = program.use_at(file, offset)
    if use is None:
        raise Refused("there is nothing with a name here")
    reason = why_not(program, use)
    if reason is not None:
        raise Refused(reason)
    _check_word(name)
    key = use.span.text.upper()
    places = tuple(other.span for other in references(program, file, offset) if other.span.text.upper() == key)
    foreign = next((span.file.name for span in places if has_form(span.file.name)), None)
    if foreign is not None:
        raise Refused(f"{foreign} belongs to an engineering tool, which keeps the name in other places too")
    renaming = Renaming(name, places)
    _check_meaning(program, renaming)
    return renaming


def _check_word(name: str) -> None:
    if not _IDENTIFIER.fullmatch(name):
        raise Refused(f"'{name}' is no name: letters A to Z, digits and underscores, not beginning with a digit")
    if name.upper() in KEYWORDS:
        raise Refused(f"'{name}' is a keyword")
    if name.upper() in ELEMENTARY_NAMES or name.upper() in ("THIS", "SUPER"):
        raise Refused(f"'{name}' belongs to the language")


# ------------------------------------------------------------------------------------------------------------- meaning


class _Moved:
    """From places before the change to places behind it."""

    def __init__(self, renaming: Renaming) -> None:
        self._starts = sorted(span.start for span in renaming.places)
        self._longer = len(renaming.name) - (renaming.places[0].end - renaming.places[0].start) if self._starts else 0

    def start(self, offset: int) -> int:
        return offset + bisect_left(self._starts, offset) * self._longer


def _check_meaning(program: Program, renaming: Renaming) -> None:
    changed = {file: _changed(file, renaming) for file in program.files}
    tests = changed[program.tests] if program.tests is not None else None
    after = Program(tuple(changed.values()), program.options, tests=tests)
    if Counter(f.code.id for f in after.findings if f.is_error) != Counter(
        f.code.id for f in program.findings if f.is_error
    ):
        known = {finding.code.id for finding in program.findings}
        new = next((f for f in after.findings if f.is_error and f.code.id not in known), None)
        said = f": {new.message} (line {new.span.line} of {new.span.file.name})" if new is not None else ""
        raise Refused(f"'{renaming.name}' would make the program wrong{said}")
    moved = {file: _Moved(_in_file(renaming, file)) for file in program.files}
    meant = {_place(use.span, moved, changed): _declaration(use, moved, changed) for use in _own(program)}
    for use in _own(after):
        was = meant.get((use.span.file, use.span.start), use)
        now = declared_at(use.meaning)
        if was is not use and was != ((now.file, now.start) if now is not None else None):
            place = f"line {use.span.line} of {use.span.file.name}"
            raise Refused(f"'{renaming.name}' is something else already: another thing would be meant on {place}")


_Place = tuple[SourceFile, int]


def _own(program: Program) -> list[Use]:
    own = set(program.files)
    return [use for use in program.analysis.understood.uses if use.span.file in own]


def _place(span: Span, moved: dict[SourceFile, _Moved], changed: dict[SourceFile, SourceFile]) -> _Place:
    if span.file not in moved:
        return span.file, span.start
    return changed[span.file], moved[span.file].start(span.start)


def _declaration(use: Use, moved: dict[SourceFile, _Moved], changed: dict[SourceFile, SourceFile]) -> _Place | None:
    declaration = declared_at(use.meaning)
    return _place(declaration, moved, changed) if declaration is not None else None


def _in_file(renaming: Renaming, file: SourceFile) -> Renaming:
    return Renaming(renaming.name, tuple(span for span in renaming.places if span.file is file))


def _changed(file: SourceFile, renaming: Renaming) -> SourceFile:
    """`file` with the new name in it; a file that keeps its text is replaced too, so that no two states share one."""
    pieces: list[str] = []
    end = 0
    for span in sorted(_in_file(renaming, file).places, key=lambda span: span.start):
        pieces += (file.text[end : span.start], renaming.name)
        end = span.end
    return SourceFile(file.name, "".join((*pieces, file.text[end:])), file.written)
