"""Tasks with SINGLE, in virtual time: a rising edge starts one run, and holds up the cycle of a task that has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from iec61131.compiler import CompileOptions, check, compile_program
from iec61131.program import base_period_ns
from iec61131.source import SourceFile
from runtime.engine.states import EngineState
from runtime.image.ring import Command
from runtime.testing import VirtualPlc, load

SOURCE = """
TYPE Panel : STRUCT start, stop : BOOL; END_STRUCT; END_TYPE
VAR_GLOBAL
    alarm : BOOL;
    panels : ARRAY[1..2] OF Panel;
END_VAR
PROGRAM Count
VAR runs : DINT; last : DT; END_VAR
VAR wish : BOOL; END_VAR
runs := runs + 1;
END_PROGRAM
PROGRAM Trigger
VAR at_run, runs : DINT; END_VAR
runs := runs + 1;
alarm := runs = at_run;
END_PROGRAM
CONFIGURATION Plant
RESOURCE Cpu ON PC
    TASK cyclic (INTERVAL := T#10ms, PRIORITY := 1);
    TASK event (SINGLE := {event}, {interval}PRIORITY := {priority});
    PROGRAM trigger WITH cyclic : Trigger;
    PROGRAM other WITH event : Count;
END_RESOURCE
END_CONFIGURATION
"""


def plc(folder: Path, event: str = "alarm", interval: str = "", priority: int = 2) -> VirtualPlc:
    (folder / "main.st").write_text(SOURCE.format(event=event, interval=interval, priority=priority))
    (folder / "plc.toml").write_text('[plc]\nname = "events"\nsources = ["main.st"]\n')
    return load(folder)


def test_a_rising_edge_starts_one_run(tmp_path: Path) -> None:
    made = plc(tmp_path, event="panels[2].start")
    made.cycle(5)
    assert made["other.runs"] == 0
    made["panels[2].start"] = True
    made.cycle(5)
    assert made["other.runs"] == 1
    made["panels[2].start"] = False
    made.cycle(3)
    made["panels[2].start"] = True
    made.cycle(1)
    assert made["other.runs"] == 2


def test_a_stop_is_no_edge_and_a_reset_is(tmp_path: Path) -> None:
    made = plc(tmp_path, event="panels[2].start")
    made["panels[2].start"] = True
    made.cycle(2)
    made.order(Command.STOP)
    made.cycle(3)
    made.order(Command.START)
    made.cycle(3)
    assert (made.state, made["other.runs"]) == (EngineState.RUN, 1)
    made.order(Command.RESET_WARM)
    made["panels[2].start"] = True
    made.order(Command.START)
    made.cycle(3)
    assert made["other.runs"] == 1  # of the new memory


def test_what_a_more_urgent_task_sets_counts_in_the_same_tick(tmp_path: Path) -> None:
    made = plc(tmp_path)
    made["trigger.at_run"] = 4
    made.cycle(3)
    assert made["other.runs"] == 0
    made.cycle(1)
    assert made["other.runs"] == 1


def test_what_a_less_urgent_task_sets_counts_in_the_next_tick(tmp_path: Path) -> None:
    made = plc(tmp_path, priority=0)
    made["trigger.at_run"] = 4
    made.cycle(4)
    assert made["other.runs"] == 0
    made.cycle(1)
    assert made["other.runs"] == 1


def test_an_event_holds_up_the_cycle_while_it_lasts(tmp_path: Path) -> None:
    """IEC 61131-3, edition 3, table 63: INTERVAL counts while SINGLE is 0."""
    made = plc(tmp_path, interval="INTERVAL := T#20ms, ", event="panels[1].stop")
    made.cycle(6)
    assert made["other.runs"] == 3
    made["panels[1].stop"] = True
    made.cycle(6)
    assert made["other.runs"] == 4
    made["panels[1].stop"] = False
    made.cycle(6)
    assert made["other.runs"] == 7
    assert made.block.get("lost_activations") == 0


@pytest.mark.parametrize("event", ["%IX0.1", "%MX3.7"])
def test_an_address_can_start_a_task(tmp_path: Path, event: str) -> None:
    made = plc(tmp_path, event=event)
    made[event] = True
    made.cycle(2)
    assert made["other.runs"] == 1


def test_where_no_task_is_cyclic_events_are_looked_for_every_10_ms() -> None:
    text = SOURCE.format(event="alarm", interval="", priority=2)
    text = text.replace("INTERVAL := T#10ms", "SINGLE := panels[1].start")
    program = compile_program([SourceFile("main.st", text)], CompileOptions(optimise=0))[0]
    assert base_period_ns(program.tasks) == 10_000_000


@pytest.mark.parametrize(
    ("event", "code"),
    [("other.runs", "RUNG0427"), ("nothing", "RUNG0412"), ("TRUE", "RUNG0412"), ("%IW3", "RUNG0427")],
)
def test_what_is_no_variable_of_type_bool_starts_no_task(event: str, code: str) -> None:
    text = SOURCE.format(event=event, interval="", priority=2)
    assert [finding.code.id for finding in check([SourceFile("main.st", text)])] == [code]
