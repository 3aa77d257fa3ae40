"""Builds the `View` that the kernel works on, from a block and the tables of a binding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iec61131.program import HEADER, TASK_ROW_BYTES, TASK_ROWS, CompiledProgram, FaultCode, Task, base_period_ns
from io_drivers.contract import Quality, Reason
from runtime.engine import tracing
from runtime.engine.arrays import FREEWHEELING, View
from runtime.engine.handover import Handover
from runtime.engine.sharing import Sharing, nothing_shared
from runtime.engine.task_statistics import NEWS_WORDS, Telling
from runtime.image import journal, ring
from runtime.image.block import (
    FORCE_CHANGES,
    FORCE_COUNT,
    FORCES,
    PRODUCERS,
    RING_HEAD_WORDS,
    RING_RECORDS,
    SLOT_HEAD_WORDS,
    Block,
    BlockLayout,
)
from runtime.image.forces import force_views
from runtime.image.snapshot import slot_regions

INPUT_COLUMNS, OUTPUT_COLUMNS, SIGNAL_SOURCE_COLUMNS = 7, 4, 3
_RING_ROOM = 1 << 13
_NO_SIGNALS = np.zeros((0, SIGNAL_SOURCE_COLUMNS), np.int64)


def block_layout(
    program: CompiledProgram, inputs: int, outputs: int, devices: int, signals: int = 0, *, recorded: bool = False
) -> BlockLayout:
    """The layout of the block that a plant with this program and so many channels needs, with a journal if it is to be
    `recorded`. Memory is rounded up to whole 64-byte lines.
    """
    memory_bytes = -(-program.memory_bytes // 64) * 64
    journal_words = journal.words_for(inputs, base_period_ns(program.tasks)) if recorded else 1
    return BlockLayout(memory_bytes, inputs, outputs, devices, signals, max(1, len(program.tasks)), journal_words)


def task_table(
    tasks: Sequence[Task], addresses: Sequence[int], watchdogs: Sequence[tuple[int, int]] = ()
) -> NDArray[np.int64]:
    """One row a task, most urgent first, as in the table of tables in `arrays`. `watchdogs`: time in nanoseconds, 0 for
    none, and sensitivity of each task.
    """
    period_ns = base_period_ns(tasks)
    given = watchdogs or [(0, 1)] * len(tasks)
    rows = zip(tasks, addresses, given, strict=True)
    return np.array(
        [
            [address, _ticks(task, period_ns), -1, *watchdog, *(task.event or (-1, 0)), 0]
            for task, address, watchdog in rows
        ],
        np.int64,
    )


def prepare_bank(block: Block, program: CompiledProgram, *, keep_memory: bool = False) -> None:
    """Initial memory, and nothing counted; with `keep_memory` the memory as it was left."""
    initial = np.zeros(block.layout.memory_bytes, np.uint8)
    initial[: len(program.initial)] = np.frombuffer(program.initial, np.uint8)
    block.region("initial")[:] = initial
    if not keep_memory:
        block.memory[:] = initial
    for name in ("tasks", "task_latency", "task_duration"):
        block.words(name)[:] = 0


def _ticks(task: Task, period_ns: int) -> int:
    return FREEWHEELING if task.is_freewheeling else task.interval_ns // period_ns


def prepare(block: Block, program: CompiledProgram, now_ns: int, *, keep_forces: bool = False) -> None:
    """Set a new or left-over block up for a start: initial memory, no old commands, no forces unless they are to be
    kept. `now_ns` is the time from which on inputs may be missed.

    The exchanges are left as they are: a running I/O process uses them, and they are right at every instant, whoever
    was killed.
    """
    prepare_bank(block, program)
    time_ns, quality, reason = block.point_views  # an earlier engine's inputs are not in this memory
    time_ns[:], quality[:], reason[:] = 0, Quality.BAD, Reason.NEVER_READ
    for words, _ in ring.ring_views(block):
        words[ring.RING_TAIL] = words[ring.RING_HEAD]
    for name in ("latency", "duration"):
        block.words(name)[:] = 0
    force_words = force_views(block)[0]
    force_words[FORCE_CHANGES] |= 1  # a change is under way, perhaps still that of an engine that was killed meanwhile
    if not keep_forces:
        force_words[FORCE_COUNT] = 0
    force_words[FORCE_CHANGES] += 1  # whoever remembers what was forced looks again
    for word in (
        "scans",
        "ticks",
        "overruns",
        "lost_activations",
        "fault_code",
        "commands_applied",
        "commands_rejected",
    ):
        block.set(word, 0)
    block.set("resets_before", block.get("resets"))
    block.set("handover", Handover.NONE)  # the engine that was to let go, or to take over, is gone
    tracing.begin(block.control, block.traces, block.memory)
    block.set("running_since_ns", 0)
    block.set("started_ns", now_ns)
    standing = standing_fault(block)
    if standing != FaultCode.NONE:  # it stays until somebody resets
        header = block.memory[: HEADER.itemsize].view(HEADER)[0]
        header["fault_code"], header["fault_site"] = standing, -1
        block.set("fault_code", standing)


def standing_fault(block: Block) -> FaultCode:
    """In which an engine begins: the one before ended in a task that did not, or the PLC is in safe mode."""
    if block.get("tripped"):
        return FaultCode.WATCHDOG
    return FaultCode.SAFE_MODE if block.get("safe_mode") else FaultCode.NONE


def make_view(
    block: Block,
    program: CompiledProgram,
    inputs: NDArray[np.int64],
    outputs: NDArray[np.int64],
    tasks: NDArray[np.int64],
    *,
    loop_limit: int,
    depth_limit: int,
    signals: NDArray[np.int64] = _NO_SIGNALS,
    telling: Telling = Telling.REPLAYED,
    sharing: Sharing | None = None,
) -> View:
    """The kernel's view of `block`. `inputs` (rows, 7), `outputs` (rows, 4), `tasks` (tasks, 8) as in
    `arrays`; `signals` (rows, 3): first bit, bit behind the last, channel, in the order of the bits.
    """
    layout, memory = block.layout, block.memory
    _lead_to_signals(block, signals)
    input_start = SLOT_HEAD_WORDS * 8
    n, m = layout.inputs, layout.outputs

    def input_slots(start: int, dtype: Any) -> NDArray[Any]:
        return block.slot_views("input_slots", layout.input_slot_bytes, input_start + start, n, dtype, 3)

    def output_slots(start: int, count: int) -> NDArray[Any]:
        return block.slot_views("output_slots", layout.output_slot_bytes, start, count, np.int64, 3)

    point_time, point_quality, point_reason = block.point_views
    ring_bytes = RING_HEAD_WORDS * 8 + RING_RECORDS * ring.RECORD_BYTES
    rings = block.region("rings")
    ring_words = np.ndarray((len(PRODUCERS), RING_HEAD_WORDS), np.int64, rings, 0, (ring_bytes, 8))
    ring_records = np.ndarray(
        (len(PRODUCERS), RING_RECORDS, 8), np.int64, rings, RING_HEAD_WORDS * 8, (ring_bytes, ring.RECORD_BYTES, 8)
    )
    slots = slot_regions(block)
    journal_words, journal_ring = journal.journal_views(block)
    keyframe = block.region("keyframe") if layout.journal_words > 1 else np.zeros(8, np.uint8)
    record = np.zeros(journal.RECORD_WORDS, np.int64)
    ranges = [(r.offset, r.size, -1 if r.bit is None else r.bit, r.persistent) for r in program.retained]
    retained = np.array(ranges, np.int64).reshape(-1, 4)
    return View(
        control=block.control,
        input_word=block.words("input_word"),
        input_time=input_slots(0, np.int64),
        input_raw=input_slots(n * 8, np.int64),
        input_quality=input_slots(n * 16, np.uint8),
        input_reason=input_slots(n * 17, np.uint8),
        output_word=block.words("output_word"),
        output_head=output_slots(0, SLOT_HEAD_WORDS),
        output_raw=output_slots(SLOT_HEAD_WORDS * 8, m),
        point_time=point_time,
        point_quality=point_quality,
        point_reason=point_reason,
        points=block.region("points"),
        ring_words=ring_words,
        ring_records=ring_records,
        force_words=force_views(block)[0],
        forces=force_views(block)[1].view(np.int64).reshape(FORCES, -1),
        memory=memory,
        memory4=memory.view(np.int32),
        memory8=memory.view(np.int64),
        initial=block.region("initial"),
        snapshot_head=_stack([s.head for s in slots], layout.snapshot_bytes),
        snapshot_points=_stack([s.points for s in slots], layout.snapshot_bytes),
        snapshot_memory=_stack([s.memory for s in slots], layout.snapshot_bytes),
        inputs=np.ascontiguousarray(inputs, np.int64).reshape(-1, INPUT_COLUMNS),
        outputs=np.ascontiguousarray(outputs, np.int64).reshape(-1, OUTPUT_COLUMNS),
        tasks=tasks,
        task_words=block.tasks,
        task_latency=block.task_histograms("task_latency"),
        task_duration=block.task_histograms("task_duration"),
        retained=retained,
        kept=np.zeros(max(1, int(retained[:, 1].sum())), np.uint8),
        limits=np.array([loop_limit, depth_limit, telling], np.int64),
        task_rows=_task_rows(program, memory),
        task_news=np.zeros((len(_task_rows(program, memory)), NEWS_WORDS), np.int64),
        signals=block.signals,
        signal_channels=np.ascontiguousarray(signals[:, 2]),
        input_image=block.slot_views(
            "input_slots", layout.input_slot_bytes, input_start, max(8, layout.image_bytes), np.uint8, 3
        ),
        journal_words=journal_words,
        journal=journal_ring,
        journal_bytes=journal_ring.view(np.uint8),
        record=record,
        record_bytes=record.view(np.uint8),
        keyframe=keyframe,
        keyframe_words=keyframe.view(np.int64),
        traces=block.traces,
        **(sharing.arrays if sharing is not None else nothing_shared()),
    )


def roomy_rings() -> NDArray[np.int64]:
    """Command rings in place of those of a block, for all that can come in one tick of a recorded run."""
    return np.zeros((len(PRODUCERS), _RING_ROOM, ring.RECORD_WORDS), np.int64)


def _task_rows(program: CompiledProgram, memory: NDArray[np.uint8]) -> NDArray[np.int64]:
    """What the program is told of its tasks, in its memory."""
    count = min(len(program.tasks), TASK_ROWS) if program.task_table >= 0 else 0
    start = max(0, program.task_table)
    return memory[start : start + count * TASK_ROW_BYTES].view(np.int64).reshape(count, TASK_ROW_BYTES // 8)


def _lead_to_signals(block: Block, signals: NDArray[np.int64]) -> None:
    """Write which bits each row is about, and in the header where the table is, also in the one that a reset brings."""
    block.signals[:] = 0
    block.signals[:, :2] = signals[:, :2]
    for memory in (block.memory, block.region("initial")):
        header = memory[: HEADER.itemsize].view(HEADER)[0]
        header["signals"], header["signal_count"] = block.distance("signals"), len(signals)


def _stack(parts: list[NDArray[Any]], stride: int) -> NDArray[Any]:
    """Equal arrays at a constant distance, seen as one two-dimensional array; empty ones as if they had an element."""
    first = parts[0]
    return np.lib.stride_tricks.as_strided(first, (len(parts), max(1, len(first))), (stride, first.itemsize))
