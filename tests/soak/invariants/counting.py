"""Counters that a program keeps in memory of different kinds."""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from tests.soak.invariants.base import Invariant

WRITING_S = 3.0
"""A disk that others use as well takes so long for what it does in 16 ms by itself."""


class Kind(Struct, frozen=True):
    """What may explain that a counter goes back: `plain` begins anew, `kept` and `stays` as well, or they `lose` what
    was not on the disk yet.
    """

    plain: bool = True
    kept: bool = False
    stays: bool = False
    loses: bool = False


KINDS = {
    "kill": Kind(loses=True),
    "warm": Kind(),
    "cold": Kind(kept=True),
    "origin": Kind(kept=True, stays=True),
    "orderly end": Kind(),
}


class Counters(Struct, frozen=True):
    """Of one scan: read between these two times."""

    asked_s: float
    answered_s: float
    plain: int
    kept: int
    stays: int


class _Explanation(Struct):
    kind: str
    begins_s: float
    ends_s: float = math.inf


class RetainedNeverGoesBack(Invariant):
    """A RETAIN counter never goes back except by what a reset explains, and after a kill by no more than what changes
    in the period of storing, one scan and the time of a write; nor does it run ahead of the clock.
    """

    unit = "s lost"

    def __init__(self) -> None:
        super().__init__()
        self._explained: dict[str, list[_Explanation]] = defaultdict(list)
        self._seen: dict[tuple[str, str], Counters] = {}
        self._explaining = threading.Lock()

    def explain(self, plc: str, kind: str, begins_s: float) -> None:
        """From now on, until `explained`, counters may do what `kind` does."""
        with self._explaining:
            self._explained[plc] = [*self._explained[plc][-50:], _Explanation(kind, begins_s)]

    def explained(self, plc: str, ends_s: float) -> None:
        """All that had begun by then has had its effect."""
        with self._explaining:
            for each in self._explained[plc]:
                if each.begins_s <= ends_s:
                    each.ends_s = min(each.ends_s, ends_s)

    def see(self, plc: str, reader: str, interval_s: float, stored_every_s: float, now: Counters) -> None:
        """What one reader, who reads one thing after the other, has read."""
        before = self._seen.get((plc, reader))
        self._seen[plc, reader] = now
        if before is None:
            return
        with self._explaining:
            meanwhile = [
                KINDS[each.kind]
                for each in self._explained[plc]
                if each.begins_s <= now.answered_s and each.ends_s >= before.asked_s
            ]
        allowed_s = stored_every_s + interval_s + WRITING_S if any(kind.loses for kind in meanwhile) else 0.0
        most = math.ceil((now.answered_s - before.asked_s) / interval_s) + 2
        for what, was, is_, free, lossy in (
            ("plain", before.plain, now.plain, any(kind.plain for kind in meanwhile), False),
            ("RETAIN", before.kept, now.kept, any(kind.kept for kind in meanwhile), True),
            ("PERSISTENT", before.stays, now.stays, any(kind.stays for kind in meanwhile), True),
        ):
            self.require(is_ - was <= most, f"{plc}: the {what} counter went from {was} to {is_} in {most - 2} scans")
            if free:
                self.require(is_ >= 0, f"{plc}: the {what} counter is {is_}")
                continue
            lost_s = max(0, was - is_) * interval_s
            self.measure(lost_s)
            self.require(
                lost_s <= (allowed_s if lossy else 0.0),
                f"{plc}: the {what} counter went back from {was} to {is_}, {lost_s:.3f} s; allowed {allowed_s:.3f} s",
            )


class EveryScanCounts(Invariant):
    """What the program has counted and the number of the scan differ by the same from one reset to the next: no scan
    is lost in an online change and none runs twice; in a trace of every scan none is missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ahead: dict[str, int] = {}

    def begins_anew(self, plc: str) -> None:
        """By a reset, or with another engine."""
        with self._lock:
            self._ahead.pop(plc, None)

    def see(self, plc: str, scans: Sequence[int], counts: Sequence[int]) -> None:
        """Samples of the counter, of one trace."""
        with self._lock:
            for before, after in pairwise(scans):
                self.require(after == before + 1, f"{plc}: behind the sample of scan {before} comes that of {after}")
            if not scans:
                return
            ahead = self._ahead.setdefault(plc, scans[-1] - counts[-1])
            for scan, count in zip(scans, counts, strict=True):
                self.require(
                    scan - count == ahead or scan <= ahead,  # of before the reset
                    f"{plc}: in scan {scan} it has counted {count}, {scan - ahead} were due",
                )


class EveryEdgeIsAnswered(Invariant):
    """A SINGLE task runs once for every rising edge: edges and runs differ by the one that is due at most."""

    def see(self, plc: str, edges: int, hits: int) -> None:
        self.require(0 <= edges - hits <= 1, f"{plc}: {edges} edges and {hits} runs")
