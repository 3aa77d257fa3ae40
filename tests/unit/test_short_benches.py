"""The benches in short, under pytest-benchmark: run by itself this file shows figures, `make test` runs each once.

What is asserted is that the measured thing works, never how long it takes.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench import report, sources
from bench.cyclictest import Cyclictest
from iec61131 import compiler, jit
from iec61131.source import SourceFile
from runtime.engine import kernel
from runtime.engine.states import EngineState
from runtime.image.ring import Command, CommandRing
from runtime.service import plant
from tests.unit import handmade

TANK = Path(__file__).parents[2] / "programs" / "tank"


def test_one_tick(benchmark) -> None:
    program = handmade.program()
    block, view = handmade.make(program, handmade.bound(program))
    block.set("state", EngineState.STOP)
    CommandRing(block, "console").order(Command.START)
    benchmark(kernel.tick, view, 1_000_000, 0)
    assert block.get("state") == EngineState.RUN
    counter = block.memory[handmade.COUNTER :][:4].view("<i4")[0]
    assert counter == 1, "the same release is answered once, however often it is ticked"


def test_compiling_the_tank(benchmark) -> None:
    source = SourceFile("main.st", (TANK / "main.st").read_text())
    program, warnings = benchmark(compiler.compile_program, [source])
    assert not warnings
    assert jit.load(program.objects, [task.symbol for task in program.tasks])


def test_a_generated_project_has_its_size_and_no_findings(benchmark) -> None:
    text = sources.plant(1_000)
    assert 950 <= text.count("\n") <= 1_200
    assert benchmark(compiler.check, [SourceFile("main.st", text)]) == []


def test_checking_the_tank(benchmark) -> None:
    assert benchmark(plant.check, TANK) == []


def test_a_gate_names_what_has_become_too_slow() -> None:
    programs = [report.row("slow", 8.0, 2.0, 1.5, "ns"), report.row("fair", 5.0, 2.0, 1.5, "ns")]
    results = [
        report.row("many", 1.0, 400.0, 0.0, "scans"),
        {**report.row("fine", 1.0, 1.0, 1.0, "x"), "programs": programs},
    ]
    assert report.beyond(results, 2.0) == [("many", 1 / 400, 0.0), ("fine, slow", 4.0, 3.0)]
    assert report.beyond(results[1:], 3.0) == []


def test_a_report_is_a_table_and_a_file(tmp_path: Path) -> None:
    programs = [report.row("a", 1.0, 2.0, 1.5, "ns"), report.row("b", 4.0, 2.0, 1.5, "ns")]
    result = report.of_programs("code", programs, 1.0)
    assert result["ratio"] == 1.0
    table = report.table([result])
    assert "not met" in table
    report.write(tmp_path, result)
    written = (tmp_path / "code.json").read_text()
    for key in ("name", "ours", "reference", "ratio", "target", "programs", "kernel", "cpu", "versions", "date"):
        assert f'"{key}"' in written


def test_where_a_ratio_over_rounds_lies_is_told_narrowly_or_widely() -> None:
    assert report.between([2.0] * 30) == (2.0, 2.0)
    low, high = report.between([0.9 if round_ % 2 else 1.7 for round_ in range(30)])
    assert low == 0.9
    assert high == 1.7
    row = report.row("p99", 1.0, 2.0, 1.5, "us", between=(0.25, 1.125))
    assert "(0.25 to 1.12)" in report.table([row])


_SAID = """\
# Histogram
000010 000100\t000000
000020 000000\t000098
000900 000001\t000000
# Max Latencies: 00900 04321
# Histogram Overflows: 00000 00002
# Histogram Overflow at cycle number:
"""


@pytest.fixture
def said_by_cyclictest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cyclictest that says `_SAID`; with what it was called is in the file."""
    stand_in = tmp_path / "cyclictest"
    stand_in.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\ncat <<"END"\n{_SAID}END\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path / "called"


def test_cyclictest_of_two_threads_is_read_with_what_its_histogram_does_not_reach(said_by_cyclictest: Path) -> None:
    one, other = Cyclictest(1, 80, 10.5, threads=2).wakes()
    assert (one.percentile_us(99.0), one.percentile_us(99.9), one.beyond) == (10.5, 900.5, 0)
    assert (other.percentile_us(50.0), other.percentile_us(99.0), other.beyond) == (20.5, 4321.0, 2)
    assert (one.later_than(500), other.later_than(500)) == (1, 2)
    assert said_by_cyclictest.read_text() == "-m -q -t2 -p80 -i1000 -a1 -h100000 -D10 -A500\n"


@pytest.mark.parametrize(("deadline_ns", "aligned"), [(7_000_000_000, 500), (7_000_499_999, 999), (7_000_700_000, 200)])
def test_cyclictest_wakes_half_a_period_off_the_scan(said_by_cyclictest: Path, deadline_ns: int, aligned: int) -> None:
    [wakes] = Cyclictest(0, 80, 1, beside_ns=deadline_ns).wakes()
    assert wakes.greatest_us == 900
    assert said_by_cyclictest.read_text().split()[-1] == f"--secaligned={aligned}"
