"""What docs/ladder.md shows is right, and has the meaning that is said there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iec61131.compiler import check
from iec61131.formatting.ladder import format_ladder
from iec61131.source import SourceFile

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ladder.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```ld\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
AROUND = "PROGRAM Main\nVAR\n    a, b, c, d, e, f : BOOL;\n    n, m : INT;\n    t1 : TON;\nEND_VAR\n{0}END_PROGRAM\n"


def as_file(example: str) -> str:
    return example if example.startswith("PROGRAM") else AROUND.format(example)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_is_right(example: str):
    assert check([SourceFile("example.ld", as_file(example))]) == []
    once = format_ladder(as_file(example))
    assert format_ladder(once) == once


def test_the_first_example_has_the_one_form():
    assert format_ladder(EXAMPLES[0]) == EXAMPLES[0]
