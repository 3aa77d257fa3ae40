"""Every `.st`, `.xml` or `.ld` file in this folder's subfolders is a test: `harness.notation` is how a file says what
it expects.

A program that runs is run twice, interpreted and compiled. Both must meet every expectation, and after every cycle
their memory must be the same.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iec61131 import compiler
from iec61131.interpreter import InputRow
from iec61131.source import SourceFile
from io_drivers.contract import Quality, Reason
from tests.language.harness import notation, values
from tests.language.harness.executors import Failure, Limits, Place, Subject
from tests.language.harness.notation import Finding

FOLDER = Path(__file__).parent
FILES = sorted([*FOLDER.glob("*/*.st"), *FOLDER.glob("*/*.xml"), *FOLDER.glob("*/*.ld")])


def source(path: Path) -> SourceFile:
    return SourceFile(path.relative_to(FOLDER).as_posix(), path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_program(path: Path):
    script = notation.read(source(path))
    options = compiler.CompileOptions(dialect=script.dialect)
    found = compiler.check([script.file], options)
    listed = "\n".join(f"{d.span}: {d.code.severity.value} {d.code.id} {d.message}" for d in found)
    assert [Finding(d.code.severity.value, d.code.id, d.span.line) for d in found] == script.findings, listed
    if script.runs:
        Run(script, options).play()


class Run:
    """Plays a script on both executors in step."""

    def __init__(self, script: notation.Script, options: compiler.CompileOptions) -> None:
        self.script = script
        self.subject = Subject([script.file], options)
        self.memories = {name: self.subject.memory() for name in self.subject.executors}
        self.failures: dict[str, Failure | None] = dict.fromkeys(self.memories)
        self.limits = Limits()
        self.inputs: dict[str, InputRow] = {}
        self.now_ns = 0

    def play(self) -> None:
        steps = self.script.steps
        for number, step in enumerate(steps):
            match step:
                case notation.Cycle():
                    fault_follows = any(
                        isinstance(s, notation.FaultExpectation) for s in self._until_next_cycle(steps[number + 1 :])
                    )
                    self._cycle(step, fault_follows)
                case notation.Expectation():
                    self._expect(step)
                case notation.FaultExpectation():
                    self._expect_fault(step)
                case notation.Input():
                    self._input(step)
                case notation.Limit():
                    self.limits = Limits(step.loops or self.limits.loops, step.depth or self.limits.depth)

    def _until_next_cycle(self, steps: list[notation.Step]) -> list[notation.Step]:
        ends = [i for i, step in enumerate(steps) if isinstance(step, notation.Cycle)]
        return steps[: ends[0]] if ends else steps

    def _cycle(self, cycle: notation.Cycle, fault_follows: bool) -> None:
        where = self._at(cycle.line)
        for memory in self.memories.values():
            for path, text in cycle.settings:
                targets = values.leaves(self.subject.program, path)
                for target, value in zip(targets, values.parse_all(text, targets), strict=True):
                    values.write(memory, target, value)
        for _ in range(cycle.count):
            self.now_ns += cycle.advance_ns
            inputs = self._latched()
            for name, memory in self.memories.items():
                self.failures[name] = self.subject.scan(name, memory, self.now_ns, self.limits, inputs)
                if not fault_follows:
                    assert self.failures[name] is None, f"{where}: {name}: {self.failures[name]}"
            difference = self.subject.difference(self.memories["interpreted"], self.memories["compiled"])
            assert difference is None, f"{where}:\n{difference}"

    def _input(self, step: notation.Input) -> None:
        start, end = self.subject.program.find(step.path).bits
        before = self.inputs.get(step.path)
        read_ns = before.time_ns if before is not None else self.now_ns
        time_ns = 0 if step.reason is Reason.NEVER_READ else read_ns
        self.inputs[step.path] = InputRow(start, end, time_ns, step.quality, step.reason)

    def _latched(self) -> list[InputRow]:
        """The table of signals before the scan at `now_ns`."""
        for path, row in self.inputs.items():
            if row.quality != Quality.BAD:
                self.inputs[path] = row._replace(time_ns=self.now_ns)
        return sorted(self.inputs.values())

    def _expect(self, expectation: notation.Expectation) -> None:
        targets = values.leaves(self.subject.program, expectation.path)
        wanted = values.parse_all(expectation.value, targets)
        for name, memory in self.memories.items():
            found = [values.read(memory, target) for target in targets]
            assert all(map(values.same, found, wanted)), (
                f"{self._at(expectation.line)}: {name}: {expectation.path} = {listing(found)}, "
                f"expected {expectation.value}"
            )

    def _expect_fault(self, expectation: notation.FaultExpectation) -> None:
        for name, failure in self.failures.items():
            where = f"{self._at(expectation.line)}: {name}: {failure}"
            if expectation.code is None:
                assert failure is None, where
                continue
            assert failure is not None, where
            assert f"RUNG{900 + failure.code:04}" == expectation.code, where
            assert failure.place == self._place(expectation.place), where
            assert failure.calls == tuple(self._place(call) for call in expectation.calls), where

    def _place(self, offsets: tuple[int, int]) -> Place:
        file = self.script.file
        return (file.name, *file.position(offsets[0]), *file.position(offsets[1]))

    def _at(self, line: int) -> str:
        return f"{self.script.file.name}:{line}"


def listing(found: list[int | float | bool | str]) -> str:
    return str(found[0]) if len(found) == 1 else str(found)


# ------------------------------------------------------------------------------------------------ the harness itself


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("// cycle three", "invalid literal"),
        ("// cycle 3, wait T#1s", "neither 'advance' nor 'set'"),
        ("// cycle, set Main.x = 3", "not of the form PATH := VALUE"),
        ("// expect Main.x := 3", "not of the form PATH = VALUE"),
        ("// expect fault RUNG0901 at line 3", "not of the form"),
        ('// expect fault RUNG0901 at "a / c"', "occurs 0 times"),
        ("// limit loops 5, time 3", "unknown limit"),
        ("// input Main.x := GOOD", "not of the form PATH = QUALITY"),
        ("// input Main.x = EXCELLENT", "EXCELLENT"),
        ("// nothing at all", "nothing is expected"),
    ],
)
def test_a_line_outside_the_notation_is_refused(line: str, complaint: str):
    with pytest.raises(notation.NotationError, match=complaint):
        notation.read(SourceFile("x.st", f"x := a / b;\n{line}\n"))


def test_the_same_value():
    assert values.same(np.float64("nan"), float("nan"))
    assert not values.same(0.0, -0.0)
    assert not values.same(1, 2)
