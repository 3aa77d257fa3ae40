"""Sites: the numbered places in the source that a fault or a call path can name."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from iec61131.program import Site
from iec61131.source import SourceFile, Span

_BLOCK = 1 << 12
_BLOCKS = 1 << 19


class Owner(NamedTuple):
    """The POU or task that a place is in; all variants of a POU are one."""

    name: str
    is_task: bool = False


class Sites:
    """Numbers places as they are asked for; the same place in the same POU or task has one number.

    Numbers are part of the code. So that a change in one POU leaves the code of all others as it is, each has numbers
    of its own: blocks of them, whose place follows from its name.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Site] = {}
        self._numbers: dict[tuple[SourceFile, int, int, Owner], int] = {}
        self._next: dict[Owner, int] = {}
        self._taken: set[int] = set()

    def number(self, span: Span, owner: Owner) -> int:
        key = (span.file, span.start, span.end, owner)
        number = self._numbers.get(key)
        if number is None:
            line, column = span.file.position(span.start)
            end_line, end_column = span.file.position(span.end)
            number = self._numbers[key] = self._free(owner)
            self.rows[number] = Site(span.file.name, line, column, end_line, end_column, owner.name)
        return number

    def forget(self, owner: Owner) -> None:
        """It is going to be lowered anew, and its places are numbered from the start again."""
        gone = [key for key in self._numbers if key[3] == owner]
        for key in gone:
            number = self._numbers.pop(key)
            del self.rows[number]
            self._taken.discard(number // _BLOCK)
        self._next.pop(owner, None)

    def _free(self, owner: Owner) -> int:
        number = self._next.get(owner, 0)
        if number % _BLOCK == 0:  # none yet, or the last block is full
            number = self._block(owner) * _BLOCK + 1
        self._next[owner] = number + 1
        return number

    def _block(self, owner: Owner) -> int:
        """The next block that nobody has, from where the name says."""
        block = crc32(f"{owner.is_task} {owner.name.upper()}".encode()) % _BLOCKS
        while block in self._taken:
            block = (block + 1) % _BLOCKS
        self._taken.add(block)
        return block
