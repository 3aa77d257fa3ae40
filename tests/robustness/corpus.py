"""The texts that are damaged: all sources of this repository and the examples of the findings, or those of a folder.

A folder may hold source files of any form, and cases as docs/testing.md describes them (`cases/*.jsonl`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iec61131.diagnostics.catalogue import CODES
from iec61131.input_forms import PLAIN, decode, has_form, is_source
from tests.conformance.cases import read_cases
from tests.conformance.inputs import is_readable

ROOT = Path(__file__).parents[2]
OWN = ("iec61131", "programs", "tests")

CHARACTERS_MAX = 200_000
"""Longer files take long and damage no better than short ones."""


@dataclass(frozen=True, slots=True)
class Text:
    """`name` says by its end of which form the text is."""

    name: str
    text: str


@cache
def texts_of(folder: Path | None) -> tuple[Text, ...]:
    """Those below `folder`, or the repository's own; the same order every time."""
    found = _own() if folder is None else _below(folder)
    return tuple(text for text in found if text.text and len(text.text) <= CHARACTERS_MAX)


def _own() -> Iterator[Text]:
    for part in OWN:
        yield from _files(ROOT / part)
    for code in CODES.values():
        form = ".xml" if code.right.startswith("<project") else PLAIN
        yield Text(f"wrong{form}", code.wrong)
        yield Text(f"right{form}", code.right)


def _below(folder: Path) -> Iterator[Text]:
    yield from _files(folder)
    if (folder / "cases").is_dir():
        for case in read_cases(folder):
            yield Text("case.st", "\n".join(source.text for source in case.sources))


def _files(folder: Path) -> Iterator[Text]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and has_form(path.name):
            yield Text(path.name, decode(path.name, path.read_bytes()))
        elif path.is_file() and (is_source(path.name) or is_readable(path.name)):
            yield Text(f"{path.stem}{PLAIN}", path.read_text(encoding="utf-8", errors="replace"))
