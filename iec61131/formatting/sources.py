"""Which files have a form of their own here, and that form, whatever the language."""

from __future__ import annotations

from pathlib import PurePosixPath

from iec61131.formatting.formatter import format_text
from iec61131.formatting.ladder import format_ladder
from iec61131.input_forms import LADDER, PLAIN

SUFFIXES = (PLAIN, LADDER)
"""Files of engineering tools have the form of the tool."""


def has_own_form(name: str) -> bool:
    return PurePosixPath(name).suffix in SUFFIXES


def format_source(text: str, name: str) -> str:
    """The same program in its one form. Raises CompileError with the findings if it is wrong."""
    return format_ladder(text, name) if PurePosixPath(name).suffix == LADDER else format_text(text, name)
