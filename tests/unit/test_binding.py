"""A project bound to a program: rows for the scan kernel, channels for the drivers, exposed variables for the doors.

The program is the one of project_world; what is wrong with a binding is in tests/diagnostics/project.
"""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131.compiler import CompileOptions, compile_program
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.program import CompiledProgram, Task
from iec61131.semantics.options import DefaultTask
from iec61131.source import SourceFile
from io_drivers.contract import Direction, WriteMode
from runtime.engine.states import OnLoss
from runtime.service.binding import area_bytes, bind
from runtime.service.bound import Bound, InputRow, OutputRow
from runtime.service.config import ProjectConfig
from runtime.service.overlaps import Range, overlapping
from tests.unit.project_world import (
    DEVICE,
    MS,
    PLC,
    bind_text,
    errors,
    errors_of,
    make_program,
    point,
    project,
    tasks_of,
)

PROGRAM = make_program()


def bound(*points: str, more: str = "") -> Bound:
    return bind_text(PLC + DEVICE + "".join(points) + more)


def offset(path: str) -> int:
    return PROGRAM.find(path).offset


# ------------------------------------------------------------------------------------------------------- rows, channels


def test_an_input():
    (row,) = bound(point('to = "Main.Level"', 'type = "INT"', "scale = 0.1", 'max_age = "2s"')).inputs
    assert row == InputRow("Main.Level", 0, offset("Main.Level"), 4, -1, OnLoss.HOLD, 0, 2000 * MS)


def test_an_output():
    (row,) = bound(point('from = "Main.Motor.Speed"')).outputs
    assert row == OutputRow("Main.Motor.Speed", 0, offset("Main.Motor.Speed"), 2, -1)


@pytest.mark.parametrize(
    ("variable", "size", "bit"),
    [
        ("main.LEVEL", 4, -1),
        ("Main.Levels[2]", 4, -1),
        ("Main.Grid[1, 0]", 2, -1),
        ("Main.Motors[2].Ok", 1, -1),
        ("Main.Count.3", 1, 3),
        ("Main.Start", 1, 0),
        ("%IX0.0", 1, 0),
        ("%IX7.5", 1, 5),
        ("%IW2", 2, -1),
        ("%MD3", 4, -1),
        ("%ML2", 8, -1),
        ("gSpeed", 2, -1),
    ],
)
def test_where_a_variable_lies(variable: str, size: int, bit: int):
    (row,) = bound(point(f'to = "{variable}"')).inputs
    assert (row.offset, row.size, row.bit) == (offset(variable), size, bit)


def test_a_place_left_open_is_bound_by_its_path():
    block = "FUNCTION_BLOCK Pump\nVAR\n    start AT %I* : BOOL;\nEND_VAR\nEND_FUNCTION_BLOCK\n"
    main = "PROGRAM Main\nVAR\n    pumps : ARRAY[1..2] OF Pump;\n    lamp AT %Q* : INT;\nEND_VAR\nEND_PROGRAM\n"
    program, _ = compile_program([SourceFile("main.st", block + main)])
    points = point('to = "Main.pumps[2].start"') + point('from = "Main.lamp"', name="q", address=1)
    result = bind_text(PLC + DEVICE + points, program)
    assert [row.offset for row in result.inputs] == [program.find("Main.pumps[2].start").offset]
    assert [row.offset for row in result.outputs] == [program.find("Main.lamp").offset]


