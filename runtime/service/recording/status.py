"""How the flight recorder gets on, from the control words that it writes."""

from __future__ import annotations

import os

from msgspec import Struct

from runtime.image.block import Block


class RecorderStatus(Struct, frozen=True):
    """`written` bytes since the PLC was started; `gaps` ticks that are missing; `problem` is for people, or empty."""

    written: int
    gaps: int
    failures: int
    problem: str


def status_of(block: Block) -> RecorderStatus | None:
    """None for a PLC that is not recorded."""
    if block.layout.journal_words == 1:
        return None
    number = block.get("recorder_errno")
    return RecorderStatus(
        written=block.get("recorder_bytes"),
        gaps=block.get("recorder_gaps"),
        failures=block.get("recorder_failures"),
        problem="" if number == 0 else os.strerror(number) if number > 0 else "the disk refuses",
    )


def size_text(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1e3:.1f} kB"
