"""`rung retain`, and what is said at a start."""

from __future__ import annotations

import base64
import fcntl
import zlib
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from iec61131 import compiler
from iec61131.source import SourceFile
from runtime import cli
from runtime.service.retain import recalling
from runtime.service.retain.carrying import carry
from runtime.service.retain.disk import Folder
from runtime.service.retain.generations import Generations
from runtime.service.retain.image import gather
from runtime.service.retain.recalling import CannotRecall, lines, recall
from runtime.service.retain.stored import decode, describe

TEXT = """TYPE Mode : (Off, Slow); END_TYPE
TYPE Pump : STRUCT hours : DINT; mode : Mode := Slow; END_STRUCT; END_TYPE
VAR_GLOBAL RETAIN
    pumps : ARRAY[1..2] OF Pump := [(hours := 1), (hours := 2)];
    table : ARRAY[1..20] OF INT := [20 (7)];
    note : STRING[20] := 'it$'s';
    place : REF_TO INT;
END_VAR
VAR_GLOBAL PERSISTENT since : DATE := D#2024-02-29; END_VAR
PROGRAM Main END_PROGRAM
"""
PROGRAM, _ = compiler.outline_program([SourceFile("main.st", TEXT)])


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with one PLC, `tank`, of which one generation is stored."""
    folder = tmp_path / "state" / "tank"
    folder.mkdir(parents=True)
    generations = Generations(Folder(folder / recalling.FOLDER))
    values = gather(PROGRAM.retained, np.frombuffer(PROGRAM.initial, np.uint8))
    generations.commit(1_700_000_000_000_000_000, 1, describe(PROGRAM).to_bytes(), values)
    return tmp_path / "state"


def rung(state: Path, *arguments: str) -> int:
    return cli.main(["retain", *arguments, "--state", str(state)])


@pytest.mark.parametrize("form", ["{name}", "{folder}", "{folder}/retained", "{folder}/retained/a"])
def test_every_value_is_shown_with_its_type(state: Path, form: str, capsys: pytest.CaptureFixture[str]):
    assert rung(state, form.format(name="tank", folder=state / "tank")) == 0
    first, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("generation 1, stored 2023-11-14 22:13:20 UTC by 'program'")
    assert [row.split()[0] for row in rows] == [
        "pumps[1].hours",
        "pumps[1].mode",
        "pumps[2].hours",
        "pumps[2].mode",
        "table",
        "note",
        "place",
        "since",
    ]
    cells = {row.split()[0]: " ".join(row.split()[1:]) for row in rows}
    assert cells["pumps[2].hours"] == "2 DINT RETAIN"
    assert cells["pumps[1].mode"] == "Slow Mode RETAIN"
    assert cells["table"] == "[7, 7, 7, 7, 7, 7, 7, 7, …] ARRAY[1..20] OF INT RETAIN"
    assert cells["note"] == "'it$'s' STRING(20) RETAIN"
    assert cells["place"].startswith("NULL ")
    assert cells["since"] == "2024-02-29 DATE PERSISTENT"


def test_a_project_shows_what_would_become_of_it(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    project = tmp_path / "project"
    project.mkdir()
    (project / "plc.toml").write_text('[plc]\nname = "tank"\nsources = ["main.st"]\n')
    (project / "main.st").write_text(TEXT.replace("hours : DINT", "hours : LINT").replace("note", "remark"))
    assert rung(state, "tank", "--project", str(project)) == 0
    out = capsys.readouterr().out
    assert "in the project: 5 kept, 2 converted, 1 dropped, 1 new\n" in out
    assert "  note: dropped (the program has no such variable)\n" in out
    assert rung(state, "tank", "--project", str(project), "--cold") == 0
    assert "in the project: 1 kept, 7 dropped, 1 new\n" in capsys.readouterr().out
    (project / "main.st").write_text("nonsense")
    assert rung(state, "tank", "--project", str(project)) == 1
    assert "RUNG0" in capsys.readouterr().err


FORM_1 = """
eNqdlMFr01Acx19rawse3EEZ3gY7OEXG3EG8FrrKYFs1q4jIkJf2NX0seQnvvTDmQRgMPQhSAzIUD4O8JNKrFy+CVvDk1T/Ai+DNgeDNmb681g
4Wmu2FkBfe+35++eb3TahLjE3k8BwAoASG4+qNv2/2povq7rAAwIaaf9r58vz8uQMWRH/u/P7x7Wfv626NFH/tfb+084HMHnR2I4faBoXW8Bq2
sIEY3w/4toPYq2eCQAuJ6vJaQ2xi0uohE1mIcEi3BcOPUEHokCXrkVo6DCkkMaMbWcjSEWXd0IQ6MlnXN+0tIDrY6ACxhVuor+irdgtJukDEtS
Q3L7l+Fqzn+fV2G3hiPcbn0mrcdi1H1ggZp26TyyplWWU/tYT3VIqDju1SJgZvBIR2u80QB5IVtDEyWyFFHGLS7zmxBDMek/pvmzZhHMazBCGs
gccBIacIhcyECa/vXUXTKvcfXJ+fX9yYqddmRk4DSClM2jR11GheGX3h5fJZu+SnReAErcpgYUF6GNYaszB31ELhv4ULWcv01hva8tqtucWFK6
MoYGJI/MUJUZjI1pZqDxv10ZNHjo0JR3QsZ8HKvbpWPf1nUq00lo7tQFl9hPH6Kehq58snwoG8EzhxfJKsnxllXUbI1zH/OJ5QJeBQN5NoF5Vg
KmlYikAQmyf7z6r9N5MOpBVwTNhMBCUlWE1spwkYJkpQVoK7xws+D36jgzOvrqWMB+aXGUgfrx83rr2f/gdKY1My
"""
"""A generation of `PROGRAM` in the first form, compressed."""


def test_what_was_stored_long_ago_can_still_be_read():
    stored = decode(zlib.decompress(base64.b64decode(FORM_1)))
    assert (stored.sequence, stored.utc_ns, stored.now_ns) == (7, 1_700_000_000_000_000_000, 5)
    _, report = carry(stored, PROGRAM)
    assert report.kept == 8
    renamed = replace(stored.description, digest="of another program")
    values, report = carry(replace(stored, description=renamed), PROGRAM)
    assert (report.kept, values) == (8, stored.values)


def test_forgetting_needs_a_plc(state: Path, capsys: pytest.CaptureFixture[str]):
    assert rung(state, str(state / "tank" / "retained" / "a"), "--forget") == 3
    with (state / "tank" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert rung(state, "tank", "--forget") == 3
        assert "'tank' runs; stop it first" in capsys.readouterr().err
    assert rung(state, "tank", "--forget") == 0
    assert rung(state, "tank") == 3
    assert "nothing is stored of 'tank'" in capsys.readouterr().err
    assert rung(state, "tonk") == 3
    assert "no PLC of this name" in capsys.readouterr().err


def test_damage_is_shown_and_said(state: Path, capsys: pytest.CaptureFixture[str]):
    path = state / "tank" / "retained" / "a"
    path.write_bytes(path.read_bytes()[:-1])
    assert rung(state, "tank") == 1
    assert "the file 'a' cannot be read" in capsys.readouterr().out
    assert rung(state, str(path)) == 1
    assert list(lines(recall(state / "tank", PROGRAM, 0, 0))) == [
        "retained variables begin with their initial values: the file 'a' cannot be read, it does not have the length "
        "that it was written with"
    ]


def test_what_is_said_at_a_start(state: Path):
    assert list(lines(recall(state / "tank", PROGRAM, 0, 0))) == [
        "retained variables as of 2023-11-14 22:13:20 UTC: 8 kept"
    ]
    many = "".join(f"v{i} : INT; " for i in range(20))
    other, _ = compiler.outline_program(
        [SourceFile("main.st", f"VAR_GLOBAL RETAIN since : DATE; {many} END_VAR PROGRAM Main END_PROGRAM")]
    )
    said = list(lines(recall(state / "tank", other, 0, 0)))
    assert said[0].endswith(": 1 kept, 7 dropped, 20 new")
    assert said[1] == "v0: new"
    assert len(said) == 12
    assert list(lines(recall(state / "nobody", PROGRAM, 0, 0))) == []


def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path):
    (tmp_path / "retained" / "a").mkdir(parents=True)
    with pytest.raises(CannotRecall, match="cannot be read: Is a directory"):
        recall(tmp_path, PROGRAM, 0, 0)
