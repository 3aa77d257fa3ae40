"""Which of many variables differ between two snapshots: one pass of numpy over the memory, however many there are.

A publisher of thousands of values, most of which rest, then works only for those that move. Measured with 5,000
variables at rest: 0.04 ms, where merely reading each of them takes 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from runtime.image.snapshot import Snapshot
from runtime.service.bound import Exposed


class Changes:
    """Over a fixed list of variables, which are known by their number in it."""

    def __init__(self, exposed: Sequence[Exposed]) -> None:
        self._starts = np.array([e.target.offset for e in exposed], np.intp)
        sizes = [1 if e.target.bit is not None else e.target.type.size for e in exposed]
        self._ends = self._starts + np.array(sizes, np.intp)
        channels = np.array([e.channel for e in exposed], np.intp)
        self._bound = np.flatnonzero(channels >= 0)
        self._channels = channels[self._bound]

    def between(self, before: Snapshot, now: Snapshot) -> NDArray[np.intp]:
        """Numbers of the variables whose bytes or quality differ, rising; a neighbour's bit counts as one's own. All of
        them when the engine's state differs, which is part of every quality.
        """
        if before.state != now.state:
            return np.arange(len(self._starts))
        differing = np.zeros(len(now.memory) + 1, np.int64)
        np.cumsum(before.memory != now.memory, out=differing[1:])
        changed = differing[self._ends] != differing[self._starts]
        quality = (before.quality != now.quality) | (before.reason != now.reason)
        changed[self._bound] |= quality[self._channels]
        return np.flatnonzero(changed)
