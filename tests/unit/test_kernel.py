"""The scan kernel in virtual time: order of a scan, quality and age, states, tasks, commands, snapshots."""

from __future__ import annotations

import struct
import threading

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from iec61131.program import FaultCode, Range, Task, base_period_ns
from io_drivers.contract import InputBlock, Quality, Reason
from runtime import clock, loop
from runtime.engine import kernel, view
from runtime.engine.states import STATES, EngineState, OnLoss
from runtime.image import exchange, histogram, ring
from runtime.image.block import FORCES, TASK_WORD, Block
from runtime.image.channels import InputWriter, OutputReader
from runtime.image.forces import forced
from runtime.image.ring import Command, CommandRing, CommandsFull, Write
from runtime.image.snapshot import SnapshotReader
from runtime.service.fault import report
from tests.faults.rig import wait_for
from tests.unit import handmade

MS = 1_000_000


@numba.njit(nogil=True)
def apply_commands(v):
    """This part of a tick alone: only compiled code can call it."""
    kernel._apply_commands(v)


RESETS = (Command.RESET_WARM, Command.RESET_COLD, Command.RESET_ORIGIN)


class Plc:
    """A handmade plant in virtual time."""

    def __init__(self, on_loss: OnLoss = OnLoss.HOLD, substitute: int = 0) -> None:
        self.program = handmade.program()
        bound = handmade.bound(self.program)
        row = replace(bound.inputs[0], on_loss=int(on_loss), substitute=substitute)
        self.block, self.view = handmade.make(self.program, replace(bound, inputs=(row,)))
        self.block.set("started_ns", 0)
        self.block.set("state", EngineState.STOP)
        self.console = CommandRing(self.block, "console")
        self.writer = InputWriter(self.block)
        self.inputs = InputBlock(1, lambda: None)
        self.now_ns, self.number = 0, 0

    def tick(self, after_ns: int = MS) -> None:
        self.now_ns += after_ns
        kernel.tick(self.view, self.now_ns, self.number)
        self.number += 1

    def start(self) -> None:
        self.console.order(Command.START)
        self.tick()

    def deliver(self, value: float) -> None:
        raw = np.zeros((1, 8), np.uint8)
        raw[0, :4] = np.frombuffer(np.float32(value).tobytes(), np.uint8)
        self.inputs.good(np.array([0]), raw, self.now_ns)
        self.writer.publish(self.inputs, self.now_ns)

    def fail(self, reason: Reason) -> None:
        self.inputs.bad(np.array([0]), reason)
        self.writer.publish(self.inputs, self.now_ns)

    @property
    def state(self) -> EngineState:
        return EngineState(self.block.get("state"))

    @property
    def counter(self) -> int:
        return int(self.block.memory[handmade.COUNTER :][:4].view(np.int32)[0])

    @property
    def level(self) -> float:
        return float(self.block.memory[handmade.INPUT :][:4].view(np.float32)[0])

    @property
    def point(self) -> tuple[Quality, Reason]:
        _, quality, reason = self.block.point_views
        return Quality(quality[0]), Reason(reason[0])


def test_a_scan_latches_runs_and_publishes() -> None:
    plc = Plc()
    outputs = OutputReader(plc.block)
    plc.start()
    plc.deliver(2.5)
    plc.tick()
    assert plc.level == 2.5
    assert plc.counter == 2
    image = outputs.take()
    assert image.state == EngineState.RUN
    assert struct.unpack("<Q", image.raw[0].tobytes()) == (2,)
    assert image.time_ns == plc.now_ns


def test_a_stopped_program_does_not_run_and_says_so() -> None:
    plc = Plc()
    outputs = OutputReader(plc.block)
    plc.tick()
    assert plc.counter == 0
    assert outputs.take().state == EngineState.STOP


def test_quality_and_age_of_an_input() -> None:
    """Never read, good, bad with a reason at once, stale when nothing comes for longer than max_age (50 ms here)."""
    plc = Plc()
    plc.start()
    assert plc.point == (Quality.BAD, Reason.NEVER_READ)
    plc.deliver(1.0)
    plc.tick()
    assert plc.point == (Quality.GOOD, Reason.NONE)
    plc.tick(50 * MS - MS)
    assert plc.point == (Quality.GOOD, Reason.NONE)
    plc.tick()
    assert plc.point == (Quality.BAD, Reason.STALE)
    plc.deliver(1.5)
    plc.fail(Reason.TIMEOUT)
    plc.tick()
    assert plc.point == (Quality.BAD, Reason.TIMEOUT)
    assert plc.level == 1.0, "a value that came with bad quality is not taken"


