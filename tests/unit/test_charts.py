"""Generated charts, scan by scan against a chart that is played by hand, in both executors."""

from __future__ import annotations

import struct

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, assume, given, settings

from iec61131.source import SourceFile
from tests.language.harness.executors import Limits, Memory, Subject
from tests.unit.chart_reference import MS, TIMED, Association, Chart, Condition, Play, Transition
from tests.unit.resolved import codes

TIMES_MS = (0, 10, 20, 30, 50)
LIMITS = Limits()


def of_input(number: int) -> Condition:
    return Condition(f"c{number}", lambda inputs, _: inputs[number])


def of_step(step: int, ms: int) -> Condition:
    return Condition(f"s{step}.T >= T#{ms}ms", lambda _, play: play.t_ns[step] >= ms * MS)


def without_step(step: int) -> Condition:
    return Condition(f"NOT s{step}.X", lambda _, play: not play.x[step])


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """Any net of steps, also such as no engineer draws; what can never be cleared is refused by the compiler."""
    count = draw(st.integers(2, 6))
    step = st.integers(0, count - 1)
    some = st.lists(step, min_size=1, max_size=2, unique=True).map(tuple)
    condition = st.one_of(
        st.integers(0, 2).map(of_input),
        st.builds(of_step, step, st.sampled_from(TIMES_MS)),
        st.builds(without_step, step),
    )
    priority = st.none() | st.integers(1, 3)
    transitions = draw(st.lists(st.builds(Transition, some, some, condition, priority), min_size=2, max_size=8))
    qualifier = st.sampled_from(("N", "R", "S", "P", "P0", "P1", *TIMED))
    association = st.builds(Association, step, st.integers(0, 3), qualifier, st.sampled_from(TIMES_MS))
    # The number of an association is its place among those of its action, which the text has step by step.
    associations = sorted(draw(st.lists(association, max_size=10)), key=lambda a: a.step)
    return Chart(count, tuple(transitions), tuple(associations))


SCANS = st.lists(
    st.tuples(st.lists(st.booleans(), min_size=3, max_size=3), st.sampled_from((5, 10, 10, 25))), max_size=25
)


def seen(subject: Subject, memory: Memory, path: str) -> int:
    leaf = subject.program.find(path)
    assert leaf is not None, path
    form = {1: "<B", 4: "<I", 8: "<q"}[leaf.type.size]
    return struct.unpack_from(form, memory.tobytes(), leaf.offset)[0]


def state(subject: Subject, memory: Memory, chart: Chart) -> tuple[list[int], list[int], list[int], list[int]]:
    flags = range(chart.bodies, chart.bodies + chart.flags)
    return (
        [seen(subject, memory, f"Main.s{n}.X") for n in range(chart.steps)],
        [seen(subject, memory, f"Main.s{n}.T") for n in range(chart.steps)],
        [seen(subject, memory, f"Main.n{n}") for n in range(chart.bodies)],
        [seen(subject, memory, f"Main.a{n}") for n in flags],
    )


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(chart=charts(), scans=SCANS)
def test_charts_do_as_the_standard_says(chart: Chart, scans: list[tuple[list[bool], int]]):
    text = chart.text
    assume("RUNG0451" not in codes(text))
    subject = Subject([SourceFile("chart.st", text)])
    memories = {name: subject.memory() for name in subject.executors}
    play, now_ns = Play(chart), 0
    for inputs, ms in scans:
        now_ns += ms * MS
        play.scan(inputs, now_ns)
        for name, memory in memories.items():
            for number, value in enumerate(inputs):
                leaf = subject.program.find(f"Main.c{number}")
                memory[leaf.offset] = value
            assert subject.scan(name, memory, now_ns, LIMITS) is None
            assert state(subject, memory, chart) == (play.x, play.t_ns, play.counts, play.flags), (name, now_ns)
    assert subject.difference(*memories.values()) is None


def test_people_see_the_steps_and_nothing_of_what_else_the_chart_keeps():
    chart = Chart(2, (Transition((0,), (1,), of_input(0)),), (Association(0, 2, "SD", 10),))
    program = Subject([SourceFile("chart.st", chart.text)]).program
    main = program.find("Main")
    assert main is not None
    members = {member.name: program.types[member.type] for member in main.type.members if not member.is_hidden}
    assert list(members)[-2:] == ["s0", "s1"]
    assert (members["s0"].name, members["s0"].kind) == ("STEP", "struct")
    assert [member.name for member in members["s0"].members] == ["X", "T"]
    step = program.find("Main.s0.X")
    assert step is not None
    assert program.initial[step.offset] == 1


def test_a_chart_of_many_steps_is_no_matter_of_depth():
    steps = 3000
    transitions = tuple(Transition((n,), ((n + 1) % steps,), of_input(0)) for n in range(steps))
    associations = tuple(Association(n, 2, "N") for n in range(steps))
    assert codes(Chart(steps, transitions, associations).text) == []


def test_branches_of_a_chart_with_more_states_than_are_played():
    """Twelve branches with three steps each have half a million states: only what can be reached is asked."""
    first = [3 * n + 1 for n in range(12)]
    steps = 3 * 12 + 1
    within = [Transition((s + i,), (s + i + 1,), of_input(0)) for s in first for i in (0, 1)]
    begin = Transition((0,), tuple(first), of_input(1))
    end = Transition(tuple(s + 2 for s in first), (0,), of_input(2))
    assert codes(Chart(steps, (begin, *within, end), ()).text) == []
    assert set(codes(Chart(steps + 1, (begin, *within, end), ()).text)) == {"RUNG0447"}
