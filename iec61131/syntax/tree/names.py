"""Names and pragmas, which every other kind of node is made of."""

from __future__ import annotations

from dataclasses import dataclass

from iec61131.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    span: Span

    @property
    def key(self) -> str:
        return self.text.upper()


@dataclass(frozen=True, slots=True)
class Pragma:
    """`{...}` kept as written, without the braces."""

    text: str
    span: Span
