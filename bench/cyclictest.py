"""cyclictest (Debian: rt-tests), the reference of what punctuality a machine has."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from msgspec import Struct

_PERIOD_US = 1000
_POLL_S = 0.005


class Wakes(Struct, frozen=True):
    """How late it woke: nanoseconds and how often. `beyond` were later than the histogram reaches."""

    counts: dict[int, int]
    beyond: int
    greatest_ns: int

    def percentile_us(self, percent: float) -> float:
        rank, seen = (sum(self.counts.values()) + self.beyond) * percent / 100, 0
        for late_ns, count in self.counts.items():
            seen += count
            if seen >= rank:
                return late_ns / 1000
        return self.greatest_ns / 1000

    def later_than(self, limit_ns: int) -> int:
        return self.beyond + sum(count for late_ns, count in self.counts.items() if late_ns > limit_ns)


class Cyclictest:
    """One that has been started: memory locked, on processor `cpu`, a thread that wakes each millisecond. Its histogram
    has `buckets` of a nanosecond, or of a microsecond if it is `coarse`.
    """

    def __init__(self, cpu: int, priority: int, seconds: float, buckets: int, *, coarse: bool = False) -> None:
        if shutil.which("cyclictest") is None:
            raise SystemExit("the bench needs cyclictest (Debian: rt-tests)")
        self._unit_ns = 1000 if coarse else 1
        command = ["cyclictest", "-m", "-q", "-t1", f"-p{priority}", f"-i{_PERIOD_US}", f"-a{cpu}", f"-h{buckets}"]
        command += [f"-D{int(seconds)}", *([] if coarse else ["-N"])]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def wait_until_measuring(self) -> None:
        """Its start locks memory, which disturbs what is measured beside it, though not itself."""
        threads = Path(f"/proc/{self._process.pid}/task")
        while self._process.poll() is None and len(list(threads.iterdir())) < 2:
            time.sleep(_POLL_S)

    def wakes(self) -> Wakes:
        """Once it has ended by itself."""
        text, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise SystemExit(f"cyclictest ended with status {self._process.returncode}")
        lines = text.splitlines()
        rows = [tuple(map(int, line.split())) for line in lines if line and line[0].isdigit()]
        return Wakes(
            {late * self._unit_ns: count for late, count in rows if count},
            _number(lines, "# Histogram Overflows"),
            _number(lines, "# Max Latencies") * self._unit_ns,
        )


def _number(lines: list[str], name: str) -> int:
    return next(int(line.partition(":")[2]) for line in lines if line.startswith(name))
