"""Resources of one CONFIGURATION: their globals go from scan to scan, whole, and every run can be repeated."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from iec61131.program import HEADER
from runtime.engine.states import EngineState
from runtime.image.ring import Command
from runtime.image.shared_globals import BYTES_MAX, CannotShare, SharedGlobals, shared_values
from runtime.replay import tape
from runtime.replay.replay import Replay
from runtime.service import plant
from runtime.testing.virtual_configuration import VirtualConfiguration, load_configuration
from runtime.testing.virtual_plc import VirtualPlc

PROJECT = """\
[plc]
name = "line"
sources = ["main.st"]
"""
GLOBALS = "    VAR_GLOBAL\n{globals}    END_VAR\n"
MAIN = """\
PROGRAM First
{first}
END_PROGRAM
PROGRAM Second
{second}
END_PROGRAM
CONFIGURATION Plant
    VAR_GLOBAL
        {shared}
    END_VAR
    {more}
    RESOURCE Press ON PLC
        TASK t (INTERVAL := T#10ms);
        PROGRAM P WITH t : First;
    END_RESOURCE
    RESOURCE Belt ON PLC
        TASK t (INTERVAL := {interval});
        PROGRAM B WITH t : Second;
    END_RESOURCE
END_CONFIGURATION
"""


def write(folder: Path, first: str, second: str, shared: str, more: str = "", interval: str = "T#10ms") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "plc.toml").write_text(PROJECT)
    text = MAIN.format(first=first, second=second, shared=shared, more=more, interval=interval)
    (folder / "main.st").write_text(text)
    return folder


COUNTS = "VAR n : DINT; END_VAR\nn := n + 1; Count := n;"
LOOKS = (
    "VAR seen, back : DINT; END_VAR\nIF Count < seen THEN back := back + 1; END_IF; seen := Count; Answer := -Count;"
)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[VirtualConfiguration]:
    loaded = load_configuration(write(tmp_path / "line", COUNTS, LOOKS, "Count, Answer, Third : DINT := 5;"))
    yield loaded
    loaded.close()


def test_what_one_resource_writes_the_other_has_in_its_next_scan(line: VirtualConfiguration):
    press, belt = line["press"], line["BELT"]
    line.advance("1s")
    assert press["P.n"] == press["Count"] == 100
    assert belt["B.seen"] == 100  # of two ticks at the same time the first resource's comes first
    assert press["Answer"] == -99
    line.advance("1s")
    assert (belt["B.seen"], belt["B.back"], press["Answer"]) == (200, 0, -199)


def test_what_a_person_writes_reaches_the_others(line: VirtualConfiguration):
    line["Press"]["Third"] = 7
    line.advance("10ms")
    assert line["Belt"]["Third"] == 7
    line["Belt"]["Third"] = 8
    line.advance("20ms")
    assert line["Press"]["Third"] == 8


def test_of_two_writers_the_later_counts_for_both(tmp_path: Path):
    write(tmp_path / "p", "Who := 1;", "Who := 2;", "Who, Other : DINT;")
    both = load_configuration(tmp_path / "p")
    for _ in range(5):
        both.advance("10ms")
        assert (both["Press"]["Who"], both["Belt"]["Who"]) == (1, 2)  # each has its own last word in its own scan
    both["Press"].order(Command.STOP)
    both.advance("20ms")
    assert (both["Press"]["Who"], both["Belt"]["Who"]) == (2, 2)
    both.close()


def test_a_reset_leaves_what_others_have_written(line: VirtualConfiguration):
    press, belt = line["Press"], line["Belt"]
    press["Third"] = 7
    line.advance("1s")
    belt.order(Command.RESET_COLD)
    belt.order(Command.START)
    line.advance("10ms")
    assert belt.state is EngineState.RUN
    assert belt["B.seen"] == belt["Count"] == press["Count"] == 101
    assert belt["Third"] == 7
    assert belt["B.back"] == 0
    press.order(Command.RESET_WARM)
    line.advance("20ms")
    assert press.state is EngineState.STOP
    assert (press["Count"], belt["Count"]) == (5, 5)  # its own begins with the initial value, for the other as well
    assert press["Answer"] == belt["Answer"] == -5


def test_a_resource_that_is_started_again_has_what_others_wrote(line: VirtualConfiguration):
    press, belt = line["Press"], line["Belt"]
    belt["Third"] = 9
    line.advance("1s")
    press.restart()
    line.advance("10ms")
    assert press["Third"] == 9
    line.advance("1s")
    assert press["Third"] == belt["Third"] == 9
    assert belt["Count"] == press["Count"] < 105


def test_what_a_person_writes_counts_more_than_what_came_before(line: VirtualConfiguration):
    press, belt = line["Press"], line["Belt"]
    belt["Third"] = 8
    belt.cycle()  # it is published, and not taken yet
    press["Third"] = 9
    press.cycle()
    assert press["Third"] == 9
    belt.cycle()
    assert belt["Third"] == 9
    belt.order(Command.RESET_COLD)
    belt["Third"] = 10
    belt.cycle()
    press.cycle()
    assert press["Third"] == belt["Third"] == 10


RETAINED = "    VAR_GLOBAL RETAIN Hours : DINT; END_VAR\n    VAR_GLOBAL PERSISTENT Miles : DINT; END_VAR\n"


def test_retained_globals_are_kept_by_the_first_resource_and_survive_a_warm_reset_of_each(tmp_path: Path):
    first, second = (
        "Hours := MAX(Hours, 1);",
        "VAR n : INT; END_VAR\nIF n = 0 THEN Hours := 40; Miles := 50; END_IF; n := 1;",
    )
    both = load_configuration(write(tmp_path / "p", first, second, "Unused : INT;", RETAINED))
    press, belt = both["Press"], both["Belt"]
    assert [each.path for each in press.program.retained] == ["Hours", "Miles"]
    assert belt.program.retained == ()
    both.advance("30ms")
    assert (press["Hours"], press["Miles"]) == (40, 50)
    for plc in (belt, press):
        plc.order(Command.RESET_WARM)
        both.advance("20ms")
        assert [(each["Hours"], each["Miles"]) for each in (press, belt)] == [(40, 50)] * 2
    belt.order(Command.RESET_COLD)
    both.advance("20ms")
    assert [(each["Hours"], each["Miles"]) for each in (press, belt)] == [(0, 50)] * 2
    belt.order(Command.RESET_ORIGIN)
    both.advance("20ms")
    assert [(each["Hours"], each["Miles"]) for each in (press, belt)] == [(0, 0)] * 2
    both.close()


KINDS = """Bits : ARRAY[0..9] OF BOOL; Text : STRING[70]; Wide : WSTRING[20]; Part : Pair; Parts : ARRAY[1..3] OF Pair;
Lamp AT %QX3.5 : BOOL; Next AT %QX3.6 : BOOL; Level : LREAL; Own : TON; Far : REF_TO INT;"""
PAIR = "TYPE Pair : STRUCT a : SINT; b : LREAL; c : ARRAY[0..1] OF INT; END_STRUCT; END_TYPE\n"


def test_values_of_every_kind_are_shared_but_instances_and_references(tmp_path: Path):
    first = """VAR n : INT; END_VAR
n := n + 1; Bits[n MOD 10] := NOT Bits[n MOD 10];
Text := CONCAT('a text of more than thirty-two bytes, number ', TO_STRING(n));
Wide := "wide"; Part.b := n / 3.0; Part.c[1] := n; Parts[2].a := 7; Parts[3].c[0] := n;
Lamp := n MOD 3 = 0; Next := n > 4;
Level := -0.0; Own(IN := TRUE, PT := T#1s);"""
    folder = write(tmp_path / "p", first, "VAR i : INT; END_VAR", KINDS)
    (folder / "main.st").write_text(PAIR + (folder / "main.st").read_text())
    both = load_configuration(folder)
    press, belt = both["Press"], both["Belt"]
    shared = [value.path for value in shared_values(press.program)]
    assert not [path for path in shared if path.startswith(("Own", "Far"))]
    for _ in range(7):
        both.advance("10ms")
        for path in ("Bits", "Text", "Wide", "Part.a", "Part.b", "Parts[2].a", "Parts[3].c", "Lamp", "Next", "Level"):
            assert repr(press[path]) == repr(belt[path]), path
    assert press["Own.ET"] != belt["Own.ET"]
    assert belt["Text"].endswith("number 7")
    both.close()


# ----------------------------------------------------------------------------------------------------------- consistent

PAIRED = "VAR n : DINT; END_VAR\nn := n + 1; {here}1 := n; {here}2 := n; {here}3[n MOD 50] := n; {here}4 := n;"
CHECKED = "IF {there}1 <> {there}2 OR {there}1 <> {there}4 THEN Torn_{here} := Torn_{here} + 1; END_IF;"
SIDE = "A1, A2, A4, B1, B2, B4, Torn_A, Torn_B : DINT; A3, B3 : ARRAY[0..49] OF DINT;"


def test_a_scan_sees_all_of_another_scan_or_nothing_of_it(tmp_path: Path):
    """Both run as fast as two threads can, without the interpreter's lock."""
    first, second = (PAIRED.format(here=h) + CHECKED.format(here=h, there=t) for h, t in ("AB", "BA"))
    both = load_configuration(write(tmp_path / "p", first, second, SIDE))
    plcs = [both["Press"], both["Belt"]]
    ready = threading.Barrier(2)

    def run(plc: VirtualPlc) -> None:
        ready.wait()
        plc.cycle(60_000)

    threads = [threading.Thread(target=run, args=(plc,)) for plc in plcs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    press, belt = plcs
    assert (press["Torn_A"], belt["Torn_B"]) == (0, 0)
    assert (press["P.n"], belt["B.n"]) == (60_000, 60_000)
    both.advance("700s")  # what was still under way
    assert press["B1"] == belt["B1"] - 1 >= 60_000  # the second resource has had the last scan
    assert belt["A1"] == press["A1"] >= 60_000
    both.close()


Action = tuple[str, int, int]
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 1), st.integers(0, 3)),
        st.tuples(st.just("tick"), st.integers(0, 1), st.integers(1, 3)),
        st.tuples(st.just("reset"), st.integers(0, 1), st.integers(0, 2)),
        st.tuples(st.just("restart"), st.integers(0, 1), st.just(0)),
    ),
    max_size=40,
)
IDLE = "VAR i : INT; END_VAR"
_FOUR = [f"V{number}" for number in range(4)]


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> list[plant.Plant]:
    folder = write(tmp_path_factory.mktemp("idle") / "p", IDLE, IDLE, f"{', '.join(_FOUR)} : DINT := 3;")
    return plant.build_all(folder, cache=plant.cache_folder())


