"""What comes out of a project file that is right; what is wrong with others is in tests/diagnostics/project."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from io_drivers import catalogue
from io_drivers.contract import Direction, WriteMode
from runtime.service import passwords
from runtime.service.bound import OpcUaUser
from runtime.service.config import load_project, read_project
from runtime.service.config.project import EngineConfig, Loss, OnLossConfig, SafeConfig
from tests.unit.project_world import DEVICE, MS, PLAIN, PLC, errors, errors_of, one_source, point, project

ROOT = Path(__file__).parents[2]
HASH = passwords.make("correct horse")

WHOLE = f"""
[plc]
name = "tank-1"
sources = ["main.st", "blocks.st"]
dialect = "iec"
on_fault = "restart"
heap = "2 MiB"
retain = {{ every = "250ms" }}

[task.fast]
program = "Main"
interval = "10ms"
priority = 0

[task.slow]
program = "Report"
interval = "T#1s500ms"

[engine]
cpu = 1
priority = 42
loop_limit = 1000
recursion_limit = 5
outputs_timeout = "250ms"
keep_forces = true

[connection.line1]
driver = "plain"
host = "10.0.0.5"
timeout = "200ms"
retry.count = 5

[device.tank]
connection = "line1"
unit = 7
poll = "300ms"
gain = 1

[[device.tank.point]]
name = "level"
area = "readings"
address = 4
type = "INT"
scale = 0.1
offset = -5
to = "Main.Level"
on_loss = {{ value = 2 }}

[[device.tank.point]]
name = "flow"
area = "readings"
address = 5
to = "%ID4"
max_age = "2s"
on_loss = "fault"

[[device.tank.point]]
name = "pump"
area = "settings"
address = 0
from = "Main.Pump"
write = "rising_edge"
safe = "hold"

[[device.tank.point]]
name = "valve"
area = "settings"
address = 1
type = "REAL"
from = "%QD1"
refresh = "5s"
safe = 12.5

[opcua]
endpoint = "opc.tcp://192.168.1.5:4840/rung"
expose = ["Main.*"]
writable = ["Main.Setpoint"]
publish = "50ms"
anonymous = "none"

