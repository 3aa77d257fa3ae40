"""Charts from PLCopen XML to text and back: the same steps, transitions and actions, and they do the same."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from iec61131.compiler import check
from iec61131.conversion import convert
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.input_forms import parse
from iec61131.source import SourceFile
from iec61131.syntax.tree import Chart, IntegerLiteral, PouDeclaration
from tests.graphical.build import Action, Drawing, Pou, source
from tests.graphical.test_charts import drawn_of
from tests.language.harness import values
from tests.language.harness.executors import Limits, Subject
from tests.unit import chart_reference
from tests.unit.resolved import codes
from tests.unit.test_charts import charts

MATERIAL = os.environ.get("RUNG_PLCOPEN_FILES", "")
EXAMPLES = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def said(chart: Chart) -> tuple[Any, ...]:
    """What a chart says, apart from its conditions and the names that actions in the chart itself are given."""
    steps = [
        (
            step.name.key,
            step.is_initial,
            [(a.qualifier, a.time.span.text if a.time is not None else "") for a in step.associations],
        )
        for step in chart.steps
    ]
    transitions = [
        (
            {name.key for name in each.sources},
            {name.key for name in each.targets},
            each.priority.value if isinstance(each.priority, IntegerLiteral) else None,
        )
        for each in chart.transitions
    ]
    return steps, transitions


def charts_of(file: SourceFile) -> dict[str, tuple[Any, ...]]:
    unit, _ = parse(file)
    pous = [declared for declared in unit.declarations if isinstance(declared, PouDeclaration)]
    return {pou.name.key: said(pou.chart) for pou in pous if pou.chart is not None}


def there_and_back(drawn: SourceFile) -> list[SourceFile]:
    """The drawing, the text that is made of it, and the drawing that is made of that."""
    files = [drawn]
    for name in ("b.ld", "c.xml"):
        converted = convert(files[-1], name)
        assert converted.left_out == ()
        files.append(SourceFile(name, converted.text))
    return files


@EXAMPLES
@given(charts(), st.integers(0, 1 << 30))
def test_a_chart_of_any_kind_stays_what_it_is(chart: chart_reference.Chart, seed: int) -> None:
    assume("RUNG0451" not in codes(chart.text))
    chance = Random(seed)
    files = there_and_back(source(drawn_of(chart, chance)))
    first, *others = [charts_of(file) for file in files]
    assert others == [first, first]
    histories = [history(file, chart, Random(seed)) for file in files]
    assert histories[1:] == histories[:1] * 2


def history(file: SourceFile, chart: chart_reference.Chart, chance: Random, scans: int = 30) -> list[bytes]:
    """What the variables are after each scan, in the order of their names."""
    subject = Subject([file])
    memory, limits = subject.memory(), Limits(loops=10_000)
    leaves = {leaf.path.upper(): leaf for leaf in subject.program.leaves()}
    watched = [f"MAIN.S{n}.{pin}" for n in range(chart.steps) for pin in "XT"]
    watched += [f"MAIN.N{n}" for n in range(chart.bodies)]
    found: list[bytes] = []
    now_ns = 0
    for _ in range(scans):
        now_ns += chance.choice((5, 10, 10, 25)) * 10**6
        for n in range(chart.inputs):
            values.write(memory, leaves[f"MAIN.C{n}"], chance.random() < 0.5)
        assert subject.scan("compiled", memory, now_ns, limits) is None
        found.append(repr([values.read(memory, leaves[path]) for path in watched]).encode())
    return found


def test_what_stands_in_a_chart_gets_a_name() -> None:
    """An action without one, and a condition of function blocks for two transitions."""
    drawing = Drawing("SFC")
    first = drawing.step("One", initial=True)
    drawing.actions(first, Action(body="n := n + 1;"), Action(body="n := n + 2;", qualifier="P1"))
    decides = Drawing("FBD")
    decides.store("go", decides.block("AND", ["a", "b"]).out)
    second = drawing.step("Two", drawing.transition("go", first.out, named=True))
    drawing.jump_step("One", drawing.transition("go", second.out, named=True))
    main = Pou("Main", "a, b, One_N : BOOL; n : INT", drawing, transitions={"go": decides})
    files = there_and_back(source(main))
    assert all(check([file]) == [] for file in files)
    text = files[1].text
    assert "    One_N_2(N);\n    One_P1(P1);\n" in text
    assert "TRANSITION FROM One TO Two:\nNETWORK\n" in text
    assert charts_of(files[2]) == charts_of(files[0])


def test_the_picture_keeps_the_order_of_transitions() -> None:
    """Several behind one step are asked in the order of the text, wherever they lead."""
    text = (
        "PROGRAM Main\nVAR\n    a, b : BOOL;\nEND_VAR\nSTEP Two:\nEND_STEP\nINITIAL_STEP One:\nEND_STEP\n"
        "TRANSITION FROM Two TO One := b;\nEND_TRANSITION\nTRANSITION up FROM One TO (Two, Three) := a;\n"
        "END_TRANSITION\nSTEP Three:\n    b(S);\nEND_STEP\nTRANSITION FROM One TO Three := b;\nEND_TRANSITION\n"
        "TRANSITION FROM (Three, Two) TO One := a;\nEND_TRANSITION\nEND_PROGRAM\n"
    )
    written = SourceFile("a.ld", text)
    converted = convert(written, "a.xml")
    assert converted.left_out == ()
    assert charts_of(SourceFile("a.xml", converted.text)) == charts_of(written)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("a(N);", "a(N, b, c);", "an action of the step One has several indicators"),
        ("TRANSITION FROM", "TRANSITION (PRIORITY := k) FROM", "the PRIORITY of a transition is no number"),
    ],
)
def test_what_a_drawing_cannot_say_is_said(old: str, new: str, why: str) -> None:
    text = (
        "PROGRAM Main\nVAR CONSTANT\n    k : INT := 1;\nEND_VAR\nVAR\n    a, b, c : BOOL;\nEND_VAR\n"
        "INITIAL_STEP One:\n    a(N);\nEND_STEP\nTRANSITION FROM One TO One := a;\nEND_TRANSITION\nEND_PROGRAM\n"
    )
    assert convert(SourceFile("a.ld", text.replace(old, new)), "a.xml").left_out == (f"the PROGRAM Main: {why}",)


@pytest.mark.skipif(not MATERIAL, reason="RUNG_PLCOPEN_FILES names a folder of PLCopen files")
def test_charts_that_other_tools_wrote() -> None:
    compared = 0
    for path in sorted(Path(MATERIAL or ".").rglob("*.xml")):
        drawn = SourceFile("a.xml", path.read_text("utf-8", errors="replace"))
        try:
            text = SourceFile("b.ld", convert(drawn, "b.ld").text)
            again = SourceFile("c.xml", convert(text, "c.xml").text)
        except CompileError:
            continue
        first, between, after = charts_of(drawn), charts_of(text), charts_of(again)
        assert {key: first[key] for key in between} == between == after, path
        compared += len(between)
    assert compared
