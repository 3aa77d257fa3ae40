"""What can be typed behind the commands that read and write sources. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_to_check(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a project folder with plc.toml, or source files"
    )
    check.add_argument("--json", action="store_true", help="diagnostics as JSON on standard output")


def add_to_format(form: argparse.ArgumentParser) -> None:
    form.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a project, a folder, .st or .ld files, or -")
    form.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 and the names if files would change"
    )
    form.add_argument("--diff", action="store_true", help="write nothing; print what would change")


def add_to_convert(turn: argparse.ArgumentParser) -> None:
    turn.add_argument("source", type=Path, metavar="FILE", help="an .xml or .ld file")
    turn.add_argument("target", type=Path, metavar="OUT", help="the file to write, .ld or .xml; replaced if it exists")
