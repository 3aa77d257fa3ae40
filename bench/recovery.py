"""How soon a killed process is back at work: the tank under control, SIGKILL to one of its processes, again and again.

I/O: until the program sees a value that was read after the kill. Gateway: until a client that connects anew has read a
value. Engine: until the device has its safe outputs, and until the program runs again. The reference is the target, one
second; a lost scan while I/O or gateway are away fails the bench.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from asyncua import Client
from pymodbus.client import ModbusTcpClient

from bench import report
from runtime.engine.states import EngineState
from tests.faults.rig import Rig, running_tank, wait_for

NAME = "recovery"
ROUNDS = 7
TARGET_S = 1.0
SETTLED_S = 6.0
"""Between two kills: a process that lived for less than five seconds is started again with a pause."""


def run() -> report.Result:
    logging.disable(logging.WARNING)
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, running_tank(Path(folder), "recovery") as plc:
        for _ in range(ROUNDS):
            for name, measure in MEASURES.items():
                time.sleep(SETTLED_S)
                wait_for(lambda: plc.supervisor.spares.pid, "a process in waiting")
                lost = plc.lost
                figures.setdefault(name, []).append(measure(plc))
                if not name.startswith("engine") and plc.lost != lost:
                    raise SystemExit(f"{name}: {plc.lost - lost} scans were lost")
    programs = [
        report.row(name, median(values), TARGET_S, 1.0, "s", worst_s=max(values)) for name, values in figures.items()
    ]
    worst = max(programs, key=lambda p: p["ratio"])
    return {**worst, "name": NAME, "worst_of": worst["name"], "rounds": ROUNDS, "programs": programs}


def _io(plc: Rig) -> float:
    killed_ns = time.monotonic_ns()
    plc.kill("io")

    def read_after() -> bool:
        snapshot = plc.snapshot()
        channel = plc.supervisor.plant.bound.input_names.index("tank.level")
        return int(snapshot.time_ns[channel]) > killed_ns + 1_000_000

    return wait_for(read_after, "a new value of the level")


def _gateway(plc: Rig) -> float:
    async def read() -> bool:
        async with Client(f"opc.tcp://127.0.0.1:{plc.opcua_port}", timeout=1) as client:
            index = await client.get_namespace_index("urn:rung:recovery:variables")
            value = await client.get_node(f"ns={index};s=recovery.Main.Level").read_data_value()
            return value.StatusCode is not None and value.StatusCode.is_good()

    def can_read() -> bool:
        try:
            return asyncio.run(read())
        except (OSError, TimeoutError):
            return False

    plc.kill("gateway")
    return wait_for(can_read, "an OPC UA client to read")


def _engine_safe(plc: Rig) -> float:
    with ModbusTcpClient("127.0.0.1", port=plc.modbus_port) as client:
        plc.kill("engine")
        return wait_for(lambda: client.read_coils(0, count=2, device_id=1).bits[:2] == [False, True], "safe outputs")


def _engine_runs(plc: Rig) -> float:
    dead = plc.kill("engine")
    return wait_for(lambda: plc.block.get("engine_pid") != dead and plc.state is EngineState.RUN, "RUN")


MEASURES: dict[str, Callable[[Rig], float]] = {
    "I/O: values flow again": _io,
    "gateway: clients read again": _gateway,
    "engine: outputs are safe": _engine_safe,
    "engine: runs again": _engine_runs,
}

if __name__ == "__main__":
    print(report.table([run()]))
