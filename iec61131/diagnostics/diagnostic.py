"""A finding about somebody's text: its code, its place, its cause in plain words and a remedy.

`Code` is a row of the catalogue; `Code.at(span, ...)` makes the `Diagnostic`. Message and remedy are format strings
over the keyword arguments of `at`, so that one row serves every occurrence and tools can translate or count by code.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from iec61131.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


class Code(Struct, frozen=True):
    """One row of the catalogue.

    `id` is `RUNG` and four digits; `message` and `remedy` are format strings; `explanation`, `wrong` and `right` make
    up the page that `rung explain` prints.
    """

    id: str
    title: str
    message: str
    remedy: str
    explanation: str
    wrong: str
    right: str
    severity: Severity = Severity.ERROR

    def at(self, span: Span, **arguments: object) -> Diagnostic:
        """The finding at `span`; `arguments` fill the placeholders of message and remedy."""
        return Diagnostic(self, span, self.message.format(**arguments), self.remedy.format(**arguments))


class Note(Struct, frozen=True):
    """A second place that explains the first."""

    span: Span
    text: str


class Diagnostic(Struct, frozen=True):
    code: Code
    span: Span
    message: str
    remedy: str
    notes: tuple[Note, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.code.severity is Severity.ERROR

    def also(self, span: Span, text: str) -> Diagnostic:
        """The same finding with one more place shown below it."""
        return replace(self, notes=(*self.notes, Note(span, text)))

    def near(self, written: str, known: Iterable[str]) -> Diagnostic:
        """The same finding with `did you mean` put before the remedy when `known` has a name like `written`."""
        close = near_name(written, known)
        return self if close is None else self.meaning(close)

    def meaning(self, name: str) -> Diagnostic:
        """The same finding with `did you mean` put before the remedy."""
        return replace(self, remedy=f"did you mean '{name}'? {self.remedy}".rstrip())


_LIKENESS = 0.65
"""Of 1.0 for the same name. At 0.6 FLOAT is like LDATE, and PRINT like RIGHT."""


def near_name(written: str, known: Iterable[str]) -> str | None:
    """The known name most like `written`, compared without case, else one of the same letters in another order."""
    from difflib import get_close_matches

    by_key = {name.upper(): name for name in known}
    key = written.upper()
    found = get_close_matches(key, by_key, n=1, cutoff=_LIKENESS)
    letters = sorted(key)
    found = found or [name for name in by_key if len(name) == len(key) and sorted(name) == letters]
    return by_key[found[0]] if found else None


class CompileError(Exception):
    """At least one diagnostic of severity error; `diagnostics` holds all findings of the run, in source order."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = sum(d.is_error for d in self.diagnostics)
        super().__init__(f"{errors} error{'s' if errors != 1 else ''}")
