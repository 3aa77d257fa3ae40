"""What a device is told at each change of a PLC's state, and what becomes of retained variables: the rows of
`engine.states.TRANSITIONS` that no other test of this folder proves. One PLC for all of them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from iec61131.program import FaultCode
from io_drivers.modbus.server import Unit
from runtime.engine.states import EngineState
from runtime.image.ring import Command, CommandRing
from runtime.service import values
from runtime.service.retain.image import scatter
from tests.faults.command_line import CONNECTION, PLC, device, write_project
from tests.faults.rig import Rig, free_port, running_project, wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """\
PROGRAM Main
VAR Valve : UINT; Plain : DINT; Divisor : DINT := 1; END_VAR
VAR RETAIN Kept : DINT; END_VAR
VAR PERSISTENT Stays : DINT; END_VAR
Valve := 500;
IF Plain = 0 THEN Kept := Kept + 1; Stays := Stays + 1; END_IF;
Plain := Plain + 1;
Kept := Kept + 1 / Divisor - 1;
END_PROGRAM
"""
POINTS = """
[[device.rack.point]]
name = "valve"
area = "holding"
address = 0
type = "UINT"
from = "Main.Valve"
safe = 77

"""
SENSOR = """
[[device.sensor.point]]
name = "sensor"
area = "discrete"
address = 0
type = "BOOL"
to = "Main.Sensor"
max_age = "1s"
on_loss = "fault"
"""
PROGRAM, SAFE = 500, 77


class Rack:
    """The device with the valve, and every value that was written to it, repetitions left out."""

    def __init__(self) -> None:
        self.unit = Unit(holdings=1, on_write=self._written)
        self.values: list[int] = []

    def _written(self, _area: str, _address: int, values: list[int]) -> None:
        if self.values[-1:] != values:
            self.values += values

    @property
    def now(self) -> int:
        return self.values[-1] if self.values else -1


class Plant:
    """The PLC under a supervisor, and its rack."""

    def __init__(self, rig: Rig, rack: Rack) -> None:
        self.rig, self.rack = rig, rack
        self._ring = CommandRing(rig.block, "terminal")

    def order(self, *commands: Command) -> None:
        for command in commands:
            ticket = self._ring.order(command)
        wait_for(lambda: self._ring.applied >= ticket, "the order to be obeyed")

    def write(self, path: str, value: object) -> None:
        self._ring.write([values.write(self.rig.program, self.rig.program.find(path), value)])

    def await_run(self) -> None:
        wait_for(lambda: self.rig.state is EngineState.RUN, "RUN")
        wait_for(lambda: self.rack.now == PROGRAM, "the program's value")

    def await_safe(self) -> None:
        wait_for(lambda: self.rack.now == SAFE, "the safe value")

    def kept(self) -> tuple[object, object]:
        return self.rig.value("Main.Kept"), self.rig.value("Main.Stays")

    def known_values(self) -> tuple[object, object]:
        """The same as the next engine would begin with."""
        keeper, program = self.rig.supervisor._keeper, self.rig.program
        assert keeper is not None
        memory = np.frombuffer(program.initial, np.uint8).copy()
        scatter(program.retained, keeper.values, memory)
        kept, stays = (values.read(program, program.find(path), memory) for path in ("Main.Kept", "Main.Stays"))
        return kept, stays


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    rack, folder = Rack(), tmp_path_factory.mktemp("transitions")
    with device(rack.unit) as port:
        toml = PLC.format(more="") + CONNECTION.format(name="rack", port=port) + POINTS
        toml += f'[opcua]\nendpoint = "opc.tcp://127.0.0.1:{free_port()}"\n'
        with running_project(write_project(folder, SOURCE, toml), folder / "state" / "plant", 0) as rig:
            yield Plant(rig, rack)
    assert rack.now == SAFE, "after the end"


@pytest.fixture
def plant(made: Plant) -> Plant:
    made.await_run()
    return made


def test_a_stop_makes_the_outputs_safe_and_a_start_gives_them_back(plant: Plant) -> None:
    kept = plant.kept()
    plant.order(Command.STOP)
    plant.await_safe()
    assert plant.rig.state is EngineState.STOP
    plant.order(Command.START)
    plant.await_run()
    assert plant.kept() == kept


@pytest.mark.parametrize(
    ("kind", "kept", "stays"),
    [(Command.RESET_WARM, True, True), (Command.RESET_COLD, False, True), (Command.RESET_ORIGIN, False, False)],
    ids=lambda value: value.name if isinstance(value, Command) else "",
)
def test_a_reset_makes_the_outputs_safe(plant: Plant, kind: Command, kept: bool, stays: bool) -> None:
    before = plant.kept()
    plant.order(kind)
    plant.await_safe()
    assert plant.rig.state is EngineState.STOP
    after = plant.kept()
    assert after == (before[0] if kept else 0, before[1] if stays else 0)
    assert plant.rig.value("Main.Plain") == 0
    plant.order(Command.START)
    plant.await_run()


def test_a_lost_input_that_is_a_fault_makes_the_outputs_safe(tmp_path: Path) -> None:
    rack, sensor = Rack(), Unit(discretes=1)
    with device(rack.unit) as rack_port, device(sensor) as sensor_port:
        toml = PLC.format(more="") + CONNECTION.format(name="rack", port=rack_port) + POINTS
        toml += CONNECTION.format(name="sensor", port=sensor_port) + SENSOR
        project = write_project(tmp_path, SOURCE.replace("VAR Valve", "VAR Sensor : BOOL; Valve"), toml)
        with running_project(project, tmp_path / "state" / "plant", 0) as rig:
            plant = Plant(rig, rack)
            plant.await_run()
            del sensor.areas["discrete"][:]  # the device refuses from now on
            wait_for(lambda: rig.state is EngineState.FAULT, "the fault")
            plant.await_safe()
            assert rig.block.get("fault_code") == FaultCode.INPUT_LOST


def test_a_killed_io_process_leaves_the_outputs_as_they_are_until_its_successor_writes(plant: Plant) -> None:
    with plant.rig.successor_held():
        written = len(plant.rack.values)
        plant.rig.kill("io")
        scans = plant.rig.block.get("scans")
        wait_for(lambda: plant.rig.block.get("scans") > scans + 20, "twenty scans")
        assert plant.rack.values[written:] == []
        plant.rack.unit.set_int("holding", 0, 1)  # somebody turns it by hand
    wait_for(lambda: plant.rig.block.get("io_starts") > 1, "the next I/O process")
    wait_for(lambda: plant.rack.unit.areas["holding"][0] == PROGRAM, "the program's value")
    assert SAFE not in plant.rack.values[written:]


def test_a_killed_gateway_changes_no_output(plant: Plant) -> None:
    written, starts = len(plant.rack.values), plant.rig.block.get("gateway_starts")
    plant.rig.kill("gateway")
    wait_for(lambda: plant.rig.block.get("gateway_starts") > starts, "the next gateway")
    assert plant.rack.values[written:] == []
    assert plant.rig.state is EngineState.RUN


def test_the_outputs_of_an_engine_that_is_silent_are_safe(plant: Plant) -> None:
    """Stopped by a debugger, or starved: the I/O process waits for `outputs_timeout` alone."""
    pid = plant.rig.block.get("engine_pid")
    os.kill(pid, signal.SIGSTOP)
    try:
        plant.await_safe()
        assert plant.rig.block.get("state") == EngineState.RUN, "it could not say anything"
    finally:
        os.kill(pid, signal.SIGCONT)
    plant.await_run()


def test_after_a_fault_the_retained_values_of_the_scan_before_count(plant: Plant) -> None:
    kept = plant.kept()
    wait_for(lambda: plant.known_values() == kept, "the keeper to know the values")
    plant.write("Main.Divisor", 0)
    wait_for(lambda: plant.rig.state is EngineState.FAULT, "the fault")
    wait_for(lambda: any("RUNG0901" in event.text for event in plant.rig.supervisor.events), "the fault to be told")
    plant.rig.kill("engine")
    wait_for(lambda: plant.rig.state is EngineState.STOP, "the next engine, which waits for a person")
    plant.await_safe()
    plant.order(Command.START)
    plant.await_run()
    assert plant.kept() == (kept[0] + 1, kept[1] + 1)  # type: ignore[operator]
