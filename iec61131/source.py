"""Source text and places in it: whatever can fail in the compiler can point at text.

A `SourceFile` is a name for people and the text; the compiler reads no files itself. A `Span` is a half-open range of
characters in one file. Lines and columns count from 1 and are worked out only when somebody wants to read them.

What people wrote and what the compiler reads may be two texts: of a file that holds its program inside XML, the tags
are blank for the compiler. Both have the same offsets, so that every place in one is the same place in the other.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from msgspec import Struct


class SourceFile(Struct, frozen=True, eq=False, dict=True):
    """One text, as it was handed in. `name` is what a person sees in messages, usually a relative path.

    `text` is what the compiler reads. `written` is the file as somebody wrote it, where that is not the same; lines,
    columns and whatever is shown come from there. `text` may go on behind its end, never the other way round.
    """

    name: str
    text: str
    written: str = ""

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r})"

    @property
    def shown(self) -> str:
        """The text as people know it."""
        return self.written or self.text

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line."""
        starts = [0]
        starts.extend(index + 1 for index, char in enumerate(self.shown) if char == "\n")
        return starts

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text as people know it, hexadecimal."""
        from hashlib import sha256

        return sha256(self.shown.encode()).hexdigest()

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset."""
        offset = min(offset, len(self.shown))
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of line `line` (from 1) without its line end."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.shown)
        return self.shown[start:end].rstrip("\r\n")


class Span(Struct, frozen=True, gc=False):
    """Characters `start` up to but not including `end` of `file`."""

    file: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.file.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The range from the start of this span to the end of `other`, in the same file."""
        return Span(self.file, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        line, column = self.file.position(self.start)
        return f"{self.file.name}:{line}:{column}"

    def __repr__(self) -> str:
        return f"<{self}-{self.end}>"
