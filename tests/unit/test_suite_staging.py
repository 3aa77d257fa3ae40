"""What tests in the language break: inputs, devices, the time of a cycle; and faults that they say will come."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from runtime import cli
from runtime.service import suite_files
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.suites.loading import TestFile
from runtime.testing.suites.reports import report
from runtime.testing.suites.running import Outcome, Verdict, run
from runtime.testing.suites.world import Limits
from tests.unit import suites

PROJECT = """
[plc]
name = "mill"
sources = ["."]

[engine]
loop_limit = 2_000

[task.main]
program = "Main"
interval = "10ms"

[connection.line1]
driver = "modbus"
host = "127.0.0.1"
port = 5020

[device.field]
poll = "10ms"
connection = "line1"

[[device.field.point]]
name = "held"
area = "input"
address = 0
to = "Main.Held"

[[device.field.point]]
name = "zeroed"
area = "input"
address = 1
to = "Main.Zeroed"
on_loss = "zero"
max_age = "50ms"

[[device.field.point]]
name = "vital"
area = "discrete"
address = 0
to = "Main.Vital"
on_loss = "fault"
max_age = "1s"

[device.cabinet]
poll = "10ms"
connection = "line1"

[[device.cabinet.point]]
name = "bit3"
area = "discrete"
address = 1
to = "Main.Word.3"

[[device.cabinet.point]]
name = "bit4"
area = "discrete"
address = 2
to = "Main.Word.4"

[[device.cabinet.point]]
name = "second"
area = "input"
address = 3
to = "Main.Row[2]"

[[device.cabinet.point]]
name = "pump"
area = "coil"
address = 0
from = "Main.Pump"
"""
PROGRAM = """
FUNCTION_BLOCK Divider
VAR_INPUT
    A, B : INT;
END_VAR
VAR_OUTPUT
    Q : INT;
END_VAR
Q := A / B;
END_FUNCTION_BLOCK
FUNCTION_BLOCK Filling
VAR_IN_OUT
    Place : INT;
END_VAR
VAR_OUTPUT
    Same : INT;
END_VAR
Same := Place;
Place := Place + 1;
END_FUNCTION_BLOCK
PROGRAM Main
VAR
    Held : INT := 7;
    Zeroed : INT;
    Vital : BOOL;
    Word : WORD;
    Row : ARRAY[1..3] OF INT;
    Pump : BOOL;
    Own : INT;
    Scans : UDINT;
    Divisor : INT := 1;
    Divide : Divider;
    Last : TIME;
    Longest : TIME;
    Spoiled : BOOL;
END_VAR
Scans := Scans + 1;
IF Last > T#0s AND TIME() - Last > Longest THEN
    Longest := TIME() - Last;
END_IF;
Last := TIME();
IF Spoiled THEN
    Held := -1;
