"""CONFIGURATION, tasks and program instances; and what runs where the sources have none."""

import pytest

from iec61131 import compiler
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.semantics.model import ConstantExpression, Load, Model
from iec61131.semantics.options import CompileOptions, DefaultTask
from iec61131.source import SourceFile, Span
from tests.unit.resolved import build, codes, findings

PROGRAMS = """
VAR_GLOBAL gLevel : INT; gPump : BOOL; END_VAR
PROGRAM Fill VAR_INPUT level : INT; limit : INT := 50; END_VAR VAR_OUTPUT pump : BOOL; END_VAR
pump := level < limit;
END_PROGRAM
PROGRAM Log VAR n : INT; END_VAR n := n + 1; END_PROGRAM
"""


def tasks_of(model: Model) -> list[tuple[str, int, int, list[str]]]:
    return [
        (t.name, t.interval_ns // 1_000_000, t.priority, [run.variable.name for run in t.programs]) for t in model.tasks
    ]


def test_a_configuration():
    model, memory = build(
        PROGRAMS
        + """
        CONFIGURATION Plant
            VAR_GLOBAL CONSTANT cycle : TIME := T#20ms; END_VAR
            RESOURCE Main ON PLC
                VAR_GLOBAL gCount : INT; END_VAR
                TASK slow (INTERVAL := T#1s, PRIORITY := 5);
                TASK fast (INTERVAL := cycle / 2, PRIORITY := 1);
                PROGRAM Tank1 WITH fast : Fill (level := gLevel, limit := 40, pump => gPump);
                PROGRAM Tank2 WITH fast : Fill (level := %IW3);
                PROGRAM Logger WITH slow : Log;
            END_RESOURCE
        END_CONFIGURATION"""
    )
    assert tasks_of(model) == [("fast", 10, 1, ["Tank1", "Tank2"]), ("slow", 1000, 5, ["Logger"])]
    first, second = model.tasks[0].programs
    assert [v.name for v, _ in first.inputs] == ["level", "limit"]
    assert isinstance(first.inputs[0][1], Load)
    assert isinstance(first.inputs[1][1], ConstantExpression)
    assert [(o.output.name, o.place.span.text) for o in first.outputs] == [("pump", "gPump")]
    assert first.program is second.program
    assert first.variable is not second.variable
    assert {v.path for v in memory.variables} == {"gLevel", "gPump", "cycle", "gCount", "Tank1", "Tank2", "Logger"}


def test_without_a_configuration_every_program_runs_each_ten_milliseconds():
    model, _ = build(PROGRAMS)
    assert tasks_of(model) == [("main", 10, 0, ["Fill", "Log"])]


def test_tasks_from_the_options():
    fast, slow = DefaultTask("fast", "fill", 5_000_000, 0), DefaultTask("slow", "Log", 100_000_000, 3)
    model, _ = build(PROGRAMS, CompileOptions(default_task=(slow, fast)))
    assert tasks_of(model) == [("fast", 5, 0, ["Fill"]), ("slow", 100, 3, ["Log"])]
    configured = PROGRAMS + "CONFIGURATION C TASK t (INTERVAL := T#1s); PROGRAM P WITH t : Log; END_CONFIGURATION"
    model, _ = build(configured, CompileOptions(default_task=(slow, fast)))
    assert tasks_of(model) == [("t", 1000, 0, ["P"])]


def test_a_task_of_the_options_that_runs_an_unknown_program_points_at_the_project_file():
    project = SourceFile("plc.toml", 'program = "Fil"')
    task = DefaultTask("fast", "Fil", span=Span(project, 11, 14))
    with pytest.raises(CompileError) as caught:
        build(PROGRAMS, CompileOptions(default_task=(task,)))
    (finding,) = caught.value.diagnostics
    assert finding.code.id == "RUNG0430"
    assert str(finding.span) == "plc.toml:1:12"
    assert "did you mean 'Fill'?" in finding.remedy


def test_a_program_that_no_task_of_the_options_runs_is_named():
    found = compiler.check([SourceFile("a.st", PROGRAMS)], CompileOptions(default_task=(DefaultTask("t", "Log"),)))
    assert [(f.code.id, f.span.text) for f in found] == [("RUNG0432", "Fill")]


def test_an_instance_without_a_task_runs_after_all_others():
    text = (
        PROGRAMS
        + """CONFIGURATION C
        TASK t (INTERVAL := T#1s, PRIORITY := 7); PROGRAM A WITH t : Log; PROGRAM B : Fill;
        END_CONFIGURATION"""
    )
    model, _ = build(text)
    assert tasks_of(model) == [("t", 1000, 7, ["A"]), ("B", 10, 8, ["B"])]
    assert codes(text) == ["RUNG0431"]


def in_configuration(text: str) -> str:
    return PROGRAMS + f"CONFIGURATION C\nTASK t (INTERVAL := T#1s);\n{text}\nEND_CONFIGURATION"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PROGRAM gLevel WITH t : Log; PROGRAM f WITH t : Fill;", ["RUNG0201"]),
        ("PROGRAM a WITH t : Log; PROGRAM A WITH t : Fill;", ["RUNG0201"]),
        ("PROGRAM a WITH t : Fill (levl := 1);", ["RUNG0358"]),
        ("PROGRAM a WITH t : Fill (level := nowhere);", ["RUNG0301"]),
        ("PROGRAM a WITH t : Fill (level := TRUE, pump => gLevel);", ["RUNG0320", "RUNG0320"]),
        ("PROGRAM a WITH t : Fill (level => gLevel);", ["RUNG0361"]),
        ("PROGRAM a WITH t : Fill (pump => %IX0.0);", ["RUNG0343"]),
        ("PROGRAM a WITH u : Fill; PROGRAM b WITH t : Logg;", ["RUNG0421", "RUNG0430"]),
        ("TASK t2 (INTERVAL := gLevel); PROGRAM a WITH t2 : Fill;", ["RUNG0320"]),
        ("TASK t2 (INTERVAL := 10); PROGRAM a WITH t2 : Fill;", ["RUNG0321"]),
        ("TASK t2 (INTERVAL := T#1s, PRIORITY := 65536); PROGRAM a WITH t2 : Fill;", ["RUNG0426"]),
        ("TASK t2 (INTERVAL := T#-1s, PRIORITY := 1.5); PROGRAM a WITH t2 : Fill;", ["RUNG0425", "RUNG0327"]),
    ],
)
def test_mistakes(text, expected):
    assert [f.code.id for f in findings(in_configuration(text)) if f.is_error] == expected


