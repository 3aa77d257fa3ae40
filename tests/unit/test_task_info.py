"""What a program is told of its own tasks (TASK_INFO), by both executors; and tasks that are freewheeling. In virtual
time a run takes no time, so what is told is known beforehand.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingParameterType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numba import cfunc, types

from iec61131 import compiler
from iec61131.program import FREEWHEEL_NS, TASK_ROW, Task, base_period_ns
from iec61131.source import SourceFile
from runtime import clock, loop
from runtime.engine import kernel, view
from runtime.engine.arrays import FREEWHEELING
from runtime.engine.states import EngineState
from runtime.engine.task_statistics import Telling
from runtime.image import histogram, journal
from runtime.image.block import PRODUCERS, RING_HEAD, RING_RECORDS, Block
from runtime.image.ring import RECORD_WORDS, Command, CommandRing, ring_views
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.virtual_plc import VirtualPlc, load
from tests.faults.rig import wait_for

MS = 1_000_000
TOML = '[plc]\nname = "plant"\nsources = ["main.st"]\n'
TOLD = """\
CONFIGURATION Plant
    RESOURCE Plc ON Linux
        TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
        TASK slow (INTERVAL := T#30ms, PRIORITY := 5);
        PROGRAM quick WITH fast : Count;
        PROGRAM main WITH slow : Watch;
    END_RESOURCE
END_CONFIGURATION
PROGRAM Count
VAR n : DINT; END_VAR
n := n + 1;
END_PROGRAM
PROGRAM Watch
VAR fast, slow : TASK_INFO; clear : BOOL; END_VAR
fast(task := 'fast', reset := clear);
slow(task := 'slow');
END_PROGRAM
"""


def make(folder: Path, source: str, toml: str = TOML) -> Path:
    (folder / "plc.toml").write_text(toml)
    (folder / "main.st").write_text(source)
    return folder


@pytest.fixture(params=["compiled", "interpreted"])
def told(tmp_path: Path, request: pytest.FixtureRequest) -> VirtualPlc:
    covered = StatementCoverage() if request.param == "interpreted" else None
    return load(make(tmp_path, TOLD), covered=covered)


def test_a_program_is_told_of_all_runs_up_to_the_scan_before(told: VirtualPlc):
    told.cycle()
    assert (told["main.fast.valid"], told["main.fast.count"], told["main.slow.count"]) == (True, 0, 0)
    told.cycle(3)  # and it looks in the fourth
    assert (told["quick.n"], told["main.fast.count"], told["main.slow.count"]) == (4, 3, 1)
    assert (told["main.fast.lost"], told["main.fast.max"], told["main.fast.latency_max"]) == (0, 0, 0)


def test_releases_that_were_missed_and_delays_are_told(told: VirtualPlc):
    told.cycle(2)
    told.miss(2)  # the tick of the slow task is late by itself
    told.delay("4ms")
    told.cycle(4)
    told.cycle(3)
    assert told["main.fast.lost"] == 2
    assert told["main.fast.latency_max"] == told["main.fast.jitter"] == 4 * MS
    assert told["main.fast.latency_min"] == told["main.fast.average"] == 0


def test_a_reset_begins_anew(told: VirtualPlc):
    told.cycle(4)
    told["main.clear"] = True
    told.cycle(3)
    assert told["main.fast.count"] == 0
    told["main.clear"] = False
    told.cycle(3)
    assert (told["main.fast.count"], told["main.slow.count"]) == (3, 3)


def test_it_is_forgotten_when_the_plc_is_reset(told: VirtualPlc):
    told.cycle(7)
    told.order(Command.RESET_WARM)
    told.cycle()
    told.order(Command.START)
    told.cycle()
    assert (told["main.fast.valid"], told["main.fast.count"]) == (True, 0)


def test_only_programs_that_ask_have_a_table():
    asks = compiler.outline_program([SourceFile("main.st", TOLD)])[0]
    silent = compiler.outline_program([SourceFile("main.st", TOLD.replace("TASK_INFO", "Other") + OTHER)])[0]
    assert asks.task_table > 0
    assert asks.task_table % 8 == 0
    assert silent.task_table == -1


OTHER = """
FUNCTION_BLOCK Other
VAR_INPUT task : STRING; reset : BOOL; END_VAR
END_FUNCTION_BLOCK
"""


@cfunc(types.int32(types.CPointer(types.uint8)))
def nothing(_memory) -> int:
    return 0


class Plc:
    """The kernel on a program's memory, its tasks doing nothing, with a journal."""

    def __init__(self, telling: Telling, source: str = TOLD, entry: int | None = None) -> None:
        self.program = compiler.outline_program([SourceFile("main.st", source)])[0]
        self.block = Block.create(view.block_layout(self.program, 0, 0, 0, recorded=True), "test")
        view.prepare(self.block, self.program, 0)
        address: int = entry or nothing.address  # pyright: ignore[reportAssignmentType]
        tasks = view.task_table(self.program.tasks, [address] * len(self.program.tasks))
        none = np.zeros((0, 7), np.int64), np.zeros((0, 4), np.int64)
        self.view = view.make_view(
            self.block, self.program, *none, tasks, loop_limit=1000, depth_limit=10, telling=telling
        )
        self.block.set("tick_ns", 10 * MS)
        self.block.set("state", EngineState.STOP)
        self.ring = CommandRing(self.block, "console")

    def cycle(self, number: int) -> None:
        kernel.tick(self.view, number * 10 * MS, number)

    def feed(self, record: list[int]) -> None:
        """As a replay does it: the record of the journal goes into a ring of commands."""
        words, records = ring_views(self.block)[PRODUCERS.index("service")]
        records.view(np.int64).reshape(-1, RECORD_WORDS)[int(words[RING_HEAD]) % RING_RECORDS] = record
        words[RING_HEAD] += 1

    @property
    def row(self) -> dict[str, int]:
        """What is told of the task `fast`."""
        words = self.block.memory[self.program.task_table :].view(np.int64)[: len(TASK_ROW)]
        return dict(zip(TASK_ROW, words.tolist(), strict=True))

    def journalled(self) -> list[list[int]]:
        """The records about tasks, in the order of the journal."""
        words = self.view.journal[: int(self.view.journal_words[journal.HEAD])]
        found: list[list[int]] = []
        at = 0
        while at < len(words):
            count = int(words[at + journal.PARTS]) % journal.HAS_IMAGE
            start = at + journal.RECORD_WORDS
            commands = words[start : start + count * journal.COMMAND_WORDS].reshape(-1, journal.COMMAND_WORDS)
            found += [command.tolist() for command in commands if command[0] == Command.TASK_RUN]
            at += int(words[at + journal.LENGTH])
        return found


def test_what_is_told_is_in_the_journal_and_comes_out_of_it_again():
    """Durations cannot be computed again, so a replay is given them, and measures nothing."""
    plc = Plc(Telling.MEASURED)
    plc.ring.order(Command.START)
    for number in range(5):
        plc.cycle(number)
    assert plc.row["count"] == 4
    assert plc.row["total"] >= plc.row["most"] >= plc.row["least"] > 0
    told = plc.journalled()
    assert [record[1] for record in told] == [0, 1, 0, 0, 0, 1][: len(told)]
    replayed = Plc(Telling.REPLAYED)
    replayed.ring.order(Command.START)
    replayed.cycle(0)
    for record in told:
        replayed.feed(record)
    replayed.cycle(1)
    assert replayed.row == plc.row
    assert replayed.block.get("commands_rejected") == 0
    assert [r for r in replayed.journalled() if r not in told] == [], "nothing of its own"


@pytest.mark.parametrize(("telling", "tasks"), [(Telling.REPLAYED, (-1, 2, 1 << 40)), (Telling.MEASURED, (0, 1, 2))])
def test_a_record_about_no_task_or_from_a_stranger_is_refused(telling: Telling, tasks: tuple[int, ...]):
    plc = Plc(telling)
    for task in tasks:
        plc.feed([Command.TASK_RUN, task, 1, 0, 0, 0, 0, 0])
    before = plc.block.memory.copy()
    plc.cycle(0)
    assert plc.block.get("commands_rejected") == 3
    assert np.array_equal(plc.block.memory, before)


def test_a_program_that_stands_still_is_told_nothing():
    plc = Plc(Telling.MEASURED)
    plc.ring.order(Command.START)
    plc.cycle(0)
    before = plc.block.memory.copy()
    plc.ring.order(Command.STOP)
    plc.cycle(1)
    plc.cycle(2)
    told = plc.journalled()
    assert [record[1] for record in told] == [0, 1], "of the run before the stop, when it still ran"
    assert plc.row["count"] == 1
    assert not np.array_equal(before, plc.block.memory)


# -------------------------------------------------------------------------------------------------------- freewheeling

FREE = """\
CONFIGURATION Plant
    RESOURCE Plc ON Linux
        TASK free (INTERVAL := T#0s, PRIORITY := 0);
        TASK cyclic (INTERVAL := T#10ms, PRIORITY := 5);
        PROGRAM a WITH free : Count;
        PROGRAM b WITH cyclic : Count;
    END_RESOURCE
END_CONFIGURATION
VAR_GLOBAL gTurn : DINT; END_VAR
PROGRAM Count
VAR n, seen : DINT; END_VAR
n := n + 1;
gTurn := gTurn + 1;
seen := gTurn;
END_PROGRAM
"""


def test_a_freewheeling_task_runs_in_every_tick_after_all_others(tmp_path: Path):
    """Whatever its priority. A tick is one millisecond then, or a part of the interval that is not more."""
    plc = load(make(tmp_path, FREE))
    assert plc.tick_ns == FREEWHEEL_NS
    plc.cycle(21)
    assert (plc["a.n"], plc["b.n"]) == (21, 3)
    assert plc["a.seen"] == plc["b.seen"] + 1 == 24
    assert plc.block.tasks[:, 1].tolist() == [0, 0], "none of its releases is ever lost"


@cfunc(types.int32(types.CPointer(types.uint8)))
def work(_memory) -> int:
    """For longer than four ticks."""
    until_ns = clock.now_ns() + 4 * FREEWHEEL_NS
    while clock.now_ns() < until_ns:
        pass
    return 0


def test_one_that_is_busy_leaves_a_pause():
    """Its thread stands above all others of its processor, which would not get a turn at all: a quarter of a tick, or
    an eighth of what a long scan takes.
    """
    source = TOLD.replace("T#10ms", "T#0s").replace("T#30ms", "T#1s")
    plc = Plc(Telling.MEASURED, source, work.address)
    tick_ns = base_period_ns(plc.program.tasks)
    thread = loop.RealtimeThread(plc.block, plc.view, tick_ns=tick_ns, priority=0, cpu=None, stack_bytes=1 << 20)
    thread.start()
    plc.ring.order(Command.START)
    wait_for(lambda: plc.row["count"] > 0, "the first run")
    first, began_ns = plc.row, clock.monotonic_ns()
    wait_for(lambda: plc.row["count"] >= first["count"] + 50, "fifty runs")
    last, ended_ns = plc.row, clock.monotonic_ns()
    thread.stop()
    runs = last["count"] - first["count"]
    idle_ns = ended_ns - began_ns - (last["total"] - first["total"])
    assert idle_ns > (runs - 2) * 4 * FREEWHEEL_NS // 8
    assert plc.block.get("overruns") == last["lost"] == 0


def test_a_scan_that_begins_at_once_has_no_latency_of_waking_up():
    """It is late because of the one before it, which is an overrun. What the tasks are told of is their own release."""
    plc = Plc(Telling.MEASURED, TOLD.replace("T#10ms", "T#1ms").replace("T#30ms", "T#1s"), work.address)
    tick_ns = base_period_ns(plc.program.tasks)
    thread = loop.RealtimeThread(plc.block, plc.view, tick_ns=tick_ns, priority=0, cpu=None, stack_bytes=1 << 20)
    thread.start()
    wait_for(lambda: plc.block.words("latency")[: histogram.MAXIMUM].sum() > 0, "a scan that was waited for")
    plc.ring.order(Command.START)
    wait_for(lambda: plc.row["count"] > 1, "the first runs")
    before = [plc.block.words(name)[: histogram.MAXIMUM].sum() for name in ("latency", "duration")]
    runs = plc.row["count"]
    wait_for(lambda: plc.row["count"] >= runs + 20, "twenty runs")
    after = [plc.block.words(name)[: histogram.MAXIMUM].sum() for name in ("latency", "duration")]
    thread.stop()
    assert after[0] == before[0]
    assert after[1] >= before[1] + 20
    assert plc.block.get("overruns") >= 20
    assert plc.row["most_latency"] > 0


def test_a_project_file_makes_one_too(tmp_path: Path):
    toml = TOML + '[task.main]\nprogram = "Main"\ninterval = "0s"\n'
    plc = load(make(tmp_path, "PROGRAM Main\nVAR n : DINT; END_VAR\nn := n + 1;\nEND_PROGRAM\n", toml))
    plc.advance("20ms")
    assert plc["Main.n"] in (20, 21)


@pytest.mark.parametrize(
    ("intervals_ms", "tick_us"),
    [
        ((0,), 1000), ((0, 10), 1000), ((0, 1), 1000), ((0, 0.25), 250), ((0, 1.5), 750), ((0, 15, 10), 1000),
        ((0, 2.000001), 1000.0005 * 2), ((10,), 10_000),
    ],
)  # fmt: skip
def test_the_tick_of_freewheeling_tasks_divides_all_intervals(intervals_ms: tuple[float, ...], tick_us: float):
    tasks = [Task(f"t{number}", round(ms * MS), 0, "") for number, ms in enumerate(intervals_ms)]
    tick_ns = base_period_ns(tasks)
    assert all(task.interval_ns % tick_ns == 0 for task in tasks)
    if tick_us != 2000.001:
        assert tick_ns == round(tick_us * 1000)
    assert tick_ns <= max(FREEWHEEL_NS, *(task.interval_ns for task in tasks))


def test_an_event_task_without_a_cycle_is_not_freewheeling():
    task = Task("t", 0, 0, "", (200, 0))
    assert not task.is_freewheeling
    assert view.task_table([task], [0])[0, 1] == 0
    assert view.task_table([Task("t", 0, 0, "")], [0])[0, 1] == FREEWHEELING
