"""The scan kernel: numba functions over plain arrays, compiled once for all programs.

Read from the bottom: `tick` is one turn of the scan: latch the inputs, apply commands and forces, run the due tasks
with one `now_ns`, apply the forces again, publish the outputs, copy a snapshot if somebody asked, sample what is
traced. What went into it is in the journal before the tasks run. It takes the time as an argument, allocates nothing,
takes no lock and calls nothing but the program's entry points. The real-time loop (`runtime.loop`) and virtual time
(`runtime.testing`) both call it.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from iec61131.program import HEADER, SIGNAL_COLUMNS, FaultCode
from io_drivers.contract import Quality, Reason
from runtime import clock
from runtime.engine import journaling, sharing, task_statistics, tracing
from runtime.engine.arrays import FREEWHEELING, View, called_natively
from runtime.engine.states import EngineState, OnLoss
from runtime.image import atomics, cells, exchange, histogram, journal
from runtime.image.block import (
    FORCE_CHANGES,
    FORCE_COUNT,
    RING_HEAD,
    RING_TAIL,
    SNAPSHOT_SLOTS,
    TASK_WORD,
    WORD,
    Words,
)
from runtime.image.ring import CHANGES_SHIFT, DATA_BYTES, RECORD_WORDS, Command
from runtime.image.snapshot import NOW_NS, SCAN, SEQUENCE, STATE
from runtime.image.words import copy_words

_HEADER_BYTES = HEADER.itemsize
_NOW_NS = HEADER.fields["now_ns"][1] // 8  # type: ignore[index]
_LOOP_BUDGET = HEADER.fields["loop_budget"][1] // 8  # type: ignore[index]
_SCAN_NUMBER = HEADER.fields["scan"][1] // 8  # type: ignore[index]
_DEPTH = HEADER.fields["depth"][1] // 4  # type: ignore[index]
_FAULT_CODE = HEADER.fields["fault_code"][1] // 4  # type: ignore[index]
_FAULT_SITE = HEADER.fields["fault_site"][1] // 4  # type: ignore[index]
_CALL_DEPTH = HEADER.fields["call_depth"][1] // 4  # type: ignore[index]
_DEPTH_LIMIT = HEADER.fields["depth_limit"][1] // 4  # type: ignore[index]

_SIGNAL_TIME, _SIGNAL_STATE = SIGNAL_COLUMNS.index("time_ns"), SIGNAL_COLUMNS.index("state")

_STATE = WORD["state"]
_SCANS = WORD["scans"]
_LOST = WORD["lost_activations"]
_HEARTBEAT = WORD["heartbeat_ns"]
_STARTED = WORD["started_ns"]
_FAULTS = WORD["faults"]
_CONTROL_FAULT_CODE = WORD["fault_code"]
_CONTROL_FAULT_SCAN = WORD["fault_scan"]
_APPLIED = WORD["commands_applied"]
_REJECTED = WORD["commands_rejected"]
_TICK_NS = WORD["tick_ns"]
_PHASE = WORD["phase_ns"]
_RUNNING_TASK = WORD["running_task"]
_RUNNING_SINCE = WORD["running_since_ns"]
_TRIPPED = WORD["tripped"]
_CHANGES = WORD["changes"]
_SAFE_MODE = WORD["safe_mode"]
_RESETS = WORD["resets"]
_SNAPSHOT_REQUESTED = WORD["snapshot_requested"]
_SNAPSHOT_SERVED = WORD["snapshot_served"]
_SNAPSHOT_PUBLISHED = WORD["snapshot_published"]
_TRACES = WORD["traces"]

_RUNS, _TASK_LOST = TASK_WORD["runs"], TASK_WORD["lost"]
_TASK_OVERRUNS, _OVERLONG = TASK_WORD["overruns"], TASK_WORD["overlong"]
_LAST_DURATION, _LEAST_DURATION = TASK_WORD["last_duration_ns"], TASK_WORD["least_duration_ns"]
_LAST_LATENCY, _LEAST_LATENCY = TASK_WORD["last_latency_ns"], TASK_WORD["least_latency_ns"]

_STOP, _RUN, _FAULT = int(EngineState.STOP), int(EngineState.RUN), int(EngineState.FAULT)
_BAD, _GOOD = int(Quality.BAD), int(Quality.GOOD)
_NO_REASON, _STALE = int(Reason.NONE), int(Reason.STALE)
_SUBSTITUTE, _ON_LOSS_FAULT = int(OnLoss.SUBSTITUTE), int(OnLoss.FAULT)
_INPUT_LOST, _WATCHDOG = int(FaultCode.INPUT_LOST), int(FaultCode.WATCHDOG)
_LOOP_LIMIT = int(FaultCode.LOOP_LIMIT)
_WRITE, _START, _ORDER_STOP = int(Command.WRITE), int(Command.START), int(Command.STOP)
_RESET_WARM, _RESET_COLD = int(Command.RESET_WARM), int(Command.RESET_COLD)
_RESET_ORIGIN = int(Command.RESET_ORIGIN)
_KIND_MASK = (1 << CHANGES_SHIFT) - 1
_TASK_RUN, _REPLAYED = int(Command.TASK_RUN), int(task_statistics.Telling.REPLAYED)
_FORCE, _UNFORCE, _UNFORCE_ALL = int(Command.FORCE), int(Command.UNFORCE), int(Command.UNFORCE_ALL)


@intrinsic
def _call_entry(typingctx: Any, address: Any, memory: Any) -> Any:
    """Call `int32 entry(uint8 *memory)` at `address`."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[1])(context, builder, args[1]).data
        function_type = ir.FunctionType(ir.IntType(32), [data.type])
        return builder.call(builder.inttoptr(args[0], function_type.as_pointer()), [data])

    return types.int32(types.int64, memory), codegen


