"""Online change in real processes at 1 kHz: what a driver, an HMI and the disk see of it, and what a kill leaves."""

# asyncua's declarations say less than its classes accept.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua

from io_drivers.modbus.server import Unit
from runtime.engine.states import EngineState
from runtime.image.ring import Command, CommandRing
from runtime.replay import tape
from runtime.replay.replay import Replay
from runtime.service import plant as plants
from runtime.service import values
from runtime.service.change import offer
from runtime.service.change.coordinator import CannotChange, Done
from runtime.service.forces import listed
from runtime.service.plant import Plant
from runtime.supervisor import Supervisor
from tests.faults.command_line import (
    CANNOT,
    CONNECTION,
    OK,
    USAGE,
    WRONG,
    device,
    refused,
    rung,
    started,
    write_project,
)
from tests.faults.rig import free_port, wait_for

TOML = """\
[plc]
name = "plant"
sources = ["main.st"]
{more}
[task.main]
program = "Main"
interval = "1ms"
"""

FIRST = "PROGRAM Main VAR n : DINT; old : INT := 5; END_VAR VAR RETAIN kept : DINT; END_VAR {} END_PROGRAM".format(
    "n := n + 1; kept := n; old := old;"
)
SECOND = """PROGRAM Main VAR before : ARRAY[1..100] OF LREAL; n : DINT; twice : LINT; END_VAR
VAR RETAIN more : INT; kept : DINT; END_VAR n := n + 1; kept := n; twice := twice + 2; END_PROGRAM"""


class Changing:
    """A PLC under a supervisor in a thread, and two versions of its program."""

    def __init__(self, folder: Path, toml: str = TOML.format(more=""), *texts: str) -> None:
        self._folder, self._toml = folder, toml
        self.plants = [self.version(text) for text in texts or (FIRST, SECOND)]
        self.supervisor = Supervisor(self.plants[0], folder / "state" / "plant")
        self.supervisor.start()
        self._thread = threading.Thread(target=self.supervisor.run)
        self._thread.start()

    def version(self, text: str, toml: str | None = None) -> Plant:
        folder = self._folder / f"version{len(list(self._folder.glob('version*')))}"
        folder.mkdir()
        (folder / "main.st").write_text(text)
        (folder / "plc.toml").write_text(toml or self._toml)
        return plants.build(folder, cache=self._folder / "cache")

    def close(self) -> None:
        self.supervisor.request_stop()
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def block(self) -> Any:
        return self.supervisor.block

    def value(self, path: str) -> Any:
        program = self.supervisor.plant.program
        return values.read(program, program.find(path), self.block.memory)

    def offered(self, next_: Plant) -> offer.Offer:
        return offer.make(self.supervisor.plant, next_, self.block)

    def submit(self, agreed: offer.Offer) -> Future[Done]:
        assert self.supervisor.changing is not None
        future = self.supervisor.changing.submit(agreed)
        self.supervisor.wake()
        return future

    def change(self, next_: Plant) -> Done:
        done = self.submit(self.offered(next_)).result(30)
        wait_for(lambda: self.block.is_current and self.supervisor.plant is next_, "the supervisor to know of it")
        return done

    def back(self) -> Done:
        assert self.supervisor.changing is not None
        return self.submit(self.supervisor.changing.back()).result(30)


@contextmanager
def changing(folder: Path, *given: str) -> Iterator[Changing]:
    plc = Changing(folder, *given)
    try:
        yield plc
    finally:
        plc.close()


def settled(plc: Changing) -> None:
    """The counter has been raised once by each scan: none ran twice, none on the memory of another."""
    for _ in range(100):
        scans, count = plc.block.get("scans"), plc.value("Main.n")
        if scans == plc.block.get("scans") == count:
            return
    raise AssertionError(f"{count} counted in {scans} scans")


