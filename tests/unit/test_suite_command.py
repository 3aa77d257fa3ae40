"""`rung test` and `rung check` as people and CI servers meet them, and the same tests in pytest."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from coverage import Coverage

from runtime import cli
from tests.unit.suites import PROGRAM, suite, written

pytest_plugins = ["pytester"]

BOTH = """
TEST_SUITE 'pump'
    TEST 'passes'
        RUN_CYCLES(1);
        ASSERT_EQUAL(1, Main.Scans);
    END_TEST

    TEST 'fails'
        ASSERT_EQUAL(1, Main.Scans, 'a <message> & more');
    END_TEST

    TEST 'breaks'
        Main.Divisor := 0;
        RUN_CYCLES(1);
    END_TEST
END_TEST_SUITE
"""
GOOD = suite("RUN_CYCLES(1);\nASSERT_EQUAL(1, Main.Scans);")


def run(*arguments: object) -> int:
    return cli.main(["test", *map(str, arguments)])


def test_a_line_for_each_test_and_the_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = written(tmp_path, BOTH)
    assert run(tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  (")[0] for line in lines if "::pump::" in line] == [
        f"passed  {file}::pump::passes",
        f"failed  {file}::pump::fails",
        f"error   {file}::pump::breaks",
    ]
    assert "error[RUNG0720]: Main.Scans is 0, not 1 as expected: a <message> & more" in lines
    assert "error[RUNG0901]: an integer was divided by zero" in lines
    assert lines[-1].startswith("1 passed, 1 failed, 1 error, in ")


def test_some_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = written(tmp_path, BOTH)
    assert run(tmp_path, "-k", "PASSES") == 0
    assert run(file, "-k", "pump::passes") == 0
    assert run(tmp_path / "plc.toml", "-k", "passes") == 0
    capsys.readouterr()
    assert run(tmp_path, "--list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == [f"{file}::pump::{name}" for name in ("passes", "fails", "breaks")]
    assert run(tmp_path, "-k", listed[0]) == 0, "a line of the list is one test, folder and all"
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 passed, in")
    assert run(tmp_path, "-k", tmp_path.name) == 2, "a name of a folder alone is none of a test"


@pytest.mark.parametrize(
    ("files", "arguments", "told"),
    [
        ({}, ["."], "no project file"),
        ({"test_mill.st": GOOD}, ["nothing"], "there is no such file"),
        ({"test_mill.st": GOOD}, ["main.st"], "test_<name>.st or <name>_test.st"),
        ({"test_mill.st": GOOD}, [".", "-k", "elsewhere"], "there are no tests with 'elsewhere' in their names"),
        ({"test_mill.st": GOOD}, [".", "--limit", "soon"], "--limit soon"),
        ({"test_mill.st": "PROGRAM x\nEND_PROGRAM"}, ["."], "there are no tests in"),
        ({"test_mill.st": suite("ASSERT_EQUAL(1, Main.Scan);")}, ["."], "Main has no member 'Scan'"),
        ({"test_mill.st": suite("IF")}, ["."], "error[RUNG0"),
        ({"test_mill.st": GOOD, "main.st": PROGRAM.replace("Probe();", "Prob();")}, ["."], "'Prob'"),
        ({"test_mill.st": GOOD, "plc.toml": "[plc]\nnme = 1"}, ["."], "nme"),
    ],
)
def test_what_cannot_be_run_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, str],
    arguments: list[str],
    told: str,
):
    """With status 2 and a reason, whether it is the command, the test or the program that is wrong."""
    monkeypatch.chdir(tmp_path)
    if files:
        written(tmp_path, "")
    else:
        (tmp_path / "test_mill.st").write_text(GOOD)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert told in (said.err if files else said.err.replace("there is no plc.toml", "no project file"))
    assert said.out == ""


def test_a_report_for_ci_servers(tmp_path: Path):
    written(tmp_path, BOTH, "pump_test.st")
    report = tmp_path / "out" / "report.xml"
    report.parent.mkdir()
    assert run(tmp_path / "pump_test.st", "--junit", report) == 1
    root = ElementTree.parse(report).getroot()
    assert (root.tag, {key: root.get(key) for key in ("tests", "failures", "errors")}) == (
        "testsuites",
        {"tests": "3", "failures": "1", "errors": "1"},
    )
    (of_suite,) = root
    assert of_suite.get("name") == "pump_test.pump"
    assert [(case.get("classname"), case.get("name")) for case in of_suite] == [
        ("pump_test.pump", "passes"),
        ("pump_test.pump", "fails"),
        ("pump_test.pump", "breaks"),
    ]
    assert all(float(case.get("time", "")) >= 0 for case in of_suite)
    failure, error = of_suite[1][0], of_suite[2][0]
    assert (failure.tag, failure.get("type")) == ("failure", "RUNG0720")
    assert failure.get("message") == "Main.Scans is 0, not 1 as expected: a <message> & more"
    assert "--> pump_test.st:9:9" in (failure.text or "")
    assert (error.tag, error.get("type")) == ("error", "RUNG0901")
    assert [entry.name for entry in report.parent.iterdir()] == ["report.xml"]


def test_a_report_of_what_does_not_compile(tmp_path: Path):
    """Nobody but the terminal was told: the report had no test at all, or was the one of before."""
    written(tmp_path, GOOD)
    written(tmp_path, suite("ASSERT_EQUAL(1, Main.Scan);"), "test_wrong.st")
    report = tmp_path / "report.txt"
    assert run(tmp_path, "--junit", report) == 2
    root = ElementTree.parse(report).getroot()
    assert [root.get(key) for key in ("tests", "failures", "errors")] == ["2", "0", "1"]
    (case,) = root[1]
    assert (case.get("classname"), case.get("name")) == ("test_wrong.st", "compiles")
    assert (case[0].tag, case[0].get("type"), case[0].get("message")) == (
        "error",
        "RUNG0310",
        "Main has no member 'Scan'",
    )
    assert "--> test_wrong.st:4:22" in (case[0].text or "")
    (tmp_path / "test_wrong.st").write_text(suite("IF"))
    assert run(tmp_path, "--junit", report) == 2
    ((case,),) = ElementTree.parse(report).getroot()
    assert (case.get("classname"), case[0].tag) == ("test_wrong.st", "error")


def test_two_projects_with_files_of_one_name_in_a_report(tmp_path: Path):
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, GOOD)
    report = tmp_path / "report.xml"
    assert run(tmp_path, "--junit", report) == 0
    root = ElementTree.parse(report).getroot()
    assert [each.get("name") for each in root] == ["north.test_mill.mill", "south.test_mill.mill"]


def test_a_report_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    written(tmp_path, GOOD)
    assert run(tmp_path, "--junit", tmp_path / "absent" / "report.xml") == 3
    assert "cannot be written" in capsys.readouterr().err


def test_check_and_format_look_at_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = written(tmp_path, suite("assert_equal(1, Main.Scan);"))
    assert cli.main(["check", str(tmp_path)]) == 1
    assert "test_mill.st:4:22" in capsys.readouterr().err
    assert cli.main(["check", str(file)]) == 1
    assert "test_mill.st:4:22" in capsys.readouterr().err
    file.write_text(GOOD)
    assert cli.main(["check", str(tmp_path)]) == 0
    assert cli.main(["check", str(file)]) == 0
    capsys.readouterr()
    assert cli.main(["format", "--check", str(tmp_path)]) == 1
    assert str(file) in capsys.readouterr().out.splitlines()


def test_tests_are_no_sources_unless_the_project_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A file that only has such a name is what it was."""
    written(tmp_path, GOOD)
    (tmp_path / "pump_test.st").write_text("FUNCTION_BLOCK Kept\nEND_FUNCTION_BLOCK")
    (tmp_path / "test_more.st").write_text(suite("RUN_CYCLES(1);", "VAR\nk : Kept;\nEND_VAR"))
    assert run(tmp_path) == 0
    toml = (tmp_path / "plc.toml").read_text()
    (tmp_path / "plc.toml").write_text(toml.replace('["."]', '["main.st", "test_mill.st"]'))
    assert cli.main(["check", str(tmp_path)]) == 1
    assert "error[RUNG0704]" in capsys.readouterr().err


