"""The flight recorder of real PLCs: killed engines, killed processes, disks that are full or do not answer."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from runtime.engine.states import EngineState
from runtime.image.journal import Journal
from runtime.image.ring import CommandRing, Write
from runtime.replay import tape
from runtime.replay.replay import Replay
from runtime.replay.tape import Run
from runtime.service.recording import recorder
from runtime.service.recording.folder import Folder, files_of
from runtime.service.recording.frames import Kind, Reach
from runtime.service.recording.status import status_of
from runtime.service.run_report import RunReport
from runtime.testing import load
from tests.faults.command_line import OK, Started, environment, started, write_project
from tests.faults.rig import running_project, running_tank, wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """PROGRAM Main
VAR Count, Wish : DINT; Sum : LREAL; END_VAR
Count := Count + 1;
Sum := Sum + SQRT(DINT_TO_LREAL(Count)) + DINT_TO_LREAL(Wish);
END_PROGRAM
"""
FAST = """[plc]
name = "{name}"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "{interval}"
"""


def project(tmp_path: Path, name: str, interval: str = "1ms") -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(FAST.format(name=name, interval=interval))
    return folder


def repeated(run: Run) -> Replay:
    """At the end of the run, every keyframe on the way found to be the same."""
    replay = Replay(run)
    replay.to(run.last_tick)
    assert replay.divergence is None
    assert replay.checked == sum(key.reach.last > run.keys[0].reach.last for key in run.keys)
    return replay


def test_what_a_real_plc_did_is_repeated_also_over_a_killed_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "KEYFRAME_NS", 300_000_000)
    with running_tank(tmp_path, "flown") as rig:
        wait_for(lambda: rig.block.get("scans") > 60, "scans")
        before = rig.kill("engine")
        wait_for(lambda: rig.block.get("engine_pid") != before and rig.state is EngineState.RUN, "another engine")
        wait_for(lambda: rig.block.get("scans") > 60, "scans of the other engine")
        CommandRing(rig.block, "gateway").write([Write(rig.program.find("Main.Setpoint").offset, b"\0\0\0\x40")])
        wait_for(lambda: rig.value("Main.Setpoint") == 2.0, "the setpoint")
    first, second = tape.read(tmp_path / "state" / "flown")
    assert first.first_tick == second.first_tick == 0
    replay = repeated(first)
    assert replay["Main.Pump"] is True
    assert replay.scans > 50
    replay = repeated(second)
    assert replay["Main.Setpoint"] == 2.0
    assert replay.state is EngineState.STOP  # the order that came before its end


def test_after_the_end_of_all_processes_the_recording_reaches_to_shortly_before(tmp_path: Path) -> None:
    folder, state = write_project(tmp_path, SOURCE), tmp_path / "state" / "plant"
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime.cli", "run", str(folder), "--plain"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        start_new_session=True,
    )
    plc = Started(process, state)
    try:
        wait_for(lambda: plc.block.get("recorder_bytes") > 900 and plc.block.get("scans") > 200, "a recording")
        scans = plc.block.get("scans")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
    finally:
        plc.close()
    (run,) = tape.read(state)
    replay = repeated(run)
    assert replay["Main.Count"] == replay.scans
    assert (scans - replay.scans) * replay.block.get("tick_ns") < 5e9
    with started(tmp_path, folder) as again:
        wait_for(lambda: again.block.get("scans") > 20, "scans")
        assert again.stop() == OK
    first, second = tape.read(state)
    assert first.last_tick == run.last_tick
    assert repeated(second).scans > 20


class _Disk:
    """Between the recorder and its folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full, self.answers = False, threading.Event()
        self.answers.set()
        write = Folder.write

        def checked(folder: Folder, *arguments: Any) -> int:
            self.answers.wait(60)
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(folder, *arguments)

        monkeypatch.setattr(Folder, "write", checked)


