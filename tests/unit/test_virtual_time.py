"""The loop of virtual time: the same scans as the kernel ticked by hand, late and missed ticks, conditions, samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from io_drivers.contract import InputBlock, Quality, Reason
from runtime.engine import kernel, virtual
from runtime.engine.states import EngineState
from runtime.image.channels import InputWriter
from runtime.image.ring import Command, CommandRing
from runtime.service.errors import OutOfRange, WrongType
from runtime.testing import VirtualPlc, load
from runtime.testing.conditions import NONE, parse
from runtime.testing.devices import Devices
from runtime.testing.errors import BadCondition, UnknownPoint, UnknownVariable
from runtime.testing.samples import Samples
from tests.unit import handmade

MS = 1_000_000
START_NS = 1_000 * MS

SOURCE = """
TYPE State : (Idle, Filling := 5, Full); END_TYPE
PROGRAM Main
VAR
    level : REAL;
    scans : DINT;
    small : SINT := -3;
    big : ULINT := 16#FFFF_FFFF_FFFF_FFF0;
    far : LREAL := 1.5E10;
    state : State;
    wait : TIME := T#1s500ms;
    pump AT %QX0.1 : BOOL;
    quality : QUALITY_CODE;
    age : TIME;
    last, longest, now : LTIME;
END_VAR
scans := scans + 1;
state := SEL(level > 2.0, State#Idle, State#Full);
pump := level < 1.0;
quality := QUALITY(level);
age := AGE(level);
now := TIME();
IF scans > 1 AND now - last > longest THEN longest := now - last; END_IF;
last := now;
END_PROGRAM
"""
PROJECT = """
[plc]
name = "small"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "1ms"
[connection.line]
driver = "simulated"
[device.tank]
connection = "line"
[[device.tank.point]]
name = "level"
type = "REAL"
to = "Main.level"
max_age = "1s"
[[device.tank.point]]
name = "pump"
type = "BOOL"
from = "Main.pump"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def plc(folder: Path) -> VirtualPlc:
    return load(folder)


# ----------------------------------------------------------------------------------------------------------------- loop


def test_a_run_is_what_ticks_by_hand_are() -> None:
    """Every byte of the program's memory, of what the latch found and of the outputs."""
    program = handmade.program()
    bound = handmade.bound(program)
    devices = Devices(program, bound)
    devices.set("device.level", 2.5)
    image = InputBlock(1, lambda: None)
    raw = np.frombuffer(np.float32(2.5).tobytes().ljust(8, b"\0"), np.uint8).reshape(1, 8)
    by_hand, v = handmade.make(program, bound)
    by_loop, w = handmade.make(program, bound)
    for block in (by_hand, by_loop):
        block.set("started_ns", START_NS)
        block.set("state", EngineState.STOP)
        CommandRing(block, "console").order(Command.START)
    writer = InputWriter(by_hand)
    for number in range(100):
        image.good(np.array([0]), raw, START_NS + number * MS)
        writer.publish(image, START_NS + number * MS)
        kernel.tick(v, START_NS + number * MS, number)
    clock = virtual.Clock(START_NS, MS, 0, 100, 0)
    assert virtual.run(w, devices.answers, Samples(START_NS).recording, NONE, clock) == 100
    for name in ("memory", "points", "signals", "output_slots"):
        assert by_hand.region(name).tobytes() == by_loop.region(name).tobytes(), name
    assert by_loop.get("scans") == by_hand.get("scans") == 100


def test_a_late_tick_keeps_the_phase(plc: VirtualPlc) -> None:
    plc.cycle(10)
    plc.delay("3ms")
    plc.cycle()
    assert (plc["Main.longest"], plc.block.get("lost_activations")) == (4 * MS, 0)
    assert plc.block.get("overruns") == 1
    assert plc.time_s == pytest.approx(0.013), "two deadlines have gone by, the third is due at once"
    plc.cycle(3)
    assert (plc["Main.scans"], plc.block.get("lost_activations")) == (14, 2)


def test_a_tick_that_is_late_by_less_than_a_period_loses_nothing(plc: VirtualPlc) -> None:
    plc.cycle(10)
    plc.delay("400us")
    plc.cycle(10)
    assert (plc["Main.scans"], plc["Main.longest"], plc.block.get("overruns")) == (20, 1_400_000, 0)


def test_time_never_goes_back(plc: VirtualPlc) -> None:
    """The tick that is due at once behind a late one had the time of its deadline, which is before the late one."""
    plc.cycle(10)
    trace = plc.record("Main.scans")
    plc.delay("3400us")
    plc.cycle(5)
    assert trace.time_s.tolist() == pytest.approx([0.0134, 0.0134, 0.014])


def test_missed_ticks_are_lost(plc: VirtualPlc) -> None:
    plc.cycle(10)
    plc.miss(4)
    plc.cycle()
    assert (plc["Main.scans"], plc["Main.longest"], plc.block.get("lost_activations")) == (11, 5 * MS, 4)


def test_a_plant_is_moved_by_the_time_that_goes_by(folder: Path) -> None:
    moved: list[float] = []
    plc = load(folder, lambda plc, dt_s: moved.append(dt_s))
    plc.cycle(2)
    plc.delay("500us")
    plc.cycle(2)
    plc.miss(3)
    plc.cycle()
    assert moved == pytest.approx([0.001, 0.001, 0.0015, 0.0005, 0.004])


def test_a_restarted_plc_is_a_new_one(plc: VirtualPlc) -> None:
    plc.set_input("tank.level", 3.0)
    plc.cycle(100)
    plc.restart()
    assert (plc["Main.scans"], plc.time_s, plc.output("tank.pump")) == (0, 0.0, False)
    plc.cycle()
    assert (plc["Main.level"], plc["Main.quality"], plc["Main.scans"]) == (0.0, Quality.BAD, 1)


# -------------------------------------------------------------------------------------------------------------- devices


def test_a_doubtful_value_is_used_and_known_to_be_doubtful(plc: VirtualPlc) -> None:
    plc.set_input("tank.level", 1.5)
    plc.doubt_input("tank.level")
    plc.cycle()
    assert (plc["Main.level"], plc["Main.quality"], plc["Main.age"]) == (1.5, Quality.UNCERTAIN, 0)


def test_a_fault_stays_whatever_is_answered(plc: VirtualPlc) -> None:
    plc.set_input("tank.level", 1.5)
    plc.cycle()
    plc.lose_input("tank", Reason.NOT_CONNECTED)
    plc.set_input("tank.level", 1.75)
    plc.cycle(5)
    assert (plc["Main.level"], plc["Main.quality"], plc["Main.age"]) == (1.5, Quality.BAD, 5 * MS)
    plc.restore_input("tank")
    plc.cycle()
    assert (plc["Main.level"], plc["Main.quality"]) == (1.75, Quality.GOOD)


def test_no_fault_makes_a_value_where_there_was_none(plc: VirtualPlc) -> None:
    plc.doubt_input("tank.level")
    plc.cycle()
    plc.freeze_input("tank.level")
    plc.cycle()
    plc.restore_input("tank.level")
    plc.cycle()
    assert plc["Main.quality"] == Quality.BAD


def test_what_a_frozen_input_is_given_comes_when_it_is_restored(plc: VirtualPlc) -> None:
    """It came at once, as if nothing had been frozen."""
    plc.set_input("tank.level", 1.5)
    plc.cycle()
    plc.freeze_input("tank.level")
    plc.set_input("tank.level", 2.5)
    plc.cycle()
    assert plc["Main.level"] == 1.5
    plc.restore_input("tank.level")
    plc.cycle()
    assert plc["Main.level"] == 2.5


def test_an_input_that_is_written_has_that_value_for_one_scan(plc: VirtualPlc) -> None:
    plc.set_input("tank.level", 1.5)
    plc["Main.level"] = 2.5
    plc.cycle()
    assert (plc["Main.level"], plc["Main.state"]) == (2.5, "Full")
    plc.cycle()
    assert (plc["Main.level"], plc["Main.state"]) == (1.5, "Idle")


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda plc: plc.set_input("tank.levle", 1.0), "no input point 'tank.levle'; did you mean 'tank.level'?"),
        (lambda plc: plc.lose_input("tnak"), "no input point or device 'tnak'; did you mean 'tank'?"),
        (lambda plc: plc.output("x"), "no output point 'x'; there are: tank.pump"),
    ],
)
def test_a_point_that_is_misspelt(plc: VirtualPlc, use, said: str) -> None:
    with pytest.raises(UnknownPoint) as caught:
        use(plc)
    assert str(caught.value) == said


