"""What is on the disk and what is left when all is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tests.soak.invariants.base import Invariant

MARKS = (
    "Traceback (most recent call last)",
    "Exception ignored",
    "never retrieved",
    "was never awaited",
    "Fatal Python error",
    "Segmentation fault",
    "ResourceWarning",
)
"""Of a mistake that nobody has taken care of."""


class RecordingRepeats(Invariant):
    """Every run of every recording is repeated byte for byte, while it is written and when all is over; ticks that are
    missing were counted.
    """

    unit = "keyframes of a run"

    def see(self, plc: str, run: int, difference: str | None, keyframes: int) -> None:
        self.measure(keyframes)
        self.require(difference is None, f"{plc}: run {run} is not what was recorded: {difference}")

    def read(self, plc: str, status: int, said: str) -> None:
        """What `rung replay` has said."""
        self.require(status == 0, f"{plc}: rung replay ended with {status}: {said[-500:]}")

    def gaps(self, plc: str, ended_at_gaps: int, counted: int) -> None:
        """Runs that end because ticks are missing, and ticks that were counted as missing."""
        self.require(
            not ended_at_gaps or counted > 0, f"{plc}: {ended_at_gaps} gaps, and no tick was counted as missing"
        )


class RetainedCanBeRead(Invariant):
    """`rung retain` shows what is stored of every PLC."""

    def read(self, plc: str, status: int, said: str) -> None:
        is_whole = status == 0 and "Main." in said and "cannot be read" not in said
        nothing_yet = status == 3 and "nothing is stored" in said
        self.require(is_whole or nothing_yet, f"{plc}: rung retain ended with {status}: {said[-500:]}")


class LogIsClean(Invariant):
    """No traceback and no other sign of a mistake anywhere: in the log, in what processes print, in an answer."""

    def see(self, where: str, lines: Sequence[str]) -> None:
        found = [number for number, line in enumerate(lines) if any(mark in line for mark in MARKS)]
        shown = "".join(lines[found[0] - 2 if found[0] > 2 else 0 : found[0] + 25]) if found else ""
        self.require(not found, f"{where}:\n{shown}")


class NothingIsLeft(Invariant):
    """When all is over no process, no lock and no unfinished file of the run is left."""

    def see(self, what: str, found: Collection[str]) -> None:
        self.require(not found, f"{what} left behind: {sorted(found)[:10]}")