@settings(max_examples=40, deadline=None)
@given(actions=ACTIONS)
def test_whatever_happens_all_resources_come_to_the_same(idle: list[plant.Plant], actions: list[Action]):
    both = VirtualConfiguration(idle)
    plcs = [both["Press"], both["Belt"]]
    resets = (Command.RESET_WARM, Command.RESET_COLD, Command.RESET_ORIGIN)
    for number, (what, which, how) in enumerate(actions):
        match what:
            case "write":
                plcs[which][_FOUR[how]] = 100 + number
            case "tick":
                plcs[which].cycle(how)
            case "reset":
                plcs[which].order(resets[how])
            case _:
                plcs[which].restart()
    for _ in range(3):
        for plc in plcs:
            plc.cycle()
    first, second = ([plc[name] for name in _FOUR] for plc in plcs)
    assert first == second
    both.close()


# ------------------------------------------------------------------------------------------------------------- recorded


def test_each_resource_is_repeated_alone_byte_for_byte(tmp_path: Path):
    first, second = (PAIRED.format(here=h) + CHECKED.format(here=h, there=t) for h, t in ("AB", "BA"))
    folder = write(tmp_path / "p", first, second, SIDE + " Text : STRING[90];", interval="T#7ms")
    both = load_configuration(folder, recording=tmp_path / "flight")
    both.advance("15s")
    both["Press"]["Text"] = "from one to the other, and longer than a single write can take with it"
    both["Belt"].order(Command.RESET_COLD)
    both["Belt"].order(Command.START)
    both.advance("15s")
    assert both["Press"]["Text"] == both["Belt"]["Text"] != ""
    wanted = {name: both[name].block.memory.copy() for name in ("Press", "Belt")}
    both.close()
    for name, memory in wanted.items():
        check_repeated(tmp_path / "flight" / name, memory)


def check_repeated(recording: Path, wanted: NDArray[np.uint8]) -> None:
    (run,) = tape.read(recording)
    for interpreted in (False, True):
        replay = Replay(run, interpreted=interpreted)
        replay.to(run.last_tick)
        assert replay.divergence is None
        assert replay.checked == len(run.keys) - 1 >= 1
        assert (replay.block.memory[HEADER.itemsize :] == wanted[HEADER.itemsize :]).all()
        replay.close()


# --------------------------------------------------------------------------------------------------------------- limits


def test_more_than_can_be_shared_is_refused(tmp_path: Path):
    folder = write(tmp_path / "p", IDLE, IDLE, f"Table : ARRAY[1..{BYTES_MAX // 8 + 1}] OF LREAL;")
    first, _ = plant.build_all(folder)
    with pytest.raises(CannotShare, match=r"8,193 values of 65,544 bytes in all; 16,384 values and 65,536 bytes"):
        SharedGlobals.create(2, shared_values(first.program), "test")
