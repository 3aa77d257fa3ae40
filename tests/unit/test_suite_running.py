"""Tests in the language, run: what passes, how a failure is told, what ends a test, and that no test leaves a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.testing.suites.reports import report
from runtime.testing.suites.running import Outcome, Verdict
from runtime.testing.suites.world import Limits
from tests.unit.suites import outcomes, suite, written

TESTS = """
VAR_GLOBAL
    Pretended : REAL := 7.5;
END_VAR
FUNCTION_BLOCK Fake
VAR_OUTPUT
    Value : REAL;
END_VAR
VAR
    Calls : INT;
END_VAR
Calls := Calls + 1;
Value := -1.0;
END_FUNCTION_BLOCK
TEST_SUITE 'plain'
VAR
    Timer : TON;
    Kept, Three : INT := 3;
END_VAR
SETUP
    Kept := Kept + 1;
END_SETUP
METHOD Helper : INT
VAR_INPUT
    a : INT;
END_VAR
ASSERT_GREATER(a, 2, 'for the helper');
Helper := 2 * a;
END_METHOD

TEST 'a block sees the time of the test'
    Timer(IN := TRUE, PT := T#1s);
    ADVANCE_TIME(T#999ms);
    Timer();
    ASSERT_FALSE(Timer.Q);
    ADVANCE_TIME(T#1ms);
    Timer();
    ASSERT_TRUE(Timer.Q);
    ASSERT_EQUAL(100, Main.Scans, 'the tasks have run as well');
END_TEST
TEST 'time goes by exactly'
    ADVANCE_TIME(T#1ms);
    ASSERT_EQUAL(1, Main.Scans, 'the tick at the beginning');
    ADVANCE_TIME(T#8ms);
    ASSERT_EQUAL(1, Main.Scans);
    ADVANCE_TIME(T#2ms);
    ASSERT_EQUAL(2, Main.Scans);
    RUN_CYCLES(3);
    ASSERT_EQUAL(5, Main.Scans);
END_TEST
TEST 'a test writes'
    Kept := 50;
    Main.Divisor := 2;
    Main.Tone := Green;
    Main.Input := 5;
    RUN_CYCLES(1);
    ASSERT_EQUAL(3, Main.Grinder.Q);
    ASSERT_EQUAL(5, Main.Input);
    ASSERT_EQUAL(Green, Main.Tone);
END_TEST
TEST 'and leaves nothing behind'
    ASSERT_EQUAL(4, Kept);
    ASSERT_EQUAL(1, Main.Divisor);
    ASSERT_EQUAL(0, Main.Scans);
END_TEST
TEST 'a device answers what the test has written'
    Main.Go := TRUE;
    RUN_CYCLES(2);
    ASSERT_TRUE(Main.Go);
    ASSERT_EQUAL(GOOD, Main.Trust);
    ADVANCE_TIME(T#1s);
    ASSERT_TRUE(Main.Delay.Q);
    Main.Go := FALSE;
    RUN_CYCLES(1);
    ASSERT_FALSE(Main.Delay.Q);
END_TEST
TEST 'what the test refers to stays while tasks run'
VAR
    Own : TON;
    p : POINTER TO INT;
    v : INT := 4;
END_VAR
    p := ADR(v);
    Own(IN := TRUE, PT := T#20ms);
    RUN_CYCLES(2);
    Own();
    p^ := p^ + 1;
    ASSERT_TRUE(Own.Q);
    ASSERT_EQUAL(5, v);
END_TEST
TEST 'helper' ASSERT_EQUAL(6, Helper(3)); Kept := Helper(1); END_TEST
TEST 'near'
    ASSERT_NEAR(5, Main.Scans, 5);
    ASSERT_NEAR(1.0, Main.Probe.Value + 1.0, 0.05);
    ASSERT_NEAR(T#1s, T#990ms, T#10ms);
    ASSERT_NEAR(TO_UDINT(1), Main.Scans, TO_UDINT(0));
END_TEST
TEST 'equal' Main.Tone := Green; ASSERT_EQUAL(Red, Main.Tone, 'the colour'); END_TEST
TEST 'true' ASSERT_TRUE(Main.Scans > 3 AND NOT Main.Go, CONCAT('so ', 'what')); END_TEST
TEST 'text' ASSERT_EQUAL('abc', 'abd'); END_TEST
TEST 'bits' ASSERT_EQUAL(16#FF, SHL(WORD#1, 4)); END_TEST
TEST 'time' ASSERT_LESS(T#2s, Main.Delay.PT); END_TEST
TEST 'constants' ASSERT_EQUAL(1, 2); END_TEST
TEST 'constant difference' ASSERT_NEAR(1, 5, 3); END_TEST
TEST 'nan' ASSERT_NEAR(0.0, Main.Probe.Value / Main.Probe.Value, 1.0E9); END_TEST
TEST 'fail' FAIL('never mind'); END_TEST
TEST 'helper that holds' ASSERT_EQUAL(7, Helper(Three)); END_TEST
TEST 'signs' ASSERT_EQUAL("it's$N", "$"$$"); END_TEST
TEST 'back in time' ADVANCE_TIME(T#-1s); END_TEST
TEST 'back by cycles' RUN_CYCLES(-1); END_TEST
END_TEST_SUITE
TEST_SUITE 'function'
MOCK FUNCTION Level
    Level := Pretended;
END_MOCK
TEST 'a function is replaced'
    RUN_CYCLES(1);
    ASSERT_EQUAL(7.5, Main.Probe.Value);
    Pretended := 8.0;
    RUN_CYCLES(1);
    ASSERT_EQUAL(8.0, Main.Probe.Value);
END_TEST
END_TEST_SUITE
TEST_SUITE 'body'
MOCK FUNCTION_BLOCK Sensor
VAR
    Calls : INT;
END_VAR
METHOD Twice : REAL
Twice := -5.0;
END_METHOD
    Calls := Calls + 1;
    Value := 100.0;
END_MOCK
TEST 'a block has another body'
    RUN_CYCLES(2);
    ASSERT_EQUAL(100.0, Main.Probe.Value);
    ASSERT_EQUAL(2, Main.Probe.Calls);
    ASSERT_EQUAL(0, Main.Probe.Reads);
    ASSERT_EQUAL(-5.0, Main.Probe.Twice());
END_TEST
END_TEST_SUITE
TEST_SUITE 'block'
MOCK Sensor WITH Fake;
TEST 'a block is another one' RUN_CYCLES(2); ASSERT_EQUAL(2, Main.Probe.Calls); END_TEST
END_TEST_SUITE
TEST_SUITE 'instance'
MOCK Main.Probe WITH Fake;
VAR
    Own : Sensor;
END_VAR
TEST 'an instance is one of another block'
    RUN_CYCLES(2);
    ASSERT_EQUAL(-1.0, Main.Probe.Value);
    Own();
    ASSERT_EQUAL(3.0, Own.Value);
END_TEST
END_TEST_SUITE
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return outcomes(written(tmp_path_factory.mktemp("mill"), TESTS))


PASSED = [
    "a block sees the time of the test",
    "time goes by exactly",
    "a test writes",
    "and leaves nothing behind",
    "a device answers what the test has written",
    "what the test refers to stays while tasks run",
    "a function is replaced",
    "a block has another body",
    "a block is another one",
    "an instance is one of another block",
]


@pytest.mark.parametrize("name", PASSED)
def test_what_passes(ended: dict[str, Outcome], name: str):
    assert ended[name].verdict is Verdict.PASSED, report(ended[name], colour=False)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("helper", "a is 1, not greater than 2: for the helper"),
        ("helper that holds", "Helper(Three) is 6, not 7 as expected"),
        ("signs", '"$"$$" is "$"$$", not "it\'s$000A" as expected'),
        ("near", "Main.Scans is 0, not 1 as expected, give or take 0"),
        ("equal", "Main.Tone is Green, not Red as expected: the colour"),
        ("true", "Main.Scans > 3 AND NOT Main.Go is FALSE: so what"),
        ("text", "'abd' is 'abd', not 'abc' as expected"),
        ("bits", "SHL(WORD#1, 4) is 16#0010, not 16#00FF as expected"),
        ("time", "T#2s is T#2s, not less than T#0s"),
        ("constants", "ASSERT_EQUAL(1, 2) does not hold"),
        ("constant difference", "ASSERT_NEAR(1, 5, 3) does not hold"),
        (
            "nan",
            "Main.Probe.Value / Main.Probe.Value is nan, not 0.0 as expected, give or take 1e+09",
        ),
        ("fail", "never mind"),
        ("back by cycles", "RUN_CYCLES(-1) does not hold: time does not go back"),
        ("back in time", "ADVANCE_TIME(T#-1s) does not hold: time does not go back"),
    ],
)
def test_how_a_failure_is_told(ended: dict[str, Outcome], name: str, told: str):
    outcome = ended[name]
    assert (outcome.verdict, outcome.finding and outcome.finding.message) == (Verdict.FAILED, told)


def test_no_test_is_unaccounted_for(ended: dict[str, Outcome]):
    assert len(ended) == len(PASSED) + 15


def test_a_report_has_the_place_and_what_was_read(ended: dict[str, Outcome]):
    assert report(ended["true"], colour=False).splitlines() == [
        "error[RUNG0720]: Main.Scans > 3 AND NOT Main.Go is FALSE: so what",
        "  --> test_mill.st:99:13",
        "   |",
        "99 | TEST 'true' ASSERT_TRUE(Main.Scans > 3 AND NOT Main.Go, CONCAT('so ', 'what')); END_TEST",
        "   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "   |",
        "   = more: rung explain RUNG0720",
        "    Main.Scans = 0",
        "    Main.Go = FALSE",
    ]


def one(folder: Path, body: str, limits: Limits | None = None, parts: str = "") -> Outcome:
    return outcomes(written(folder, suite(body, parts)), limits)["one"]


def test_a_fault_of_the_plc_is_an_error_with_its_place_and_calls(tmp_path: Path):
    outcome = one(tmp_path, "Main.Divisor := 0;\nADVANCE_TIME(T#1s);")
    text = report(outcome, colour=False)
    assert outcome.verdict is Verdict.ERROR
    assert text.startswith("error[RUNG0901]: an integer was divided by zero\n  --> main.st:28:6\n")
    assert "::: main.st:50:1" in text
    assert "while this test let time go by" in text
    assert outcome.virtual_ns == 10_000_000, "the test has ended with the scan of the fault"


def test_a_fault_of_what_the_test_calls_is_one_too(tmp_path: Path):
    outcome = one(tmp_path, "M(A := 1, B := 0);", parts="VAR\nM : Mill;\nEND_VAR")
    text = report(outcome, colour=False)
    assert outcome.verdict is Verdict.ERROR
    assert text.startswith("error[RUNG0901]: an integer was divided by zero\n  --> main.st:28:6\n")
    assert "::: test_mill.st:6:1" in text


@pytest.mark.parametrize(
    ("body", "limits", "code", "told"),
    [
        ("WHILE TRUE DO\nEND_WHILE;", Limits(), "RUNG0903", "loops"),
        ("WHILE TRUE DO\nADVANCE_TIME(T#1s);\nEND_WHILE;", Limits(virtual_ns=60 * 10**9), "RUNG0721", "1m would"),
        ("ADVANCE_TIME(LTIME#20000d);", Limits(), "RUNG0721", "more than 1d would have gone by"),
        ("RUN_CYCLES(2147483647);", Limits(), "RUNG0721", "more than 1d would have gone by"),
        ("WHILE TRUE DO\nRUN_CYCLES(0);\nEND_WHILE;", Limits(real_ns=10**8), "RUNG0721", "more than 100ms on this"),
    ],
)
def test_no_test_is_endless(tmp_path: Path, body: str, limits: Limits, code: str, told: str):
    outcome = one(tmp_path, body, limits)
    assert outcome.finding is not None
    assert (outcome.verdict, outcome.finding.code.id) == (Verdict.ERROR, code)
    assert told in outcome.finding.message


@pytest.mark.parametrize(
    ("body", "parts", "told"),
    [
        ("FAIL('first');", "TEARDOWN\nFAIL('second');\nEND_TEARDOWN", "first"),
        ("", "TEARDOWN\nFAIL('second');\nEND_TEARDOWN", "second"),
        ("FAIL('first');", "SETUP\nFAIL('zeroth');\nEND_SETUP\nTEARDOWN\nFAIL('second');\nEND_TEARDOWN", "zeroth"),
        (
            "Main.Divisor := 0; RUN_CYCLES(1);",
            "TEARDOWN\nFAIL('second');\nEND_TEARDOWN",
            "an integer was divided by zero",
        ),
    ],
)
def test_teardown_runs_whatever_came_before(tmp_path: Path, body: str, parts: str, told: str):
    """What goes wrong first is told."""
    finding = one(tmp_path, body, parts=parts).finding
    assert finding is not None
    assert finding.message == told
