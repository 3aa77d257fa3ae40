"""What comes of a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from iec61131.diagnostics.diagnostic import CompileError, Diagnostic


class Status(Enum):
    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"
    NOT_RUN = "not run"  # for want of a part of the compiler: neither passed nor failed
    MEASURED = "measured"  # a unit: it compiles or not, and nothing more is expected


@dataclass(frozen=True, slots=True)
class Outcome:
    """`compiled`: the sources as they stand, without an error of their own. `alone`: a unit, also without the other
    files of its corpus. `reason` is one line, `note` a word or two about how it passed, which the report counts."""

    status: Status
    reason: str = ""
    compiled: bool = False
    alone: bool = False
    note: str = ""


class CaseFailed(Exception):
    """One line that says why. `compiled` as in Outcome."""

    def __init__(self, reason: str, compiled: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.compiled = reason, compiled


class NotRun(Exception):
    """Nothing can be said about the case yet. `compiled`: of the part that can be."""

    def __init__(self, reason: str, compiled: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.compiled = reason, compiled


def first_error(findings: Iterable[Diagnostic]) -> str:
    """The first error in one line."""
    found = next(finding for finding in findings if finding.is_error)
    return f"{found.code.id} {found.message} ({found.span})"


def rejected(error: CompileError) -> CaseFailed:
    return CaseFailed(first_error(error.diagnostics), compiled=False)
