"""The front end answers on damaged sources, and in time that grows with the text.

The same damage every time; `make fuzz PART=sources` looks at more, and SOURCES=DIR at the sources in a folder.
"""

from __future__ import annotations

import random

import pytest

from iec61131.language_service.program import Program
from iec61131.source import SourceFile
from tests.robustness import questions
from tests.robustness.corpus import Text, texts_of
from tests.robustness.mutations import damaged
from tests.robustness.reduction import failure, reduce
from tests.robustness.search import Job, text_of
from tests.robustness.shapes import SHAPES, seconds

TEXTS = 80
BLOCK = 20
CHARACTERS = 15_000
TIMES_LONGER = 4
MOST_TIMES_SLOWER = 12.0
"""For `TIMES_LONGER` times the text: with a square it would be sixteen, and more where each piece costs much."""
AT_ONCE_SECONDS = 0.4
"""Too short to be compared."""

MANY_CHARACTERS = 80_000
MANY_NAMES = ("variables", "variables of no type", "instances", "sections")
"""Shapes of which each piece is cheap and declares a name: what was done with all names for each of them showed only
where there were some ten thousand.
"""
MANY_TIMES_SLOWER = 6.0


@pytest.mark.parametrize("first", range(0, TEXTS, BLOCK), ids=lambda first: f"seeds {first}-{first + BLOCK - 1}")
def test_damaged_sources_have_an_answer(first: int):
    for seed in range(first, first + BLOCK):
        found = failure(text_of(Job(seed, None)), seed)
        again = f"again with: python -m tests.robustness.search --seconds 0 --seed {seed}"
        assert found is None, f"{found[1]}\n{again}"


@pytest.mark.parametrize("name", SHAPES)
def test_time_grows_with_the_text(name: str):
    _grows_with_the_text(name, CHARACTERS, MOST_TIMES_SLOWER)


@pytest.mark.parametrize("name", MANY_NAMES)
def test_time_grows_with_the_number_of_names(name: str):
    _grows_with_the_text(name, MANY_CHARACTERS, MANY_TIMES_SLOWER)


def _grows_with_the_text(name: str, characters: int, most_times_slower: float) -> None:
    """One time of several is enough: what else the machine does only adds to it."""
    shape = SHAPES[name]
    ratios: list[float] = []
    for _ in range(3):
        long = seconds(shape, TIMES_LONGER * characters)
        if long <= AT_ONCE_SECONDS:
            return
        ratios.append(long / seconds(shape, characters))
        if ratios[-1] < most_times_slower:
            return
    raise AssertionError(f"{TIMES_LONGER} times the text takes {ratios} times as long")


# ------------------------------------------------------------------------------------------ what the search is good for


def test_a_planted_defect_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch):
    def hover(_: Program, file: SourceFile, __: int) -> None:
        if "END_IF" in file.text:
            raise KeyError("planted")

    monkeypatch.setitem(questions.SERVICE, "hover", hover)
    text = Text("a.st", "PROGRAM Main\nVAR\nx : INT;\nEND_VAR\nIF x = 1 THEN\nx := 2;\nEND_IF;\nEND_PROGRAM\n")
    found = failure(text, 1)
    assert found is not None
    assert reduce(text, 1, found[0], seconds=20).text == "END_IF"


def test_a_text_that_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(questions, "SECONDS", 0.05)
    found = failure(Text("a.st", SHAPES["assignments"].text(50_000)), 1)
    assert found is not None
    assert found[0] == ("TooSlow", "check: no answer after 0.05 s")


def test_the_same_seed_is_the_same_text():
    texts = texts_of(None)
    assert damaged(random.Random(5), texts) == damaged(random.Random(5), texts) != damaged(random.Random(6), texts)
