"""What people read: each `<name>.st` here is a wrong program, and `<name>.txt` beside it is what the compiler says.

The texts are reviewed, not generated and forgotten. To accept a change, run

    RUNG_UPDATE_GOLDEN=1 pytest tests/diagnostics

and read the difference before it is committed. A run that rewrites a text fails, so that it cannot pass unnoticed.
"""

import os
from pathlib import Path

import pytest

from iec61131.compiler import check
from iec61131.diagnostics.render import render
from iec61131.source import SourceFile

HERE = Path(__file__).parent
SAMPLES = sorted(path.stem for path in HERE.glob("*.st"))


def source_of(name: str) -> SourceFile:
    with (HERE / f"{name}.st").open(encoding="utf-8", newline="") as file:  # line ends as they are
        return SourceFile(f"{name}.st", file.read())


@pytest.mark.parametrize("name", SAMPLES)
def test_rendered_findings(name: str):
    rendered = render(check([source_of(name)]), colour=False)
    expected = HERE / f"{name}.txt"
    if os.environ.get("RUNG_UPDATE_GOLDEN") and (not expected.exists() or expected.read_text("utf-8") != rendered):
        expected.write_text(rendered, encoding="utf-8")
        pytest.fail(f"{expected.name} is rewritten: read it, then run again")
    assert rendered == expected.read_text("utf-8")


def test_every_text_has_its_program():
    assert sorted(path.stem for path in HERE.glob("*.txt")) == SAMPLES
