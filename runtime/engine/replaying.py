"""A run once more: the ticks of a recording through the kernel that they came from, as fast as the machine can.

What a tick cannot know again is in the recording: its time, its inputs, its commands, and where the watchdog tripped,
which is a matter of real time. `restore` puts the memory and all else that a tick depends on into the state of a
keyframe, `run` lets ticks go by from there.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numba import njit

from iec61131.program import HEADER
from runtime.engine import kernel, virtual
from runtime.engine.arrays import View
from runtime.engine.by_reference import BYTE_TABLE, FLAGS, TABLE, WORDS, Arrays
from runtime.image import exchange, journal
from runtime.image.block import FORCE_COUNT, RING_HEAD, RING_TAIL, WORD, Block
from runtime.image.journal import Keyframe
from runtime.image.ring import RECORD_WORDS
from runtime.image.words import copy_words

_TRIPPED, _TICKS = WORD["tripped"], WORD["ticks"]
_NOT_OF_A_RUN = ("signals", "signal_count")
"""Fields of the header that say where a table lies in the block at hand."""


class Piece(Arrays):
    """Ticks one behind the other. `image` is the row of its input image, -1 where it has none; `first_command` has one
    more row than there are ticks; `trip` is as `RECORD_OUTCOME` of the tick behind.
    """

    tick: Annotated[Any, WORDS]  # [ticks]
    now_ns: Annotated[Any, WORDS]  # [ticks]
    trip: Annotated[Any, WORDS]  # [ticks]
    tripped_between: Annotated[Any, FLAGS]  # [ticks]
    first_command: Annotated[Any, WORDS]  # [ticks + 1]
    image: Annotated[Any, WORDS]  # [ticks]
    commands: Annotated[Any, TABLE]  # [commands, 8]
    time_ns: Annotated[Any, TABLE]  # [images, n]
    raw: Annotated[Any, TABLE]  # [images, n]
    quality: Annotated[Any, BYTE_TABLE]  # [images, n]
    reason: Annotated[Any, BYTE_TABLE]  # [images, n]


@njit(nogil=True, cache=True)
def run(v: View, piece: Piece, start: int, end: int, recording: virtual.Recording, until: virtual.Condition) -> int:
    """Ticks `start` up to but not including `end` of a piece, or until `until` holds behind one. Returns the next."""
    asked, recorded = until.terms.shape[0] > 0, recording.due.shape[0] > 0
    at = start
    while at < end:
        if piece.image[at] >= 0:
            _hand_over(v, piece, piece.image[at])
        _order(v.ring_words, v.ring_records, piece.commands, piece.first_command[at], piece.first_command[at + 1])
        if piece.tripped_between[at]:
            v.control[_TRIPPED] = 1
        trip = piece.trip[at]
        if trip > 0:  # any run takes longer than a nanosecond
            v.tasks[trip - 1, 3], v.tasks[trip - 1, 4] = 1, 1
        kernel.tick(v, piece.now_ns[at], piece.tick[at])
        if trip > 0:
            v.tasks[trip - 1, 3] = 0
        v.control[_TICKS] = piece.tick[at] + 1
        if recorded:
            virtual.sample(v.memory, recording, piece.now_ns[at], piece.tick[at])
        at += 1
        if asked and virtual.holds(v.memory, until):
            break
    return at


@njit(nogil=True, cache=True)
def _hand_over(v: View, piece: Piece, row: int) -> None:
    slot = exchange.back_slot(v.input_word)
    for channel in range(piece.raw.shape[1]):
        v.input_time[slot, channel] = piece.time_ns[row, channel]
        v.input_raw[slot, channel] = piece.raw[row, channel]
        v.input_quality[slot, channel] = piece.quality[row, channel]
        v.input_reason[slot, channel] = piece.reason[row, channel]
    exchange.publish(v.input_word)


@njit(nogil=True, cache=True)
def _order(ring_words: Any, ring_records: Any, commands: Any, first: int, end: int) -> None:
    """Commands into the rings, of which the first is taken first: in the order in which they were applied."""
    ring = 0
    for row in range(first, end):
        if ring_words[ring, RING_HEAD] - ring_words[ring, RING_TAIL] == ring_records.shape[1]:
            ring += 1
        head = ring_words[ring, RING_HEAD]
        copy_words(ring_records[ring, head % ring_records.shape[1]], 0, commands[row], 0, RECORD_WORDS)
        ring_words[ring, RING_HEAD] = head + 1


def restore(block: Block, view: View, key: Keyframe) -> None:
    """The state at the end of the keyframe's tick."""
    memory = view.memory
    here = {name: memory[: HEADER.itemsize].view(HEADER)[0][name] for name in _NOT_OF_A_RUN}
    memory[:] = key.memory
    for name, value in here.items():
        memory[: HEADER.itemsize].view(HEADER)[0][name] = value
    view.points[:] = key.points
    view.tasks[:, 2], view.tasks[:, 7] = key.tasks[:, 0], key.tasks[:, 1]
    view.forces[: len(key.forces)] = key.forces
    view.force_words[FORCE_COUNT] = len(key.forces)
    view.input_image[exchange.front(int(view.input_word[0]))][: len(key.image)] = key.image
    for word, number in _OF_CONTROL.items():
        block.set(word, int(key.words[number]))


_OF_CONTROL = {
    "scans": journal.KEY_SCANS,
    "state": journal.KEY_STATE,
    "fault_code": journal.KEY_FAULT_CODE,
    "fault_scan": journal.KEY_FAULT_SCAN,
    "started_ns": journal.KEY_STARTED_NS,
    "phase_ns": journal.KEY_PHASE_NS,
    "tick_ns": journal.KEY_TICK_NS,
    "tripped": journal.KEY_TRIPPED,
}


def differing_bytes(view: View, key: Keyframe) -> Any:
    """Offsets of the bytes of memory that are not what the keyframe has."""
    different = view.memory != key.memory
    for name in _NOT_OF_A_RUN:
        dtype, offset = HEADER.fields[name][:2]  # type: ignore[index]
        different[offset : offset + dtype.itemsize] = False
    return np.flatnonzero(different)
