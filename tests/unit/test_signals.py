"""QUALITY, QUALITY_REASON and AGE through the whole engine: project file, binding, latch, machine code."""

from __future__ import annotations

from pathlib import Path

import pytest

from iec61131.program import CompiledProgram
from io_drivers.contract import Quality, Reason
from runtime.engine.states import EngineState
from runtime.image.ring import Command
from runtime.service import plant
from runtime.service.bound import Bound
from runtime.service.exposure import BoundInput
from runtime.service.signals import signal_rows
from runtime.testing import VirtualPlc

MS, NEVER = 1_000_000, (1 << 63) - 1

SOURCE = """
TYPE
    Tank : STRUCT
        level : REAL;
        full : BOOL;
    END_STRUCT;
END_TYPE

FUNCTION_BLOCK Valve
VAR
    position AT %I* : INT;
    quality : QUALITY_CODE;
END_VAR
quality := QUALITY(position);
END_FUNCTION_BLOCK

PROGRAM Main
VAR
    tanks : ARRAY[1..2] OF Tank;
    raw AT %IW0 : INT;
    open AT %IX2.1 : BOOL;
    valve, other : Valve;
    n : INT := 1;
    quality, ofTanks, ofOpen, ofRaw : QUALITY_CODE;
    reason : QUALITY_REASON_CODE;
    age, ageOfRaw : TIME;
END_VAR
quality := QUALITY(tanks[n].level);
reason := QUALITY_REASON(tanks[n].level);
age := AGE(tanks[n].level);
ofTanks := QUALITY(tanks);
ofOpen := QUALITY(open);
ofRaw := QUALITY(raw);
ageOfRaw := AGE(raw);
valve();
other();
END_PROGRAM

CONFIGURATION Plant
    RESOURCE Station ON PLC
        TASK Fast (INTERVAL := T#10ms);
        PROGRAM Main WITH Fast : Main;
    END_RESOURCE
    VAR_CONFIG
        Main.valve.position AT %IW4 : INT;
    END_VAR
END_CONFIGURATION
"""

PROJECT = """
[plc]
name = "signals"
sources = ["main.st"]
[connection.line]
driver = "simulated"
[device.d]
connection = "line"
[[device.d.point]]
name = "level1"
type = "REAL"
to = "Main.tanks[1].level"
max_age = "100ms"
on_loss = {level1_on_loss}
[[device.d.point]]
name = "level2"
type = "REAL"
to = "Main.tanks[2].level"
max_age = "1h"
[[device.d.point]]
name = "open"
type = "BOOL"
to = "%IX2.1"
max_age = "1h"
[[device.d.point]]
name = "position"
type = "INT"
to = "%IW4"
max_age = "1h"
"""
POINTS = {"d.level1": 1.5, "d.level2": 2.5, "d.open": True, "d.position": 7}


def project(folder: Path, source: str = SOURCE, on_loss: str = '"hold"') -> Path:
    (folder / "main.st").write_text(source)
    (folder / "plc.toml").write_text(PROJECT.format(level1_on_loss=on_loss))
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> plant.Plant:
    return plant.build(project(tmp_path_factory.mktemp("signals")))


def started(built: plant.Plant) -> VirtualPlc:
    plc = VirtualPlc(built)
    for point, value in POINTS.items():
        plc.set_input(point, value)
    return plc


def test_the_enumerators_are_the_numbers_of_the_drivers(built: plant.Plant) -> None:
    types = {type_.name: dict(type_.labels) for type_ in built.program.types}
    assert types["QUALITY_CODE"] == {quality.name: quality.value for quality in Quality}
    assert types["QUALITY_REASON_CODE"] == {reason.name: reason.value for reason in Reason}


def test_nothing_was_read_at_the_start(built: plant.Plant) -> None:
    plc = VirtualPlc(built)
    plc.cycle()
    assert plc["Main.quality"] == Quality.BAD
    assert plc["Main.reason"] == Reason.NEVER_READ
    assert plc["Main.age"] == NEVER


def test_an_input_is_lost_and_found(built: plant.Plant) -> None:
    """The age is that of the last good read, also when `max_age` is over, and goes by the clock of the scans."""
    plc = started(built)
    plc.cycle(2)
    assert (plc["Main.quality"], plc["Main.reason"], plc["Main.age"]) == (Quality.GOOD, Reason.NONE, 0)
    plc.lose_input("d.level1", Reason.TIMEOUT)
    plc.cycle(3)
    assert (plc["Main.quality"], plc["Main.reason"]) == (Quality.BAD, Reason.TIMEOUT)
    assert plc["Main.age"] == 30 * MS
    plc.cycle(30)
    assert plc["Main.quality"] == Quality.BAD
    assert plc["Main.age"] == 330 * MS
    assert plc["Main.tanks[1].level"] == 1.5
    plc.restore_input("d.level1")
    plc.set_input("d.level1", 1.75)
    plc.cycle()
    assert (plc["Main.quality"], plc["Main.reason"], plc["Main.age"]) == (Quality.GOOD, Reason.NONE, 0)


