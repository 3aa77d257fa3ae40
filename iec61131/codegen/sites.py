"""Sites: the numbered places in the source that a fault or a call path can name."""

from __future__ import annotations

from zlib import crc32

from iec61131.program import Site
from iec61131.source import Span

_BLOCK = 1 << 12
_BLOCKS = 1 << 19


class Sites:
    """Numbers places as they are asked for; the same place in the same POU has one number.

    Numbers are part of the code. So that a change in one POU leaves the code of all others as it is, each has numbers
    of its own: blocks of them, whose place follows from its name.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Site] = {}
        self._numbers: dict[tuple[int, int, int, str], int] = {}
        self._next: dict[str, int] = {}
        self._taken: set[int] = set()

    def number(self, span: Span, pou: str) -> int:
        key = (id(span.file), span.start, span.end, pou)
        number = self._numbers.get(key)
        if number is None:
            line, column = span.file.position(span.start)
            end_line, end_column = span.file.position(span.end)
            number = self._numbers[key] = self._free(pou)
            self.rows[number] = Site(span.file.name, line, column, end_line, end_column, pou)
        return number

    def _free(self, pou: str) -> int:
        number = self._next.get(pou, 0)
        if number % _BLOCK == 0:  # none yet, or the last block is full
            number = self._block(pou) * _BLOCK + 1
        self._next[pou] = number + 1
        return number

    def _block(self, pou: str) -> int:
        """The next block that no POU has, from where the name says."""
        block = crc32(pou.upper().encode()) % _BLOCKS
        while block in self._taken:
            block = (block + 1) % _BLOCKS
        self._taken.add(block)
        return block
