"""What one program hands over to the next between two scans: the state of its variables, moved natively.

`carry` follows a plan, a struct of tables that `service.change.planner` makes beforehand. It reads the memory of the
former program and writes that of the next one, allocates nothing and calls nothing. What it does:

| table | columns | meaning |
|---|---|---|
| moves | from, to, size | bytes that mean the same in both |
| conversions | kind, from, step, to, step, count, form, form, low, high | values of another type, see `Conversion` |
| labels | old number, new number | of enumerations, rows `low` up to but not including `high` of a conversion |
| references | from, to, class | distances, led to where their target lies now, else 0 |
| targets | class << CLASS_SHIFT + from, to | sorted: where exactly a thing of this class lies now |
| pieces | from, end, to | sorted: the moves once more, for whatever else a reference leads to |
| heap | from, to, table from, table to | no row where there is none to be carried |
| tasks | from, to, whether it keeps its releases | rows of tasks of the same name |

A `form` is size in bytes * 4 + `Sort`. A value that the new type cannot take leaves the initial one; it is counted.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from enum import IntEnum
from math import isfinite, isinf
from typing import Annotated, Any

import numpy as np
from numba import njit

from runtime.engine.arrays import View, called_natively
from runtime.engine.by_reference import BYTES, REALS, SINGLES, TABLE, WORDS, Arrays
from runtime.image import atomics, cells
from runtime.image.block import FORCE_CHANGES, FORCE_COUNT, RING_HEAD, RING_RECORDS, RING_TAIL, WORD
from runtime.image.ring import CHANGES_SHIFT, RECORD_WORDS, Command
from runtime.image.words import copy_words


class Handover(IntEnum):
    """How far it has got, in the control word of this name. From ORDERED on each step is a compare-and-exchange."""

    NONE = 0
    ORDERED = 1  # by the thread of the next program, which waits
    RELEASED = 2  # by the thread that was in charge, at the end of a scan; it has ended
    DONE = 3  # the next program is in charge
    CANCELLED = 4  # nobody had let go
    DECLINED = 5  # by the thread in charge: it met a fault


class Conversion(IntEnum):
    """Kinds. `low` and `high` of the first are the least and the greatest value; of WHOLE into eight bytes without a
    sign `high` is not looked at.
    """

    WHOLE = 0  # integer to integer
    TO_REAL = 1
    TO_WHOLE = 2  # a REAL that is one
    REAL = 3
    LABEL = 4  # by the table of labels
    TEXT = 5  # low: code units that fit; high: bytes of one


class Sort(IntEnum):
    UNSIGNED = 0
    SIGNED = 1
    REAL = 2


class Plan(Arrays):
    """See the module's text. The last three are one word under three types."""

    moves: Annotated[Any, TABLE]  # [n, 3]
    conversions: Annotated[Any, TABLE]  # [n, 10]
    labels: Annotated[Any, TABLE]  # [n, 2]
    references: Annotated[Any, TABLE]  # [n, 3]
    targets: Annotated[Any, TABLE]  # [n, 2]
    pieces: Annotated[Any, TABLE]  # [n, 3]
    heap: Annotated[Any, TABLE]  # [n, 4]
    tasks: Annotated[Any, TABLE]  # [n, 3]
    word: Annotated[Any, WORDS]  # [1]
    word_f4: Annotated[Any, SINGLES]  # [2]
    word_f8: Annotated[Any, REALS]  # [1]


class Former(Arrays):
    """Of the program that hands over, as in its `View`."""

    memory: Annotated[Any, BYTES]
    tasks: Annotated[Any, TABLE]
    task_words: Annotated[Any, TABLE]
    task_latency: Annotated[Any, TABLE]
    task_duration: Annotated[Any, TABLE]


TABLES = {
    "moves": 3,
    "conversions": 10,
    "labels": 2,
    "references": 3,
    "targets": 2,
    "pieces": 3,
    "heap": 4,
    "tasks": 3,
}
"""The tables of a plan and their columns."""

CLASS_SHIFT = 40
"""A block of memory is smaller than 1 TB."""
STRICT, ANY_INSTANCE = 1 << 20, 1
"""A class with STRICT is only led to its exact targets. Instances of blocks are of the class ANY_INSTANCE besides."""

