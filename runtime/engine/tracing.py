"""Traces in the scan thread: variables copied into rings behind a scan, and triggers. `image.trace_layout` says what
lies where, `image.trace` is the other end.

Read from the bottom: `step` takes over what was set up anew, and samples what is due. It costs nothing where there is
no trace but a look at the control word `traces`, which whoever sets one up makes 1; `step` makes it 0 again when
nothing is left to be sampled.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from numba import njit

from runtime.engine import comparing
from runtime.image import atomics, cells
from runtime.image.block import WORD, Words
from runtime.image.trace_layout import (
    BEGUN,
    CAPTURE_ROWS,
    CAPTURE_WORDS,
    CAPTURES,
    CHANNELS,
    CONDITION,
    COUNT,
    DUE,
    EDGE,
    EVERY,
    FIRST,
    FIRST_CAPTURE,
    KEPT_CAPTURES,
    LEASE_NS,
    LEFT,
    POST,
    PRE,
    PROGRAM,
    READ_NS,
    REPEAT,
    RING,
    RING_WORDS,
    ROWS,
    SAMPLE_HEAD,
    SETTING_WORDS,
    SETTINGS,
    STATE,
    TAKEN,
    TRIGGER,
    TRIGGER_NS,
    TRIGGER_SCAN,
    WANTED,
    WAS,
    WRITTEN,
    TraceEdge,
    TraceState,
)

_TRACES, _CHANGES = WORD["traces"], WORD["changes"]
_OFF, _RUNNING, _ARMED = int(TraceState.OFF), int(TraceState.RUNNING), int(TraceState.ARMED)
_TRIGGERED, _DONE, _REFUSED = int(TraceState.TRIGGERED), int(TraceState.DONE), int(TraceState.REFUSED)
_NO_EDGE, _HOLDS = int(TraceEdge.NONE), int(TraceEdge.HOLDS)
_RISING, _FALLING = int(TraceEdge.RISING), int(TraceEdge.FALLING)


@njit(nogil=True, cache=True)
def _is_place(words: Words, at: int, memory_bytes: int) -> bool:
    """Whether offset, size and bit at this word are a value of the memory."""
    offset, size, bit = words[at], words[at + 1], words[at + 2]
    if size not in (1, 2, 4, 8) or not -1 <= bit <= 7:
        return False
    return 0 <= offset <= memory_bytes - size and offset % size == 0


@njit(nogil=True, cache=True)
def _is_sound(words: Words, setting: int, memory_bytes: int) -> bool:
    """A process that faces the network may have set this up: nothing in it is believed."""
    count, pre, post = words[setting + COUNT], words[setting + PRE], words[setting + POST]
    if not 1 <= count <= CHANNELS or words[setting + EVERY] < 1 or pre < 0 or post < 0:
        return False
    room = RING_WORDS // (SAMPLE_HEAD + count)
    if pre >= room or post >= room or pre + post >= room:
        return False
    if words[setting + EDGE] != _NO_EDGE and (post == 0 or not _is_place(words, setting + CONDITION, memory_bytes)):
        return False
    for channel in range(count):  # noqa: SIM110 - numba knows no `all`
        if not _is_place(words, setting + ROWS + 3 * channel, memory_bytes):
            return False
    return True


@njit(nogil=True, cache=True)
def _take(words: Words, wanted: int, memory_bytes: int) -> None:
    """From now on what generation `wanted` says."""
    setting = SETTINGS + (wanted & 1) * SETTING_WORDS
    atomics.store(words, TAKEN, -1)
    atomics.fence()
    first = max(words[BEGUN], words[WRITTEN])  # an engine may have been killed between the two
    words[FIRST] = words[BEGUN] = words[WRITTEN] = first
    words[DUE], words[WAS], words[LEFT] = 0, -1, words[setting + POST]
    words[TRIGGER] = words[TRIGGER_NS] = words[TRIGGER_SCAN] = -1
    words[FIRST_CAPTURE] = words[CAPTURES]
    state = _OFF
    if words[setting + COUNT] != 0:
        state = _REFUSED
        if _is_sound(words, setting, memory_bytes):
            state = _RUNNING if words[setting + POST] == 0 else _ARMED
    atomics.store(words, STATE, state)
    atomics.store(words, TAKEN, wanted)


@njit(nogil=True, cache=True)
def _fires(words: Words, setting: int, memory: Any) -> bool:
    """Whether the trigger comes in this scan. To be asked in each one."""
    edge = words[setting + EDGE]
    if edge == _NO_EDGE:
        return True
    at = setting + CONDITION
    word = cells.get(memory, words[at], words[at + 1], words[at + 2])
    is_so = comparing.holds(word, words[at + 1], words[at + 3], words[at + 4], words[at + 5])
    was = words[WAS]
    words[WAS] = is_so
    if edge == _HOLDS:
        return is_so and was != 1
    if edge == _RISING:
        return is_so and was == 0
    return edge == _FALLING and not is_so and was == 1


@njit(nogil=True, cache=True)
def _sample(words: Words, setting: int, memory: Any, now_ns: int, scan: int) -> None:
    count, number = words[setting + COUNT], words[WRITTEN]
    size = SAMPLE_HEAD + count
    atomics.store(words, BEGUN, number + 1)
    atomics.fence()
    at = RING + number % (RING_WORDS // size) * size
    words[at], words[at + 1] = now_ns, scan
    row = setting + ROWS
    for channel in range(count):
        words[at + SAMPLE_HEAD + channel] = cells.get(memory, words[row], words[row + 1], words[row + 2])
        row += 3
    atomics.store(words, WRITTEN, number + 1)


@njit(nogil=True, cache=True)
def _complete(words: Words, setting: int) -> None:
    """The capture under way has all its samples."""
    number = words[CAPTURES]
    at = CAPTURE_ROWS + number % KEPT_CAPTURES * CAPTURE_WORDS
    words[at] = max(words[FIRST], words[TRIGGER] - words[setting + PRE])
    words[at + 1], words[at + 2] = words[TRIGGER], words[WRITTEN]
    words[at + 3], words[at + 4] = words[TRIGGER_NS], words[TRIGGER_SCAN]
    atomics.store(words, CAPTURES, number + 1)
    words[LEFT] = words[setting + POST]
    atomics.store(words, STATE, _ARMED if words[setting + REPEAT] != 0 else _DONE)


@njit(nogil=True, cache=True)
def _run(words: Words, memory: Any, now_ns: int, scan: int) -> None:
    """One scan of a trace that is at work."""
    setting = SETTINGS + (words[TAKEN] & 1) * SETTING_WORDS
    lease_ns = words[setting + LEASE_NS]
    if lease_ns > 0 and now_ns - words[READ_NS] > lease_ns:
        atomics.store(words, STATE, _OFF)
        return
    if words[STATE] != _RUNNING:
        fires = _fires(words, setting, memory)  # while a capture is under way as well: an edge in it is none later
        if fires and words[STATE] == _ARMED:
            words[TRIGGER], words[TRIGGER_NS], words[TRIGGER_SCAN] = words[WRITTEN], now_ns, scan
            atomics.store(words, STATE, _TRIGGERED)
    if words[DUE] > 0:
        words[DUE] -= 1
        return
    words[DUE] = words[setting + EVERY] - 1
    _sample(words, setting, memory, now_ns, scan)
    if words[STATE] == _TRIGGERED:
        words[LEFT] -= 1
        if words[LEFT] == 0:
            _complete(words, setting)


@njit(nogil=True, cache=True)
def step(control: Words, traces: Any, memory: Any, now_ns: int, scan: int, ran: bool) -> None:
    """Behind a tick; `ran` says whether the program has come to the end of a scan in it, which is then `scan`. Places
    of another program than the one in charge mean nothing: such a trace waits for its new ones.
    """
    atomics.store(control, _TRACES, 0)
    atomics.fence()  # whoever sets up one from here on makes the word 1 behind this store, not before it
    is_busy = False
    for number in range(traces.shape[0]):
        words = traces[number]
        wanted = atomics.load(words, WANTED)
        if wanted != words[TAKEN]:
            _take(words, wanted, memory.shape[0])
        program = words[SETTINGS + (words[TAKEN] & 1) * SETTING_WORDS + PROGRAM]
        if ran and _RUNNING <= words[STATE] <= _TRIGGERED and program == control[_CHANGES]:
            _run(words, memory, now_ns, scan)
        is_busy |= _RUNNING <= words[STATE] <= _TRIGGERED
    if is_busy:
        atomics.store(control, _TRACES, 1)


@njit(nogil=True, cache=True)
def begin(control: Words, traces: Any, memory: Any) -> None:
    """Before the first tick of an engine: what was set up begins anew with it; what was caught with an earlier one
    stays.
    """
    for number in range(traces.shape[0]):
        words = traces[number]
        if words[STATE] != _DONE:
            _take(words, atomics.load(words, WANTED), memory.shape[0])
    atomics.store(control, _TRACES, 1)
