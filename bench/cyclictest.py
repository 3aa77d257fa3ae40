"""cyclictest (Debian: rt-tests), the reference of what punctuality a machine has."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from msgspec import Struct

_PERIOD_US = 1000
_HALF_US = _PERIOD_US // 2
_REACHES_US = 100_000
_POLL_S = 0.005


class Wakes(Struct, frozen=True):
    """How late it woke, in whole microseconds, and how often. `beyond` were later than the histogram reaches."""

    counts: dict[int, int]
    beyond: int
    greatest_us: int

    def percentile_us(self, percent: float) -> float:
        """The middle of its microsecond; the greatest, where the histogram does not reach."""
        rank, seen = (sum(self.counts.values()) + self.beyond) * percent / 100, 0
        for late_us, count in self.counts.items():
            seen += count
            if seen >= rank:
                return late_us + 0.5
        return float(self.greatest_us)

    def later_than(self, limit_us: int) -> int:
        return self.beyond + sum(count for late_us, count in self.counts.items() if late_us >= limit_us)


class Cyclictest:
    """One that has been started: memory locked, on processor `cpu`, with a thread that wakes each millisecond, half a
    millisecond off the instant `beside_ns` (CLOCK_MONOTONIC) if that is given, or with two `threads` half a millisecond
    from each other.
    """

    def __init__(
        self,
        cpu: int,
        priority: int,
        seconds: float,
        *,
        beside_ns: int | None = None,
        threads: int = 1,
    ) -> None:
        if shutil.which("cyclictest") is None:
            raise SystemExit("the bench needs cyclictest (Debian: rt-tests)")
        self._threads, self._begins_at_a_second = threads, beside_ns is not None
        command = ["cyclictest", "-m", "-q", f"-t{threads}", f"-p{priority}", f"-i{_PERIOD_US}", f"-a{cpu}"]
        command += [f"-h{_REACHES_US}", f"-D{int(seconds)}"]
        if beside_ns is not None:
            command.append(f"--secaligned={(beside_ns // 1000 + _HALF_US) % _PERIOD_US}")
        elif threads > 1:
            command.append(f"-A{_HALF_US}")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def wait_until_measuring(self) -> None:
        """Its start locks memory, which disturbs what is measured beside it, though not itself."""
        threads = Path(f"/proc/{self._process.pid}/task")
        while self._process.poll() is None and len(list(threads.iterdir())) <= self._threads:
            time.sleep(_POLL_S)
        if self._begins_at_a_second:
            time.sleep(1.0 - time.monotonic() % 1.0)

    def wakes(self) -> list[Wakes]:
        """Those of each thread, once it has ended by itself."""
        text, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise SystemExit(f"cyclictest ended with status {self._process.returncode}")
        lines = text.splitlines()
        rows = [tuple(map(int, line.split())) for line in lines if line and line[0].isdigit()]
        beyond, greatest = _numbers(lines, "# Histogram Overflows"), _numbers(lines, "# Max Latencies")
        return [
            Wakes({row[0]: row[thread + 1] for row in rows if row[thread + 1]}, beyond[thread], greatest[thread])
            for thread in range(self._threads)
        ]


def _numbers(lines: list[str], name: str) -> list[int]:
    return next([int(number) for number in line.partition(":")[2].split()] for line in lines if line.startswith(name))