_UNFIT, _UNLED, _FREED, _BYTES = (
    WORD[f"handover_{name}"] for name in ("unfit", "unled", "freed", "bytes")
)  # fmt: skip
_HANDOVER, _IN_FAULT, _CHANGES = WORD["handover"], WORD["handover_in_fault"], WORD["changes"]
_ORDERED, _RELEASED, _DECLINED = int(Handover.ORDERED), int(Handover.RELEASED), int(Handover.DECLINED)
_WHOLE, _TO_REAL, _TO_WHOLE = int(Conversion.WHOLE), int(Conversion.TO_REAL), int(Conversion.TO_WHOLE)
_REAL, _LABEL, _TEXT = int(Conversion.REAL), int(Conversion.LABEL), int(Conversion.TEXT)
_SIGNED, _IS_REAL = int(Sort.SIGNED), int(Sort.REAL)
_WRITE, _FORCE, _UNFORCE = int(Command.WRITE), int(Command.FORCE), int(Command.UNFORCE)
_ENTRY_BYTES, _UNIT, _ENTRIES_AT = 4, 16, 128  # of the heap: iec61131/semantics/heap.py
_TWO_63, _TWO_64 = float(1 << 63), float(1 << 64)
_LOWEST = -(1 << 63)


def make_plan(tables: dict[str, Any]) -> Plan:
    """From lists of rows, or arrays; tables that are missing are empty."""
    word = np.zeros(1, np.int64)
    arrays: dict[str, Any] = {
        name: np.ascontiguousarray(np.array(tables.get(name, ()), np.int64).reshape(-1, columns))
        for name, columns in TABLES.items()
    }
    return Plan(**arrays, word=word, word_f4=word.view(np.float32), word_f8=word.view(np.float64))


def former_of(view: View) -> Former:
    return Former(
        memory=view.memory,
        tasks=view.tasks,
        task_words=view.task_words,
        task_latency=view.task_latency,
        task_duration=view.task_duration,
    )


# ------------------------------------------------------------------------------------------------------ the whole of it


@called_natively
def carry(v: View, former: Former, plan: Plan) -> None:
    """Everything from the former program to that of `v`, which is not in charge yet."""
    v.control[_UNFIT] = v.control[_UNLED] = v.control[_FREED] = 0
    v.control[_BYTES] = carry_memory(v.memory, former.memory, plan, v.control)
    _carry_tasks(v, former, plan)
    _carry_forces(v, plan)
    _carry_commands(v, plan)


@njit(nogil=True, cache=True)
def carry_memory(memory: Any, old: Any, plan: Plan, control: Any) -> int:
    """The variables. Returns the bytes that were moved."""
    moved = 0
    for row in range(plan.moves.shape[0]):
        atomics.copy_bytes(memory, plan.moves[row, 1], old, plan.moves[row, 0], plan.moves[row, 2])
        moved += plan.moves[row, 2]
    for row in range(plan.conversions.shape[0]):
        moved += _convert_row(memory, old, plan, row, control)
    for row in range(plan.heap.shape[0]):
        moved += _carry_heap(memory, old, plan.heap, row)
    for row in range(plan.references.shape[0]):
        distance = cells.get(old, plan.references[row, 0], 8, -1)
        led = led_to(plan, distance, plan.references[row, 2])
        if led == 0 and distance != 0:
            control[_UNLED] += 1
        cells.put(memory, plan.references[row, 1], 8, -1, led)
    return moved


# ---------------------------------------------------------------------------------------------------------- conversions


@njit(nogil=True, cache=True)
def _convert_row(memory: Any, old: Any, plan: Plan, row: int, control: Any) -> int:
    kind, old_at, old_step, at, step, count, form, new_form, low, high = plan.conversions[row]
    for number in range(count):
        here, there = old_at + number * old_step, at + number * step
        if kind == _TEXT:
            _copy_text(memory, there, old, here, low, high)
        elif not _convert(memory, there, old, here, plan, kind, form, new_form, low, high):
            control[_UNFIT] += 1
    return count * step