@called_natively
def _latch(v: View, now_ns: int) -> int:
    """Newest input image into the program's memory; judge quality and age of every point. Returns a FaultCode."""
    slot = exchange.take(v.input_word)
    v.journal_words[journal.SLOT] = slot
    started_ns = v.control[_STARTED]
    fault = 0
    for row in range(v.inputs.shape[0]):
        channel = v.inputs[row, 0]
        quality = v.input_quality[slot, channel]
        reason = v.input_reason[slot, channel]
        taken, value = quality != _BAD, v.input_raw[slot, channel]
        # The age is that of the value the variable holds. A bad image may bring a time of a value that no scan has
        # taken, or none at all where an I/O process was started anew.
        time_ns = v.input_time[slot, channel] if taken else v.point_time[channel]
        if now_ns - max(time_ns, started_ns) > v.inputs[row, 6]:
            if quality != _BAD:
                quality, reason = _BAD, _STALE
            taken, value = v.inputs[row, 4] == _SUBSTITUTE, v.inputs[row, 5]
            if v.inputs[row, 4] == _ON_LOSS_FAULT:
                fault = _INPUT_LOST
        if taken:
            cells.put(v.memory, v.inputs[row, 1], v.inputs[row, 2], v.inputs[row, 3], value)
        v.point_time[channel] = time_ns
        v.point_quality[channel] = quality
        v.point_reason[channel] = reason
    return fault


@called_natively
def _tell_signals(v: View) -> None:
    """What the latch found, where the program looks for it."""
    for row in range(v.signal_channels.shape[0]):
        channel = v.signal_channels[row]
        v.signals[row, _SIGNAL_TIME] = v.point_time[channel]
        v.signals[row, _SIGNAL_STATE] = v.point_quality[channel] + 256 * v.point_reason[channel]


