"""What inputs say of the places that they fill, as `semantics.signals` has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from iec61131.semantics import signals
from iec61131.semantics.signals import Signal


class InputRow(NamedTuple):
    """A row of the table of signals; its columns are those of `program.SIGNAL_COLUMNS`, `state` in its two parts."""

    start: int
    end: int
    time_ns: int
    quality: int
    reason: int


def ask(signal: Signal, bits: range, inputs: Sequence[InputRow], now_ns: int) -> int:
    """What all the inputs together say that have some of `bits`."""
    rows = [row for row in inputs if row.start < bits.stop and bits.start < row.end]
    if signal is Signal.AGE:
        return max((_age(row, now_ns) for row in rows), default=0)
    worst = min(rows, key=lambda row: row.quality, default=None)  # the first of several
    if signal is Signal.QUALITY:
        return worst.quality if worst is not None else signals.QUALITY_GOOD
    return worst.reason if worst is not None and worst.quality < signals.QUALITY_GOOD else 0


def _age(row: InputRow, now_ns: int) -> int:
    return max(now_ns - row.time_ns, 0) if row.time_ns != signals.NEVER else signals.AGE_MAX
