"""The scan's part in sharing globals (`runtime.image.shared_globals`): numba functions that the kernel calls.

    take      before the commands of a tick: what other resources have written, as writes that are in the journal
    restore   behind a reset: what that is not to change
    publish   at the end of a tick: what this one has written, whoever in it it was

Neither waits: each resource has a triple buffer to each other one, and takes the newest image as a whole.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from iec61131.program import CompiledProgram
from runtime.engine import journaling
from runtime.engine.arrays import View, called_natively
from runtime.image import atomics, cells, exchange
from runtime.image import shared_globals as layout
from runtime.image.block import EXCHANGE_WORDS, Words
from runtime.image.ring import DATA_BYTES, RECORD_WORDS, Command
from runtime.image.shared_globals import CannotShare, SharedGlobals

_ME, _RESOURCES, _RESOURCE_WORDS, _SLOT_WORDS, _OWN_AT = range(len(layout.INFO))
_OWN_WORDS, _HEAD = layout.OWN_WORDS, layout.SLOT_WORDS
_SEQUENCE, _RESET, _PENDING, _SEEN, _RECORD = (
    layout.SEQUENCE, layout.RESET, layout.PENDING, layout.SEEN, layout.RECORD,
)  # fmt: skip
_RETAIN, _PERSISTENT = layout.RETAIN, layout.PERSISTENT
_WRITE, _WARM, _COLD = int(Command.WRITE), int(Command.RESET_WARM), int(Command.RESET_COLD)
_NUMBER_BITS = 4
_NUMBER = (1 << _NUMBER_BITS) - 1
"""The low bits of a stamp: the resource that wrote; above them the time in nanoseconds."""


@njit(nogil=True, cache=True)
def _box(info: Words, resource: int, reader: int) -> int:
    """The word of the exchange from one resource to another."""
    resource_at = info[_OWN_AT] + (resource - info[_ME]) * info[_RESOURCE_WORDS]
    boxes_at = resource_at + _OWN_WORDS + info[_SLOT_WORDS] - _HEAD
    return boxes_at + reader * (EXCHANGE_WORDS + 3 * info[_SLOT_WORDS])


@called_natively
def take(v: View) -> None:
    """What others have written since."""
    table, words = v.shared_table, v.shared_words
    info, values = table[0], words.view(np.uint8)
    own, count = info[_OWN_AT], table.shape[0] - 1
    stamps = own + _OWN_WORDS
    known = (stamps + count) * 8
    record = words[own + _RECORD : own + _RECORD + RECORD_WORDS]
    reset = int(words[own + _RESET])
    if reset != 0:
        restore(v, reset)
        words[own + _RESET] = 0
    for other in range(info[_RESOURCES]):
        box = _box(info, other, info[_ME])
        slot = exchange.take(words[box : box + EXCHANGE_WORDS])
        at = box + EXCHANGE_WORDS + slot * info[_SLOT_WORDS]
        if other == info[_ME] or words[at] == words[own + _SEEN + other]:
            continue
        words[own + _SEEN + other] = words[at]
        theirs = at + _HEAD
        for value in range(count):
            stamp = words[theirs + value]
            if stamp > words[stamps + value]:
                size, position = table[value + 1, 1], table[value + 1, 3]
                atomics.copy_bytes(values, known + position, values, (theirs + count) * 8 + position, size)
                words[stamps + value] = stamp
                _bring(v, table[value + 1], values, known, record)


@called_natively
def _bring(v: View, place: Words, values: Any, known: int, record: Words) -> None:
    """A value as the others know it, into the memory and the journal."""
    offset, size, bit, at = place[0], place[1], place[2], known + place[3]
    done = 0
    while done < size:
        part = min(size - done, DATA_BYTES)
        for word in range(4, record.shape[0]):
            record[word] = 0
        record[0], record[1], record[2], record[3] = _WRITE, offset + done, part, bit
        for number in range(part):
            record[4 + (number >> 3)] |= np.int64(values[at + done + number]) << ((number & 7) * 8)
        journaling.note_command(v, record)
        if bit >= 0:
            cells.put(v.memory, offset, 1, bit, record[4])
        else:
            atomics.copy_bytes(v.memory, offset + done, values, at + done, part)
        done += part


@called_natively
def restore(v: View, kind: int) -> None:
    """Bring back what a reset of this resource is not to change: values that others have written last, and those that
    it keeps.
    """
    table, words = v.shared_table, v.shared_words
    info = table[0]
    own, count = info[_OWN_AT], table.shape[0] - 1
    stamps = own + _OWN_WORDS
    record = words[own + _RECORD : own + _RECORD + RECORD_WORDS]
    for value in range(count):
        stamp, kept = words[stamps + value], table[value + 1, 4]
        is_kept = (kept >= _RETAIN and kind == _WARM) or (kept == _PERSISTENT and kind == _COLD)
        if stamp > 0 and (is_kept or stamp & _NUMBER != info[_ME]):
            _bring(v, table[value + 1], words.view(np.uint8), (stamps + count) * 8, record)


@called_natively
def publish(v: View, now_ns: int) -> None:
    """Compare the memory with what the others know. A value that has changed gets a stamp later than any it had."""
    table, words, memory = v.shared_table, v.shared_words, v.memory
    info, values = table[0], words.view(np.uint8)
    own, count = info[_OWN_AT], table.shape[0] - 1
    stamps = own + _OWN_WORDS
    known = (stamps + count) * 8
    changed = words[own + _PENDING] != 0
    words[own + _PENDING] = 0
    for value in range(count):
        offset, size, bit, position, _ = table[value + 1]
        if not _differs(memory, values, offset, size, bit, known + position):
            continue
        if bit >= 0:
            values[known + position] = (memory[offset] >> bit) & 1
        else:
            atomics.copy_bytes(values, known + position, memory, offset, size)
        later_ns = max(now_ns, (words[stamps + value] >> _NUMBER_BITS) + 1)
        words[stamps + value] = later_ns << _NUMBER_BITS | info[_ME]
        changed = True
    if changed:
        _send(info, words, values)


@njit(nogil=True, cache=True)
def _differs(memory: Any, values: Any, offset: int, size: int, bit: int, at: int) -> bool:
    if bit >= 0:
        return (memory[offset] >> bit) & 1 != values[at]
    number = 0
    while number < size and memory[offset + number] == values[at + number]:
        number += 1
    return number < size


@njit(nogil=True, cache=True)
def _send(info: Words, words: Words, values: Any) -> None:
    own = info[_OWN_AT]
    words[own + _SEQUENCE] += 1
    size = (info[_SLOT_WORDS] - _HEAD) * 8
    for reader in range(info[_RESOURCES]):
        if reader == info[_ME]:
            continue
        box = _box(info, info[_ME], reader)
        slot = exchange.back_slot(words[box : box + EXCHANGE_WORDS])
        at = box + EXCHANGE_WORDS + slot * info[_SLOT_WORDS]
        words[at] = words[own + _SEQUENCE]
        atomics.copy_bytes(values, (at + _HEAD) * 8, values, (own + _OWN_WORDS) * 8, size)
        exchange.publish(words[box : box + EXCHANGE_WORDS])


# ------------------------------------------------------------------------------------------------ before the first tick


def begin(shared: SharedGlobals, resource: int, program: CompiledProgram, places: NDArray[np.int64]) -> None:
    """What an engine starts from: where one ran before it, what that one has published last, as after a warm reset;
    else the initial values, so that what was retained counts as written.

    Of an engine that was killed only what it had published as a whole is trusted.
    """
    words, values = shared.words, shared.values
    own = shared.own_at(resource)
    latest = _latest(shared, resource)
    published = words[latest + _HEAD : latest + shared.slot_words] if latest is not None else None
    stamps = words[own + _OWN_WORDS : own + _OWN_WORDS + values]
    known = words[own + _OWN_WORDS + values : own + _OWN_WORDS + values + shared.value_bytes // 8].view(np.uint8)
    stamps[:] = 0
    for offset, size, bit, position, _ in places.tolist():
        initial = program.initial[offset : offset + size]
        if bit >= 0:
            initial = bytes([initial[0] >> bit & 1])
        known[position : position + size] = np.frombuffer(initial, np.uint8)
    words[own + _SEEN : own + _OWN_WORDS] = 0
    words[own + _RESET], words[own + _PENDING] = 0, 1
    if published is not None:
        mine = published[:values] & _NUMBER == resource
        mine &= published[:values] > 0
        values_then = published[values:].view(np.uint8)
        for row in np.flatnonzero(mine).tolist():
            size, position = int(places[row, 1]), int(places[row, 3])
            known[position : position + size] = values_then[position : position + size]
            stamps[row] = published[row]
        words[own + _RESET] = _WARM


def _latest(shared: SharedGlobals, resource: int) -> int | None:
    """The word at which the image begins that this resource has published last; None when it never has."""
    if shared.resources < 2:
        return None
    box = shared.box_at(resource, 1 if resource == 0 else 0)
    word = int(shared.words[box])
    slot = exchange.middle(word) if word & exchange.FRESH else exchange.front(word)
    at = box + EXCHANGE_WORDS + slot * shared.slot_words
    return at if shared.words[at] > 0 else None


def nothing_shared() -> dict[str, Any]:
    """The arrays of a view for a PLC of one resource."""
    return {"shared_table": np.zeros((0, layout.PLACE_COLUMNS), np.int64), "shared_words": np.zeros(8, np.int64)}


class Sharing:
    """The part of resource number `resource` in `shared`, whose values `program` has. Raises CannotShare."""

    def __init__(self, shared: SharedGlobals, resource: int, program: CompiledProgram) -> None:
        values = layout.shared_values(program)
        if layout.digest_of(values) != shared.digest:
            raise CannotShare("the globals of the configuration are not those that the other resources run with")
        self.shared, self.resource, self._program = shared, resource, program
        self._places = layout.place_table(values)

    def begin(self) -> None:
        """Before the first tick of an engine."""
        begin(self.shared, self.resource, self._program, self._places)

    @property
    def arrays(self) -> dict[str, Any]:
        """Those of the view."""
        return {
            "shared_table": np.vstack([self.shared.info(self.resource), self._places]),
            "shared_words": self.shared.words,
        }
