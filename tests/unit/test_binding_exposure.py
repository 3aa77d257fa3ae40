"""Which variables clients see and may write, and whose quality they have. The program is the one of project_world."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from iec61131.program import CompiledProgram, DataType, Member, Section, Task, UnknownPath, Variable
from runtime.service import exposure
from runtime.service.binding import bind
from runtime.service.plant import build
from tests.unit.project_world import DEVICE, MS, PLC, bind_text, errors, errors_of, make_program, point, project

PROGRAM = make_program()


def exposed(expose: str, writable: str = "[]", *points: str) -> dict[str, tuple[bool, int]]:
    """Path to (writable, channel) of everything that is exposed."""
    result = bind_text(PLC + DEVICE + "".join(points) + f"[opcua]\nexpose = {expose}\nwritable = {writable}\n")
    return {e.target.path: (e.writable, e.channel) for e in result.exposed}


@pytest.mark.parametrize(
    ("expose", "paths"),
    [
        ('["Main.Level"]', ["Main.Level"]),
        ('["MAIN.level"]', ["Main.Level"]),
        ('["Main.Level", "Main.*el", "*.Level"]', ["Main.Level"]),
        ('["Main.Motor.*"]', ["Main.Motor.Speed", "Main.Motor.Ok"]),
        ('["Main.Motor*.Ok"]', ["Main.Motor.Ok", "Main.Motors[1].Ok", "Main.Motors[2].Ok"]),
        ('["Main.Motors[2].*"]', ["Main.Motors[2].Speed", "Main.Motors[2].Ok"]),
        ('["Main.Motors[2].Ok"]', ["Main.Motors[2].Ok"]),
        ('["Main.Levels", "Main.Grid"]', ["Main.Levels", "Main.Grid"]),
        ('["g*"]', ["gSpeed", "gWord"]),
        ('["Main.S*t"]', ["Main.Setpoint", "Main.Start"]),
        ('["Main.Lamp", "Main.Percent"]', ["Main.Lamp", "Main.Percent"]),
        (
            '["gWord", "Main.Pe*", "Main.Lamp", "*.P*"]',
            ["gWord", "Main.Percent", "Main.Lamp", "Main.Precise", "Main.Pump"],
        ),
    ],
)
def test_what_patterns_expose(expose: str, paths: list[str]):
    assert list(exposed(expose)) == paths


def test_a_star_alone_exposes_everything_once():
    everything = exposed('["*", "Main.Level"]')
    leaves = {target.path for target in PROGRAM.leaves()}
    arrays = {"Main.Levels": 3, "Main.Grid": 4}
    assert {path for path in everything if path not in arrays} == {
        path for path in leaves if not path.startswith(("Main.Levels", "Main.Grid"))
    }
    assert set(arrays) <= set(everything)


def test_what_the_compiler_adds_to_a_block_is_not_exposed(tmp_path: Path):
    """`CU : BOOL R_EDGE` needs memory of its own, the members `CU$edge` and `CU$last`. `Main.*` gave them to HMIs,
    which could write them, and a mistyped member was answered with their names.
    """
    source = (
        "FUNCTION_BLOCK Count\nVAR_INPUT CU : BOOL R_EDGE; END_VAR\nVAR_OUTPUT CV : INT; END_VAR\n"
        "IF CU THEN CV := CV + 1; END_IF;\nEND_FUNCTION_BLOCK\n"
        "PROGRAM Main\nVAR Parts : ARRAY[1..2] OF Count; END_VAR\nParts[1]();\nEND_PROGRAM\n"
    )
    (tmp_path / "main.st").write_text(source)
    (tmp_path / "plc.toml").write_text('[plc]\nname = "a"\nsources = ["main.st"]\n[opcua]\nexpose = ["Main.*"]\n')
    plant = build(tmp_path)
    assert [e.target.path for e in plant.bound.exposed] == [
        f"Main.Parts[{number}].{name}" for number in (1, 2) for name in ("CU", "CV")
    ]
    assert plant.program.find("Main.Parts[1].CU").type.name == "BOOL"
    for path in ("Main.Parts[1].CU$edge", "Main.Parts[1].CX"):
        with pytest.raises(UnknownPath) as caught:
            plant.program.find(path)
        assert caught.value.known == ["CU", "CV"]


def test_without_opcua_nothing_is_exposed():
    assert bind_text(PLC + DEVICE).exposed == ()
    assert exposed("[]") == {}


def test_what_may_be_written():
    points = point('to = "Main.Level"'), point('to = "%IX0.0"', name="s", address=5)
    result = exposed('["Main.*"]', '["Main.L*", "Main.S*", "Main.Count"]', *points)
    writable = {path for path, (may, _) in result.items() if may}
    # neither the constant Limit, nor Level and Start, which the device writes
    assert writable == {"Main.Levels", "Main.Lamp", "Main.Setpoint", "Main.Signal", "Main.Count"}


def test_an_exposed_variable_has_the_quality_of_the_input_that_writes_it():
    points = [
        point('to = "%IX0.0"', name="a", address=1),
        point('to = "Main.Levels[2]"', name="b", address=3),
        point('to = "%IB3"', name="c", address=6),
        point('to = "Main.Motors[1].Speed"', name="d", address=8),
    ]
    result = exposed('["*"]', "[]", *points)
    channels = {path: channel for path, (_, channel) in result.items() if channel >= 0}
    # Main.Analogue is %IW2, bytes 4 and 5
    assert channels == {"Main.Start": 0, "Main.Levels": 1, "Main.Motors[1].Speed": 3}
    points[2] = point('to = "%IB4"', name="c", address=6)
    assert exposed('["Main.Analogue"]', "[]", *points) == {"Main.Analogue": (False, 2)}


def test_a_pattern_with_many_stars_costs_no_more_than_its_length():
    pattern = "*" + "a*" * 120
    assert [f.code.id for f in errors(f'{PLC}[opcua]\nexpose = ["{pattern}"]\n')] == ["RUNG0563"]


@given(st.text("ab*", min_size=1, max_size=6), st.text("ab", max_size=8))
def test_patterns_match_as_shell_patterns_do(pattern: str, name: str):
    from fnmatch import fnmatchcase

    program = _program_with([f"x{name}"])
    found = errors_of(bind, project(f'{PLC}[opcua]\nexpose = ["x{pattern}"]\n'), program)
    assert (not found) == fnmatchcase(f"x{name}", f"x{pattern}")


def _program_with(names: list[str]) -> CompiledProgram:
    """A program with BOOL globals."""
    types = (DataType("BOOL", "elementary", 1, base="BOOL"),)
    variables = tuple(Variable(name, 0, "globals", 192 + n) for n, name in enumerate(names))
    sections = {"header": Section(0, 192), "globals": Section(192, 8 * len(names))}
    tasks = (Task("main", 10 * MS, 1, "main"),)
    return CompiledProgram(
        "x", "", "", (), bytes(192 + 8 * len(names)), sections, types, variables, (), tasks, {}, 0, {}
    )


def test_the_walk_goes_only_where_a_pattern_leads(monkeypatch: pytest.MonkeyPatch):
    inner = DataType("S", "struct", 1, members=(Member("a", 0, 0),))
    array = DataType("ARRAY OF S", "array", 1000, element=1, ranges=((1, 10), (1, 100)))
    program = replace(
        _program_with(["small", "other"]),
        types=(DataType("BOOL", "elementary", 1, base="BOOL"), inner, array),
        variables=(*_program_with(["small", "other"]).variables, Variable("large", 2, "globals", 200)),
    )
    entered: list[str] = []
    parts = exposure._parts
    monkeypatch.setattr(exposure, "_parts", lambda program, at: entered.append(at.path) or parts(program, at))

    def paths(expose: str) -> list[str]:
        result = bind(project(f"{PLC}[opcua]\nexpose = {expose}\n"), program)
        return [e.target.path for e in result.exposed]

    assert paths('["small", "o*"]') == ["small", "other"]
    assert entered == []
    assert paths('["large[2, 7].a"]') == ["large[2, 7].a"]
    assert entered == ["large", "large[2, 7]"]
    assert len(paths('["large[3,*"]')) == 100
    monkeypatch.setattr(exposure, "MAX_EXPOSED", 999)
    found = errors_of(bind, project(f'{PLC}[opcua]\nexpose = ["small", "large*"]\n'), program)
    assert [(f.code.id, f.span.text) for f in found] == [("RUNG0507", '"large*"')]


def test_access_paths_are_exposed_with_their_right(tmp_path: Path):
    source = (
        "TYPE Motor : STRUCT Speed : REAL; Ok : BOOL; END_STRUCT; END_TYPE\n"
        "PROGRAM Main\nVAR Motors : ARRAY[1..2] OF Motor; Table : ARRAY[0..3] OF INT; END_VAR\nEND_PROGRAM\n"
        "VAR_ACCESS\nfast : Main.Motors[2].Speed : REAL READ_WRITE;\nok : Main.Motors[1].Ok : BOOL READ_ONLY;\n"
        "motor : Main.Motors[1] : Motor READ_WRITE;\ntable : Main.Table : ARRAY[0..3] OF INT;\n"
        "raw : %IW2 : INT READ_WRITE;\nEND_VAR\n"
    )
    (tmp_path / "main.st").write_text(source)
    (tmp_path / "plc.toml").write_text(
        '[plc]\nname = "a"\nsources = ["main.st"]\n[opcua]\nexpose = ["Main.Table"]\nwritable = ["*able"]\n'
    )
    plant = build(tmp_path)
    found = {e.target.path: (e.writable, e.target.offset) for e in plant.bound.exposed}
    program = plant.program
    offsets = {path: program.find(f"Main.{rest}").offset for path, rest in (("a", "Motors[2].Speed"), ("t", "Table"))}
    assert found == {
        "Main.Table": (True, offsets["t"]),
        "fast": (True, offsets["a"]),
        "ok": (False, program.find("Main.Motors[1].Ok").offset),
        "motor.Speed": (True, program.find("Main.Motors[1].Speed").offset),
        "motor.Ok": (True, program.find("Main.Motors[1].Ok").offset),
        "table": (False, offsets["t"]),
        "raw": (True, program.find("%IW2").offset),
    }
    assert CompiledProgram.from_bytes(program.to_bytes()).accesses == program.accesses
