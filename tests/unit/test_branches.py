"""Which ways a program has gone: where each leads, and that no decision of a program is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from coverage import Coverage

from iec61131 import compiler
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.semantics.model import Case, For, If, Repeat, While
from iec61131.semantics.walk import inside
from iec61131.source import SourceFile
from runtime.testing.branches import branches
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.virtual_plc import load

PROJECT = '[plc]\nname = "p"\nsources = ["main.st"]\n[task.main]\nprogram = "Main"\ninterval = "10ms"\n'
BODY = """PROGRAM Main
VAR a, b, i, k, n : INT; c : BOOL; END_VAR
IF a > 0 THEN
    b := 1;
ELSIF a < -5 THEN
    b := 2;
ELSE
    b := 3;
END_IF;
IF c THEN
    b := 5;
END_IF;
CASE k OF
    0: n := 1;
    1:
        n := 2;
    2..5:
        n := 3;
END_CASE;
FOR i := 1 TO k DO
    n := n + 1;
    IF n > 100 THEN EXIT; END_IF;
END_FOR;
WHILE n > 3 DO
    n := n - 1;
END_WHILE;
REPEAT
    n := n + 1;
UNTIL n > 3
END_REPEAT;
IF a = 7 THEN RETURN; END_IF;
IF b = 99 THEN
    a := 0;
END_IF;
END_PROGRAM
"""


def arcs(text: str) -> set[tuple[int, int]]:
    unit, findings = compiler.parsed(SourceFile("main.st", text))
    assert findings == []
    return {arc for branch in branches(unit).values() for arc in branch.arcs}


def test_where_each_place_leads():
    assert sorted(arcs(BODY)) == [
        *((3, 4), (3, 5), (5, 6), (5, 8)),
        *((10, 11), (10, 13)),
        *((14, -14), (14, 15), (15, 16), (15, 17), (17, 18), (17, 20)),
        *((20, 21), (20, 24), (22, -22), (22, 20)),
        *((24, 25), (24, 27), (29, 28), (29, 31)),
        *((31, -31), (31, 32), (32, -1), (32, 33)),
    ]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("IF a THEN\n;\nEND_IF;", {(1, -1)}),  # both ways are one, and it is the line of the PROGRAM itself
        ("\nIF a THEN\n;\nEND_IF;\nb := 1;", {(2, 5)}),
        ("\nIF a THEN IF b THEN\nb := 1;\nEND_IF; END_IF;", {(2, -2), (2, -1)}),
        ("\nFOR i := 1 TO 3 DO\n;\nEND_FOR;\nb := 1;", {(2, -2), (2, 5)}),
        ("\nCASE a OF\n1: ;\nELSE\nb := 1;\nEND_CASE;", {(3, 5), (3, -1)}),
        ("\nWHILE a DO\nIF b THEN\na := 1;\nEND_IF;\nEND_WHILE;", {(2, 3), (2, -1), (3, 4), (3, 2)}),
    ],
)
def test_ways_that_are_few(body: str, found: set[tuple[int, int]]):
    assert arcs(f"PROGRAM Main VAR a, b, i : INT; END_VAR {body}\nEND_PROGRAM") == found


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Coverage:
    """After two scans: one as the program begins, one with k = 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plc.toml").write_text(PROJECT)
    (tmp_path / "main.st").write_text(BODY)
    (tmp_path / ".coveragerc").write_text("[run]\nbranch = True\nplugins = runtime.testing.coverage_plugin\n")
    with StatementCoverage() as covered:
        plc = load(tmp_path, covered=covered)
        plc.cycle()
        plc["Main.k"] = 1
        plc.cycle()
        plc.close()
    coverage = Coverage()
    coverage.combine()
    return coverage


def test_both_ways_of_each_place_are_in_the_report(measured: Coverage, capsys: pytest.CaptureFixture[str]):
    measured.report(show_missing=True)
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("main.st"))
    name, statements, missed, ways, partial, _, missing = line.split(maxsplit=6)
    assert (name, statements, missed, ways, partial) == ("main.st", "24", "7", "24", "8")
    assert missing == "4, 6, 11, 17-18, 22->exit, 25, 31->exit, 33"


def test_the_pages_of_coverage_say_it_in_words(measured: Coverage, tmp_path: Path):
    measured.html_report(directory=str(tmp_path / "pages"))
    (page,) = (tmp_path / "pages").glob("*main_st.html")
    text = page.read_text()
    assert "line 3 did not lead to line 4" in text
    assert "line 22 did not run what stands on it behind its condition" in text


def test_a_loop_that_is_left_has_not_come_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """EXIT is no end of a FOR, nor is what an outer loop does with the same FOR afterwards."""
    body = "FOR i := 1 TO 3 DO\n    a := a + 1;\n    IF a > 0 THEN\n        EXIT;\n    END_IF;\nEND_FOR;\nb := 1;"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plc.toml").write_text(PROJECT)
    (tmp_path / "main.st").write_text(f"PROGRAM Main\nVAR a, b, i : INT; END_VAR\n{body}\nEND_PROGRAM\n")
    covered = StatementCoverage()
    plc = load(tmp_path, covered=covered)
    plc.cycle(2)
    (found,) = covered.arcs().values()
    assert {arc for arc in found if arc[0] > 0} == {(3, 4), (5, 6)}
    plc["Main.a"] = -10
    plc.cycle()
    (found,) = covered.arcs().values()
    assert {arc for arc in found if arc[0] > 0} == {(3, 4), (5, 6), (5, 3), (3, 9)}
    plc.close()


_WORDS = ("IF", "WHILE", "REPEAT", "CASE", "FOR")
STATEMENTS = sorted((Path(__file__).parents[1] / "language" / "statements").rglob("*.st"))
PROGRAMS = sorted((Path(__file__).parents[2] / "programs").rglob("*.st"))


def test_every_decision_of_a_program_is_known():
    """Places in the model are those of the text."""
    seen = 0
    for path in (*STATEMENTS, *PROGRAMS):
        source = SourceFile(path.name, path.read_text(encoding="utf-8"))
        try:
            model, _, _ = compiler.build_model([source])
        except CompileError:
            continue
        known = branches(compiler.parsed(source)[0])
        for node in inside(statement for pou in model.pous for statement in pou.body):
            match node:
                case If():
                    places = [condition.span for condition, _ in node.branches]
                case While():
                    places = [node.condition.span]
                case Repeat():
                    places = [node.until.span]
                case Case() | For():
                    places = [node.span]
                case _:
                    continue
            for span in places:
                if span.file is source and node.span.text.upper().startswith(_WORDS):  # not what a call is made of
                    assert (span.start, span.end) in known, f"{span}: {span.text}"
                    seen += 1
    assert seen > 60
