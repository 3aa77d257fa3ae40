"""Charts as drawings: which steps are active after each scan, and what their actions do.

The table is meant to be read as a specification. Each line of a history is a scan: the inputs that are TRUE, and the
steps that are active then. The first scan clears no transition (docs/language.md, Sequential function charts).
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from iec61131.compiler import check
from tests.graphical.build import Action, Pou, source
from tests.graphical.charts import Net, Transition, pou
from tests.graphical.run import Run
from tests.unit.chart_reference import TIMED, Chart, Play
from tests.unit.resolved import codes
from tests.unit.test_charts import charts

HISTORIES = {
    "a step is left when its condition holds": (
        """
        S0 -a-> S1
        S1 -b-> S2
        S2 -c-> S0
        """,
        "-:S0 -:S0 b:S0 a:S1 a:S1 ab:S2 c:S0",
    ),
    "a step is active for a scan at least, even when all conditions hold": (
        """
        S0 -a-> S1
        S1 -a-> S2
        S2 -a-> S0
        """,
        "a:S0 a:S1 a:S2 a:S0 a:S1",
    ),
    "of alternatives the left one wins": (
        """
        S0 -a-> S1
        S0 -b-> S2
        S1 -c-> S0
        S2 -c-> S0
        """,
        "-:S0 ab:S1 c:S0 b:S2 c:S0 a:S1",
    ),
    "of alternatives the one with the smallest number wins": (
        """
        S0 -2:a-> S1
        S0 -1:b-> S2
        S1 -c-> S0
        S2 -c-> S0
        """,
        "-:S0 ab:S2 c:S0 a:S1",
    ),
    "a number wins over none": (
        """
        S0 -a-> S1
        S0 -1:b-> S2
        S1 -c-> S0
        S2 -c-> S0
        """,
        "-:S0 ab:S2 c:S0 a:S1",
    ),
    "simultaneous branches begin together, and end when all have ended": (
        """
        S0 -a-> S1 + S2
        S1 -b-> S3
        S2 -c-> S4
        S3 + S4 -d-> S0
        """,
        "-:S0 a:S1+S2 c:S1+S4 d:S1+S4 b:S3+S4 -:S3+S4 d:S0",
    ),
    "a branch without steps of its own": (
        """
        S0 -a-> S1 + S2
        S1 -b-> S3
        S3 + S2 -c-> S0
        """,
        "-:S0 a:S1+S2 c:S1+S2 b:S2+S3 c:S0",
    ),
    "alternatives inside of a simultaneous branch": (
        """
        S0 -a-> S1 + S4
        S1 -b-> S2
        S1 -c-> S3
        S2 -d-> S5
        S3 -d-> S5
        S5 + S4 -e-> S0
        """,
        "-:S0 a:S1+S4 bc:S2+S4 d:S4+S5 e:S0 a:S1+S4 c:S3+S4 d:S4+S5 e:S0",
    ),
    "a part is left out": (
        """
        S0 -a-> S1
        S0 -b-> S2
        S1 -c-> S2
        S2 -d-> S0
        """,
        "-:S0 b:S2 d:S0 a:S1 c:S2",
    ),
    "a part is done again": (
        """
        S0 -a-> S1
        S1 -b-> S2
        S2 -c-> S1
        S2 -d-> S0
        """,
        "-:S0 a:S1 b:S2 c:S1 b:S2 d:S0",
    ),
    "a step that is left and entered at once stays, and begins anew": (
        """
        S0 -a-> S1
        S1 -S1.T >= T#20ms-> S1
        S1 -b-> S0
        """,
        "-:S0 a:S1 -:S1 b:S1 -:S1 b:S1 b:S0",
    ),
    "transitions of different steps are cleared in the same scan": (
        """
        S0 -a-> S1 + S2
        S1 -b-> S3
        S2 -b-> S4
        S3 + S4 -c-> S0
        """,
        "-:S0 a:S1+S2 b:S3+S4 c:S0",
    ),
    "the time of a step": (
        """
        S0 -S0.T >= T#30ms-> S1
        S1 -S1.T >= T#20ms-> S0
        """,
        "-:S0 -:S0 -:S0 -:S1 -:S1 -:S0 -:S0 -:S0 -:S1",
    ),
    "a condition may ask other steps": (
        """
        S0 -a-> S1 + S2
        S1 -NOT S2.X-> S3
        S2 -b-> S4
        S3 + S4 -c-> S0
        """,
        "-:S0 a:S1+S2 -:S1+S2 b:S1+S4 -:S3+S4 c:S0",
    ),
}


@pytest.mark.parametrize("way", range(4))
@pytest.mark.parametrize("name", HISTORIES)
def test_the_steps_follow_each_other(name: str, way: int):
    text, history = HISTORIES[name]
    net = Net.of(text)
    run = Run(pou(net, "a, b, c, d, e : BOOL", Random(way)))
    for number, scan in enumerate(history.split(), 1):
        inputs, _, active = scan.partition(":")
        run.scan({name: name in inputs for name in "abcde"})
        found = "+".join(sorted(step for step in net.steps if run.get(f"{step}.X")))
        assert found == active, f"scan {number} of {history}"


ACTIONS = {
    "N: while the step is active": (Action("q"), "-:. a:q a:q b:. -:."),
    "S: set, beyond the step": (Action("q", "S"), "-:. a:q b:q -:q"),
    "P: in the first scan of the step": (Action("q", "P"), "-:. a:q -:. -:. b:."),
    "P1: the same": (Action("q", "P1"), "-:. a:q -:. -:. b:."),
    "P0: in the scan in which the step is left": (Action("q", "P0"), "-:. a:. -:. b:q -:."),
    "L: from the beginning, for a time": (Action("q", "L", "T#30ms"), "-:. a:q -:q -:q -:. -:. b:."),
    "L: not longer than the step": (Action("q", "L", "T#30ms"), "-:. a:q b:. -:."),
    "D: after a time": (Action("q", "D", "T#20ms"), "-:. a:. -:. -:q -:q b:."),
    "D: not after the step": (Action("q", "D", "T#20ms"), "-:. a:. -:. b:. -:."),
    "SD: set, then delayed, also beyond the step": (Action("q", "SD", "T#20ms"), "-:. a:. b:. -:q -:q"),
    "DS: delayed, then set; the step must last": (Action("q", "DS", "T#20ms"), "-:. a:. -:. -:q b:q -:q"),
    "DS: else nothing happens": (Action("q", "DS", "T#20ms"), "-:. a:. -:. b:. -:. -:."),
    "SL: set, for a time, also beyond the step": (Action("q", "SL", "T#30ms"), "-:. a:q b:q -:q -:. -:."),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_does_as_its_qualifier_says(name: str):
    """On the way from S0 over S1, which has the action, and back. `q` or `.`: whether it is active."""
    action, history = ACTIONS[name]
    net = Net.of("S0 -a-> S1\nS1 -b-> S0", {"S1": (action,)})
    run = Run(pou(net, "a, b, q : BOOL", Random(0)))
    for number, scan in enumerate(history.split(), 1):
        inputs, _, active = scan.partition(":")
        run.scan({name: name in inputs for name in "ab"})
        assert run.get("q") == (active == "q"), f"scan {number} of {history}"


def test_r_resets_what_another_step_has_set():
    actions = {"S1": (Action("q", "S"),), "S2": (Action("q", "R"),)}
    run = Run(pou(Net.of("S0 -a-> S1\nS1 -b-> S2\nS2 -a-> S0", actions), "a, b, q : BOOL", Random(0)))
    seen: list[bool] = []
    for given_inputs in ("", "a", "", "b", ""):
        run.scan({name: name in given_inputs for name in "ab"})
        seen.append(run.get("q"))
    assert seen == [False, True, True, False, False]


def test_a_body_runs_once_more_when_its_action_ends():
    """The final scan of the standard, in which Q is FALSE already."""
    actions = {"S1": (Action(body="n := n + 1;"),)}
    run = Run(pou(Net.of("S0 -a-> S1\nS1 -b-> S0", actions), "a, b : BOOL; n : INT", Random(0)))
    seen: list[int] = []
    for given_inputs in ("", "a", "", "b", "", ""):
        run.scan({name: name in given_inputs for name in "ab"})
        seen.append(run.get("n"))
    assert seen == [0, 1, 2, 3, 3, 3]


@pytest.mark.parametrize("action", [Action("q", "D"), Action("q", "X", "T#1s")])
def test_an_action_that_does_not_say_when_is_refused(action: Action):
    net = Net.of("S0 -a-> S0", {"S0": (action,)})
    (finding,) = check([source(pou(net, "a, q : BOOL", Random(0)))])
    assert finding.code.id == "RUNG0640"


def test_a_duration_that_no_qualifier_needs_says_nothing():
    run = Run(pou(Net.of("S0 -a-> S0", {"S0": (Action("q", "N", "T#1s"),)}), "a, q : BOOL", Random(0)))
    run.scan()
    assert run.get("q")


# ------------------------------------------------------------------------------------------------------------ generated

EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@EXAMPLES
@given(charts(), st.integers(0, 1 << 30))
def test_drawn_charts_do_as_the_standard_says(chart: Chart, seed: int):
    follow_chart(chart, Random(seed))


def follow_chart(chart: Chart, random: Random, scans: int = 200, interpreted: int = 60) -> None:
    """Against a play by hand, which knows nothing of drawings."""
    assume("RUNG0451" not in codes(chart.text))
    bodies, flags = range(chart.bodies), range(chart.bodies, chart.bodies + chart.flags)
    run, play = Run(drawn_of(chart, random), interpreted=interpreted), Play(chart)
    for _ in range(scans):
        inputs, ms = [random.random() < 0.5 for _ in range(chart.inputs)], random.choice((5, 10, 10, 25))
        run.scan({f"c{n}": value for n, value in enumerate(inputs)}, ms)
        play.scan(inputs, run.now_ns)
        assert [run.get(f"s{n}.X") for n in range(chart.steps)] == play.x
        assert [run.get(f"s{n}.T") for n in range(chart.steps)] == play.t_ns
        assert [run.get(f"n{n}") for n in bodies] == play.counts
        assert [run.get(f"a{n}") for n in flags] == play.flags


def drawn_of(chart: Chart, random: Random) -> Pou:
    bodies, flags = range(chart.bodies), range(chart.bodies, chart.bodies + chart.flags)
    declared = (
        f"{', '.join(f'c{n}' for n in range(chart.inputs))}, {', '.join(f'a{n}' for n in flags)} : BOOL; "
        f"{', '.join(f'n{n}' for n in bodies)} : UDINT"
    )
    return pou(_net(chart), declared, random, {f"a{n}": f"n{n} := n{n} + 1;" for n in bodies})


def _net(chart: Chart) -> Net:
    transitions = tuple(
        Transition(_names(t.sources), t.condition.text, _names(t.targets), t.priority) for t in chart.transitions
    )
    actions = {
        f"s{step}": tuple(
            Action(f"a{a.action}", a.qualifier, f"T#{a.time_ms}ms" if a.qualifier in TIMED else "")
            for a in chart.associations
            if a.step == step
        )
        for step in range(chart.steps)
    }
    return Net(_names(tuple(range(chart.steps))), transitions, actions)


def _names(steps: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"s{step}" for step in steps)
