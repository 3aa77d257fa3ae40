"""Results in lines for people: one for each corpus, one for each failure, and the sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.conformance.verdict import Outcome, Status

REASON_COLUMNS = 200


@dataclass
class Corpus:
    units: int = 0
    compiled: int = 0
    alone: int = 0
    counts: Counter[Status] = field(default_factory=Counter)
    not_run: str = ""
    notes: Counter[str] = field(default_factory=Counter[str])


class Report:
    def __init__(self, waivers: Mapping[str, str]) -> None:
        self._waivers = waivers
        self._corpora: dict[str, Corpus] = {}
        self.failures: dict[str, str] = {}
        self.ids: set[str] = set()

    def add(self, id_: str, corpus: str, outcome: Outcome, is_unit: bool = False) -> Outcome:
        """The outcome as it counts, with the waivers taken into account."""
        outcome = self._waived(id_, outcome)
        row = self._corpora.setdefault(corpus, Corpus())
        row.units += is_unit
        row.compiled += outcome.compiled
        row.alone += outcome.alone
        row.counts[outcome.status] += 1
        if outcome.status is Status.PASSED and outcome.note:
            row.notes[outcome.note] += 1
        if outcome.status is Status.NOT_RUN:
            row.not_run = outcome.reason
        if outcome.status is Status.FAILED:
            self.failures[id_] = outcome.reason
        self.ids.add(id_)
        return outcome

    def _waived(self, id_: str, outcome: Outcome) -> Outcome:
        if id_ not in self._waivers:
            return outcome
        if outcome.status is Status.FAILED or (outcome.status is Status.MEASURED and not outcome.compiled):
            return replace(outcome, status=Status.WAIVED, reason=self._waivers[id_])
        if outcome.status is Status.NOT_RUN:
            return outcome
        what = "passes" if outcome.status is Status.PASSED else "compiles"
        return replace(outcome, status=Status.FAILED, reason=f"its waiver is unnecessary: it {what}")

    def fail(self, id_: str, reason: str) -> None:
        """A failure beside those of the cases."""
        self._corpora.setdefault(id_.partition("/")[0], Corpus()).counts[Status.FAILED] += 1
        self.failures[id_] = reason

    def lines(self) -> list[str]:
        passed = sum(row.counts[Status.PASSED] for row in self._corpora.values())
        return [
            *(_line(name, row) for name, row in sorted(self._corpora.items())),
            *(f"{id_}: {shortened(reason)}" for id_, reason in sorted(self.failures.items())),
            f"{passed} passed, {len(self.failures)} failed",
        ]


def _line(name: str, row: Corpus) -> str:
    counts = ", ".join(f"{row.counts[s]} {s.value}" for s in (Status.PASSED, Status.FAILED, Status.WAIVED))
    compiled = (
        f"{row.compiled} of {row.units} compiled ({row.alone} alone)" if row.units else f"{row.compiled} compiled"
    )
    not_run = f", {row.counts[Status.NOT_RUN]} not run: {row.not_run}" if row.counts[Status.NOT_RUN] else ""
    notes = "".join(f", {count} {note}" for note, count in sorted(row.notes.items()))
    return f"{name}: {counts}, {compiled}{notes}{not_run}"


def shortened(reason: str) -> str:
    line = " ".join(reason.split())
    return line if len(line) <= REASON_COLUMNS else f"{line[: REASON_COLUMNS - 1]}…"
