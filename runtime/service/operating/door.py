"""What the ways to a running PLC have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct


class Shown(Struct, frozen=True):
    """A variable and its value as it is written in ST. `note` is what else is to be known of it."""

    path: str
    text: str
    note: str = ""


class Door(Protocol):
    """All of these raise Refused. Values are written as in ST."""

    def read(self, paths: Sequence[str]) -> list[Shown]:
        """These, or without any all that are exposed, of one scan."""
        ...

    def write(self, values: Sequence[tuple[str, str]]) -> list[Shown]:
        """All before one scan, or none."""
        ...

    def forces(self) -> list[Shown]:
        """All that is forced."""
        ...

    def force(self, values: Sequence[tuple[str, str]]) -> list[Shown]:
        """All from one scan on, or none; then what is forced."""
        ...

    def unforce(self, paths: Sequence[str] | None) -> list[Shown]:
        """These, or with None all, are free; then what is still forced."""
        ...

    def reset(self, kind: str, *, start: bool) -> str:
        """`warm`, `cold` or `origin`. The state afterwards."""
        ...

    def faults(self) -> list[str]:
        """The names of the reports that are kept, newest first."""
        ...

    def fault(self, name: str) -> dict[str, Any]:
        """One of them."""
        ...

    def close(self) -> None:
        """Let go of the PLC."""
        ...
