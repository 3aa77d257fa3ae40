"""TEST_SUITE: what is read, what is said about what cannot be read, and that its words are names elsewhere."""

from __future__ import annotations

import pytest

from iec61131 import compiler
from iec61131.diagnostics.catalogue import CODES
from iec61131.formatting.formatter import format_text
from iec61131.source import SourceFile
from iec61131.syntax import tree
from iec61131.syntax.parser import parse
from tests.unit.suites import PROGRAM, codes, findings, suite

WHOLE = """
TEST_SUITE 'pump'
    VAR
        Switch : TON;
    END_VAR

    MOCK FUNCTION Level
        VAR
            x : INT;
        END_VAR
        Level := 1.0;
    END_MOCK

    MOCK Main.Probe WITH Fake;

    SETUP
        Main.Go := TRUE;
    END_SETUP

    TEARDOWN
        Main.Go := FALSE;
    END_TEARDOWN

    METHOD Twice : INT
    VAR_INPUT
        a : INT;
    END_VAR
    Twice := 2 * a;
    END_METHOD

    // What it is about.
    TEST 'starts'
        VAR
            i : INT;
        END_VAR
        FOR i := 1 TO 3 DO
            ASSERT_TRUE(i > 0);
        END_FOR;
    END_TEST

    TEST 'stops'
    END_TEST
END_TEST_SUITE
"""
NAMES = """
FUNCTION_BLOCK Words
VAR
    test : INT;
    end_test : INT;
    setup : BOOL;
    mock : ARRAY[0..1] OF INT;
    test_suite : INT;
    end_test_suite : INT;
    teardown : TON;
END_VAR
test := 1;
end_test := test;
setup := TRUE;
mock[0] := end_test;
teardown(IN := setup, PT := T#1s);
test_suite := 2;
end_test_suite := test_suite;
END_FUNCTION_BLOCK
"""


def read(text: str):
    unit, found = parse(SourceFile("test_x.st", text))
    return unit.declarations, [finding.code.id for finding in found]


def test_everything_that_a_suite_may_hold():
    (declared,), found = read(WHOLE)
    assert found == []
    assert isinstance(declared, tree.TestSuite)
    assert declared.name.text == "pump"
    assert [part.name.text for part in declared.tests] == ["starts", "stops"]
    assert declared.setup is not None
    assert declared.teardown is not None
    assert [(mock.kind, [name.text for name in mock.target]) for mock in declared.mocks] == [
        (tree.PouKind.FUNCTION, ["Level"]),
        (None, ["Main", "Probe"]),
    ]
    assert [method.name.text for method in declared.methods] == ["Twice"]


def test_its_form_is_that_of_the_formatter():
    assert format_text(WHOLE).strip() == WHOLE.strip()
    assert format_text(WHOLE.lower().replace("    ", "  ")).upper() == format_text(WHOLE).upper()


def test_the_words_are_names_in_programs():
    """They were before there were tests, and stay so, for the formatter as well; also in a file that has a suite."""
    _, found = read(NAMES)
    assert found == []
    assert format_text(NAMES).strip() == NAMES.strip()
    declared, found = read(NAMES + WHOLE + NAMES.replace("Words", "Others"))
    assert found == []
    assert [type(each) for each in declared] == [tree.PouDeclaration, tree.TestSuite, tree.PouDeclaration]
    assert (
        compiler.check([SourceFile("main.st", f"{NAMES}\nPROGRAM Main\nVAR w : Words; END_VAR\nw();\nEND_PROGRAM")])
        == []
    )


def test_words_of_parts_are_names_inside_of_a_test():
    body = "setup := 1;\nmock := setup;\nx.teardown := mock;"
    (declared,), found = read(suite(body))
    assert found == []
    assert isinstance(declared, tree.TestSuite)
    assert len(declared.tests[0].body) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TEST_SUITE 'a'\nTEST 'x'\nTEST 'y'\nEND_TEST\nEND_TEST_SUITE", ["RUNG0123"]),
        ("TEST_SUITE 'a'\nTEST 'x'\nEND_SETUP\nTEST 'y'\nEND_TEST\nEND_TEST_SUITE", ["RUNG0124"]),
        ("TEST_SUITE 'a'\nTEST 'x'\nEND_TEST\n", ["RUNG0123"]),
        ("TEST_SUITE 'a'\nx := 1;\nTEST 'x'\nEND_TEST\nEND_TEST_SUITE", ["RUNG0120"]),
        ("TEST_SUITE 'a'\nSETUP\nEND_SETUP\nSETUP\nEND_SETUP\nEND_TEST_SUITE", ["RUNG0124"]),
        ("TEST_SUITE 'a'\nMOCK Main.x;\nTEST 'x'\nEND_TEST\nEND_TEST_SUITE", ["RUNG0120"]),
        ("TEST_SUITE 'a'\nTEST 'x'\nIF a THEN\nEND_TEST\nEND_TEST_SUITE", ["RUNG0123"]),
        ("TEST_SUITE\nTEST 'x'\nEND_TEST\nEND_TEST_SUITE", ["RUNG0701"]),
        ("TEST_SUITE 'a'\nMOCK FUNCTION f\nMETHOD m\nEND_METHOD\nEND_MOCK\nEND_TEST_SUITE", ["RUNG0703"]),
    ],
)
def test_what_is_missing_is_said_once(text: str, found: list[str]):
    """And what comes behind it is read."""
    assert read(text)[1][:1] == found


def test_a_test_behind_one_without_an_end_is_read_all_the_same():
    (declared,), _ = read("TEST_SUITE 'a'\nTEST 'x'\ny := 1;\nTEST 'y'\nEND_TEST\nEND_TEST_SUITE")
    assert isinstance(declared, tree.TestSuite)
    assert [part.name.text for part in declared.tests] == ["x", "y"]


OF_TEXTS = [code for code in CODES.values() if code.id.startswith(("RUNG070", "RUNG071")) and code.id != "RUNG0704"]


@pytest.mark.parametrize("code", OF_TEXTS, ids=lambda code: code.id)
def test_examples_of_the_catalogue(code):
    assert set(codes(code.wrong)) == {code.id}
    assert codes(code.right) == []


def test_a_suite_is_no_part_of_a_program():
    source = SourceFile("blocks/pumps.st", f"{PROGRAM}\n{CODES['RUNG0704'].wrong}")
    (finding,) = compiler.check([source])
    assert finding.code.id == "RUNG0704"
    assert "test_pumps.st or pumps_test.st" in finding.remedy


def test_findings_of_a_suite_name_their_place():
    (finding,) = findings(suite("ASSERT_EQUAL(1, 'a');"))
    assert str(finding.span) == "test_mill.st:4:1"
