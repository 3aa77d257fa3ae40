"""A program on both executors in step: the same settings, the same clock, and memory that must be the same after every
scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iec61131.compiler import CompileOptions, DefaultTask
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.graphical import Drawings
from iec61131.program import Target, UnknownPath
from iec61131.source import SourceFile
from tests.conformance.cases import Advance, Cycle, Expect, Restart, Set, Step, UnknownStep
from tests.conformance.comparison import as_stored, is_as_expected, shown
from tests.conformance.entry import RESULT, Entry
from tests.conformance.verdict import CaseFailed, rejected
from tests.language.harness import values
from tests.language.harness.executors import Failure, Limits, Memory, Subject

LOOPS = 1_000_000
"""The loop budget of a scan, unless a run has another."""


class Disagreement(CaseFailed):
    """The executors do not do the same: always a defect of one of them."""


class Session:
    """Raises CaseFailed for sources that do not compile, and wherever a step is not met."""

    def __init__(
        self,
        sources: Sequence[SourceFile],
        entry: Entry,
        dialect: str = "",
        loops: int = LOOPS,
        drawings: Drawings = "placed",
    ) -> None:
        options = CompileOptions(drawings=drawings, default_task=(DefaultTask("main", entry.program),))
        try:
            self.subject = Subject([*sources, *entry.sources], options)
        except CompileError as error:
            raise rejected(error) from error
        self.dialect = dialect
        self._limits = Limits(loops)
        self.now_ns = 0
        instances = self._instances(entry.program)
        self._scopes = [
            f"{instance}{inside}." for instance in instances for inside in dict.fromkeys((entry.inside, ""))
        ]
        self._memories = {name: self.subject.memory() for name in self.subject.executors}

    def _instances(self, program: str) -> list[str]:
        """The names of what the tasks run: an instance is known by its own name or by that of its PROGRAM."""
        runs = [run for task in self.subject.model.tasks for run in task.programs]
        names = {run.variable.name for run in runs if program.upper() in (run.variable.name.upper(), _key(run))}
        if not names:
            raise CaseFailed(f"no task runs '{program}'")
        return sorted(names)

    # ---------------------------------------------------------------------------------------------------------- steps

    def play(self, steps: Sequence[Step], asserts: dict[str, str] | None = None) -> None:
        for step in steps:
            match step:
                case Cycle():
                    self.cycle()
                case Advance(ns):
                    self.now_ns += ns
                case Set(place, value):
                    self.set(place, value)
                case Expect():
                    self.expect(step, (asserts or {}).get(step.place or ""))
                case Restart(mode):
                    self.restart(mode)
                case UnknownStep(op):
                    raise CaseFailed(f"the step '{op}' is not known")

    def cycle(self) -> None:
        fault = self.scan()
        if fault is not None:
            raise CaseFailed(f"fault {fault}")

    def scan(self) -> Failure | None:
        """One scan on both, which may end with a fault, but not with two. Raises Disagreement."""
        found = self.subject.scan("compiled", self.memory, self.now_ns, self._limits)
        interpreted = self._memories.get("interpreted")
        if interpreted is None:
            return found
        other = self.subject.scan("interpreted", interpreted, self.now_ns, self._limits)
        if found != other:
            raise Disagreement(f"interpreted: {other or 'no fault'}; compiled: {found or 'no fault'}")
        difference = self.subject.difference(interpreted, self.memory)
        if difference is not None:
            raise Disagreement(f"the executors disagree: {difference.splitlines()[0]}")
        return found

    def compiled_only(self) -> None:
        """From here on the interpreter, which is slow, rests."""
        self._memories.pop("interpreted", None)

    def set(self, place: str, value: Any) -> None:
        targets = self.targets(place)
        items = value if isinstance(value, list) else [value]
        if len(items) != len(targets):
            raise CaseFailed(f"{place}: {len(items)} values for {len(targets)} variables")
        for target, item in zip(targets, items, strict=True):
            self.write(target, as_stored(item, target.type, self.dialect))

    def expect(self, expectation: Expect, expression: str | None = None) -> None:
        place = expectation.place or RESULT
        targets = self.targets(place)
        wanted = expectation.value if isinstance(expectation.value, list) else [expectation.value]
        found = [self.read(target) for target in targets]
        is_met = len(found) == len(wanted) and all(
            is_as_expected(f, w, target.type, self.dialect, expectation.tolerance)
            for f, w, target in zip(found, wanted, targets, strict=True)
        )
        if not is_met:
            what = expression or ("result" if expectation.place is None else place)
            raise CaseFailed(f"{what}: expected {shown(wanted)}, got {shown(found)}")

    def restart(self, mode: str) -> None:
        """Warm keeps what is retained, cold nothing."""
        for memory in self._memories.values():
            fresh = self.subject.memory()
            if mode == "warm":
                for kept in self.subject.program.retained:
                    fresh[kept.offset : kept.offset + kept.size] = memory[kept.offset : kept.offset + kept.size]
            memory[:] = fresh

    # ------------------------------------------------------------------------------------------------------ variables

    @property
    def memory(self) -> Memory:
        """After a scan that both did alike, so one memory speaks for both."""
        return self._memories["compiled"]

    def targets(self, place: str) -> list[Target]:
        """The elementary variables behind a name: of the entry, else a global one, else an address."""
        place = place.replace("][", ", ")  # a[1][2] of an array with two dimensions, as some write it
        for path in [*(scope + place for scope in self._scopes), place]:
            try:
                return values.leaves(self.subject.program, path)
            except UnknownPath:
                continue
        raise CaseFailed(f"no variable '{place}'")

    def write(self, target: Target, value: Any) -> None:
        for memory in self._memories.values():
            values.write(memory, target, value)

    def read(self, target: Target) -> Any:
        try:
            return values.read(self.memory, target)
        except ValueError as error:
            raise CaseFailed(str(error)) from error


def _key(run: Any) -> str:
    return run.program.name.upper()
