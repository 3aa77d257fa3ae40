"""The pytest plugin, found by its entry point wherever rung is installed.

- Tests in the language are collected from test_*.st and *_test.st, with these ids: `test_tank.st::tank::fills`.
- `load_plc` is `load` for one test: it looks for projects beside the test's file and closes what it has loaded.
- A failed test shows the state of its PLCs, of a fault everything that is known.
- `--rung-update-traces` writes the references of traces anew.
- `--rung-coverage` runs programs on the interpreter and writes which statements have run, for coverage.py.

What needs the compiler is imported late: pytest loads this module in every run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from runtime.testing.statement_coverage import StatementCoverage
    from runtime.testing.suites.loading import Test, TestFile
    from runtime.testing.suites.running import Outcome
    from runtime.testing.virtual_plc import LoadPlc, Simulation, VirtualPlc

_UPDATE = "--rung-update-traces"
_COVERAGE = "--rung-coverage"
_COVERED: pytest.StashKey[StatementCoverage] = pytest.StashKey()
_LOADED: pytest.StashKey[list[VirtualPlc]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rung", "PLC programs in virtual time")
    group.addoption(_COVERAGE, action="store_true", help="write which statements have run, for `coverage combine`")
    group.addoption(_UPDATE, action="store_true", help="write the references of traces anew instead of comparing")


# --------------------------------------------------------------------------------------------- tests in the language


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix.lower() != ".st":  # of most files nothing more is asked
        return None
    from runtime.service.config.suite_names import has_suite, is_suite_name

    if not is_suite_name(file_path.name) or not has_suite(file_path.read_text(encoding="utf-8", errors="replace")):
        return None
    return _File.from_parent(parent, path=file_path)


class _Refused(Exception):
    """The file, or the program that it tests, does not compile; the text are the findings."""


class _File(pytest.File):
    """A file of tests. Its programs are made when the first test is to run."""

    tests: TestFile | None = None
    _is_sound = False

    def collect(self) -> Iterator[pytest.Collector]:
        from runtime.service import suite_files
        from runtime.testing.suites.loading import TestFile

        with _refusing():
            (file,) = suite_files.find(self.path)
            self.tests = TestFile(file, _covered(self.config))
            found = self.tests.tests()
        by_suite = dict[str, list[Test]]()
        for test in found:
            by_suite.setdefault(test.suite.name.text, []).append(test)
        for name, tests in by_suite.items():
            yield _Suite.from_parent(self, name=name, tests=tests)

    def run(self, test: Test) -> Outcome:
        from iec61131.diagnostics.diagnostic import CompileError
        from runtime.testing.suites.running import run
        from runtime.testing.suites.world import Limits

        assert self.tests is not None
        with _refusing():
            if not self._is_sound:
                findings = self.tests.check()
                if any(finding.is_error for finding in findings):
                    raise CompileError(findings)
                self._is_sound = True
            bench = self.tests.bench(test.suite)
        return run(test, bench, Limits())

    def teardown(self) -> None:
        if self.tests is not None:
            self.tests.close()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, _Refused) else super().repr_failure(excinfo, style)


class _Suite(pytest.Collector):
    def __init__(self, *, tests: list[Test], **others: Any) -> None:
        super().__init__(**others)
        self._tests = tests

    def collect(self) -> Iterator[pytest.Item]:
        for test in self._tests:
            yield _Item.from_parent(self, name=test.name, test=test)


class _Failed(Exception):
    """The test has not passed; the text is its report."""


class _Item(pytest.Item):
    def __init__(self, *, test: Test, **others: Any) -> None:
        super().__init__(**others)
        self._test = test

    def runtest(self) -> None:
        from runtime.testing.suites.reports import report

        file = self.getparent(_File)
        assert file is not None
        outcome = file.run(self._test)
        if outcome.finding is not None:
            raise _Failed(report(outcome, colour=False))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        told = isinstance(excinfo.value, _Failed | _Refused)
        return str(excinfo.value) if told else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self._test.line - 1, f"{self._test.suite.name.text}: {self.name}"


@contextmanager
def _refusing() -> Iterator[None]:
    """What is wrong with sources is told by the findings."""
    from iec61131.diagnostics.diagnostic import CompileError
    from iec61131.diagnostics.render import render

    try:
        yield
    except CompileError as error:
        raise _Refused(render(error.diagnostics, colour=False)) from None


# -------------------------------------------------------------------------------------------------- tests in Python


@pytest.fixture
def load_plc(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoadPlc]:
    """`load_plc(folder, simulate)`: the project in `folder`, compiled and started. The folder is looked for beside the
    test's file, and without one it is that file's own.
    """
    from runtime.testing.trace import TraceFiles
    from runtime.testing.virtual_plc import load

    here = request.path.parent
    files = TraceFiles(references=here, pictures=tmp_path, update=bool(request.config.getoption(_UPDATE)))
    covered = _covered(request.config)
    loaded = request.node.stash.setdefault(_LOADED, [])

    def load_beside(folder: str | Path = ".", simulate: Simulation | None = None) -> VirtualPlc:
        plc = load(here / folder, simulate, files, covered)
        loaded.append(plc)
        return plc

    yield load_beside
    for plc in loaded:
        plc.close()


def _covered(config: pytest.Config) -> StatementCoverage | None:
    """What collects for all tests of this run, if somebody wants it."""
    if not config.getoption(_COVERAGE):
        return None
    from runtime.testing.statement_coverage import StatementCoverage

    return config.stash.setdefault(_COVERED, StatementCoverage())


def pytest_sessionfinish(session: pytest.Session) -> None:
    covered = session.config.stash.get(_COVERED, None)
    if covered is not None:
        covered.write(session.config.invocation_params.dir)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    loaded = item.stash.get(_LOADED, None)
    if report.failed and loaded:
        from runtime.testing.told import told

        report.sections.append(("PLC in virtual time", "\n\n".join(told(plc) for plc in loaded)))
    return report
