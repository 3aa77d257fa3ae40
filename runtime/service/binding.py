"""Binds a project to its compiled program: every point to bytes of memory and a row of a channel block, every pattern
to variables.

    area_bytes(project)         what the compiler has to know before: how far the addresses of plc.toml reach
    bind(project, program)      -> Bound, plain data for engine, I/O process and gateway

Errors point into plc.toml. Inputs and outputs are numbered separately, from 0, in the order connection, device,
point; the number is the row in the blocks that drivers and engine share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from iec61131.addresses import AREA_SECTION, parse_address
from iec61131.diagnostics.catalogue.project import (
    KEY_WITHOUT_EFFECT,
    NOT_AN_INPUT,
    NOT_ONE_VALUE,
    OUTPUTS_TIMEOUT_SHORT,
    POINT_TYPE,
    SAFE_UNWRITABLE,
    TASKS_IN_SOURCES,
    UNKNOWN_SOURCE_TASK,
    UNKNOWN_VARIABLE,
    VALUE_UNFIT,
    VARIABLE_TWICE,
)
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Target, UnknownPath, base_period_ns
from io_drivers.contract import Channel, Connection, Device, Direction, WriteMode
from runtime.engine.states import OnLoss
from runtime.service.bound import Bound, EngineSettings, InputRow, OutputRow
from runtime.service.config.device_addresses import address_collisions
from runtime.service.config.durations import format_duration
from runtime.service.config.findings import Findings
from runtime.service.config.points import refused_by_driver
from runtime.service.config.project import Loss, PointConfig, ProjectConfig
from runtime.service.config.toml_spans import Document
from runtime.service.exposure import BoundInput, expose, known_names
from runtime.service.overlaps import Range, overlapping
from runtime.service.point_types import Unfit, mismatch, raw_value, unwritable
from runtime.service.signals import signal_rows
from runtime.service.tracing.binding import check_traces

_DEFAULT_OUTPUTS_TIMEOUT_NS = 500_000_000
_TICKS_OF_SILENCE = 3


def area_bytes(project: ProjectConfig) -> dict[str, int]:
    """The least size of each area, "I", "Q" and "M", for the addresses of the project file."""
    sizes = dict.fromkeys(AREA_SECTION, 0)
    for point in project.points:
        address = parse_address(point.variable)
        if address is not None:
            sizes[address.area] = max(sizes[address.area], address.byte + address.size)
    return sizes


def bind(project: ProjectConfig, program: CompiledProgram) -> Bound:
    """Raises CompileError with all findings. `program` was compiled with the `area_bytes` and the tasks of
    `project`."""
    document, findings = project.document, Findings()
    _check_tasks(project, program, findings)
    engine = _engine(project, program, findings)
    places = _located(program)
    links = [link for p in project.points if (link := _link(document, p, program, places, findings)) is not None]
    links = _numbered(project, links)
    inputs = [link for link in links if link.point.direction is Direction.INPUT]
    outputs = [link for link in links if link.point.direction is Direction.OUTPUT]
    _check_shared_memory(document, inputs, findings)
    for finding in address_collisions(document, [(link.point, link.wire_type) for link in outputs]):
        findings.add(finding)
    exposed, bound_inputs = (), [BoundInput(link.point.name, link.channel, *link.target.bits) for link in inputs]
    if project.opcua is not None:
        exposed = expose(project.opcua, document, program, bound_inputs, findings)
    check_traces(project.traces, document, program, findings)
    if findings:
        raise CompileError(findings.in_order(document.file))
    return Bound(
        name=project.name,
        connections=_connections(project, links),
        drivers=tuple(connection.kind.name for connection in project.connections),
        inputs=tuple(_input_row(link) for link in inputs),
        outputs=tuple(_output_row(link) for link in outputs),
        exposed=exposed,
        engine=engine,
        opcua=project.opcua.settings if project.opcua else None,
        input_names=tuple(link.point.name for link in inputs),
        output_names=tuple(link.point.name for link in outputs),
        signals=signal_rows(program, bound_inputs),
        retain_every_ns=project.retain_every_ns,
        record_bytes=project.record_bytes,
        traces=project.traces,
        resource=project.resource,
        own_processes=project.own_processes,
    )


# ----------------------------------------------------------------------------------------------------- tasks and engine


def _check_tasks(project: ProjectConfig, program: CompiledProgram, findings: Findings) -> None:
    """A program whose tasks are not those of the project file has declared its own."""
    running = {task.name.upper(): task.interval_ns for task in program.tasks}
    for task in project.tasks:
        place = project.document.key(("task", task.name))
        if task.program is not None and running.get(task.name.upper()) != task.interval_ns:
            findings.add(TASKS_IN_SOURCES.at(place, name=task.name))
        elif task.program is None and task.name.upper() not in running:
            findings.add_near(UNKNOWN_SOURCE_TASK.at(place, name=task.name), task.name, [t.name for t in program.tasks])


def _watchdogs(project: ProjectConfig, program: CompiledProgram) -> tuple[tuple[int, int], ...]:
    """Time and sensitivity for each task of the program."""
    given = {task.name.upper(): task.watchdog for task in project.tasks if task.watchdog is not None}
    found = [given.get(task.name.upper()) for task in program.tasks]
    return tuple((one.time_ns, one.sensitivity) if one is not None else (0, 1) for one in found)


def _engine(project: ProjectConfig, program: CompiledProgram, findings: Findings) -> EngineSettings:
    tick_ns = base_period_ns(program.tasks)
    timeout_ns = project.engine.outputs_timeout_ns
    if timeout_ns is None:
        timeout_ns = max(_DEFAULT_OUTPUTS_TIMEOUT_NS, _TICKS_OF_SILENCE * tick_ns)
    elif timeout_ns < 2 * tick_ns:
        found, tick, least = (format_duration(ns) for ns in (timeout_ns, tick_ns, 2 * tick_ns))
        place = project.document.value(("engine", "outputs_timeout"))
        findings.add(OUTPUTS_TIMEOUT_SHORT.at(place, found=found, tick=tick, least=least))
    return EngineSettings(
        priority=project.engine.priority,
        cpu=project.engine.cpu,
        loop_limit=project.engine.loop_limit,
        recursion_limit=project.engine.recursion_limit,
        outputs_timeout_ns=timeout_ns,
        on_fault=project.on_fault,
        restart_most=project.restart.most,
        restart_within_ns=project.restart.within_ns,
        keep_forces=project.engine.keep_forces,
        watchdogs=_watchdogs(project, program),
    )


# --------------------------------------------------------------------------------------------- a point and its variable


class _Link(Struct):
    """A point bound to its variable. `type` is the variable's, `substitute` and `safe` are 8 raw bytes in it; `safe`
    None leaves the device alone."""

    point: PointConfig
    target: Target
    type: DataType
    wire_type: str
    substitute: bytes
    safe: bytes | None
    channel: int = -1


_Places = dict[tuple[int, int, int | None], DataType]
"""Offset, size and bit of each located variable, and its type."""


def _located(program: CompiledProgram) -> _Places:
    places: _Places = {}
    for variable in program.variables:
        type_ = program.types[variable.type]
        if variable.address is not None and type_.base:
            places.setdefault((variable.offset, type_.size, variable.bit), type_)
    return places


def _link(
    document: Document, point: PointConfig, program: CompiledProgram, places: _Places, findings: Findings
) -> _Link | None:
    """The link, or None after findings."""
    span = document.value(point.variable_path)
    try:
        target = program.find(point.variable)
    except UnknownPath as error:
        is_index = error.part.startswith("[") and error.known
        cause = f"its elements are {error.known[0]}" if is_index else f"'{error.part[:80]}' is not known"
        if not error.part:
            cause = "a part of the path is empty"
        finding = UNKNOWN_VARIABLE.at(span, path=point.variable, cause=cause)
        findings.add_near(finding, error.part, [] if is_index else known_names(program, error))
        return None
    if not target.type.base:
        remedy = "name a member or an element of it"
        if target.type.kind == "string":
            remedy = "exchange texts through OPC UA or HTTP, or bind numbers that the program makes of it"
        type_name = target.type.name or target.type.kind
        findings.add(NOT_ONE_VALUE.at(span, path=point.variable, type=type_name, remedy=remedy))
        return None
    if point.direction is Direction.INPUT and not _check_input(document, point, target, findings):
        return None
    wire_type, type_ = _types(document, point, target, places, findings)
    if type_ is None or not _check_types(document, point, wire_type, type_, findings):
        return None
    substitute = _substitute(document, point, type_, findings)
    safe, safe_is_right = _safe(document, point, type_, findings)
    if substitute is None or not safe_is_right:
        return None
    link = _Link(point, target, type_, wire_type, substitute, safe)
    return link if _check_safe(document, link, findings) else None


def _check_input(document: Document, point: PointConfig, target: Target, findings: Findings) -> bool:
    if target.constant:
        cause, remedy = "it is constant", "declare it without CONSTANT, or name another variable"
    elif target.section == "outputs":
        cause, remedy = "it lies in the output area, which the program writes", "use an address in %I or %M"
    else:
        return True
    span = document.value(point.variable_path)
    findings.add(NOT_AN_INPUT.at(span, path=point.variable, cause=cause, remedy=remedy))
    return False


def _types(
    document: Document, point: PointConfig, target: Target, places: _Places, findings: Findings
) -> tuple[str, DataType | None]:
    """Wire type and the variable's type, None after a finding. An address has the type of the variable that is
    located there, else that of the point."""
    wire_type, type_ = point.wire_type, target.type
    if not point.variable.startswith("%"):
        return wire_type or type_.base, type_
    located = places.get((target.offset, type_.size, target.bit))
    if located is not None:
        return wire_type or located.base, located
    if point.converted:
        cause = f"scale and offset need the type of {point.variable}, and no variable is declared there"
        remedy = f"declare one, such as Value AT {point.variable.upper()} : REAL, or remove scale and offset"
    elif wire_type is None or ((wire_type == "BOOL") == (target.bit is not None) and _size(wire_type) == type_.size):
        return wire_type or type_.base, _elementary(wire_type) if wire_type else type_
    else:
        of_bit = "one bit" if target.bit is not None else f"{type_.size * 8} bits"
        cause = f"{point.variable} is {of_bit}, which is not the size of {wire_type}"
        remedy = "use X for BOOL, B for 8 bits, W for 16, D for 32, L for 64"
    findings.add(POINT_TYPE.at(document.value(point.variable_path), cause=cause, remedy=remedy))
    return "", None


def _size(name: str) -> int:
    return int(NUMPY_FORMAT[name][2])


def _elementary(name: str) -> DataType:
    return DataType(name, "elementary", _size(name), base=name)


def _check_types(document: Document, point: PointConfig, wire_type: str, type_: DataType, findings: Findings) -> bool:
    wrong = mismatch(point.direction, wire_type, point.variable, type_, converted=point.converted)
    if wrong is not None:
        place = document.value((*point.path, "type" if point.wire_type else point.variable_path[-1]))
        findings.add(POINT_TYPE.at(place, cause=wrong[0], remedy=wrong[1]))
        return False
    if point.wire_type is not None:
        return True
    refusals = refused_by_driver(document, point, wire_type)
    for finding in refusals:
        findings.add(finding)
    if point.write is WriteMode.RISING_EDGE and wire_type != "BOOL":
        cause = f"rising_edge is for BOOL, and {wire_type} has no edges"
        place = document.key((*point.path, "write"))
        findings.add(KEY_WITHOUT_EFFECT.at(place, name="write", cause=cause, remedy='use "on_change"'))
        return False
    return not refusals


def _substitute(document: Document, point: PointConfig, type_: DataType, findings: Findings) -> bytes | None:
    """The value of `on_loss`, zero where it needs none; None after a finding."""
    value = point.on_loss.value
    if point.on_loss.mode is Loss.ZERO and type_.kind == "subrange":
        value = 0  # which need not lie in it
    if value is None:
        return bytes(8)
    return _raw(document, point, "on_loss", type_, value, findings)


def _safe(document: Document, point: PointConfig, type_: DataType, findings: Findings) -> tuple[bytes | None, bool]:
    """The safe value, None to leave the device alone; and whether it was right."""
    if point.safe.hold:
        return None, True
    if point.safe.value is None:
        return bytes(8), True
    raw = _raw(document, point, "safe", type_, point.safe.value, findings)
    return raw, raw is not None


def _check_safe(document: Document, link: _Link, findings: Findings) -> bool:
    """Whether the safe value, if there is one, arrives at the device."""
    point = link.point
    if point.direction is Direction.INPUT or link.safe is None:
        return True
    wrong = unwritable(link.safe, point.variable, link.type, _channel(link))
    if wrong is None:
        return True
    path = (*point.path, "safe")
    place = document.value(path if path in document.places else point.path)
    findings.add(SAFE_UNWRITABLE.at(place, name=point.name, cause=wrong[0], remedy=wrong[1]))
    return False


def _raw(
    document: Document, point: PointConfig, key: str, type_: DataType, value: bool | float | str, findings: Findings
) -> bytes | None:
    try:
        return raw_value(point.variable, type_, value)
    except Unfit as why:
        inner = (*point.path, key, "value")
        place = document.value(inner if inner in document.places else inner[:-1])
        findings.add(VALUE_UNFIT.at(place, key=key, cause=why))
        return None


# -------------------------------------------------------------------------------------------------- all points together


def _numbered(project: ProjectConfig, links: Sequence[_Link]) -> list[_Link]:
    """The links in the order connection, device, point, each with its channel."""
    rank = {connection.name: number for number, connection in enumerate(project.connections)}
    ordered = sorted(links, key=lambda link: rank[link.point.device.connection.name])
    counts = dict.fromkeys(Direction, 0)
    for link in ordered:
        link.channel = counts[link.point.direction]
        counts[link.point.direction] += 1
    return ordered


def _check_shared_memory(document: Document, inputs: Sequence[_Link], findings: Findings) -> None:
    """No two inputs may write the same bits."""
    ranges = [Range(link.point, "memory", *link.target.bits) for link in inputs]
    for pair in overlapping(ranges):
        first, second = sorted(pair, key=lambda point: document.key(point.path).start)
        place, before = document.value(second.variable_path), document.value(first.variable_path)
        finding = VARIABLE_TWICE.at(place, path=second.variable, other=first.variable)
        findings.add(finding.also(before, f"written by '{first.name}'"))


def _connections(project: ProjectConfig, links: Sequence[_Link]) -> tuple[Connection, ...]:
    channels: dict[str, list[Channel]] = {device.name: [] for device in project.devices}
    for link in links:
        channels[link.point.device.name].append(_channel(link))
    return tuple(
        Connection(
            connection.name,
            connection.settings,
            tuple(
                Device(device.name, device.settings, tuple(channels[device.name]))
                for device in project.devices
                if device.connection.name == connection.name
            ),
        )
        for connection in project.connections
    )


def _channel(link: _Link) -> Channel:
    point = link.point
    settings: dict[str, Any] = point.settings
    return Channel(
        index=link.channel,
        name=point.name,
        direction=point.direction,
        wire_type=link.wire_type,
        type=link.type.base,
        scale=point.scale,
        offset=point.offset,
        write=point.write,
        refresh_ns=point.refresh_ns,
        safe=link.safe,
        settings=settings,
    )


_ON_LOSS = {
    Loss.HOLD: OnLoss.HOLD,
    Loss.ZERO: OnLoss.SUBSTITUTE,
    Loss.VALUE: OnLoss.SUBSTITUTE,
    Loss.FAULT: OnLoss.FAULT,
}


def _input_row(link: _Link) -> InputRow:
    return InputRow(
        path=link.target.path,
        channel=link.channel,
        offset=link.target.offset,
        size=link.target.type.size,
        bit=-1 if link.target.bit is None else link.target.bit,
        on_loss=int(_ON_LOSS[link.point.on_loss.mode]),
        substitute=int.from_bytes(link.substitute, "little", signed=True),
        max_age_ns=link.point.max_age_ns,
    )


def _output_row(link: _Link) -> OutputRow:
    bit = -1 if link.target.bit is None else link.target.bit
    return OutputRow(link.target.path, link.channel, link.target.offset, link.target.type.size, bit)
