"""A task that takes too long while its PLC drives a device: the outputs are safe, and what happened stays known."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iec61131.program import FaultCode
from io_drivers.modbus.server import Server, Unit
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image.block import TASK_WORD
from runtime.image.ring import Command, CommandRing
from runtime.service import values
from runtime.service.fault import report
from tests.faults.command_line import Started, rung, started, write_project
from tests.faults.rig import Rig, alive, running_project, wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """\
PROGRAM Main
VAR
    Lamp : BOOL := TRUE;
    Turns : DINT;
    Work : LREAL := 1.0;
    i, n : DINT;
    Divides : BOOL;
END_VAR
Lamp := TRUE;
n := Turns;
WHILE n > 0 DO
    FOR i := 1 TO 1000000 DO
        Work := SQRT(Work + 1.0);
    END_FOR;
    n := n - 1;
END_WHILE;
IF Divides THEN
    Turns := 1 / n;
END_IF;
END_PROGRAM
"""

PROJECT = """\
[plc]
name = "{name}"
sources = ["main.st"]

[task.main]
program = "Main"
interval = "10ms"
watchdog = {{ time = "20ms", sensitivity = 3 }}

[engine]
loop_limit = {loop_limit}

[connection.line]
driver = "modbus"
transport = "tcp"
host = "127.0.0.1"
port = {port}

[device.panel]
connection = "line"
unit = 1
poll = "10ms"

