"""A program made by hand and a driver without a network, for tests of the project file and its binding: no compiler,
no device.

The program is what this source would compile to:

    TYPE Colour : (Red, Green, Blue); Motor : STRUCT Speed : INT; Ok : BOOL; END_STRUCT; END_TYPE
    VAR_GLOBAL gSpeed : INT; gWord AT %MW4 : WORD; END_VAR
    PROGRAM Main
    VAR CONSTANT Limit : REAL := 4.0; END_VAR
    VAR
        Level, Flow, Setpoint : REAL; Precise : LREAL; Count : INT; Total : DINT; Raw16 : UINT; Big : LINT;
        Pump, Alarm, Running : BOOL; Lamp : Colour; Percent : INT(1..100); Delay : TIME;
        Levels : ARRAY[1..3] OF REAL; Grid : ARRAY[0..1, 0..1] OF INT; Motor : Motor; Motors : ARRAY[1..2] OF Motor;
    END_VAR
    VAR Start AT %IX0.0 : BOOL; Analogue AT %IW2 : INT; Signal AT %ID2 : REAL; Horn AT %QX0.1 : BOOL; END_VAR
"""

from __future__ import annotations

from typing import Any

from iec61131.addresses import parse_address
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.program import HEADER, NUMPY_FORMAT, CompiledProgram, DataType, Member, Section, Task, Variable
from iec61131.source import SourceFile, Span
from io_drivers.contract import Direction, DriverKind, Finding, Key, KeyKind
from runtime.service.binding import bind
from runtime.service.bound import Bound
from runtime.service.config.findings import Findings
from runtime.service.config.load import read_project
from runtime.service.config.project import ProjectConfig

MS = 1_000_000
AREA_BYTES = 64

# -------------------------------------------------------------------------------------------------------------- program

_TYPES = [DataType(name, "elementary", int(form[2]), base=name) for name, form in NUMPY_FORMAT.items()]
_INDEX = {type_.name: number for number, type_ in enumerate(_TYPES)}


def _add(type_: DataType) -> None:
    _INDEX[type_.name] = len(_TYPES)
    _TYPES.append(type_)


