"""The codes RUNG05xx: the wrong example of each has the finding, the right one has none."""

from __future__ import annotations

import re

import pytest

from iec61131.diagnostics.catalogue import project as catalogue_of_codes
from iec61131.diagnostics.diagnostic import Code
from io_drivers import catalogue
from io_drivers.contract import DriverKind
from runtime.service.binding import bind
from tests.unit.project_world import errors_of, make_program, project, tasks_of

CODES = {code.id: code for code in vars(catalogue_of_codes).values() if isinstance(code, Code)}
NOT_IN_A_TEXT = {
    "RUNG0501": "there is no file",
    "RUNG0502": "the file cannot be read",
    "RUNG0503": "bytes, not text",
    "RUNG0504": "bytes, not text",
    "RUNG0520": "about other files",
    "RUNG0521": "about other files",
    "RUNG0522": "about other files",
    "RUNG0547": "about a damaged package",
    "RUNG0558": "about the sources",
    "RUNG0580": "about the sources",
    "RUNG0581": "about the sources",
    "RUNG0582": "about the sources",
}
"""Tested in test_config_files.py, in tests/diagnostics/project/drivers.toml, test_signals.py and test_resources.py."""


class RealDrivers:
    def names(self) -> list[str]:
        return ["modbus", "simulated"]

    def find(self, name: str) -> DriverKind:
        return catalogue.find(name)


def completed(example: str) -> str:
    """The example as a whole project: what it needs and does not say is added around it."""
    before = ""
    if "[plc]" not in example:
        before += '[plc]\nname = "x"\nsources = ["main.st"]\n'
    if "device" in example and "[connection.line1]" not in example:
        before += '[connection.line1]\ndriver = "modbus"\nhost = "127.0.0.1"\n'
    if "[[device.tank.point]]" in example and "[device.tank]" not in example:
        before += '[device.tank]\nconnection = "line1"\n'
    return before + example + "\n"


def codes(text: str) -> list[str]:
    found = errors_of(project, text, RealDrivers()) or errors_of(bind_real, text)
    return [finding.code.id for finding in found]


def bind_real(text: str) -> None:
    """Bind to the program of project_world, with the tasks of the project unless the example says that the sources
    have some."""
    read = project(text, RealDrivers())
    own = "CONFIGURATION ... TASK" in text or not read.tasks
    bind(read, make_program() if own else make_program(tasks_of(read)))


@pytest.mark.parametrize("code", [c for c in CODES.values() if c.id not in NOT_IN_A_TEXT], ids=lambda code: code.id)
def test_the_examples_of_a_code(code: Code):
    assert set(codes(completed(code.wrong))) == {code.id}
    assert codes(completed(code.right)) == []


def test_every_code_is_complete_and_stands_in_its_range():
    assert len(CODES) > 40
    for code in CODES.values():
        assert re.fullmatch(r"RUNG05\d\d", code.id)
        assert all((code.title, code.message, code.remedy, code.explanation, code.wrong, code.right)), code.id
        assert code.wrong != code.right
    assert set(NOT_IN_A_TEXT) <= set(CODES)
