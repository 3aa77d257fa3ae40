"""Online change as it is seen by who looks: traces that go on or say why not, and a program that asks for its tasks."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from runtime.image.block import Block
from runtime.image.trace import slots
from runtime.service.tracing.traces import Traces
from runtime.supervisor import attach
from tests.faults.command_line import CANNOT, OK, Started, environment, rung, started, write_project
from tests.faults.rig import wait_for
from tests.faults.test_change import Changing, changing

pytestmark = pytest.mark.xdist_group("real plant")

TOML = """\
[plc]
name = "plant"
sources = ["main.st"]
{more}
[task.main]
program = "Main"
interval = "2ms"
"""
SOURCE = "PROGRAM Main VAR {} go : BOOL; END_VAR {} END_PROGRAM"
FIRST = SOURCE.format("n, old : DINT; tone : (Red, Green);", "n := n + 1; old := n;")
SECOND = SOURCE.format("before : ARRAY[1..50] OF LREAL; tone : (Red, Green); n : DINT;", "n := n + 1;")
LONGER = SOURCE.format("n : LINT; old : DINT; tone : (Red, Green);", "n := n + 1; old := 5;")
OTHER_LABELS = SOURCE.format("n, old : DINT; tone : (Red, Blue);", "n := n + 1; old := 5;")


class Tracing(NamedTuple):
    process: subprocess.Popen[str]
    path: Path

    def rows(self) -> list[dict[str, str]]:
        """Those that are whole."""
        text = self.path.read_text() if self.path.exists() else ""
        return list(csv.DictReader(text[: text.rfind("\n") + 1].splitlines()))

    def end(self, how: int | None = signal.SIGINT) -> tuple[int, str]:
        """Exit status and what was said."""
        if how is not None:
            self.process.send_signal(how)
        _, said = self.process.communicate(timeout=60)
        assert "Traceback" not in said
        return self.process.returncode, said


@contextmanager
def tracing(tmp_path: Path, *arguments: str) -> Iterator[Tracing]:
    path = tmp_path / "trace.csv"
    command = [sys.executable, "-m", "runtime.cli", "trace", "plant", *arguments, "-o", str(path)]
    process = subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Tracing(process, path)
    finally:
        process.kill()
        process.communicate()


def change(tmp_path: Path, plc: Started, source: str, toml: str = TOML.format(more="")) -> None:
    """By the command; returns when the other program is in charge."""
    folder = tmp_path / "next"
    folder.mkdir()
    (folder / "main.st").write_text(source)
    (folder / "plc.toml").write_text(toml)
    done = rung(tmp_path, "change", "plant", folder, "--accept")
    assert done.returncode == OK, done.stderr
    assert plc.block.get("changes") == 1


def test_a_trace_goes_on_in_the_same_file(tmp_path: Path) -> None:
    """By the name of its variable, which lies elsewhere now. It ended, and said that it was set up anew."""
    with (
        started(tmp_path, write_project(tmp_path, FIRST, TOML.format(more=""))) as plc,
        tracing(tmp_path, "Main.n") as trace,
    ):
        wait_for(lambda: len(trace.rows()) > 50, "samples")
        scan = plc.block.get("scans")
        change(tmp_path, plc, SECOND)
        later = plc.block.get("scans")
        wait_for(lambda: int(trace.rows()[-1]["scan"]) > later + 50, "samples of the other program")
        status, said = trace.end()
        rows = trace.rows()
        scans = [int(row["scan"]) for row in rows]
        assert (status, scans[0] < scan) == (OK, True)
        assert all(row["scan"] == row["Main.n"] for row in rows), "each is that of its scan"
        steps = [after - before for before, after in pairwise(scans)]
        assert min(steps) == 1
        (gap,) = [step for step in steps if step > 1]
        assert f"{gap - 1:,} lost" in said


@pytest.mark.parametrize(
    ("variable", "source", "why"),
    [
        ("Main.old", SECOND, "no variable 'Main.old': 'old' is not known"),
        ("Main.n", LONGER, "Main.n is LINT by now, and was DINT"),
        ("Main.tone", OTHER_LABELS, "Main.tone is with other labels by now"),
    ],
)
def test_a_trace_whose_variable_is_another_one_ends_and_says_so(
    tmp_path: Path, variable: str, source: str, why: str
) -> None:
    """What it has caught until then is in the file."""
    with (
        started(tmp_path, write_project(tmp_path, FIRST, TOML.format(more=""))) as plc,
        tracing(tmp_path, variable) as trace,
    ):
        wait_for(lambda: len(trace.rows()) > 50, "samples")
        change(tmp_path, plc, source)
        status, said = trace.end(None)
        assert status == CANNOT
        assert f"rung: the trace has ended: {why}" in said
        assert len(trace.rows()) > 50


def test_a_trigger_is_waited_for_through_a_change(tmp_path: Path) -> None:
    wanted = ("Main.n", "--trigger", "rising Main.go", "--samples", "20", "--pre", "5")
    with (
        started(tmp_path, write_project(tmp_path, FIRST, TOML.format(more=""))) as plc,
        tracing(tmp_path, *wanted) as trace,
    ):
        wait_for(lambda: len(Traces(plc.block, plc.program).listed()) == 1, "the trace")
        change(tmp_path, plc, SECOND)
        block = attach(tmp_path / "state" / "plant")
        wait_for(lambda: is_armed(block, 10), "samples of the other program")
        assert rung(tmp_path, "write", "plant", "Main.go=TRUE").returncode == OK
        status, _ = trace.end(None)
        block.close()
        rows = trace.rows()
        assert (status, len(rows), float(rows[5]["time_s"])) == (OK, 20, 0.0)
        assert all(row["scan"] == row["Main.n"] for row in rows)


def is_armed(block: Block, samples: int) -> bool:
    """Whether its only trace is one of the program that is in charge, and has taken so many."""
    status = next((found for slot in slots(block) if (found := slot.status()) is not None), None)
    return status is not None and status.program == block.get("changes") and status.next - status.first > samples


def test_traces_of_the_project_go_on_or_end_with_an_event(tmp_path: Path) -> None:
    kept = '[trace.kept]\nvariables = ["Main.n"]\ntrigger = "Main.n > 0"\nsamples = 5\nrepeat = true\n'
    gone = '[trace.gone]\nvariables = ["Main.old"]\n'
    more = '[trace.more]\nvariables = ["Main.before[50]"]\n'
    with started(tmp_path, write_project(tmp_path, FIRST, TOML.format(more="") + kept + gone)) as plc:
        wait_for(lambda: len(Traces(plc.block, plc.program).listed()) == 2, "both")
        change(tmp_path, plc, SECOND, TOML.format(more="") + kept + more)
        wait_for(lambda: plc.said("the trace 'gone' has ended: no variable 'Main.old'"), "the event")
        listed = rung(tmp_path, "trace", "plant").stdout.splitlines()
        assert sorted(line.partition(":")[0] for line in listed) == ["kept", "more"]


# ------------------------------------------------------------------------------------------------------------ TASK_INFO

TASKS = """\
CONFIGURATION Plant
    RESOURCE Plc ON Linux
        {}
        TASK fast (INTERVAL := T#1ms, PRIORITY := 5);
        TASK slow (INTERVAL := T#20ms, PRIORITY := 6);
        PROGRAM quick WITH fast : Count;
        PROGRAM main WITH slow : Watch;
    END_RESOURCE
END_CONFIGURATION
PROGRAM Count
VAR n : DINT; END_VAR
n := n + 1;
END_PROGRAM
PROGRAM Watch
VAR {} fast, slow, urgent : TASK_INFO; END_VAR
fast(task := 'fast');
slow(task := 'slow');
urgent(task := 'urgent');
END_PROGRAM
"""
URGENT = "TASK urgent (INTERVAL := T#5ms, PRIORITY := 0); PROGRAM hurried WITH urgent : Count;"
PLAIN = '[plc]\nname = "plant"\nsources = ["main.st"]\n'


def told(plc: Changing) -> tuple[int, int, int]:
    """How often each task has run, as the program has been told."""
    return plc.value("main.fast.count"), plc.value("main.slow.count"), plc.value("main.urgent.count")


def test_a_program_is_told_of_the_same_tasks_on_and_on(tmp_path: Path) -> None:
    with changing(tmp_path, PLAIN, TASKS.format("", ""), TASKS.format("", "more : LREAL;")) as plc:
        wait_for(lambda: told(plc)[1] > 5, "the slow task to run")
        fast, slow, _ = told(plc)
        plc.change(plc.plants[1])
        wait_for(lambda: told(plc)[1] > slow, "it to be told")
        assert fast <= told(plc)[0] <= plc.value("quick.n")
        assert not plc.value("main.urgent.valid")


def test_a_program_is_told_of_the_right_task_when_there_are_others(tmp_path: Path) -> None:
    """The rows are in the order of urgency: with one more task in front, a program was told of its neighbour."""
    with changing(tmp_path, PLAIN, TASKS.format("", ""), TASKS.format(URGENT, "")) as plc:
        wait_for(lambda: told(plc)[1] > 5, "the slow task to run")
        before = plc.value("quick.n")
        plc.change(plc.plants[1])
        wait_for(lambda: told(plc)[2] > 20, "it to be told of the other tasks")
        fast, slow, urgent = told(plc)
        assert fast <= plc.value("quick.n") - before, "they begin anew"
        assert 3 <= fast / urgent <= 7
        assert 12 <= fast / slow <= 28
        plc.back()
        wait_for(lambda: plc.supervisor.plant is plc.plants[0], "the first version")
        wait_for(lambda: not plc.value("main.urgent.valid"), "it to be told that the task is gone")
        wait_for(lambda: told(plc)[1] > 5, "it to be told of its own again")
        assert 12 <= told(plc)[0] / told(plc)[1] <= 28