def test_a_hundred_changes_lose_no_scan_and_leave_nothing_behind(tmp_path: Path) -> None:
    def held() -> tuple[int, int, int]:
        pid = plc.block.get("engine_pid")
        maps = len(Path(f"/proc/{pid}/maps").read_text().splitlines())
        return len(list(Path(f"/proc/{pid}/task").iterdir())), maps, os.fstat(plc.block.fd).st_size

    with changing(tmp_path) as plc:
        engine = plc.block.get("engine_pid")
        threads = early = (0, 0, 0)
        for number in range(100):
            if number % 3 == 2:
                plc.back()
                wait_for(lambda: plc.block.is_current, "the supervisor to know of it")
            else:
                plc.change(plc.plants[plc.supervisor.plant is plc.plants[0]])
            settled(plc)
            if number == 20:
                threads = early = held()
        wait_for(lambda: held()[0] == threads[0], "the last thread to be gone")
        late = held()
        assert late[2] == early[2], "banks are used again"
        assert late[1] <= early[1] + 8, "nothing stays mapped"
        assert plc.block.get("changes") == 100
        assert plc.block.get("engine_pid") == engine
        assert plc.block.get("engine_starts") == 1
        builds = [path.name for path in (tmp_path / "state" / "plant" / "builds").iterdir()]
        assert len(builds) <= 2
        assert str(plc.block.build) in builds


