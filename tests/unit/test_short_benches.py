"""The benches in short, under pytest-benchmark: run by itself this file shows figures, `make test` runs each once.

What is asserted is that the measured thing works, never how long it takes.
"""

from __future__ import annotations

from pathlib import Path

from bench import report, sources
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
    steady = [50.0 + round_ % 3 for round_ in range(30)]
    low, high = report.between(steady, [each / 2 for each in steady])
    assert low == high == 2.0
    restless = [50.0 if round_ % 2 else 90.0 for round_ in range(30)]
    low, high = report.between(restless, steady)
    assert low < 1.0
    assert high > 1.6
    row = report.row("p99", 1.0, 2.0, 1.5, "us", between=(0.25, 1.125))
    assert "(0.25 to 1.12)" in report.table([row])
