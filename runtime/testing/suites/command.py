"""`rung test`: the tests of projects, one after the other.

| status | meaning |
|---|---|
| 0 | all that ran have passed |
| 1 | one has failed, or something came in between |
| 2 | there is nothing to run: no test, a file that cannot be read, a program or a test that does not compile |
| 3 | the report for a CI server could not be written, or coverage.py is not there |
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import rung
from runtime import clock
from runtime.service import suite_files
from runtime.service.config.durations import BadDuration, parse_duration
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.suites import junit, reports
from runtime.testing.suites.loading import Test, TestFile, chosen
from runtime.testing.suites.running import Outcome, Verdict, run
from runtime.testing.suites.world import Limits

OK, WRONG, NOTHING, CANNOT = 0, 1, 2, 3


def main(arguments: argparse.Namespace) -> int:
    try:
        limits = Limits(parse_duration(arguments.limit), int(arguments.timeout * 1e9))
    except BadDuration as error:
        return _fail(f"--limit {arguments.limit}: {error}", NOTHING)
    if arguments.coverage and find_spec("coverage") is None:
        return _fail("--coverage needs coverage.py: install rung with its extra `testing`", CANNOT)
    covered = StatementCoverage() if arguments.coverage else None
    began_ns = clock.monotonic_ns()
    try:
        files = _files(arguments.paths, covered)
        wanted = [(file, list(chosen(file.tests(), arguments.k))) for file in files]
    except CompileError as error:
        return _end(arguments, [], [error.diagnostics])
    count = sum(len(tests) for _, tests in wanted)
    if not count:
        return _fail(_why_nothing(files, arguments), NOTHING)
    if arguments.list:
        for test in (test for _, tests in wanted for test in tests):
            print(test.shown_id)
        return OK
    outcomes: list[Outcome] = []
    refused: list[Sequence[Diagnostic]] = []
    for file, tests in wanted:
        try:
            outcomes += _run(file, tests, limits)
        except CompileError as error:
            refused.append(error.diagnostics)
    if outcomes:
        print(reports.summary(outcomes, (clock.monotonic_ns() - began_ns) / 1e9))
    if covered is not None:
        covered.write(Path())
    return _end(arguments, outcomes, refused)


def _end(arguments: argparse.Namespace, outcomes: Sequence[Outcome], refused: Sequence[Sequence[Diagnostic]]) -> int:
    """What does not compile is told last, where it is seen."""
    for findings in refused:
        _show(findings)
    if arguments.junit is not None:
        try:
            junit.write(arguments.junit, outcomes, refused)
        except OSError as error:
            return _fail(f"{arguments.junit} cannot be written: {error.strerror or error}", CANNOT)
    if refused:
        return NOTHING
    return OK if all(outcome.verdict is Verdict.PASSED for outcome in outcomes) else WRONG


def _files(paths: Iterable[Path], covered: StatementCoverage | None) -> list[TestFile]:
    """Each file once, in the order of the command line."""
    found = {file.path.absolute(): file for path in paths for file in suite_files.find(path)}
    return [TestFile(file, covered) for file in found.values()]


def _run(file: TestFile, tests: Sequence[Test], limits: Limits) -> Iterable[Outcome]:
    """Tells of each as soon as it has ended. Raises CompileError before the first."""
    if not tests:
        return
    findings = file.check()
    if any(finding.is_error for finding in findings):
        raise CompileError(findings)
    _show(findings)
    try:
        for test in tests:
            outcome = run(test, file.bench(test.suite), limits)
            print(reports.line(outcome, colour=_colour(sys.stdout)), flush=True)
            if outcome.finding is not None:
                print(reports.report(outcome, colour=_colour(sys.stdout)), flush=True)
            yield outcome
    finally:
        file.close()


def _why_nothing(files: Sequence[TestFile], arguments: argparse.Namespace) -> str:
    where = ", ".join(map(str, arguments.paths))
    if not files:
        return f"there are no tests in {where}; they stand in test_<name>.st or <name>_test.st, in a TEST_SUITE"
    named = f" with '{arguments.k}' in their names" if arguments.k else ""
    return f"there are no tests{named} in {where}; --list shows those that there are"


def _show(findings: Sequence[Diagnostic]) -> None:
    if findings:
        print(render(findings, colour=_colour(sys.stderr), rung=rung), file=sys.stderr)


def _colour(stream: object) -> bool:
    return bool(getattr(stream, "isatty", bool)()) and "NO_COLOR" not in os.environ


def _fail(message: str, status: int) -> int:
    print(f"rung: {message}", file=sys.stderr)
    return status
