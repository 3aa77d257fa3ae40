"""Findings and faults that have a drawing: where they lead to, in words and in the picture."""

from pathlib import Path

import pytest

from iec61131.compiler import check
from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import drawings, rung
from iec61131.program import Site
from iec61131.source import SourceFile, Span
from runtime.cli import main
from runtime.service.fault import FaultReport

HERE = Path(__file__).parent


def file_of(name: str, *changes: tuple[str, str]) -> SourceFile:
    text = (HERE / name).read_text("utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return SourceFile(name, text)


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("conveyor.xml", "<expression>Limit<", "<expression>Limt<", "Conveyor, network 4: the variable 'Limt'"),
        (
            "conveyor.xml",
            'instanceName="Counter"',
            'instanceName="Countr"',
            "Conveyor, network 6: the block CTU 'Countr'",
        ),
        ("level.xml", "<expression>Gain<", "<expression>Gin<", "LevelControl, network 1: the variable 'Gin'"),
        ("mixer.xml", "SyrupFull</xhtml:p>", "SyrupFul</xhtml:p>", "Mixer: the transition"),
        ("mixer.xml", 'name="Purge"/>', 'name="Prge"/>', "Mixer: the action block"),
    ],
)
def test_what_a_finding_names(name: str, before: str, after: str, words: str) -> None:
    said = render(check([file_of(name, (before, after))]), colour=False, rung=rung)
    assert f" in {words}\n" in said
    assert "<" not in said.replace("<RETURN>", "")
    assert "^" in said


def test_structured_text_beside_drawings_is_shown_as_it_is() -> None:
    file = file_of("mixer.xml", ("Batches := Batches + 1;", "Batches := Btches + 1;"))
    said = render(check([file]), colour=False, rung=rung)
    assert "Btches + 1;" in said
    assert " in Mixer" not in said


def test_of_a_wide_network_the_part_around_the_mark_is_shown() -> None:
    file = file_of("level.xml", ("<expression>Acknowledge<", "<expression>Acknowldge<"))
    lines = render(check([file]), colour=False, width=80, rung=rung).splitlines()
    drawn = [line for line in lines if "| " in line]
    assert max(map(len, drawn)) <= 80
    assert any("Acknowldge" in line for line in drawn[1:])


def test_a_fault_shows_the_rung_where_the_source_is_at_hand() -> None:
    file = file_of("conveyor.xml")
    start = file.text.index("Lamp.Test")
    line, column = file.position(start)
    report = FaultReport("RUNG0901", "a fault", "", Site(file.name, line, column, line, column + 9, "Conveyor"), ())
    said = report.lines([SourceFile("other.xml", ""), file])
    assert said[1].endswith(f"conveyor.xml:{line}:{column} in Conveyor")
    assert said[2] == "   | Conveyor, network 4: the contact 'Lamp.Test'"
    assert any("^^^" in line for line in said)
    assert report.lines()[2].startswith("  = remedy")


def test_every_place_in_a_file_can_be_asked_for() -> None:
    for path in HERE.glob("*.xml"):
        file = SourceFile(path.name, path.read_text("utf-8"))
        assert drawings(file)
        for start in range(0, len(file.text), 61):
            rung(Span(file, start, start + 1), colour=True, width=60)


@pytest.mark.parametrize(
    "text", ["", "<", "<project/>", "<a><LD/></a>", "<project><pou name='x'><LD><coil/></LD></pou></project>"]
)
def test_a_file_without_drawings_has_nothing_to_show(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.xml"
    path.write_text(text, encoding="utf-8")
    assert main(["show", str(path)]) in (0, 1)
    said = capsys.readouterr()
    assert said.out or said.err


def test_what_is_asked_for_and_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = str(HERE / "conveyor.xml")
    for options, message in (
        (["--pou", "Belt"], "nothing is drawn in a POU 'Belt'; there is Conveyor"),
        (["--network", "9"], "there is no network 9; the last one is 7"),
        (["--values", str(tmp_path / "none.json")], "No such file"),
        (["--svg", str(tmp_path / "none" / "x.svg")], "No such file"),
    ):
        assert main(["show", file, *options]) == 1
        assert message in capsys.readouterr().err