# ----------------------------------------------------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    "condition",
    [
        "Main.scans = 7",
        "main.SCANS >= 7 and Main.small < -2",
        "Main.scans > 6 AND Main.small <> 3 AND Main.small <= -3",
        "Main.scans > 6 AND Main.big > 16#FFFF_FFFF_FFFF_FFEF",
        "Main.scans > 6 AND Main.big >= 18446744073709551600",
        "Main.scans > 6 AND NOT Main.pump AND Main.state = Full",
        "Main.scans > 6 AND Main.state <> State#Filling AND Main.far = 1.5e10",
        "Main.scans > 6 AND Main.level > 2.49 AND Main.level <= 2.5",
        "Main.scans > 6 AND Main.wait = 1.5s AND Main.wait < T#2s",
        "Main.scans.0 AND Main.scans.1 AND Main.scans.2",
    ],
)
def test_a_condition_ends_the_run_in_the_tick_that_a_function_would(folder: Path, condition: str) -> None:
    by_text, by_function = load(folder), load(folder)
    for plc in (by_text, by_function):
        plc.set_input("tank.level", 2.5)
        plc.cycle()
    took = by_text.run_until(condition, "1s")
    assert took == by_function.run_until(lambda plc: plc["Main.scans"] == 7, "1s") == "6ms"
    assert by_text["Main.scans"] == 7


def test_the_limit_of_a_condition(folder: Path) -> None:
    """Text and function give up after the same tick, with a plant and without."""
    for plant in (None, lambda plc, dt_s: None):
        by_text, by_function = load(folder, plant), load(folder, plant)
        with pytest.raises(TimeoutError, match="Main\\.scans < 0' did not come true within 20ms"):
            by_text.run_until("Main.scans < 0", "20ms")
        with pytest.raises(TimeoutError, match="the condition did not come true"):
            by_function.run_until(lambda plc: False, "20ms")
        assert by_text["Main.scans"] == by_function["Main.scans"] == 21


@pytest.mark.parametrize(
    ("condition", "error", "said"),
    [
        ("Main.levle > 1", UnknownVariable, "did you mean 'level'"),
        ("Main.level >> 1", BadCondition, "no condition"),
        ("NOT Main.level > 1", BadCondition, "no condition"),
        ("Main.level", BadCondition, "say to what it is compared"),
        ("Main > 1", BadCondition, "not one number"),
        ("Main.level > high", WrongType, "a number is expected"),
        ("Main.small > 1000", OutOfRange, "-128 to 127"),
        ("Main.state = Ful", OutOfRange, "Idle, Filling, Full"),
        ("Main.wait > soon", BadCondition, "no duration"),
    ],
)
def test_what_is_no_condition(plc: VirtualPlc, condition: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        parse(plc.program, condition)
