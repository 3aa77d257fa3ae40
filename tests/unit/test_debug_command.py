"""`rung debug` and `rung replay --break`, as a script gives them, which is no terminal; and at a terminal."""

from __future__ import annotations

import os
import pty
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from runtime.testing import load
from tests.unit.command_line import rung
from tests.unit.debugged import line_of, make


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("debugged"))


@pytest.fixture(scope="module")
def recording(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    plc = load(project, recording=folder)
    plc.set_input("io.level", 1.5)
    plc.cycle(100)
    plc.close()
    return folder


def test_a_session_on_a_recording(recording: Path, tmp_path: Path):
    line = line_of("sum := sum")
    told = rung("debug", recording, commands=f"""
        # an empty line repeats what goes somewhere
        break main.st:{line} time 2 when step = 3
        watch sum * 2
        continue
        where

        locals
        frame 2
        step
        back
        out
        reverse
        delete 1
        change Main.mode
        continue
        breakpoints
        inputs
        globals
        print Main.pair
        print Main.counts
        list {line}
        tick 20
        scan -3
        at 0.5s
        continue until Main.n > 90
        plot Main.level Main.n {tmp_path}/a.svg
        save {tmp_path}/a.rec
        help
        """)  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    out = told.stdout
    assert f"breakpoint 1: main.st:{line} when step = 3, time 2; tick 3, 0.030 s, task fast" in out
    assert f"{line} | sum := sum + Twice(step);" in out
    assert "sum * 2 = 12" in out
    assert f"1  Outer (Main.outer) at main.st:{line_of('inner(step')}:5" in out
    assert "Main.mode has changed; tick 6" in out
    assert "breakpoint 2: a change of Main.mode" in out
    assert "io.level = 1.5 (good, 0s)" in out
    assert "Main.pair.b = 1.5" in out
    assert "Main.counts has 300 parts" in out
    assert "tick 20, 0.200 s, task fast" in out
    assert "tick 17," in out
    assert "Main.n > 90; tick 90" in out
    assert "<svg" in (tmp_path / "a.svg").read_text()
    assert rung("replay", tmp_path / "a.rec").returncode == 0


def test_mistakes_are_said_and_the_session_goes_on(recording: Path):
    told = rung("debug", recording, commands="""
        nothing
        tick soon
        tick 4000
        at later
        break main.st
        break main.st:3 when n +
        break other.st:3
        change Main.nothing
        frame 9
        print nothing
        set Main.n := 3
        input io.level := 3
        delete 7
        plot Main.nothing
        list 5
        print Main.n
        """)  # fmt: skip
    assert told.returncode == 1
    assert told.stdout.count("\n! ") == 14, told.stdout
    assert told.stdout.endswith("Main.n = 0\n")
    assert "Traceback" not in told.stderr


def test_a_session_on_a_simulation(project: Path, tmp_path: Path):
    told = rung("debug", project, "--plant", project / "model.py", commands=f"""
        continue
        scan +30
        set Main.n := 1000
        step
        scan
        print Main.n
        save {tmp_path}/live.rec
        """)  # fmt: skip
    assert told.returncode == 1
    assert "! a simulation has no end" in told.stdout
    assert "Main.n is written with tick 31" in told.stdout
    assert "Main.n = 1000" in told.stdout
    assert rung("replay", tmp_path / "live.rec").returncode == 0


def test_inputs_of_a_simulation_without_a_plant(project: Path):
    told = rung("debug", project, commands="input io.level := 2.5\nscan\nprint Main.level\ninput io.x := 1\n")
    assert "Main.level = 2.5" in told.stdout
    assert "! no input point 'io.x'" in told.stdout


def test_ctrl_c_ends_a_search_and_not_the_session(project: Path):
    command = [sys.executable, "-m", "runtime.cli", "debug", str(project)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"break main.st:{line_of('n := n')} when n < 0\ncontinue\nprint 7 * 6\n")
    process.stdin.close()
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=lambda: [heard.put(line) for line in process.stdout or ()], daemon=True)
    reader.start()
    while "breakpoint 1" not in heard.get(timeout=60):
        pass
    told = ""
    while "interrupted; tick" not in told:
        process.send_signal(signal.SIGINT)  # until it comes while something is searched
        with suppress(queue.Empty):
            told += heard.get(timeout=0.2)
    assert process.wait(60) == 0
    reader.join()
    process.stdout.close()
    while not heard.empty():
        told += heard.get()
    assert "7 * 6 = 42" in told


def test_a_person_at_a_terminal_has_a_prompt_and_a_history(recording: Path, tmp_path: Path):
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "runtime.cli", "--no-colour", "debug", str(recording)]
    environment = {**os.environ, "RUNG_STATE": str(tmp_path), "TERM": "dumb"}
    process = subprocess.Popen(command, stdin=other_end, stdout=other_end, stderr=other_end, env=environment)
    os.close(other_end)
    told = b""
    for typed, answer in ((b"step\n", b"t := n * 10"), (b"\n", b"toggled := 1"), (b"quit\n", b"quit")):
        while not told.endswith(b"(rung) "):
            told += os.read(terminal, 4096)
        told = b""
        os.write(terminal, typed)
        while answer not in told:
            told += os.read(terminal, 4096)
    assert process.wait(60) == 0
    os.close(terminal)
    assert (tmp_path / "debug_history").read_text().split() == ["step", "quit"]


def test_a_place_of_a_recorded_tick(recording: Path):
    line = line_of("doubled := x")
    told = rung("replay", recording, "--break", f"main.st:{line}", "--when", "Main.n > 7", "--print", "x", "Main.n")
    assert told.returncode == 0, told.stderr
    assert "tick 7, 0.070 s, task fast" in told.stdout
    assert "3  Main at main.st" in told.stdout
    assert "  doubled = 0" in told.stdout
    assert told.stdout.endswith("x = 3\nMain.n = 8\n")
    further = rung("replay", recording, "--break", f"main.st:{line}", "--step", "1")
    assert "Twice := doubled" in further.stdout
    before = rung("replay", recording, "--break", f"main.st:{line}", "--back", "1")
    assert "sum := sum + Twice(step)" in before.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("--break", "main.st"), 2, "write FILE:LINE"),
        (("--break", "main.st:3000"), 2, "no statement begins"),
        (("--break", "main.st:20", "--when", "nothing"), 2, "'nothing' is not declared"),
        (("--break", "main.st:20", "--when", "FALSE"), 1, "was not reached"),
        (("--break", "main.st:20", "--step", "0"), 2, "whole number"),
        (("--step", "2"), 2, "go with --break"),
    ],
)
def test_what_is_wrong_with_a_place(recording: Path, arguments: tuple[str, ...], status: int, why: str):
    told = rung("replay", recording, *arguments)
    assert told.returncode == status
    assert why in told.stdout + told.stderr
    assert "Traceback" not in told.stderr


def test_what_cannot_be_debugged(tmp_path: Path, recording: Path):
    assert rung("debug", "no-such-plc", "--state", tmp_path).returncode == 3
    assert rung("debug", recording, "--run", "7").returncode == 3
    assert rung("debug", recording, "--plant", "x.py").returncode == 3
    (tmp_path / "plc.toml").write_text('[plc]\nname = "x"\nsources = ["a.st"]\n')
    (tmp_path / "a.st").write_text("PROGRAM Main\nx := 1;\nEND_PROGRAM\n")
    broken = rung("debug", tmp_path)
    assert broken.returncode == 1
    assert "'x' is not declared" in broken.stderr
