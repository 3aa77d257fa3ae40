"""`plc["name"]`: whole variables as values of Python, and what is said to somebody who errs."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.image.ring import Command
from runtime.service.errors import NotWritable, OutOfRange, WrongType
from runtime.testing import VirtualPlc, load
from runtime.testing.errors import UnknownVariable

SOURCE = """
TYPE
    State : (Idle, Filling := 5, Full);
    Pair : STRUCT
        level : REAL;
        states : ARRAY[1..2] OF State;
    END_STRUCT;
END_TYPE
FUNCTION_BLOCK Valve
VAR_INPUT target : REAL; END_VAR
VAR position : REAL; edge : R_TRIG; END_VAR
position := target;
END_FUNCTION_BLOCK
PROGRAM Main
VAR CONSTANT top : INT := 7; END_VAR
VAR
    pairs : ARRAY[1..2] OF Pair;
    grid : ARRAY[0..1, 0..2] OF INT;
    boxes : ARRAY[0..1, 0..1] OF Pair;
    state, seen : State;
    name : STRING(5);
    names : ARRAY[1..2] OF WSTRING(3);
    wait : TIME;
    valve : Valve;
    percent : INT(0..100);
    flags : WORD;
    numbers : ARRAY[1..10000] OF DINT;
    sum : LINT;
    day : DATE;
    i : DINT;
END_VAR
seen := state;
valve(target := pairs[1].level);
sum := 0;
FOR i := 1 TO 10000 DO sum := sum + numbers[i]; END_FOR;
percent := percent + top - top;
END_PROGRAM
"""
PROJECT = """
[plc]
name = "variables"
sources = ["main.st"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variables")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    return folder


@pytest.fixture
def plc(folder: Path) -> VirtualPlc:
    return load(folder)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Main.pairs", [{"level": 1.5, "states": [5, 6]}, {"level": -2.0, "states": [0, 0]}]),
        ("Main.pairs[2]", {"level": 1.5, "states": [5, 6]}),
        ("Main.grid", [[1, 2, 3], [4, 5, -6]]),
        ("Main.boxes", [[{"level": float(2 * n + m), "states": [5 * m, 0]} for m in range(2)] for n in range(2)]),
        ("Main.state", 6),
        ("Main.name", "abc"),
        ("Main.names", ["ä€", "xyz"]),
        ("Main.percent", 100),
        ("Main.flags.3", True),
        ("Main.flags", 0xBEEF),
    ],
)
def test_what_is_written_is_read_at_once_and_after_the_next_scan(plc: VirtualPlc, path: str, value: object) -> None:
    plc[path] = value
    assert plc[path] == value
    plc.cycle()
    assert plc[path] == value


def test_some_members_are_written_and_the_others_stay(plc: VirtualPlc) -> None:
    plc["Main.pairs[1]"] = {"level": 2.5, "states": ["Filling", "full"]}
    plc["Main.pairs[1]"] = {"LEVEL": 3.5}
    assert plc["Main.pairs[1]"] == {"level": 3.5, "states": [5, 6]}


def test_an_instance_is_a_dict_without_what_the_compiler_hides(plc: VirtualPlc) -> None:
    plc["Main.pairs[1].level"] = 2.5
    plc.cycle()
    assert plc["Main.valve"]["position"] == 2.5
    assert set(plc["Main.valve"]) == {"target", "position", "edge"}
    assert not any("$" in name for name in plc["Main.valve.edge"])


def test_an_enumeration_knows_its_labels(plc: VirtualPlc) -> None:
    plc["Main.state"] = "filling"
    plc.cycle()
    seen = plc["Main.seen"]
    assert seen == "Filling"
    assert seen == "FILLING"
    assert seen != "Full"
    assert (seen, seen.name, repr(seen), f"{seen:d}") == (5, "Filling", "State.Filling", "5")
    with pytest.raises(ValueError, match="'Filing' is no label of State; did you mean 'Filling'"):
        assert seen == "Filing"


def test_a_duration_is_text_or_nanoseconds(plc: VirtualPlc) -> None:
    plc["Main.wait"] = "1.5s"
    assert plc["Main.wait"] == 1_500_000_000


def test_the_last_of_many_writes_is_what_counts(plc: VirtualPlc) -> None:
    for number in range(3000):
        plc["Main.numbers[1]"] = number
    plc.cycle()
    assert plc["Main.sum"] == 2999


def test_what_is_written_behind_a_reset_is_there_after_it(plc: VirtualPlc) -> None:
    plc.cycle()
    plc["Main.numbers[1]"] = 4
    plc.order(Command.RESET_COLD)
    plc["Main.numbers[2]"] = 5
    plc.order(Command.START)
    plc.cycle()
    assert plc["Main.sum"] == 5


def test_a_large_array_is_written_between_two_scans(plc: VirtualPlc) -> None:
    plc["Main.numbers"] = [*range(10_000)]
    plc.cycle()
    assert plc["Main.sum"] == sum(range(10_000))


@pytest.mark.parametrize(
    ("path", "value", "error", "said"),
    [
        (
            "Main.pears",
            1,
            UnknownVariable,
            "no variable 'Main.pears': 'pears' is not known here; did you mean 'pairs'?",
        ),
        ("Main.pairs[1]", {"levle": 1.0}, UnknownVariable, "has no member 'levle'; did you mean 'level'?"),
        ("Main.pairs[1]", 1.0, WrongType, "is a Pair; a dict of its members is expected, not a real number 1.0"),
        ("Main.pairs[1]", {"level": "x"}, WrongType, "'Main.pairs[1].level' is REAL; a number is expected"),
        ("Main.pairs", [{}], WrongType, "takes 2 elements here, not 1"),
        ("Main.percent", 101, OutOfRange, "holds 0 to 100, not 101"),
        ("Main.wait", "soon", OutOfRange, "'Main.wait' is a duration; 'soon' is none"),
        ("Main.top", 8, NotWritable, "'Main.top' is a constant"),
    ],
)
def test_what_cannot_be_written(plc: VirtualPlc, path: str, value: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        plc[path] = value
    assert said in str(caught.value)
