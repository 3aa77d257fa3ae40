"""The form itself: `before/<name>.st` becomes `after/<name>.st`, which is reviewed text. To accept a change, run

    RUNG_UPDATE_GOLDEN=1 pytest tests/formatting

and read the difference before it is committed. A run that rewrites a text fails, so that it cannot pass unnoticed.
"""

import os
from pathlib import Path

import pytest

from iec61131.formatting.formatter import format_text
from iec61131.formatting.layout import COLUMNS_MAX
from tests.formatting.promises import formatted

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in (HERE / "before").glob("*.st"))


@pytest.mark.parametrize("name", NAMES)
def test_the_form(name: str):
    outcome = formatted((HERE / "before" / f"{name}.st").read_text("utf-8"))
    assert outcome is not None
    expected = HERE / "after" / f"{name}.st"
    if os.environ.get("RUNG_UPDATE_GOLDEN") and (not expected.exists() or expected.read_text("utf-8") != outcome):
        expected.write_text(outcome, encoding="utf-8")
        pytest.fail(f"{expected.name} is rewritten: read it, then run again")
    assert outcome == expected.read_text("utf-8")
    assert [line for line in outcome.splitlines() if len(line) > COLUMNS_MAX] == []


def test_every_text_has_its_beginning():
    assert sorted(path.stem for path in (HERE / "after").glob("*.st")) == NAMES


def test_line_ends_and_a_byte_order_mark():
    """Windows writes both. Line ends become those of all other files, the mark stays: an editor may need it."""
    text = "\ufeffPROGRAM Main\r\n(* one\r\n   two *)\r\nx := 1; // three\r\nEND_PROGRAM\r\n"
    assert format_text(text) == "\ufeffPROGRAM Main\n(* one\n   two *)\nx := 1; // three\nEND_PROGRAM\n"
    assert format_text("\ufeff") == ""


@pytest.mark.parametrize("text", ["", "\n\n", " \t", "\ufeff"])
def test_nothing_stays_nothing(text: str):
    assert format_text(text).strip("\ufeff") == ""


def test_notes_alone_are_kept():
    assert format_text("\n\n// one\n\n\n\n   (* two *)  \n{three}") == "// one\n\n(* two *)\n{three}\n"