[opcua.user.anna]
password_hash = "{HASH}"
role = "operator"
"""


def test_a_whole_project_file():
    read = project(WHOLE)
    assert (read.name, read.dialect, read.on_fault, read.heap_bytes) == ("tank-1", "iec", "restart", 2 << 20)
    assert read.retain_every_ns == 250_000_000
    assert read.source_patterns == ("main.st", "blocks.st")
    assert [file.name for file in read.sources] == ["main.st", "blocks.st"]
    assert [(t.name, t.program, t.interval_ns, t.priority, t.span.line) for t in read.tasks] == [
        ("fast", "Main", 10 * MS, 0, 11),
        ("slow", "Report", 1500 * MS, 1, 16),
    ]
    assert read.engine == EngineConfig(42, 1, 1000, 5, 250 * MS, keep_forces=True)
    (connection,) = read.connections
    assert (connection.name, connection.kind) == ("line1", PLAIN)
    assert connection.settings == {"host": "10.0.0.5", "timeout": 200 * MS, "retry": {"count": 5}}
    (device,) = read.devices
    assert device.settings == {"unit": 7, "poll": 300 * MS, "gain": 1.0, "quick": False}
    assert isinstance(device.settings["gain"], float)
    opcua = read.opcua
    assert opcua is not None
    assert (opcua.expose, opcua.writable) == (("Main.*",), ("Main.Setpoint",))
    assert opcua.settings.endpoint == "opc.tcp://192.168.1.5:4840/rung"
    assert (opcua.settings.publish_ns, opcua.settings.anonymous) == (50 * MS, "none")
    assert opcua.settings.users == (OpcUaUser("anna", HASH, "operator"),)


def test_the_points_of_a_whole_project_file():
    level, flow, pump, valve = project(WHOLE).points
    assert (level.name, level.direction, level.variable) == ("tank.level", Direction.INPUT, "Main.Level")
    assert (level.wire_type, level.scale, level.offset, level.converted) == ("INT", 0.1, -5.0, True)
    assert level.on_loss == OnLossConfig(Loss.VALUE, 2)
    assert level.max_age_ns == 3 * 300 * MS + 200 * MS
    assert level.settings == {"area": "readings", "address": 4}
    assert (flow.wire_type, flow.converted, flow.variable) == (None, False, "%ID4")
    assert (flow.max_age_ns, flow.on_loss) == (2000 * MS, OnLossConfig(Loss.FAULT))
    assert (pump.direction, pump.write, pump.safe) == (Direction.OUTPUT, WriteMode.RISING_EDGE, SafeConfig(hold=True))
    assert (valve.write, valve.refresh_ns, valve.safe) == (WriteMode.ON_CHANGE, 5000 * MS, SafeConfig(value=12.5))


def test_defaults():
    read = project(PLC + DEVICE + point('to = "Main.Level"') + point('from = "Main.Pump"', name="q", address=1))
    assert (read.dialect, read.on_fault, read.tasks, read.opcua) == ("rung", "stop", (), None)
    assert read.heap_bytes == 64 << 10
    assert read.retain_every_ns == 1_000_000_000
    assert read.engine == EngineConfig(80, None, 10_000_000, 100, None, keep_forces=False)
    assert read.connections[0].settings == {"host": "here", "timeout": 500 * MS, "retry": {"count": 3}}
    assert read.devices[0].settings == {"unit": 1, "poll": 100 * MS, "gain": None, "quick": False}
    into, out = read.points
    assert (into.wire_type, into.scale, into.offset, into.converted) == (None, 1.0, 0.0, False)
    assert (into.max_age_ns, into.on_loss) == (800 * MS, OnLossConfig(Loss.HOLD))
    assert (out.write, out.refresh_ns, out.safe) == (WriteMode.ON_CHANGE, 1000 * MS, SafeConfig())


def test_max_age_is_never_derived_below_half_a_second():
    quick = DEVICE.replace('host = "here"', 'host = "here"\ntimeout = "1ms"') + 'poll = "1ms"\n'
    assert project(PLC + quick + point('to = "Main.Level"')).points[0].max_age_ns == 500 * MS


def test_without_realtime_there_is_no_priority():
    assert project(PLC + "[engine]\nrealtime = false\n").engine.priority == 0


@pytest.mark.parametrize(
    "endpoint",
    ["opc.tcp://127.0.0.1:4840", "opc.tcp://localhost:1", "opc.tcp://[::1]:65535/x", "opc.tcp://127.9.9.9:5"],
)
def test_an_endpoint_on_this_machine_needs_no_users(endpoint: str):
    opcua = project(f'{PLC}[opcua]\nendpoint = "{endpoint}"\n').opcua
    assert opcua is not None
    assert opcua.settings.endpoint == endpoint


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("opc.tcp://127.0.0.1", "RUNG0560"),
        ("opc.tcp://127.0.0.1:0", "RUNG0560"),
        ("opc.tcp://127.0.0.1:70000", "RUNG0560"),
        ("opc.tcp://127.0.0.1:x", "RUNG0560"),
        ("opc.tcp://:4840", "RUNG0560"),
        ("opc.tcp://[::1:4840", "RUNG0560"),
        ("127.0.0.1:4840", "RUNG0560"),
        ("", "RUNG0560"),
        ("opc.tcp://anna:secret@127.0.0.1:4840", "RUNG0560"),
        ("opc.tcp://0.0.0.0:4840", "RUNG0561"),
        ("opc.tcp://[::]:4840", "RUNG0561"),
        ("opc.tcp://plant.example:4840", "RUNG0561"),
        ("opc.tcp://localhost.example:4840", "RUNG0561"),
    ],
)
def test_an_endpoint_that_is_wrong_or_open(endpoint: str, code: str):
    (finding,) = errors_of(project, f'{PLC}[opcua]\nendpoint = "{endpoint}"\n')
    assert finding.code.id == code
    assert finding.span.text == f'"{endpoint}"'


def test_a_user_without_anonymous_none_does_not_open_an_endpoint():
    user = f'[opcua.user.anna]\nrole = "viewer"\npassword_hash = "{HASH}"\n'
    text = f'{PLC}[opcua]\nendpoint = "opc.tcp://0.0.0.0:4840"\n{user}'
    assert [finding.code.id for finding in errors_of(project, text)] == ["RUNG0561"]
    assert project(text.replace(":4840", ':4840"\nanonymous = "none', 1)).opcua is not None


def test_all_errors_of_a_file_in_one_run_and_in_order():
    text = (
        '[plc]\nname = "x"\nsources = ["main.st"]\non_fault = "x"\n[engine]\ncpu = "x"\n'
        '[connection.a]\ndriver = "x"\n[device.b]\nconnection = "x"\n[opcua]\nendpoint = "x"\n'
    )
    found = errors(text)
    assert [finding.code.id for finding in found] == ["RUNG0514", "RUNG0512", "RUNG0540", "RUNG0541", "RUNG0560"]
    assert [finding.span.line for finding in found] == sorted(finding.span.line for finding in found)


def test_a_file_of_garbage_gets_a_bounded_number_of_errors():
    found = errors(PLC + "".join(f"[x{n}]\n" for n in range(5000)))
    assert len(found) == 201
    assert found[-1].code.id == "RUNG0507"


def test_the_number_of_points_is_bounded():
    found = errors(f"{PLC}{DEVICE}point = [{'{},' * 100_001}]")
    assert [finding.code.id for finding in found] == ["RUNG0507"]
    assert "points" in found[0].message


def test_a_wrong_connection_does_not_make_its_device_wrong():
    text = PLC + DEVICE.replace('host = "here"', "host = 1") + point('to = "Main.Level"', "typo = 1")
    assert [(f.code.id, f.span.text) for f in errors(text)] == [("RUNG0512", "1"), ("RUNG0510", "typo")]


tomls = st.recursive(
    st.sampled_from(['""', '"x"', '"10ms"', "0", "-1", "1.5", "nan", "true", "1979-05-27", '"plain"', '"main.st"']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["name", "driver", "host", "point", "to", "from", "value", "min", "tank"]),
            inner,
            max_size=4,
        ).map(lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}")
    ),
    max_leaves=8,
)
tables = [
    "plc",
    "task.a",
    "task",
    "engine",
    "connection.c",
    "connection",
    "device.tank",
    "device",
    "opcua",
    "opcua.user.u",
]
names = [
    "name", "sources", "dialect", "on_fault", "heap", "retain", "program", "interval", "priority", "cpu", "driver",
    "host", "connection", "poll", "point", "endpoint", "expose", "writable", "publish", "anonymous", "user", "role",
    "password_hash", "x",
]  # fmt: skip


@given(st.dictionaries(st.tuples(st.sampled_from(tables), st.sampled_from(names)), tomls, max_size=12))
def test_any_values_are_read_or_get_findings(content: dict[tuple[str, str], str]):
    text = "".join(f"{table}.{name} = {value}\n" for (table, name), value in content.items())
    for finding in errors(text):
        assert finding.message
        assert finding.remedy
        assert 0 <= finding.span.start <= finding.span.end <= len(text)


@pytest.mark.parametrize(
    ("written", "size"), [('"1KiB"', 1 << 10), ('"256 kib"', 256 << 10), ('"16MiB"', 16 << 20), ("65536", "RUNG0512")]
)
def test_memory_has_a_unit(written: str, size: int | str):
    text = f'[plc]\nname = "x"\nsources = ["main.st"]\nheap = {written}\n'
    assert (project(text).heap_bytes if isinstance(size, int) else errors(text)[0].code.id) == size


# ------------------------------------------------------------------------------------------------ the drivers there are


@pytest.mark.parametrize("folder", sorted(ROOT.glob("programs/*/plc.toml")), ids=lambda path: path.parent.name)
def test_the_programs_of_this_project_are_read(folder: Path):
    assert load_project(folder.parent).name


def test_modbus_points_are_checked_by_the_driver():
    from iec61131.source import SourceFile

    text = (
        f'{PLC}[connection.line]\ndriver = "modbus"\nhost = "127.0.0.1"\n[device.tank]\nconnection = "line"\n'
        '[[device.tank.point]]\nname = "a"\narea = "discrete"\naddress = 0\ntype = "BOOL"\nfrom = "Main.Pump"\n'
        '[[device.tank.point]]\nname = "b"\narea = "input"\naddress = 65535\ntype = "REAL"\nto = "Main.Level"\n'
        '[[device.tank.point]]\nname = "c"\narea = "inputs"\naddress = 65536\nto = "Main.Flow"\n'
    )
    found = errors_of(read_project, SourceFile("plc.toml", text), one_source, catalogue)
    assert [(f.code.id, f.span.text) for f in found] == [
        ("RUNG0544", '"discrete"'),
        ("RUNG0544", "65535"),
        ("RUNG0514", '"inputs"'),
        ("RUNG0513", "65536"),
    ]


@pytest.mark.parametrize("name", catalogue.names())
def test_no_driver_has_a_key_that_rung_has_itself(name: str):
    from runtime.service.config import schema

    kind = catalogue.find(name)
    assert not {key.name for key in kind.connection} & {key.name for key in schema.CONNECTION}
    assert not {key.name for key in kind.device} & {"point", *(key.name for key in schema.DEVICE)}
    assert not {key.name for key in kind.point} & {key.name for key in schema.POINT}
