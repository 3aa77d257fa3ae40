"""A project of several RESOURCEs: what each of them has, and what is said about what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.program import UnknownPath
from runtime.service import plant, resources
from runtime.service.bound import Bound, Resource
from runtime.service.config import load_project

SOURCE = """\
FUNCTION_BLOCK Counter
VAR_EXTERNAL Speed : INT; END_VAR
VAR_OUTPUT n : INT; END_VAR
n := n + Speed;
END_FUNCTION_BLOCK
PROGRAM PressControl
VAR_EXTERNAL Parts : INT; END_VAR
VAR level : INT; valve : BOOL; fed AT %IW4 : INT; END_VAR
Parts := Parts + level;
END_PROGRAM
PROGRAM BeltControl
VAR_EXTERNAL Parts : INT; END_VAR
VAR c : Counter; motor : BOOL; END_VAR
c();
END_PROGRAM
CONFIGURATION Line
    VAR_GLOBAL Parts : INT; END_VAR
    VAR_GLOBAL CONSTANT Most : INT := 7; END_VAR
    RESOURCE Press ON PLC
        TASK fast (INTERVAL := T#2ms);
        PROGRAM Main WITH fast : PressControl;
    END_RESOURCE
    RESOURCE Belt ON PLC
        VAR_GLOBAL Speed : INT := 3; END_VAR
        TASK slow (INTERVAL := T#20ms);
        PROGRAM Run WITH slow : BeltControl;
    END_RESOURCE
    VAR_CONFIG Run.motor : BOOL := TRUE; Line.Press.Main.level : INT := 5; END_VAR
    VAR_ACCESS Motor : Belt.Run.motor : BOOL READ_WRITE; END_VAR
END_CONFIGURATION
"""
PLC = '[plc]\nname = "line"\nsources = ["main.st"]\n'
CONNECTION = """
[connection.{name}]
driver = "modbus"
host = "127.0.0.1"
[device.{name}]
connection = "{name}"
"""
POINT = '[[device.{device}.point]]\nname = "{name}"\n{way} = "{variable}"\narea = "{area}"\naddress = {number}\n'


def write(folder: Path, more: str = "", source: str = SOURCE) -> Path:
    (folder / "main.st").write_text(source)
    (folder / "plc.toml").write_text(PLC + more)
    return folder


def device(name: str, *points: tuple[str, str, str]) -> str:
    text = CONNECTION.format(name=name)
    for number, (point, way, variable) in enumerate(points):
        area = "holding" if way == "to" else "coil"
        text += POINT.format(device=name, name=point, way=way, variable=variable, area=area, number=number)
    return text


def build(folder: Path) -> tuple[plant.Plant, plant.Plant]:
    press, belt = plant.build_all(folder)
    return press, belt


def findings(folder: Path) -> list[tuple[str, str]]:
    return [(each.code.id, each.message) for each in plant.check(folder)]


def test_each_resource_is_a_plc_of_its_own(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert resources.names_of(load_project(folder)) == ("Press", "Belt")
    press, belt = build(folder)
    assert (press.bound.name, belt.bound.name) == ("line-Press", "line-Belt")
    assert belt.bound.resource == Resource("line", "Belt", 1, 2)
    assert Bound.from_bytes(belt.bound.to_bytes()) == belt.bound
    assert [task.name for task in press.program.tasks] == ["fast"]
    assert [task.name for task in belt.program.tasks] == ["slow"]
    assert press.program.shared == belt.program.shared == ("Parts",)
    assert belt.program.find("Motor").path == "Motor"
    for built, missing in ((press, "Run.motor"), (belt, "Main.level"), (press, "Motor")):
        with pytest.raises(UnknownPath):
            built.program.find(missing)
    assert findings(folder) == []


def test_programs_are_compiled_apart_and_found_again(tmp_path: Path) -> None:
    folder, cache = write(tmp_path), tmp_path / "cache"
    assert not any(built.cached for built in plant.build_all(folder, cache=cache))
    assert all(built.cached for built in plant.build_all(folder, cache=cache))


def test_connections_go_with_the_programs_that_their_points_name(tmp_path: Path) -> None:
    more = device("a", ("in", "to", "Main.level")) + device("b", ("parts", "to", "Parts"), ("out", "from", "Run.motor"))
    press, belt = build(write(tmp_path, more + device("c", ("fed", "to", "%IW4"))))
    assert (press.bound.input_names, press.bound.output_names) == (("a.in", "c.fed"), ())
    assert (belt.bound.input_names, belt.bound.output_names) == (("b.parts",), ("b.out",))


def test_connections_go_where_the_project_file_says(tmp_path: Path) -> None:
    more = device("a", ("parts", "to", "Parts")) + '[resource.belt]\nconnections = ["a"]\ncpu = 1\n'
    press, belt = build(write(tmp_path, more))
    assert (press.bound.input_names, belt.bound.input_names) == ((), ("a.parts",))
    assert (press.bound.engine.cpu, belt.bound.engine.cpu) == (None, 1)


def test_each_has_an_endpoint_and_what_is_exposed_of_it(tmp_path: Path) -> None:
    more = '[opcua]\nexpose = ["Main.*", "Run.motor", "*.n", "Parts"]\nwritable = ["Run.motor"]\n'
    press, belt = build(write(tmp_path, more))
    assert {each.target.path for each in press.bound.exposed} == {"Main.level", "Main.valve", "Main.fed", "Parts"}
    assert {each.target.path: each.writable for each in belt.bound.exposed} == {
        "Run.motor": True, "Run.c.n": False, "Parts": False, "Motor": True,
    }  # fmt: skip
    endpoints = [built.bound.opcua.endpoint for built in (press, belt) if built.bound.opcua is not None]
    assert endpoints == ["opc.tcp://127.0.0.1:4840", "opc.tcp://127.0.0.1:4841"]
    _, belt = build(write(tmp_path, more + '[resource.Belt]\nendpoint = "opc.tcp://127.0.0.1:5000/belt"\n'))
    assert belt.bound.opcua is not None
    assert belt.bound.opcua.endpoint == "opc.tcp://127.0.0.1:5000/belt"


def test_tasks_and_traces_go_to_whom_they_name(tmp_path: Path) -> None:
    more = (
        '[task.slow]\nwatchdog = { time = "5ms" }\n[trace.a]\nvariables = ["Parts"]\n'
        '[trace.b]\nvariables = ["Parts", "Run.c.n"]\n'
    )
    press, belt = build(write(tmp_path, more))
    assert (press.bound.engine.watchdogs, belt.bound.engine.watchdogs) == (((0, 1),), ((5_000_000, 1),))
    assert ([each.name for each in press.bound.traces], [each.name for each in belt.bound.traces]) == (["a"], ["b"])


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (device("a", ("in", "to", "Main.level"), ("out", "from", "Run.motor")), "RUNG0581",
         "'Run.motor' is in RESOURCE Belt, and the connection 'a' belongs to Press"),
        ('[resource.Belt]\nconnections = ["b"]\n', "RUNG0581", "there is no connection 'b'"),
        (device("a") + '[resource.Belt]\nconnections = ["a"]\n[resource.Press]\nconnections = ["a"]\n', "RUNG0581",
         "the connection 'a' belongs to 'Belt' already"),
        ("[resource.Bolt]\ncpu = 1\n", "RUNG0580", "the sources have no RESOURCE 'Bolt' beside others"),
        (device("a", ("in", "to", "Main.levle")), "RUNG0551", "no variable 'Main.levle'"),
        ('[opcua]\nexpose = ["Rnu.motor"]\n', "RUNG0563", "'Rnu.motor' matches no variable"),
        ('[opcua]\nexpose = ["Main.level"]\nwritable = ["Main.valve"]\n', "RUNG0564",
         "'Main.valve' matches no variable that is exposed"),
        ('[task.sloow]\nwatchdog = { time = "5ms" }\n', None, "sloow"),
        ('[opcua]\n[resource.Belt]\nendpoint = "opc.tcp://0.0.0.0:4840"\n', "RUNG0561", "'0.0.0.0' can be reached"),
        ('[resource.Belt]\nendpoint = "http://127.0.0.1:80"\n', "RUNG0560", "http://127.0.0.1:80"),
        ('[resource.Belt]\ncpus = 1\n', "RUNG0510", "cpus"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(tmp_path: Path, more: str, code: str | None, message: str) -> None:
    found = findings(write(tmp_path, more))
    assert len(found) == 1, found
    assert message in found[0][1]
    assert code in (None, found[0][0])


def test_settings_of_resources_need_several(tmp_path: Path) -> None:
    source = "PROGRAM Main\nVAR n : INT; END_VAR\nn := n + 1;\nEND_PROGRAM\n"
    found = findings(write(tmp_path, "[resource.Belt]\ncpu = 1\n", source))
    assert found == [("RUNG0580", "the sources have no RESOURCE 'Belt' beside others")]


def test_one_of_several_has_to_be_named(tmp_path: Path) -> None:
    folder = write(tmp_path)
    for name, code in ((None, "RUNG0582"), ("Bolt", "RUNG0580")):
        with pytest.raises(CompileError) as raised:
            plant.build(folder, name)
        assert [each.code.id for each in raised.value.diagnostics] == [code]
    assert plant.build(folder, "BELT").bound.name == "line-Belt"


def test_findings_in_any_resource_are_found_once(tmp_path: Path) -> None:
    source = SOURCE.replace("c();", "c(); c.x := 1;").replace("VAR level : INT;", "VAR level : INTEGER;")
    found = findings(write(tmp_path, "", source))
    assert len(found) == len(set(found)) == 2
    source = (
        SOURCE.replace("PROGRAM Run WITH slow", "PROGRAM Run WITH slwo").partition("    VAR_CONFIG")[0]
        + "END_CONFIGURATION\n"
    )
    assert [code for code, _ in findings(write(tmp_path, "", source))] == ["RUNG0421"]
    source = SOURCE.replace("PROGRAM BeltControl", "PROGRAM Idle\nEND_PROGRAM\nPROGRAM BeltControl")
    assert [code for code, _ in findings(write(tmp_path, "", source))] == ["RUNG0432"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("RESOURCE Belt", "RESOURCE press", "RUNG0411"), ("RESOURCE Belt ON PLC", "RESOURCE ON PLC", None)],
)
def test_resources_have_names_of_their_own(tmp_path: Path, old: str, new: str, code: str | None) -> None:
    source = SOURCE.replace(old, new).partition("    VAR_CONFIG")[0] + "END_CONFIGURATION\n"
    found = [each for each, _ in findings(write(tmp_path, "", source))]
    assert found
    assert code in (None, *found)