def test_tasks_keep_their_phase_and_counts_and_a_new_tick_has_the_old_phase(tmp_path: Path) -> None:
    tasks = '[task.slow]\nprogram = "Slow"\ninterval = "{}"\n'
    text = (
        "PROGRAM Main VAR n : DINT; END_VAR n := n + 1; END_PROGRAM "
        "PROGRAM Slow VAR m : DINT; {} END_VAR m := m + 1; END_PROGRAM"
    )
    with changing(tmp_path, TOML.format(more="") + tasks.format("20ms"), text.format("")) as plc:
        wait_for(lambda: plc.value("Slow.m") > 3, "the slow task to run")
        phase, runs = plc.block.get("phase_ns"), int(plc.block.tasks[1, 0])
        assert runs >= 4
        plc.change(plc.version(text.format("k : INT;")))
        assert plc.block.get("phase_ns") == phase
        assert int(plc.block.tasks[1, 0]) >= runs
        finer = TOML.format(more="").replace('"1ms"', '"500us"')
        plc.change(plc.version(text.format("k : LINT;"), finer + tasks.format("20ms")))
        assert (plc.block.get("phase_ns"), plc.block.get("tick_ns")) == (phase, 500_000)
        slow, at = plc.value("Slow.m"), plc.block.get("ticks")
        wait_for(lambda: plc.block.get("ticks") >= at + 400, "200 ms to go by")
        assert 8 <= plc.value("Slow.m") - slow <= 13
        now = plc.block.get("heartbeat_ns")
        assert abs(plc.block.get("ticks") - (now - phase) // 500_000) <= 20, "ticks are counted from the same instant"


def test_the_way_back_brings_values_of_today_and_what_the_other_version_never_had(tmp_path: Path) -> None:
    with changing(tmp_path) as plc:
        assert plc.supervisor.changing is not None
        with pytest.raises(CannotChange, match="no former version"):
            plc.supervisor.changing.back()
        old = plc.supervisor.plant.program.find("Main.old")
        plc.block.memory[old.offset] = 77
        plc.change(plc.plants[1])
        counted = plc.value("Main.n")
        plc.back()
        wait_for(lambda: plc.supervisor.plant is plc.plants[0], "the first version")
        assert plc.value("Main.n") >= counted
        assert plc.value("Main.old") == 77
        settled(plc)


def test_forces_and_waiting_commands_follow_their_variables(tmp_path: Path) -> None:
    with changing(tmp_path) as plc:
        program = plc.supervisor.plant.program
        ring = CommandRing(plc.block, "service")
        ring.force([values.write(program, program.find(path), 5) for path in ("Main.kept", "Main.old")])
        wait_for(lambda: len(listed(plc.block, program)) == 2, "both to be forced")
        made = plc.offered(plc.plants[1])
        assert made.freed == ("Main.old",)
        assert made.needs_consent
        plc.change(plc.plants[1])
        assert [one.path for one in listed(plc.block, plc.plants[1].program)] == ["Main.kept"]
        assert plc.value("Main.kept") == 5
        assert plc.block.get("handover_freed") == 1
        rejected = plc.block.get("commands_rejected")
        ring.write([values.write(program, program.find("Main.n"), 1)])  # by a sender that knows of no change
        wait_for(lambda: plc.block.get("commands_rejected") == rejected + 1, "it to be refused")
        settled(plc)


def test_what_needs_a_restart_or_consent_is_said_and_leaves_the_program(tmp_path: Path) -> None:
    with changing(tmp_path) as plc:
        point = '[[device.d.point]]\nname = "out"\narea = "holding"\naddress = 0\ntype = "DINT"\nfrom = "Main.n"\n'
        with_points = TOML.format(more="") + CONNECTION.format(name="d", port=free_port()) + point
        made = plc.offered(plc.version(FIRST, with_points))
        assert made.obstacles == ("points are new: d.out",)
        with pytest.raises(CannotChange, match="needs a restart: points are new"):
            plc.submit(made).result(30)
        stale = plc.offered(plc.plants[1])
        plc.change(plc.plants[1])
        with pytest.raises(CannotChange, match="changed meanwhile"):
            plc.submit(stale).result(30)
        assert plc.supervisor.plant is plc.plants[1]


def test_a_program_in_fault_stays_as_it_is(tmp_path: Path) -> None:
    failing = "PROGRAM Main VAR n, zero : DINT; END_VAR n := n + 1; IF n > 50 THEN n := n / zero; END_IF END_PROGRAM"
    with changing(tmp_path, TOML.format(more=""), failing) as plc:
        wait_for(lambda: plc.block.get("state") == EngineState.FAULT, "the fault")
        made = plc.offered(plc.version(SECOND))
        assert "FAULT" in made.obstacles[0]
        with pytest.raises(CannotChange, match="reset it first"):
            plc.submit(made).result(30)
        assert plc.block.get("changes") == 0


def test_from_a_version_that_meets_a_fault_there_is_a_way_back(tmp_path: Path) -> None:
    """The version before goes on with the values that it had: those of a scan that broke off do not fit together."""
    failing = SECOND.replace("n := n + 1;", "n := n + 1; more := more / (more - more);")
    with changing(tmp_path, TOML.format(more=""), FIRST, failing) as plc:
        wait_for(lambda: plc.value("Main.n") > 50, "some scans")
        plc.change(plc.plants[1])
        wait_for(lambda: plc.block.get("state") == EngineState.FAULT, "the fault")
        assert plc.supervisor.changing is not None
        made = plc.supervisor.changing.back()
        assert [row.path for row in made.losses] == ["all variables"]
        plc.back()
        wait_for(lambda: plc.block.get("state") == EngineState.RUN, "RUN")
        wait_for(lambda: plc.value("Main.n") > 60, "it to go on")
        assert (plc.value("Main.old"), plc.block.get("fault_code")) == (5, 0)
        assert plc.block.get("engine_starts") == 1


def test_a_stopped_plc_is_changed_and_stays_stopped(tmp_path: Path) -> None:
    with changing(tmp_path) as plc:
        wait_for(lambda: plc.value("Main.n") > 0, "it to run")
        plc.supervisor.wanted_running = False
        CommandRing(plc.block, "service").order(Command.STOP)
        wait_for(lambda: plc.block.get("state") == EngineState.STOP, "STOP")
        counted = plc.value("Main.n")
        plc.change(plc.plants[1])
        assert (plc.block.get("state"), plc.value("Main.n")) == (EngineState.STOP, counted)


def test_a_watchdog_watches_the_new_program_from_the_start(tmp_path: Path) -> None:
    toml = TOML.format(more="") + 'watchdog = { time = "20ms" }\n'
    endless = "PROGRAM Main VAR n, k : DINT; END_VAR n := n + 1; WHILE n > 5 DO k := k + 1; END_WHILE END_PROGRAM"
    with changing(tmp_path, toml, FIRST, endless) as plc:
        wait_for(lambda: plc.value("Main.n") > 50, "some scans")
        plc.change(plc.plants[1])
        wait_for(lambda: plc.block.get("state") == EngineState.FAULT, "the fault", 30)


@pytest.mark.parametrize("moment", ["at once", "while it is prepared", "right after the swap"])
def test_an_engine_that_is_killed_around_a_change_leaves_the_old_or_the_new(tmp_path: Path, moment: str) -> None:
    with changing(tmp_path) as plc:
        wait_for(lambda: plc.supervisor.spares.pid, "a process in waiting")
        wait_for(lambda: plc.value("Main.n") > 500, "some scans")
        wait_for(lambda: plc.block.get("retained_stored") > 0, "a generation")
        pid, future = plc.block.get("engine_pid"), plc.submit(plc.offered(plc.plants[1]))
        if moment == "while it is prepared":
            wait_for(lambda: plc.block.get("wanted_change") == 1, "the order")
        elif moment == "right after the swap":
            wait_for(lambda: plc.block.get("changes") == 1, "the swap")
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: plc.block.get("engine_pid") != pid and plc.block.get("state") == EngineState.RUN, "RUN", 30)
        is_new = plc.block.get("changes") == 1
        assert (future.exception(30) is None) is is_new
        assert plc.supervisor.plant is plc.plants[is_new]
        assert is_new or moment != "right after the swap"
        wait_for(lambda: plc.block.get("scans") > 10, "scans of the next engine")
        assert plc.value("Main.kept") > 0
        plc.change(plc.plants[not is_new])  # and nothing stands in the way of the next one
        settled_by = plc.value("Main.n")
        wait_for(lambda: plc.value("Main.n") > settled_by, "it to run")


