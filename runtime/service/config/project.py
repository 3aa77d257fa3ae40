"""A project file that was read and found right, apart from what only the compiled program can tell (`service.binding`).

Every part knows the `path` it was written at, and `ProjectConfig.document` gives the place of each key and value, for
findings that come later.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

from msgspec import Struct

from iec61131.source import SourceFile, Span
from io_drivers.contract import Direction, DriverKind, WriteMode
from runtime.service.bound import OpcUaSettings, Resource
from runtime.service.config.toml_spans import Document, Path
from runtime.service.tracing.request import TraceRequest


class WatchdogConfig(Struct, frozen=True):
    """Trips at `sensitivity` runs in a row above `time_ns`, or at one above as many times `time_ns`."""

    time_ns: int
    sensitivity: int


class TaskConfig(Struct, frozen=True):
    """`span` is where the program is named. With `program` None the sources declare the task."""

    name: str
    program: str | None
    interval_ns: int
    priority: int
    span: Span
    watchdog: WatchdogConfig | None


class EngineConfig(Struct, frozen=True):
    """`priority` is 0 without a real-time thread; `outputs_timeout_ns` None leaves it to the binding, which knows the
    tick."""

    priority: int
    cpu: int | None
    loop_limit: int
    recursion_limit: int
    outputs_timeout_ns: int | None
    keep_forces: bool


class RestartConfig(Struct, frozen=True):
    """So many restarts within so long; after one fault more none."""

    most: int
    within_ns: int


class ConnectionConfig(Struct, frozen=True):
    """`settings` are the driver's own keys, complete. With `sound` False some of them were wrong; no project has such
    a connection."""

    name: str
    kind: DriverKind
    settings: dict[str, Any]
    sound: bool = True


class DeviceConfig(Struct, frozen=True):
    name: str
    connection: ConnectionConfig
    settings: dict[str, Any]


class Loss(Enum):
    """What becomes of a variable whose input is lost."""

    HOLD = "hold"
    ZERO = "zero"
    FAULT = "fault"
    VALUE = "value"


class OnLossConfig(Struct, frozen=True):
    """`value` as written, in terms of the variable; only with Loss.VALUE."""

    mode: Loss
    value: bool | int | float | str | None = None


class SafeConfig(Struct, frozen=True):
    """The device is left alone (`hold`), or takes `value`, in terms of the variable; None stands for zero or FALSE."""

    hold: bool = False
    value: bool | int | float | str | None = None


class PointConfig(Struct, frozen=True):
    """`name` is `device.point`; `variable` the path or address of `to` or `from`. `wire_type` None means that of the
    variable; then `check_point` is still to be asked. `converted` says that scale or offset were written, so that
    rounding is wanted. `settings` are the driver's own keys that were written, without defaults."""

    name: str
    device: DeviceConfig
    direction: Direction
    variable: str
    wire_type: str | None
    scale: float
    offset: float
    converted: bool
    max_age_ns: int
    on_loss: OnLossConfig
    write: WriteMode
    refresh_ns: int
    safe: SafeConfig
    settings: dict[str, Any]
    path: Path

    @property
    def variable_path(self) -> Path:
        """Where the variable is written."""
        return (*self.path, "to" if self.direction is Direction.INPUT else "from")


class OpcUaConfig(Struct, frozen=True):
    """`elsewhere`: patterns that may match nothing, because they are there for other resources."""

    settings: OpcUaSettings
    expose: tuple[str, ...]
    writable: tuple[str, ...]
    elsewhere: frozenset[str] = frozenset()


class ResourceConfig(Struct, frozen=True):
    """Settings of one RESOURCE of several: the processor of its scan, its OPC UA endpoint, connections that it has."""

    name: str
    cpu: int | None
    endpoint: str | None
    connections: tuple[str, ...]


class ProjectConfig(Struct, frozen=True):
    """See the module's text. `source_patterns` as written, `sources` the files they lead to, sorted by name.
    `resource` is the one of several that the project was narrowed to (`service.resources`)."""

    document: Document
    name: str
    source_patterns: tuple[str, ...]
    sources: tuple[SourceFile, ...]
    dialect: Literal["rung", "iec"]
    drawings: Literal["placed", "stored"]
    on_fault: Literal["stop", "restart", "restart-limited"]
    restart: RestartConfig
    heap_bytes: int
    retain_every_ns: int
    record_bytes: int
    tasks: tuple[TaskConfig, ...]
    engine: EngineConfig
    connections: tuple[ConnectionConfig, ...]
    devices: tuple[DeviceConfig, ...]
    points: tuple[PointConfig, ...]
    opcua: OpcUaConfig | None
    traces: tuple[TraceRequest, ...] = ()
    resources: tuple[ResourceConfig, ...] = ()
    resource: Resource | None = None
    own_processes: bool = False