def test_channels_are_numbered_by_connection_device_and_point():
    text = PLC + (
        '[connection.a]\ndriver = "plain"\nhost = "1"\n[connection.b]\ndriver = "plain"\nhost = "2"\n'
        '[device.second]\nconnection = "b"\n[device.first]\nconnection = "a"\n[device.idle]\nconnection = "a"\n'
    )
    for device, name, end in (
        ("second", "x", 'to = "Main.Level"'),
        ("second", "y", 'from = "Main.Count"'),
        ("first", "x", 'to = "Main.Flow"'),
        ("first", "y", 'from = "Main.Total"'),
        ("first", "z", 'to = "Main.Setpoint"'),
    ):
        text += f'[[device.{device}.point]]\nname = "{name}"\narea = "settings"\naddress = 1\n{end}\n'.replace(
            "address = 1", f"address = {ord(name) * 4}"
        )
    result = bind_text(text)
    assert result.input_names == ("first.x", "first.z", "second.x")
    assert result.output_names == ("first.y", "second.y")
    assert [(row.path, row.channel) for row in result.inputs] == [
        ("Main.Flow", 0),
        ("Main.Setpoint", 1),
        ("Main.Level", 2),
    ]
    assert result.drivers == ("plain", "plain")
    assert result.device_names == ["first", "idle", "second"]
    first, idle = result.connections[0].devices
    assert [(c.name, c.index, c.direction) for c in first.channels] == [
        ("first.x", 0, Direction.INPUT),
        ("first.y", 0, Direction.OUTPUT),
        ("first.z", 1, Direction.INPUT),
    ]
    assert idle.channels == ()


def test_a_channel_has_the_types_of_both_sides_and_the_drivers_settings():
    result = bound(
        point('from = "Main.Level"', 'type = "UINT"', "scale = 0.01", "offset = -2", 'write = "cyclic"', address=9)
    )
    (channel,) = result.connections[0].devices[0].channels
    assert (channel.wire_type, channel.type, channel.scale, channel.offset) == ("UINT", "REAL", 0.01, -2.0)
    assert (channel.write, channel.settings) == (WriteMode.CYCLIC, {"area": "settings", "address": 9})


@pytest.mark.parametrize(
    ("variable", "written", "wire", "block"),
    [
        ("Main.Level", None, "REAL", "REAL"),
        ("Main.Lamp", None, "INT", "INT"),
        ("Main.Lamp", "INT", "INT", "INT"),
        ("Main.Delay", None, "TIME", "TIME"),
        ("Main.Level", "INT", "INT", "REAL"),
        ("Main.Level", "UINT", "UINT", "REAL"),
        ("Main.Precise", "DINT", "DINT", "LREAL"),
        ("Main.Total", "INT", "INT", "DINT"),
        ("Main.Total", "UINT", "UINT", "DINT"),
        ("Main.Big", "UDINT", "UDINT", "LINT"),
        ("Main.Raw16", "WORD", "WORD", "UINT"),
        ("%IW2", None, "INT", "INT"),  # Main.Analogue is located there
        ("%ID2", "INT", "INT", "REAL"),  # Main.Signal
        ("%IW20", None, "WORD", "WORD"),  # nothing is
        ("%IW20", "INT", "INT", "INT"),
        ("%MD3", "REAL", "REAL", "REAL"),
        ("%IX9.1", None, "BOOL", "BOOL"),
    ],
)
def test_the_types_of_an_input(variable: str, written: str | None, wire: str, block: str):
    result = bound(point(f'to = "{variable}"', *([f'type = "{written}"'] if written else [])))
    (channel,) = result.connections[0].devices[0].channels
    assert (channel.wire_type, channel.type) == (wire, block)


@pytest.mark.parametrize(
    ("end", "more"),
    [
        ('to = "Main.Count"', ['type = "DINT"', "scale = 1"]),
        ('to = "Main.Total"', ['type = "REAL"', "offset = 0"]),
        ('from = "Main.Level"', ['type = "UINT"', "scale = 1.0"]),
        ('from = "Main.Big"', ['type = "INT"', "scale = 10"]),
        ('to = "Main.Delay"', ['type = "UINT"', "scale = 1000000"]),
        ('from = "Main.Percent"', ['type = "INT"']),
        ('from = "Main.Limit"', []),
    ],
)
def test_a_conversion_that_is_asked_for_is_made(end: str, more: list[str]):
    assert bound(point(end, *more)).device_names == ["tank"]


# ---------------------------------------------------------------------------------------------------- substitutes, safe


