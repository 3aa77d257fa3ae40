"""What can be typed behind the commands that read and write sources. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.service.arguments import positive


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


def add_to_test(test: argparse.ArgumentParser) -> None:
    test.add_argument(
        "paths",
        nargs="*",
        type=Path,
        default=[Path()],
        metavar="PATH",
        help="folders, or files with tests (default: .)",
    )
    test.add_argument("-k", default="", metavar="TEXT", help="only tests with this in file::suite::test")
    test.add_argument("--list", action="store_true", help="run nothing; print which tests there are")
    test.add_argument("--junit", type=Path, metavar="FILE.xml", help="write what CI servers read")
    test.add_argument(
        "--limit", default="1d", metavar="TIME", help="time that may go by in a test (default: %(default)s)"
    )
    test.add_argument(
        "--timeout", type=positive, default=60.0, metavar="N", help="seconds that a test may take (default: 60)"
    )
    test.add_argument("--coverage", action="store_true", help="write what has run, for `coverage combine`")
