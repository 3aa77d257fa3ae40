"""Connections and devices: `[connection.NAME]`, `[device.NAME]`.

A connection's driver says which further keys its tables have. Where the driver is not known, only rung's own keys are
checked: one wrong name must not turn every other key into an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from iec61131.diagnostics.catalogue.project import BROKEN_DRIVER, TOO_LARGE, UNKNOWN_CONNECTION, UNKNOWN_DRIVER
from io_drivers.contract import DriverKind
from runtime.service.config import schema
from runtime.service.config.check import AnyKey, Checker
from runtime.service.config.findings import listed
from runtime.service.config.points import read_points, said_by_driver
from runtime.service.config.project import ConnectionConfig, DeviceConfig, PointConfig
from runtime.service.config.toml_spans import Path

MAX_POINTS = 100_000


class Drivers(Protocol):
    """The drivers there are. `io_drivers.catalogue` is one such."""

    def names(self) -> list[str]:
        """All of them, which may mean to look through all that is installed."""
        ...

    def find(self, name: str) -> DriverKind:
        """Raises LookupError for a name that `names` does not list, and ImportError when the driver is installed and
        cannot be used.
        """
        ...


def read_connections(checker: Checker, drivers: Drivers) -> dict[str, ConnectionConfig | None]:
    """The connections by name; None for one that is wrong, so that it is not missed."""
    names = checker.names(("connection",), "connection")
    connections: dict[str, ConnectionConfig | None] = {}
    for name in names:
        path = ("connection", name)
        where = f"[connection.{name}]"
        driver = cast("str | None", checker.table(path, schema.CONNECTION, where, strict=False)["driver"])
        kind = _driver(checker, (*path, "driver"), driver, drivers)
        connections[name] = None
        if kind is not None:
            own = checker.table(
                path, kind.connection, f"{where} with driver {kind.name}", more=_names(schema.CONNECTION)
            )
            connections[name] = ConnectionConfig(name, kind, own.values, sound=own.sound)
            if own.sound and kind.check_connection is not None:
                for finding in said_by_driver(checker.document, path, kind.check_connection(own.values)):
                    checker.findings.add(finding)
    return connections


def _driver(checker: Checker, path: Path, name: str | None, drivers: Drivers) -> DriverKind | None:
    if name is None:
        return None
    span = checker.document.value(path)
    try:
        return drivers.find(name)
    except LookupError:
        known = drivers.names()
        checker.findings.add_near(UNKNOWN_DRIVER.at(span, name=name[:80], known=listed(known)), name, known)
        return None
    except ImportError as error:
        checker.findings.add(BROKEN_DRIVER.at(span, name=name, cause=error))
        return None


def read_devices(
    checker: Checker, connections: dict[str, ConnectionConfig | None]
) -> tuple[list[DeviceConfig], list[PointConfig]]:
    """All devices that are right, and all their points that are."""
    devices: list[DeviceConfig] = []
    points: list[PointConfig] = []
    names = checker.names(("device",), "device")
    if not _affordable(checker, names):
        return [], []
    for name in names:
        path = ("device", name)
        connection, kind = _connection_of(checker, path, connections)
        own = checker.table(
            path,
            kind.device if kind else (),
            f"[device.{name}]",
            more=(*_names(schema.DEVICE), "point"),
            strict=kind is not None,
        )
        device = DeviceConfig(name, connection, own.values) if connection and own.sound else None
        points += read_points(checker, path, kind, device)
        if device is not None:
            devices.append(device)
    return devices, points


def _affordable(checker: Checker, devices: Sequence[str]) -> bool:
    lists = [checker.at(("device", name, "point")) for name in devices]
    if sum(len(cast("list[object]", points)) for points in lists if isinstance(points, list)) <= MAX_POINTS:
        return True
    checker.findings.add(TOO_LARGE.at(checker.document.key(("device",)), what="points", limit=MAX_POINTS))
    return False


def _connection_of(
    checker: Checker, path: Path, connections: dict[str, ConnectionConfig | None]
) -> tuple[ConnectionConfig | None, DriverKind | None]:
    """The connection that a device names, and the driver, which may be known while the connection is wrong."""
    common = checker.table(path, schema.DEVICE, f"[device.{path[-1]}]", strict=False)
    name = cast("str | None", common["connection"])
    if name is None:
        return None, None
    if name not in connections:
        span = checker.document.value((*path, "connection"))
        finding = UNKNOWN_CONNECTION.at(span, name=name[:80], known=listed(connections))
        checker.findings.add_near(finding, name, connections)
        return None, None
    connection = connections[name]
    return connection, connection.kind if connection else None


def _names(keys: Sequence[AnyKey]) -> tuple[str, ...]:
    return tuple(key.name for key in keys)
