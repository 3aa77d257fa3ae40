"""What people read about the meaning of a program: as in the folder above, with the whole compiler, not the parser.

A file that begins with `(* dialect: iec *)` is compiled under that dialect.
"""

import os
from pathlib import Path

import pytest

from iec61131 import compiler
from iec61131.diagnostics.render import render
from iec61131.source import SourceFile

HERE = Path(__file__).parent
SAMPLES = sorted(path.stem for path in HERE.glob("*.st"))


@pytest.mark.parametrize("name", SAMPLES)
def test_rendered_findings(name: str):
    text = (HERE / f"{name}.st").read_text(encoding="utf-8")
    dialect = "iec" if text.startswith("(* dialect: iec *)") else "rung"
    found = compiler.check([SourceFile(f"{name}.st", text)], compiler.CompileOptions(dialect=dialect))
    rendered = render(found, colour=False)
    expected = HERE / f"{name}.txt"
    if os.environ.get("RUNG_UPDATE_GOLDEN") and (not expected.exists() or expected.read_text("utf-8") != rendered):
        expected.write_text(rendered, encoding="utf-8")
        pytest.fail(f"{expected.name} is rewritten: read it, then run again")
    assert rendered == expected.read_text("utf-8")


def test_every_text_has_its_program():
    assert sorted(path.stem for path in HERE.glob("*.txt")) == SAMPLES
