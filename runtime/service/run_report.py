"""What came of a run: figures for people, and complaints for scripts."""

from __future__ import annotations

from pathlib import Path

from iec61131.program import CompiledProgram, UnknownPath
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image import histogram
from runtime.image.block import FORCE_COUNT, Block
from runtime.image.forces import force_views
from runtime.image.snapshot import SnapshotReader
from runtime.service import post_mortem, values
from runtime.service.recording import status as recorder_status
from runtime.service.retain.status import status_of

MOST_LINES = 50
"""Of the report of a fault."""


class RunReport:
    """Watches a run through its shared memory; reports of faults are in `folder`. `complaints` are empty when nothing
    was wrong.
    """

    def __init__(
        self, block: Block, program: CompiledProgram, expected: str | None, folder: Path | None = None
    ) -> None:
        self._block, self._program, self._folder = block, program, folder
        self._known = set(self._reports())
        self._reader = SnapshotReader(block)
        self._ticket = self._reader.request()
        self._expected = expected
        self._target = program.find(expected) if expected else None
        self._fulfilled = False
        self._faulted = self._in_safe_mode = False
        self._figures = status_line(block)
        self._lost, self._engine_starts = 0, 1
        self._said: list[str] = []

    def look(self, block: Block | None = None, program: CompiledProgram | None = None) -> None:
        """Take note of how things stand; called again and again while the PLC runs, with what is in charge now."""
        if block is not None and program is not None and block is not self._block:
            self._follow(block, program)
        self._faulted = self._faulted or self._block.get("state") == EngineState.FAULT
        self._in_safe_mode = bool(self._block.get("safe_mode"))
        self._figures, self._engine_starts = status_line(self._block), self._block.get("engine_starts")
        self._lost = max(self._lost, self._block.get("lost_activations"))  # a new engine counts from zero
        snapshot = self._reader.take(self._ticket)
        if snapshot is not None:
            if self._target is not None:
                self._fulfilled = bool(values.read(self._program, self._target, snapshot.memory))
            self._ticket = self._reader.request()

    def _follow(self, block: Block, program: CompiledProgram) -> None:
        """After an online change; what is expected may not be there any more."""
        self._block, self._program, self._fulfilled = block, program, False
        self._reader = SnapshotReader(block)
        self._ticket = self._reader.request()
        if self._expected:
            try:
                self._target = program.find(self._expected)
            except UnknownPath:
                self.complain(f"{self._expected} is gone since the program was changed")
                self._expected = self._target = None

    def complain(self, text: str) -> None:
        self._said.append(text)

    @property
    def complaints(self) -> list[str]:
        found = list(self._said)
        if self._lost:
            found.append(f"{self._lost} activations were lost")
        if self._engine_starts > 1:
            found.append(f"the engine was started again {self._engine_starts - 1} time(s)")
        if self._faulted:
            found.append("the program met a fault")
        if self._in_safe_mode:
            found.append("it is in safe mode until somebody resets it")
        if self._target is not None and not self._fulfilled:
            found.append(f"{self._target.path} was not TRUE at the end")
        return found

    def lines(self) -> list[str]:
        outcome = "nothing to complain of" if not self.complaints else f"{len(self.complaints)} complaint(s)"
        kept = [*self._retained_line(), *self._recorded_line()]
        return [self._figures, *kept, *self._fault_lines(), f"ended: {outcome}"]

    def _reports(self) -> list[str]:
        return [] if self._folder is None else post_mortem.stored(self._folder)

    def _fault_lines(self) -> list[str]:
        """The report of the last fault of this run, with the variables on the way there."""
        new = [name for name in self._reports() if name not in self._known]
        if not new or self._folder is None:
            return []
        try:
            lines = list(post_mortem.lines(post_mortem.load(self._folder, new[0])))
        except LookupError:
            return []
        more = [f"and {len(lines) - MOST_LINES} lines more: rung fault"] if len(lines) > MOST_LINES else []
        return ["", *lines[:MOST_LINES], *more, ""]

    def _recorded_line(self) -> list[str]:
        found = recorder_status.status_of(self._block)
        if found is None:
            return []
        missing = f", {found.gaps:,} ticks are missing" if found.gaps else ""
        failed = f", {found.failures} attempts failed ({found.problem or 'not the last'})" if found.failures else ""
        return [f"recorded {recorder_status.size_text(found.written)} for rung replay{missing}{failed}"]

    def _retained_line(self) -> list[str]:
        if not self._program.retained:
            return []
        storing = status_of(self._block, clock.monotonic_ns())
        failed = (
            f", {storing.failures} attempts failed ({storing.problem or 'not the last'})" if storing.failures else ""
        )
        return [f"retained variables stored {storing.stored:,} times{failed}"]


def state_text(block: Block) -> str:
    name = EngineState(block.get("state")).name
    return f"{name} (safe mode)" if block.get("safe_mode") else name


def status_line(block: Block) -> str:
    """One line: state, scans, lost and late ones, wake-up latency, and how many places are forced."""
    latency = block.words("latency")
    p50, p99 = (histogram.percentile_ns(latency, percent) / 1000 for percent in (50, 99))
    most = latency[histogram.MAXIMUM] / 1000
    forced = int(force_views(block)[0][FORCE_COUNT])
    return (
        f"{state_text(block)}  scans {block.get('scans'):,}  overruns {block.get('overruns')}  "
        f"lost {block.get('lost_activations')}  latency p50 {p50:.1f} p99 {p99:.1f} max {most:.1f} µs"
        f"{f'  FORCED {forced}' if forced else ''}"
    )
