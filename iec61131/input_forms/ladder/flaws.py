"""What is wrong with a network, before the file has a text in which spans could point."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from iec61131.diagnostics.diagnostic import Code, Diagnostic
from iec61131.source import SourceFile, Span


class Flaw(Struct, frozen=True):
    """`also` is another place with what is to be said about it."""

    code: Code
    start: int
    end: int
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    also: tuple[int, int, str] | None = None

    def at(self, file: SourceFile) -> Diagnostic:
        finding = self.code.at(Span(file, self.start, self.end), **self.arguments)
        if self.also is None:
            return finding
        start, end, text = self.also
        return finding.also(Span(file, start, end), text)


class Flawed(Exception):
    """What cannot be read; `flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.code.title)
        self.flaw = flaw
