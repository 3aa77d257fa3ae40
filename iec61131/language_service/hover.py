"""What a name is: its declaration, in words of the language, and the comment about it."""

from __future__ import annotations

from msgspec import Struct

from iec61131.language_service.describe import heading, remarks
from iec61131.language_service.program import Program
from iec61131.source import SourceFile, Span


class Hover(Struct, frozen=True):
    """`declaration` in structured text, `remarks` in plain text, about the name at `span`."""

    span: Span
    declaration: str
    remarks: tuple[str, ...]


def hover(program: Program, file: SourceFile, offset: int) -> Hover | None:
    use = program.use_at(file, offset)
    if use is None:
        return None
    return Hover(use.span, heading(program, use.meaning), tuple(remarks(program, use.meaning)))