def test_an_io_process_that_is_quicker_than_the_engine_spoils_no_exchange() -> None:
    """Both processes start at the same time. An engine with a long way to its first tick found the word of the inputs
    in use, took it for one that was right, and left the two exchanges, its own as well, with one slot for all three
    parts: every image of that run could be torn.
    """
    program = handmade.program()
    block = Block.create(view.block_layout(program, 1, 1, 1), "quick")
    InputWriter(block).publish(InputBlock(1, lambda: None), MS)
    OutputReader(block).take()
    view.prepare(block, program, 2 * MS)
    for name in ("input_word", "output_word"):
        word = int(block.words(name)[0])
        assert {exchange.back(word), exchange.middle(word), exchange.front(word)} == {0, 1, 2}, name


def test_a_value_that_no_scan_took_makes_no_input_younger() -> None:
    """A device answered its first request and hung up at the second, at every poll. Each bad image brought the time of
    the value it did not deliver, so the input never grew older than `max_age`: the variable kept its value from
    before, `on_loss` did nothing, and displays showed an age of a few milliseconds.
    """
    plc = Plc(OnLoss.FAULT)
    plc.start()
    plc.deliver(1.0)
    plc.tick()
    for _ in range(50):
        plc.deliver(2.0)
        plc.fail(Reason.NOT_CONNECTED)
        plc.tick()
        assert plc.level == 1.0
    assert plc.now_ns - int(plc.block.point_views[0][0]) == 50 * MS + MS
    plc.tick()
    assert plc.state is EngineState.FAULT


def test_a_new_io_process_makes_no_input_older() -> None:
    """The I/O process was killed and started again. Its first image, published for a device that had answered at once,
    said of all others that they had never been read: inputs of half a second's age became as old as the PLC, and one
    with `on_loss = "fault"` and a `max_age` of ten seconds stopped the plant.
    """
    plc = Plc(OnLoss.FAULT)
    plc.start()
    for _ in range(3):
        plc.deliver(1.0)
        plc.tick(40 * MS)
    plc.inputs = InputBlock(1, lambda: None)
    plc.writer = InputWriter(plc.block)
    plc.writer.publish(plc.inputs, plc.now_ns)
    plc.tick()
    assert plc.point == (Quality.BAD, Reason.NEVER_READ)
    assert plc.state is EngineState.RUN, "the value is 41 ms old, and max_age 50 ms"
    plc.tick(10 * MS)
    assert plc.state is EngineState.FAULT, "its value is older than max_age now"


@pytest.mark.parametrize(("on_loss", "expected"), [(OnLoss.HOLD, 1.0), (OnLoss.SUBSTITUTE, 9.0)])
def test_what_a_lost_input_leaves(on_loss: OnLoss, expected: float) -> None:
    substitute = struct.unpack("<q", struct.pack("<fxxxx", 9.0))[0]
    plc = Plc(on_loss, substitute)
    plc.start()
    plc.deliver(1.0)
    plc.tick()
    plc.fail(Reason.NOT_CONNECTED)
    plc.tick()
    assert plc.level == 1.0, "until max_age the last value stays"
    plc.tick(50 * MS)
    assert plc.level == expected


def test_a_lost_input_can_stop_the_plc() -> None:
    plc = Plc(OnLoss.FAULT)
    outputs = OutputReader(plc.block)
    plc.start()
    plc.deliver(1.0)
    plc.tick()
    before = plc.counter
    plc.tick(51 * MS)
    assert plc.state is EngineState.FAULT
    assert plc.block.get("fault_code") == FaultCode.INPUT_LOST
    assert plc.counter == before
    assert outputs.take().state == EngineState.FAULT
    plc.deliver(1.0)
    plc.tick()
    assert plc.state is EngineState.FAULT, "a fault stays until it is reset"


