"""The pytest plugin as its users have it: projects and tests in a folder of their own, run by pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from coverage import Coverage

from runtime.testing import load, told

pytest_plugins = ["pytester"]

PROJECT = """
[plc]
name = "mill"
sources = ["main.st"]
[task.main]
program = "Main"
interval = "10ms"
"""
SOURCE = """
FUNCTION_BLOCK Divider
VAR_INPUT dividend, divisor : DINT; END_VAR
VAR_OUTPUT quotient : DINT; END_VAR
quotient := dividend / divisor;
END_FUNCTION_BLOCK
PROGRAM Main
VAR
    a : DINT := 7;
    b : DINT := 1;
    level : REAL;
    pump : BOOL;
    share : Divider;
END_VAR
share(dividend := a, divisor := b);
level := level + 0.25;
pump := level > 1.0;
END_PROGRAM
"""


COVERED = """FUNCTION Share : DINT
VAR_INPUT x : DINT; END_VAR
Share := 6 / x; // 3
END_FUNCTION
PROGRAM Main
VAR
    level, share_ : DINT;
    delay : TON;
END_VAR
delay(IN := TRUE, PT := T#1s); // 10
share_ := Share(level // 11
    + 1);
IF level >= 0 THEN // 13
    level := level + 1; // 14
ELSE
    level := 0; // 16
END_IF;
CASE level OF // 18
    0: ; // 19
    9: level := 0; // 20
END_CASE;
END_PROGRAM
"""


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """pytester forgets what is imported in its runs, and numpy and numba can be imported once only."""
    plc = load(Path(__file__).parents[2] / "programs" / "traffic_light")
    plc.run_until("Crossing.CarGreen")
    assert told.told(plc) == "traffic_light: RUN at 0.02 s, after 1 scans"


@pytest.fixture
def mill(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "plc.toml").write_text(PROJECT)
    (pytester.path / "main.st").write_text(SOURCE)
    return pytester


def test_a_plc_is_loaded_from_beside_the_test_and_closed_after_it(mill: pytest.Pytester) -> None:
    mill.makepyfile("""
        import os
        import pytest

        kept = []

        def test_one(load_plc):
            plc, other = load_plc(), load_plc(".")
            kept.append(plc)
            plc.cycle(3)
            assert (plc["Main.level"], other["Main.level"]) == (0.75, 0.0)

        def test_two(load_plc):
            with pytest.raises(OSError):
                os.fstat(kept[0].block.fd)
    """)
    mill.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_a_failed_test_shows_the_fault_of_its_plc(mill: pytest.Pytester) -> None:
    mill.makepyfile("""
        def test_share(load_plc):
            plc = load_plc()
            plc.cycle(3)
            plc["Main.b"] = 0
            plc.run_until("Main.level > 2.0", "1s")
    """)
    result = mill.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "*TimeoutError: 'Main.level > 2.0' did not come true within 1s",
        "*- PLC in virtual time -*",
        "mill: FAULT at 1.04 s, after 3 scans",
        "fault?RUNG0901?: *",
        "  --> main.st:5:13 in Divider",
        "  called from main.st:15:1 in Main",
        "5 | quotient := dividend / divisor;",
        "  |             ^^^^^^^^^^^^^^^^^^ main.st",
        "15 | share(dividend := a, divisor := b);",
        "   | ^^^*^ main.st",
        "    Main.share.quotient = 7",
        "    Main.share.dividend = 7",
        "    Main.share.divisor = 0",
    ])  # fmt: skip


def test_a_failed_test_shows_the_state_of_a_plc_that_runs(mill: pytest.Pytester) -> None:
    mill.makepyfile("""
        def test_share(load_plc):
            plc = load_plc()
            plc.advance("1s")
            assert plc["Main.pump"] is False
    """)
    mill.runpytest_inprocess("-p", "no:cacheprovider").stdout.fnmatch_lines(["mill: RUN at 1 s, after 100 scans"])


def test_a_program_with_errors_shows_them(mill: pytest.Pytester) -> None:
    (mill.path / "main.st").write_text(SOURCE.replace("pump :=", "pmup :="))
    mill.makepyfile("def test_share(load_plc): load_plc()")
    mill.runpytest_inprocess("-p", "no:cacheprovider").stdout.fnmatch_lines(["*'pmup' is not declared*"])


def test_a_reference_is_written_compared_and_its_difference_drawn(mill: pytest.Pytester) -> None:
    mill.makepyfile("""
        def test_level(load_plc):
            plc = load_plc()
            trace = plc.record("Main.level", "Main.pump", every="20ms")
            plc.advance("200ms")
            assert trace.matches("traces/level.csv", tolerance=0.01)
    """)
    plain = ("-p", "no:cacheprovider", "--basetemp", str(mill.path / "tmp"))
    mill.runpytest_inprocess(*plain).stdout.fnmatch_lines(["*there is no reference */traces/level.csv; *"])
    mill.runpytest_inprocess(*plain, "--rung-update-traces").assert_outcomes(passed=1)
    written = (mill.path / "traces" / "level.csv").read_text().splitlines()
    assert written[:4] == ["time_s,Main.level,Main.pump", "0.0,0.25,FALSE", "0.02,0.75,FALSE", "0.04,1.25,TRUE"]
    mill.runpytest_inprocess(*plain).assert_outcomes(passed=1)
    (mill.path / "main.st").write_text(SOURCE.replace("> 1.0", "> 1.5"))
    result = mill.runpytest_inprocess(*plain)
    result.stdout.fnmatch_lines([
        "*TraceDiffers: the trace differs from */traces/level.csv:",
        "*  Main.pump: at 1 times, first at 0.04 s: False instead of True (tolerance 0.01)",
        "*  picture: *test_level0/level.svg",
        "*  if it is right as it is now: pytest --rung-update-traces",
    ])  # fmt: skip
    assert (mill.path / "tmp" / "test_level0" / "level.svg").read_text().startswith("<svg")


def test_statements_that_have_run_are_in_the_reports_of_coverage(mill: pytest.Pytester) -> None:
    """Of several lines the first counts; the library, declarations and empty statements do not, but labels do."""
    (mill.path / "main.st").write_text(COVERED)
    mill.makepyfile("""
        def test_level(load_plc):
            plc = load_plc()
            plc.cycle(3)
            assert plc["Main.level"] == 3
            plc["Main.level"] = -1
            plc.cycle()
            assert (plc.fault.site.line, plc.fault.calls[0].line) == (3, 11)
    """)
    mill.runpytest_inprocess("-p", "no:cacheprovider", "--rung-coverage").assert_outcomes(passed=1)
    settings = mill.path / ".coveragerc"
    settings.write_text("[run]\nplugins = runtime.testing.coverage_plugin\n")
    measured = Coverage(str(mill.path / ".coverage"), config_file=str(settings))
    measured.combine()
    _, statements, _, missing, _ = measured.analysis2(str(mill.path / "main.st"))
    assert statements == [3, 10, 11, 13, 14, 16, 18, 19, 20]
    assert missing == [16, 20]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [("import runtime.testing.pytest_plugin", "numba"), ("from runtime.testing import load", "pytest")],
)
def test_neither_side_needs_the_other(statement: str, absent: str) -> None:
    """The plugin does not make pytest wait for the compiler; programs are tested without pytest."""
    check = f"import sys\n{statement}\nassert {absent!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])
