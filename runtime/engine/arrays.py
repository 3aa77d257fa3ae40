"""What the scan kernel works on.

All state is in `View`, a struct of arrays: shared memory seen under different types, tables that the binding made, and
a few private words. Tables:

| table | columns |
|---|---|
| inputs | channel, offset, size in bytes, bit or -1, OnLoss, substitute (8 raw bytes), max_age_ns |
| outputs | channel, offset, size in bytes, bit or -1 |
| tasks | entry, ticks per release (or FREEWHEELING), last; watchdog: ns, sensitivity; event: offset or -1, bit, on |
| retained | offset, size, bit or -1, whether it is persistent |
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from numba import njit

from runtime.engine.by_reference import BYTE_SLOTS, BYTES, DWORDS, SLOT_TABLES, SLOTS, TABLE, WORDS, Arrays

FREEWHEELING = -1
"""In place of the ticks per release of a task that runs in every tick, behind all others."""


class View(Arrays):
    """Everything a scan touches; see `engine.view.make_view`. Shapes in brackets: n inputs, m outputs, P producers."""

    control: Annotated[Any, WORDS]  # [words]
    input_word: Annotated[Any, WORDS]
    input_time: Annotated[Any, SLOTS]  # [3, n]
    input_raw: Annotated[Any, SLOTS]  # [3, n]
    input_quality: Annotated[Any, BYTE_SLOTS]  # [3, n]
    input_reason: Annotated[Any, BYTE_SLOTS]  # [3, n]
    output_word: Annotated[Any, WORDS]
    output_head: Annotated[Any, SLOTS]  # [3, words]
    output_raw: Annotated[Any, SLOTS]  # [3, m]
    point_time: Annotated[Any, WORDS]  # [n]
    point_quality: Annotated[Any, BYTES]  # [n]
    point_reason: Annotated[Any, BYTES]  # [n]
    points: Annotated[Any, BYTES]  # the three above as bytes
    ring_words: Annotated[Any, SLOTS]  # [P, words]
    ring_records: Annotated[Any, SLOT_TABLES]  # [P, records, 8]
    force_words: Annotated[Any, WORDS]  # [words]
    forces: Annotated[Any, TABLE]  # [rows, 8]
    memory: Annotated[Any, BYTES]
    memory4: Annotated[Any, DWORDS]  # the same as int32
    memory8: Annotated[Any, WORDS]  # as int64
    initial: Annotated[Any, BYTES]
    snapshot_head: Annotated[Any, SLOTS]  # [slots, words]
    snapshot_points: Annotated[Any, BYTE_SLOTS]  # [slots, bytes]
    snapshot_memory: Annotated[Any, BYTE_SLOTS]  # [slots, bytes]
    inputs: Annotated[Any, TABLE]  # [rows, 7]
    outputs: Annotated[Any, TABLE]  # [rows, 4]
    tasks: Annotated[Any, TABLE]  # [tasks, 8]
    task_words: Annotated[Any, TABLE]  # [tasks, words]
    task_latency: Annotated[Any, TABLE]  # [tasks, buckets]
    task_duration: Annotated[Any, TABLE]  # [tasks, buckets]
    retained: Annotated[Any, TABLE]  # [ranges, 4]
    kept: Annotated[Any, BYTES]  # room for the retained bytes during a reset
    limits: Annotated[Any, WORDS]  # loop budget, depth limit, `task_statistics.Telling`
    # [tasks, words]: in the program's memory, program.TASK_ROW; none where it does not ask
    task_rows: Annotated[Any, TABLE]
    task_news: Annotated[Any, TABLE]  # [tasks, 8]: how each of them ran, see `task_statistics`
    signals: Annotated[Any, TABLE]  # [signals, 4]: iec61131.program.SIGNAL_COLUMNS
    signal_channels: Annotated[Any, WORDS]  # [signals]: the input of each of these rows
    input_image: Annotated[Any, BYTE_SLOTS]  # [3, bytes]: time, raw, quality and reason of each slot
    journal_words: Annotated[Any, WORDS]  # [words]
    journal: Annotated[Any, WORDS]  # [words]: a power of two, 1 where nothing is recorded
    journal_bytes: Annotated[Any, BYTES]  # the same as uint8
    record: Annotated[Any, WORDS]  # [8]: head of the record that is being written
    record_bytes: Annotated[Any, BYTES]  # the same as uint8
    keyframe: Annotated[Any, BYTES]
    keyframe_words: Annotated[Any, WORDS]  # the same as int64
    traces: Annotated[Any, TABLE]  # [traces, words]: image.trace_layout
    # [1 + values, 5]: image.shared_globals.INFO, then PLACE_COLUMNS; empty where none is shared
    shared_table: Annotated[Any, TABLE]
    shared_words: Annotated[Any, WORDS]  # the globals that several resources share


_Function = TypeVar("_Function", bound=Callable[..., Any])


def called_natively(function: _Function) -> _Function:
    """Part of the kernel, or of a loop around it: a call from Python would end the process."""
    return njit(nogil=True, cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
