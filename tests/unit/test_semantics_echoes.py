"""Where the grammar is broken, the rest is still checked, and nothing is said that a lost declaration may cause."""

import pytest

from tests.unit.resolved import codes, findings, main


def semantic(text: str) -> list[str]:
    """The findings of this stage alone."""
    return [code for code in codes(text) if not code.startswith("RUNG01")]


def syntactic(text: str) -> list[str]:
    return [code for code in codes(text) if code.startswith("RUNG01")]


def test_an_error_in_a_body_hides_nothing_elsewhere():
    text = main("n : INT; b : BOOL;", "n := (1 + ;\nn := b;\nm := 1;")
    assert syntactic(text)
    assert semantic(text) == ["RUNG0320", "RUNG0301"]


def test_an_error_in_a_body_hides_what_its_lost_statements_would_have_done():
    text = "FUNCTION F : INT\nVAR b : BOOL; END_VAR\nF := := 1;\nb := 5;\nEND_FUNCTION"
    assert syntactic(text)
    assert semantic(text) == ["RUNG0321"]
    other = text + "\nFUNCTION G : INT\nEND_FUNCTION"
    assert semantic(other) == ["RUNG0321", "RUNG0237"]


@pytest.mark.parametrize(
    "text",
    [
        "PROGRAM Main\nVAR n INT; m : INT; END_VAR\nn := 5;\nm := n;\nEND_PROGRAM",
        "TYPE T : STRUCT x INT; END_STRUCT; END_TYPE\n" + main("t : T;", "t.x := 5;"),
        "TYPE T (a, b); END_TYPE\n" + main("t : T;", "t := a;"),
        "FUNCTION F : INT VAR_INPUT a INT; END_VAR F := 1; END_FUNCTION\n" + main("n : INT;", "n := F(a := 3);"),
        "FUNCTION : INT VAR_INPUT a : INT; END_VAR F := 1; END_FUNCTION\n" + main("n : INT;", "n := F(a := 3);"),
        "VAR_GLOBAL g INT; END_VAR\n" + main("n : INT;", "n := g;"),
    ],
)
def test_a_lost_declaration_has_no_echo(text):
    assert syntactic(text)
    assert semantic(text) == []


def test_other_mistakes_are_found_beside_a_lost_declaration():
    text = "PROGRAM Main\nVAR n INT; m : INT; b : BOOL; END_VAR\nn := 5;\nm := b;\nEND_PROGRAM"
    assert semantic(text) == ["RUNG0320"]


def test_findings_of_both_kinds_are_in_source_order():
    text = main("n : INT; b : BOOL;", "n := b;\nn := (1 + ;\nb := n;")
    lines = [finding.span.line for finding in findings(text)]
    assert lines == sorted(lines)
    assert len(lines) == 3