@njit(nogil=True, cache=True)
def reset(v: View, kind: int) -> None:
    """The program's memory as at a start. A warm reset keeps what is retained, a cold one what is persistent."""
    for restored in (False, True):
        position = 0
        for row in range(v.retained.shape[0]):
            offset, size, bit, persistent = v.retained[row]
            if kind == _RESET_WARM or (kind == _RESET_COLD and persistent != 0):
                if not restored:
                    atomics.copy_bytes(v.kept, position, v.memory, offset, size)
                elif bit < 0:
                    atomics.copy_bytes(v.memory, offset, v.kept, position, size)
                else:  # the other bits of its byte are not its own
                    cells.put(v.memory, offset, 1, bit, v.kept[position] >> bit)
            position += size
        if not restored:
            atomics.copy_bytes(v.memory, 0, v.initial, 0, v.initial.shape[0])
    v.tasks[:, 7] = 0  # an event that is on in the new memory is one that has come
    if v.shared_table.shape[0] > 0:
        sharing.restore(v, kind)


@called_natively
def _order(v: View, kind: int) -> bool:
    """A change of state. False when the present state does not accept it."""
    state = v.control[_STATE]
    if kind == _START and state == _STOP and atomics.load(v.control, _SAFE_MODE) == 0:
        atomics.store(v.control, _STATE, _RUN)
    elif kind == _ORDER_STOP and state == _RUN:
        atomics.store(v.control, _STATE, _STOP)
    elif kind in (_RESET_WARM, _RESET_COLD, _RESET_ORIGIN):
        reset(v, kind)
        if kind != _RESET_WARM:
            atomics.count(v.control, _RESETS, 1)
        v.control[_CONTROL_FAULT_CODE] = 0
        atomics.store(v.control, _TRIPPED, 0)
        atomics.store(v.control, _SAFE_MODE, 0)
        atomics.store(v.control, _STATE, _STOP)
    else:
        return False
    return True


@called_natively
def _apply_record(v: View, record: Words) -> bool:
    kind, offset, size, bit = record[0], record[1], record[2], record[3]
    if kind == _UNFORCE:
        _unforce(v, offset, size, bit)
        return True
    if kind == _UNFORCE_ALL:
        _unforce(v, 0, v.initial.shape[0], -1)
        return True
    if kind == _TASK_RUN:
        return task_statistics.take(v, record)
    if kind not in (_WRITE, _FORCE):
        return _order(v, kind)
    if offset < _HEADER_BYTES or size < 1 or size > DATA_BYTES or offset + size > v.initial.shape[0] or bit > 7:
        return False
    if kind == _FORCE and not _force(v, record):
        return False
    _put(v, record)
    return True


@called_natively
def _put(v: View, record: Words) -> None:
    """The value of a record into the memory."""
    offset, size, bit = record[1], record[2], record[3]
    if bit >= 0:
        cells.put(v.memory, offset, 1, bit, record[4])
        return
    for number in range(size):
        v.memory[offset + number] = (record[4 + (number >> 3)] >> ((number & 7) * 8)) & 0xFF


@called_natively
def _force(v: View, record: Words) -> bool:
    """From now on the value of `record`, which comes behind all others: where two have the same bytes, as parts of an
    array and strings of different lengths do, the later one counts. False when too much is forced already.
    """
    count = v.force_words[FORCE_COUNT]
    covered = 0
    for row in range(count):
        covered += _covers(record, v.forces[row])
    if count - covered == v.forces.shape[0]:
        return False
    v.force_words[FORCE_CHANGES] += 1
    atomics.fence()
    kept = 0
    for row in range(count):
        if not _covers(record, v.forces[row]):
            if kept != row:
                copy_words(v.forces[kept], 0, v.forces[row], 0, RECORD_WORDS)
            kept += 1
    copy_words(v.forces[kept], 0, record, 0, RECORD_WORDS)
    v.force_words[FORCE_COUNT] = kept + 1
    atomics.fence()
    v.force_words[FORCE_CHANGES] += 1
    return True


@njit(nogil=True, cache=True, inline="always")
def _covers(one: Words, other: Words) -> bool:
    """Whether all bytes, or the bit, of the other are also those of this one."""
    if one[3] >= 0:
        return one[1] == other[1] and one[3] == other[3]
    return one[1] <= other[1] and other[1] + other[2] <= one[1] + one[2]


