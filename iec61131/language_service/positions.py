"""Between offsets, which count characters, and the positions of editors: line and column from 0, the column in UTF-16
code units. A character beyond the basic plane, such as an emoji, is one character and two units.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LINE_END = re.compile(r"\r\n|\r|\n")  # fewer than those of `str.splitlines`
_BASIC_PLANE_END = 0xFFFF


class Lines:
    """The lines of one text. Ends of lines are `\\n`, `\\r\\n` and `\\r`, as editors have it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; one beyond the end of its line or of the text counts as that end."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        text = self._line(line)
        if text.isascii():
            return self._starts[line] + max(0, min(column, len(text)))
        units = 0
        for number, character in enumerate(text):
            if units >= column:
                return self._starts[line] + number
            units += 2 if ord(character) > _BASIC_PLANE_END else 1
        return self._starts[line] + len(text)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        before = self.text[self._starts[line] : offset]
        return line, len(before) if before.isascii() else _units(before)

    def _line(self, line: int) -> str:
        """Without its end."""
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[line] : end].rstrip("\r\n")


def _units(text: str) -> int:
    return len(text) + sum(ord(character) > _BASIC_PLANE_END for character in text)
