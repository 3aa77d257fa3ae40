"""docs/drawings.md shows what `rung show` draws, and says the limits that there are."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from iec61131.compiler import check
from iec61131.diagnostics.render import render
from iec61131.graphical.drawing import picture
from iec61131.input_forms.drawings import rung
from iec61131.source import SourceFile
from runtime.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "drawings.md").read_text("utf-8")
COMMANDS = [line.split("#")[0] for line in PAGE.splitlines() if line.startswith("rung show")]


@pytest.mark.parametrize("command", [line for line in COMMANDS if "docs/images" in line])
def test_pictures_are_those_of_their_commands(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)[1:]
    place = words.index("--svg") + 1
    shown = Path(words[place])
    words[place] = str(tmp_path / "out.svg")
    assert main(words) == 0
    assert (tmp_path / "out.svg").read_text("utf-8") == shown.read_text("utf-8"), f"draw it anew: {command}"
    assert f"](images/{shown.name})" in PAGE


@pytest.mark.parametrize("more", [[], ["--values", "tests/drawings/conveyor.json"]])
def test_the_network_in_the_page_is_drawn_so(
    more: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["show", "tests/drawings/conveyor.xml", "--network", "2", *more]) == 0
    drawn = "\n".join(capsys.readouterr().out.splitlines()[3:-1])
    assert f"```text\n{drawn}\n```" in PAGE


def test_the_finding_in_the_page_is_what_the_compiler_says() -> None:
    written = (ROOT / "tests" / "drawings" / "conveyor.xml").read_text("utf-8")
    wrong = written.replace("<variable>Overload</variable>", "<variable>Overlod</variable>")
    said = render(check([SourceFile("conveyor.xml", wrong)]), colour=False, rung=rung)
    shown = next(block for block in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL) if block.startswith("error"))
    assert said.startswith(shown)


def test_the_limits_are_those_of_the_code() -> None:
    numbers = [int(found.replace(",", "")) for found in re.findall(r"\b\d+,\d{3}\b", PAGE.split("## Limits")[1])]
    assert numbers == [picture.ELEMENTS_MAX, picture.WIRES_MAX, picture.ALL_ELEMENTS_MAX]
    assert picture.CELLS_MAX == 1_000_000


def test_nobody_waits_for_what_only_a_service_needs() -> None:
    """`rung show FILE` starts as `rung check FILE` does: without what asks a service."""
    program = "import sys; from runtime.cli import main; main(['show', sys.argv[1]]); print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program, str(ROOT / "tests" / "drawings" / "press.ld")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"httpx", "numba", "pydantic"} & set(found.stdout.split())
