"""Names and pragmas, which every other kind of node is made of."""

from __future__ import annotations

from msgspec import Struct

from iec61131.source import Span


class Name(Struct, frozen=True):
    text: str
    span: Span

    @property
    def key(self) -> str:
        return self.text.upper()


class Pragma(Struct, frozen=True):
    """`{...}` kept as written, without the braces."""

    text: str
    span: Span
