"""Who reads what the command says: a pipe that ends early, a closed terminal; and a plant that never is silent."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from runtime.supervisor import running
from tests.faults.command_line import (
    CANNOT,
    OK,
    USAGE,
    WRONG,
    environment,
    left_behind,
    refused,
    rung,
    started,
    write_project,
)
from tests.faults.rig import wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = "PROGRAM Main\nVAR Count : DINT; END_VAR\nCount := Count + 1;\nEND_PROGRAM\n"


@contextmanager
def run_into(tmp_path: Path, output: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`rung run` that writes to a descriptor, which is given away."""
    command = [sys.executable, "-m", "runtime.cli", "run", str(write_project(tmp_path, SOURCE)), *options]
    process = subprocess.Popen(command, env=environment(tmp_path), stdout=output, stderr=subprocess.PIPE)
    os.close(output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize(("options", "status"), [([], OK), (["--seconds", "600"], WRONG)])
def test_a_reader_that_has_read_enough_ends_the_run(tmp_path: Path, options: list[str], status: int) -> None:
    """`rung run --plain | head -1`: the thread that prints ended with a traceback, and the PLC went on for ever with
    nobody to hear it. A run that had to last for a time has not, which a script is to know.
    """
    reader, writer = os.pipe()
    with run_into(tmp_path, writer, "--plain", *options) as process, os.fdopen(reader, "rb") as lines:
        assert lines.readline() == b"plant runs\n"
        lines.close()
        assert process.stderr is not None
        said = process.stderr.read().decode()
        assert (process.wait(30), said) == (status, "")
        assert left_behind(tmp_path) == []
        assert running(tmp_path / "state") == []


def test_a_reader_that_does_not_read_cannot_hold_up_the_end(tmp_path: Path) -> None:
    """With a status line each second a pipe is full after a quarter of an hour. The PLC went on, but whoever asked it
    to end waited for ever.
    """
    reader, writer = os.pipe()
    mine = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
    with run_into(tmp_path, writer, "--plain") as process, os.fdopen(reader, "rb") as lines, os.fdopen(mine, "wb"):
        assert lines.readline() == b"plant runs\n"
        with suppress(BlockingIOError):
            while True:
                os.write(mine, b"." * 512)
        process.terminate()
        assert process.wait(30) == OK
        assert left_behind(tmp_path) == []


def test_a_terminal_that_is_closed_ends_the_run_in_good_order(tmp_path: Path) -> None:
    """The window was closed: SIGHUP ended the supervisor alone, and what it had started found out by itself."""
    mine, theirs = pty.openpty()
    with run_into(tmp_path, theirs) as process:
        wait_for(lambda: running(tmp_path / "state") == ["plant"], "the PLC to run")
        wait_for(lambda: os.read(mine, 65536).find(b"RUN") >= 0, "the view to show it")
        process.send_signal(signal.SIGHUP)
        os.close(mine)
        assert process.wait(30) == OK
        assert left_behind(tmp_path) == []


def test_nohup_is_respected(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does it: what is started next inherits it
    try:
        with started(tmp_path, write_project(tmp_path, SOURCE)) as plc:
            plc.process.send_signal(signal.SIGHUP)
            count = plc.value("Main.Count")
            wait_for(lambda: plc.value("Main.Count") != count, "the PLC to go on")
            assert plc.stop() == OK
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_page_that_nobody_reads_to_its_end(tmp_path: Path) -> None:
    """`rung explain CODE | true` ended with status 120 and a complaint of the interpreter: what was printed left its
    buffer only after the command had returned.
    """
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "runtime.cli", "explain", "RUNG0301"]
    done = subprocess.run(
        command, env=environment(tmp_path), stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (OK, b"")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, env=environment(tmp_path), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (CANNOT, b"rung: the disk is full\n")


def test_a_plant_that_talks_is_heard_and_never_held_up(tmp_path: Path) -> None:
    """Nobody read the plant's output after its first line. One that reported each of its steps stood still, with its
    devices, as soon as the pipe was full, 64 KiB later.
    """
    (tmp_path / "boiler.py").write_text(
        "import pathlib, sys\n"
        "print('ready', flush=True)\n"
        "for step in range(20000):\n"
        "    print('the fire burns', step, flush=True)\n"
        "pathlib.Path(__file__).with_name('done').touch()\n"
        "print('enough', end='', flush=True)\n"
        "sys.stdin.read()\n"
    )
    plant = str(tmp_path / "boiler.py")
    with started(tmp_path, write_project(tmp_path, SOURCE), "--plant", plant) as plc:
        wait_for((tmp_path / "done").exists, "the end of the plant's words")
        wait_for(lambda: plc.said("plant: the fire burns"), "the plant's words to be shown")
        assert plc.stop() == OK  # also when the plant knows nothing of SIGTERM, which ends it


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """A token file or a password that is no UTF-8 was answered with a traceback."""
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    options = ("--to", "http://127.0.0.1:1", "--token-file", str(tmp_path / "token"))
    said = refused(tmp_path, USAGE, "deploy", write_project(tmp_path, SOURCE), *options)
    assert said == f"rung: {tmp_path / 'token'} is no text; it is to hold the token and nothing else\n"
    command = [sys.executable, "-m", "runtime.cli", "password"]
    done = subprocess.run(
        command, env=environment(tmp_path), input=b"\xff" * 9, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.count(b"\n"), b"not UTF-8" in done.stderr) == (USAGE, 1, True)
    assert rung(tmp_path, "--version").returncode == OK