def test_writes_of_a_batch_are_applied_together_before_the_scan() -> None:
    plc = Plc()
    plc.start()
    service = CommandRing(plc.block, "service")
    ticket = service.write(
        [Write(handmade.COUNTER, (100).to_bytes(4, "little")), Write(handmade.OUTPUT + 16, b"\xff" * 40)]
    )
    assert service.applied < ticket
    plc.tick()
    assert service.applied == ticket
    assert plc.counter == 101
    assert (plc.block.memory[handmade.OUTPUT + 16 :][:40] == 255).all()


def test_one_bit_is_written_alone() -> None:
    plc = Plc()
    plc.start()
    service = CommandRing(plc.block, "service")
    service.write([Write(handmade.OUTPUT + 20, b"\x01", 5)])
    plc.tick()
    assert plc.block.memory[handmade.OUTPUT + 20] == 0b100000
    service.write([Write(handmade.OUTPUT + 20, b"\x00", 5)])
    plc.tick()
    assert plc.block.memory[handmade.OUTPUT + 20] == 0


@settings(max_examples=200, deadline=None)
@given(
    offset=st.integers(-(2**62), 2**62), size=st.integers(-5, 2**40), bit=st.integers(-3, 100), kind=st.integers(-2, 9)
)
def test_no_command_record_can_reach_outside_the_program_or_its_header(
    offset: int, size: int, bit: int, kind: int
) -> None:
    """A gateway that was broken into can send any record."""
    plc = Plc()
    plc.block.region("initial")[:] = 0
    records = ring.ring_views(plc.block)[0]
    records[1][0]["kind"], records[1][0]["offset"] = kind, offset
    records[1][0]["size"], records[1][0]["bit"], records[1][0]["data"] = size, bit, 0xAA
    before, memory_before = plc.block._fixed.copy(), plc.block._bank.copy()
    records[0][ring.RING_HEAD] = 1
    apply_commands(plc.view)
    start = plc.block._regions["memory"][0] + handmade.START
    end = plc.block._regions["memory"][0] + plc.block.layout.memory_bytes
    changed = np.flatnonzero(before != plc.block._fixed)
    in_bank = np.flatnonzero(memory_before != plc.block._bank)
    control_end = plc.block._regions["latency"][0]
    rings, rings_bytes = plc.block._regions["rings"]
    table, table_bytes = plc.block._regions["forces"]
    allowed = [(0, control_end), (rings, rings + rings_bytes), (table, table + table_bytes)]
    outside = [i for i in changed if not any(low <= i < high for low, high in allowed)]
    outside += [i for i in in_bank if not start <= i < end]
    assert not outside or kind in RESETS


def test_a_ring_that_is_full_says_so_and_one_with_a_damaged_head_is_dropped() -> None:
    plc = Plc()
    service = CommandRing(plc.block, "service")
    service.write([Write(handmade.COUNTER, b"\0")] * ring.RING_RECORDS)
    with pytest.raises(CommandsFull, match="do not fit"):
        service.order(Command.STOP)
    plc.tick()
    assert plc.block.get("commands_applied") == ring.RING_RECORDS
    ring.ring_views(plc.block)[1][0][ring.RING_HEAD] += 10**9
    plc.tick()
    assert plc.block.get("commands_rejected") == 1
    service.order(Command.START)
    plc.tick()
    assert plc.state is EngineState.RUN


def test_every_order_does_in_every_state_what_the_table_says() -> None:
    for state in (EngineState.STOP, EngineState.RUN, EngineState.FAULT):
        for command in (Command.START, Command.STOP, *RESETS):
            plc = Plc()
            plc.block.set("state", state)
            plc.console.order(command)
            plc.tick()
            assert plc.state == STATES[state].accepts.get(command.name, state), (state, command)


