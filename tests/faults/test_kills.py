"""Processes killed with SIGKILL while the tank is under control: the scan goes on, or the outputs are safe, and
everything comes back.
"""

# asyncua's declarations say less than its classes accept.
# pyright: reportArgumentType=false, reportOptionalMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from asyncua import Client, ua
from pymodbus.client import ModbusTcpClient

from io_drivers.contract import Quality, Reason
from runtime.engine.states import EngineState
from runtime.service import plant as plants
from runtime.supervisor import HUNG_NS, CannotStart, Supervisor, attach, running
from tests.faults import rig
from tests.faults.rig import Rig, running_tank, wait_for

pytestmark = pytest.mark.xdist_group("real plant")


def device_outputs(plc: Rig) -> tuple[bool, bool, int]:
    """(pump, alarm, valve) as the device has them."""
    with ModbusTcpClient("127.0.0.1", port=plc.modbus_port) as client:
        coils = client.read_coils(0, count=2, device_id=1)
        valve = client.read_holding_registers(0, count=1, device_id=1)
        return coils.bits[0], coils.bits[1], valve.registers[0]


def test_killing_the_io_process_costs_no_scan(tmp_path: Path) -> None:
    """Inputs turn bad with their age, the program goes on, the process is started again and values flow."""
    with running_tank(tmp_path, "kill-io") as plc:
        lost, scans = plc.lost, plc.block.get("scans")
        with plc.successor_held():
            dead = plc.kill("io")
            wait_for(lambda: plc.input("tank.level")[0] is Quality.BAD, "the level to turn bad")
            _, reason, age_ns = plc.input("tank.level")
            assert reason is Reason.STALE
            assert age_ns > 500_000_000  # max_age in the tank's plc.toml
            wait_for(lambda: plc.input("tank.level")[2] > age_ns, "the age to grow")
            assert plc.block.get("io_starts") == 1
        wait_for(lambda: plc.input("tank.level")[0] is Quality.GOOD, "the level to be good again")
        assert plc.block.get("io_pid") != dead
        assert plc.block.get("io_starts") == 2
        assert plc.lost == lost
        assert plc.state is EngineState.RUN
        assert plc.block.get("scans") > scans


def test_a_process_that_was_waiting_takes_over(tmp_path: Path) -> None:
    """Whoever is killed is followed by the process in waiting, and that one by another."""
    with running_tank(tmp_path, "spare") as plc:
        for role in ("io", "gateway"):
            wait_for(lambda: plc.supervisor.spares.pid, "a process to be in waiting")
            waiting, dead = plc.supervisor.spares.pid, plc.kill(role)
            wait_for(lambda d=dead, r=role: plc.block.get(f"{r}_pid") != d, "a successor")
            assert plc.block.get(f"{role}_pid") == waiting


def test_a_killed_process_in_waiting_is_replaced(tmp_path: Path) -> None:
    """And should it be needed at that very moment, a new process plays the role."""
    with running_tank(tmp_path, "no-spare") as plc:
        wait_for(lambda: plc.supervisor.spares.pid, "a process to be in waiting")
        first = plc.supervisor.spares.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        dead = plc.kill("io")
        wait_for(lambda: plc.block.get("io_pid") != dead, "a successor")
        wait_for(lambda: plc.supervisor.spares.pid not in (None, first), "another process to be in waiting")


@pytest.mark.parametrize("role", ["io", "engine"])
def test_a_process_that_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    """An engine stopped by a debugger stayed where it was, its outputs safe, until somebody looked."""
    with running_tank(tmp_path, "hang") as plc:
        monkeypatch.setitem(HUNG_NS, role, 1_000_000_000)
        hung = plc.block.get(f"{role}_pid")
        os.kill(hung, signal.SIGSTOP)
        wait_for(lambda: plc.block.get(f"{role}_pid") != hung, "a successor")
        wait_for(lambda: plc.state is EngineState.RUN, "RUN")
        wait_for(lambda: plc.input("tank.level")[0] is Quality.GOOD, "the level to be good")
        assert any("no sign of life" in event.text for event in plc.supervisor.events)


