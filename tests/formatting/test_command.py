"""`rung format`: which files it takes, what it writes, what it says, and with which status it ends."""

import io
import sys
from pathlib import Path

import pytest

from runtime.cli import main

OK, WRONG = 0, 1
RAW = "program Main\nx:=1;\nend_program\n"
FORMED = "PROGRAM Main\nx := 1;\nEND_PROGRAM\n"
BROKEN = "PROGRAM Main\nIF x THEN y := 1;\nEND_PROGRAM\n"
PROJECT = '[plc]\nname = "plant"\nsources = ["main.st", "blocks"]\n'


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "main.st"
    path.write_text(RAW)
    return path


def test_a_file_is_rewritten_and_named(raw: Path, capsys: pytest.CaptureFixture[str]):
    raw.chmod(0o640)
    assert main(["format", str(raw)]) == OK
    assert raw.read_text() == FORMED
    assert raw.stat().st_mode & 0o777 == 0o640
    assert capsys.readouterr().out == f"{raw}\n"
    before = raw.stat().st_mtime_ns, raw.stat().st_ino
    assert main(["format", str(raw)]) == OK
    assert capsys.readouterr().out == ""
    assert (raw.stat().st_mtime_ns, raw.stat().st_ino) == before, "a file that has the form is not written again"


def test_check_writes_nothing_and_names_what_would_change(raw: Path, capsys: pytest.CaptureFixture[str]):
    formed = raw.with_name("formed.st")
    formed.write_text(FORMED)
    assert main(["format", "--check", str(raw), str(formed)]) == WRONG
    assert capsys.readouterr().out == f"{raw}\n"
    assert raw.read_text() == RAW
    assert main(["format", "--check", str(formed)]) == OK


def test_diff_writes_nothing_and_shows_what_would_change(raw: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["format", "--diff", str(raw)]) == OK
    shown = capsys.readouterr().out.splitlines()
    assert "-x:=1;" in shown
    assert "+x := 1;" in shown
    assert raw.read_text() == RAW
    assert main(["format", "--diff", "--check", str(raw)]) == WRONG


def test_a_text_without_an_end_of_line_is_shown_to_have_none(raw: Path, capsys: pytest.CaptureFixture[str]):
    raw.write_text(FORMED.rstrip())
    main(["format", "--diff", str(raw)])
    assert "-END_PROGRAM\n\\ no line end\n+END_PROGRAM\n" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "status", "out"), [(RAW, OK, FORMED), (FORMED, OK, FORMED), (BROKEN, WRONG, "")])
def test_standard_input(
    text: str, status: int, out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["format", "-"]) == status
    assert capsys.readouterr().out == out


def test_a_wrong_file_is_left_alone_and_the_others_are_not(raw: Path, capsys: pytest.CaptureFixture[str]):
    broken = raw.with_name("broken.st")
    broken.write_text(BROKEN)
    assert main(["format", str(broken), str(raw)]) == WRONG
    assert broken.read_text() == BROKEN
    assert raw.read_text() == FORMED
    assert "RUNG0123" in capsys.readouterr().err


def test_a_folder_is_searched_to_its_ground(raw: Path):
    inner = raw.parent / "a" / "b" / "inner.st"
    hidden = raw.parent / ".git" / "main.st"
    other = raw.parent / "notes.txt"
    for path in (inner, hidden, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RAW)
    assert main(["format", str(raw.parent)]) == OK
    assert [path.read_text() for path in (raw, inner, hidden, other)] == [FORMED, FORMED, RAW, RAW]


@pytest.mark.parametrize("named", [".", "plc.toml"])
def test_a_project_is_what_its_file_names(named: str, raw: Path):
    (raw.parent / "plc.toml").write_text(PROJECT)
    block, spare = raw.parent / "blocks" / "block.st", raw.parent / "spare.st"
    block.parent.mkdir()
    for path in (block, spare):
        path.write_text(RAW)
    assert main(["format", str(raw.parent / named)]) == OK
    assert [path.read_text() for path in (raw, block, spare)] == [FORMED, FORMED, RAW]


@pytest.mark.parametrize(
    ("content", "code"), [(b"PROGRAM Main\n(* \xe4 *)\nEND_PROGRAM\n", "RUNG05"), (b"PROGRAM @ Main", "RUNG01")]
)
def test_what_cannot_be_read_has_a_finding(content: bytes, code: str, raw: Path, capsys: pytest.CaptureFixture[str]):
    raw.write_bytes(content)
    assert main(["format", str(raw)]) == WRONG
    assert code in capsys.readouterr().err
    assert raw.read_bytes() == content


def test_a_name_that_leads_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["format", str(tmp_path / "nothing.st")]) == WRONG
    assert "there is no such file" in capsys.readouterr().err


def test_a_link_stays_a_link(raw: Path, tmp_path: Path):
    link = tmp_path / "link.st"
    link.symlink_to(raw.name)
    assert main(["format", str(link)]) == OK
    assert link.is_symlink()
    assert raw.read_text() == FORMED


def test_a_byte_order_mark_stays(raw: Path):
    raw.write_bytes(b"\xef\xbb\xbf" + RAW.replace("\n", "\r\n").encode())
    assert main(["format", str(raw)]) == OK
    assert raw.read_bytes() == b"\xef\xbb\xbf" + FORMED.encode()


def test_files_of_engineering_tools_keep_the_form_of_the_tool(raw: Path, capsys: pytest.CaptureFixture[str]):
    text = "<TcPlcObject><POU><Declaration>program P</Declaration></POU></TcPlcObject>"
    made = raw.with_name("P.TcPOU")
    made.write_text(text)
    raw.with_name("plc.toml").write_text(PROJECT.replace('"blocks"', '"P.TcPOU"'))
    assert main(["format", str(raw.parent)]) == OK
    assert capsys.readouterr().out == f"{raw}\n"
    assert main(["format", str(made)]) == WRONG
    assert "RUNG0522" in capsys.readouterr().err
    assert made.read_text() == text


def test_a_ladder_has_its_form_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "main.ld"
    path.write_text("program Main\nvar a,b:bool; end_var\nNETWORK\n|--[a]---+-( b )--|\n|-[ b ]--+ |\nend_program\n")
    assert main(["format", str(tmp_path)]) == WRONG
    assert "RUNG0637" in capsys.readouterr().err
    path.write_text(path.read_text().replace("+ |", "+        |"))
    assert main(["format", str(tmp_path)]) == OK
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_text().splitlines()[-4:] == [
        "NETWORK",
        "|--[ a ]--+--( b )--|",
        "|--[ b ]--+         |",
        "END_PROGRAM",
    ]
