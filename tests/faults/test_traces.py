"""Traces of a PLC with real processes: armed at start, through the death of its engine, and read by the command."""

from __future__ import annotations

import csv
import os
import signal
from pathlib import Path

import pytest

from runtime import cli
from runtime.service.tracing.traces import Traces
from tests.faults.command_line import CANNOT, OK, PLC, refused, started, write_project
from tests.faults.rig import wait_for

pytestmark = pytest.mark.xdist_group("real plant")

SOURCE = """
PROGRAM Main
VAR Count : DINT; On : BOOL; Half : LREAL; END_VAR
Count := Count + 1;
On := Count MOD 40 >= 20;
Half := Count / 2.0;
END_PROGRAM
"""
TRACE = """
[trace.edges]
variables = ["Main.Count", "Main.On"]
trigger = "rising Main.On"
pre = 5
samples = 10
repeat = true
"""


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_trace_is_armed_at_start_and_outlives_its_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project(tmp_path, SOURCE, PLC.format(more="") + TRACE)
    with started(tmp_path, project) as plc:
        traces = Traces(plc.block, plc.program)
        wait_for(lambda: traces.find("edges").captures, "a capture")
        before = traces.find("edges").status
        os.kill(plc.block.get("engine_pid"), signal.SIGKILL)
        wait_for(lambda: traces.find("edges").status.first >= before.next, "another engine")
        wait_for(lambda: traces.find("edges").captures, "a capture of the new engine")

        trace = ("trace", "plant", "--state", str(tmp_path / "state"))
        files = ("-o", str(tmp_path / "edges.csv"), "--plot", str(tmp_path / "edges.svg"))
        assert cli.main([*trace, "--name", "edges", *files]) == OK
        head, *caught = rows(tmp_path / "edges.csv")
        assert head == ["time_s", "utc", "scan", "Main.Count", "Main.On"]
        assert [row[4] for row in caught] == ["FALSE"] * 5 + ["TRUE"] * 5
        assert [int(row[3]) % 40 for row in caught] == list(range(15, 25))
        assert float(caught[5][0]) == 0.0
        assert "Main.Count" in (tmp_path / "edges.svg").read_text()

        assert capsys.readouterr().out == ""
        assert cli.main([*trace, "Main.Half", "Main.Count", "--samples", "20", "--every", "2"]) == OK
        head, *sampled = csv.reader(capsys.readouterr().out.splitlines())
        assert head == ["time_s", "utc", "scan", "Main.Half", "Main.Count"]
        first = int(sampled[0][4])
        assert [int(row[4]) for row in sampled] == list(range(first, first + 40, 2))
        assert [float(row[3]) for row in sampled] == [int(row[4]) / 2 for row in sampled]
        assert [trace.request.name for trace in traces.listed()] == ["edges"], "its own was removed"


def test_without_a_plc_there_is_nothing_to_trace(tmp_path: Path) -> None:
    assert "no PLC runs here" in refused(tmp_path, CANNOT, "trace", "plant", "Main.Count")
