"""Retained variables of real PLCs: killed with all their processes, ended in order, replaced by another program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runtime import supervisor
from runtime.service import plant as plants
from runtime.service import values
from runtime.service.retain.disk import Folder
from runtime.service.retain.generations import Generations
from runtime.service.retain.recalling import CannotRecall
from runtime.service.retain.stored import Stored
from runtime.supervisor import CannotStart, Supervisor, running
from tests.faults.command_line import OK, PLC, Started, environment, left_behind, started, write_project
from tests.faults.rig import wait_for
from tests.faults.served import Service

OFTEN = PLC.format(more='retain = { every = "100ms" }')
COUNTER = """PROGRAM Main
VAR RETAIN Count : DINT; Text : STRING[20]; END_VAR
VAR PERSISTENT Hours : INT; END_VAR
VAR Fresh : DINT; END_VAR
Count := Count + 1; Fresh := Fresh + 1; Hours := 7; Text := 'kept';
END_PROGRAM
"""


def newest_of(tmp_path: Path) -> Stored | None:
    return Generations(Folder(tmp_path / "state" / "plant" / "retained")).read().newest


def is_stored(tmp_path: Path) -> bool:
    return newest_of(tmp_path) is not None


def stored(tmp_path: Path) -> int:
    """The count on the disk."""
    newest = newest_of(tmp_path)
    assert newest is not None
    part = next(part for part in newest.description.ranges if part.path == "Main.Count")
    return int.from_bytes(newest.values[part.offset : part.offset + part.size], "little")


def number(plc: Started, path: str) -> int:
    value = plc.value(path)
    assert isinstance(value, int)
    return value


def killed_at_once(tmp_path: Path, project: Path) -> int:
    """Run a PLC in a process group of its own and kill all of it. The count that is stored when that happens."""
    command = [sys.executable, "-m", "runtime.cli", "run", str(project), "--plain"]
    process = subprocess.Popen(
        command,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        start_new_session=True,
    )
    plc = Started(process, tmp_path / "state" / "plant")
    try:
        wait_for(lambda: is_stored(tmp_path) and stored(tmp_path) > 100, "the counter to be stored")
        count = stored(tmp_path)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
    finally:
        plc.close()
    wait_for(lambda: left_behind(tmp_path) == [], "the end of every process")
    return count


def test_a_killed_plc_goes_on_where_it_was(tmp_path: Path) -> None:
    project = write_project(tmp_path, COUNTER, OFTEN)
    count = killed_at_once(tmp_path, project)
    assert count > 0
    after = stored(tmp_path)
    assert after >= count
    with started(tmp_path, project) as plc:
        wait_for(lambda: plc.said("3 kept"), "what was restored to be told")
        fresh, now = number(plc, "Main.Fresh"), number(plc, "Main.Count")
        assert 0 <= now - fresh - after <= 20  # what the scans between the two questions add
        os.kill(plc.block.get("engine_pid"), signal.SIGKILL)
        wait_for(lambda: plc.block.get("engine_starts") == 2, "the next engine")
        wait_for(lambda: number(plc, "Main.Count") > now, "the counter to go on")
        assert number(plc, "Main.Count") - number(plc, "Main.Fresh") >= after - 20  # it began anew, and not from zero
        assert plc.stop() == OK
        last = stored(tmp_path)
        assert last == values.read(plc.program, plc.program.find("Main.Count"), plc.block.memory)


def test_what_a_newer_rung_stored_is_left_alone(tmp_path: Path) -> None:
    plant = plants.build(write_project(tmp_path, COUNTER, OFTEN))
    folder = tmp_path / "state" / "plant"
    (folder / "retained").mkdir(parents=True)
    (folder / "retained" / "a").write_bytes(b"rungkept" + b"\x09" + bytes(200))
    with pytest.raises(CannotStart, match="`rung retain plant --forget`"):
        Supervisor(plant, folder).start()
    assert running(tmp_path / "state") == []


@pytest.mark.parametrize("cold", [False, True])
def test_a_cold_start_recalls_what_is_persistent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cold: bool) -> None:
    asked: list[bool] = []

    def asked_for(*_: object, cold: bool) -> None:
        asked.append(cold)
        raise CannotRecall("far enough")

    monkeypatch.setattr(supervisor, "recall", asked_for)
    plant = plants.build(write_project(tmp_path, COUNTER, OFTEN))
    with pytest.raises(CannotStart, match="far enough"):
        Supervisor(plant, tmp_path / "state" / "plant", cold=cold).start()
    assert asked == [cold]


def test_versions_of_a_hosted_plc_hand_their_values_on(tmp_path: Path) -> None:
    service = Service(tmp_path / "state")
    service.start()
    try:

        def activate(text: str) -> int:
            digest = service.upload("plant", {"plc.toml": OFTEN, "main.st": text})
            return service.client.post("/api/plcs/plant/activate", json={"digest": digest}).status_code

        assert activate(COUNTER) == 200
        wait_for(lambda: is_stored(tmp_path) and stored(tmp_path) > 20, "a count")
        faulty = COUNTER.replace("Count := Count + 1", "Count := 1 / (Fresh * 0)").replace("Hours", "Days")
        before = stored(tmp_path)
        assert activate(faulty) == 409
        wait_for(lambda: stored(tmp_path) > before, "the former version to go on")
        before = stored(tmp_path)
        changed = COUNTER.replace("Count : DINT", "Count : LINT").replace("Text : STRING[20];", "")
        assert activate(changed.replace(" Text := 'kept';", "")) == 200
        start = service.ask("GET", "/api/plcs/plant/retained")["start"]
        assert [start[name] for name in ("kept", "converted", "dropped", "new")] == [1, 1, 1, 0]
        assert {row["path"]: row["became"] for row in start["rows"]} == {
            "Main.Count": "converted",
            "Main.Text": "dropped",
        }
        wait_for(lambda: service.detail("plant")["running"]["retained"]["stored"] > 1, "a generation")
        assert stored(tmp_path) > before
        before = stored(tmp_path)
        service.kill()
        assert stored(tmp_path) >= before
    finally:
        service.close()
