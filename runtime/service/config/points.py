"""Points: `[[device.NAME.point]]`, one value of a device and the variable it belongs to.

Checked here is all that needs no program; whether the variable exists and can hold the value is for `service.binding`
to find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from iec61131.addresses import parse_address
from iec61131.diagnostics.catalogue.project import (
    BAD_ADDRESS,
    DRIVER_REFUSES,
    KEY_WITHOUT_EFFECT,
    MAX_AGE_SHORT,
    NO_DIRECTION,
    OUT_OF_RANGE,
    TWO_DIRECTIONS,
)
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span
from io_drivers.contract import Direction, DriverKind, Finding, Key, WriteMode
from runtime.service.config import schema
from runtime.service.config.check import Checked, Checker, is_table
from runtime.service.config.durations import format_duration
from runtime.service.config.project import DeviceConfig, PointConfig
from runtime.service.config.toml_spans import Document, Path


def read_points(
    checker: Checker, device_path: Path, kind: DriverKind | None, device: DeviceConfig | None
) -> list[PointConfig]:
    """The points of one device. Without `kind` or `device` they are checked as far as possible, and none is given
    back."""
    path = (*device_path, "point")
    written = checker.at(path)
    if written is None:
        return []
    if not isinstance(written, list):
        checker.wrong_type(path, "point", "a list of tables", f"[[device.{device_path[-1]}.point]]")
        return []
    seen: dict[str, Span] = {}
    found = [_point(checker, (*path, i), kind, device, seen) for i in range(len(cast("list[object]", written)))]
    return [point for point in found if point is not None]


def _point(
    checker: Checker, path: Path, kind: DriverKind | None, device: DeviceConfig | None, seen: dict[str, Span]
) -> PointConfig | None:
    own_keys = kind.point if kind else ()
    where = f"a point of [device.{path[1]}]"
    checked = checker.table(path, (*schema.POINT, *own_keys), where, strict=kind is not None)
    if not is_table(checker.at(path)):
        return None
    name = cast("str | None", checked["name"])
    if name is not None:
        span = checker.document.value((*path, "name"))
        checked.sound &= checker.is_name(name, span, "the name of a point") and checker.is_new(
            name, seen, span, "point"
        )
    direction = _direction(checker, checked)
    if direction is None:
        return None
    _check_effects(checker, checked, direction)
    variable = cast(str, checked["to" if direction is Direction.INPUT else "from"])
    _check_variable(checker, path, direction, variable)
    if checked["scale"] == 0.0:
        checker.refuse(OUT_OF_RANGE, (*path, "scale"), name="scale", found="0", range="any other number")
        checked.sound = False
    if device is None or not checked.sound:
        return None
    return _complete(checker, checked, device, direction, variable, own_keys)


def _complete(
    checker: Checker,
    checked: Checked,
    device: DeviceConfig,
    direction: Direction,
    variable: str,
    own_keys: Sequence[Key],
) -> PointConfig:
    point = PointConfig(
        name=f"{device.name}.{checked['name']}",
        device=device,
        direction=direction,
        variable=variable,
        wire_type=checked["type"],
        scale=checked["scale"],
        offset=checked["offset"],
        converted=bool(checked.written & {"scale", "offset"}),
        max_age_ns=checked["max_age"] or schema.least_max_age_ns(device.settings, device.connection.settings),
        on_loss=checked["on_loss"],
        write=WriteMode(checked["write"]),
        refresh_ns=checked["refresh"],
        safe=checked["safe"],
        settings={key.name: checked[key.name] for key in own_keys if key.name in checked.written},
        path=checked.path,
    )
    _check_age(checker, point, device)
    if point.wire_type is not None:
        refusals = refused_by_driver(checker.document, point, point.wire_type)
        for finding in refusals:
            checker.findings.add(finding)
    return point


def refused_by_driver(document: Document, point: PointConfig, wire_type: str) -> list[Diagnostic]:
    """What the driver says of a point whose keys are each well formed."""
    kind = point.device.connection.kind
    findings = kind.check_point(point.device.settings, point.direction, wire_type, point.settings)
    return said_by_driver(document, point.path, findings)


def said_by_driver(document: Document, path: Path, findings: list[Finding]) -> list[Diagnostic]:
    """What a driver finds wrong with the table at `path`, each at its key."""
    return [
        DRIVER_REFUSES.at(document.value((*path, finding.key)), cause=finding.message, remedy=finding.remedy)
        for finding in findings
    ]


def _direction(checker: Checker, checked: Checked) -> Direction | None:
    ends = checked.written & {"to", "from"}
    if len(ends) == 2:
        first = checker.document.key((*checked.path, "to"))
        second = checker.document.key((*checked.path, "from"))
        later, earlier = (first, second) if first.start > second.start else (second, first)
        checker.findings.add(TWO_DIRECTIONS.at(later).also(earlier, "and here"))
    elif not ends:
        checker.findings.add(NO_DIRECTION.at(checker.document.value(checked.path)))
    elif checked["to"] is not None:
        return Direction.INPUT
    elif checked["from"] is not None:
        return Direction.OUTPUT
    return None


def _check_effects(checker: Checker, checked: Checked, direction: Direction) -> None:
    """Keys that are written and do nothing."""
    useless, cause, remedy = schema.OUTPUT_KEYS, "this point is an input", "remove it, or write the point with `from`"
    if direction is Direction.OUTPUT:
        useless, cause, remedy = schema.INPUT_KEYS, "this point is an output", "remove it, or read the point with `to`"
    for name in useless:
        if name in checked.written:
            _without_effect(checker, checked, name, cause, remedy)
    if direction is Direction.OUTPUT and "refresh" in checked.written and checked["write"] != WriteMode.ON_CHANGE.value:
        _without_effect(
            checker, checked, "refresh", f"write is {checked['write']}", 'remove it, or use write = "on_change"'
        )
    if checked["type"] == "BOOL":
        for name in ("scale", "offset"):
            if name in checked.written:
                _without_effect(checker, checked, name, "a BOOL is not a number", "remove it")
    elif checked["type"] is not None and checked["write"] == WriteMode.RISING_EDGE.value:
        cause = f"{checked['type']} has no edges"
        _without_effect(checker, checked, "write", f"rising_edge is for BOOL, and {cause}", 'use "on_change"')


def _without_effect(checker: Checker, checked: Checked, name: str, cause: str, remedy: str) -> None:
    span = checker.document.key((*checked.path, name))
    checker.findings.add(KEY_WITHOUT_EFFECT.at(span, name=name, cause=cause, remedy=remedy))
    checked.sound = False


def _check_variable(checker: Checker, path: Path, direction: Direction, variable: str) -> None:
    """The form of an address. Whether a variable exists is for the binding to find out."""
    path = (*path, "to" if direction is Direction.INPUT else "from")
    if not 1 <= len(variable) <= schema.MAX_PATH_CHARACTERS:
        limit = f"1 to {schema.MAX_PATH_CHARACTERS} characters"
        checker.refuse(OUT_OF_RANGE, path, name=path[-1], found=f"{len(variable)} characters long", range=limit)
    elif variable.startswith("%") and parse_address(variable) is None:
        checker.refuse(BAD_ADDRESS, path, found=variable[:80])


def _check_age(checker: Checker, point: PointConfig, device: DeviceConfig) -> None:
    poll_ns = cast("int | None", device.settings.get("poll"))
    if point.direction is Direction.INPUT and poll_ns and point.max_age_ns < poll_ns:
        found, poll = format_duration(point.max_age_ns), format_duration(poll_ns)
        checker.refuse(MAX_AGE_SHORT, (*point.path, "max_age"), found=found, poll=poll)
