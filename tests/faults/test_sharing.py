"""Three PLCs that share an engine, an I/O and a gateway process: what ends one process ends it for all of them, what
happens to one PLC happens to that one alone.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from io_drivers.modbus.server import Unit
from runtime.engine.states import EngineState
from runtime.image.ring import CommandRing
from runtime.service import plant as plants
from runtime.service import values
from runtime.service.change import offer
from runtime.service.plant import Plant
from runtime.service.processes.spares import Spares
from runtime.supervisor import HUNG_NS, Supervisor
from tests.faults.rig import free_port, wait_for
from tests.faults.served import Service, descendants
from tests.faults.test_watchdog import panel

pytestmark = pytest.mark.xdist_group("shared processes")

ROLES = ("engine", "io", "gateway")
SOURCE = """\
PROGRAM Main
VAR Lamp : BOOL; Turns : DINT; Work : LREAL := 1.0; i, n : DINT; Divisor : DINT := 1; END_VAR
VAR RETAIN Count : DINT; END_VAR
Lamp := TRUE;
Count := Count + 1 / Divisor;
n := Turns;
WHILE n > 0 DO
    FOR i := 1 TO 1000000 DO Work := SQRT(Work + 1.0); END_FOR;
    n := n - 1;
END_WHILE;
END_PROGRAM
"""
PROJECT = """\
[plc]
name = "{name}"
sources = ["main.st"]
on_fault = "restart"
retain = {{ every = "100ms" }}
{more}
[task.main]
program = "Main"
interval = "10ms"
watchdog = {{ time = "200ms" }}
[engine]
loop_limit = 1_000_000_000_000
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
address = {lamp}
type = "BOOL"
from = "Main.Lamp"
safe = false
[opcua]
endpoint = "opc.tcp://127.0.0.1:{opcua}"
expose = ["Main.Count"]
"""


class Plc:
    """One of those that share, under a supervisor of its own in a thread."""

    def __init__(self, folder: Path, name: str, lamp: int, port: int, spares: Spares, more: str = "") -> None:
        self._folder, self._spares, self.lamp = folder, spares, lamp
        self._toml = PROJECT.format(name=name, more=more, port=port, lamp=lamp, opcua=free_port())
        self._plant = self.version(SOURCE, "first")
        self.start()

    def version(self, source: str, name: str) -> Plant:
        project = self._folder / name
        project.mkdir(parents=True)
        (project / "main.st").write_text(source)
        (project / "plc.toml").write_text(self._toml)
        return plants.build(project)

    def start(self) -> None:
        self.supervisor = Supervisor(self._plant, self._folder / "state" / self._plant.bound.name, spares=self._spares)
        self.supervisor.start()
        self._thread = threading.Thread(target=self.supervisor.run)
        self._thread.start()
        self.await_run()

    def stop(self) -> None:
        self.supervisor.request_stop()
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def block(self) -> Any:
        return self.supervisor.block

    def pid(self, role: str) -> int:
        return self.block.get(f"{role}_pid")

    @property
    def pids(self) -> list[int]:
        return [self.pid(role) for role in ROLES]

    def starts(self, role: str) -> int:
        return self.block.get(f"{role}_starts")

    def count(self) -> int:
        value = values.read(self._plant.program, self._plant.program.find("Main.Count"), self.block.memory)
        assert isinstance(value, int)
        return value

    def write(self, path: str, value: int) -> None:
        program = self.supervisor.plant.program
        CommandRing(self.block, "console").write([values.write(program, program.find(path), value)])

    def await_run(self) -> None:
        wait_for(lambda: self.block.get("state") == EngineState.RUN and self.block.get("scans") > 2, "RUN", 40)

    def said(self, text: str) -> bool:
        return any(text in event.text for event in self.supervisor.events)


class Trio:
    """Three that share, and the device with a lamp for each."""

    def __init__(self, folder: Path, unit: Unit, port: int) -> None:
        self.spares, self._folder, self._unit, self._port = Spares(4), folder, unit, port
        self.plcs = [self.more(name, lamp) for lamp, name in enumerate(("a", "b", "c"))]

    def more(self, name: str, lamp: int, more: str = "") -> Plc:
        return Plc(self._folder / name, name, lamp, self._port, self.spares, more)

    def burns(self, plc: Plc) -> bool:
        return self._unit.areas["coil"][plc.lamp] == 1

    def settle(self) -> None:
        """All of them run and drive their lamps, and somebody waits for a role."""
        for plc in self.plcs:
            plc.await_run()
        wait_for(lambda: all(self.burns(plc) for plc in self.plcs), "every lamp to burn")
        wait_for(lambda: self.spares.pid, "a process in waiting")

    def close(self) -> None:
        for plc in self.plcs:
            plc.stop()
        self.spares.close()


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with panel(coils=5) as (unit, port):
        made = Trio(tmp_path_factory.mktemp("trio"), unit, port)
        yield made
        made.close()


@pytest.fixture
def three(trio: Trio) -> tuple[Plc, Plc, Plc]:
    trio.settle()
    a, b, c = trio.plcs
    return a, b, c


def test_each_role_has_one_process(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    a, b, c = three
    assert a.pids == b.pids == c.pids
    assert len(set(a.pids)) == 3
    assert b"rung engine of a, b, c" in Path(f"/proc/{a.pid('engine')}/cmdline").read_bytes()


def test_a_killed_engine_process_is_the_end_of_all_scans_and_of_none_for_long(
    trio: Trio, three: tuple[Plc, Plc, Plc]
) -> None:
    """Outputs safe by the I/O process; then one process again, with the retained values that were stored."""
    before = [plc.count() for plc in three]
    waiting = trio.spares.pid
    assert waiting is not None
    os.kill(waiting, signal.SIGSTOP)
    try:
        os.kill(three[0].pid("engine"), signal.SIGKILL)
        wait_for(lambda: not any(trio.burns(plc) for plc in three), "every lamp to go out")
    finally:
        os.kill(waiting, signal.SIGCONT)
    trio.settle()
    assert [plc.pid("engine") for plc in three] == [waiting] * 3
    assert all(plc.count() >= count - 100 for plc, count in zip(three, before, strict=True))
    assert all(plc.said("killed by SIGKILL") for plc in three)


def test_a_killed_io_process_costs_no_scan(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    dead, engines = three[0].pid("io"), [plc.starts("engine") for plc in three]
    os.kill(dead, signal.SIGKILL)
    wait_for(lambda: all(plc.pid("io") != dead for plc in three), "another process for all")
    trio.settle()
    assert len({plc.pid("io") for plc in three}) == 1
    assert [plc.starts("engine") for plc in three] == engines


def test_a_process_that_hangs_is_replaced_for_all(
    trio: Trio, three: tuple[Plc, Plc, Plc], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HUNG_NS, "engine", 1_000_000_000)
    hung = three[0].pid("engine")
    os.kill(hung, signal.SIGSTOP)
    wait_for(lambda: all(plc.pid("engine") != hung for plc in three), "a successor")
    monkeypatch.undo()
    trio.settle()
    assert any(plc.said("no sign of life") for plc in three)


def test_a_fault_is_that_of_one(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    """So is the restart: its neighbours are in the midst of a scan that meets none."""
    a, b, c = three
    pids, lost = a.pids, [plc.block.get("lost_activations") for plc in (b, c)]
    a.write("Main.Divisor", 0)
    wait_for(lambda: a.said("divi"), "the fault")
    a.await_run()
    assert [b.pids, c.pids] == [pids] * 2
    assert [plc.block.get("lost_activations") for plc in (b, c)] == lost


def test_an_online_change_of_one_costs_the_others_nothing(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    a, b, c = three
    pids, lost = a.pids, [plc.block.get("lost_activations") for plc in (b, c)]
    next_ = a.version(SOURCE.replace("Lamp : BOOL;", "Lamp : BOOL; More : DINT;"), "second")
    assert a.supervisor.changing is not None
    future = a.supervisor.changing.submit(offer.make(a.supervisor.plant, next_, a.block))
    a.supervisor.wake()
    future.result(30)
    assert [b.pids, c.pids] == [pids] * 2
    assert a.block.get("changes") == 1
    assert [plc.block.get("lost_activations") for plc in (b, c)] == lost


def test_the_end_of_one_leaves_the_others_and_gives_everything_back(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    """Threads, descriptors and mappings are no more than before it came. Files that are being written are open for an
    instant: of several readings the least counts.
    """
    a, b, _ = three

    def held(pid: int) -> tuple[int, int, int, int]:
        process = Path(f"/proc/{pid}")
        found = [str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()]
        others = [each for each in found if "memfd" not in each]
        mapped = (process / "maps").read_text().count("rung-d ")
        return len(list((process / "task").iterdir())), len(others), mapped, sum("rung-d " in each for each in found)

    def least(pid: int) -> list[int]:
        readings: list[tuple[int, ...]] = []
        for _ in range(10):
            scans = b.block.get("scans")
            readings.append(held(pid))
            wait_for(lambda scans=scans: b.block.get("scans") > scans + 2, "a few scans")
        return [min(each) for each in zip(*readings, strict=True)]

    def is_back(pid: int, before: list[int]) -> bool:
        return all(now <= then for now, then in zip(held(pid), before, strict=True))

    pids, scans = a.pids, b.block.get("scans")
    before = [least(pid) for pid in pids]
    d = trio.more("d", 3)
    assert d.pids == pids
    assert all(held(pid)[2] for pid in pids)
    d.stop()
    assert d.supervisor.ended_cleanly
    wait_for(lambda: all(map(is_back, pids, before)), "everything to be given back")
    assert b.pids == pids
    assert b.block.get("scans") > scans
    assert b.starts("engine") == a.starts("engine")


def test_who_wants_to_be_alone_is(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    alone = trio.more("alone", 4, "own_processes = true")
    assert not set(alone.pids) & set(three[0].pids)
    alone.stop()


def test_a_task_that_does_not_return_is_alone_from_then_on(trio: Trio, three: tuple[Plc, Plc, Plc]) -> None:
    """It can be ended with its process only, which its neighbours pay for once."""
    a, b, c = three
    dead = a.pid("engine")
    a.write("Main.Turns", 2_000_000_000)
    wait_for(lambda: all(plc.pid("engine") != dead for plc in three), "other engines", 40)
    trio.settle()
    assert b.pid("engine") == c.pid("engine") != a.pid("engine")
    assert a.said("does not return")
    assert not b.said("does not return")
    assert b.said("exit status 70")


def test_a_killed_service_takes_shared_processes_along(tmp_path: Path) -> None:
    """And one that ends in order ends them."""
    service = Service(tmp_path / "state")
    toml = '[plc]\nname = "x"\nsources = ["main.st"]\n[task.main]\nprogram = "Main"\ninterval = "10ms"\n'
    files = {"plc.toml": toml, "main.st": "PROGRAM Main VAR n : DINT; END_VAR n := n + 1; END_PROGRAM"}
    try:
        service.start("--plcs-per-process", "8")
        for name in ("x", "y"):
            digest = service.upload(name, files)
            service.ask("POST", f"/api/plcs/{name}/activate", {"digest": digest})
        engines = {service.detail(name)["running"]["processes"][0]["pid"] for name in ("x", "y")}
        assert len(engines) == 1
        service.kill()  # which waits for the end of all that it had started
        service.start("--plcs-per-process", "8")
        service.await_state("x", "run")
        service.await_state("y", "run")
        assert service.process is not None
        left = descendants(service.process.pid)
        assert service.stop() == 0
        assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    finally:
        service.close()


def test_how_many_may_share_is_bounded(capsys: pytest.CaptureFixture[str]) -> None:
    from runtime import cli

    for wrong in ("0", "65", "many"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["serve", "--plcs-per-process", wrong])
        assert ended.value.code == 2
        assert "1 to 64 PLCs share a process" in capsys.readouterr().err
