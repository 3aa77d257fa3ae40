"""A consistent copy of the program's memory, made at the end of a scan because a reader asked.

A reader raises `snapshot_requested`; the engine, at the end of its next scan, copies points and memory into the next
of four slots, marks the slot with its sequence number and publishes that number. Any number of readers may ask; one
copy serves all who asked before it. The engine never waits: should it overtake a slow reader, that reader sees that
the slot's number changed under it and copies again. A reader belongs to one bank: once another program is in charge
it is given nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from runtime.image import atomics
from runtime.image.block import SNAPSHOT_HEAD_WORDS, SNAPSHOT_SLOTS, WORD, Block, split_points

SEQUENCE, NOW_NS, SCAN, STATE = 0, 1, 2, 3  # words of a slot's head
_REQUESTED = WORD["snapshot_requested"]
_PUBLISHED = WORD["snapshot_published"]
_SERVED = WORD["snapshot_served"]
_CHANGES = WORD["changes"]


class Snapshot(Struct, frozen=True):
    """`memory` uint8 (memory_bytes,) as at the end of scan `scan`, which ran at `now_ns`; `time_ns`, `quality`,
    `reason` of each input as that scan judged them; `state` the engine's state then.
    """

    now_ns: int
    scan: int
    state: int
    memory: NDArray[np.uint8]
    time_ns: NDArray[np.int64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint8]


class SnapshotReader:
    """A reader's end. Usage: `ticket = reader.request()`, later `reader.take(ticket)` until it is not None."""

    def __init__(self, block: Block) -> None:
        self._control, self._changes = block.control, block.changes
        self._inputs = block.layout.inputs
        self._slots = slot_regions(block)

    def request(self) -> int:
        """Ask for a copy not older than now. Returns the ticket for `take`."""
        return int(atomics.count(self._control, _REQUESTED, 1)) + 1

    def take(self, ticket: int) -> Snapshot | None:
        """The copy that answers `ticket`, or None while the engine has not made it."""
        return self.latest() if atomics.read(self._control, _SERVED) >= ticket else None

    def latest(self) -> Snapshot | None:
        """The last copy that was made, or None before the first. Copies again when the engine overtakes it, at most a
        few times.
        """
        for _ in range(SNAPSHOT_SLOTS):
            sequence = int(atomics.read(self._control, _PUBLISHED))
            if sequence == 0:
                return None
            slot = self._slots[sequence % SNAPSHOT_SLOTS]
            before = atomics.read(slot.head, SEQUENCE)
            points, memory = slot.points.copy(), slot.memory.copy()
            now_ns, scan, state = int(slot.head[NOW_NS]), int(slot.head[SCAN]), int(slot.head[STATE])
            whole = before == sequence == atomics.fenced_read(slot.head, SEQUENCE)
            if atomics.read(self._control, _CHANGES) != self._changes:
                return None  # the slots may be those of yet another program by now
            if whole:
                return Snapshot(now_ns, scan, state, memory, *split_points(points, self._inputs))
        return None


class _Slot(Struct, frozen=True):
    head: NDArray[np.int64]
    points: NDArray[np.uint8]
    memory: NDArray[np.uint8]


def slot_regions(block: Block) -> list[_Slot]:
    """The slots of the snapshot ring as views."""
    return list(_slot_regions(block))


def _slot_regions(block: Block) -> Iterator[_Slot]:
    region, layout = block.region("snapshots"), block.layout
    start = SNAPSHOT_HEAD_WORDS * 8
    for number in range(SNAPSHOT_SLOTS):
        slot = region[number * layout.snapshot_bytes : (number + 1) * layout.snapshot_bytes]
        memory = start + layout.points_bytes
        yield _Slot(slot[:start].view(np.int64), slot[start:memory], slot[memory : memory + layout.memory_bytes])
