"""The project's own structured text has the form.

The pages of the diagnostics are left out: their examples are as short as can be, and half of them are wrong on purpose.
"""

import re
from pathlib import Path

import pytest

from iec61131.formatting.formatter import format_text
from tests.repository.tree import ROOT

SOURCES = sorted([*(ROOT / "programs").rglob("*.st"), *(ROOT / "iec61131/stdlib/blocks").rglob("*.st")])
PAGES = sorted({*(ROOT / "docs").glob("*.md"), ROOT / "README.md"} - {ROOT / "docs/diagnostics.md"})


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_programs_and_blocks_have_the_form(path: Path):
    text = path.read_text("utf-8")
    assert format_text(text) == text, f"put it right with: rung format {path.relative_to(ROOT)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_the_pages_have_the_form(page: Path):
    examples = re.findall(r"^```iecst(?: wrong)?\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for example in examples:
        assert format_text(example) == example


def test_the_page_of_the_form_says_what_it_does():
    """Its first example is what its second one was before."""
    page = (ROOT / "docs/formatting.md").read_text("utf-8")
    (before,) = re.findall(r"^```text\n(PROGRAM.*?)^```", page, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    (after,) = re.findall(r"^```iecst\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert format_text(before) == after
