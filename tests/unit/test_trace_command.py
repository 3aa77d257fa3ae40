"""`rung trace` over a scan of this process: what is written where, and what is refused."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime import cli
from runtime.image.block import Block
from runtime.service.refused import Refused
from runtime.service.tracing import command
from runtime.service.tracing.plcs import LocalPlc
from runtime.service.tracing.request import TraceRequest
from runtime.service.tracing.traces import Traces
from tests.unit import handmade

PROGRAM = handmade.program()


@pytest.fixture(scope="module")
def block() -> Iterator[Block]:
    with handmade.running(PROGRAM, handmade.bound(PROGRAM)) as block:
        yield block


def rung(block: Block, *words: str) -> int:
    def find(name: str | None, _state: Path | None) -> LocalPlc:
        if name != "tank":
            raise Refused(f"no PLC '{name}' runs here", 3)
        return LocalPlc("tank", Block.attach(os.dup(block.fd)), PROGRAM)

    return command.run(cli.build_parser().parse_args(["trace", *words]), find)


def test_without_a_terminal_rows_come_on_standard_output(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    assert rung(block, "tank", "Main.DINT", "Main.Colour", "Main.TIME", "--for", "50ms") == 0
    said = capsys.readouterr()
    head, *rows = csv.reader(said.out.splitlines())
    assert head == ["time_s", "utc", "scan", "Main.DINT", "Main.Colour", "Main.TIME (ms)"]
    assert [int(row[3]) for row in rows] == list(range(int(rows[0][3]), int(rows[0][3]) + len(rows)))
    assert {row[4] for row in rows} == {"Red"}
    assert 0.0 <= float(rows[-1][0]) < 0.05
    assert said.err == f"tank: running, {len(rows)} samples\n"
    assert Traces(block, PROGRAM).listed() == []


def test_a_picture_is_printed_once_where_it_cannot_move(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    assert rung(block, "tank", "Main.DINT", "--samples", "30", "Main.BOOL", "--plot") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("Main.")] == ["Main.DINT", "Main.BOOL"]
    assert "\x1b" not in "".join(lines)


def test_a_capture_goes_into_a_file_and_a_picture(
    block: Block, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, picture = tmp_path / "a.csv", tmp_path / "a.svg"
    assert rung(block, "tank", "Main.DINT", "--trigger", "Main.DINT > 0", "--samples", "20", "-o", str(file)) == 0
    assert rung(block, "tank", "Main.DINT", "--trigger", "Main.DINT > 0", "--plot", str(picture)) == 0
    assert capsys.readouterr().out == ""
    rows = list(csv.reader(file.read_text().splitlines()))[1:]
    assert (len(rows), float(rows[0][0])) == (20, 0.0)
    assert "tank: Main.DINT &gt; 0" in picture.read_text()


def test_a_trace_that_is_there_is_listed_followed_and_removed(
    block: Block, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Traces(block, PROGRAM).set_up(TraceRequest("mine", ("Main.DINT",), samples=7))
    assert rung(block, "tank", "--name", "MINE", "-o", str(tmp_path / "a.csv")) == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 8
    assert rung(block, "tank") == 0
    assert capsys.readouterr().out == "mine: done, 1 variables, every 1\n"
    assert rung(block, "tank", "--remove", "mine") == 0
    assert rung(block, "tank") == 0
    assert capsys.readouterr().out == "no traces; name variables to sample them\n"
    assert rung(block, "tank", "--name", "mine") == 2
    assert "there is no trace 'mine'" in capsys.readouterr().err


def test_a_file_is_drawn_and_written_anew(block: Block, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, other, picture = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "a.svg"
    assert rung(block, "tank", "Main.DINT", "Main.BOOL", "--samples", "9", "-o", str(file)) == 0
    assert rung(block, "--plot", str(file)) == 0
    assert "Main.BOOL" in capsys.readouterr().out
    assert rung(block, str(file), "-o", str(other), "--plot", str(picture)) == 0
    assert other.read_text() == file.read_text()
    assert picture.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nowhere", "Main.DINT"], 3, "no PLC 'nowhere'"),
        (["tank", "Main.Text"], 2, "no texts"),
        (["tank", "Main.DNIT"], 2, "no variable 'Main.DNIT'"),
        (["tank", "Main.DINT", "--for", "3"], 2, "'3' has no unit"),
        (["tank", "Main.DINT", "-o", "a.txt"], 2, "neither in .csv nor in .parquet"),
        (["tank", "Main.DINT", "-o", "/nowhere/a.csv"], 3, "cannot be written"),
        (["tank", "Main.DINT", "--plot", "Main.BOOL"], 2, "does not end in .svg"),
        (["tank", "Main.DINT", "--trigger", "Main.DINT"], 2, "say to what it is compared"),
        (["tank", "Main.DINT", "--name", "x"], 2, "has its variables already"),
        (["no.csv"], 3, "cannot be read"),
        (["no.csv", "Main.DINT"], 2, "all of it is shown"),
    ],
)
def test_what_cannot_be_is_said(
    block: Block, words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rung(block, *words) == status
    assert said in capsys.readouterr().err
    assert Traces(block, PROGRAM).listed() == []