@njit(nogil=True, cache=True)
def _convert(
    memory: Any, at: int, old: Any, old_at: int, plan: Plan, kind: int, form: int, new_form: int, low: int, high: int
) -> bool:
    """One value. False when the new type cannot take it."""
    size, sort, new_size, new_sort = form >> 2, form & 3, new_form >> 2, new_form & 3
    raw = cells.get(old, old_at, size, -1)
    if sort == _SIGNED and size < 8:
        unused_bits = 64 - 8 * size
        raw = (raw << unused_bits) >> unused_bits
    if kind == _WHOLE:
        if not _fits(raw, sort, new_size == 8 and new_sort != _SIGNED, low, high):
            return False
        cells.put(memory, at, new_size, -1, raw)
        return True
    if kind == _LABEL:
        for label in range(low, high):
            if plan.labels[label, 0] == raw:
                cells.put(memory, at, new_size, -1, plan.labels[label, 1])
                return True
        return False
    plan.word[0] = raw
    real = float(plan.word_f4[0]) if size == 4 else plan.word_f8[0]
    if kind == _TO_REAL:
        real = float(raw) if sort == _SIGNED or raw >= 0 else float(np.uint64(raw))
    if kind == _TO_WHOLE:
        return _put_whole(memory, at, new_size, new_sort, real, low, high)
    return _put_real(memory, at, plan, new_size, real)


@njit(nogil=True, cache=True, inline="always")
def _fits(raw: int, sort: int, into_unsigned_eight: bool, low: int, high: int) -> bool:
    is_large = raw < 0 and sort != _SIGNED  # only of eight bytes without a sign
    if into_unsigned_eight:
        return is_large or raw >= 0
    return not is_large and low <= raw <= high


@njit(nogil=True, cache=True)
def _put_whole(memory: Any, at: int, size: int, sort: int, real: float, low: int, high: int) -> bool:
    if not isfinite(real) or real != np.floor(real) or real >= _TWO_64 or real < -_TWO_63:
        return False
    is_large = real >= _TWO_63
    raw = int(real - _TWO_63) ^ _LOWEST if is_large else int(real)
    if size == 8 and sort != _SIGNED:
        if raw < 0 and not is_large:
            return False
    elif is_large or not low <= raw <= high:
        return False
    cells.put(memory, at, size, -1, raw)
    return True


@njit(nogil=True, cache=True)
def _put_real(memory: Any, at: int, plan: Plan, size: int, real: float) -> bool:
    if size == 8:
        plan.word_f8[0] = real
        cells.put(memory, at, 8, -1, plan.word[0])
        return True
    single = np.float32(real)
    if isinf(single) and not isinf(real):
        return False
    plan.word_f4[0] = single
    cells.put(memory, at, 4, -1, plan.word[0])
    return True


@njit(nogil=True, cache=True)
def _copy_text(memory: Any, at: int, old: Any, old_at: int, most: int, unit: int) -> None:
    """As many code units as fit, but no half of a pair, and the zero behind them."""
    length = 0
    while length < most and cells.get(old, old_at + length * unit, unit, -1) != 0:
        length += 1
    if unit == 2 and length == most and length > 0:
        last = cells.get(old, old_at + (length - 1) * 2, 2, -1)
        if 0xD800 <= last < 0xDC00:
            length -= 1
    for number in range(length):
        cells.put(memory, at + number * unit, unit, -1, cells.get(old, old_at + number * unit, unit, -1))
    cells.put(memory, at + length * unit, unit, -1, 0)


# -------------------------------------------------------------------------------------------------- heap and references


@njit(nogil=True, cache=True)
def _carry_heap(memory: Any, old: Any, heap: Any, row: int) -> int:
    """What was ever taken of the heap, and the table that says so."""
    old_at, at, old_table, table = heap[row]
    units = cells.get(old, old_table, _ENTRY_BYTES, -1)
    atomics.copy_bytes(memory, at, old, old_at, units * _UNIT)
    atomics.copy_bytes(memory, table, old, old_table, _ENTRIES_AT + units * _ENTRY_BYTES)
    return units * (_UNIT + _ENTRY_BYTES) + _ENTRIES_AT


@njit(nogil=True, cache=True)
def led_to(plan: Plan, distance: int, class_: int) -> int:
    """Where the target at `distance` lies now; 0 for nowhere."""
    if distance <= 0 or distance >= 1 << CLASS_SHIFT:
        return 0
    kind = class_ & (STRICT - 1)
    if kind > ANY_INSTANCE:
        row = _found(plan.targets, (kind << CLASS_SHIFT) + distance)
        if row >= 0:
            return plan.targets[row, 1]
    if kind > 0:
        row = _found(plan.targets, (ANY_INSTANCE << CLASS_SHIFT) + distance)
        if row >= 0:
            return plan.targets[row, 1]
    if class_ & STRICT:
        return 0
    return _moved(plan.pieces, distance, 1)


