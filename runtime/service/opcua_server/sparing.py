"""What asyncua logs, in measure: a stranger whose logins are refused writes a line or two each time, and is not to fill
the log of a plant with them.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager

from runtime import clock

MOST_LINES = 10
PERIOD_NS = 60_000_000_000


class Sparing(logging.Filter):
    """Lets the first MOST_LINES of each PERIOD pass. What was left out is told with the first line of the next one."""

    def __init__(self) -> None:
        super().__init__()
        self._begun_ns = -PERIOD_NS
        self._passed = self._left_out = self._silenced = 0

    @contextmanager
    def silenced(self) -> Generator[None]:
        """While this lasts nothing passes, nor is it counted: asyncua logs, with a traceback, what it then raises as
        well, and people are told once.
        """
        self._silenced += 1
        try:
            yield
        finally:
            self._silenced -= 1

    def filter(self, record: logging.LogRecord) -> bool:
        if self._silenced:
            return False
        now_ns = clock.monotonic_ns()
        if now_ns - self._begun_ns >= PERIOD_NS:
            self._begun_ns, self._passed = now_ns, 0
        self._passed += 1
        if self._passed > MOST_LINES:
            self._left_out += 1
            return False
        if self._left_out:
            record.msg, record.args = f"{record.getMessage()} (before it {self._left_out} lines were left out)", None
            self._left_out = 0
        return True


def install(sparing: Sparing) -> None:
    """From now on what asyncua warns of goes to standard error, as far as `sparing` lets it pass."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.addFilter(sparing)
    log = logging.getLogger("asyncua")
    log.handlers, log.propagate = [handler], False
