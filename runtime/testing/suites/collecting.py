"""Tests in the language as pytest collects them: a file, its suites, their tests.

The programs of a file are made when its first test is to run.
"""

# pytest leaves the further arguments of its constructors without types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import render
from runtime.service import suite_files
from runtime.testing.statement_coverage import StatementCoverage
from runtime.testing.suites.loading import Test, TestFile
from runtime.testing.suites.reports import report
from runtime.testing.suites.running import Outcome, run
from runtime.testing.suites.world import Limits


class Told(Exception):
    """What pytest shows as it is: the report of a test, or the findings of the compiler."""


@contextmanager
def _telling() -> Generator[None]:
    try:
        yield
    except CompileError as error:
        raise Told(render(error.diagnostics, colour=False)) from None


class File(pytest.File):
    """`covered` collects what runs, if somebody wants it."""

    covered: StatementCoverage | None = None
    _tests: TestFile | None = None
    _is_checked = False

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, covered: StatementCoverage | None) -> File:
        made: File = cls.from_parent(parent, path=path)
        made.covered = covered
        return made

    def collect(self) -> Iterator[pytest.Collector]:
        by_suite = dict[str, list[Test]]()
        with _telling():
            (file,) = suite_files.find(self.path)
            self._tests = TestFile(file, self.covered)
            for test in self._tests.tests():
                by_suite.setdefault(test.suite.name.text, []).append(test)
        for name, tests in by_suite.items():
            yield Suite.of(self, name, tests)

    def run(self, test: Test) -> Outcome:
        assert self._tests is not None
        with _telling():
            if not self._is_checked:
                findings = self._tests.check()
                if any(finding.is_error for finding in findings):
                    raise CompileError(findings)
                self._is_checked = True
            bench = self._tests.bench(test.suite)
        return run(test, bench, Limits())

    def teardown(self) -> None:
        if self._tests is not None:
            self._tests.close()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Told) else super().repr_failure(excinfo)


class Suite(pytest.Collector):
    tests: tuple[Test, ...] = ()

    @classmethod
    def of(cls, parent: File, name: str, tests: list[Test]) -> Suite:
        made: Suite = cls.from_parent(parent, name=name)
        made.tests = tuple(tests)
        return made

    def collect(self) -> Iterator[pytest.Item]:
        for test in self.tests:
            yield Item.of(self, test)


class Item(pytest.Item):
    test: Test

    @classmethod
    def of(cls, parent: Suite, test: Test) -> Item:
        made: Item = cls.from_parent(parent, name=test.name)
        made.test = test
        return made

    def runtest(self) -> None:
        file = self.getparent(File)
        assert file is not None
        outcome = file.run(self.test)
        if outcome.finding is not None:
            raise Told(report(outcome, colour=False))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Told) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.test.line - 1, f"{self.test.suite.name.text}: {self.name}"
