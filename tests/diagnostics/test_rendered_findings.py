"""What people read: each source here is a wrong program, and `<name>.txt` beside it is what the compiler says.

The texts are reviewed, not generated and forgotten. To accept a change, run

    RUNG_UPDATE_GOLDEN=1 pytest tests/diagnostics

and read the difference before it is committed. A run that rewrites a text fails, so that it cannot pass unnoticed.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from iec61131.compiler import check
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.diagnostics.render import render
from iec61131.input_forms import decode, has_form, is_source, read
from iec61131.source import SourceFile

HERE = Path(__file__).parent
SAMPLES = sorted(path.name for path in HERE.iterdir() if is_source(path.name))


def findings_of(name: str) -> Sequence[Diagnostic]:
    data = (HERE / name).read_bytes()  # line ends as they are
    if not has_form(name):
        return check([SourceFile(name, data.decode())])
    try:
        return check([read(name, decode(name, data))])
    except CompileError as error:
        return error.diagnostics


@pytest.mark.parametrize("name", SAMPLES)
def test_rendered_findings(name: str):
    rendered = render(findings_of(name), colour=False)
    expected = (HERE / name).with_suffix(".txt")
    if os.environ.get("RUNG_UPDATE_GOLDEN") and (not expected.exists() or expected.read_text("utf-8") != rendered):
        expected.write_text(rendered, encoding="utf-8")
        pytest.fail(f"{expected.name} is rewritten: read it, then run again")
    assert rendered == expected.read_text("utf-8")


def test_every_text_has_its_program():
    assert sorted(path.stem for path in HERE.glob("*.txt")) == sorted(Path(name).stem for name in SAMPLES)
