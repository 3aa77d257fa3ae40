"""What the grammar knows and this version gives no meaning to is one finding at its place."""

import pytest

from tests.unit.resolved import codes, findings, main


def block(inside: str, heading: str = "") -> str:
    return f"FUNCTION_BLOCK B {heading}\nVAR x : INT; END_VAR\n{inside}\nEND_FUNCTION_BLOCK\n"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        (main("a : ARRAY[*] OF INT;", "a[1] := 1;"), "ARRAY[*] OF INT"),
        (main("p, q : POINTER TO INT;", "p := q ?= p;"), "q ?= p"),
        (main("n : INT;", "__TRY n := 1; __CATCH(n) n := 2; __ENDTRY"), "__TRY n := 1; __CATCH(n) n := 2; __ENDTRY"),
        ("VAR_CONFIG Main.n AT %MW0 : INT; END_VAR " + main("n AT %M* : INT;", "n := 1;"), "%MW0"),
    ],
)
def test_a_limit_is_one_finding_at_its_place(text, marked):
    found = [(finding.code.id, finding.span.text) for finding in findings(text)]
    assert found == [("RUNG0150", marked)]


def test_each_pou_names_its_own_limits():
    text = main("n : INT;", "__TRY n := 1; __ENDTRY __TRY n := 2; __ENDTRY")
    assert codes(text + text.replace("Main", "Other")).count("RUNG0150") == 2


def test_an_address_without_a_place_is_one_finding():
    text = main("n : INT;", "n := %IW*;")
    assert [(finding.code.id, finding.span.text) for finding in findings(text)] == [("RUNG0151", "%IW*")]


def test_pragmas_and_labels_mean_nothing():
    assert codes(main("n : INT;", "{region 'x'} n := 1; there: n := 2; {end}")) == []