END_IF;
Divide(A := 6, B := Divisor);
END_PROGRAM
"""
PASSED = {
    "a lost input keeps its value": """
        Main.Held := 5;
        RUN_CYCLES(1);
        ASSERT_EQUAL(GOOD, QUALITY(Main.Held));
        LOSE_INPUT(Main.Held);
        RUN_CYCLES(3);
        ASSERT_EQUAL(BAD, QUALITY(Main.Held));
        ASSERT_EQUAL(TIMEOUT, QUALITY_REASON(Main.Held));
        ASSERT_EQUAL(T#40ms, AGE(Main.Held), 'since the beginning of the cycle that read it');
        ASSERT_EQUAL(5, Main.Held);
        ASSERT_EQUAL(GOOD, QUALITY(Main.Zeroed), 'of another one');
        RESTORE_INPUT(Main.Held);
        RUN_CYCLES(1);
        ASSERT_EQUAL(GOOD, QUALITY(Main.Held));
        ASSERT_EQUAL(NONE, QUALITY_REASON(Main.Held));""",
    "a reason is given": """
        LOSE_INPUT(Main.Held, DEVICE_ERROR);
        LOSE_INPUT(VARIABLE := Main.Zeroed, REASON := QUALITY_REASON_CODE#STOPPED);
        RUN_CYCLES(1);
        ASSERT_EQUAL(DEVICE_ERROR, QUALITY_REASON(Main.Held));
        ASSERT_EQUAL(STOPPED, QUALITY_REASON(Main.Zeroed));""",
    "what was lost from the beginning has never been read": """
        LOSE_INPUT(Main.Held);
        RUN_CYCLES(1);
        ASSERT_GREATER(AGE(Main.Held), T#1000d);
        ASSERT_EQUAL(7, Main.Held);""",
    "what is written while it is lost is what comes back": """
        Main.Held := 5;
        RUN_CYCLES(1);
        LOSE_INPUT(Main.Held);
        Main.Held := 6;
        RUN_CYCLES(2);
        ASSERT_EQUAL(5, Main.Held);
        RESTORE_INPUT(Main.Held);
        RUN_CYCLES(1);
        ASSERT_EQUAL(6, Main.Held);""",
    "a substitute is not what the device says": """
        Main.Zeroed := 5;
        RUN_CYCLES(1);
        LOSE_INPUT(Main.Zeroed);
        RUN_CYCLES(2);
        ASSERT_EQUAL(5, Main.Zeroed, 'not yet older than max_age');
        ADVANCE_TIME(T#100ms);
        ASSERT_EQUAL(0, Main.Zeroed);
        RESTORE_INPUT(Main.Zeroed);
        RUN_CYCLES(1);
        ASSERT_EQUAL(5, Main.Zeroed);""",
    "the value of a substitute may be written as well": """
        Main.Zeroed := 5;
        RUN_CYCLES(1);
        LOSE_INPUT(Main.Zeroed);
        ADVANCE_TIME(T#100ms);
        Main.Zeroed := 0;
        RESTORE_INPUT(Main.Zeroed);
        RUN_CYCLES(1);
        ASSERT_EQUAL(0, Main.Zeroed);""",
    "a program that writes its input does not move the device": """
        Main.Held := 5;
        Main.Spoiled := TRUE;
        RUN_CYCLES(2);
        ASSERT_EQUAL(-1, Main.Held);
        Main.Spoiled := FALSE;
        RUN_CYCLES(1);
        ASSERT_EQUAL(5, Main.Held);""",
    "however the test writes, the device says it": """
        p := ADR(Main.Held);
        p^ := 8;
        RUN_CYCLES(1);
        ASSERT_EQUAL(8, Main.Held);
        Fill(Place := Main.Held);
        RUN_CYCLES(1);
        ASSERT_EQUAL(9, Main.Held);
        Fill(Place := own, Same => Main.Held);
        RUN_CYCLES(1);
        ASSERT_EQUAL(2, Main.Held);
        FOR Main.Held := 1 TO 2 DO
            own := own + 1;
        END_FOR;
        RUN_CYCLES(1);
        ASSERT_EQUAL(3, Main.Held);
        Main.Row := other;
        RUN_CYCLES(1);
        ASSERT_EQUAL(12, Main.Row[2]);""",
    "bits and elements are inputs of their own": """
        Main.Word := 16#FFFF;
        Main.Row[2] := 3;
        RUN_CYCLES(1);
        LOSE_INPUT(Main.Word.3);
        LOSE_INPUT(Main.Row[number]);
        Main.Word := 0;
        Main.Row[2] := 4;
        RUN_CYCLES(1);
        ASSERT_EQUAL(WORD#16#0008, Main.Word);
        ASSERT_EQUAL(3, Main.Row[2]);
        ASSERT_EQUAL(BAD, QUALITY(Main.Word));
        ASSERT_EQUAL(GOOD, QUALITY(Main.Word.4));
        LOSE_INPUT(Main.Word);
        RUN_CYCLES(1);
        ASSERT_EQUAL(BAD, QUALITY(Main.Word.4));
        RESTORE_INPUT(Main.Word);
        RUN_CYCLES(1);
        ASSERT_EQUAL(GOOD, QUALITY(Main.Word));
        ASSERT_EQUAL(WORD#0, Main.Word);""",
    "a doubtful input brings new values": """
        DOUBT_INPUT(Main.Held);
        Main.Held := 9;
        RUN_CYCLES(1);
        ASSERT_EQUAL(UNCERTAIN, QUALITY(Main.Held));
        ASSERT_EQUAL(9, Main.Held);
        DOUBT_INPUT(Main.Held, OUT_OF_RANGE);
        RUN_CYCLES(1);
        ASSERT_EQUAL(OUT_OF_RANGE, QUALITY_REASON(Main.Held));""",
    "a frozen input gets stale": """
        Main.Zeroed := 5;
        RUN_CYCLES(1);
        FREEZE_INPUT(Main.Zeroed);
        Main.Zeroed := 6;
        RUN_CYCLES(4);
        ASSERT_EQUAL(5, Main.Zeroed);
        ASSERT_EQUAL(GOOD, QUALITY(Main.Zeroed));
        RUN_CYCLES(3);
        ASSERT_EQUAL(0, Main.Zeroed);
        ASSERT_EQUAL(STALE, QUALITY_REASON(Main.Zeroed));""",
    "a device is lost with all its inputs": """
        RUN_CYCLES(1);
        LOSE_DEVICE(CONCAT('fie', 'ld'), NOT_CONNECTED);
        RUN_CYCLES(1);
        ASSERT_EQUAL(NOT_CONNECTED, QUALITY_REASON(Main.Held));
        ASSERT_EQUAL(NOT_CONNECTED, QUALITY_REASON(Main.Vital));
        ASSERT_EQUAL(GOOD, QUALITY(Main.Word));
        RESTORE_DEVICE('field');
        RUN_CYCLES(1);
        ASSERT_EQUAL(GOOD, QUALITY(Main.Held));""",
    "an input that must not be lost": """
        RUN_CYCLES(1);
        EXPECT_FAULT('RUNG0907');
        LOSE_INPUT(Main.Vital);
        ADVANCE_TIME(T#2s);
        ASSERT_EQUAL(101, Main.Scans);""",
    "a late cycle": """
        RUN_CYCLES(1);
        DELAY_CYCLE(T#4ms);
        RUN_CYCLES(1);
        ASSERT_EQUAL(2, Main.Scans);
        ASSERT_EQUAL(T#14ms, Main.Longest);
        RUN_CYCLES(5);
        ASSERT_EQUAL(7, Main.Scans);
        ASSERT_EQUAL(T#14ms, Main.Longest);""",
    "a cycle that is late by periods": """
        RUN_CYCLES(1);
        began := TIME();
        DELAY_CYCLE(T#35ms);
        ADVANCE_TIME(T#30ms);
        ASSERT_EQUAL(1, Main.Scans, 'not yet');
        ADVANCE_TIME(T#6ms);
        ASSERT_EQUAL(3, Main.Scans, 'the one that was late, and the one that is due at once behind it');
        ASSERT_EQUAL(T#45ms, Main.Longest);
        ADVANCE_TIME(T#4ms);
        ASSERT_EQUAL(3, Main.Scans);
        RUN_CYCLES(1);
        ASSERT_EQUAL(4, Main.Scans, 'the phase is kept');
        ASSERT_EQUAL(T#50ms, TIME() - began);""",
    "cycles are counted from the late one on": """
        RUN_CYCLES(1);
        began := TIME();
        DELAY_CYCLE(T#35ms);
        RUN_CYCLES(1);
        ASSERT_EQUAL(3, Main.Scans);
        ASSERT_EQUAL(T#40ms, TIME() - began);
        DELAY_CYCLE(T#35ms);
        RUN_CYCLES(0);
        DELAY_CYCLE(T#0s);
        RUN_CYCLES(6);
        ASSERT_EQUAL(9, Main.Scans);""",
    "cycles that do not take place": """
        RUN_CYCLES(1);
        began := TIME();
        MISS_CYCLES(4);
        ASSERT_EQUAL(T#40ms, TIME() - began);
        ASSERT_EQUAL(1, Main.Scans);
        RUN_CYCLES(2);
        ASSERT_EQUAL(3, Main.Scans);
        ASSERT_EQUAL(T#50ms, Main.Longest);
        MISS_CYCLES(0);""",
    "a fault of the tasks": """
        RUN_CYCLES(2);
        EXPECT_FAULT('RUNG0901');
        Main.Divisor := 0;
        ADVANCE_TIME(T#1s);
        ASSERT_EQUAL(3, Main.Scans, 'the scan of the fault was the last');
        ASSERT_EQUAL(T#1s20ms, TIME() - T#1s);
        ADVANCE_TIME(T#1s);
        ASSERT_EQUAL(3, Main.Scans);""",
    "a fault of a block that the test calls": """
        EXPECT_FAULT(CODE := 'rung0901', MESSAGE := 'in a block');
        Divide(A := 1, B := 0);
        own := 5;
        Divide(A := 6, B := 2, Q => own);
        ASSERT_EQUAL(3, own);
        EXPECT_FAULT('RUNG0902');
        own := other[number + 2];
        EXPECT_FAULT('RUNG0903');
        WHILE TRUE DO
            own := own + 1;
        END_WHILE;
        ASSERT_GREATER(own, 3);""",
    "a fault within a helper and a loop": """
        FOR number := 1 TO 3 DO
            EXPECT_FAULT('RUNG0901');
            Helper();
            own := own + 1;
        END_FOR;
        ASSERT_EQUAL(5, own);
        ASSERT_EQUAL(3, behind);""",
}
FAILED = {
    "it has not come": (
        "EXPECT_FAULT('RUNG0901', 'a message');\nRUN_CYCLES(1);",
        Verdict.FAILED,
        "RUNG0720",
        "RUNG0901 has not come: a message",
    ),
    "it has not come before the next": (
        "EXPECT_FAULT('RUNG0901');\nEXPECT_FAULT('RUNG0902');",
        Verdict.FAILED,
        "RUNG0720",
        "RUNG0901 has not come",
    ),
    "another one comes": (
        "EXPECT_FAULT('RUNG0907');\nMain.Divisor := 0;\nRUN_CYCLES(1);",
        Verdict.ERROR,
        "RUNG0901",
        "an integer was divided by zero",
    ),
    "it comes once": (
        "EXPECT_FAULT('RUNG0901');\nDivide(B := 0);\nDivide(B := 0);",
        Verdict.ERROR,
        "RUNG0901",
        "an integer was divided by zero",
    ),
    "an assertion fails before it": (
        "EXPECT_FAULT('RUNG0901');\nFAIL('never mind');",
        Verdict.FAILED,
        "RUNG0720",
        "never mind",
    ),
    "no input": ("LOSE_INPUT(Main.Own);", Verdict.ERROR, "RUNG0722", "no point of plc.toml fills this variable"),
    "the next element": ("LOSE_INPUT(Main.Row[number + 1]);", Verdict.ERROR, "RUNG0722", "no point of plc.toml"),
    "no device": ("LOSE_DEVICE('feld');", Verdict.ERROR, "RUNG0722", "plc.toml has no device 'feld' with inputs"),
    "a point is no device": ("RESTORE_DEVICE('field.held');", Verdict.ERROR, "RUNG0722", "no device 'field.held'"),
    "back in time": ("DELAY_CYCLE(T#-1ms);", Verdict.FAILED, "RUNG0720", "time does not go back"),
    "back by cycles": ("MISS_CYCLES(-1);", Verdict.FAILED, "RUNG0720", "time does not go back"),
    "too many missed": ("MISS_CYCLES(2147483647);", Verdict.ERROR, "RUNG0721", "more than 1d would have gone by"),
    "too late": (
        "DELAY_CYCLE(LTIME#20000d);\nRUN_CYCLES(1);",
        Verdict.ERROR,
        "RUNG0721",
        "more than 1d would have gone by",
    ),
    "no fault ends a wait": (
        "WHILE TRUE DO\nEXPECT_FAULT('RUNG0901');\nDivide(B := 0);\nMISS_CYCLES(1_000_000);\nEND_WHILE;",
        Verdict.ERROR,
        "RUNG0721",
        "more than 1d would have gone by",
    ),
}
VARIABLES = """VAR
    Fill : Filling;
    Divide : Divider;
    p : POINTER TO INT;
    own : INT := 2;
    behind : INT;
    number : INT := 2;
    other : ARRAY[1..3] OF INT := [11, 12, 13];
    began : TIME;
END_VAR
METHOD Helper
    Divide(A := 1, B := 0);
    behind := behind + 1;
END_METHOD
"""


def text() -> str:
    bodies = PASSED | {name: row[0] for name, row in FAILED.items()}
    tests = "".join(f"TEST '{name}'\n{body}\nEND_TEST\n" for name, body in bodies.items())
    return f"TEST_SUITE 'mill'\n{VARIABLES}{tests}END_TEST_SUITE\n"


def written(folder: Path, tests: str) -> Path:
    (folder / "plc.toml").write_text(PROJECT)
    (folder / "main.st").write_text(PROGRAM)
    (folder / "test_mill.st").write_text(tests)
    return folder / "test_mill.st"


@pytest.fixture(scope="module", params=["machine code", "interpreter"])
def ended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """The tasks as machine code, and on the interpreter."""
    (file,) = suite_files.find(written(tmp_path_factory.mktemp("mill"), text()))
    tests = TestFile(file, StatementCoverage() if request.param == "interpreter" else None)
    found = {test.name: run(test, tests.bench(test.suite), Limits()) for test in tests.tests()}
    tests.close()
    return found


@pytest.mark.parametrize("name", PASSED)
def test_what_passes(ended: dict[str, Outcome], name: str):
    assert ended[name].verdict is Verdict.PASSED, report(ended[name], colour=False)


@pytest.mark.parametrize("name", FAILED)
def test_what_does_not(ended: dict[str, Outcome], name: str):
    outcome, (_, verdict, code, told) = ended[name], FAILED[name]
    assert outcome.finding is not None
    assert (outcome.verdict, outcome.finding.code.id) == (verdict, code)
    assert told in outcome.finding.message


@pytest.mark.parametrize("name", ["another one comes", "an assertion fails before it"])
def test_a_report_has_the_place_of_what_was_expected(ended: dict[str, Outcome], name: str):
    expected = "RUNG0907" if name == "another one comes" else "RUNG0901"
    assert f"{expected} is expected from here on" in report(ended[name], colour=False)


def test_a_report_names_the_inputs_that_there_are(ended: dict[str, Outcome]):
    finding = ended["no input"].finding
    assert finding is not None
    assert finding.span.text == "Main.Own"
    assert finding.remedy == (
        "name a variable that one does: Main.Held, Main.Zeroed, Main.Vital, Main.Word.3, Main.Word.4, Main.Row[2]"
    )
    near = ended["no device"].finding
    assert near is not None
    assert near.remedy == "did you mean 'field'?"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("LOSE_INPUT(Main.Held);", []),
        ("LOSE_INPUT(3);", ["RUNG0340"]),
        ("LOSE_INPUT(own);", []),
        ("LOSE_INPUT(Main.Held, 3);", ["RUNG0322"]),
        ("LOSE_INPUT(Main.Held, GOOD);", ["RUNG0301"]),
        ("LOSE_INPUT();", ["RUNG0359"]),
        ("FREEZE_INPUT(Main.Held, STALE);", ["RUNG0359"]),
        ("LOSE_INPUT(Main.Hel);", ["RUNG0310"]),
        ("LOSE_INPUT(lent);", ["RUNG0367"]),
        ("LOSE_DEVICE(field);", ["RUNG0301"]),
        ("LOSE_DEVICE(5);", ["RUNG0321"]),
        ("DELAY_CYCLE(5);", ["RUNG0321"]),
        ("MISS_CYCLES(T#1s);", ["RUNG0320"]),
        ("EXPECT_FAULT('RUNG0909');", ["RUNG0706"]),
        ("EXPECT_FAULT('RUNG09O1');", ["RUNG0706"]),
        ("EXPECT_FAULT(CONCAT('RUNG', '0901'));", ["RUNG0706"]),
        ("EXPECT_FAULT(901);", ["RUNG0321"]),
        ("EXPECT_FAULT('RUNG0901', 5);", ["RUNG0321"]),
        ("own := MISS_CYCLES(1);", ["RUNG0356"]),
    ],
)
def test_what_is_refused(body: str, found: list[str]):
    tests = f"TEST_SUITE 'mill'\n{VARIABLES}TEST 'one'\nVAR\nlent : INT;\nEND_VAR\n{body}\nEND_TEST\nEND_TEST_SUITE\n"
    assert suites.codes(tests, PROGRAM) == found


def test_a_misspelt_code_is_shown_the_right_one():
    (finding,) = suites.findings(suites.suite("EXPECT_FAULT('RUNG09O1');"))
    assert "did you mean 'RUNG0901'?" in finding.remedy


def test_what_ci_servers_read(tmp_path: Path):
    """An expected fault that came is a pass, one that did not a failure; another one, and no input, are errors."""
    bodies = {
        "came": "EXPECT_FAULT('RUNG0901');\nDivide(B := 0);",
        "missed": FAILED["it has not come"][0],
        "other": FAILED["another one comes"][0],
        "nothing": FAILED["no input"][0],
    }
    tests = "".join(f"TEST '{name}'\n{body}\nEND_TEST\n" for name, body in bodies.items())
    written(tmp_path, f"TEST_SUITE 'mill'\n{VARIABLES}{tests}END_TEST_SUITE\n")
    path = tmp_path / "report.txt"
    assert cli.main(["test", str(tmp_path), "--junit", str(path)]) == 1
    (suite,) = ElementTree.parse(path).getroot()
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "2",
    }
    assert [[(child.tag, child.get("type"), child.get("message")) for child in case] for case in suite] == [
        [],
        [("failure", "RUNG0720", "RUNG0901 has not come: a message")],
        [("error", "RUNG0901", "an integer was divided by zero")],
        [("error", "RUNG0722", "no point of plc.toml fills this variable")],
    ]
