"""The findings of one file while it is read: collected once each, and only so many.

An error often causes others that say nothing new. Here the cheap half of the remedy lives: a second finding at the same
place is dropped. The other half is in the parser, which skips to a place where reading can start anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from iec61131.diagnostics.catalogue.syntax import TOO_MANY_ERRORS
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span

# Nobody reads more, and a file of garbage must not cost memory without bound.
FINDINGS_MAX = 200


class TooManyFindings(Exception):
    """The limit is reached and reported; reading this file ends here."""


class Findings:
    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
        self._all = list(found)
        self._last: Diagnostic | None = None
        self._places = {finding.span.start for finding in self._all}

    def add(self, finding: Diagnostic) -> None:
        """Keep `finding` unless its place has one. Raises `TooManyFindings` when the file has reached the limit."""
        if finding.span.start in self._places:
            return
        self._places.add(finding.span.start)
        self._all.append(finding)
        if len(self._all) >= FINDINGS_MAX:
            rest = Span(finding.span.file, finding.span.end, finding.span.end)
            self._last = TOO_MANY_ERRORS.at(rest, count=FINDINGS_MAX)
            raise TooManyFindings

    @property
    def are_too_many(self) -> bool:
        return len(self._all) >= FINDINGS_MAX

    def in_source_order(self) -> list[Diagnostic]:
        """All findings, the one about too many of them last."""
        ordered = sorted(self._all, key=lambda finding: finding.span.start)
        return ordered if self._last is None else [*ordered, self._last]
