"""The shared memory block of one PLC: what lies where, and how a process gets hold of it.

```
                             of the PLC:
control        int64 words, one per row of CONTROL: states, counters, requests
latency        histogram of wake-up latency            duration   histogram of scan duration     (see histogram.py)
input word,    three slots  I/O process -> engine      (exchange.py)
output word,   three slots  engine -> I/O process
rings          one command ring per producer -> engine (ring.py)
forces         what is forced: two words, then records as in the rings (forces.py)
terminal       what people do at a terminal of the machine, for the supervisor (terminal_words.py)
points         quality, reason and time of each input as the last scan judged them
journal        ring of what went into each tick: time, inputs, commands (journal.py)
devices        what the drivers say of their devices   (devices.py)
traces         settings, rings and captures of traces  (trace_layout.py)

                             of the program, its bank:
bank           int64 words, one per row of BANK: what the bank is
tasks          int64 words of each task, one per row of TASK; then its histograms of latency and of duration
signals        as `points`, in the order of the memory, for a program that asks (iec61131.program)
keyframe       a copy of everything that a tick begins with, made when the recorder asked (journal.py)
memory         the program's memory block              (iec61131.program)
initial        the same at a cold start
snapshots      copies of points and memory for readers (snapshot.py)
```

The control word `bank` says where the bank of the program in charge begins. An online change adds another bank behind
it (banks.py), fills it, and moves that word between two scans; `changes` counts how often that has happened. A `Block`
shows the PLC and one bank of it. Whoever reads from a bank looks at `is_current` from time to time and goes on with
`renewed`, together with the program that this one is of.

The block is an anonymous memory file: the supervisor creates it and hands the file descriptor to its children, so it
is gone as soon as the last of them is, however they ended. Another process of the same user attaches through the
supervisor's `/proc/<pid>/fd`. A block describes itself in its first words, so that whoever attaches can tell a
foreign or older layout before touching it.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.program import SIGNAL_COLUMNS
from io_drivers.contract import Reason
from runtime.image.trace_layout import TRACE_WORDS, TRACES

Words = NDArray[np.int64]
"""Shared 64-bit words."""

MAGIC = 0x676E7572  # "rung"
VERSION = 8
_PAGE = 4096
_LINE = 64

CONTROL = (
    # what the block is; written once by its creator
    "magic",
    "version",
    "inputs",
    "outputs",
    "devices",
    "block_bytes",
    # the engine's state; written by the engine
    "state",  # EngineState
    "engine_pid",
    "started_ns",
    "heartbeat_ns",  # time of the last tick, also while stopped
    "tick_ns",
    "scans",  # scans executed
    "ticks",  # ticks gone by, executed or not
    "overruns",  # scans that ran past the next tick
    "lost_activations",  # releases of a task that found it still late
    "fault_code",
    "fault_scan",
    "faults",
    "commands_applied",
    "commands_rejected",
    "realtime",  # bits of Realtime: what the operating system permitted
    "engine_starts",
    "resets",  # cold ones and those to the origin, which change retained variables
    "resets_before",  # when this engine began: those of them that were not stored by then have come to nothing
    # the task that runs, for the watchdog; written by the engine
    "phase_ns",  # time of tick 0
    "running_task",  # its number
    "running_since_ns",  # 0 between tasks
    "tripped",  # number of the task whose watchdog has tripped, from 1; 0 for none
    # the I/O process
    "io_pid",
    "io_heartbeat_ns",
    "io_starts",
    "io_published",  # input images handed over
    # the gateway
    "gateway_pid",
    "gateway_heartbeat_ns",
    "gateway_starts",
    # requests to the engine, set by others
    "stop",  # the process shall end
    "reset_statistics",
    # snapshots
    "snapshot_requested",
    "snapshot_served",
    "snapshot_published",
    "journal_words",
    # retained variables; written by the supervisor
    "retained_stored",  # generations stored since it started
    "retained_failures",
    "retained_errno",  # why the last attempt failed, 0 when it did not
    "retained_ns",  # time of the last one that did not
    "retained_begun_ns",  # when the attempt under way began, 0 for none
    "retained_resets",  # how many of the `resets` are in what is stored
    # the flight recorder; written by the supervisor
    "recorder_bytes",  # written since it started
    "recorder_gaps",  # ticks that are missing
    "recorder_failures",
    "recorder_errno",  # why the last attempt failed, 0 when it did not
    # the program in charge, and how another one takes over (engine/handover.py)
    "bank",  # where its bank begins, in bytes from the start of the block
    "changes",  # how often another bank has come to be in charge
    "handover",  # Handover: how far the present one has got
    "handover_tick",  # after which the one that is in charge lets go
    "handover_in_fault",  # 1: also after a fault, which is over then
    "handover_ns",  # what moving the state took, last time
    "handover_bytes",  # moved then
    "handover_unfit",  # values that the new type could not take then
    "handover_unled",  # references that led to nothing then
    "handover_freed",  # forces that ended then
    # requests to the engine, by the supervisor
    "wanted_bank",
    "wanted_change",  # number of the request
    "answered_change",  # number of the last request that came to an end
    # traces
    "traces",  # 1: some are to be sampled or were set up anew; the engine makes it 0
    # set by the supervisor, taken back by the engine at a reset
    "safe_mode",  # the program does not run again until somebody resets it
)
"""Names of the control words; `WORD[name]` is the index."""

WORD: dict[str, int] = {name: index for index, name in enumerate(CONTROL)}
CONTROL_WORDS = 128

BANK = (
    "memory_bytes",
    "signals",
    "tasks",
    "build",  # number of the folder with its program (service/artifacts.py)
)
"""Names of the words of a bank, written once by its creator."""

BANK_WORD: dict[str, int] = {name: index for index, name in enumerate(BANK)}
BANK_WORDS = 8

OF_THE_PROGRAM = (
    "bank",
    "tasks",
    "task_latency",
    "task_duration",
    "signals",
    "memory",
    "initial",
    "snapshots",
    "keyframe",
)
"""The regions of a bank."""

TASK = (
    "runs",
    "lost",  # releases that found it still late
    "overruns",  # runs that ended behind the next release
    "overlong",  # runs in a row that took longer than the watchdog's time
    "last_duration_ns",
    "least_duration_ns",
    "last_latency_ns",  # from its release to its beginning
    "least_latency_ns",
)
"""Names of the words of a task; the greatest values are in its histograms."""

TASK_WORD: dict[str, int] = {name: index for index, name in enumerate(TASK)}

PRODUCERS = ("gateway", "service", "console", "terminal")
"""Who may send commands, each with a ring of its own, so that a producer that is killed in mid-write disturbs nobody.
`console` is the supervisor; `terminal` are commands such as `rung force`, which take turns.
"""

RING_RECORDS = 1024
RECORD_BYTES = 64
RING_HEAD, RING_TAIL = 0, 8  # word numbers inside a ring's head, on cache lines of their own
RING_HEAD_WORDS = 16

TERMINAL_BYTES = 512

FORCES = 256
"""Places of memory that can be forced at once, of at most 32 bytes each."""
FORCE_COUNT, FORCE_CHANGES = 0, 1
FORCE_WORDS = 8

SNAPSHOT_SLOTS = 4
SNAPSHOT_HEAD_WORDS = 8  # sequence, now_ns, scan, state

SLOT_HEAD_WORDS = 8  # of an exchange slot: sequence, time_ns, scan, state
EXCHANGE_WORDS = 8
EXCHANGE_INITIAL = 0 | 1 << 2 | 2 << 4  # back, middle and front: three different slots, none fresh

BUCKETS = 1024
"""Of one histogram."""

JOURNAL_HEAD_WORDS = 16
KEYFRAME_HEAD_WORDS = 16
KEYFRAME_TASK_WORDS = 2
"""Of each task: its last release, and whether its event was on (columns of the table of tasks in `engine.arrays`)."""

DEVICE_DTYPE = np.dtype(
    [
        ("name", "S64"),
        ("state", "<i8"),
        ("requests", "<i8"),
        ("failures", "<i8"),
        ("reconnects", "<i8"),
        ("round_trip_us", "<f8"),
        ("problem", "S160"),
    ]
)


def _round(size: int, unit: int) -> int:
    return -(-size // unit) * unit


class BlockLayout(Struct, frozen=True):
    """Offsets of everything, from the sizes that a plant has. `signals` are the rows of the table of signals;
    `journal_words`, a power of two, is the room for what is to be recorded, 1 for none.
    """

    memory_bytes: int
    inputs: int
    outputs: int
    devices: int
    signals: int = 0
    tasks: int = 1
    journal_words: int = 1

    def __post_init__(self) -> None:
        if min(self.memory_bytes, self.inputs, self.outputs, self.devices, self.signals, self.tasks) < 0:
            raise ValueError("sizes of a block are not negative")
        if self.journal_words < 1 or self.journal_words & (self.journal_words - 1):
            raise ValueError("the journal's size is a power of two")

    @property
    def input_slot_bytes(self) -> int:
        """Head and image."""
        return _round(SLOT_HEAD_WORDS * 8 + self.image_bytes, _LINE)

    @property
    def output_slot_bytes(self) -> int:
        """Head, raw uint8 (m, 8); longer than the head in any case, so that heads are never one array without gaps."""
        return _round(SLOT_HEAD_WORDS * 8 + max(1, self.outputs) * 8, _LINE)

    @property
    def points_bytes(self) -> int:
        """time_ns int64 (n), quality uint8 (n), reason uint8 (n)."""
        return _round(self.inputs * 10, _LINE)

    @property
    def snapshot_bytes(self) -> int:
        """Of one slot: head, points, memory."""
        return _round(SNAPSHOT_HEAD_WORDS * 8, _LINE) + self.points_bytes + _round(self.memory_bytes, _LINE)

    @property
    def image_bytes(self) -> int:
        """Time_ns int64 (n), raw uint8 (n, 8), quality uint8 (n), reason uint8 (n), filled up to whole words."""
        return _round(max(1, self.inputs) * 18, 8)

    @property
    def keyframe_bytes(self) -> int:
        """Head, words of each task, forces, input image, points, memory."""
        words = KEYFRAME_HEAD_WORDS + self.tasks * KEYFRAME_TASK_WORDS
        return words * 8 + FORCES * RECORD_BYTES + self.image_bytes + self.points_bytes + self.memory_bytes

    def regions(self) -> dict[str, tuple[int, int]]:
        """Name to (offset, bytes), each at a page of its own where different processes write, else at a cache line.
        Offsets of a bank are from its own start.
        """
        sizes = {
            "control": CONTROL_WORDS * 8,
            "latency": BUCKETS * 8,
            "duration": BUCKETS * 8,
            "bank": BANK_WORDS * 8,
            "tasks": self.tasks * len(TASK) * 8,
            "task_latency": self.tasks * BUCKETS * 8,
            "task_duration": self.tasks * BUCKETS * 8,
            "input_word": EXCHANGE_WORDS * 8,
            "input_slots": 3 * self.input_slot_bytes,
            "output_word": EXCHANGE_WORDS * 8,
            "output_slots": 3 * self.output_slot_bytes,
            "rings": len(PRODUCERS) * (RING_HEAD_WORDS * 8 + RING_RECORDS * RECORD_BYTES),
            "forces": FORCE_WORDS * 8 + FORCES * RECORD_BYTES,
            "journal": (JOURNAL_HEAD_WORDS + self.journal_words) * 8,
            "terminal": TERMINAL_BYTES,
            "points": self.points_bytes,
            "signals": self.signals * len(SIGNAL_COLUMNS) * 8,
            "memory": self.memory_bytes,
            "initial": self.memory_bytes,
            "snapshots": SNAPSHOT_SLOTS * self.snapshot_bytes,
            "keyframe": self.keyframe_bytes if self.journal_words > 1 else 0,
            "devices": self.devices * DEVICE_DTYPE.itemsize,
            "traces": TRACES * TRACE_WORDS * 8,
        }
        ends, regions = {False: 0, True: 0}, dict[str, tuple[int, int]]()
        for name, size in sizes.items():
            offset = ends[name in OF_THE_PROGRAM]
            regions[name] = (offset, size)
            ends[name in OF_THE_PROGRAM] = _round(offset + size, _PAGE if size >= _PAGE else _LINE)
        return regions

    @property
    def fixed_bytes(self) -> int:
        """Of all but the banks."""
        return self._end(of_the_program=False)

    @property
    def bank_bytes(self) -> int:
        """Of the bank."""
        return self._end(of_the_program=True)

    def _end(self, *, of_the_program: bool) -> int:
        regions = [place for name, place in self.regions().items() if (name in OF_THE_PROGRAM) is of_the_program]
        return _round(max(offset + size for offset, size in regions), _PAGE)


class ForeignBlock(Exception):
    """The memory behind the descriptor is not a block of this version of rung."""


class Block:
    """A mapped block with one bank. Views are numpy arrays over the shared bytes; they live as long as the mapping."""

    def __init__(self, fd: int, layout: BlockLayout, bank_at: int | None = None) -> None:
        self.fd = fd
        self.layout = layout
        self.bank_at = layout.fixed_bytes if bank_at is None else bank_at
        self._fixed = np.frombuffer(mmap.mmap(fd, layout.fixed_bytes), np.uint8)
        self._bank = np.frombuffer(mmap.mmap(fd, layout.bank_bytes, offset=self.bank_at), np.uint8)
        self._regions = layout.regions()
        self.control: NDArray[np.int64] = self.words("control")
        self.changes = self.get("changes")

    @classmethod
    def create(cls, layout: BlockLayout, name: str) -> Block:
        """A new block: its description, two exchanges that nobody has used, inputs that were never read, else all zero.
        `name` shows in `/proc/<pid>/maps`.

        The exchanges are made here and not by the engine, because it and the I/O process start at the same time and
        either may be the first to use them.
        """
        fd = os.memfd_create(f"rung-{name}", 0)
        os.ftruncate(fd, layout.fixed_bytes + layout.bank_bytes)
        block = cls(fd, layout)
        block.describe_bank(build=0)
        for word, value in (
            ("version", VERSION),
            ("inputs", layout.inputs),
            ("outputs", layout.outputs),
            ("devices", layout.devices),
            ("journal_words", layout.journal_words),
            ("block_bytes", layout.fixed_bytes),
            ("bank", block.bank_at),
            ("magic", MAGIC),
        ):
            block.control[WORD[word]] = value
        block.words("input_word")[0] = block.words("output_word")[0] = EXCHANGE_INITIAL
        reason_start = SLOT_HEAD_WORDS * 8 + layout.inputs * 17
        block.slot_views("input_slots", layout.input_slot_bytes, reason_start, layout.inputs, np.uint8, 3)[:] = (
            Reason.NEVER_READ
        )
        return block

    @classmethod
    def attach(cls, fd: int) -> Block:
        """The block behind an inherited or opened descriptor, with the bank in charge. Raises ForeignBlock."""
        size = os.fstat(fd).st_size
        if size < CONTROL_WORDS * 8:
            raise ForeignBlock(f"{size} bytes are too few for a block")
        head = np.frombuffer(os.pread(fd, CONTROL_WORDS * 8, 0), np.int64)
        if head[WORD["magic"]] != MAGIC or head[WORD["version"]] != VERSION:
            raise ForeignBlock("the memory was laid out by another program or version")
        return cls._with_bank(fd, head, int(head[WORD["bank"]]))

    @classmethod
    def _with_bank(cls, fd: int, head: NDArray[np.int64], bank_at: int) -> Block:
        bank = np.frombuffer(os.pread(fd, BANK_WORDS * 8, bank_at), np.int64)
        sizes = ("inputs", "outputs", "devices", "journal_words")
        inputs, outputs, devices, journal_words = (int(head[WORD[size]]) for size in sizes)
        memory, signals, tasks = (int(bank[BANK_WORD[size]]) for size in ("memory_bytes", "signals", "tasks"))
        layout = BlockLayout(memory, inputs, outputs, devices, signals, tasks, journal_words)
        size = os.fstat(fd).st_size
        if head[WORD["block_bytes"]] != layout.fixed_bytes or bank_at + layout.bank_bytes > size:
            raise ForeignBlock("the block's size does not match its description")
        return cls(fd, layout, bank_at)

    # ------------------------------------------------------------------------------------------------------- banks

    def describe_bank(self, build: int) -> None:
        """Say in the bank what it is."""
        words, layout = self.words("bank"), self.layout
        for word, value in zip(BANK, (layout.memory_bytes, layout.signals, layout.tasks, build), strict=True):
            words[BANK_WORD[word]] = value

    @property
    def build(self) -> int:
        """The number of the folder with the program that this bank is of."""
        return int(self.words("bank")[BANK_WORD["build"]])

    @property
    def is_current(self) -> bool:
        """Whether no other bank has come to be in charge since this `Block` was made."""
        return self.changes == self.get("changes")

    def renewed(self) -> Block:
        """The same block, over the same descriptor, with the bank that is in charge now."""
        return self.beside(self.get("bank"))

    def beside(self, bank_at: int) -> Block:
        """The same block, over the same descriptor, with another bank."""
        return self._with_bank(self.fd, self.control, bank_at)

    def close(self) -> None:
        """Close the descriptor. The mapping goes with the last view of it."""
        os.close(self.fd)

    # ------------------------------------------------------------------------------------------------------- views

    def region(self, name: str) -> NDArray[np.uint8]:
        offset, size = self._regions[name]
        return (self._bank if name in OF_THE_PROGRAM else self._fixed)[offset : offset + size]

    def words(self, name: str) -> NDArray[np.int64]:
        return self.region(name).view(np.int64)

    @property
    def tasks(self) -> NDArray[np.int64]:
        """The words of each task, (tasks, TASK)."""
        return self.words("tasks").reshape(self.layout.tasks, len(TASK))

    def task_histograms(self, name: str) -> NDArray[np.int64]:
        """`task_latency` or `task_duration`, (tasks, BUCKETS)."""
        return self.words(name).reshape(self.layout.tasks, BUCKETS)

    def slot_views(self, name: str, slot_bytes: int, start: int, count: int, dtype: Any, slots: int) -> NDArray[Any]:
        """A (slots, count) view of one array that lies at byte `start` of each slot of a region outside of the bank."""
        offset, _ = self._regions[name]
        item = np.dtype(dtype)
        return np.ndarray((slots, count), item, self._fixed.data, offset + start, (slot_bytes, item.itemsize))

    @property
    def whole(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """All of its bytes: those outside of the bank, and the bank."""
        return self._fixed, self._bank

    @property
    def memory(self) -> NDArray[np.uint8]:
        """The live memory of the program. Only the engine writes; others look at snapshots."""
        return self.region("memory")

    @property
    def point_views(self) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        """(time_ns, quality, reason) of each input as the last scan judged them."""
        return split_points(self.region("points"), self.layout.inputs)

    @property
    def signals(self) -> NDArray[np.int64]:
        """The table of signals, (rows, columns)."""
        return self.words("signals").reshape(self.layout.signals, len(SIGNAL_COLUMNS))

    def distance(self, name: str) -> int:
        """How far a region of the bank lies behind the start of the memory, in bytes."""
        return self._regions[name][0] - self._regions["memory"][0]

    @property
    def traces(self) -> NDArray[np.int64]:
        """The words of each trace, (TRACES, TRACE_WORDS)."""
        return self.words("traces").reshape(TRACES, TRACE_WORDS)

    @property
    def devices(self) -> NDArray[np.void]:
        return self.region("devices").view(DEVICE_DTYPE)

    def get(self, word: str) -> int:
        """A control word for display; code that synchronises uses `atomics`."""
        return int(self.control[WORD[word]])

    def set(self, word: str, value: int) -> None:
        self.control[WORD[word]] = value


def split_points(
    region: NDArray[np.uint8], inputs: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """(time_ns, quality, reason) inside a points region."""
    return region[: inputs * 8].view(np.int64), region[inputs * 8 : inputs * 9], region[inputs * 9 : inputs * 10]
