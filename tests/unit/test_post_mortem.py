"""The report of a fault: which instances ran, their variables as the fault has left them, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.engine.states import EngineState
from runtime.service import fault, post_mortem
from runtime.testing.virtual_plc import VirtualPlc, load

TOML = '[plc]\nname = "plant"\nsources = ["main.st"]\n[task.main]\nprogram = "Main"\ninterval = "10ms"\n'

BLOCKS = """\
FUNCTION Share : DINT
VAR_INPUT Total, Parts : DINT; END_VAR
Share := Total / Parts;
END_FUNCTION
FUNCTION_BLOCK Inner
VAR_INPUT Parts : DINT; END_VAR
VAR Seen : DINT; END_VAR
VAR_TEMP Scratch : DINT; END_VAR
Scratch := 3;
Seen := Seen + 1;
Seen := Seen + Share(100, Parts);
END_FUNCTION_BLOCK
FUNCTION_BLOCK Base
VAR Number : INT; In1 : Inner; END_VAR
METHOD Work
VAR_INPUT Parts : DINT; END_VAR
Number := Number + 1;
In1(Parts := Parts);
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Axis EXTENDS Base
VAR Speed : LREAL; END_VAR
METHOD Twice
THIS^.Work(4);
Work(0);
END_METHOD
END_FUNCTION_BLOCK
"""


def faulted(tmp_path: Path, variables: str, body: str) -> tuple[VirtualPlc, dict[str, Any]]:
    """The report of a program whose body meets a fault in its first scan."""
    (tmp_path / "plc.toml").write_text(TOML)
    (tmp_path / "main.st").write_text(f"{BLOCKS}PROGRAM Main\nVAR {variables} END_VAR\n{body}\nEND_PROGRAM\n")
    plc = load(tmp_path)
    plc.cycle(3)
    assert plc.state is EngineState.FAULT
    found = fault.report(plc.program, plc.block.memory)
    assert found is not None
    return plc, post_mortem.collect(plc.program, plc.block.memory, plc.sources, found, 1_700_000_000_123_456_789)


def on_the_way(report: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(frame["pou"], frame["instance"]) for frame in report["frames"]]


@pytest.mark.parametrize(
    ("variables", "body", "instance"),
    [
        ("One, Two : Inner;", "One(Parts := 1); Two(Parts := 0);", "Main.Two"),
        ("Many : ARRAY[1..3] OF Inner; At : INT := 3;", "Many[At](Parts := 0);", "Main.Many[3]"),
        ("Grid : ARRAY[0..1, 0..1] OF Inner; At : INT := 1;", "Grid[At, 0](Parts := 0);", "Main.Grid[1, 0]"),
        ("One, Two : Inner; P : POINTER TO Inner;", "P := ADR(Two); P^(Parts := 0);", "Main.Two"),
        ("One, Two : Inner; R : REFERENCE TO Inner;", "R REF= Two; R(Parts := 0);", "Main.Two"),
    ],
    ids=["by name", "by index", "by two indices", "by pointer", "by reference"],
)
def test_the_instance_is_read_off_the_call(tmp_path: Path, variables: str, body: str, instance: str):
    plc, report = faulted(tmp_path, variables, body)
    assert on_the_way(report) == [("Share", None), ("Inner", instance), ("Main", "Main"), ("main", None)]
    assert "FUNCTION" in report["frames"][0]["note"]
    shown = {row["path"]: row["value"] for row in report["frames"][1]["variables"]}
    assert shown == {f"{instance}.Parts": "0", f"{instance}.Seen": "1"}, "before the fault it was counted up"
    assert plc[f"{instance}.Seen"] == 1


def test_methods_inherited_ones_and_this_lead_to_the_same_instance(tmp_path: Path):
    _, report = faulted(tmp_path, "Other, Mine : Axis;", "Mine.Twice();")
    assert on_the_way(report) == [
        ("Share", None),
        ("Inner", "Main.Mine.In1"),
        ("Base.Work", "Main.Mine"),
        ("Axis.Twice", "Main.Mine"),
        ("Main", "Main"),
        ("main", None),
    ]
    assert {"path": "Main.Mine.Number", "type": "INT", "value": "2"} in report["frames"][2]["variables"]
    assert report["frames"][3]["variables"] == [], "they stand with the innermost place"


def test_without_sources_the_only_instance_is_found_and_no_other_is_guessed(tmp_path: Path):
    plc, _ = faulted(tmp_path, "One : Inner; A, B : Axis;", "One(Parts := 4); A.Work(0);")
    found = fault.report(plc.program, plc.block.memory)
    assert found is not None
    frames = post_mortem.collect(plc.program, plc.block.memory, (), found, 0)["frames"]
    assert [(frame["pou"], frame["instance"]) for frame in frames] == [
        ("Share", None), ("Inner", None), ("Base.Work", None), ("Main", "Main"), ("main", None),
    ]  # fmt: skip
    assert frames[1]["note"] == "which instance of Inner it was is not known"


def test_a_report_is_bounded(tmp_path: Path):
    variables = "".join(f"v{n} : DINT; " for n in range(300))
    text, long = "s : STRING(1000); ", "t : ARRAY[1..2000] OF INT; u : ARRAY[1..1000] OF DINT; Zero : DINT;"
    _, report = faulted(tmp_path, text + long + variables, "s := 'x'; v1 := 1 / Zero;")
    frame = report["frames"][0]
    assert len(frame["variables"]) == post_mortem.MAX_VARIABLES
    assert frame["left_out"] == 300 + 4 - post_mortem.MAX_VARIABLES
    assert "Main.t" not in [row["path"] for row in frame["variables"]]
    assert max(len(row["value"]) for row in frame["variables"]) == post_mortem.MAX_TEXT
    assert "and 104 more" in "\n".join(post_mortem.lines(report))


def test_the_last_ten_are_kept(tmp_path: Path):
    for number in range(13):
        post_mortem.store(tmp_path, {"number": number}, number * 10**9)
    names = post_mortem.stored(tmp_path)
    assert len(names) == post_mortem.KEPT
    assert post_mortem.load(tmp_path, "latest") == post_mortem.load(tmp_path, names[0]) == {"number": 12}
    assert post_mortem.load(tmp_path, names[-1]) == {"number": 3}


@pytest.mark.parametrize("name", ["../lock", "latest", "", "20200101T000000.000000Z", "x" * 1000])
def test_what_is_no_report_is_said(tmp_path: Path, name: str):
    with pytest.raises(LookupError, match="no report"):
        post_mortem.load(tmp_path, name)


def test_a_damaged_report_is_said(tmp_path: Path):
    name = post_mortem.store(tmp_path, {}, 0)
    (tmp_path / f"fault-{name}.json").write_text(json.dumps([]))
    with pytest.raises(LookupError, match="cannot be read"):
        post_mortem.load(tmp_path, name)


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path):
    assert "cannot be kept: No such file or directory" in post_mortem.keep(tmp_path / "gone", {}, 0)
