"""Which files a project reads, and what it says of those that it cannot or must not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iec61131.diagnostics.diagnostic import Diagnostic
from runtime.service.config import load_project
from runtime.service.config.load import MAX_FILE_BYTES
from runtime.service.config.sources import MAX_FILE_BYTES as MAX_SOURCE_BYTES
from runtime.service.config.sources import MAX_FILES
from tests.unit.project_world import PlainDrivers, errors_of


def load(folder: Path):
    return load_project(folder, PlainDrivers())


def complaints(folder: Path) -> list[Diagnostic]:
    return errors_of(load, folder)


def write(folder: Path, sources: str, files: dict[str, str] | None = None) -> Path:
    """A project folder with these entries of `sources` and these files."""
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "plc.toml").write_text(f'[plc]\nname = "files"\nsources = {sources}\n', encoding="utf-8")
    return folder


FILES = {
    "main.st": "(* main *)",
    "blocks/b.st": "",
    "blocks/a.st": "",
    "blocks/deep/c.st": "",
    "blocks/notes.txt": "",
    ".hidden/x.st": "",
    "blocks/.y.st": "",
}


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        ('["main.st"]', ["main.st"]),
        ('["./main.st"]', ["main.st"]),
        ('["main.st", "main.st", "*.st"]', ["main.st"]),
        ('["blocks"]', ["blocks/a.st", "blocks/b.st", "blocks/deep/c.st"]),
        ('["blocks/"]', ["blocks/a.st", "blocks/b.st", "blocks/deep/c.st"]),
        ('["blocks/*.st"]', ["blocks/a.st", "blocks/b.st"]),
        ('["blocks/*", "main.st"]', ["blocks/a.st", "blocks/b.st", "main.st"]),
        ('["blocks/**/*.st"]', ["blocks/a.st", "blocks/b.st", "blocks/deep/c.st"]),
        ('["."]', ["blocks/a.st", "blocks/b.st", "blocks/deep/c.st", "main.st"]),
    ],
)
def test_entries_lead_to_files(tmp_path: Path, sources: str, names: list[str]):
    project = load(write(tmp_path, sources, FILES))
    assert [file.name for file in project.sources] == names
    assert all(file.text == FILES[file.name] for file in project.sources)


@pytest.mark.parametrize(
    ("entry", "code", "part"),
    [
        ("mian.st", "RUNG0520", "did you mean 'main.st'"),
        ("MAIN.st", "RUNG0520", "capitals and small letters count"),
        ("", "RUNG0520", "name a file"),
        ("empty", "RUNG0520", "put the sources there"),
        ("nothing/*.st", "RUNG0520", "name the files, or a folder"),
        ("a**b.st", "RUNG0520", "name a file"),
        ("x" * 300 + ".st", "RUNG0520", "name a file"),
        ("../other/main.st", "RUNG0521", "into the project folder"),
        ("blocks/../../main.st", "RUNG0521", "into the project folder"),
        ("/etc/passwd", "RUNG0521", "into the project folder"),
        ("C:\\\\main.st", "RUNG0521", "into the project folder"),
        ("main.pdf", "RUNG0522", ".st .TcPOU"),
        ("Main.TcTTO", "RUNG0522", ".st .TcPOU"),
        ("Main.TcPOU", "RUNG0520", "did you mean 'main.st'"),
    ],
)
def test_an_entry_that_leads_to_nothing(tmp_path: Path, entry: str, code: str, part: str):
    folder = write(tmp_path, f'["{entry}"]', FILES)
    (folder / "empty").mkdir()
    (finding,) = complaints(folder)
    assert finding.code.id == code
    assert part in finding.remedy
    assert finding.span.text == f'"{entry}"'


@pytest.mark.parametrize("entry", ["link.st", "linked", "linked/*.st", "*", "loop.st"])
def test_links_do_not_lead_out_of_the_folder(tmp_path: Path, entry: str):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.st").write_text("secret", encoding="utf-8")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.st").symlink_to(outside / "secret.st")
    (inside / "linked").symlink_to(outside)
    (inside / "loop.st").symlink_to(inside / "loop.st")
    (finding,) = complaints(write(inside, f'["{entry}"]'))
    assert finding.code.id in ("RUNG0521", "RUNG0520")
    assert "secret" not in finding.message


def test_a_link_inside_the_folder_is_followed(tmp_path: Path):
    folder = write(tmp_path, '["link.st"]', FILES)
    (folder / "link.st").symlink_to(folder / "main.st")
    assert load(folder).sources[0].text == "(* main *)"


def test_a_pipe_is_refused_without_waiting(tmp_path: Path):
    os.mkfifo(tmp_path / "main.st")
    (finding,) = complaints(write(tmp_path, '["main.st"]'))
    assert finding.code.id == "RUNG0502"
    assert finding.span.text == '"main.st"'


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else(tmp_path: Path):
    folder = write(tmp_path, '["main.st"]', FILES)
    (folder / "main.st").chmod(0)
    (finding,) = complaints(folder)
    assert finding.code.id == "RUNG0502"
    assert "ermission" in finding.message


def test_sources_are_bounded(tmp_path: Path):
    folder = write(tmp_path, '["main.st"]', {"main.st": "x" * (MAX_SOURCE_BYTES + 1)})
    (finding,) = complaints(folder)
    assert (finding.code.id, finding.span.text) == ("RUNG0507", '"main.st"')
    many = write(tmp_path / "many", '["*.st"]', {f"{n}.st": "" for n in range(MAX_FILES + 1)})
    (finding,) = complaints(many)
    assert "source files" in finding.message


def test_every_bad_source_is_reported(tmp_path: Path):
    folder = write(tmp_path, '["main.st", "b.st", "c.pdf"]', FILES)
    (folder / "main.st").write_bytes("F\xfcllstand".encode("latin-1"))
    assert [finding.code.id for finding in complaints(folder)] == ["RUNG0520", "RUNG0522", "RUNG0503"]


# ------------------------------------------------------------------------------------------------------------ encodings


def test_a_source_in_another_encoding_shows_the_first_wrong_letter(tmp_path: Path):
    folder = write(tmp_path, '["main.st"]')
    (folder / "main.st").write_bytes(
        "ok : BOOL;\nµs : INT;\nF\xfcllstand : REAL;".encode().replace(b"\xc3\xbc", b"\xfc")
    )
    (finding,) = complaints(folder)
    assert finding.code.id == "RUNG0503"
    assert str(finding.span) == "main.st:3:2"
    assert "0xfc" in finding.message


def test_a_source_with_a_byte_order_mark_is_read(tmp_path: Path):
    folder = write(tmp_path, '["main.st"]')
    (folder / "main.st").write_bytes(b"\xef\xbb\xbfPROGRAM")
    assert load(folder).sources[0].text == "PROGRAM"


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"\xef\xbb\xbf[plc]", "RUNG0504", "plc.toml:1:1"),
        ('[plc]\nname = "x"'.encode("utf-16"), "RUNG0503", "plc.toml:1:1"),
        (b'[plc]\nname = "\xe4"', "RUNG0503", "plc.toml:2:9"),
        (b"\0", "RUNG0505", "plc.toml:1:1"),
        (b"x" * (MAX_FILE_BYTES + 1), "RUNG0507", "plc.toml:1:1"),
    ],
    ids=["mark", "utf-16", "latin-1", "binary", "large"],
)
def test_a_project_file_that_is_no_text(tmp_path: Path, data: bytes, code: str, place: str):
    (tmp_path / "plc.toml").write_bytes(data)
    (finding,) = complaints(tmp_path)
    assert (finding.code.id, str(finding.span)) == (code, place)


def test_no_project_file(tmp_path: Path):
    (finding,) = complaints(tmp_path)
    assert finding.code.id == "RUNG0501"
    assert str(tmp_path) in finding.message
    (finding,) = complaints(tmp_path / "nowhere")
    assert finding.code.id == "RUNG0501"


def test_a_project_file_that_is_a_folder(tmp_path: Path):
    (tmp_path / "plc.toml").mkdir()
    (finding,) = complaints(tmp_path)
    assert finding.code.id == "RUNG0502"
