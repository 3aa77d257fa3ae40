"""The findings of one project file, and what keeps them few and affordable."""

from __future__ import annotations

from collections.abc import Iterable

from iec61131.diagnostics.catalogue.project import TOO_LARGE
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile, Span

FINDINGS_MAX = 200
"""Nobody reads more, and a file of garbage must not cost memory without bound."""
_NEAR_NAMES_MAX = 100
"""A search for the near name compares with every known name. A file full of unknown names must not cost the square."""
_KNOWN_NAMES_MAX = 1000


class Findings:
    """Collects diagnostics in any order; the first at a place stays, since what follows there is mostly its
    consequence."""

    def __init__(self) -> None:
        self._all: dict[tuple[SourceFile, int, int, str], Diagnostic] = {}
        self._searches = 0

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, finding: Diagnostic) -> None:
        place = (finding.span.file, finding.span.start, finding.span.end, finding.message)
        if len(self._all) <= FINDINGS_MAX:
            self._all.setdefault(place, finding)

    def add_near(self, finding: Diagnostic, written: str, known: Iterable[str]) -> None:
        """`finding`, with the known name most like `written`."""
        if self._searches < _NEAR_NAMES_MAX:
            self._searches += 1
            alike = [name for name in known if abs(len(name) - len(written)) <= 3]
            finding = finding.near(written, alike[:_KNOWN_NAMES_MAX])
        self.add(finding)

    def in_order(self, file: SourceFile) -> list[Diagnostic]:
        """All findings by place, those of `file` first. When there were more than can be of use, the last one says
        so."""
        ordered = sorted(
            list(self._all.values())[:FINDINGS_MAX],
            key=lambda d: (d.span.file is not file, d.span.file.name, d.span.start, d.span.end),
        )
        if len(self._all) > FINDINGS_MAX:
            end = Span(file, len(file.text), len(file.text))
            ordered.append(TOO_LARGE.at(end, what="errors", limit=FINDINGS_MAX))
        return ordered


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names for a message: the first few of them."""
    all_names = list(names)
    shown = ", ".join(all_names[:limit])
    return f"{shown}, ..." if len(all_names) > limit else shown or "none"
