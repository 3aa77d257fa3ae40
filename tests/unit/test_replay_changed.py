"""A recorded run with another program: the same inputs, and where the outputs differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.replay import changed, tape
from runtime.replay.changed import Outcome
from runtime.replay.tape import CannotReplay, Run
from runtime.service import plant
from runtime.testing import load

PROJECT = """[plc]
name = "changed"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
[connection.line]
driver = "simulated"
[device.io]
connection = "line"
poll = "10ms"
[[device.io.point]]
name = "level"
to = "Main.Level"
[[device.io.point]]
name = "pump"
from = "Main.Pump"
[[device.io.point]]
name = "speed"
from = "Main.Speed"
"""
SOURCE = """PROGRAM Main
VAR RETAIN Hours : DINT := 3; END_VAR
VAR
    {more}
    Level : REAL; Pump : BOOL; Speed : INT;
    Limit : REAL := {limit}; Wish : INT; Count : DINT;
END_VAR
Count := Count + 1;
Pump := Level > Limit;
Speed := Wish;
{code}
END_PROGRAM
"""


def project(folder: Path, limit: str = "2.0", more: str = "", code: str = "", points: str = PROJECT) -> Path:
    folder.mkdir()
    (folder / "main.st").write_text(SOURCE.format(limit=limit, more=more, code=code))
    (folder / "plc.toml").write_text(points)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("recorded")
    plc = load(project(folder / "project"), recording=folder / "recording")
    for tick in range(2500):
        plc.set_input("io.level", tick / 500)
        if tick == 300:
            plc["Main.Wish"] = 7
        plc.cycle()
    plc.close()
    (found,) = tape.read(folder / "recording")
    return found


def compared(run: Run, folder: Path) -> Outcome:
    return changed.compare(run, plant.build(folder))


def test_the_same_program_makes_no_difference(run: Run, tmp_path: Path) -> None:
    outcome = compared(run, project(tmp_path / "same"))
    assert outcome.ticks == 2500
    assert outcome.differing == ()
    assert next(iter(changed.lines(run, outcome))) == "every output is the same in all 2,500 ticks"


def test_what_differs_is_told_from_its_first_tick(run: Run, tmp_path: Path) -> None:
    """Another limit, with a variable before it, so that nothing lies where it did."""
    outcome = compared(run, project(tmp_path / "other", limit="3.0", more="Table : ARRAY[1..9] OF LREAL;"))
    (pump,) = outcome.differing
    assert (pump.point, pump.ticks, pump.tick) == ("io.pump", 500, 1001)
    assert (pump.recorded, pump.instead) == (True, False)
    assert outcome.dropped == 0  # the command has found its variable: `speed` is the same


def test_a_command_for_what_is_gone_is_counted(run: Run, tmp_path: Path) -> None:
    folder = project(tmp_path / "gone")
    text = (folder / "main.st").read_text().replace("Wish : INT;", "Desired : INT;").replace(":= Wish", ":= Desired")
    (folder / "main.st").write_text(text)
    outcome = compared(run, folder)
    assert outcome.dropped == 1
    assert [(each.point, each.tick) for each in outcome.differing] == [("io.speed", 300)]


def test_a_fault_of_the_other_program_is_told(run: Run, tmp_path: Path) -> None:
    code = "IF Count = 100 THEN Speed := Speed / (Wish * 0); END_IF;"
    outcome = compared(run, project(tmp_path / "faulty", code=code))
    assert outcome.fault is not None
    assert outcome.fault.code == "RUNG0901"


def test_a_run_from_the_middle_goes_on_with_its_variables(run: Run, tmp_path: Path) -> None:
    later = tape.Run(run.program, run.utc_offset_ns, run.keys[1:], run.parts, run.why)
    assert 300 < later.first_tick < 2400
    outcome = compared(later, project(tmp_path / "later", more="Table : ARRAY[1..9] OF LREAL;"))
    assert outcome.differing == ()
    assert outcome.ticks == 2500 - later.first_tick


def test_points_that_do_not_match(run: Run, tmp_path: Path) -> None:
    one = PROJECT.replace('name = "speed"', 'name = "velocity"')
    assert compared(run, project(tmp_path / "renamed", points=one)).untold == ("io.speed", "io.velocity")
    none = one.replace('name = "pump"', 'name = "motor"')
    with pytest.raises(CannotReplay, match="no output in common"):
        compared(run, project(tmp_path / "none", points=none))
    folder = project(tmp_path / "typed")
    text = (folder / "main.st").read_text().replace("Level : REAL;", "Level : LREAL;")
    (folder / "main.st").write_text(text.replace("Limit : REAL", "Limit : LREAL"))
    with pytest.raises(CannotReplay, match="another type"):
        compared(run, folder)
