"""Which outputs have to be written now, whatever the protocol.

A driver keeps one `Ledger` for each device. The ledger compares what is wanted with what the device was last known to
hold, in wire values: a change too small to be seen on the wire is no change. The driver's part:

    ledger.observe(wire, wanted, epoch)         whenever outputs may have changed; keeps edges between two polls
    rows, values = ledger.take(now_ns, ...)     what to write; the driver answers for each row with one of
    ledger.written(rows, values, now_ns)            the device confirmed it
    ledger.failed(rows, values)                     it did not, or nobody knows: due again
    ledger.forget()                             the device may have restarted: what is wanted has to be written again

| mode        | due                                                                                   |
|-------------|---------------------------------------------------------------------------------------|
| cyclic      | at every poll                                                                         |
| on_change   | when the value is not the one last confirmed, and `refresh` after that confirmation   |
| write_only  | as on_change, without refresh                                                         |
| rising_edge | once for each edge from zero to anything else, with the value of that moment          |

A new epoch makes every output due, whatever its mode. `forget` makes all due but the rising edges that were confirmed:
an edge is an event, and a pump that was told to start a batch must not be told again because a cable was unplugged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from io_drivers.codec import Rows
from io_drivers.contract import Channel, WriteMode


class Ledger:
    """Rows are numbered as in `channels`, from 0."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        count = len(channels)
        modes = [channel.write for channel in channels]
        refresh_ns = [c.refresh_ns if c.write is WriteMode.ON_CHANGE else 0 for c in channels]
        self._cyclic = np.array([mode is WriteMode.CYCLIC for mode in modes], np.bool_)
        self._rising = np.array([mode is WriteMode.RISING_EDGE for mode in modes], np.bool_)
        self._refresh_ns = np.array(refresh_ns, np.int64)
        self.has_edges = bool(self._rising.any())
        """Whether `observe` has to see every change, not only the one at the poll."""

        self._wire: Rows = np.zeros((count, 8), np.uint8)
        self._wanted = np.zeros(count, np.bool_)
        self._epoch: int | None = None
        self._held: Rows = np.zeros((count, 8), np.uint8)  # what the device confirmed last
        self._held_since_ns = np.zeros(count, np.int64)
        self._owed = np.ones(count, np.bool_)  # nobody knows what the device holds
        self._high = np.zeros(count, np.bool_)
        self._edge = np.zeros(count, np.bool_)
        self._edge_wire: Rows = np.zeros((count, 8), np.uint8)

    def observe(self, wire: Rows, wanted: NDArray[np.bool_], epoch: int) -> None:
        """`wire` (n, 8) is what the program wants; a row with `wanted` (n,) False is to be left alone (inactive, or
        no value of its wire type).
        """
        if epoch != self._epoch:
            self._epoch = epoch
            self._owed[:] = True
        self._wire, self._wanted = wire, wanted
        self._owed |= ~wanted  # left alone for a while: what it holds when it is wanted again is unknown
        high = wire.any(axis=1) & wanted
        edges = high & ~self._high & self._rising
        self._edge |= edges
        self._edge &= wanted
        self._edge_wire[edges] = wire[edges]
        self._high = high

    def take(self, now_ns: int, *, at_poll: bool) -> tuple[NDArray[np.intp], Rows]:
        """The rows that are due, ascending, and the value of each. `at_poll` False: between two polls, so without
        what is merely cyclic.
        """
        changed = (self._wire != self._held).any(axis=1)
        old = (self._refresh_ns > 0) & (now_ns - self._held_since_ns >= self._refresh_ns)
        by_value = ~self._rising & ~self._cyclic & (changed | old)
        due = (self._owed | self._edge | by_value | (self._cyclic & at_poll)) & self._wanted
        rows = np.flatnonzero(due)
        values = self._wire[rows]
        edges = self._edge[rows]
        values[edges] = self._edge_wire[rows[edges]]
        self._edge[rows] = False
        return rows, values

    def written(self, rows: NDArray[np.intp], values: Rows, now_ns: int) -> None:
        self._held[rows] = values
        self._held_since_ns[rows] = now_ns
        self._owed[rows] = False

    def failed(self, rows: NDArray[np.intp], values: Rows) -> None:
        """The rows with the values of `take` were not confirmed. An edge stays pending, with the value it had."""
        edges = self._rising[rows]
        self._edge[rows[edges]] = True
        self._edge_wire[rows[edges]] = values[edges]
        self._owed[rows[~edges]] = True

    def forget(self) -> None:
        self._owed |= ~self._rising