def test_an_element_is_chosen_while_the_program_runs(built: plant.Plant) -> None:
    plc = started(built)
    plc.cycle()
    plc.lose_input("d.level2", Reason.DEVICE_ERROR)
    plc.cycle()
    assert plc["Main.quality"] == Quality.GOOD
    assert plc["Main.ofTanks"] == Quality.BAD
    plc["Main.n"] = 2
    plc.cycle()
    assert (plc["Main.quality"], plc["Main.reason"]) == (Quality.BAD, Reason.DEVICE_ERROR)


def test_bits_and_copies_have_the_quality_of_their_input(built: plant.Plant) -> None:
    plc = started(built)
    plc.cycle()
    assert plc["Main.valve.position"] == 7
    assert plc["Main.ofOpen"] == plc["Main.valve.quality"] == Quality.GOOD
    plc.lose_input("d.open")
    plc.lose_input("d.position")
    plc.cycle()
    assert plc["Main.ofOpen"] == plc["Main.valve.quality"] == Quality.BAD
    assert plc["Main.other.quality"] == plc["Main.ofRaw"] == Quality.GOOD, "no input fills these"
    assert plc["Main.ageOfRaw"] == 0


def test_a_substitute_is_no_good_value(tmp_path: Path) -> None:
    plc = started(plant.build(project(tmp_path, on_loss="{ value = 9.0 }")))
    plc.cycle()
    plc.lose_input("d.level1", Reason.TIMEOUT)
    plc.cycle(20)
    assert plc["Main.tanks[1].level"] == 9.0
    assert (plc["Main.quality"], plc["Main.age"]) == (Quality.BAD, 200 * MS)


def test_a_stale_value_is_bad_whatever_the_driver_says(built: plant.Plant) -> None:
    plc = started(built)
    plc.cycle()
    plc.freeze_input("d")
    plc.cycle(11)
    assert (plc["Main.quality"], plc["Main.reason"]) == (Quality.BAD, Reason.STALE)
    assert plc["Main.age"] == 110 * MS


def test_a_reset_leaves_the_way_to_the_table(built: plant.Plant) -> None:
    plc = started(built)
    plc.cycle(5)
    plc.order(Command.RESET_COLD)
    plc.cycle()
    plc.order(Command.START)
    plc.cycle()
    assert plc.state is EngineState.RUN
    assert (plc["Main.quality"], plc["Main.age"]) == (Quality.GOOD, 0)
    plc.lose_input("d.level1", Reason.STOPPED)
    plc.cycle()
    assert (plc["Main.reason"], plc["Main.age"]) == (Reason.STOPPED, 10 * MS)


def test_program_and_binding_go_through_their_bytes(built: plant.Plant) -> None:
    program = CompiledProgram.from_bytes(built.program.to_bytes())
    assert program.asked == built.program.asked != ()
    assert [(row.address, row.path) for row in program.copied] == [("%IW4", "Main.valve.position")]
    assert Bound.from_bytes(built.bound.to_bytes()).signals == built.bound.signals != ()


def test_a_program_that_asks_nothing_has_no_table(tmp_path: Path) -> None:
    quiet = SOURCE.replace("QUALITY(", "Q(").replace("QUALITY_REASON(", "R(").replace("AGE(", "A(")
    functions = "FUNCTION Q : QUALITY_CODE\nVAR_IN_OUT x : ARRAY[1..2] OF Tank; END_VAR\nQ := GOOD;\nEND_FUNCTION\n"
    body = quiet[quiet.index("quality := Q(tanks[n]") : quiet.index("valve();")]
    quiet = quiet.replace(body, "ofTanks := Q(tanks);\n").replace("quality := Q(position);", "quality := GOOD;")
    built = plant.build(project(tmp_path, functions + quiet))
    assert built.program.asked == built.bound.signals == ()
    VirtualPlc(built).cycle()


def test_what_is_asked_in_vain_is_warned_about_once(tmp_path: Path) -> None:
    """`raw` is asked about twice and has no point; `position` only the running program knows."""
    found = plant.check(project(tmp_path))
    assert [(finding.code.id, finding.span.line) for finding in found] == [("RUNG0558", 33)]
    assert "Main.raw" in found[0].message
    for is_cached in (False, True):
        built = plant.build(tmp_path, cache=tmp_path / "cache")
        assert built.cached is is_cached
        assert [(finding.code.id, finding.span.line) for finding in built.warnings] == [("RUNG0558", 33)]


def test_a_copy_of_a_word_has_a_row_for_each_bit_that_is_an_input(built: plant.Plant) -> None:
    start = built.program.find("%IW4").bits[0]
    target = built.program.find("Main.valve.position").bits[0]
    rows = signal_rows(built.program, [BoundInput("a", 0, start + 3, start + 4), BoundInput("b", 1, 0, start + 1)])
    assert [(row.start, row.end, row.channel) for row in rows] == [
        (0, start + 1, 1),
        (start + 3, start + 4, 0),
        (target, target + 1, 1),
        (target + 3, target + 4, 0),
    ]
