"""What the scan kernel works on.

All state is in `View`, a tuple of arrays: shared memory seen under different types, tables that the binding made, and
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
from typing import Any, NamedTuple, TypeVar

from numba import njit

FREEWHEELING = -1
"""In place of the ticks per release of a task that runs in every tick, behind all others."""


class View(NamedTuple):
    """Everything a scan touches; see `engine.view.make_view`. Shapes in brackets: n inputs, m outputs, P producers."""

    control: Any  # int64 [words]
    input_word: Any  # int64
    input_time: Any  # int64 [3, n]
    input_raw: Any  # int64 [3, n]
    input_quality: Any  # uint8 [3, n]
    input_reason: Any  # uint8 [3, n]
    output_word: Any  # int64
    output_head: Any  # int64 [3, words]
    output_raw: Any  # int64 [3, m]
    point_time: Any  # int64 [n]
    point_quality: Any  # uint8 [n]
    point_reason: Any  # uint8 [n]
    points: Any  # uint8: the three above as bytes
    ring_words: Any  # int64 [P, words]
    ring_records: Any  # int64 [P, records, 8]
    force_words: Any  # int64 [words]
    forces: Any  # int64 [rows, 8]
    memory: Any  # uint8
    memory4: Any  # the same as int32
    memory8: Any  # as int64
    initial: Any  # uint8
    snapshot_head: Any  # int64 [slots, words]
    snapshot_points: Any  # uint8 [slots, bytes]
    snapshot_memory: Any  # uint8 [slots, bytes]
    inputs: Any  # int64 [rows, 7]
    outputs: Any  # int64 [rows, 4]
    tasks: Any  # int64 [tasks, 8]
    task_words: Any  # int64 [tasks, words]
    task_latency: Any  # int64 [tasks, buckets]
    task_duration: Any  # int64 [tasks, buckets]
    retained: Any  # int64 [ranges, 4]
    kept: Any  # uint8: room for the retained bytes during a reset
    limits: Any  # int64: loop budget, depth limit, `task_statistics.Telling`
    task_rows: Any  # int64 [tasks, words]: in the program's memory, program.TASK_ROW; none where it does not ask
    task_news: Any  # int64 [tasks, 8]: how each of them ran, see `task_statistics`
    signals: Any  # int64 [signals, 4]: iec61131.program.SIGNAL_COLUMNS
    signal_channels: Any  # int64 [signals]: the input of each of these rows
    input_image: Any  # uint8 [3, bytes]: time, raw, quality and reason of each slot
    journal_words: Any  # int64 [words]
    journal: Any  # int64 [words]: a power of two, 1 where nothing is recorded
    journal_bytes: Any  # the same as uint8
    record: Any  # int64 [8]: head of the record that is being written
    record_bytes: Any  # the same as uint8
    keyframe: Any  # uint8
    keyframe_words: Any  # the same as int64
    traces: Any  # int64 [traces, words]: image.trace_layout
    shared_table: (
        Any  # int64 [1 + values, 5]: image.shared_globals.INFO, then PLACE_COLUMNS; empty where none is shared
    )
    shared_words: Any  # int64: the globals that several resources share


_Function = TypeVar("_Function", bound=Callable[..., Any])


def called_natively(function: _Function) -> _Function:
    """Part of the kernel, or of a loop around it: a call from Python would end the process.

    Taking the forty arrays of a view from Python is a thousand instructions more for each function, and was a third of
    what LLVM had to compile.
    """
    return njit(nogil=True, cache=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)


def part_of_a_tick(function: _Function) -> _Function:
    """The same, without a call: it would copy the arrays, which takes longer than what most parts of a tick do."""
    return njit(nogil=True, cache=True, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
