"""A chart that is written, as a drawing: steps from top to bottom, branches side by side.

A way to a step from which no way has been written yet is a line, all others are jumps. So nothing leads upwards, and
transitions can stand in the order in which they are written: further down or, in one row, further right. That order is
what decides between several behind one step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from iec61131.graphical.diagram import (
    ActionBlock,
    BlockAction,
    Box,
    Branch,
    BranchLine,
    Diagram,
    Element,
    Input,
    JumpStep,
    Language,
    Output,
    Source,
    Step,
    Transition,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import Expression

_LETTER, _LINE = 10, 20
_STEP_HEIGHT, _BAR = 30, 20
_BESIDE = 30  # between a step and its actions
_BETWEEN = 60  # two columns
_BELOW = 40  # a step or a transition and what is next; the lines of branches are in between
_TO_LINE = 10
_JUMP_HEIGHT = 20


class Decides(Struct, frozen=True):
    """What is said of a condition in the drawing, as in `Transition`."""

    condition: Expression | None
    inline: Diagram | None = None
    result: str | None = None


def drawn_chart(chart: tree.Chart, decides: Callable[[tree.Transition], Decides]) -> Diagram:
    return _Drawing(chart, _Ways(chart), decides).diagram()


class _Ways:
    """Which ways are lines, and in which column and which rank what stands. Steps by their keys, transitions by their
    numbers in the text; steps that nobody declares are left out.
    """

    def __init__(self, chart: tree.Chart) -> None:
        self.steps = {step.name.key: step for step in reversed(chart.steps)}
        self.transitions = chart.transitions
        self.leaving: dict[str, list[int]] = {key: [] for key in self.steps}
        numbers = range(len(chart.transitions))
        for number in numbers:
            for key in self.sources(number):
                self.leaving[key].append(number)
        self.into: dict[str, list[int]] = {key: [] for key in self.steps}
        for number in numbers:
            for key in self.targets(number):
                if self.is_line(number, key):
                    self.into[key].append(number)
        self.column_of_step: dict[str, int] = {}
        self.column: dict[int, int] = {}
        self.rank_of_step: dict[str, int] = {}
        self.rank: dict[int, int] = {}
        self._set_columns([step.name.key for step in chart.steps])
        self._set_ranks()

    def sources(self, number: int) -> list[str]:
        return list(dict.fromkeys(name.key for name in self.transitions[number].sources if name.key in self.steps))

    def targets(self, number: int) -> list[str]:
        return list(dict.fromkeys(name.key for name in self.transitions[number].targets))

    def alternatives(self, number: int) -> list[int]:
        """The transitions behind the steps before this one, if it is one set of steps for all of them."""
        sources = self.sources(number)
        found = self.leaving[sources[0]] if sources else [number]
        is_one_set = all(set(self.sources(other)) == set(sources) for other in found)
        return found if is_one_set and all(self.leaving[key] == found for key in sources) else [number]

    def is_line(self, number: int, key: str) -> bool:
        if key not in self.steps or self.steps[key].is_initial:
            return False
        return all(other > number for other in self.leaving[key])

    def _set_columns(self, keys: Sequence[str]) -> None:
        """The first of what is behind something stands below it, all else further right than that and what is behind
        it.
        """
        last = -1
        roots = [key for key in keys if not self.into[key]]
        work: list[tuple[str | int, int | None]] = [(key, None) for key in reversed(roots)]
        work = [(n, None) for n in range(len(self.transitions)) if not self.sources(n)] + work
        while work:
            what, column = work.pop()
            if column is None:
                last = column = last + 1
            if isinstance(what, str):
                self.column_of_step[what] = column
                behind: list[str | int] = [n for n in self.leaving[what] if self.sources(n)[0] == what]
            else:
                self.column[what] = column
                behind = [key for key in self.targets(what) if self.into.get(key, [])[:1] == [what]]
            work += reversed([(each, column if at == 0 else None) for at, each in enumerate(behind)])

    def _set_ranks(self) -> None:
        before = (0, -1)
        for number in range(len(self.transitions)):
            above = max((self._rank_of(key) for key in self.sources(number)), default=0)
            rank, column = max(above + 1, before[0]), self.column[number]
            if rank == before[0] and column <= before[1]:
                rank += 1
            before = rank, column
            self.rank[number] = rank
        for key in self.steps:
            self._rank_of(key)

    def _rank_of(self, key: str) -> int:
        if key not in self.rank_of_step:
            self.rank_of_step[key] = max((self.rank[number] + 1 for number in self.into[key]), default=0)
        return self.rank_of_step[key]


class _Column(Struct):
    """`axis` is where wires run; `left` and `right` is the room at its sides."""

    left: float = 30
    right: float = 60
    axis: float = 0


class _Drawing:
    def __init__(self, chart: tree.Chart, ways: _Ways, decides: Callable[[tree.Transition], Decides]) -> None:
        self._chart = chart
        self._ways = ways
        self._decides = decides
        self._elements: list[Element] = []
        self._ids = 0
        columns = max((*ways.column.values(), *ways.column_of_step.values()), default=-1) + 1
        self._columns = [_Column() for _ in range(columns)]
        self._tops: list[float] = []
        self._places()
        self._step_ids = {key: self._id() for key in ways.steps}
        self._outs: dict[str, str] = {}  # what the transitions behind a step take
        self._into: dict[str, list[_End]] = {key: [] for key in ways.steps}
        self._joints: dict[int, _End] = {}  # where several steps come together, by the first transition behind them

    def diagram(self) -> Diagram:
        for key, step in sorted(self._ways.steps.items(), key=lambda item: item[1].span.start):
            self._outs[key] = self._behind(key, step)
        for number, transition in enumerate(self._chart.transitions):
            self._transition(number, transition)
        steps = [self._step(key, step) for key, step in self._ways.steps.items()]
        steps.sort(key=lambda step: step.span.start)
        return Diagram(Language.SFC, (*steps, *self._elements), self._chart.span)

    def _id(self) -> str:
        self._ids += 1
        return str(self._ids)

    # -------------------------------------------------------------------------------------------------------- places

    def _places(self) -> None:
        ways = self._ways
        heights: dict[int, float] = dict.fromkeys(ways.rank.values(), 0)
        for key, step in ways.steps.items():
            column, rank = self._columns[ways.column_of_step[key]], ways.rank_of_step[key]
            half, actions = _width(step) / 2, _actions_size(step)
            column.left = max(column.left, half)
            column.right = max(column.right, half + (_BESIDE + actions[0] if actions[0] else 0))
            heights[rank] = max(heights.get(rank, 0), _STEP_HEIGHT, actions[1])
        x = 0.0
        for column in self._columns:
            column.axis = x + column.left
            x = column.axis + column.right + _BETWEEN
        y = 0.0
        for rank in range(max(heights, default=-1) + 1):
            self._tops.append(y)
            y += heights.get(rank, 0) + _BELOW
        self._tops.append(y)

    def _at_step(self, key: str) -> tuple[float, float]:
        """Where wires come in."""
        return self._columns[self._ways.column_of_step[key]].axis, self._tops[self._ways.rank_of_step[key]]

    def _at_transition(self, number: int) -> tuple[float, float]:
        return self._columns[self._ways.column[number]].axis, self._tops[self._ways.rank[number]]

    # ------------------------------------------------------------------------------------------------------ elements

    def _behind(self, key: str, step: tree.Step) -> str:
        """What a step does, and what leads on from it."""
        id_, span = self._step_ids[key], step.span
        axis, top = self._at_step(key)
        if step.associations:
            width, height = _actions_size(step)
            box = Box(axis + _width(step) / 2 + _BESIDE, top, width, height)
            actions = tuple(_action(association) for association in step.associations)
            pin = Input("", span, (Source(id_, "", span),), at=(0, _STEP_HEIGHT / 2))
            self._elements.append(ActionBlock(id=self._id(), span=span, box=box, inputs=(pin,), actions=actions))
        leaving = self._ways.leaving[key]
        if len(leaving) < 2 or self._come_together(leaving):
            return id_
        ends = [self._at_transition(number)[0] for number in leaving]
        y = top + _STEP_HEIGHT + _TO_LINE
        return self._branch(Branch.SELECTION_DIVERGENCE, span, y, [_End(id_, axis)], ends)

    def _come_together(self, leaving: Sequence[int]) -> bool:
        """Whether a step waits for others before all that is behind it."""
        return len(self._ways.sources(leaving[0])) > 1 and self._ways.alternatives(leaving[0]) == leaving

    def _transition(self, number: int, transition: tree.Transition) -> None:
        ways, span = self._ways, transition.span
        axis, top = self._at_transition(number)
        sources = [_End(self._outs[key], self._at_step(key)[0]) for key in ways.sources(number)]
        if len(sources) > 1:
            sources = [self._waiting(number, transition, sources)]
        id_, decides = self._id(), self._decides(transition)
        priority = transition.priority.value if isinstance(transition.priority, tree.IntegerLiteral) else None
        self._elements.append(
            Transition(
                id=id_,
                span=span,
                box=Box(axis - _BAR / 2, top, _BAR, 2),
                inputs=(Input("", span, tuple(Source(end.id, "", span) for end in sources), at=(_BAR / 2, 0)),),
                outputs=(Output("", span, at=(_BAR / 2, 2)),),
                condition=decides.condition,
                inline=decides.inline,
                result=decides.result,
                priority=priority,
            )
        )
        targets = {name.key: name for name in reversed(transition.targets)}
        keys = ways.targets(number)
        begin = _End(id_, axis)
        places = [self._at_step(key)[0] if ways.is_line(number, key) else axis for key in keys]
        if len(keys) > 1:
            line = self._branch(Branch.SIMULTANEOUS_DIVERGENCE, span, top + _TO_LINE, [begin], places)
        else:
            line = id_
        for key, x in zip(keys, places, strict=True):
            if ways.is_line(number, key):
                self._into[key].append(_End(line, x if len(keys) > 1 else axis))
            else:
                pin = Input("", span, (Source(line, "", span),), at=(_BAR / 2, 0))
                box = Box(x - _BAR / 2, top + _BELOW, _BAR, _JUMP_HEIGHT)
                jump = JumpStep(id=self._id(), span=targets[key].span, box=box, inputs=(pin,), target=targets[key])
                self._elements.append(jump)

    def _waiting(self, number: int, transition: tree.Transition, sources: Sequence[_End]) -> _End:
        """Where several steps come together, for all transitions behind the same ones."""
        alternatives, span = self._ways.alternatives(number), transition.span
        if alternatives[0] in self._joints:
            return self._joints[alternatives[0]]
        axis, top = self._at_transition(number)
        end = _End(self._branch(Branch.SIMULTANEOUS_CONVERGENCE, span, top - 2 * _TO_LINE, sources, [axis]), axis)
        if len(alternatives) > 1:
            ends = [self._at_transition(other)[0] for other in alternatives]
            end = _End(self._branch(Branch.SELECTION_DIVERGENCE, span, top - _TO_LINE, [end], ends), axis)
        self._joints[alternatives[0]] = end
        return end

    def _step(self, key: str, step: tree.Step) -> Step:
        axis, top = self._at_step(key)
        ends = self._into[key]
        if len(ends) > 1:
            line = self._branch(Branch.SELECTION_CONVERGENCE, step.span, top - _TO_LINE, ends, [axis])
            ends = [_End(line, axis)]
        width, span = _width(step), step.span
        return Step(
            id=self._step_ids[key],
            span=span,
            box=Box(axis - width / 2, top, width, _STEP_HEIGHT),
            inputs=(Input("", span, tuple(Source(end.id, "", span) for end in ends), at=(width / 2, 0)),),
            outputs=(Output("", span, at=(width / 2, _STEP_HEIGHT)),),
            name=step.name,
            is_initial=step.is_initial,
        )

    def _branch(self, kind: Branch, span: Span, y: float, begins: Sequence[_End], ends: Sequence[float]) -> str:
        """A line from `begins` to the axes `ends`."""
        id_ = self._id()
        axes = [*(end.x for end in begins), *ends]
        left, right = min(axes), max(axes)
        line = BranchLine(
            id=id_,
            span=span,
            box=Box(left, y, max(right - left, _BAR), 1),
            inputs=tuple(Input("", span, (Source(end.id, "", span),), at=(end.x - left, 0)) for end in begins),
            outputs=tuple(Output("", span, at=(x - left, 1)) for x in ends),
            kind=kind,
        )
        self._elements.append(line)
        return id_


class _End(Struct, frozen=True):
    """What leads on, and at which axis."""

    id: str
    x: float


def _width(step: tree.Step) -> float:
    return _LETTER * (len(step.name.text) + 2)


def _action(association: tree.ActionAssociation) -> BlockAction:
    indicator = association.indicators[0] if association.indicators else None
    return BlockAction(association.name, None, association.qualifier, association.time, indicator, association.span)


def _actions_size(step: tree.Step) -> tuple[float, float]:
    widest = max((len(association.span.text) for association in step.associations), default=0)
    return _LETTER * widest, _LINE * len(step.associations)
