"""What tests may say: their functions and what these take, what they may write, and what stands in for what."""

from __future__ import annotations

import pytest

from iec61131.compiler import CompileOptions
from tests.unit.suites import OPTIONS, PROGRAM, codes, findings, suite

FAKE = (
    "FUNCTION_BLOCK Fake\nVAR_OUTPUT\nValue : REAL;\nEND_VAR\nVAR\nCalls : INT;\nEND_VAR\nCalls := Calls + 1;\n{}"
    "END_FUNCTION_BLOCK\n"
)


@pytest.mark.parametrize(
    "body",
    [
        "ASSERT_TRUE(Main.Pump, 'the pump');",
        "ASSERT_EQUAL(Red, Main.Tone); ASSERT_EQUAL(Main.Tone, Colour#Red);",
        "ASSERT_NEAR(T#1s, Main.Delay.ET, T#10ms);",
        "ASSERT_NEAR(EXPECTED := 1, ACTUAL := Main.Scans, TOLERANCE := 3, MESSAGE := CONCAT('a', 'b'));",
        "ASSERT_EQUAL('abc', CONCAT('ab', 'c'));",
        "ADVANCE_TIME(T#1s); ADVANCE_TIME(LTIME#1us); RUN_CYCLES(3); FAIL(); FAIL('why');",
        "Main.Divisor := 3; Main.Grinder.Q := 4; Main.Probe.Reads := 2; Main.Input := 7; %MW0 := 3;",
        "assert_less(1, 2);",
    ],
)
def test_what_a_test_may_do(body: str):
    """Inputs, outputs and inner variables of all instances are there to be written, and located inputs."""
    assert codes(suite(body)) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("ASSERT_TRUE(Main.Scans);", "RUNG0333"),
        ("ASSERT_EQUAL(1);", "RUNG0359"),
        ("ASSERT_EQUAL(1, 2, 'a', 'b');", "RUNG0359"),
        ("ASSERT_EQUAL(1, ACTUAL := 2, ACTUAL := 3);", "RUNG0359"),
        ("ASSERT_EQUAL(expectd := 1, ACTUAL := 2);", "RUNG0358"),
        ("ASSERT_EQUAL(1, 'a');", "RUNG0330"),
        ("ASSERT_EQUAL(Main.Probe, Main.Probe);", "RUNG0330"),
        ("ASSERT_NEAR(TRUE, FALSE, TRUE);", "RUNG0330"),
        ("ASSERT_TRUE(TRUE, 5);", "RUNG0321"),
        ("ADVANCE_TIME(5);", "RUNG0321"),
        ("ADVANCE_TIME();", "RUNG0359"),
        ("Main.Pump := ASSERT_TRUE(TRUE);", "RUNG0356"),
        ("ASSERT_TRU(TRUE);", "RUNG0350"),
        ("Main.MOST := 3;", "RUNG0341"),
        ("Main.Pmp := TRUE;", "RUNG0310"),
        ("ASSERT_TRUE(Main.Pump", "RUNG0125"),
    ],
)
def test_what_a_test_may_not_do(body: str, found: str):
    assert codes(suite(body))[:1] == [found], [str(each.message) for each in findings(suite(body))]


def test_a_misspelt_assertion_is_shown_the_right_one():
    (finding,) = findings(suite("ASSERT_EQAL(1, 2);"))
    assert "did you mean 'ASSERT_EQUAL'?" in finding.remedy


def test_a_function_of_the_program_hides_one_of_tests():
    program = f"{PROGRAM}\nFUNCTION FAIL : INT\nVAR_INPUT\nx : INT;\nEND_VAR\nFAIL := x;\nEND_FUNCTION"
    assert codes(suite("Main.Divisor := FAIL(3);"), program) == []


def test_no_program_calls_what_is_for_tests():
    program = PROGRAM.replace("Probe();", "Probe(); ASSERT_TRUE(Go);")
    assert codes(suite(""), program) == ["RUNG0705"]


def test_instances_of_one_program_are_known_by_their_names():
    program = f"""{PROGRAM}
    CONFIGURATION C
        RESOURCE R ON PLC
            TASK t (INTERVAL := T#10ms);
            PROGRAM Left WITH t : Main;
            PROGRAM Right WITH t : Main;
        END_RESOURCE
    END_CONFIGURATION"""
    assert codes(suite("Left.Go := TRUE; ASSERT_EQUAL(0, Right.Scans);"), program) == []
    assert codes(suite("ASSERT_EQUAL(0, Main.Scans);"), program) != []