@pytest.mark.parametrize(
    ("command", "persistent", "kept"),
    [
        (Command.RESET_WARM, False, True),
        (Command.RESET_WARM, True, True),
        (Command.RESET_COLD, False, False),
        (Command.RESET_COLD, True, True),
        (Command.RESET_ORIGIN, True, False),
    ],
)
def test_what_a_reset_keeps(command: Command, persistent: bool, kept: bool) -> None:
    plc = Plc()
    offset = plc.program.find("Main.LINT").offset
    bits = Range("Main.BYTE.2", 0, plc.program.find("Main.BYTE").offset, 1, 2)
    program = replace(plc.program, retained=(Range("Main.LINT", 0, offset, 8, persistent=persistent), bits))
    bound = handmade.bound(program)
    tasks = view.task_table(program.tasks, [handmade.entry_address()])
    tables = bound.input_table(), bound.output_table()
    plc.view = view.make_view(plc.block, program, *tables, tasks, loop_limit=1, depth_limit=1)
    plc.start()
    plc.block.memory[offset : offset + 8].view(np.int64)[0] = 77
    plc.block.memory[bits.offset] = 0xFF
    plc.console.order(command)
    plc.tick()
    assert plc.block.memory[offset : offset + 8].view(np.int64)[0] == (77 if kept else 0)
    assert plc.block.memory[bits.offset] == (0b100 if command is Command.RESET_WARM else 0)
    assert plc.counter == 0


def test_tasks_run_on_the_common_divisor_and_late_ones_lose_activations() -> None:
    """10 ms and 15 ms give a tick of 5 ms. Ticks 4 to 6 do not happen: the 10 ms task loses one release, the 15 ms task
    none.
    """
    tasks = (Task("fast", 10 * MS, 0, "f"), Task("slow", 15 * MS, 1, "s"))
    assert base_period_ns(tasks) == 5 * MS
    plc = Plc()
    table = view.task_table(tasks, [handmade.entry_address()] * 2)
    plc.view = replace(plc.view, tasks=table)
    plc.console.order(Command.START)
    runs = []
    for number in (0, 1, 2, 3, 7, 8):
        before = plc.counter
        kernel.tick(plc.view, number * 5 * MS, number)
        runs.append(plc.counter - before)
    assert runs == [2, 0, 1, 1, 2, 1]
    assert plc.block.get("lost_activations") == 1


def test_each_task_is_counted_by_itself() -> None:
    """The scan of tick 1 comes 2 ms late; the tick after it, and with it a release of the quick task, does not come."""
    tasks = (Task("quick", 10 * MS, 0, "q"), Task("slow", 20 * MS, 1, "s"))
    program = replace(handmade.program(), tasks=tasks)
    block = Block.create(view.block_layout(program, 1, 1, 1), "counted")
    view.prepare(block, program, 0)
    block.set("tick_ns", 10 * MS)
    table = view.task_table(tasks, [handmade.entry_address()] * 2)
    bound = handmade.bound(program)
    made = view.make_view(block, program, bound.input_table(), bound.output_table(), table, loop_limit=1, depth_limit=1)
    block.set("state", EngineState.RUN)
    for number, late_ns in ((0, 0), (1, 2 * MS), (3, 0), (4, 0)):
        kernel.tick(made, number * 10 * MS + late_ns, number)
    quick, slow = (dict(zip(TASK_WORD, map(int, words), strict=True)) for words in block.tasks)
    assert (quick["runs"], quick["lost"]) == (4, 1)
    assert (slow["runs"], slow["lost"]) == (3, 0)
    assert 0 < quick["least_duration_ns"] <= quick["last_duration_ns"] or quick["least_duration_ns"] == 0
    latencies = block.task_histograms("task_latency")
    assert 2 * MS <= latencies[0, histogram.MAXIMUM] < 10 * MS
    assert 10 * MS <= latencies[1, histogram.MAXIMUM] < 12 * MS, "its release of tick 2 was answered in tick 3"
    assert slow["overruns"] == 0
    assert int(block.task_histograms("task_duration")[1, : histogram.MAXIMUM].sum()) == slow["runs"]


def watched(time_ns: int, sensitivity: int) -> Plc:
    plc = Plc()
    addresses = [handmade.entry_address()]
    plc.view = replace(plc.view, tasks=view.task_table(plc.program.tasks, addresses, [(time_ns, sensitivity)]))
    plc.start()
    return plc


