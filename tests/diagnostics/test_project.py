"""Golden texts of what is wrong with project files: each `project/NAME.toml` has its findings in
`project/NAME.expected`.

Every file is read with a plain driver and bound to a program made by hand (both in tests/unit/project_world.py). A
finding is written as its code, where it begins and ends, the text there, then message, remedy and further places.
With RUNG_UPDATE_GOLDEN=1 the expected files are written anew, to be reviewed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span
from tests.unit.project_world import errors

CASES = sorted((Path(__file__).parent / "project").glob("*.toml"))


def _place(span: Span) -> str:
    line, column = span.file.position(span.start)
    end_line, end_column = span.file.position(span.end)
    return f"{line}:{column}-{end_line}:{end_column}"


def _written(finding: Diagnostic) -> str:
    lines = [f"{finding.code.id} {_place(finding.span)} {finding.span.text!r}", f"    {finding.message}"]
    lines.append(f"    remedy: {finding.remedy}")
    lines += [f"    {_place(note.span)} {note.span.text!r}: {note.text}" for note in finding.notes]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_findings_of_a_project_file(case: Path):
    found = "\n".join(_written(finding) for finding in errors(case.read_text(encoding="utf-8")))
    golden = case.with_suffix(".expected")
    if os.environ.get("RUNG_UPDATE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found, f"{case.name} has no errors"
    assert found == golden.read_text(encoding="utf-8")


def test_every_golden_text_has_its_file():
    folder = Path(__file__).parent / "project"
    assert {p.stem for p in folder.glob("*.expected")} == {case.stem for case in CASES}
    assert len(CASES) > 10