@called_natively
def _unforce(v: View, offset: int, size: int, bit: int) -> None:
    """What begins in these bytes, or is this bit, is free again."""
    count = v.force_words[FORCE_COUNT]
    v.force_words[FORCE_CHANGES] += 1
    atomics.fence()
    kept = 0
    for row in range(count):
        is_inside = offset <= v.forces[row, 1] < offset + size
        if not is_inside or (bit >= 0 and v.forces[row, 3] != bit):
            if kept != row:
                copy_words(v.forces[kept], 0, v.forces[row], 0, RECORD_WORDS)
            kept += 1
    v.force_words[FORCE_COUNT] = kept
    atomics.fence()
    v.force_words[FORCE_CHANGES] += 1


@called_natively
def _apply_forces(v: View) -> None:
    for row in range(v.force_words[FORCE_COUNT]):
        _put(v, v.forces[row])


@called_natively
def _understand(v: View, record: Words) -> None:
    """Leave of a record's kind what it says of the command; nothing where its offset is one of another program, or
    where it says how long a task took, which nobody but a recording knows.
    """
    kind = record[0] & _KIND_MASK
    is_stale = record[0] >> CHANGES_SHIFT != v.control[_CHANGES]
    is_void = is_stale and kind in (_WRITE, _FORCE, _UNFORCE)
    is_void |= kind == _TASK_RUN and v.limits[task_statistics.TOLD] != _REPLAYED
    record[0] = 0 if is_void else kind


@called_natively
def _apply_commands(v: View) -> None:
    for producer in range(v.ring_words.shape[0]):
        words, room = v.ring_words[producer], v.ring_records.shape[1]
        head = atomics.load(words, RING_HEAD)
        tail = words[RING_TAIL]
        if head - tail > room or head < tail:  # only a damaged producer; drop what cannot be trusted
            v.control[_REJECTED] += 1
            tail = head
        while tail != head:
            _understand(v, v.ring_records[producer, tail % room])
            journaling.note_command(v, v.ring_records[producer, tail % room])
            if _apply_record(v, v.ring_records[producer, tail % room]):
                v.control[_APPLIED] += 1
            else:
                v.control[_REJECTED] += 1
            tail += 1
        atomics.store(words, RING_TAIL, tail)


@called_natively
def _run_due(v: View, now_ns: int, tick_number: int, entered_ns: int) -> int:
    """Run every task with a release at or before this tick that it has not answered. Returns a FaultCode."""
    v.memory8[_NOW_NS] = now_ns
    v.memory8[_LOOP_BUDGET] = v.limits[0]
    v.memory8[_SCAN_NUMBER] = v.control[_SCANS]
    v.memory4[_DEPTH] = 0
    v.memory4[_DEPTH_LIMIT] = v.limits[1]
    for task in range(v.tasks.shape[0]):
        is_on = _event_is_on(v, task)
        has_come = is_on and v.tasks[task, 7] == 0
        v.tasks[task, 7] = is_on
        if v.tasks[task, 1] <= 0:
            if has_come:
                code = _run_task(v, task, 0, entered_ns)
                if code != 0:
                    return code
            continue
        release = tick_number // v.tasks[task, 1]
        missed = release - v.tasks[task, 2] - 1
        if is_on:  # no release of its cycle counts
            v.tasks[task, 2] = release
            missed = 0 if has_come else -1
        if missed < 0:
            continue
        v.control[_LOST] += missed
        v.task_words[task, _TASK_LOST] += missed
        task_statistics.note_lost(v, task, missed)
        v.tasks[task, 2] = release
        due_ns = v.control[_PHASE] + release * v.tasks[task, 1] * v.control[_TICK_NS]
        code = _run_task(v, task, 0 if is_on else now_ns - due_ns, entered_ns)
        if code != 0:
            return code
    return _run_freewheeling(v, now_ns - v.control[_PHASE] - tick_number * v.control[_TICK_NS], entered_ns)


