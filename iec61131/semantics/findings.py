"""The findings of one run over all sources, and what keeps them few and affordable."""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.syntax import TOO_MANY_ERRORS
from iec61131.diagnostics.diagnostic import Code, Diagnostic, Severity
from iec61131.semantics.options import Dialect
from iec61131.source import SourceFile, Span

NEAR_NAMES_MAX = 100
"""A search for the near name compares with every known name. A text full of unknown names must not cost the square."""

KNOWN_NAMES_MAX = 400

FINDINGS_MAX = 1000
"""Nobody reads more, and a text of nothing but errors must not cost memory without bound."""


class Findings:
    """Collects diagnostics in any order. A finding at a place that has the same one already is dropped."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._all: list[Diagnostic] = []
        self._seen: set[tuple[str, SourceFile, int, int]] = set()
        self._searches = 0
        self.has_errors = False

    def add(self, finding: Diagnostic) -> None:
        self.has_errors = self.has_errors or finding.is_error
        if len(self._all) >= FINDINGS_MAX:
            return
        place = (finding.code.id, finding.span.file, finding.span.start, finding.span.end)
        if place not in self._seen:
            self._seen.add(place)
            self._all.append(finding)

    def add_near(self, finding: Diagnostic, written: str, known: Iterable[str], otherwise: str | None = None) -> None:
        """`finding`, with the known name most like `written`, or with the name `otherwise` where none is like it."""
        if self._searches < NEAR_NAMES_MAX:
            self._searches += 1
            alike = [name for name in known if abs(len(name) - len(written)) <= 3]
            near = finding.near(written, alike[:KNOWN_NAMES_MAX])
            finding = near if near is not finding or otherwise is None else finding.meaning(otherwise)
        self.add(finding)

    @property
    def number(self) -> int:
        return len(self._all)

    def are_about(self, files: Container[SourceFile]) -> bool:
        """Whether any is about one of these."""
        return any(finding.span.file in files for finding in self._all)

    def lenient(self, code: Code) -> Code:
        """A warning of the catalogue, as the dialect has it: "iec" makes it an error."""
        return replace(code, severity=Severity.ERROR) if self._dialect == "iec" else code

    @property
    def is_strict(self) -> bool:
        """Whether extensions of the language are errors."""
        return self._dialect == "iec"

    def in_source_order(self, files: Iterable[SourceFile]) -> list[Diagnostic]:
        """All findings, file by file in the order of `files`, then by place; after too many, one that says so."""
        number = {file: index for index, file in enumerate(files)}
        found = sorted(self._all, key=lambda d: (number.get(d.span.file, len(number)), d.span.start, d.span.end))
        if len(found) >= FINDINGS_MAX:
            last = found[-1].span
            found.append(TOO_MANY_ERRORS.at(Span(last.file, last.end, last.end), count=FINDINGS_MAX))
        return found


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names for a message: the first few of them."""
    all_names = list(names)
    shown = ", ".join(all_names[:limit])
    return f"{shown}, ..." if len(all_names) > limit else shown or "none"


def counted(number: int, one: str, several: str | None = None) -> str:
    """`1 parameter`, `3 parameters`, `2 indices`."""
    return f"{number} {one if number == 1 else several or one + 's'}"
