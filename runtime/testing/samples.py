"""Room for the samples that the loop of virtual time takes, for all traces of a PLC together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from iec61131.program import NUMPY_FORMAT, Target
from runtime.engine.virtual import Recording

_ROOM = 1024


class Samples:
    """Arrays that grow with the samples. `recording` is what the loop fills; times are counted from `start_ns`."""

    def __init__(self, start_ns: int) -> None:
        self._start_ns = start_ns
        none = np.zeros(0, np.int64)
        self.recording = Recording(
            columns=np.zeros((0, 4), np.int64),
            period=none,
            due=none,
            used=none,
            time_ns=np.zeros((0, _ROOM), np.int64),
            values=np.zeros((0, _ROOM), np.int64),
        )

    def add(self, targets: Sequence[Target], period_ticks: int, due: int) -> tuple[int, int]:
        """A further trace, first sampled at tick `due`: its number and that of its first column."""
        r = self.recording
        trace, column = len(r.due), len(r.columns)
        rows = [[trace, t.offset, t.type.size, -1 if t.bit is None else t.bit] for t in targets]
        room = r.time_ns.shape[1]
        self.recording = Recording(
            columns=np.vstack([r.columns, np.array(rows, np.int64)]),
            period=np.append(r.period, period_ticks),
            due=np.append(r.due, due),
            used=np.append(r.used, 0),
            time_ns=np.vstack([r.time_ns, np.zeros((1, room), np.int64)]),
            values=np.vstack([r.values, np.zeros((len(rows), room), np.int64)]),
        )
        return trace, column

    def make_room(self, ticks: int) -> None:
        """For the samples of so many ticks."""
        r = self.recording
        if not len(r.due):
            return
        room, needed = r.time_ns.shape[1], int(r.used.max()) + ticks // int(r.period.min()) + 1
        if needed > room:
            more = max(needed, 2 * room) - room
            self.recording = replace(r, time_ns=_wider(r.time_ns, more), values=_wider(r.values, more))

    def time_s(self, trace: int) -> NDArray[np.float64]:
        """When the samples of a trace were taken."""
        return (self.recording.time_ns[trace, : self.recording.used[trace]] - self._start_ns) / 1e9

    def samples(self, trace: int, column: int, target: Target) -> NDArray[Any]:
        """Of one variable, in its own type; BOOL as bool."""
        raw = self.recording.values[column, : self.recording.used[trace]]
        if target.type.base == "BOOL":
            return raw != 0
        format_ = NUMPY_FORMAT[target.type.base]
        return raw.astype(f"<u{target.type.size}").view(format_)


def _wider(table: NDArray[np.int64], more: int) -> NDArray[np.int64]:
    return np.hstack([table, np.zeros((len(table), more), np.int64)])
