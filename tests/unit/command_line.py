"""`rung`, as its console script calls it, without the second that it takes to start Python and import numba."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

from msgspec import Struct

from runtime import cli


class Told(Struct, frozen=True):
    returncode: int
    stdout: str
    stderr: str


def rung(*arguments: object, commands: str = "") -> Told:
    """What it says where neither its input nor its output is a terminal."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), mock.patch("sys.stdin", io.StringIO(commands)):
        try:
            status = cli.main([*map(str, arguments)])
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    return Told(status, out.getvalue(), err.getvalue())
