"""Traces from outside of the scan: setting them up, and reading what they have sampled. `trace_layout` says what lies
where.

Any process may do both. Those who set up take turns (`turn`), by a lock that the operating system takes back from
whoever is killed with it; the scan knows nothing of it. Readers disturb neither the scan nor each other: each has a
number up to which it has read, and the scan never waits for anybody. What has been overwritten since is counted.
"""

from __future__ import annotations

import errno
import fcntl
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from runtime.image import atomics
from runtime.image.block import WORD, Block, Words
from runtime.image.trace_layout import (
    BEGUN,
    CAPTURE_ROWS,
    CAPTURE_WORDS,
    CAPTURES,
    CONDITION,
    COUNT,
    DESCRIPTION_BYTES,
    EDGE,
    EVERY,
    FIRST,
    FIRST_CAPTURE,
    KEPT_CAPTURES,
    LEASE_NS,
    POST,
    PRE,
    PROGRAM,
    READ_NS,
    REPEAT,
    RING,
    ROWS,
    SAMPLE_HEAD,
    SETTING_WORDS,
    SETTINGS,
    STATE,
    TAKEN,
    TEXT,
    TEXT_BYTES,
    TRACES,
    TRIGGER,
    TRIGGER_NS,
    TRIGGER_SCAN,
    WANTED,
    WRITTEN,
    TraceEdge,
    TraceState,
    capacity,
)

_TRACES = WORD["traces"]
_PAGE_WORDS = 512
_TRIES = 100
_ABOUT = 2
"""Rows of captures that the scan may be about to overwrite."""


class TraceBusy(Exception):
    """Another trace is being set up: by another process, or the engine has not taken it over."""


class Setting(Struct, frozen=True):
    """What is to be sampled and when. `channels`: offset, size in bytes, bit or -1 of each. With `post` 0 there is no
    end; else a capture of `pre` samples before and `post` from the trigger on. `condition` is (offset, size, bit, form,
    relation, limit) as in `engine.comparing`. `program` is what the control word `changes` says while the program that
    the places are of is in charge. `text` is for people and whoever resolves the variables anew.
    """

    channels: Sequence[tuple[int, int, int]]
    text: bytes
    every: int = 1
    pre: int = 0
    post: int = 0
    repeat: bool = False
    lease_ns: int = 0
    edge: TraceEdge = TraceEdge.NONE
    condition: Sequence[int] = (0, 1, -1, 0, 0, 0)
    program: int = 0


