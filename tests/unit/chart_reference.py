"""What a sequential function chart does, played by hand: the evolution rules and the action control block of the
standard, with its blocks for flip-flops, timers and edges, and nothing in common with the compiler.

A `Chart` can say its own text, and a `Play` of it goes on scan by scan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

TIMED = ("L", "D", "SD", "DS", "SL")
MS = 10**6


@dataclass(frozen=True)
class Condition:
    """`text` in the language; `holds` of the inputs and of the play as it was at the start of the scan."""

    text: str
    holds: Callable[[list[bool], Play], bool]


@dataclass(frozen=True)
class Transition:
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    condition: Condition
    priority: int | None = None


@dataclass(frozen=True)
class Association:
    """`action` below the number of bodies is an ACTION that counts its runs, else a BOOL variable."""

    step: int
    action: int
    qualifier: str
    time_ms: int = 0


@dataclass(frozen=True)
class Chart:
    """Step 0 is the initial one."""

    steps: int
    transitions: tuple[Transition, ...]
    associations: tuple[Association, ...]
    bodies: int = 2
    flags: int = 2
    inputs: int = 3

    @property
    def text(self) -> str:
        inputs = ", ".join(f"c{n}" for n in range(self.inputs))
        flags = ", ".join(f"a{n}" for n in range(self.bodies, self.bodies + self.flags))
        counters = ", ".join(f"n{n}" for n in range(self.bodies))
        lines = [f"PROGRAM Main\nVAR {inputs}, {flags} : BOOL; {counters} : UDINT; END_VAR"]
        for step in range(self.steps):
            inside = " ".join(_written(a) for a in self.associations if a.step == step)
            lines.append(f"{'INITIAL_STEP' if step == 0 else 'STEP'} s{step}: {inside} END_STEP")
        for t in self.transitions:
            priority = f"(PRIORITY := {t.priority}) " if t.priority is not None else ""
            sources, targets = (", ".join(f"s{n}" for n in side) for side in (t.sources, t.targets))
            lines.append(f"TRANSITION {priority}FROM ({sources}) TO ({targets}) := {t.condition.text}; END_TRANSITION")
        lines += [f"ACTION a{n}: n{n} := n{n} + 1; END_ACTION" for n in range(self.bodies)]
        return "\n".join([*lines, "END_PROGRAM"])


def _written(association: Association) -> str:
    time = f", T#{association.time_ms}ms" if association.qualifier in TIMED else ""
    return f"a{association.action}({association.qualifier}{time});"


# -------------------------------------------------------------------------------------------- blocks of the standard


@dataclass
class Rs:
    q1: bool = False

    def call(self, s: bool, r1: bool) -> bool:
        self.q1 = not r1 and (s or self.q1)
        return self.q1


@dataclass
class Ton:
    since_ns: int | None = None

    def call(self, on: bool, pt_ns: int, now_ns: int) -> bool:
        if not on:
            self.since_ns = None
            return False
        if self.since_ns is None:
            self.since_ns = now_ns
        return now_ns - self.since_ns >= pt_ns


@dataclass
class Trigger:
    last: bool = False

    def rises(self, clk: bool) -> bool:
        rises, self.last = clk and not self.last, clk
        return rises

    def falls(self, clk: bool) -> bool:
        falls, self.last = self.last and not clk, clk
        return falls


@dataclass
class ActionControl:
    """The block of one action; those of its parts that have a time once for each association."""

    s_ff: Rs = field(default_factory=Rs)
    p_trig: Trigger = field(default_factory=Trigger)
    p1_trig: Trigger = field(default_factory=Trigger)
    p0_trig: Trigger = field(default_factory=Trigger)
    final: Trigger = field(default_factory=Trigger)
    flip_flops: dict[int, Rs] = field(default_factory=dict[int, Rs])
    timers: dict[int, Ton] = field(default_factory=dict[int, Ton])

    def call(self, mine: list[Association], play: Play, now_ns: int) -> tuple[bool, bool]:
        """Whether a body runs, and what a variable becomes."""

        def any_x(qualifier: str) -> bool:
            return any(play.x[a.step] for a in mine if a.qualifier == qualifier)

        r = any_x("R")
        parts = [any_x("N"), self.s_ff.call(any_x("S"), r), self.p_trig.rises(any_x("P"))]
        for number, a in enumerate(mine):
            if a.qualifier in TIMED:
                parts.append(self._timed(number, a, play, r, now_ns))
        q = any(parts) and not r
        pulse = (self.p1_trig.rises(any_x("P1")) | self.p0_trig.falls(any_x("P0"))) and not r
        is_final = self.final.falls(q)
        return q or is_final or pulse, q or pulse

    def _timed(self, number: int, a: Association, play: Play, r: bool, now_ns: int) -> bool:
        flip_flop, timer = self.flip_flops.setdefault(number, Rs()), self.timers.setdefault(number, Ton())
        x, pt_ns = play.x[a.step], a.time_ms * MS
        is_over = now_ns - play.entered_ns[a.step] >= pt_ns
        if a.qualifier == "L":
            return x and not is_over
        if a.qualifier == "D":
            return x and is_over
        if a.qualifier == "DS":
            return flip_flop.call(x and is_over, r)
        held = flip_flop.call(x, r)
        has_passed = timer.call(held, pt_ns, now_ns)
        return has_passed if a.qualifier == "SD" else held and not has_passed


# --------------------------------------------------------------------------------------------------------------- play


class Play:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.x = [step == 0 for step in range(chart.steps)]
        self.t_ns = [0] * chart.steps
        self.entered_ns = [0] * chart.steps
        self.counts = [0] * chart.bodies
        self.flags = [False] * chart.flags
        self._controls = [ActionControl() for _ in range(chart.bodies + chart.flags)]
        self._has_begun = False

    def scan(self, inputs: list[bool], now_ns: int) -> None:
        if self._has_begun:
            self._evolve(inputs, now_ns)
        else:
            self.entered_ns = [now_ns] * self.chart.steps
            self._has_begun = True
        for number, control in enumerate(self._controls):
            mine = [a for a in self.chart.associations if a.action == number]
            if not mine:
                continue
            runs, flag = control.call(mine, self, now_ns)
            if number < self.chart.bodies:
                self.counts[number] += runs
            else:
                self.flags[number - self.chart.bodies] = flag

    def _evolve(self, inputs: list[bool], now_ns: int) -> None:
        for step, active in enumerate(self.x):
            if active:
                self.t_ns[step] = now_ns - self.entered_ns[step]
        left: set[int] = set()
        cleared: list[Transition] = []
        for transition in sorted(self.chart.transitions, key=lambda t: (t.priority is None, t.priority or 0)):
            is_enabled = all(self.x[step] and step not in left for step in transition.sources)
            if is_enabled and transition.condition.holds(inputs, self):
                left.update(transition.sources)
                cleared.append(transition)
        for step in left:
            self.x[step] = False
        for transition in cleared:
            for step in transition.targets:
                self.x[step], self.t_ns[step], self.entered_ns[step] = True, 0, now_ns