@called_natively
def _run_freewheeling(v: View, late_ns: int, entered_ns: int) -> int:
    """Once a tick, when all others have had their turn; the loop sees to it that there is a pause between two ticks."""
    for task in range(v.tasks.shape[0]):
        if v.tasks[task, 1] == FREEWHEELING:
            code = _run_task(v, task, late_ns, entered_ns)
            if code != 0:
                return code
    return 0


@called_natively
def _event_is_on(v: View, task: int) -> bool:
    offset, bit = v.tasks[task, 5], v.tasks[task, 6]
    return offset >= 0 and (v.memory[offset] >> bit) & 1 != 0


@called_natively
def _run_task(v: View, task: int, late_ns: int, entered_ns: int) -> int:
    """`late_ns`: by which the tick, entered at `entered_ns` on the machine's clock, came after the release."""
    began_ns = clock.now_ns()
    atomics.store(v.control, _RUNNING_TASK, task)
    atomics.store(v.control, _RUNNING_SINCE, began_ns)
    code = _call_entry(v.tasks[task, 0], v.memory)
    atomics.store(v.control, _RUNNING_SINCE, 0)
    duration_ns = clock.now_ns() - began_ns
    latency_ns = late_ns + began_ns - entered_ns
    overran = 0 < v.tasks[task, 1] * v.control[_TICK_NS] < latency_ns + duration_ns
    _count_run(v, task, latency_ns, duration_ns, overran)
    task_statistics.note_run(v, task, late_ns, latency_ns, duration_ns, int(overran))
    tripped = _is_overlong(v, task, duration_ns)
    if tripped:
        atomics.store(v.control, _TRIPPED, task + 1)
    if tripped or atomics.load(v.control, _TRIPPED) != 0:
        if code == _LOOP_LIMIT:  # the place of the loop is what people look for; any other fault only came behind it
            v.memory4[_FAULT_CODE] = _WATCHDOG
        else:
            _fault_of_no_place(v, _WATCHDOG)
        v.journal_words[journal.OUTCOME] = task + 1
        return _WATCHDOG
    return code


@called_natively
def _count_run(v: View, task: int, latency_ns: int, duration_ns: int, overran: bool) -> None:
    words = v.task_words[task]
    first = words[_RUNS] == 0
    words[_RUNS] += 1
    words[_LAST_DURATION], words[_LAST_LATENCY] = duration_ns, latency_ns
    if first or duration_ns < words[_LEAST_DURATION]:
        words[_LEAST_DURATION] = duration_ns
    if first or latency_ns < words[_LEAST_LATENCY]:
        words[_LEAST_LATENCY] = latency_ns
    if overran:
        words[_TASK_OVERRUNS] += 1
    histogram.record(v.task_latency[task], latency_ns)
    histogram.record(v.task_duration[task], duration_ns)


@called_natively
def _is_overlong(v: View, task: int, duration_ns: int) -> bool:
    """Whether the watchdog trips: at so many overlong runs in a row as its sensitivity says, or at one of as many times
    its time.
    """
    time_ns, sensitivity = v.tasks[task, 3], v.tasks[task, 4]
    if time_ns == 0 or duration_ns <= time_ns:
        v.task_words[task, _OVERLONG] = 0
        return False
    v.task_words[task, _OVERLONG] += 1
    return v.task_words[task, _OVERLONG] >= sensitivity or duration_ns > time_ns * sensitivity


@called_natively
def _publish(v: View, now_ns: int) -> None:
    """The outputs as they are after a whole scan, or with a state that tells the I/O process to drive safe values."""
    slot = exchange.back_slot(v.output_word)
    if v.control[_STATE] == _RUN:
        for row in range(v.outputs.shape[0]):
            value = cells.get(v.memory, v.outputs[row, 1], v.outputs[row, 2], v.outputs[row, 3])
            v.output_raw[slot, v.outputs[row, 0]] = value
    v.output_head[slot, SEQUENCE] = v.control[_SCANS]
    v.output_head[slot, NOW_NS] = now_ns
    v.output_head[slot, SCAN] = v.control[_SCANS]
    v.output_head[slot, STATE] = v.control[_STATE]
    exchange.publish(v.output_word)


