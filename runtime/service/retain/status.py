"""How the storing of retained variables gets on, from the control words that the keeper writes."""

from __future__ import annotations

import os

from msgspec import Struct

from runtime.image.block import Block

SLOW_NS = 5_000_000_000
"""A disk that has not answered for so long is worth a word."""


class StoringStatus(Struct, frozen=True):
    """`stored_ns` is when the last was stored, None before the first; `problem` is for people, empty for none."""

    stored: int
    failures: int
    stored_ns: int | None
    problem: str


def status_of(block: Block, now_ns: int) -> StoringStatus:
    return StoringStatus(
        stored=block.get("retained_stored"),
        failures=block.get("retained_failures"),
        stored_ns=block.get("retained_ns") or None,
        problem=_problem(block, now_ns),
    )


def _problem(block: Block, now_ns: int) -> str:
    number, begun_ns = block.get("retained_errno"), block.get("retained_begun_ns")
    if begun_ns and now_ns - begun_ns > SLOW_NS:
        return f"the disk has not answered for {(now_ns - begun_ns) // 1_000_000_000} s"
    return "" if number == 0 else os.strerror(number) if number > 0 else "the disk refuses"
