"""What an invariant is: a sentence that must hold, how often it was looked at, and the greatest that was measured."""

from __future__ import annotations

import threading


class Violated(Exception):
    """An invariant does not hold. The text says what was expected and what was found."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant


class Invariant:
    """The docstring of each class is the sentence. `unit` is of what is measured, if anything is."""

    unit = ""

    def __init__(self) -> None:
        self.checked = 0
        self.greatest: float | None = None
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        return type(self).__name__

    def require(self, holds: bool, text: str) -> None:
        """Raises Violated."""
        with self._lock:
            self.checked += 1
        if not holds:
            raise Violated(self.name, text)

    def measure(self, value: float) -> None:
        with self._lock:
            self.greatest = value if self.greatest is None else max(self.greatest, value)

    def within(self, value: float, most: float, text: str) -> None:
        """`value` is measured, and is to be at most `most`."""
        self.measure(value)
        self.require(value <= most, f"{text}: {value:.3f} {self.unit}, at most {most:g} {self.unit}")