@pytest.mark.parametrize(
    ("variable", "on_loss", "mode", "raw"),
    [
        ("Main.Level", '"hold"', OnLoss.HOLD, b""),
        ("Main.Level", '"fault"', OnLoss.FAULT, b""),
        ("Main.Level", '"zero"', OnLoss.SUBSTITUTE, b""),
        ("Main.Level", "{ value = 1.5 }", OnLoss.SUBSTITUTE, struct.pack("<f", 1.5)),
        ("Main.Level", "{ value = -2 }", OnLoss.SUBSTITUTE, struct.pack("<f", -2)),
        ("Main.Precise", "{ value = -0.1 }", OnLoss.SUBSTITUTE, struct.pack("<d", -0.1)),
        ("Main.Count", "{ value = -1 }", OnLoss.SUBSTITUTE, struct.pack("<h", -1)),
        ("Main.Raw16", "{ value = 0xFFFF }", OnLoss.SUBSTITUTE, struct.pack("<H", 65535)),
        ("Main.Big", "{ value = -9223372036854775808 }", OnLoss.SUBSTITUTE, struct.pack("<q", -(2**63))),
        ("Main.Running", "{ value = true }", OnLoss.SUBSTITUTE, b"\1"),
        ("Main.Start", "{ value = true }", OnLoss.SUBSTITUTE, b"\1"),
        ("Main.Lamp", '{ value = "green" }', OnLoss.SUBSTITUTE, b"\1"),
        ("Main.Lamp", "{ value = 2 }", OnLoss.SUBSTITUTE, b"\2"),
        ("Main.Delay", '{ value = "1s" }', OnLoss.SUBSTITUTE, struct.pack("<q", 10**9)),
    ],
)
def test_what_a_lost_input_becomes(variable: str, on_loss: str, mode: OnLoss, raw: bytes):
    place = point(f'to = "{variable}"', f"on_loss = {on_loss}").replace('"settings"', '"readings"')
    # The plain driver carries no LREAL, so the point says what travels.
    more = 'type = "REAL"\n' if variable == "Main.Precise" else ""
    (row,) = bound(place + more).inputs
    assert row.on_loss == mode
    assert row.substitute == int.from_bytes(raw.ljust(8, b"\0"), "little", signed=True)


@pytest.mark.parametrize(
    ("variable", "safe", "raw"),
    [
        ("Main.Level", None, bytes(8)),
        ("Main.Level", "2.5", struct.pack("<f", 2.5)),
        ("Main.Level", '"hold"', None),
        ("Main.Pump", "true", b"\1"),
        ("Main.Percent", None, bytes(8)),
        ("Main.Percent", "100", b"\x64"),
        ("Main.Count", "-2", struct.pack("<h", -2)),
        ("Main.Delay", '"2ms"', struct.pack("<q", 2_000_000)),
    ],
)
def test_what_an_output_is_without_the_program(variable: str, safe: str | None, raw: bytes | None):
    result = bound(point(f'from = "{variable}"', *([f"safe = {safe}"] if safe else [])))
    (channel,) = result.connections[0].devices[0].channels
    assert channel.safe == (None if raw is None else raw.ljust(8, b"\0"))


def test_zero_is_no_value_of_a_subrange_that_leaves_it_out():
    text = PLC + DEVICE + point('to = "Main.Percent"', 'on_loss = "zero"')
    assert [f.code.id for f in errors(text)] == ["RUNG0554"]


# ----------------------------------------------------------------------------------------------------- areas and engine


def test_the_areas_that_addresses_need():
    text = PLC + DEVICE
    for number, variable in enumerate(["%IX12.3", "%IW3", "%MD4", "%ML0", "Main.Level"]):
        text += point(f'to = "{variable}"', name=f"p{number}", address=number * 9)
    text += point('from = "%QB7"', name="q", address=500)
    assert area_bytes(project(text)) == {"I": 13, "Q": 8, "M": 20}
    assert area_bytes(project(PLC)) == {"I": 0, "Q": 0, "M": 0}