def test_tests_of_a_program_without_extensions_may_have_them():
    """The program keeps to the standard, which knows no tests."""
    program = "FUNCTION_BLOCK Count\nVAR\nn : INT;\nEND_VAR\nn := n + 1;\nEND_FUNCTION_BLOCK\n" + (
        "PROGRAM Main\nVAR\nc : Count;\nEND_VAR\nc();\nEND_PROGRAM"
    )
    options = CompileOptions(dialect="iec")
    assert findings(suite("RUN_CYCLES(2); ASSERT_EQUAL(2, Main.c.n);"), program, options) == []


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ("MOCK FUNCTION Level\nLevel := 1;\nEND_MOCK", []),
        ("MOCK FUNCTION Level\nLevel := 'a';\nEND_MOCK", ["RUNG0320"]),
        ("MOCK FUNCTION Level\nVAR_INPUT\nx : INT;\nEND_VAR\nLevel := 1;\nEND_MOCK", ["RUNG0703"]),
        ("MOCK FUNCTION_BLOCK Sensor\nVAR\nReads : INT;\nEND_VAR\nEND_MOCK", ["RUNG0201"]),
        ("MOCK FUNCTION_BLOCK Sensor\nMETHOD Twice : REAL\nTwice := 5.0;\nEND_METHOD\nValue := 1.0;\nEND_MOCK", []),
        ("MOCK Sensor WITH Fake;", []),
        ("MOCK Main.Probe WITH Fake;", []),
        ("MOCK Main.Prob WITH Fake;", ["RUNG0710"]),
        ("MOCK Main.Probe WITH Fak;", ["RUNG0710"]),
        ("MOCK Main.Probe WITH Level;", ["RUNG0711"]),
        ("MOCK Main.Grinder WITH Fake;", ["RUNG0712"]),
        ("MOCK Level WITH Fake;", ["RUNG0711"]),
        ("MOCK Main.Probe.Value WITH Fake;", ["RUNG0710"]),
        ("MOCK Main.Probe WITH Fake;\nMOCK Main.Probe WITH Fake;", ["RUNG0713"]),
    ],
)
def test_what_stands_in_for_what(parts: str, found: list[str]):
    fake = FAKE.format("METHOD Twice : REAL\nTwice := 0.0;\nEND_METHOD\n")
    assert codes(fake + suite("RUN_CYCLES(1);", parts)) == found


def test_a_stand_in_may_extend_what_it_stands_in_for():
    fake = "FUNCTION_BLOCK Fake EXTENDS Sensor\nMETHOD Twice : REAL\nTwice := -1.0;\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    assert codes(fake + suite("ASSERT_EQUAL(-1.0, Main.Probe.Twice());", "MOCK Sensor WITH Fake;")) == []


def test_a_method_that_the_stand_in_lacks_is_missed_where_it_is_called():
    program = PROGRAM.replace("Probe();", "Probe(); Pump := Probe.Twice() > 1.0;")
    (finding,) = findings(FAKE.format("") + suite("", "MOCK Sensor WITH Fake;"), program)
    assert finding.span.file.name == "main.st"
    assert any(note.span.file.name == "test_mill.st" for note in finding.notes)


def test_suites_have_mocks_of_their_own():
    """What stands in for something in one suite does not in the next, nor in the helpers between them."""
    mocked = suite("", "MOCK FUNCTION Level\nLevel := 1.0;\nEND_MOCK")
    other = mocked.replace("'mill'", "'other'").replace("1.0", "2.0")
    assert codes(mocked + other) == []


@pytest.mark.parametrize(
    ("declared", "path"),
    [
        ("VAR_GLOBAL\na, gProbe : Sensor;\nEND_VAR", "gProbe"),
        ("{list_name Plant}\n{attribute 'qualified_only'}\nVAR_GLOBAL\ngProbe : Sensor;\nEND_VAR", "Plant.gProbe"),
        (
            "CONFIGURATION C\nVAR_GLOBAL\ngProbe : Sensor;\nEND_VAR\nRESOURCE R ON PLC\nTASK t (INTERVAL := T#10ms);\n"
            "PROGRAM Main WITH t : Main;\nEND_RESOURCE\nEND_CONFIGURATION",
            "gProbe",
        ),
    ],
)
def test_a_global_instance_is_replaced(declared: str, path: str):
    """And nothing else: the next instance of one declaration has no Calls."""
    fake = FAKE.format("METHOD Twice : REAL\nTwice := 0.0;\nEND_METHOD\n")
    mock = f"MOCK {path} WITH Fake;"
    assert codes(fake + suite(f"ASSERT_EQUAL(0, {path}.Calls);", mock), f"{declared}\n{PROGRAM}") == []
    if ", gProbe" in declared:
        assert codes(fake + suite("ASSERT_EQUAL(0, a.Calls);", mock), f"{declared}\n{PROGRAM}") == ["RUNG0310"]


def test_the_options_of_the_project_hold():
    assert findings(suite("%IW20 := 1;"), options=OPTIONS) == []