def _struct(name: str, kind: str, members: list[tuple[str, str] | tuple[str, str, bool]]) -> None:
    offset, rows = 0, []
    for member, type_name, *constant in members:
        type_ = _TYPES[_INDEX[type_name]]
        offset = -(-offset // 8) * 8
        rows.append(Member(member, _INDEX[type_name], offset, constant=bool(constant and constant[0])))
        offset += type_.size
    _add(DataType(name, kind, -(-offset // 8) * 8, members=tuple(rows)))


_add(DataType("Colour", "enum", 2, base="INT", labels=(("Red", 0), ("Green", 1), ("Blue", 2))))
_add(DataType("INT(1..100)", "subrange", 2, base="INT", low=1, high=100))
_struct("Motor", "struct", [("Speed", "INT"), ("Ok", "BOOL")])
_add(DataType("ARRAY[1..3] OF REAL", "array", 12, element=_INDEX["REAL"], ranges=((1, 3),)))
_add(DataType("ARRAY[0..1, 0..1] OF INT", "array", 8, element=_INDEX["INT"], ranges=((0, 1), (0, 1))))
_add(DataType("ARRAY[1..2] OF Motor", "array", 32, element=_INDEX["Motor"], ranges=((1, 2),)))
_struct(
    "Main",
    "block",
    [
        ("Limit", "REAL", True),
        *((name, "REAL") for name in ("Level", "Flow", "Setpoint")),
        ("Precise", "LREAL"),
        ("Count", "INT"),
        ("Total", "DINT"),
        ("Raw16", "UINT"),
        ("Big", "LINT"),
        *((name, "BOOL") for name in ("Pump", "Alarm", "Running")),
        ("Lamp", "Colour"),
        ("Percent", "INT(1..100)"),
        ("Delay", "TIME"),
        ("Levels", "ARRAY[1..3] OF REAL"),
        ("Grid", "ARRAY[0..1, 0..1] OF INT"),
        ("Motor", "Motor"),
        ("Motors", "ARRAY[1..2] OF Motor"),
    ],
)

_AREAS = {"I": "inputs", "Q": "outputs", "M": "markers"}
_SECTIONS = {"header": Section(0, HEADER.itemsize)}
for _name in ("inputs", "outputs", "markers", "globals", "instances", "retain"):
    _last = list(_SECTIONS.values())[-1]
    _SECTIONS[_name] = Section(-(-(_last.offset + _last.size) // 64) * 64, AREA_BYTES if _name != "instances" else 512)


def _located(path: str, type_name: str, text: str) -> Variable:
    address = parse_address(text)
    assert address is not None
    section = _AREAS[address.area]
    return Variable(path, _INDEX[type_name], section, _SECTIONS[section].offset + address.byte, address.bit, text)


def make_program(tasks: tuple[Task, ...] = (Task("main", 10 * MS, 1, "main"),)) -> CompiledProgram:
    """The program of the module's text with these tasks."""
    end = list(_SECTIONS.values())[-1]
    return CompiledProgram(
        name="world",
        digest="0",
        target="none",
        objects=(),
        initial=bytes(end.offset + end.size),
        sections=_SECTIONS,
        types=tuple(_TYPES),
        variables=(
            Variable("gSpeed", _INDEX["INT"], "globals", _SECTIONS["globals"].offset),
            Variable("Main", _INDEX["Main"], "instances", _SECTIONS["instances"].offset),
            _located("gWord", "WORD", "%MW4"),
            _located("Main.Start", "BOOL", "%IX0.0"),
            _located("Main.Analogue", "INT", "%IW2"),
            _located("Main.Signal", "REAL", "%ID2"),
            _located("Main.Horn", "BOOL", "%QX0.1"),
        ),
        retained=(),
        tasks=tasks,
        sites={},
        stack_bytes=0,
        source_digests={},
    )


# --------------------------------------------------------------------------------------------------------------- driver


def _check_point(device: dict[str, Any], direction: Direction, wire_type: str, point: dict[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    if wire_type == "LREAL":
        found.append(Finding("type", "plain devices hold no LREAL", "use REAL"))
    if direction is Direction.OUTPUT and point["area"] == "readings":
        found.append(Finding("area", "readings cannot be written", 'use area "settings"'))
    return found


def _place(device: dict[str, Any], wire_type: str, point: dict[str, Any]) -> tuple[str, int, int]:
    size = {"DINT": 2, "REAL": 2}.get(wire_type, 1)
    return f"{device['unit']} {point['area']}", point["address"], point["address"] + size


def _never_opened(*_: object) -> Any:
    raise AssertionError("no test of the project file opens a driver")


PLAIN = DriverKind(
    name="plain",
    summary="for tests",
    connection=(
        Key("host", KeyKind.TEXT, "where it is", required=True),
        Key("timeout", KeyKind.DURATION, "wait for an answer", default=500 * MS, minimum=MS, maximum=60_000 * MS),
        Key(
            "retry",
            KeyKind.TABLE,
            "when it fails",
            keys=(Key("count", KeyKind.INTEGER, "how often", default=3, minimum=0, maximum=9),),
        ),
    ),
    device=(
        Key("unit", KeyKind.INTEGER, "which", default=1, minimum=0, maximum=255),
        Key("poll", KeyKind.DURATION, "period", default=100 * MS, minimum=MS, maximum=3_600_000 * MS),
        Key("gain", KeyKind.NUMBER, "a number", minimum=0.0, maximum=1.5),
        Key("quick", KeyKind.BOOLEAN, "a truth value", default=False),
    ),
    point=(
        Key("area", KeyKind.CHOICE, "which table", required=True, choices=("readings", "settings")),
        Key("address", KeyKind.INTEGER, "which row", required=True, minimum=0, maximum=999),
    ),
    check_point=_check_point,
    open=_never_opened,
    place=_place,
)


class PlainDrivers:
    """The only driver of these tests, and one that is broken."""

    def names(self) -> list[str]:
        return ["broken", "plain"]

    def find(self, name: str) -> DriverKind:
        if name == "broken":
            raise ImportError("its package is damaged")
        if name != "plain":
            raise LookupError(name)
        return PLAIN


# ------------------------------------------------------------------------------------------------------------- projects

PLC = '[plc]\nname = "world"\nsources = ["main.st"]\n'
DEVICE = '[connection.line]\ndriver = "plain"\nhost = "here"\n[device.tank]\nconnection = "line"\n'


def one_source(entries: list[tuple[str, Span]], _findings: Findings) -> tuple[SourceFile, ...]:
    """In place of the file system: every entry is a file."""
    return tuple(SourceFile(text, "") for text, _ in entries)


def project(text: str, drivers: Any = None) -> ProjectConfig:
    return read_project(SourceFile("plc.toml", text), one_source, drivers or PlainDrivers())


def tasks_of(read: ProjectConfig) -> tuple[Task, ...]:
    """The tasks that the compiler would make of the project's."""
    return tuple(Task(t.name, t.interval_ns, t.priority, t.name) for t in read.tasks)


def errors_of(action: Any, *arguments: Any) -> list[Diagnostic]:
    """What the action complains about; empty when it does not."""
    try:
        action(*arguments)
    except CompileError as error:
        return list(error.diagnostics)
    return []


def errors(text: str) -> list[Diagnostic]:
    """The findings of reading and, when there are none, of binding to the program."""
    found = errors_of(project, text)
    return found or errors_of(bind_text, text)


def bind_text(text: str, program: CompiledProgram | None = None) -> Bound:
    return bind(project(text), program or make_program())


def point(end: str, *more: str, name: str = "p", area: str = "settings", address: int = 0) -> str:
    """A point of device tank; `end` such as `to = "Main.Level"`."""
    own = [f'name = "{name}"', f'area = "{area}"', f"address = {address}", end, *more]
    return "\n".join(["[[device.tank.point]]", *own]) + "\n"
