"""What to do with each kind of case: a row in KINDS, and its function.

A function returns when all that is expected has happened, perhaps with a note about it, and raises CaseFailed or NotRun
otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iec61131.compiler import check
from iec61131.diagnostics.catalogue import CODES
from iec61131.source import SourceFile
from tests.conformance import pair, printf
from tests.conformance.cases import Case, Cycle, Text
from tests.conformance.entry import entry_of
from tests.conformance.inputs import is_readable, sources_from
from tests.conformance.session import Session
from tests.conformance.under_test import opened
from tests.conformance.verdict import CaseFailed, NotRun, Outcome, Status, first_error

NOT_COVERED = frozenset(
    code.id for code in CODES.values() if "in this version" in code.message or "this version does not" in code.message
)
"""Findings that say what the compiler lacks, not what is wrong with a program."""


def run_case(case: Case) -> Outcome:
    try:
        note = KINDS[case.kind](case)
    except CaseFailed as failed:
        return Outcome(Status.FAILED, failed.reason, failed.compiled)
    except NotRun as reason:
        return Outcome(Status.NOT_RUN, reason.reason, reason.compiled)
    return Outcome(Status.PASSED, compiled=case.kind != "compile_error", note=note or "")


def _vars(case: Case) -> None:
    sources = _readable(case.sources)
    Session(sources, entry_of(sources, case.entry), case.dialect).play(case.steps)


def _asserts(case: Case) -> None:
    assert case.driver is not None
    (driver,) = _readable([case.driver.file])
    _drive(case, [*opened(_readable(case.sources), driver), driver])


def _stdout(case: Case) -> None:
    if case.driver is not None:  # it holds the first source, with assertions where that one prints
        _drive(case, _readable([case.driver.file, *case.sources[1:]]))
        return
    sources, capture = printf.captured(_readable(case.sources))
    session = Session(sources, entry_of(sources, case.entry), case.dialect)
    session.play([Cycle()])
    printf.compare(capture.output(session), case.checks)


def _compile_error(case: Case) -> None:
    """Printing is taken out first: that the compiler knows no `printf` would make every case pass."""
    sources, _ = printf.captured(_readable(case.sources))
    errors = [finding for finding in check(sources) if finding.is_error]
    if not errors:
        raise CaseFailed("accepted, and has to be rejected")
    if any(error.code.id in NOT_COVERED for error in errors):
        raise CaseFailed(f"not covered yet: {first_error(e for e in errors if e.code.id in NOT_COVERED)}", False)


def _xml_st_pair(case: Case) -> str:
    left, right = (sources_from(text.name, text.text) for text in case.sources)
    return pair.drive(left, right, case.id, case.cycles)


KINDS: dict[str, Callable[[Case], str | None]] = {
    "vars": _vars,
    "asserts": _asserts,
    "stdout": _stdout,
    "compile_error": _compile_error,
    "xml_st_pair": _xml_st_pair,
}


def _drive(case: Case, sources: Sequence[SourceFile]) -> None:
    assert case.driver is not None
    Session(sources, entry_of(sources, case.driver.entry), case.dialect).play(case.steps, case.asserts)


def _readable(texts: Sequence[Text]) -> list[SourceFile]:
    unread = next((text.name for text in texts if not is_readable(text.name)), None)
    if unread is not None:
        raise CaseFailed(f"no reader for {unread}", compiled=False)
    return [source for text in texts for source in sources_from(text.name, text.text)]
