"""The pytest plugin, found by its entry point wherever rung is installed.

- `load_plc` is `load` for one test: it looks for projects beside the test's file and closes what it has loaded.
- A failed test shows the state of its PLCs, of a fault everything that is known.
- `--rung-update-traces` writes the references of traces anew.

What needs the compiler is imported late: pytest loads this module in every run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.testing.virtual_plc import LoadPlc, Simulation, VirtualPlc

_UPDATE = "--rung-update-traces"
_LOADED: pytest.StashKey[list[VirtualPlc]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rung", "PLC programs in virtual time")
    group.addoption(_UPDATE, action="store_true", help="write the references of traces anew instead of comparing")


@pytest.fixture
def load_plc(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LoadPlc]:
    """`load_plc(folder, simulate)`: the project in `folder`, compiled and started. The folder is looked for beside the
    test's file, and without one it is that file's own.
    """
    from runtime.testing.trace import TraceFiles
    from runtime.testing.virtual_plc import load

    here = request.path.parent
    files = TraceFiles(references=here, pictures=tmp_path, update=bool(request.config.getoption(_UPDATE)))
    loaded = request.node.stash.setdefault(_LOADED, [])

    def load_beside(folder: str | Path = ".", simulate: Simulation | None = None) -> VirtualPlc:
        plc = load(here / folder, simulate, files)
        loaded.append(plc)
        return plc

    yield load_beside
    for plc in loaded:
        plc.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    loaded = item.stash.get(_LOADED, None)
    if report.failed and loaded:
        from runtime.testing.told import told

        report.sections.append(("PLC in virtual time", "\n\n".join(told(plc) for plc in loaded)))
    return report