def test_settings_of_the_engine():
    text = PLC.replace('name = "world"', 'name = "world"\non_fault = "restart"') + "[engine]\ncpu = 2\nloop_limit = 5\n"
    engine = bind_text(text).engine
    assert (engine.cpu, engine.priority, engine.loop_limit, engine.recursion_limit) == (2, 80, 5, 100)
    assert (engine.outputs_timeout_ns, engine.on_fault) == (500 * MS, "restart")


def test_the_outputs_timeout_follows_a_slow_scan():
    slow = make_program((Task("a", 600 * MS, 1, "a"), Task("b", 400 * MS, 1, "b")))
    assert bind(project(PLC), slow).engine.outputs_timeout_ns == 600 * MS
    written = PLC + '[engine]\noutputs_timeout = "399ms"\n'
    assert [f.code.id for f in errors_of(bind, project(written), slow)] == ["RUNG0533"]
    assert bind(project(written.replace("399", "400")), slow).engine.outputs_timeout_ns == 400 * MS


def test_tasks_of_the_project_are_those_of_the_program():
    read = project(PLC + '[task.Fast]\nprogram = "Main"\ninterval = "5ms"\n')
    assert bind(read, make_program(tasks_of(read))).name == "world"
    assert bind(read, make_program((Task("FAST", 5 * MS, 0, "x"),))).name == "world"
    assert [f.code.id for f in errors_of(bind, read, make_program((Task("Fast", 6 * MS, 0, "x"),)))] == ["RUNG0530"]


# ----------------------------------------------------------------------------------------------------------- collisions


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ("%IB0", "%IX0.7", True),
        ("%IX0.6", "%IX0.7", False),
        ("%IX1.0", "%IB0", False),
        ("%IW1", "%IB3", True),
        ("%IW1", "%IB4", False),
        ("%IL0", "%ID1", True),
        ("%MW2", "gWord", False),
        ("%MW4", "gWord", True),
        ("%MD2", "gWord.3", True),
        ("Main.Levels[1]", "Main.Levels[2]", False),
        ("Main.Levels[1]", "main.levels[ 1 ]", True),
        ("Main.Analogue", "%IW2", True),
    ],
)
def test_inputs_that_share_memory(one: str, other: str, collide: bool):
    text = PLC + DEVICE + point(f'to = "{one}"', name="a") + point(f'to = "{other}"', name="b", address=9)
    for points in (text, text.replace(one, "\0").replace(other, one).replace("\0", other)):
        found = errors(points)
        assert [f.code.id for f in found] == (["RUNG0555"] if collide else [])


def test_outputs_may_share_a_variable_but_not_an_address():
    text = PLC + DEVICE + point('from = "Main.Level"', name="a", address=0)
    assert errors(text + point('from = "Main.Level"', name="b", address=2)) == []
    assert [f.code.id for f in errors(text + point('from = "Main.Level"', name="b", address=1))] == ["RUNG0545"]


def test_one_address_on_two_devices_of_a_connection_is_another_unless_the_unit_is_the_same():
    text = PLC + DEVICE + point('from = "Main.Level"')
    other = '[device.other]\nconnection = "line"\nunit = 2\n' + point('from = "Main.Flow"').replace("tank", "other")
    assert errors(text + other) == []
    assert [f.code.id for f in errors(text + other.replace("unit = 2", "unit = 1"))] == ["RUNG0545"]


def test_drivers_without_addresses_have_no_collisions():
    from io_drivers import catalogue

    text = PLC + '[connection.line]\ndriver = "simulated"\n[device.tank]\nconnection = "line"\n'
    for name, variable in (("a", "Main.Level"), ("b", "Main.Flow")):
        text += f'[[device.tank.point]]\nname = "{name}"\nfrom = "{variable}"\n'
    assert bind(project(text, catalogue), PROGRAM).output_names == ("tank.a", "tank.b")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(1, 4)), max_size=8))
def test_the_sweep_finds_an_overlap_exactly_where_there_is_one(content: list[tuple[str, int, int]]):
    ranges = [Range(n, space, start, start + size) for n, (space, start, size) in enumerate(content)]

    def meet(one: Range[int], other: Range[int]) -> bool:
        return one.space == other.space and one.start < other.end and other.start < one.end

    in_pairs = {r.item for r in ranges if any(r is not other and meet(r, other) for other in ranges)}
    found = overlapping(ranges)
    assert all(meet(ranges[one], ranges[other]) for one, other in found)
    assert {item for pair in found for item in pair} == in_pairs