def test_retained_values_are_those_of_the_version_that_ran_last(tmp_path: Path) -> None:
    with changing(tmp_path) as plc:
        wait_for(lambda: plc.value("Main.kept") > 100, "some scans")
        plc.change(plc.plants[1])
        wait_for(lambda: plc.value("Main.twice") > 100, "some more")
        first, second = plc.plants
    assert plc.supervisor.block is None
    for name, version in (("second", second), ("first", first)):
        shutil.copytree(tmp_path / "state" / "plant", tmp_path / name / "plant")
        supervisor = Supervisor(version, tmp_path / name / "plant")
        supervisor.start()
        try:
            assert supervisor.recalled is not None
            assert supervisor.recalled.report.dropped == (0 if version is second else 1)
            assert values.unpack(version.program.find("Main.kept").type, supervisor.recalled.values[-4:]) > 100
        finally:
            supervisor.close()


def test_the_flight_recorder_has_a_run_of_each_version_and_both_can_be_repeated(tmp_path: Path) -> None:
    with changing(tmp_path) as plc:
        ring = CommandRing(plc.block, "service")
        program = plc.plants[0].program
        ring.write([values.write(program, program.find("Main.old"), 9)])
        wait_for(lambda: plc.value("Main.n") > 300, "some scans")
        plc.change(plc.plants[1])
        CommandRing(plc.block, "service").force(
            [values.write(plc.plants[1].program, plc.plants[1].program.find("Main.more"), 4)]
        )
        wait_for(lambda: plc.value("Main.twice") > 600, "some more")
        digests = [version.program.digest for version in plc.plants]
    runs = tape.read(tmp_path / "state" / "plant" / "recording")
    assert [run.program.program.digest for run in runs] == digests
    assert runs[1].last_tick > runs[0].last_tick > 100
    for run in runs:
        replay = Replay(run)
        try:
            replay.to(run.last_tick)
            assert replay.divergence is None
            assert replay["Main.n"] >= 300
        finally:
            replay.close()