class TraceStatus(Struct, frozen=True):
    """One generation of a trace. Samples are numbered on and on: `first` is its first, `next` the one to come, and
    those before `oldest` are overwritten. `trigger`, its time and scan are -1 while there was none.
    """

    generation: int
    state: TraceState
    channels: int
    every: int
    pre: int
    post: int
    lease_ns: int
    text: bytes
    first: int
    oldest: int
    next: int
    trigger: int
    trigger_ns: int
    trigger_scan: int
    captures: int
    first_capture: int
    program: int
    read_ns: int

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more."""
        return self.state not in (TraceState.RUNNING, TraceState.ARMED, TraceState.TRIGGERED)

    def is_free(self, now_ns: int) -> bool:
        """Whether its place may be given to another one."""
        if self.state in (TraceState.OFF, TraceState.REFUSED):
            return True
        return 0 < self.lease_ns < now_ns - self.read_ns


class Capture(Struct, frozen=True):
    """Samples from `first` up to but not including `end`; `trigger` is the first one at or behind the trigger."""

    number: int
    first: int
    trigger: int
    end: int
    trigger_ns: int
    trigger_scan: int


class Samples(Struct, frozen=True):
    """(n,) samples from `first` on, up to but not including `next`; `raw` (n, channels) as in `cells.get`. `lost` were
    asked for as well and are overwritten.
    """

    first: int
    next: int
    lost: int
    time_ns: NDArray[np.int64]
    scan: NDArray[np.int64]
    raw: NDArray[np.int64]


@contextmanager
def turn(block: Block) -> Generator[None]:
    """For one process at a time to set traces up. It is short, and nobody waits for the engine in it. Raises TraceBusy
    when another process has it.
    """
    try:
        fcntl.lockf(block.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise
        raise TraceBusy("another process is setting a trace up") from None
    try:
        yield
    finally:
        fcntl.lockf(block.fd, fcntl.LOCK_UN)


class TraceSlot:
    """One of the traces that a PLC can have."""

    def __init__(self, block: Block, number: int) -> None:
        self.number = number
        self._control, self._words = block.control, block.traces[number]

    # ----------------------------------------------------------------------------------------------------------- set up

    def set_up(self, setting: Setting, now_ns: int) -> int:
        """In one's turn: from the next scan on, this. Returns the generation that `is_taken` is asked about. Raises
        TraceBusy.
        """
        if len(setting.text) > DESCRIPTION_BYTES:
            raise ValueError(f"a description of {len(setting.text)} bytes; {DESCRIPTION_BYTES} is the most")
        generation = self._next_generation()
        self._words[RING::_PAGE_WORDS].sum()  # the ring takes memory from now on, and not at the scan's expense
        words = self._setting(generation)
        words[:ROWS] = 0
        words[COUNT], words[EVERY], words[PRE], words[POST] = (
            len(setting.channels),
            setting.every,
            setting.pre,
            setting.post,
        )
        words[REPEAT], words[LEASE_NS], words[EDGE] = setting.repeat, setting.lease_ns, setting.edge
        words[CONDITION : CONDITION + 6] = setting.condition
        words[PROGRAM] = setting.program
        rows = np.array(setting.channels, np.int64).reshape(-1)
        words[ROWS : ROWS + len(rows)] = rows
        words[TEXT_BYTES] = len(setting.text)
        words[TEXT:].view(np.uint8)[: len(setting.text)] = np.frombuffer(setting.text, np.uint8)
        self.touch(now_ns)
        self._publish(generation)
        return generation

    def remove(self) -> int:
        """In one's turn: no trace any more, as `set_up`."""
        generation = self._next_generation()
        self._setting(generation)[:ROWS] = 0
        self._publish(generation)
        return generation

    def keep(self, program: int) -> None:
        """In one's turn, of a trace that is done: what it has caught is right for this program as well. The engine does
        not look at places of such a trace. Raises TraceBusy.
        """
        self._setting(self._next_generation() - 1)[PROGRAM] = program

    def is_taken(self, generation: int) -> bool:
        """Whether the engine has this generation or a later one."""
        return atomics.read(self._words, TAKEN) >= generation

    @property
    def is_under_way(self) -> bool:
        """Whether the engine has not taken over yet what was set up last."""
        return atomics.read(self._words, TAKEN) != atomics.read(self._words, WANTED)

    def _next_generation(self) -> int:
        wanted = int(atomics.read(self._words, WANTED))
        if atomics.read(self._words, TAKEN) != wanted:
            raise TraceBusy("the engine has not taken over what was set up before")
        return wanted + 1

    def _setting(self, generation: int) -> Words:
        start = SETTINGS + (generation & 1) * SETTING_WORDS
        return self._words[start : start + SETTING_WORDS]

    def _publish(self, generation: int) -> None:
        atomics.write_fenced(self._words, WANTED, generation)
        atomics.write_fenced(self._control, _TRACES, 1)

    # ------------------------------------------------------------------------------------------------------------- read

    def touch(self, now_ns: int) -> None:
        """Somebody reads: the trace lives on."""
        self._words[READ_NS] = now_ns

    def status(self) -> TraceStatus | None:
        """None while the engine has none in force."""
        words = self._words
        for _ in range(_TRIES):
            generation = int(atomics.read(words, TAKEN))
            if generation < 0:
                continue
            setting = self._setting(generation)
            count = int(setting[COUNT])
            room = capacity(max(1, count))
            first, begun, written = int(words[FIRST]), int(words[BEGUN]), int(atomics.read(words, WRITTEN))
            found = TraceStatus(
                generation=generation,
                state=TraceState(int(words[STATE])),
                channels=count,
                every=int(setting[EVERY]),
                pre=int(setting[PRE]),
                post=int(setting[POST]),
                lease_ns=int(setting[LEASE_NS]),
                text=setting[TEXT:].view(np.uint8)[: int(setting[TEXT_BYTES])].tobytes(),
                first=first,
                oldest=max(first, begun - room),
                next=written,
                trigger=int(words[TRIGGER]),
                trigger_ns=int(words[TRIGGER_NS]),
                trigger_scan=int(words[TRIGGER_SCAN]),
                captures=int(atomics.read(words, CAPTURES)),
                first_capture=int(words[FIRST_CAPTURE]),
                program=int(setting[PROGRAM]),
                read_ns=int(words[READ_NS]),
            )
            if atomics.fenced_read(words, TAKEN) == generation:
                return None if count == 0 else found
        return None

    def captures(self, status: TraceStatus) -> list[Capture]:
        """Those of this generation that are still known, the oldest first."""
        words = self._words
        ended = int(atomics.read(words, CAPTURES))
        numbers = range(max(status.first_capture, ended - KEPT_CAPTURES), ended)
        rows = [CAPTURE_ROWS + number % KEPT_CAPTURES * CAPTURE_WORDS for number in numbers]
        found = [
            Capture(number, *(int(word) for word in words[row : row + 5]))
            for number, row in zip(numbers, rows, strict=True)
        ]
        known = int(atomics.fenced_read(words, CAPTURES)) + _ABOUT - KEPT_CAPTURES
        if atomics.read(words, TAKEN) != status.generation:
            return []
        return [each for each in found if each.number >= known]

    def read(self, status: TraceStatus, start: int, most: int, end: int | None = None) -> Samples | None:
        """At most `most` samples from number `start` on, before `end`. None when another generation is in force."""
        words, size = self._words, SAMPLE_HEAD + status.channels
        room = capacity(status.channels)
        written = int(atomics.read(words, WRITTEN))
        start = max(start, status.first)
        begin = max(start, written - room)
        stop = max(begin, min(written, begin + most, written if end is None else end))
        ring = words[RING : RING + room * size].reshape(room, size)
        rows = ring[np.arange(begin, stop) % room]
        sound = min(max(begin, int(atomics.fenced_read(words, BEGUN)) - room), stop)
        if atomics.read(words, TAKEN) != status.generation:
            return None
        rows = rows[sound - begin :]
        return Samples(sound, stop, sound - start, rows[:, 0], rows[:, 1], rows[:, SAMPLE_HEAD:])


def slots(block: Block) -> list[TraceSlot]:
    return [TraceSlot(block, number) for number in range(TRACES)]
