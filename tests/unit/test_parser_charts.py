"""The sequential function chart in text: steps, transitions, actions; and what is said about errors in them."""

import pytest

from tests.unit.test_parser_errors import places_of
from tests.unit.trees import body_of, check_places, codes_of, in_program, only, parsed, sketch

CHART = """
INITIAL_STEP Idle: END_STEP
TRANSITION FROM Idle TO (Fill, Heat) := start AND NOT stop; END_TRANSITION
{hot} STEP Fill:
    valve(N); pump(L, T#5s); lamp(S, x.ready, y); counted(P0); plain();
END_STEP
ACTION pump: p := TRUE; END_ACTION
STEP Heat: heater(sd, delay + T#1s, hot); END_STEP
TRANSITION done (PRIORITY := 2) FROM (Fill, Heat) TO Idle := Fill.T > T#1m; END_TRANSITION
{last} TRANSITION (PRIORITY := 1) FROM Heat TO Idle := stop; END_TRANSITION
ACTION lamp: q := 1; END_ACTION
"""


def test_a_chart():
    text = in_program(CHART)
    check_places(parsed(text))
    pou = only(text)
    idle, fill, heat = pou.chart.steps
    assert [(step.name.text, step.is_initial) for step in pou.chart.steps] == [
        ("Idle", True),
        ("Fill", False),
        ("Heat", False),
    ]
    assert (idle.associations, sketch(fill.pragmas)) == ((), "[hot]")
    assert [
        (a.name.text, a.qualifier, sketch(a.time), sketch(a.indicators))
        for a in (*fill.associations, *heat.associations)
    ] == [
        ("valve", "N", "-", "[]"),
        ("pump", "L", "T#5000000000", "[]"),
        ("lamp", "S", "-", "[x.ready, y]"),
        ("counted", "P0", "-", "[]"),
        ("plain", "N", "-", "[]"),
        ("heater", "SD", "(+ delay T#1000000000)", "[hot]"),
    ]
    assert [
        (sketch(t.name), sketch(t.priority), sketch(t.sources), sketch(t.targets), sketch(t.condition))
        for t in pou.chart.transitions
    ] == [
        ("-", "-", "[Idle]", "[Fill, Heat]", "(AND start (NOT stop))"),
        ("done", "2", "[Fill, Heat]", "[Idle]", "(> Fill.T T#60000000000)"),
        ("-", "1", "[Heat]", "[Idle]", "stop"),
    ]
    assert sketch(pou.chart.transitions[2].pragmas) == "[last]"
    assert [(action.name.text, sketch(action.body)) for action in pou.actions] == [
        ("pump", "[Assign(p, TRUE)]"),
        ("lamp", "[Assign(q, 1)]"),
    ]
    assert pou.body == ()
    assert pou.chart.span.text.startswith("INITIAL_STEP Idle")
    assert pou.chart.span.text.endswith("END_TRANSITION")


@pytest.mark.parametrize("qualifier", ["N", "R", "S", "P", "P0", "P1", "L", "D", "SD", "DS", "SL"])
def test_each_qualifier(qualifier):
    time = ", T#1s" if qualifier in ("L", "D", "SD", "DS", "SL") else ""
    (step,) = only(in_program(f"STEP s: a({qualifier}{time}, i); END_STEP")).chart.steps
    (found,) = step.associations
    assert (found.qualifier, found.time is not None, sketch(found.indicators)) == (qualifier, time != "", "[i]")


def test_statements_have_no_chart_and_actions_may_have_one():
    assert only(in_program("x := 1;")).chart is None
    (action,) = only(in_program("ACTION a: STEP s: END_STEP END_ACTION STEP t: END_STEP")).actions
    assert [step.name.text for step in action.chart.steps] == ["s"]
    assert action.body == ()


def test_words_of_charts_are_names_in_statements():
    text = "Step := Transition + 1; step(x); Transition(PRIORITY); initial_step.x := 1;"
    assert [type(s).__name__ for s in body_of(text)] == ["Assign", "CallStatement", "CallStatement", "Assign"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("STEP a: b(N) END_STEP\nSTEP c: d(; END_STEP", [(2, "RUNG0121"), (3, "RUNG0120")]),
        ("STEP a END_STEP\nSTEP c: d(; END_STEP", [(2, "RUNG0120"), (3, "RUNG0120")]),
        ("STEP a: b(N);\nSTEP c: END_STEP", [(3, "RUNG0123")]),
        (
            "STEP a: b(Q);\nc(L);\nd(D, );\ne(N, ); END_STEP",
            [(2, "RUNG0120"), (3, "RUNG0120"), (4, "RUNG0127"), (5, "RUNG0127")],
        ),
        ("STEP a: END_STP\nSTEP b: c(X); END_STEP", [(2, "RUNG0122"), (3, "RUNG0120")]),
        ("STEP a: x := 1; END_STEP\nSTEP b: c(X); END_STEP", [(2, "RUNG0120"), (3, "RUNG0120")]),
        ("TRANSITION FROM a b := c; END_TRANSITION\nSTEP b: c(X); END_STEP", [(2, "RUNG0120"), (3, "RUNG0120")]),
        ("TRANSITION FROM a TO b := ; END_TRANSITION\nSTEP b: c(X); END_STEP", [(2, "RUNG0127"), (3, "RUNG0120")]),
        ("TRANSITION FROM a TO b; END_TRANSITION\nSTEP b: c(X); END_STEP", [(2, "RUNG0120"), (3, "RUNG0120")]),
        ("TRANSITION FROM a TO b := c;\nSTEP b: c(X); END_STEP", [(3, "RUNG0123"), (3, "RUNG0120")]),
        (
            "TRANSITION FROM a TO b := c := 1; END_TRANSITION\nSTEP b: c(X); END_STEP",
            [(2, "RUNG0129"), (3, "RUNG0120")],
        ),
        ("TRANSITION FROM a TO b : LD x END_TRANSITION\nSTEP b: c(X); END_STEP", [(2, "RUNG0150"), (3, "RUNG0120")]),
        ("TRANSITION (PRIORITY := ) FROM a TO b := c; END_TRANSITION", [(2, "RUNG0127")]),
        ("x := 1;\nSTEP a: END_STEP", [(2, "RUNG0120")]),
        ("STEP a: END_STEP\nx := 1;", [(3, "RUNG0120")]),
        ("STEP a: b(N);", [(3, "RUNG0123")]),
    ],
)
def test_errors_in_charts(text, found):
    assert places_of(in_program(text)) == found
    assert codes_of(in_program(text) + "PROGRAM Last\nx := ;\nEND_PROGRAM") == [*(c for _, c in found), "RUNG0127"]


def test_a_method_is_no_chart():
    text = "FUNCTION_BLOCK B\nMETHOD m\nSTEP a: END_STEP\nEND_METHOD\nx := ;\nEND_FUNCTION_BLOCK"
    assert places_of(text) == [(3, "RUNG0120"), (5, "RUNG0127")]