def test_a_file_of_no_project_without_tests_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """It made every test in the folder impossible to run."""
    (tmp_path / "mill").mkdir()
    written(tmp_path / "mill", GOOD)
    (tmp_path / "test_notes.st").write_text("FUNCTION_BLOCK Kept\nEND_FUNCTION_BLOCK")
    assert run(tmp_path) == 0
    (tmp_path / "test_notes.st").write_text(GOOD)
    assert run(tmp_path) == 2
    assert "there is no plc.toml" in capsys.readouterr().err


def test_each_file_belongs_to_the_nearest_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "inner" / "tests").mkdir(parents=True)
    written(tmp_path, GOOD)
    written(tmp_path / "inner", "")
    (tmp_path / "inner" / "tests" / "test_deep.st").write_text(GOOD)
    toml = (tmp_path / "plc.toml").read_text()
    (tmp_path / "plc.toml").write_text(toml.replace('["."]', '["main.st"]'))
    assert run(tmp_path) == 0
    assert "2 passed" in capsys.readouterr().out


# -------------------------------------------------------------------------------------------------------------- pytest


def test_pytest_runs_them_with_their_ids(pytester: pytest.Pytester):
    written(pytester.path, BOTH)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rA", "test_mill.st")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*error?RUNG0720?: Main.Scans is 0, not 1 as expected: a <message> & more",
            "*--> test_mill.st:9:9",
            "*error?RUNG0901?: an integer was divided by zero",
            "PASSED test_mill.st::pump::passes",
            "FAILED test_mill.st::pump::fails - *",
        ]
    )
    chosen = pytester.runpytest_inprocess("-p", "no:cacheprovider", "test_mill.st::pump::passes")
    chosen.assert_outcomes(passed=1)


def test_pytest_tells_what_does_not_compile(pytester: pytest.Pytester):
    file = written(pytester.path, suite("ASSERT_EQUAL(1, Main.Scan);"))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*error?RUNG0310?: Main has no member 'Scan'"])
    file.write_text("TEST_SUITE 'a'\nTEST 'x'\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*error?RUNG0123?: *END_TEST is missing*"])


@pytest.mark.parametrize("way", ["pytest", "command"])
def test_they_count_for_coverage(pytester: pytest.Pytester, way: str):
    written(pytester.path, GOOD)
    settings = pytester.path / ".coveragerc"
    settings.write_text("[run]\nbranch = True\nplugins = runtime.testing.coverage_plugin\n")
    if way == "pytest":
        pytester.runpytest_inprocess("-p", "no:cacheprovider", "--rung-coverage").assert_outcomes(passed=1)
    else:
        assert run(pytester.path, "--coverage") == 0
    measured = Coverage(str(pytester.path / ".coverage"), config_file=str(settings))
    measured.combine()
    _, statements, _, missing, _ = measured.analysis2(str(pytester.path / "main.st"))
    assert (len(statements), missing) == (10, [16])