def test_a_full_disk_is_said_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "RETRY_NS", 200_000_000)
    monkeypatch.setattr(recorder, "FLUSH_NS", 100_000_000)
    disk = _Disk(monkeypatch)
    with running_project(project(tmp_path, "full"), tmp_path / "state", 0) as rig:
        wait_for(lambda: rig.block.get("recorder_bytes") > 1000, "a recording")
        disk.full = True
        wait_for(lambda: rig.block.get("recorder_failures") > 2, "several attempts")
        assert rig.block.get("recorder_errno") == errno.ENOSPC
        told = [event.text for event in rig.supervisor.events if "recorded" in event.text]
        assert len(told) == 1
        assert os.strerror(errno.ENOSPC) in told[0]
        shown = status_of(rig.block)
        assert shown is not None
        assert shown.problem == os.strerror(errno.ENOSPC)
        assert "attempts failed (No space left on device)" in "\n".join(RunReport(rig.block, rig.program, None).lines())
        disk.full = False
        wait_for(lambda: rig.block.get("recorder_errno") == 0, "the disk to be used again")
        scans = rig.block.get("scans")
        wait_for(lambda: rig.block.get("scans") > scans + 300, "scans")
        assert any("recorded again" in event.text for event in rig.supervisor.events)
    runs = tape.read(tmp_path / "state")
    assert len(runs) >= 2
    for run in runs:
        replay = repeated(run)
        assert replay["Main.Count"] == replay.scans
    assert replay.scans > scans


def test_a_disk_that_does_not_answer_costs_ticks_of_the_recording_and_no_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.image.journal._LEAST_WORDS", 1 << 10)
    monkeypatch.setattr("runtime.image.journal._SLACK_NS", 1)
    monkeypatch.setattr(recorder, "FLUSH_NS", 100_000_000)
    disk = _Disk(monkeypatch)
    with running_project(project(tmp_path, "hung"), tmp_path / "state", 0) as rig:
        wait_for(lambda: rig.block.get("recorder_bytes") > 1000, "a recording")
        disk.answers.clear()
        journal = Journal(rig.block)
        wait_for(lambda: journal.gaps > 200, "ticks that find no room")
        scans, ticks = rig.block.get("scans"), rig.block.get("ticks")
        wait_for(lambda: rig.block.get("scans") > scans + 200, "scans")
        missed = rig.block.get("ticks") - ticks - (rig.block.get("scans") - scans)
        assert abs(missed) <= rig.block.get("lost_activations") + 1
        disk.answers.set()
        wait_for(lambda: rig.block.get("recorder_gaps") > 200, "the gap to be counted")
        scans = rig.block.get("scans")
        wait_for(lambda: rig.block.get("scans") > scans + 1000, "scans behind the gap")
    runs = tape.read(tmp_path / "state")
    assert len(runs) >= 2
    assert runs[0].why == "ticks are missing behind it"
    for run in runs:
        replay = repeated(run)
        assert replay["Main.Count"] == replay.scans
    assert replay.scans > scans


def test_attempts_on_a_full_disk_leave_no_files_and_a_file_that_cannot_be_closed_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every attempt, one in five seconds, left a file without a keyframe. What `close` then had to say ended the
    thread that records.
    """
    disk = _Disk(monkeypatch)
    complaints = list[str]()
    monkeypatch.setattr("runtime.testing.flight._complain", complaints.append)
    folder = project(tmp_path, "left")
    plc = load(folder, recording=tmp_path / "recording")
    plc.cycle(10)
    before = files_of(tmp_path / "recording")
    disk.full = True
    for _ in range(5):
        plc.advance("60s")
    assert plc.block.get("recorder_failures") > 2
    assert files_of(tmp_path / "recording") == before
    close = Folder.close

    def refused(folder: Folder) -> None:
        close(folder)
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as context:
        context.setattr(Folder, "close", refused)
        plc.advance("60s")
    disk.full = False
    plc.advance("60s")
    plc.close()
    assert len(complaints) == 3
    assert "recorded again" in complaints[-1]
    runs = tape.read(tmp_path / "recording")
    assert repeated(runs[-1])["Main.Count"] == 420_010


def test_old_files_go_when_the_room_is_used_up(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "recording", 1 << 16)
    for number in range(60):
        folder.begin("0123456789abcdef" if number < 40 else "fedcba9876543210", bytes(1000), 0)
        folder.write(Kind.SCANS, Reach(1, number, number, number, number), bytes(4000))
    folder.close()
    files = sorted(path.name for path in (tmp_path / "recording").iterdir())
    assert sum(path.stat().st_size for path in (tmp_path / "recording").iterdir()) <= 1 << 16
    assert files[-1] == "fedcba9876543210.program"
    assert "0123456789abcdef.program" not in files
    assert "00000060-fedcba9876543210.rec" in files
    assert len(files) > 8
