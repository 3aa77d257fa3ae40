"""The scan's part in the journal (`runtime.image.journal`): numba functions that the kernel calls.

Read from the top: what a tick writes, in its order, then what it copies when the recorder asked for a keyframe.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from numba import njit

from runtime.engine.arrays import View, called_natively
from runtime.image import atomics, exchange, journal
from runtime.image.block import (
    FORCE_COUNT,
    FORCES,
    KEYFRAME_HEAD_WORDS,
    KEYFRAME_TASK_WORDS,
    RECORD_BYTES,
    WORD,
    Words,
)
from runtime.image.ring import RECORD_WORDS
from runtime.image.words import copy_words

_SCANS = WORD["scans"]
_STATE = WORD["state"]
_CONTROL_FAULT_CODE = WORD["fault_code"]
_CONTROL_FAULT_SCAN = WORD["fault_scan"]
_STARTED = WORD["started_ns"]
_PHASE = WORD["phase_ns"]
_TICK_NS = WORD["tick_ns"]
_TRIPPED = WORD["tripped"]


@called_natively
def is_recorded(v: View) -> bool:
    return v.journal.shape[0] > 1


@called_natively
def begin_record(v: View, now_ns: int, tick_number: int) -> None:
    """The head of a record, which `end_record` puts into the room that is kept for it."""
    words, record = v.journal_words, v.record
    words[journal.CURSOR] = words[journal.HEAD] + journal.RECORD_WORDS
    words[journal.LIMIT] = atomics.load(words, journal.TAIL) + v.journal.shape[0]
    record[journal.RECORD_EPOCH] = words[journal.EPOCH]
    record[journal.TICK] = tick_number
    record[journal.NOW_NS] = now_ns
    record[journal.SCANS] = v.control[_SCANS]
    record[journal.RECORD_OUTCOME] = words[journal.OUTCOME]
    record[journal.RECORD_LOST] = words[journal.LOST]
    record[journal.PARTS] = 0
    words[journal.OUTCOME] = 0


@called_natively
def note_command(v: View, command: Words) -> None:
    """Behind the head of the record that is being written."""
    if not is_recorded(v):
        return
    words, last = v.journal_words, v.journal.shape[0] - 1
    at = words[journal.CURSOR]
    if journal.has_room(words, journal.COMMAND_WORDS):
        for number in range(journal.COMMAND_WORDS):
            v.journal[(at + number) & last] = command[number]
    words[journal.CURSOR] += journal.COMMAND_WORDS
    v.record[journal.PARTS] += 1


@called_natively
def end_record(v: View) -> None:
    """The image if it is a new one; then the record is there for the recorder, or, where it does not fit, a gap is."""
    words = v.journal_words
    if words[journal.SLOT] != words[journal.RECORDED_SLOT]:
        v.record[journal.PARTS] += journal.HAS_IMAGE
        count = v.input_image.shape[1] // 8
        if journal.has_room(words, count):
            journal.put_bytes(words, v.journal_bytes, v.input_image[words[journal.SLOT]], count)
        else:
            words[journal.CURSOR] += count
    end = words[journal.CURSOR]
    if not journal.has_room(words, 0):
        words[journal.LOST] += 1
        words[journal.GAPS] += 1
        words[journal.RECORDED_SLOT] = -1
        return
    v.record[journal.LENGTH] = end - words[journal.HEAD]
    words[journal.CURSOR] = words[journal.HEAD]
    journal.put_bytes(words, v.journal_bytes, v.record_bytes, journal.RECORD_WORDS)
    words[journal.RECORDED_SLOT] = words[journal.SLOT]
    words[journal.LOST] = 0
    atomics.store(words, journal.HEAD, end)


@called_natively
def take_keyframe(v: View, epoch: int, now_ns: int, tick_number: int) -> None:
    """Everything that the next tick depends on. The epoch is there before anything else: a reader that copies the
    keyframe of the engine before sees by it that this one has begun to write.
    """
    words = v.keyframe_words
    words[journal.KEY_EPOCH] = epoch
    atomics.fence()
    words[journal.KEY_TICK] = tick_number
    words[journal.KEY_NOW_NS] = now_ns
    words[journal.KEY_SCANS] = v.control[_SCANS]
    words[journal.KEY_STATE] = v.control[_STATE]
    words[journal.KEY_FAULT_CODE] = v.control[_CONTROL_FAULT_CODE]
    words[journal.KEY_FAULT_SCAN] = v.control[_CONTROL_FAULT_SCAN]
    words[journal.KEY_STARTED_NS] = v.control[_STARTED]
    words[journal.KEY_PHASE_NS] = v.control[_PHASE]
    words[journal.KEY_TICK_NS] = v.control[_TICK_NS]
    words[journal.KEY_TRIPPED] = v.control[_TRIPPED]
    words[journal.KEY_FORCE_COUNT] = v.force_words[FORCE_COUNT]
    words[journal.KEY_OUTCOME] = v.journal_words[journal.OUTCOME]
    at = KEYFRAME_HEAD_WORDS
    for task in range(v.tasks.shape[0]):
        words[at], words[at + 1] = v.tasks[task, 2], v.tasks[task, 7]
        at += KEYFRAME_TASK_WORDS
    for row in range(v.force_words[FORCE_COUNT]):
        copy_words(words, at + row * RECORD_WORDS, v.forces[row], 0, RECORD_WORDS)
    at = at * 8 + FORCES * RECORD_BYTES
    image_bytes, points_bytes = v.input_image.shape[1], v.points.shape[0]
    atomics.copy_bytes(v.keyframe, at, v.input_image[v.journal_words[journal.SLOT]], 0, image_bytes)
    atomics.copy_bytes(v.keyframe, at + image_bytes, v.points, 0, points_bytes)
    atomics.copy_bytes(v.keyframe, at + image_bytes + points_bytes, v.memory, 0, v.memory.shape[0])


@called_natively
def serve_keyframe(v: View, now_ns: int, tick_number: int) -> None:
    requested = atomics.load(v.journal_words, journal.REQUESTED)
    if requested != v.journal_words[journal.SERVED]:
        take_keyframe(v, v.journal_words[journal.EPOCH], now_ns, tick_number)
        atomics.store(v.journal_words, journal.SERVED, requested)


@njit(nogil=True, cache=True)
def begin_epoch(v: View, now_ns: int, state: int) -> None:
    """Have the recorder know of new memory, of which it gets the first keyframe; `state` is that of the first tick."""
    words = v.journal_words
    if not is_recorded(v):
        return
    words[journal.LOST] = words[journal.OUTCOME] = 0
    words[journal.RECORDED_SLOT] = -1
    words[journal.SLOT] = exchange.front(atomics.load(v.input_word, 0))
    epoch = words[journal.EPOCH] + 1
    take_keyframe(v, epoch, now_ns, journal.BEFORE_THE_FIRST)
    v.keyframe_words[journal.KEY_STATE] = state
    atomics.store(words, journal.EPOCH, epoch)
    atomics.store(words, journal.SERVED, words[journal.REQUESTED])