def test_a_driver_sees_every_output_and_none_that_is_safe(tmp_path: Path) -> None:
    """The I/O process is not touched: its device gets ever larger numbers through the change and back."""
    written: list[int] = []
    unit = Unit(holdings=2, on_write=lambda _area, _address, raw: written.append(raw[0] << 16 | raw[1]))
    point = '[[device.d.point]]\nname = "out"\narea = "holding"\naddress = 0\ntype = "DINT"\nfrom = "Main.n"\n'
    with device(unit) as port:
        toml = TOML.format(more="") + CONNECTION.format(name="d", port=port) + point
        with changing(tmp_path, toml, FIRST, SECOND) as plc:
            wait_for(lambda: len(written) > 5, "outputs")
            io = plc.block.get("io_pid")
            begun = len(written)
            for number in (1, 0, 1):
                plc.change(plc.plants[number])
                seen = len(written)
                wait_for(lambda seen=seen: len(written) > seen + 5, "more outputs")
            through = written[begun:]
            assert plc.block.get("io_pid") == io
        assert all(earlier < later for earlier, later in pairwise(through)), through


def test_opc_ua_clients_keep_their_sessions_while_the_same_is_exposed(tmp_path: Path) -> None:
    more = '[opcua]\nendpoint = "opc.tcp://127.0.0.1:{}"\nexpose = ["Main.n"{}]\npublish = "50ms"\n'
    port = free_port()
    toml = TOML.format(more=more.format(port, ""))

    class Heard:
        def __init__(self) -> None:
            self.values: list[int] = []

        def datachange_notification(self, _node: Any, value: int, _data: Any) -> None:
            self.values.append(value)

    async def watch(plc: Changing) -> list[int]:
        heard = Heard()
        async with Client(f"opc.tcp://127.0.0.1:{port}") as client:
            index = await client.get_namespace_index("urn:rung:plant:variables")
            node = client.get_node(ua.NodeId("plant.Main.n", index))
            subscription = await client.create_subscription(50, heard)
            await subscription.subscribe_data_change(node)
            for number in (1, 0):
                await asyncio.to_thread(plc.change, plc.plants[number])
                seen = len(heard.values)
                await asyncio.to_thread(wait_for, lambda seen=seen: len(heard.values) > seen + 3, "notifications")
                assert abs(await node.read_value() - plc.value("Main.n")) < 1000
            return heard.values

    with changing(tmp_path, toml, FIRST, SECOND) as plc:
        gateway = plc.block.get("gateway_pid")
        heard = asyncio.run(watch(plc))
        assert all(earlier <= later for earlier, later in pairwise(heard)), heard
        assert plc.block.get("gateway_pid") == gateway
        wider = TOML.format(more=more.format(port, ', "Main.twice"'))
        plc.change(plc.version(SECOND, wider))
        wait_for(lambda: plc.block.get("gateway_pid") != gateway, "another gateway, which exposes more")


def test_rung_change_here(tmp_path: Path) -> None:
    project = write_project(tmp_path, FIRST, TOML.format(more=""))
    next_ = tmp_path / "next"
    next_.mkdir()
    (next_ / "main.st").write_text(SECOND)
    (next_ / "plc.toml").write_text(TOML.format(more=""))
    assert "no PLC 'plant' runs here" in refused(tmp_path, CANNOT, "change", "plant", next_)
    assert "--back" in refused(tmp_path, USAGE, "change", "plant")
    with started(tmp_path, project) as plc:
        looked = rung(tmp_path, "change", "plant", next_, "--dry-run")
        assert looked.returncode == OK
        assert "Main.old: dropped" in looked.stdout
        assert plc.block.get("changes") == 0
        unconsented = rung(tmp_path, "change", "plant", next_)
        assert unconsented.returncode == WRONG
        assert "--accept" in unconsented.stderr
        done = rung(tmp_path, "change", "plant", next_, "--accept")
        assert done.returncode == OK, done.stderr
        assert "changed between two scans" in done.stdout
        assert plc.block.get("changes") == 1
        assert "Main.n" not in rung(tmp_path, "watch", "plant", "--once").stderr
        back = rung(tmp_path, "change", "plant", "--back", "--accept")
        assert back.returncode == OK, back.stderr
        (next_ / "main.st").write_text("PROGRAM Main n := ; END_PROGRAM")
        assert rung(tmp_path, "change", "plant", next_).returncode == WRONG
        scans = plc.block.get("scans")
        wait_for(lambda: plc.block.get("scans") > scans + 5, "scans behind the refusal")
        assert plc.block.get("changes") == 2
        assert plc.state is EngineState.RUN
