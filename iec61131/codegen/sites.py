"""Sites: the numbered places in the source that a fault or a call path can name."""

from __future__ import annotations

from iec61131.program import Site
from iec61131.source import Span


class Sites:
    """Numbers places as they are asked for; the same place in the same POU has one number."""

    def __init__(self) -> None:
        self.rows: list[Site] = []
        self._numbers: dict[tuple[int, int, int, str], int] = {}

    def number(self, span: Span, pou: str) -> int:
        key = (id(span.file), span.start, span.end, pou)
        number = self._numbers.get(key)
        if number is None:
            line, column = span.file.position(span.start)
            end_line, end_column = span.file.position(span.end)
            number = self._numbers[key] = len(self.rows)
            self.rows.append(Site(span.file.name, line, column, end_line, end_column, pou))
        return number