def test_the_watchdog_counts_overlong_runs_in_a_row() -> None:
    """1 ns is a time that every run exceeds. The scan of the run that trips publishes no outputs."""
    plc = watched(1, 10**9)  # no run takes so many times the time
    outputs = OutputReader(plc.block)
    for _ in range(3):
        plc.tick()
    assert plc.block.tasks[0, TASK_WORD["overlong"]] == 4, "the start is one as well"
    plc.view.tasks[0, 3] = 10**9
    plc.tick()
    assert plc.block.tasks[0, TASK_WORD["overlong"]] == 0, "a run in time ends the row"
    plc.view.tasks[0, 3:5] = 1, 10**9
    plc.block.tasks[0, TASK_WORD["overlong"]] = 10**9 - 1
    plc.tick()
    assert plc.state is EngineState.FAULT
    assert plc.block.get("fault_code") == FaultCode.WATCHDOG
    assert plc.block.get("tripped") == 1
    assert outputs.take().state == EngineState.FAULT
    found = report(plc.program, plc.block.memory)
    assert found is not None
    assert found.code == "RUNG0909"


def test_one_run_of_many_times_the_time_trips_the_watchdog_at_once() -> None:
    plc = Plc()
    plc.view = replace(plc.view, tasks=view.task_table(plc.program.tasks, [handmade.entry_address()], [(1, 2)]))
    plc.start()
    plc.tick()
    assert plc.state is EngineState.FAULT, "no run takes as little as 2 ns"
    plc.console.order(Command.RESET_WARM)
    plc.tick()
    assert plc.state is EngineState.STOP
    assert plc.block.get("tripped") == 0


def test_a_task_that_is_still_running_is_tripped_from_outside() -> None:
    """What the watcher's thread finds while a task runs; here the words say that one does."""
    plc = watched(MS, 2)
    plc.block.set("running_since_ns", clock.monotonic_ns())
    watcher = threading.Thread(
        target=loop.watch, args=(plc.block.control, plc.view.tasks, 100_000, plc.block.bank_at, 0)
    )
    watcher.start()
    wait_for(lambda: plc.block.get("tripped"), "the watchdog to trip")
    loop.set_stop(plc.block.control, 1)
    watcher.join()
    assert plc.state is EngineState.FAULT
    plc.block.set("running_since_ns", 0)
    plc.tick()
    assert plc.block.get("fault_code") == FaultCode.WATCHDOG
    assert plc.block.get("faults") == 1


def test_what_is_forced_keeps_its_value_before_and_after_the_tasks() -> None:
    """The program copies its counter, which is forced, to an output, and then counts on."""
    plc = Plc()
    outputs = OutputReader(plc.block)
    plc.start()
    plc.deliver(2.5)
    plc.console.force([Write(handmade.COUNTER, struct.pack("<i", 40)), Write(handmade.INPUT, struct.pack("<f", 9.0))])
    plc.tick()
    assert plc.level == 9.0, "an input, whatever its device says"
    assert plc.counter == 40
    assert struct.unpack("<Q", outputs.take().raw[0].tobytes()) == (41,), "the program made one more of it"
    assert [(w.offset, w.data) for w in forced(plc.block)] == [
        (handmade.COUNTER, struct.pack("<i", 40)),
        (handmade.INPUT, struct.pack("<f", 9.0)),
    ]
    plc.console.force([Write(handmade.COUNTER, struct.pack("<i", 50))])
    plc.tick()
    assert plc.counter == 50, "the later value counts"
    assert len(forced(plc.block)) == 2
    plc.console.unforce([Write(handmade.COUNTER, bytes(4))])
    plc.tick()
    assert plc.counter == 51
    assert plc.level == 9.0
    plc.console.force([Write(handmade.OUTPUT, struct.pack("<I", 7))])
    plc.tick()
    assert struct.unpack("<Q", outputs.take().raw[0].tobytes()) == (7,), "an output, whatever the program says"
    plc.console.order(Command.UNFORCE_ALL)
    plc.tick()
    assert plc.level == 2.5
    assert forced(plc.block) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 6), st.integers(-1, 7), st.binary(min_size=6, max_size=6)),
        max_size=20,
    )
)
@settings(max_examples=100, deadline=None)
def test_of_two_forces_of_the_same_byte_the_later_one_counts(asked: list[tuple[int, int, int, bytes]]) -> None:
    """Elements and their array, strings of different lengths."""
    plc = Plc()
    plc.start()
    text = next(v.offset for v in handmade.VARIABLES if v.path == "Main.Numbers")
    expected, is_forced = np.zeros(24 * 8, bool), np.zeros(24 * 8, bool)
    for offset, size, bit, data in asked:
        write = Write(text + offset, data[:1], bit) if bit >= 0 else Write(text + offset, data[:size])
        plc.console.force([write])
        plc.tick()
        bits = np.unpackbits(np.frombuffer(write.data, np.uint8), bitorder="little")
        first = offset * 8 + max(bit, 0)
        place = slice(first, first + (1 if bit >= 0 else size * 8))
        expected[place], is_forced[place] = bits[: place.stop - place.start], True
        memory = np.unpackbits(plc.block.memory[text : text + 24], bitorder="little").astype(bool)
        np.testing.assert_array_equal(memory[is_forced], expected[is_forced])
    rows = [(w.offset, len(w.data), w.bit) for w in forced(plc.block)]
    assert len(set(rows)) == len(rows)
    plc.console.unforce([Write(text, bytes(24))])
    plc.tick()
    assert forced(plc.block) == []


