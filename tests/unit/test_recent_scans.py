"""The last scans in the report of a fault.

What a program is told of its tasks is in the recording as commands, in each scan; nobody has sent these.
"""

from __future__ import annotations

from typing import Any

import pytest

from runtime.replay import tape
from runtime.service import post_mortem
from runtime.service.recording import recent
from runtime.testing import load

PROJECT = """[plc]
name = "recent"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
[connection.line]
driver = "simulated"
[device.io]
connection = "line"
poll = "10ms"
[[device.io.point]]
name = "level"
to = "Main.Level"
[[device.io.point]]
name = "button"
to = "Main.Button"
"""
SOURCE = """PROGRAM Main
VAR Level : REAL; Button : BOOL; Count : DINT; Told : TASK_INFO; END_VAR
Count := Count + 1;
Told(task := 'main');
END_PROGRAM
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tape.Run:
    folder = tmp_path_factory.mktemp("recent")
    (folder / "main.st").write_text(SOURCE)
    (folder / "plc.toml").write_text(PROJECT)
    plc = load(folder, recording=folder / "recording")
    plc.set_inputs({"io.level": 1.5, "io.button": False})
    plc.cycle(1500)
    plc.set_input("io.button", True)
    plc.cycle(10)
    plc.lose_input("io.level")
    plc["Main.Count"] = 7
    plc.cycle(20)
    plc.close()
    (found,) = tape.read(folder / "recording")
    return found


def rows(run: tape.Run, scan: int) -> list[dict[str, Any]]:
    stretches = [run.stretch(number) for number in range(len(run.parts))]
    return recent.rows(run.program.program, run.program.bound, stretches, scan)


def test_a_thousand_scans_with_what_has_changed(run: tape.Run) -> None:
    found = rows(run, 1519)
    assert [found[0]["scan"], found[-1]["scan"], len(found)] == [520, 1519, 1000]
    changed = {row["scan"]: row["inputs"] for row in found if row["inputs"]}
    assert changed == {
        520: {"io.level": ["1.5", "good"], "io.button": ["FALSE", "good"]},  # all of them
        1500: {"io.button": ["TRUE", "good"]},
        1510: {"io.level": ["1.5", "bad"]},
    }
    assert [row["scan"] for row in found if row["commands"]] == [1510]


def test_there_may_be_fewer(run: tape.Run) -> None:
    found = rows(run, 5)
    assert len(found) == 6
    assert found[0]["inputs"] == {"io.level": ["1.5", "good"], "io.button": ["FALSE", "good"]}
    assert recent.rows(run.program.program, run.program.bound, [], 5) == []


def test_old_scans_are_left_out_where_there_is_too_much(run: tape.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST_INPUTS", 1)
    found = rows(run, 1519)
    assert [found[0]["scan"], found[-1]["scan"]] == [1501, 1519]


def test_people_are_shown_the_last_changes(run: tape.Run) -> None:
    assert list(post_mortem.scan_lines(rows(run, 1519))) == [
        "  the last of 1,000 scans that are kept, with what came in (all with --json):",
        "      -9990.0 ms: io.level = 1.5, io.button = FALSE",
        "      -190.0 ms: io.button = TRUE",
        "      -90.0 ms: io.level = 1.5 (bad), 1 command",
    ]
    assert list(post_mortem.scan_lines([])) == []