def test_two_programs_may_share_an_output_but_are_told():
    text = """PROGRAM A VAR x AT %QX0.0 : BOOL; END_VAR x := TRUE; END_PROGRAM
        PROGRAM B VAR y AT %QX0.0 : BOOL; END_VAR y := FALSE; END_PROGRAM"""
    (finding,) = findings(text)
    assert (finding.code.id, finding.is_error, finding.span.line) == ("RUNG0405", False, 2)
    assert [note.span.line for note in finding.notes] == [1]


def test_one_place_in_two_views_is_fine_apart_from_outputs():
    views = "w AT %{0}W0 : WORD; i AT %{0}W0 : INT; b AT %{0}B1 : BYTE; x AT %{0}X0.3 : BOOL;"
    assert codes(f"VAR_GLOBAL {views.format('M')} END_VAR") == []
    assert codes(f"VAR_GLOBAL {views.format('I')} END_VAR") == []
    assert codes(f"VAR_GLOBAL {views.format('Q')} END_VAR") == ["RUNG0405", "RUNG0406", "RUNG0406"]
    assert codes("VAR_GLOBAL a AT %MW0 : INT; b AT %MW0 : INT; END_VAR") == ["RUNG0405"]


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("x AT %MW3 : ARRAY[0..9] OF INT;", []),
        ("x AT %MD3 : ARRAY[0..9] OF INT;", []),
        ("x AT %MB3 : ARRAY[0..9] OF INT;", ["RUNG0403"]),
        ("x AT %MX3.0 : ARRAY[0..9] OF INT;", ["RUNG0403"]),
        ("x AT %MW3 : ARRAY[0..9] OF BOOL;", ["RUNG0403"]),
        ("x AT %MW3 : TON;", ["RUNG0403"]),
        ("x AT %ML131071 : LREAL;", []),
        ("x AT %MW524287 : LREAL;", ["RUNG0401"]),
        ("x AT %MW524288 : INT;", ["RUNG0401"]),
        ("x AT %MW524280 : ARRAY[0..99] OF INT;", ["RUNG0401"]),
        ("x AT %MX7 : BOOL;", []),
        ("x AT %M7.1 : BOOL;", []),
        ("x AT %QL0 : TIME;", []),
    ],
)
def test_what_may_lie_where(declaration, expected):
    assert codes(f"VAR_GLOBAL {declaration} END_VAR") == expected