def test_killing_the_gateway_costs_no_scan(tmp_path: Path) -> None:
    async def read_level(port: int) -> ua.DataValue:
        async with Client(f"opc.tcp://127.0.0.1:{port}") as client:
            index = await client.get_namespace_index("urn:rung:kill-gateway:variables")
            return await client.get_node(ua.NodeId("kill-gateway.Main.Level", index)).read_data_value()

    def can_read() -> bool:
        try:
            return asyncio.run(read_level(plc.opcua_port)).StatusCode.is_good()
        except (OSError, TimeoutError, ConnectionError):
            return False

    with running_tank(tmp_path, "kill-gateway") as plc:
        lost = plc.lost
        wait_for(can_read, "a client to read the level")
        dead = plc.kill("gateway")
        wait_for(lambda: plc.block.get("gateway_pid") != dead, "the gateway to be started again")
        wait_for(can_read, "a client to read the level again")
        assert plc.lost == lost
        assert plc.state is EngineState.RUN


def test_killing_the_engine_makes_the_outputs_safe(tmp_path: Path) -> None:
    """The I/O process writes the safe values; the supervisor starts the engine again and the program runs."""
    with running_tank(tmp_path, "kill-engine") as plc:
        assert device_outputs(plc)[0] is True
        with plc.successor_held():
            dead = plc.kill("engine")
            wait_for(lambda: device_outputs(plc) == (False, True, 0), "pump off, alarm on, valve shut")
            assert plc.block.get("engine_starts") == 1
        wait_for(lambda: plc.state is EngineState.RUN, "the engine to run again")
        assert plc.block.get("engine_pid") != dead
        assert plc.block.get("engine_starts") == 2
        wait_for(lambda: device_outputs(plc)[1] is False, "the program to drive the outputs again")
        assert plc.input("tank.level")[0] is Quality.GOOD


def test_a_killed_supervisor_takes_everything_along(tmp_path: Path) -> None:
    """No process, no memory, safe outputs; and the PLC can be started again at once."""
    with rig.plant_of("tank") as modbus_port:
        project = rig.project_of("tank", tmp_path / "project", "kill-all", modbus_port, rig.free_port())
        environment = {**os.environ, "RUNG_STATE": str(tmp_path / "state")}
        command = [sys.executable, "-m", "runtime.cli", "run", str(project), "--plain"]
        for _ in range(2):
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=rig.ROOT)
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"kill-all runs")
            assert running(tmp_path / "state") == ["kill-all"]
            block = attach(tmp_path / "state" / "kill-all")
            children = [block.get(f"{role}_pid") for role in ("engine", "io", "gateway")]
            wait_for(lambda b=block: b.get("scans") > 5, "scans")
            process.kill()
            process.wait()
            process.stdout.close()
            for child in children:
                wait_for(lambda pid=child: not rig.alive(pid), f"child {child} to end")
            assert running(tmp_path / "state") == []
            block.close()
        with ModbusTcpClient("127.0.0.1", port=modbus_port) as client:
            assert client.read_coils(0, count=2, device_id=1).bits[:2] == [False, True]


def test_a_second_start_is_refused(tmp_path: Path) -> None:
    with running_tank(tmp_path, "twice") as plc:
        second = Supervisor(plc.supervisor.plant, plc.supervisor.folder)
        with pytest.raises(CannotStart, match=r"the PLC 'twice' runs already \(process \d+\)"):
            second.start()
        assert plc.state is EngineState.RUN


def test_a_taken_port_is_said_and_nothing_stays_behind(tmp_path: Path) -> None:
    import socket

    with rig.plant_of("tank") as modbus_port, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        project = rig.project_of("tank", tmp_path / "project", "taken", modbus_port, port)
        supervisor = Supervisor(plants.build(project), tmp_path / "state" / "taken")
        with pytest.raises(CannotStart, match=r"cannot listen on .*address already in use.*free the port or change"):
            supervisor.start()
        assert running(tmp_path / "state") == []
        with ModbusTcpClient("127.0.0.1", port=modbus_port) as client:
            assert client.read_coils(0, count=1, device_id=1).bits[0] is False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_cleanly(tmp_path: Path, number: int) -> None:
    with rig.plant_of("tank") as modbus_port:
        project = rig.project_of("tank", tmp_path / "project", "interrupted", modbus_port, rig.free_port())
        environment = {**os.environ, "RUNG_STATE": str(tmp_path / "state")}
        command = [sys.executable, "-m", "runtime.cli", "run", str(project), "--plain"]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, cwd=rig.ROOT, start_new_session=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        block = attach(tmp_path / "state" / "interrupted")
        children = [block.get(f"{role}_pid") for role in ("engine", "io", "gateway")]
        os.killpg(process.pid, number)  # as a terminal does it: every process of the group gets it
        output = process.stdout.read().decode()
        process.stdout.close()
        assert process.wait(20) == 0, output
        assert not any(rig.alive(child) for child in children)
        block.close()
