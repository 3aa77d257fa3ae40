"""Pictures that somebody has looked at: each drawing here is drawn as text, in plain characters, with the values of
`<name>.json`, and as SVG with and without them.

To accept a change, run

    RUNG_UPDATE_GOLDEN=1 pytest tests/drawings

and look at the pictures before they are committed. A run that rewrites one fails, so that it cannot pass unnoticed.
"""

import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from runtime.cli import main

HERE = Path(__file__).parent
NAMES = sorted(path.name for path in HERE.iterdir() if path.suffix in (".xml", ".ld"))
KINDS: dict[str, list[str]] = {".txt": [], ".ascii.txt": ["--ascii"], ".values.txt": ["--values", "FILE"]}


def agree(name: str, text: str) -> None:
    expected = HERE / name
    if os.environ.get("RUNG_UPDATE_GOLDEN") and (not expected.exists() or expected.read_text("utf-8") != text):
        expected.write_text(text, encoding="utf-8")
        pytest.fail(f"{name} is rewritten: look at it, then run again")
    assert text == expected.read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_text(name: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    stem = Path(name).stem
    given = [str(HERE / f"{stem}.json") if option == "FILE" else option for option in KINDS[kind]]
    assert main(["show", str(HERE / name), *given]) == 0
    text = capsys.readouterr().out
    assert text.isascii() or kind != ".ascii.txt"
    agree(stem + kind, text)


@pytest.mark.parametrize("kind", [".svg", ".values.svg"])
@pytest.mark.parametrize("name", NAMES)
def test_svg(name: str, kind: str, tmp_path: Path) -> None:
    stem, out = Path(name).stem, tmp_path / "out.svg"
    given = ["--values", str(HERE / f"{stem}.json")] if "values" in kind else []
    assert main(["show", str(HERE / name), "--svg", str(out), *given]) == 0
    text = out.read_text("utf-8")
    ET.fromstring(text)
    agree(stem + kind, text)
