"""Between offsets, which count characters, and the positions of editors: line and column from 0.

The column counts what editor and server agreed on, mostly the code units of UTF-16: a character beyond the basic plane,
such as an emoji, is one character and two of those.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum

_LINE_END = re.compile(r"\r\n|\r|\n")  # fewer than those of `str.splitlines`


class Unit(Enum):
    """What columns count. The value is the encoding that has these code units, and how many bytes one has."""

    UTF8 = ("utf-8", 1)
    UTF16 = ("utf-16-le", 2)
    UTF32 = ("utf-32-le", 4)

    def count(self, text: str) -> int:
        if text.isascii():
            return len(text)
        encoding, size = self.value
        return len(text.encode(encoding, "surrogatepass")) // size


class Lines:
    """The lines of one text. Ends of lines are `\\n`, `\\r\\n` and `\\r`, as editors have it."""

    def __init__(self, text: str, unit: Unit = Unit.UTF16) -> None:
        self.text = text
        self._unit = unit
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; one beyond the end of its line or of the text counts as that end."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        start, text = self._starts[line], self._line(line)
        if text.isascii():
            return start + max(0, min(column, len(text)))
        units = 0
        for number, character in enumerate(text):
            if units >= column:
                return start + number
            units += self._unit.count(character)
        return start + len(text)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        return line, self._unit.count(self.text[self._starts[line] : offset])

    def _line(self, line: int) -> str:
        """Without its end."""
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[line] : end].rstrip("\r\n")