@called_natively
def _snapshot(v: View, now_ns: int) -> None:
    requested = atomics.load(v.control, _SNAPSHOT_REQUESTED)
    if requested == v.control[_SNAPSHOT_SERVED]:
        return
    sequence = v.control[_SNAPSHOT_PUBLISHED] + 1
    slot = sequence % SNAPSHOT_SLOTS
    atomics.store(v.snapshot_head[slot], SEQUENCE, -1)
    atomics.fence()
    atomics.copy_bytes(v.snapshot_points[slot], 0, v.points, 0, v.points.shape[0])
    atomics.copy_bytes(v.snapshot_memory[slot], 0, v.memory, 0, v.memory.shape[0])
    v.snapshot_head[slot, NOW_NS] = now_ns
    v.snapshot_head[slot, SCAN] = v.control[_SCANS]
    v.snapshot_head[slot, STATE] = v.control[_STATE]
    atomics.store(v.snapshot_head[slot], SEQUENCE, sequence)
    atomics.store(v.control, _SNAPSHOT_PUBLISHED, sequence)
    atomics.store(v.control, _SNAPSHOT_SERVED, requested)


@called_natively
def _fault(v: View, code: int) -> None:
    v.control[_CONTROL_FAULT_CODE] = code
    v.control[_CONTROL_FAULT_SCAN] = v.control[_SCANS]
    v.control[_FAULTS] += 1
    atomics.store(v.control, _STATE, _FAULT)


@called_natively
def _fault_of_no_place(v: View, code: int) -> None:
    """What the program's memory says of a fault that no statement is to blame for."""
    v.memory4[_FAULT_CODE] = code
    v.memory4[_FAULT_SITE] = -1
    v.memory4[_CALL_DEPTH] = 0


@njit(nogil=True, cache=True)
def tick(v: View, now_ns: int, tick_number: int) -> None:
    """One turn of the scan at `now_ns`. `tick_number` counts the base period from the start and says which tasks are
    due.
    """
    entered_ns = clock.now_ns()
    atomics.store(v.control, _HEARTBEAT, now_ns)
    if atomics.load(v.control, _TRIPPED) != 0 and v.control[_CONTROL_FAULT_CODE] == 0:  # by `loop.watch`, just then
        _fault_of_no_place(v, _WATCHDOG)
        _fault(v, _WATCHDOG)
        v.journal_words[journal.OUTCOME] = journal.TRIPPED_BETWEEN
    lost = _latch(v, now_ns)
    _tell_signals(v)
    ran_before, scans_before = v.control[_STATE] == _RUN, v.control[_SCANS]
    if journaling.is_recorded(v):
        journaling.begin_record(v, now_ns, tick_number)
    task_statistics.tell(v)
    if v.shared_table.shape[0] > 0:
        sharing.take(v)
    _apply_commands(v)
    if journaling.is_recorded(v):
        journaling.end_record(v)
    _apply_forces(v)
    if v.control[_STATE] == _RUN:
        if not ran_before:  # a start releases every task at once; from then on they keep their phase
            for task in range(v.tasks.shape[0]):
                v.tasks[task, 2] = tick_number // max(v.tasks[task, 1], 1) - 1
        if lost != 0:
            _fault_of_no_place(v, lost)
            _fault(v, lost)
        else:
            code = _run_due(v, now_ns, tick_number, entered_ns)
            if code != 0:
                _fault(v, code)
            else:
                v.control[_SCANS] += 1
                _apply_forces(v)
    else:
        for task in range(v.tasks.shape[0]):  # releases that pass while stopped are not lost
            v.tasks[task, 2] = tick_number // max(v.tasks[task, 1], 1)
    if v.shared_table.shape[0] > 0:
        sharing.publish(v, now_ns)
    _publish(v, now_ns)
    _snapshot(v, now_ns)
    journaling.serve_keyframe(v, now_ns, tick_number)
    if atomics.load(v.control, _TRACES) != 0:
        scans = v.control[_SCANS]
        tracing.step(v.control, v.traces, v.memory, now_ns, scans, scans != scans_before)
