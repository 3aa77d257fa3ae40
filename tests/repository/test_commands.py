"""Every command that a page shows can be typed: the `make` target exists, `rung` accepts the line, programs exist.

Read from the top: the tests, then how commands are taken out of a page. Commands are what stands in fenced blocks
marked `sh`; `make` targets also where the running text mentions them in code quotes.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.tree import ROOT, files, text

PAGES = [path for path in files() if path.suffix == ".md"]
README = Path("README.md")


def test_every_make_target_shown_exists():
    targets = make_targets(text(Path("Makefile")))
    unknown = [
        f"{page}: {shlex.join(command)}"
        for page, command in [*shown_commands("make"), *mentioned_make_commands()]
        for word in command[1:]
        if not word.startswith("-") and "=" not in word and word not in targets
    ]
    assert not unknown


def test_every_rung_command_shown_is_accepted(capsys: pytest.CaptureFixture[str]):
    from runtime.cli import build_parser

    refused = []
    for page, command in shown_commands("rung"):
        try:
            build_parser().parse_args(command[1:])
        except SystemExit as exit_:  # argparse has said why; --help and --version end with 0
            if exit_.code != 0:
                refused.append(f"{page}: {shlex.join(command)}\n{capsys.readouterr().err}")
    assert not refused, "\n".join(refused)


def test_every_program_shown_exists():
    absent = [
        f"{page}: {word}"
        for command_name in ("make", "rung")
        for page, command in shown_commands(command_name)
        for word in command[1:]
        if word.startswith("programs/") and not (ROOT / word).exists()
    ]
    assert not absent


def test_the_readme_shows_how_to_begin():
    # Without this, a README whose blocks carry another mark would leave the tests above with nothing to refuse.
    assert README in PAGES, "the project has no README.md"
    make = [command for page, command in [*shown_commands("make"), *mentioned_make_commands()] if page == README]
    assert {"run", "test", "check", "bench"} <= {command[1] for command in make}
    assert [command for page, command in shown_commands("rung") if page == README]


def test_commands_are_taken_from_sh_blocks_only():
    page = """
```sh
$ make run SECONDS=20   # ends by itself
cd plant && sudo LANG=C .venv/bin/rung deploy DIR \\
    --to URL; rung check x | less
```
```text
make nothing
```
"""
    assert list(commands(page)) == [
        ["make", "run", "SECONDS=20"],
        ["cd", "plant"],
        ["rung", "deploy", "DIR", "--to", "URL"],
        ["rung", "check", "x"],
        ["less"],
    ]
    assert make_targets("a b: c\n\tnot: this\nX := 1\nfile.stamp: a\n.PHONY: a\n") == {"a", "b", "file.stamp"}


def shown_commands(name: str) -> Iterator[tuple[Path, list[str]]]:
    """Page and words of each command of this name that some page shows."""
    yield from ((page, command) for page in PAGES for command in commands(text(page)) if command[:1] == [name])


def mentioned_make_commands() -> Iterator[tuple[Path, list[str]]]:
    """Page and words of each `make something` in running text."""
    yield from ((page, shlex.split(code)) for page in PAGES for code in re.findall(r"`(make [^`]+)`", text(page)))


def commands(page: str) -> Iterator[list[str]]:
    """The words of each simple command, without prompt, comment, `sudo`, variables set for it and `.venv/bin/`."""
    for block in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split = True
            command: list[str] = []
            for word in lexer:
                if not set(word) <= set("|&;<>"):
                    command.append(word)
                elif words := simple_command(command):
                    yield words
                    command = []
            if words := simple_command(command):
                yield words


def simple_command(words: list[str]) -> list[str]:
    """The command that is left of these words."""
    while words and (words[0] == "sudo" or re.fullmatch(r"\w+=.*", words[0])):
        words = words[1:]
    return [words[0].removeprefix(".venv/bin/"), *words[1:]] if words else []


def make_targets(makefile: str) -> set[str]:
    """Targets that have a rule."""
    rules = re.findall(r"^([\w.][^\t:=#]*):(?!=)", makefile, re.MULTILINE)
    return {target for rule in rules for target in rule.split() if not re.fullmatch(r"\.[A-Z]+(?:_[A-Z]+)*", target)}
