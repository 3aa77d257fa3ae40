"""Where a generated program gets its decisions from: random numbers with a seed, so that the seed is the program."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Choices:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._labels = 0

    def label(self) -> str:
        """A name that no other label of the program has."""
        self._labels += 1
        return f"L{self._labels}"

    def number(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def pick(self, items: Sequence[T]) -> T:
        return self.random.choice(items)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent
