"""Sequential function charts at random: a ring of steps with short cuts, sometimes with two steps side by side, and
what they do: flags of their own, and actions that are statements.
"""

from __future__ import annotations

from dataclasses import replace

from tests.differential.generator.choices import Choices
from tests.differential.generator.expressions import Expressions
from tests.differential.generator.repertoire import Place
from tests.differential.generator.scope import Parameter, Scope
from tests.differential.generator.statements import Lines, Statements, trace

FLAGS = (Parameter("q0", "BOOL"), Parameter("q1", "BOOL"))
"""Variables of the POU that the chart assigns."""
TIMED = ("L", "D", "SD", "DS", "SL")
UNTIMED = ("N", "N", "N", "S", "R", "P", "P1", "P0")


class Charts:
    def __init__(self, choices: Choices, scope: Scope) -> None:
        self.choices = choices
        self.steps = [f"St{number}" for number in range(choices.number(2, 4))]
        self.beside = f"St{len(self.steps)}" if choices.chance(40) else None
        known = [*self.steps, *([self.beside] if self.beside is not None else [])]
        seen = [place for step in known for place in (Place((f"{step}.X",), "BOOL"), Place((f"{step}.T",), "TIME"))]
        self.scope = replace(scope, readable=(*scope.readable, *seen))
        self.actions = [f"act{number}" for number in range(choices.number(1, 2))]

    def body(self) -> Lines:
        """The whole body of a POU that declares `FLAGS`."""
        first, *others = self.steps
        lines = [*self._step("INITIAL_STEP", first), *(line for step in others for line in self._step("STEP", step))]
        if self.beside is not None:
            lines += self._step("STEP", self.beside)
        for number, step in enumerate(self.steps):
            following = self.steps[(number + 1) % len(self.steps)]
            lines += self._transitions(step, following, number)
        for action in self.actions:
            inside = Statements(self.choices, self.scope).some(1, 2, 1)
            lines += [
                f"ACTION {action}:",
                f"    {trace(self.choices)}",
                *(f"    {line}" for line in inside),
                "END_ACTION",
            ]
        return lines

    def _step(self, word: str, name: str) -> Lines:
        done = [self._association() for _ in range(self.choices.number(0, 3))]
        return [f"{word} {name}:", *(f"    {line}" for line in dict.fromkeys(done)), "END_STEP"]

    def _association(self) -> str:
        what = self.choices.pick((*self.actions, *(flag.name for flag in FLAGS)))
        if self.choices.chance(40):
            span = self.choices.pick(("T#0ms", "T#10ms", "T#15ms", "T#40ms"))
            return f"{what}({self.choices.pick(TIMED)}, {span});"
        return f"{what}({self.choices.pick(UNTIMED)});"

    def _transitions(self, step: str, following: str, number: int) -> Lines:
        """On around the ring; out of the first step perhaps into two at once, which are left together."""
        lines: Lines = []
        if self.choices.chance(30):
            lines.append(self._transition(step, self.choices.pick(self.steps)))
        if self.beside is None:
            return [*lines, self._transition(step, following)]
        match number:
            case 0:
                return [self._transition(step, f"({following}, {self.beside})")]
            case 1:
                return [self._transition(f"({step}, {self.beside})", following)]
            case _:
                return [*lines, self._transition(step, following)]

    def _transition(self, source: str, target: str) -> str:
        priority = f"(PRIORITY := {self.choices.number(1, 3)}) " if self.choices.chance(20) else ""
        condition = Expressions(self.choices, self.scope).of("BOOL", 2)
        if self.choices.chance(30):
            condition = "TRUE"
        return f"TRANSITION {priority}FROM {source} TO {target} := {condition}; END_TRANSITION;"
