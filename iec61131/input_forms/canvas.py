"""Blank paper of a file's size, on which the parts that are Structured Text stay where they stand.

Written from the start to the end. Line breaks of the file stay. Beside a kept part, where its tags were, is a line
break more: a line comment in its last line ends there, as it does in the tool that wrote the file.
"""

from __future__ import annotations

import re

_NO_LINE_END = re.compile(r"[^\r\n]")


class Canvas:
    """`crowded` is where words found no room, None as long as all did."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: list[str] = []
        self._end = 0  # what is before has been written
        self._waiting: list[str] = []
        self.crowded: int | None = None

    def keep(self, start: int, end: int, content: str) -> None:
        """`content`, as long as what it stands for, at its place; a character of a tag is before and behind it."""
        self._blank_to(start - 1)
        self._parts += ["\n", content, "\n"]
        self._end = end + 1

    def word(self, word: str) -> None:
        """`word` in the next blanks that are long enough, before anything else that is written."""
        self._waiting.append(word)

    def put(self, start: int, text: str) -> None:
        """`text` exactly at `start`, over what is there."""
        self._blank_to(start)
        self._parts.append(text)
        self._end = start + len(text)

    def finish(self) -> str:
        """The whole; words that are left over follow behind the end of the file."""
        self._blank_to(len(self._text), is_last=True)
        return "".join(self._parts)

    def _blank_to(self, offset: int, is_last: bool = False) -> None:
        blanks = _NO_LINE_END.sub(" ", self._text[self._end : offset])
        position = placed = 0
        for word in self._waiting:
            room = re.compile(rf" {{{len(word)}}}(?=[ \r\n])").search(blanks, position)
            if room is None:
                break
            self._parts += [blanks[position : room.start()], word, blanks[room.end()]]
            position = room.end() + 1
            placed += 1
        self._parts.append(blanks[position:])
        left_over = self._waiting[placed:]
        if left_over and is_last:
            self._parts.append("\n" + "\n".join(left_over) + "\n")
        elif left_over and self.crowded is None:
            self.crowded = self._end
        self._waiting.clear()
        self._end = offset
