"""How long to wait before the next attempt to connect: twice as long after each failure, between two bounds, with
jitter.

The jitter keeps a plant's hundred connections from knocking together after a switch came back. It only shortens a
wait: `maximum` is a promise.
"""

from __future__ import annotations

from random import Random


class Backoff:
    """`random` is an argument so that a test can repeat what it saw."""

    def __init__(self, minimum_ns: int, maximum_ns: int, random: Random) -> None:
        self._minimum_ns = minimum_ns
        self._maximum_ns = max(minimum_ns, maximum_ns)
        self._random = random
        self._next_ns = minimum_ns

    def next_ns(self) -> int:
        """The wait before the next attempt: between three quarters of the current step and the whole of it."""
        step_ns = self._next_ns
        self._next_ns = min(2 * step_ns, self._maximum_ns)
        return int(step_ns * (0.75 + 0.25 * self._random.random()))

    def reset(self) -> None:
        """The partner answered: begin again with the shortest wait."""
        self._next_ns = self._minimum_ns