# ---------------------------------------------------------------------------------------------------------------- bytes


def test_a_bound_project_goes_to_bytes_and_back():
    result = bound(
        point('to = "Main.Level"', "on_loss = { value = -1.0 }"),
        point('from = "Main.Pump"', 'safe = "hold"', name="q", address=5),
        more='[opcua]\nexpose = ["*"]\nwritable = ["Main.Setpoint"]\n',
    )
    again = Bound.from_bytes(result.to_bytes())
    assert again == result
    assert again.input_table().tolist() == result.input_table().tolist()


# ----------------------------------------------------------------------------------------------- with the real compiler


SOURCE = """
PROGRAM Main
VAR Raw AT %IW2 : INT; Level : REAL; Pump : BOOL; Timer : TON; END_VAR
    Timer(IN := Level > 1.0, PT := T#1s);
    Pump := Timer.Q AND Raw > 0;
END_PROGRAM
"""
CONFIGURED = SOURCE + (
    "CONFIGURATION Plant RESOURCE Cpu ON PC\n"
    "TASK own (INTERVAL := T#20ms, PRIORITY := 1);\nPROGRAM Main WITH own : Main;\nEND_RESOURCE END_CONFIGURATION\n"
)


def compiled(text: str, source: str) -> tuple[ProjectConfig, CompiledProgram]:
    read = project(text)
    options = CompileOptions(
        name=read.name,
        area_bytes=area_bytes(read),
        default_task=tuple(
            DefaultTask(t.name, t.program, t.interval_ns, t.priority, t.span) for t in read.tasks if t.program
        ),
    )
    return read, compile_program([SourceFile("main.st", source)], options)[0]


def test_a_task_of_the_sources_takes_a_watchdog_from_the_project_file():
    read, program = compiled(PLC + '[task.OWN]\nwatchdog = { time = "2ms", sensitivity = 3 }\n', CONFIGURED)
    assert bind(read, program).engine.watchdogs == ((2_000_000, 3),)
    read, program = compiled(PLC + '[task.other]\nwatchdog = { time = "2ms" }\n', CONFIGURED)
    with pytest.raises(CompileError) as raised:
        bind(read, program)
    assert [finding.code.id for finding in raised.value.diagnostics] == ["RUNG0534"]


def test_a_compiled_program_binds():
    text = PLC + '[task.fast]\nprogram = "Main"\ninterval = "5ms"\n' + DEVICE
    text += point('to = "%IW2"', name="raw") + point('from = "Main.Timer.Q"', name="q", address=1)
    text += point('to = "%ID30"', 'type = "REAL"', name="far", address=2)
    text += '[opcua]\nexpose = ["Main.*"]\nwritable = ["Main.Level"]\n'
    read, program = compiled(text, SOURCE)
    assert program.sections["inputs"].size >= 124
    result = bind(read, program)
    assert [row.path for row in result.inputs] == ["%IW2", "%ID30"]
    assert result.inputs[0].offset == program.find("Main.Raw").offset
    assert result.outputs[0].offset == program.find("Main.Timer.Q").offset
    quality = {e.target.path: (e.writable, e.channel) for e in result.exposed}
    assert quality["Main.Raw"] == (False, 0)
    assert quality["Main.Level"] == (True, -1)
    assert quality["Main.Timer.Q"] == (False, -1)


def test_tasks_of_a_configuration_win_and_the_project_file_is_told():
    read, program = compiled(PLC + '[task.fast]\nprogram = "Main"\ninterval = "5ms"\n', CONFIGURED)
    (finding,) = errors_of(bind, read, program)
    assert (finding.code.id, finding.span.text) == ("RUNG0530", "fast")
    read, program = compiled(PLC, CONFIGURED)
    assert bind(read, program).engine.outputs_timeout_ns == 500 * MS
