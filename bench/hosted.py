"""What one more PLC of the service takes: `rung serve --plcs-per-process 64`, PLCs of 1,000 statements at 10 ms with a
flight recorder and ten outputs, without and with an OPC UA gateway that exposes 111 variables.

Memory is what all processes of the service have of their own, and what the PLCs' shared blocks take, at 40 PLCs beyond
that at 20; the reference is the target of 20 MB. A start is an order over HTTP, until the program runs; the references
are a second, and a PLC that has its processes for itself.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from bench import report
from bench.sources import changing
from tests.faults.rig import free_port
from tests.faults.served import Service, descendants

NAME = "hosted"
FEW, MANY, STATEMENTS, OUTPUTS = 20, 40, 1000, 10
SETTLE_S, LOOK_S = 8.0, 10.0
TARGET_MB, TARGET_S = 20.0, 1.0

TOML = """\
[plc]
name = "{name}"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
[connection.line]
driver = "simulated"
[device.panel]
connection = "line"
"""
POINT = """\
[[device.panel.point]]
name = "o{number}"
type = "REAL"
from = "Main.v{number}"
"""
OPCUA = """\
[opcua]
endpoint = "opc.tcp://127.0.0.1:{port}"
expose = ["Main.v1*"]
"""


def run() -> report.Result:
    rows: list[report.Result] = []
    for name, has_gateway in (("engine and I/O", False), ("and a gateway", True)):
        with tempfile.TemporaryDirectory() as folder:
            rows += _rows(name, Service(Path(folder) / "state"), has_gateway=has_gateway)
    return {**rows[0], "name": NAME, "plcs": MANY, "programs": rows}


def _rows(name: str, service: Service, *, has_gateway: bool) -> list[report.Result]:
    service.start("--plcs-per-process", str(MANY))
    try:
        starts = [_started(service, f"plc{number}", has_gateway=has_gateway) for number in range(FEW)]
        few_bytes = _memory_bytes(service)
        starts += [_started(service, f"plc{number}", has_gateway=has_gateway) for number in range(FEW, MANY)]
        many_bytes = _memory_bytes(service)
        lost, share = _watched(service)
        more_mb = (many_bytes - few_bytes) / (MANY - FEW) / 1e6
        start_s = median(starts[FEW:])
        return [
            report.row(
                f"{name}: memory", more_mb, TARGET_MB, 1.0, "MB", lost=lost, share=share, all_mb=many_bytes / 1e6
            ),
            report.row(f"{name}: start", start_s, TARGET_S, 1.0, "s", first_s=starts[0], worst_s=max(starts[1:])),
        ]
    finally:
        service.stop()


def _started(service: Service, name: str, *, has_gateway: bool) -> float:
    """How long it took from the order until the program ran."""
    points = "".join(POINT.format(number=number) for number in range(OUTPUTS))
    gateway = OPCUA.format(port=free_port()) if has_gateway else ""
    files = {"plc.toml": TOML.format(name=name) + points + gateway, "main.st": changing(STATEMENTS)}
    digest = service.upload(name, files)
    ordered_s = time.monotonic()
    service.ask("POST", f"/api/plcs/{name}/activate", {"digest": digest})
    return time.monotonic() - ordered_s


def _memory_bytes(service: Service) -> int:
    """Once nothing more is being started."""
    time.sleep(SETTLE_S)
    processes = _processes(service)
    blocks = {inode: size for process in processes for inode, size in _blocks(process)}
    return sum(_own_bytes(process) for process in processes) + sum(blocks.values())


def _processes(service: Service) -> list[Path]:
    assert service.process is not None
    return [Path(f"/proc/{pid}") for pid in (service.process.pid, *descendants(service.process.pid))]


def _own_bytes(process: Path) -> int:
    lines = (process / "smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))


def _blocks(process: Path) -> Iterable[tuple[int, int]]:
    """The shared memory that it has open, by its number, with the bytes that it takes."""
    for descriptor in (process / "fd").iterdir():
        if str(descriptor.readlink()).startswith("/memfd:rung-"):
            found = descriptor.stat()
            yield found.st_ino, found.st_blocks * 512


def _watched(service: Service) -> tuple[int, dict[str, float]]:
    """How many releases are lost in a while, and the share of a processor that each process takes."""

    def lost() -> int:
        details = service.ask("GET", "/api/plcs")["plcs"]
        return sum(service.detail(plc["name"])["running"]["scan"]["lost_activations"] for plc in details)

    def spent_s() -> dict[str, float]:
        return {_title(process): _spent_s(process) for process in _processes(service)}

    lost_before, spent_before, began_s = lost(), spent_s(), time.monotonic()
    time.sleep(LOOK_S)
    took_s, spent = time.monotonic() - began_s, spent_s()
    shares = {name: (spent[name] - before) / took_s * 100 for name, before in spent_before.items() if name in spent}
    return lost() - lost_before, shares


def _title(process: Path) -> str:
    title = (process / "cmdline").read_text().replace("\0", " ").partition(" of ")[0].strip()
    return title if title.startswith("rung ") else "rung serve" if "serve" in title else "compiler"


def _spent_s(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
