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
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.testing.statement_coverage import StatementCoverage
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
    from runtime.testing.suites.collecting import File  # with the compiler

    return File.of(parent, file_path, _covered(parent.config))


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
