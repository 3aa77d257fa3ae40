"""What went into each tick, from the scan to whoever records it: a ring of records and one keyframe.

A run is what it is because of the program, the memory it began with, and for every tick its number, its time, the input
image and the commands. The scan writes the latter into a ring, before its tasks run, so that the inputs of a tick that
never ends are there as well. It never waits: what does not fit is counted, and the record after it says how many ticks
are missing. A record has a head of `RECORD_WORDS`, then its commands as they were in their rings (ring.py), eight words
each, then, if the scan has taken a new one, the input image: time_ns int64 (n), raw int64 (n), quality uint8 (n),
reason uint8 (n), filled up to whole words.

A keyframe is all that the next tick depends on, copied at the end of a tick because the recorder asked, and once by
each engine before its first. It lies in a place of its own, which only the recorder asks to be filled.

An engine that is started again begins a new *epoch*: its ticks count anew, on new memory. So does another program that
takes over in an online change, whose memory is another one.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numba import njit
from numpy.typing import NDArray

from runtime.image import atomics
from runtime.image.block import (
    FORCES,
    JOURNAL_HEAD_WORDS,
    KEYFRAME_HEAD_WORDS,
    KEYFRAME_TASK_WORDS,
    RECORD_BYTES,
    Block,
    Words,
)

# ------------------------------------------------------------------------------------------------- words of the journal

HEAD = 0  # words ever written
CURSOR = 1  # the same with the record that is being written
LOST = 2  # ticks in a row that did not fit
GAPS = 3  # ticks that ever did not fit
SLOT = 4  # of the input image that the last latch took
RECORDED_SLOT = 5  # of the one recorded last, -1 for none
OUTCOME = 6  # whom the watchdog tripped, as in a record
EPOCH = 7
LIMIT = 11  # which the cursor must not pass: what the recorder has left free
TAIL = 8  # words ever read; this one and the next are the recorder's
REQUESTED = 9  # keyframes asked for
SERVED = 10  # the engine's again

# ---------------------------------------------------------------------------------------------------- words of a record

RECORD_WORDS = 8
LENGTH, RECORD_EPOCH, TICK, NOW_NS, SCANS, RECORD_OUTCOME, RECORD_LOST, PARTS = range(RECORD_WORDS)
"""`SCANS`: executed before this tick. `RECORD_OUTCOME`: number, from 1, of the task whose run the watchdog ended in the
tick before, or `TRIPPED_BETWEEN`. `RECORD_LOST`: ticks that are missing before this one. `PARTS`: the number of
commands, and `HAS_IMAGE` where an image follows.
"""
TRIPPED_BETWEEN = -1
"""The watchdog tripped after the task had ended; found when the tick began."""
HAS_IMAGE = 1 << 32
COMMAND_WORDS = 8

# -------------------------------------------------------------------------------------------------- words of a keyframe

(
    KEY_EPOCH,
    KEY_TICK,
    KEY_NOW_NS,
    KEY_SCANS,
    KEY_STATE,
    KEY_FAULT_CODE,
    KEY_FAULT_SCAN,
    KEY_STARTED_NS,
    KEY_PHASE_NS,
    KEY_TICK_NS,
    KEY_TRIPPED,
    KEY_FORCE_COUNT,
    KEY_OUTCOME,
) = range(13)
"""`KEY_TICK`: the tick at whose end it was made, -1 before the first. `KEY_OUTCOME`: of that tick, as the record of the
next one has it.
"""

BEFORE_THE_FIRST = -1

_LEAST_WORDS, _MOST_WORDS = 1 << 15, 1 << 21
"""The first has room for a tick with all the commands that the rings can hold."""
_SLACK_NS = 4_000_000_000
"""What the ring has room for, should the recorder be held up."""


def words_for(inputs: int, tick_ns: int) -> int:
    """How large a ring is for a new image of `inputs` channels in each tick of `tick_ns`: a power of two, 256 KiB to
    16 MiB.
    """
    wanted = max(_LEAST_WORDS, record_words(inputs) * _SLACK_NS // tick_ns)
    return min(_MOST_WORDS, 1 << (wanted - 1).bit_length())


def record_words(inputs: int) -> int:
    """Of a tick with an image and no commands."""
    return RECORD_WORDS + -(-max(1, inputs) * 18 // 8)


# ----------------------------------------------------------------------------------------------- the scan's end, native


@njit(nogil=True, cache=True, inline="always")
def has_room(words: Words, count: int) -> bool:
    """Whether `count` more words fit behind the cursor."""
    return words[CURSOR] + count <= words[LIMIT]


@njit(nogil=True, cache=True)
def put_bytes(words: Words, ring: Any, source: Any, count: int) -> None:
    """Append `count` words, for which there is room, from the start of `source`; both are uint8."""
    size = ring.shape[0]
    at = (words[CURSOR] * 8) & (size - 1)
    first = min(count * 8, size - at)
    atomics.copy_bytes(ring, at, source, 0, first)
    if first < count * 8:
        atomics.copy_bytes(ring, 0, source, first, count * 8 - first)
    words[CURSOR] += count


# --------------------------------------------------------------------------------------------------- the recorder's end


class Keyframe(Struct, frozen=True):
    """`whole` is all of it, uint8, and the others its parts: `words` as KEY_*, (16,); `tasks` (tasks, 2); `forces`
    (count, 8); `image` uint8, as in a record; `points` and `memory` uint8.
    """

    whole: NDArray[np.uint8]
    words: NDArray[np.int64]
    tasks: NDArray[np.int64]
    forces: NDArray[np.int64]
    image: NDArray[np.uint8]
    points: NDArray[np.uint8]
    memory: NDArray[np.uint8]


class Journal:
    """The recorder's end of a block."""

    def __init__(self, block: Block) -> None:
        self._layout = block.layout
        self._words, self._ring = journal_views(block)
        self._keyframe = block.region("keyframe")

    @property
    def epoch(self) -> int:
        """Of the engine that writes, or wrote last; 0 before the first."""
        return int(atomics.read(self._words, EPOCH))

    @property
    def gaps(self) -> int:
        """Ticks that did not fit."""
        return int(self._words[GAPS])

    @property
    def written(self) -> int:
        """Words that were ever written."""
        return int(atomics.read(self._words, HEAD))

    @property
    def read(self) -> int:
        """Words that were ever taken."""
        return int(atomics.read(self._words, TAIL))

    def take(self) -> NDArray[np.int64]:
        """All records since the last call, one behind the other."""
        head, tail = int(atomics.read(self._words, HEAD)), int(self._words[TAIL])
        size = len(self._ring)
        start, count = tail & (size - 1), head - tail
        taken = np.concatenate([self._ring[start : start + count], self._ring[: max(0, start + count - size)]])
        atomics.write(self._words, TAIL, head)
        return taken

    def request(self) -> int:
        """Ask for a keyframe not older than now. Returns the ticket for `keyframe`."""
        ticket = int(self._words[REQUESTED]) + 1
        atomics.write(self._words, REQUESTED, ticket)
        return ticket

    def is_served(self, ticket: int) -> bool:
        return int(atomics.read(self._words, SERVED)) >= ticket

    def keyframe(self) -> Keyframe | None:
        """The one made last; None while an engine is just being started."""
        before, layout = self.epoch, self._layout
        made = split_keyframe(self._keyframe.copy(), layout.tasks, layout.image_bytes, layout.points_bytes)
        being_made = atomics.fenced_read(self._keyframe[: KEYFRAME_HEAD_WORDS * 8].view(np.int64), KEY_EPOCH)
        return made if before == self.epoch == made.words[KEY_EPOCH] == being_made else None


def split_keyframe(data: NDArray[np.uint8], tasks: int, image_bytes: int, points_bytes: int) -> Keyframe:
    """The parts of a keyframe's bytes, as views."""
    sizes = (
        KEYFRAME_HEAD_WORDS * 8,
        tasks * KEYFRAME_TASK_WORDS * 8,
        FORCES * RECORD_BYTES,
        image_bytes,
        points_bytes,
    )
    words, of_tasks, forces, image, points, memory = np.split(data, np.cumsum(sizes))
    count = int(words.view(np.int64)[KEY_FORCE_COUNT])
    return Keyframe(
        data,
        words.view(np.int64),
        of_tasks.view(np.int64).reshape(tasks, KEYFRAME_TASK_WORDS),
        forces.view(np.int64).reshape(FORCES, -1)[:count],
        image,
        points,
        memory,
    )


def records(taken: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Each record of what was taken."""
    at = 0
    while at < len(taken):
        length = int(taken[at + LENGTH])
        yield taken[at : at + length]
        at += length


def journal_views(block: Block) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(head words, ring)."""
    region = block.words("journal")
    return region[:JOURNAL_HEAD_WORDS], region[JOURNAL_HEAD_WORDS:]