[[device.panel.point]]
name = "lamp"
area = "coil"
address = 0
type = "BOOL"
from = "Main.Lamp"
safe = false
"""


@contextmanager
def panel(coils: int = 1) -> Iterator[tuple[Unit, int]]:
    """A device with lamps, and its port."""
    unit, ports, ended = Unit(coils=coils), list[int](), list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    async def serve() -> None:
        server, end = Server({1: unit}), asyncio.Event()
        await server.start()
        ended.append((asyncio.get_running_loop(), end))
        ports.append(server.port)
        await end.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    wait_for(lambda: ports, "the panel to listen")
    try:
        yield unit, ports[0]
    finally:
        event_loop, end = ended[0]
        event_loop.call_soon_threadsafe(end.set)
        thread.join(10)


@contextmanager
def watched(tmp_path: Path, name: str, loop_limit: int = 10**12) -> Iterator[tuple[Rig, Unit]]:
    project = tmp_path / "project"
    project.mkdir()
    (project / "main.st").write_text(SOURCE)
    with panel() as (unit, port):
        (project / "plc.toml").write_text(PROJECT.format(name=name, port=port, loop_limit=loop_limit))
        with running_project(project, tmp_path / "state" / name, port) as plc:
            wait_for(lambda: unit.areas["coil"][0] == 1, "the lamp to burn")
            yield plc, unit


def work(plc: Rig, turns: int, *, divides: bool = False) -> None:
    given = {"Main.Divides": divides, "Main.Turns": turns}
    CommandRing(plc.block, "console").write(
        [values.write(plc.program, plc.program.find(path), value) for path, value in given.items()]
    )


def test_overlong_runs_in_a_row_are_a_fault(tmp_path: Path) -> None:
    """Each takes longer than 20 ms and less than 60 ms; the third one trips."""
    with watched(tmp_path, "overlong") as (plc, unit):
        work(plc, 1)
        runs = plc.block.tasks[0, TASK_WORD["runs"]] + 5
        wait_for(lambda: plc.block.tasks[0, TASK_WORD["runs"]] > runs, "some runs")
        one_ns = int(plc.block.tasks[0, TASK_WORD["last_duration_ns"]])
        work(plc, round(35e6 / one_ns))
        wait_for(lambda: plc.state is EngineState.FAULT, "the watchdog to trip")
        assert plc.block.get("fault_code") == FaultCode.WATCHDOG
        wait_for(lambda: unit.areas["coil"][0] == 0, "the lamp to go out")
        wait_for(lambda: any("watchdog: task 'main'" in e.text for e in plc.supervisor.events), "the task to be named")
        assert plc.block.get("engine_starts") == 1


def test_a_loop_that_its_limit_ends_behind_the_watchdog_is_named(tmp_path: Path) -> None:
    """The report said which task it was, and had thrown away which of its loops."""
    with watched(tmp_path, "named", loop_limit=40_000_000) as (plc, unit):
        work(plc, 1_000_000_000)
        wait_for(lambda: unit.areas["coil"][0] == 0, "the lamp to go out")
        wait_for(lambda: any("RUNG0909" in event.text for event in plc.supervisor.events), "the fault to be told")
        assert plc.block.get("fault_code") == FaultCode.WATCHDOG
        assert plc.block.get("engine_starts") == 1
        found = report(plc.program, plc.block.memory)
        assert found is not None
        assert found.code == "RUNG0909"
        assert found.shortly.endswith("(main.st:12:5 in Main)")


def test_a_fault_behind_an_overlong_run_is_not_blamed_for_it(tmp_path: Path) -> None:
    """The report named the division, which took no time."""
    with watched(tmp_path, "behind") as (plc, _unit):
        work(plc, 1)
        runs = plc.block.tasks[0, TASK_WORD["runs"]] + 5
        wait_for(lambda: plc.block.tasks[0, TASK_WORD["runs"]] > runs, "some runs")
        one_ns = int(plc.block.tasks[0, TASK_WORD["last_duration_ns"]])
        work(plc, round(200e6 / one_ns), divides=True)
        wait_for(lambda: any("RUNG0909" in event.text for event in plc.supervisor.events), "the fault to be told")
        found = report(plc.program, plc.block.memory)
        assert found is not None
        assert (found.code, found.site) == ("RUNG0909", None)


def test_a_task_that_never_ends_is_a_fault_that_outlasts_its_process(tmp_path: Path) -> None:
    """The outputs are safe while it still runs. Its process ends, the next one stays in FAULT until somebody resets."""
    with watched(tmp_path, "endless") as (plc, unit):
        work(plc, 1_000_000_000)
        wait_for(lambda: plc.state is EngineState.FAULT, "the watchdog to trip")
        wait_for(lambda: unit.areas["coil"][0] == 0, "the lamp to go out")
        assert plc.block.get("running_since_ns") > 0, "it still runs"
        wait_for(lambda: plc.block.get("engine_starts") == 2 and plc.state is EngineState.FAULT, "another process")
        wait_for(lambda: any("RUNG0909" in event.text for event in plc.supervisor.events), "the fault to be told")
        assert unit.areas["coil"][0] == 0
        console = CommandRing(plc.block, "console")
        console.order(Command.RESET_COLD)
        console.order(Command.START)
        wait_for(lambda: unit.areas["coil"][0] == 1, "the lamp to burn again")
        assert plc.state is EngineState.RUN


def test_a_task_that_never_ends_is_ended_when_nobody_is_left_who_would(tmp_path: Path) -> None:
    """It kept a processor busy, at real-time priority, for as long as the machine was on."""
    toml = (
        PROJECT.format(name="plant", port=1, loop_limit=10**12)
        .partition("[connection.line]")[0]
        .replace("watchdog", "# watchdog")
    )
    with started(tmp_path, write_project(tmp_path, SOURCE, toml)) as plc:
        rung(tmp_path, "write", "plant", "Main.Turns=1000000000")  # which the engine does not live to answer
        wait_for(lambda: is_at_work(plc), "the loop")
        engine = plc.block.get("engine_pid")
        plc.process.kill()
        wait_for(lambda: not alive(engine), "the end of the engine")


def is_at_work(plc: Started) -> bool:
    """In one run of its task for longer than any other takes."""
    since_ns = plc.block.get("running_since_ns")
    return since_ns > 0 and clock.monotonic_ns() - since_ns > 100_000_000
