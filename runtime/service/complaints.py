"""What a command has to say on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import rung


def show(findings: Sequence[Diagnostic]) -> None:
    """Findings with their places."""
    text = render(findings, colour=sys.stderr.isatty() and "NO_COLOR" not in os.environ, rung=rung)
    sys.stderr.write(f"{text}\n" if text else "")


def complain(text: str, status: int) -> int:
    """A line, and the status that the command ends with."""
    sys.stderr.write(f"rung: {text}\n")
    return status