def test_forces_outlast_a_reset_and_only_if_asked_a_start() -> None:
    plc = Plc()
    plc.start()
    plc.console.force([Write(handmade.COUNTER, struct.pack("<i", 40))])
    plc.console.order(Command.RESET_COLD)
    plc.tick()
    assert plc.counter == 40
    view.prepare(plc.block, plc.program, 0, keep_forces=True)
    assert len(forced(plc.block)) == 1
    view.prepare(plc.block, plc.program, 0)
    assert forced(plc.block) == []


def test_no_more_is_forced_than_there_is_room_for() -> None:
    plc = Plc()
    plc.start()
    bits = [Write(handmade.START + number // 8, b"\1", number % 8) for number in range(FORCES + 1)]
    plc.console.force(bits)
    plc.tick()
    assert len(forced(plc.block)) == FORCES
    assert plc.block.get("commands_rejected") == 1
    plc.console.unforce([Write(handmade.START, bytes(1), 3), Write(handmade.START + 1, bytes(1))])
    plc.tick()
    assert len(forced(plc.block)) == FORCES - 9


def test_time_spent_stopped_is_not_lost() -> None:
    plc = Plc()
    plc.start()
    plc.console.order(Command.STOP)
    plc.tick()
    for _ in range(100):
        plc.tick()
    plc.console.order(Command.START)
    plc.tick()
    assert plc.block.get("lost_activations") == 0
    assert plc.counter == 2


def test_a_snapshot_is_of_the_scan_that_answered_and_serves_all_who_asked() -> None:
    plc = Plc()
    plc.start()
    first, second = SnapshotReader(plc.block), SnapshotReader(plc.block)
    tickets = first.request(), second.request()
    assert first.take(tickets[0]) is None
    plc.tick()
    taken = first.take(tickets[0])
    assert taken is not None
    assert taken.memory[handmade.COUNTER :][:4].view(np.int32)[0] == plc.counter
    assert (taken.now_ns, taken.state) == (plc.now_ns, EngineState.RUN)
    assert second.take(tickets[1]) is not None
    published = plc.block.get("snapshot_published")
    plc.tick()
    assert plc.block.get("snapshot_published") == published, "nobody asked"


def test_nothing_is_published_of_a_scan_with_a_fault() -> None:
    from numba import cfunc, types

    @cfunc(types.int32(types.CPointer(types.uint8)))
    def divide_by_zero(memory) -> int:
        memory[handmade.OUTPUT] = 99
        return FaultCode.DIVIDE_BY_ZERO.value

    plc = Plc()
    outputs = OutputReader(plc.block)
    plc.start()
    good = outputs.take().raw.tobytes()
    plc.view.tasks[0, 0] = divide_by_zero.address
    plc.tick()
    assert plc.state is EngineState.FAULT
    assert plc.block.get("fault_code") == FaultCode.DIVIDE_BY_ZERO
    image = outputs.take()
    assert image.state == EngineState.FAULT
    assert 99 not in image.raw
    assert good != b""


def test_an_attached_block_sees_the_same(tmp_path) -> None:
    plc = Plc()
    other = Block.attach(plc.block.fd)
    plc.start()
    assert other.get("scans") == 1
    assert other.layout == plc.block.layout
