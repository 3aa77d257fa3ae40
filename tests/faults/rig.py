"""A real plant for tests: a simulated one, the three processes and their supervisor, on ports of their own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from iec61131.program import CompiledProgram
from io_drivers.contract import Quality, Reason
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.snapshot import Snapshot, SnapshotReader
from runtime.service import plant as plants
from runtime.service import values
from runtime.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / "programs"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], what: str, timeout_s: float = 20.0) -> float:
    """Wait until `condition` is true; returns how long that took. Fails with `what` after the time."""
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < timeout_s, f"did not happen within {timeout_s:g} s: {what}"
        threading.Event().wait(0.002)
    return time.monotonic() - started_s


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or before it was read
        return False


def project_of(program: str, folder: Path, name: str, modbus_port: int, opcua_port: int) -> Path:
    """A copy of the example `program` with ports and a name of its own."""
    shutil.copytree(PROGRAMS / program, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (folder / "plc.toml").read_text()
    for pattern, own in (
        (r'^name = ".*"\nsources', f'name = "{name}"\nsources'),
        (r"^port = \d+$", f"port = {modbus_port}"),
        (r'^endpoint = "opc.tcp://127.0.0.1:\d+"$', f'endpoint = "opc.tcp://127.0.0.1:{opcua_port}"'),
    ):
        text, replaced = re.subn(pattern, own, text, flags=re.MULTILINE)
        assert replaced == 1, pattern
    (folder / "plc.toml").write_text(text)
    return folder


@contextmanager
def plant_of(program: str, port: int = 0, speed: float = 20.0) -> Iterator[int]:
    """The simulated plant of the example `program`; yields its Modbus port, which is a free one unless it is given."""
    command = [sys.executable, str(PROGRAMS / program / "plant.py"), "--port", str(port), "--speed", str(speed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline().split()[1])
    finally:
        process.terminate()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()


class Rig:
    """A running PLC with the means to hurt it and to see what happens."""

    def __init__(self, supervisor: Supervisor, modbus_port: int, opcua_port: int) -> None:
        self.supervisor, self.modbus_port, self.opcua_port = supervisor, modbus_port, opcua_port
        assert supervisor.block is not None
        self.block: Block = Block.attach(os.dup(supervisor.block.fd))
        self.program: CompiledProgram = supervisor.plant.program
        self._reader = SnapshotReader(self.block)

    def kill(self, role: str) -> int:
        """SIGKILL; returns the process id that is no more."""
        pid = self.block.get(f"{role}_pid")
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def successor_held(self) -> Iterator[None]:
        """Whoever is killed inside stays away until the end: the process in waiting gets its role but is stopped."""
        spares = self.supervisor.spares
        wait_for(lambda: spares.pid, "a process to be in waiting")
        pid = spares.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def snapshot(self) -> Snapshot:
        ticket = self._reader.request()
        found: list[Snapshot] = []

        def arrived() -> bool:
            snapshot = self._reader.take(ticket)
            if snapshot is not None:
                found.append(snapshot)
            return bool(found)

        wait_for(arrived, "a snapshot")
        return found[0]

    def value(self, path: str) -> object:
        return values.read(self.program, self.program.find(path), self.snapshot().memory)

    def input(self, name: str) -> tuple[Quality, Reason, int]:
        """Quality, reason and age in nanoseconds of an input, as the program sees it."""
        snapshot = self.snapshot()
        channel = self.supervisor.plant.bound.input_names.index(name)
        age_ns = snapshot.now_ns - int(snapshot.time_ns[channel])
        return Quality(snapshot.quality[channel]), Reason(snapshot.reason[channel]), age_ns

    @property
    def state(self) -> EngineState:
        return EngineState(self.block.get("state"))

    @property
    def lost(self) -> int:
        return self.block.get("lost_activations")


@contextmanager
def running_tank(tmp_path: Path, name: str) -> Iterator[Rig]:
    """The tank under control: RUN, start pressed, pump running."""
    with plant_of("tank") as modbus_port:
        opcua_port = free_port()
        project = project_of("tank", tmp_path / "project", name, modbus_port, opcua_port)
        with running_project(project, tmp_path / "state" / name, modbus_port, opcua_port) as rig:
            wait_for(lambda: rig.value("Main.PumpRunning"), "the pump to run")
            yield rig


@contextmanager
def running_project(project: Path, state: Path, modbus_port: int, opcua_port: int = 0) -> Iterator[Rig]:
    """The PLC of a project folder."""
    supervisor = Supervisor(plants.build(project), state)
    supervisor.start()
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    rig = Rig(supervisor, modbus_port, opcua_port)
    try:
        yield rig
    finally:
        supervisor.request_stop()
        thread.join(20)
        rig.block.close()
    assert not thread.is_alive()
