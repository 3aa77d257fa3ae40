"""Sequential function charts as drawings, in all the ways in which one can be drawn.

A `Net` says which steps there are and what leads from which to which. How it is drawn is chosen at random: lines or
jumps, conditions as text, by name, in contacts inside of the transition or beside the chart. It means the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

from tests.graphical.build import Action, Drawing, Element, Pou, Wire

_ARROW = re.compile(r"(?P<sources>.+?) -(?:(?P<priority>\d+):)?(?P<condition>.+)-> (?P<targets>.+)")


@dataclass(frozen=True)
class Transition:
    sources: tuple[str, ...]
    condition: str
    targets: tuple[str, ...]
    priority: int | None = None


@dataclass(frozen=True)
class Net:
    """The first step is the initial one. `actions`: what each step does."""

    steps: tuple[str, ...]
    transitions: tuple[Transition, ...]
    actions: dict[str, tuple[Action, ...]] = field(default_factory=dict[str, tuple[Action, ...]])

    @staticmethod
    def of(text: str, actions: dict[str, tuple[Action, ...]] | None = None) -> Net:
        """A transition in each line: `A + B -condition-> C`, with a priority `A -1:condition-> B`."""
        found = [_ARROW.fullmatch(line.strip()) for line in text.strip().splitlines()]
        transitions = tuple(_transition(match) for match in found if match is not None)
        assert len(transitions) == len(found), text
        steps = dict.fromkeys(step for t in transitions for step in (*t.sources, *t.targets))
        return Net(tuple(steps), transitions, actions or {})


def _transition(match: re.Match[str]) -> Transition:
    sources, targets = (tuple(match[side].split(" + ")) for side in ("sources", "targets"))
    return Transition(sources, match["condition"], targets, int(match["priority"]) if match["priority"] else None)


def pou(net: Net, declared: str, random: Random, bodies: dict[str, str] | None = None) -> Pou:
    """`bodies` are those of the actions."""
    drawn = _Drawn(net, random)
    return Pou("Main", declared, drawn.drawing, actions=bodies or {}, transitions=drawn.named)


class _Drawn:
    def __init__(self, net: Net, random: Random) -> None:
        self.drawing = Drawing("SFC")
        self.named: dict[str, str | Drawing] = {}
        self._random = random
        self._steps = {name: self._step(name, net) for name in net.steps}
        self._before = {name: self._leaving(name, net) for name in net.steps}
        self.drawing.row()
        self._into: dict[str, list[Wire]] = {name: [] for name in net.steps}
        for number, transition in enumerate(net.transitions):
            self._draw(transition, number)
        for name, wires in self._into.items():
            at_line = len(wires) > 1 and random.random() < 0.7
            joined = [self.drawing.branch("selectionConvergence", *wires)] if at_line else wires
            self._steps[name].lead(*joined)

    def _step(self, name: str, net: Net) -> Element:
        made = self.drawing.step(name, initial=name == net.steps[0])
        actions = net.actions.get(name, ())
        if actions:
            self.drawing.actions(made, *actions)
        self.drawing.row()
        return made

    def _leaving(self, name: str, net: Net) -> Wire:
        """What the transitions behind a step take: several stand at a line."""
        several = sum(name in transition.sources for transition in net.transitions) > 1
        step = self._steps[name].out
        return self.drawing.branch("selectionDivergence", step) if several else step

    def _draw(self, transition: Transition, number: int) -> None:
        """From left to right, which is the order in which they are asked."""
        before = [self._before[name] for name in transition.sources]
        if len(before) > 1:
            before = [self.drawing.branch("simultaneousConvergence", *before)]
        condition, named = self._condition(transition.condition, number)
        behind = self.drawing.transition(
            condition, *before, priority=transition.priority, named=named, at=(100 * number, 5000)
        )
        if len(transition.targets) > 1:
            behind = self.drawing.branch("simultaneousDivergence", behind)
        for target in transition.targets:
            if self._random.random() < 0.4:
                self.drawing.jump_step(target, behind)
            else:
                self._into[target].append(behind)

    def _condition(self, text: str, number: int) -> tuple[str | Drawing | Wire, bool]:
        """And whether it is a name."""
        kinds = ("text", "name", "value", "diagram") + (("contact", "ladder", "beside") if text.isidentifier() else ())
        match self._random.choice(kinds):
            case "name":
                self.named[f"t{number}"] = text
                return f"t{number}", True
            case "value":
                return self.drawing.value(text), False
            case "contact":
                return self.drawing.contact(text, self.drawing.rail()), False
            case "beside":
                return self.drawing.block("OR", [text, "FALSE"]).out, False
            case "ladder":
                inside = Drawing("LD")
                inside.coil("holds", inside.contact(text, inside.rail()))
                return inside, False
            case "diagram":
                inside = Drawing("FBD")
                inside.store("holds", inside.block("AND", [text, "TRUE"]).out)
                return inside, False
            case _:
                return text, False
