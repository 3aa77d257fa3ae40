"""Every example with a plant: what plc.toml says of the device is what the plant's data sheet says, and over a real
socket, in real time, the program moves its plant.
"""

from __future__ import annotations

import asyncio
import shutil
import tomllib
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from io_drivers.modbus.plant import Register
from runtime import loop
from runtime.service import plant as plants
from runtime.service.processes.io import OUTPUT_PERIOD_S, Host
from runtime.testing import VirtualPlc, load_configuration
from tests.faults.rig import free_port, plant_of, project_of

HERE = Path(__file__).parent
PLANTS = sorted(path.parent.name for path in HERE.glob("*/plant.py"))


@pytest.mark.parametrize("program", PLANTS)
def test_the_project_file_agrees_with_the_data_sheet(program: str) -> None:
    sheet: dict[str, Register] = {row.name: row for row in import_module(f"programs.{program}.plant").REGISTERS}
    settings = tomllib.loads((HERE / program / "plc.toml").read_text())
    points = [point for device in settings["device"].values() for point in device["point"]]
    for point in points:
        row = sheet[point["name"]]
        assert (point["area"], point["address"], point["type"]) == (row.area, row.address, row.type), row.name
        assert point.get("scale", 1.0) == row.scale, row.name
        assert ("from" in point) is row.is_command, row.name


MOVED: dict[str, tuple[float, Callable[[Callable[[str], Any]], bool]]] = {
    "motor": (8.0, lambda value: value("Main.Starts") == 1),
    "mixer": (4.0, lambda value: 0.5 < value("Main.WaterLitres") < 60.0),
    "oven": (20.0, lambda value: value("Main.Temperature") > 151.0),
    "silo": (10.0, lambda value: value("MAIN.served") == 3 and value("GVL_Silo.level[3]") > 22.0),
    "tank": (10.0, lambda value: value("Main.PumpRunning")),
}
"""How many plant seconds go by in a second, and what shows that the program's outputs have reached the plant."""


OF_SEVERAL_RESOURCES = {"line"}
"""Run by a test of its own below."""


@pytest.mark.parametrize("program", sorted({*PLANTS} - OF_SEVERAL_RESOURCES))
def test_the_program_moves_its_plant(program: str, tmp_path: Path) -> None:
    """The scan thread, the drivers and the plant's process, as in production; no gateway and no supervisor."""
    speed, has_moved = MOVED[program]
    with plant_of(program, speed=speed) as port:
        plc = VirtualPlc(plants.build(project_of(program, tmp_path / "project", program, port, free_port())))
        scan = loop.RealtimeThread(plc.block, plc.view, tick_ns=plc.tick_ns, priority=0, cpu=None, stack_bytes=1 << 20)
        scan.start()
        try:
            asyncio.run(drive(Host(plc.block, plc.bound), lambda: has_moved(plc.__getitem__)))
        finally:
            scan.stop()


def test_two_scans_move_the_line(tmp_path: Path) -> None:
    """Each resource in a scan thread of its own, with its own connection to the one plant."""
    with plant_of("line", speed=4.0) as port:
        folder = shutil.copytree(HERE / "line", tmp_path / "line")
        text = (folder / "plc.toml").read_text()
        (folder / "plc.toml").write_text(text.replace("port = 5026", f"port = {port}"))
        source = (folder / "main.st").read_text()
        (folder / "main.st").write_text(source.replace("Wanted : UDINT := 1000", "Wanted : UDINT := 3"))
        line = load_configuration(folder)
        plcs = line["Press"], line["Belt"]
        scans = [
            loop.RealtimeThread(each.block, each.view, tick_ns=each.tick_ns, priority=0, cpu=None, stack_bytes=1 << 20)
            for each in plcs
        ]
        for scan in scans:
            scan.start()
        try:
            asyncio.run(drive_all([Host(each.block, each.bound) for each in plcs], lambda: line["Press"]["Halt"]))
        finally:
            for scan in scans:
                scan.stop()
        assert line["Belt"]["Conveyor.Carried"] >= 3
        line.close()


async def drive(host: Host, has_moved: Callable[[], bool]) -> None:
    """Let values travel until the plant has moved."""
    await drive_all([host], has_moved)


async def drive_all(hosts: list[Host], has_moved: Callable[[], bool]) -> None:
    drivers = [asyncio.create_task(driver.run()) for host in hosts for driver in host.drivers]
    async with asyncio.timeout(20.0):
        while not has_moved():
            for host in hosts:
                host.carry_outputs()
            await asyncio.sleep(OUTPUT_PERIOD_S)
    for driver in drivers:
        driver.cancel()
        with suppress(asyncio.CancelledError):
            await driver
