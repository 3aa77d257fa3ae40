"""Decision records are numbered 0001, 0002, … without a gap; each states context, decision and consequence."""

import re
from pathlib import Path

from tests.repository.tree import files, text

FOLDER = Path("docs/decisions")
NAME = re.compile(r"(?P<number>\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
PARTS = ("Context", "Decision", "Consequence")
"""Each begins a paragraph, in bold, or stands as a heading."""


def records() -> list[Path]:
    return [path for path in files() if path.parent == FOLDER]


def test_records_are_numbered_without_a_gap():
    names = [path.name for path in records()]
    assert names, f"there is no decision record in {FOLDER}"
    numbers = [int(match["number"]) if (match := NAME.fullmatch(name)) else name for name in names]
    assert numbers == list(range(1, len(names) + 1))


def test_records_state_context_decision_and_consequence():
    incomplete = {
        str(path): missing
        for path in records()
        if (missing := [word for word in PARTS if not re.search(rf"^(?:## |\*\*){word}", text(path), re.MULTILINE)])
    }
    assert not incomplete
