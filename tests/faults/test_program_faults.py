"""A program meets a fault while it drives a device: the place and the way there are said, nothing of that scan gets
out, the outputs are safe, and the PLC comes back where that is wanted.

The device sets the fault off: its input `trigger` makes the program give its output another value, and then fail in
the same scan.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from io_drivers.modbus.server import Unit
from runtime.engine.states import EngineState
from tests.faults.command_line import CONNECTION, PLC, WRONG, device, started, write_project
from tests.faults.rig import wait_for

pytestmark = pytest.mark.xdist_group("real plant")

GOOD, OF_THE_FAULT_SCAN, SAFE = 500, 999, 77

POINTS = """
[[device.rack.point]]
name = "trigger"
area = "discrete"
address = 0
type = "BOOL"
to = "Main.Trigger"

[[device.rack.point]]
name = "valve"
area = "holding"
address = 0
type = "UINT"
from = "Main.Valve"
safe = 77
"""

SOURCE = """\
FUNCTION Share : DINT
VAR_INPUT Total, Parts : DINT; END_VAR
Share := Total / Parts;
END_FUNCTION

FUNCTION_BLOCK Splitter
VAR_INPUT Parts : DINT; END_VAR
VAR_OUTPUT Each : DINT; END_VAR
Each := 1 + Share(1000, Parts);
END_FUNCTION_BLOCK

PROGRAM Main
VAR Trigger : BOOL; Valve : UINT := 500; Split : Splitter; Table : ARRAY[1..5] OF INT; At : INT := 1; END_VAR
Valve := 500;
Split(Parts := 4);
IF Trigger THEN
    Valve := 999;
    At := 6;
    {fault}
END_IF
END_PROGRAM
"""

IN_MAIN = ["  --> main.st:19:5 in Main", "  called from plc.toml:7:11 in main"]
DIVISION = [
    "fault[RUNG0901]: an integer was divided by zero",
    "  --> main.st:3:10 in Share",
    "  called from main.st:9:13 in Splitter",
    "  called from main.st:19:5 in Main",
    "  called from plc.toml:7:11 in main",
]
INDEX = ["fault[RUNG0902]: an array was indexed outside its bounds", *IN_MAIN]
ENDLESS = ["fault[RUNG0903]: the loops of this scan ran more often than the loop limit allows", *IN_MAIN]


def project(tmp_path: Path, port: int, fault: str, on_fault: str) -> Path:
    toml = PLC.format(more=f'on_fault = "{on_fault}"\n') + CONNECTION.format(name="rack", port=port) + POINTS
    return write_project(tmp_path, SOURCE.format(fault=fault), toml)


class Rack:
    """The device, and every value that was written to its valve, repetitions left out."""

    def __init__(self) -> None:
        self.unit = Unit(discretes=1, holdings=1, on_write=self._written)
        self.valve: list[int] = []

    def _written(self, _area: str, _address: int, values: list[int]) -> None:
        if self.valve[-1:] != values:
            self.valve += values

    def pull_trigger(self, value: int) -> None:
        self.unit.set_int("discrete", 0, value)


@pytest.mark.parametrize(
    ("fault", "report"),
    [
        ("Split(Parts := 0);", DIVISION),
        ("Table[At] := 1;", INDEX),
        ("WHILE TRUE DO At := 0; END_WHILE", ENDLESS),
    ],
    ids=["division by zero", "index out of bounds", "endless loop"],
)
def test_a_fault_is_told_with_its_place_and_the_outputs_are_safe(tmp_path: Path, fault: str, report: list[str]) -> None:
    rack = Rack()
    with (
        device(rack.unit) as port,
        started(tmp_path, project(tmp_path, port, fault, "stop"), "--seconds", "600") as plc,
    ):
        wait_for(lambda: rack.valve[-1:] == [GOOD], "the program to drive the valve")
        assert plc.state is EngineState.RUN
        rack.pull_trigger(1)
        wait_for(lambda: rack.valve[-1:] == [SAFE], "the safe value")
        assert plc.state is EngineState.FAULT
        code = report[0].split("[")[1].split("]")[0]
        wait_for(lambda: plc.said(f"more: rung explain {code}"), "the report of the fault")
        first = plc.words.index(f"engine: {report[0]}")
        assert plc.words[first : first + len(report)] == [f"engine: {line}" for line in report]
        assert "= remedy: " in plc.words[first + len(report)]

        rack.pull_trigger(0)  # which changes nothing: a fault stays until somebody says otherwise
        scans = plc.block.get("scans")
        heartbeat_ns = plc.block.get("heartbeat_ns")
        wait_for(lambda: plc.block.get("heartbeat_ns") > heartbeat_ns + 200_000_000, "twenty ticks of the engine")
        assert (plc.state, plc.block.get("scans")) == (EngineState.FAULT, scans)
        assert plc.block.get("faults") == 1
        assert plc.stop() == WRONG
        assert plc.said("rung: the program met a fault")
    assert OF_THE_FAULT_SCAN not in rack.valve
    assert rack.valve[-2:] == [GOOD, SAFE]


def test_a_plc_that_restarts_after_a_fault_comes_back_by_itself(tmp_path: Path) -> None:
    rack = Rack()
    with (
        device(rack.unit) as port,
        started(tmp_path, project(tmp_path, port, "Split(Parts := 0);", "restart")) as plc,
    ):
        wait_for(lambda: rack.valve[-1:] == [GOOD], "the program to drive the valve")
        rack.pull_trigger(1)
        wait_for(lambda: rack.valve[-1:] == [SAFE], "the safe value")
        rack.pull_trigger(0)
        wait_for(lambda: rack.valve[-1:] == [GOOD], "the program to drive the valve again")
        assert plc.state is EngineState.RUN
        assert plc.block.get("engine_starts") == 1  # the process went on; only the program was reset
        wait_for(lambda: plc.said(f"engine: {DIVISION[0]}"), "the fault to be told")
        assert plc.value("Main.At") == 1
        assert plc.stop() == 0
    assert OF_THE_FAULT_SCAN not in rack.valve
    assert rack.valve[-4:] == [GOOD, SAFE, GOOD, SAFE]
