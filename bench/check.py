"""`rung check` of 1,000 lines in nine files and a project file, as a user starts it: the command itself, in a new
process, with the byte code of the start before.

    by the clock        against 0.3 s, at which an answer still counts as coming at once
    with findings       the same for a project in which each file has a wrong name: they are looked into and shown
    processor time      against that of `python -c pass`: what of it nobody could avoid

Each is the best of several rounds: what else runs on the machine only ever adds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import report, sources

NAME = "check"
LINES, ROUNDS = 1_000, 20
TARGET_S, PROCESSOR_TARGET = 0.3, 8.0

Times = tuple[float, float]
"""Seconds by the clock and of the processor."""


def run() -> report.Result:
    with tempfile.TemporaryDirectory() as folder:
        sound, wrong = Path(folder) / "sound", Path(folder) / "wrong"
        files = sources.in_files(sources.plant(LINES))
        _write(sound, files)
        _write(wrong, {name: text.replace(" := ", " := unheardOf + ", 1) for name, text in files.items()})
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        rung = str(Path(sys.executable).with_name("rung"))
        commands = {
            "pass": ([sys.executable, "-c", "pass"], 0),
            "sound": ([rung, "check", str(sound)], 0),
            "wrong": ([rung, "check", str(wrong)], 1),
        }
        rounds = [{name: _times(*command, environment) for name, command in commands.items()} for _ in range(ROUNDS)]
    clock_s, processor_s = ({name: min(each[name][which] for each in rounds) for name in commands} for which in (0, 1))
    rows = [
        report.row("by the clock", clock_s["sound"], TARGET_S, 1.0, "s"),
        report.row("with findings", clock_s["wrong"], TARGET_S, 1.0, "s"),
        report.row("processor time", processor_s["sound"], processor_s["pass"], PROCESSOR_TARGET, "s"),
    ]
    worst = max(rows, key=lambda r: r["ratio"] / r["target"])
    return {**worst, "name": NAME, "worst_of": worst["name"], "programs": rows}


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    (folder / "plc.toml").write_text('[plc]\nname = "plant"\nsources = ["."]\n')
    for name, text in files.items():
        (folder / name).write_text(text)


def _times(command: list[str], status: int, environment: dict[str, str]) -> Times:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(command, check=False, capture_output=True, env=environment)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode != status:
        raise SystemExit(ended.stderr.decode())
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