@njit(nogil=True, cache=True)
def _found(table: Any, key: int) -> int:
    """The row that begins with `key` in a sorted table, or -1."""
    row = _last_at_most(table, key)
    return row if row >= 0 and table[row, 0] == key else -1


@njit(nogil=True, cache=True)
def _last_at_most(table: Any, key: int) -> int:
    low, high = 0, table.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if table[middle, 0] <= key:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(nogil=True, cache=True)
def _moved(pieces: Any, offset: int, size: int) -> int:
    """Where these bytes lie now, if they were moved as they are; else 0."""
    row = _last_at_most(pieces, offset)
    if row < 0 or offset + size > pieces[row, 1]:
        return 0
    return pieces[row, 2] + offset - pieces[row, 0]


# -------------------------------------------------------------------------------------- tasks, forces, waiting commands


@called_natively
def _carry_tasks(v: View, former: Former, plan: Plan) -> None:
    """Counts of tasks of the same name, and what they have answered."""
    for row in range(plan.tasks.shape[0]):
        old, new, keeps = plan.tasks[row]
        copy_words(v.task_words[new], 0, former.task_words[old], 0, v.task_words.shape[1])
        copy_words(v.task_latency[new], 0, former.task_latency[old], 0, v.task_latency.shape[1])
        copy_words(v.task_duration[new], 0, former.task_duration[old], 0, v.task_duration.shape[1])
        v.tasks[new, 7] = former.tasks[old, 7]
        if keeps:
            v.tasks[new, 2] = former.tasks[old, 2]


@called_natively
def _carry_forces(v: View, plan: Plan) -> None:
    """To where the forced bytes lie now; what was not moved as it is, is free."""
    count, kept = v.force_words[FORCE_COUNT], 0
    v.force_words[FORCE_CHANGES] += 1
    atomics.fence()
    for row in range(count):
        at = _moved(plan.pieces, v.forces[row, 1], v.forces[row, 2])
        if at == 0:
            continue
        if kept != row:
            copy_words(v.forces[kept], 0, v.forces[row], 0, RECORD_WORDS)
        v.forces[kept, 1] = at
        kept += 1
    v.force_words[FORCE_COUNT] = kept
    v.control[_FREED] = count - kept
    atomics.fence()
    v.force_words[FORCE_CHANGES] += 1


@called_natively
def _carry_commands(v: View, plan: Plan) -> None:
    """What waits in the rings was meant for the former program: it goes to where its variable lies now. What has no
    place there any more is left as it is, and refused by the kernel as one of another program.
    """
    changes = v.control[_CHANGES]
    for producer in range(v.ring_words.shape[0]):
        words = v.ring_words[producer]
        head, tail = atomics.load(words, RING_HEAD), words[RING_TAIL]
        if head - tail > RING_RECORDS or head < tail:  # the kernel drops these
            continue
        while tail != head:
            record = v.ring_records[producer, tail % RING_RECORDS]
            tail += 1
            kind = record[0] & ((1 << CHANGES_SHIFT) - 1)
            if record[0] >> CHANGES_SHIFT != changes or kind not in (_WRITE, _FORCE, _UNFORCE):
                continue
            at = _moved(plan.pieces, record[1], max(1, record[2]))
            if at != 0:
                record[1] = at
                record[0] = kind + ((changes + 1) << CHANGES_SHIFT)


# ----------------------------------------------------------------------------------------------------- who is in charge


@njit(nogil=True, cache=True)
def released(control: Any, is_faulty: bool) -> bool:
    """At the end of a scan of the program in charge, when ordered: whether it has let go. After a fault it does not,
    unless that is wanted: memory stays as it is, for diagnosis.
    """
    if is_faulty and control[_IN_FAULT] == 0:
        atomics.compare_exchange(control, _HANDOVER, _ORDERED, _DECLINED)
        return False
    return atomics.compare_exchange(control, _HANDOVER, _ORDERED, _RELEASED)


@njit(nogil=True, cache=True)
def advance(control: Any, expected: int, wanted: int) -> bool:
    """For Python: one step of the control word `handover`, if it is where it is expected."""
    return atomics.compare_exchange(control, _HANDOVER, expected, wanted)
