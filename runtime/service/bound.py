"""A project bound to a compiled program: which channel goes to which bytes, and what is exposed. Plain data.

`binding.bind` makes it once; engine, I/O process and gateway load it from a file (`to_bytes`, `from_bytes`, msgpack).
"""

# msgpack ships no types, and what it unpacks has none until the classes below have taken it.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgpack
from msgspec import Struct, field
from msgspec.structs import asdict

from iec61131.program import DataType, Member, Target
from io_drivers.contract import Channel, Connection, Device, Direction, WriteMode
from runtime.service.tracing.request import TraceRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class InputRow(Struct, frozen=True):
    """Channel -> memory, for the scan kernel. `on_loss` is an `engine.states.OnLoss`; `substitute` the 8 raw bytes as a
    signed number.
    """

    path: str
    channel: int
    offset: int
    size: int
    bit: int  # -1: none
    on_loss: int
    substitute: int
    max_age_ns: int


class OutputRow(Struct, frozen=True):
    """Memory -> channel."""

    path: str
    channel: int
    offset: int
    size: int
    bit: int


class SignalRow(Struct, frozen=True):
    """The input channel that tells of these bits of the memory, from `start` up to but not including `end`."""

    start: int
    end: int
    channel: int


class Exposed(Struct, frozen=True):
    """A variable that HMIs and API clients may read, and with `writable` write. `channel` is the input channel that
    gives its quality, -1 for none.
    """

    target: Target
    writable: bool
    channel: int


class OpcUaUser(Struct, frozen=True):
    """`password_hash` as made by `service.passwords`; role `viewer` or `operator`."""

    name: str
    password_hash: str
    role: str


class OpcUaSettings(Struct, frozen=True):
    """`anonymous`: `read` or `none`."""

    endpoint: str
    publish_ns: int
    anonymous: str
    users: tuple[OpcUaUser, ...]


class Resource(Struct, frozen=True):
    """One RESOURCE of a CONFIGURATION of `count`; `configuration` is the name of the project, `number` counts from 0 in
    the order of declaration.
    """

    configuration: str
    name: str
    number: int
    count: int


class EngineSettings(Struct, frozen=True):
    priority: int  # SCHED_FIFO priority, 0 for none
    cpu: int | None
    loop_limit: int
    recursion_limit: int
    outputs_timeout_ns: int
    on_fault: str  # stop | restart | restart-limited
    keep_forces: bool = False
    restart_most: int = 3  # with restart-limited: so many restarts
    restart_within_ns: int = 600_000_000_000  # within this time
    watchdogs: tuple[tuple[int, int], ...] = ()  # of each task: time in nanoseconds, 0 for none, and sensitivity


class Bound(Struct, frozen=True):
    """See the module's text. `drivers` names the driver of each connection, in the order of `connections`."""

    name: str
    connections: tuple[Connection, ...]
    drivers: tuple[str, ...]
    inputs: tuple[InputRow, ...]
    outputs: tuple[OutputRow, ...]
    exposed: tuple[Exposed, ...]
    engine: EngineSettings
    opcua: OpcUaSettings | None = None
    input_names: tuple[str, ...] = field(default=())  # device.point of each input channel
    output_names: tuple[str, ...] = field(default=())
    signals: tuple[SignalRow, ...] = field(default=())  # in the order of the memory; none for a program that asks none
    retain_every_ns: int = 1_000_000_000
    record_bytes: int = 0  # room of the flight recorder on the disk, 0 for none
    traces: tuple[TraceRequest, ...] = field(default=())
    resource: Resource | None = None
    own_processes: bool = False  # also where PLCs share processes

    @property
    def device_names(self) -> list[str]:
        return [device.name for connection in self.connections for device in connection.devices]

    def input_table(self) -> NDArray[np.int64]:
        """(rows, 7) for `engine.kernel`."""
        import numpy as np

        rows = [(r.channel, r.offset, r.size, r.bit, r.on_loss, r.substitute, r.max_age_ns) for r in self.inputs]
        return np.array(rows, np.int64).reshape(-1, 7)

    def output_table(self) -> NDArray[np.int64]:
        """(rows, 4) for `engine.kernel`."""
        import numpy as np

        return np.array([(r.channel, r.offset, r.size, r.bit) for r in self.outputs], np.int64).reshape(-1, 4)

    def signal_table(self) -> NDArray[np.int64]:
        """(rows, 3) for `engine.view`."""
        import numpy as np

        return np.array([(r.start, r.end, r.channel) for r in self.signals], np.int64).reshape(-1, 3)

    def to_bytes(self) -> bytes:
        return cast(bytes, msgpack.packb(asdict(self), default=_plain))

    @classmethod
    def from_bytes(cls, data: bytes) -> Bound:
        """The reverse of `to_bytes`. Raises ValueError when the bytes are damaged."""
        try:
            raw = cast(dict[str, Any], msgpack.unpackb(data, use_list=False, strict_map_key=False))
            raw["connections"] = tuple(_connection(c) for c in raw["connections"])
            raw["inputs"] = tuple(InputRow(**r) for r in raw["inputs"])
            raw["signals"] = tuple(SignalRow(**r) for r in raw["signals"])
            raw["outputs"] = tuple(OutputRow(**r) for r in raw["outputs"])
            raw["exposed"] = tuple(Exposed(_target(e["target"]), e["writable"], e["channel"]) for e in raw["exposed"])
            raw["engine"] = EngineSettings(**raw["engine"])
            raw["traces"] = tuple(TraceRequest(**t) for t in raw["traces"])
            if raw["resource"] is not None:
                raw["resource"] = Resource(**raw["resource"])
            if raw["opcua"] is not None:
                users = tuple(OpcUaUser(**u) for u in raw["opcua"].pop("users"))
                raw["opcua"] = OpcUaSettings(users=users, **raw["opcua"])
            return cls(**raw)
        except (KeyError, TypeError, AttributeError, msgpack.UnpackException) as error:
            raise ValueError(f"not a bound project: {error}") from error


def _plain(value: object) -> object:
    if isinstance(value, Direction | WriteMode):
        return value.value
    if isinstance(value, Struct):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is no plain data")


def _connection(raw: dict[str, Any]) -> Connection:
    return Connection(raw["name"], raw["settings"], tuple(_device(d) for d in raw["devices"]))


def _device(raw: dict[str, Any]) -> Device:
    return Device(raw["name"], raw["settings"], tuple(_channel(c) for c in raw["channels"]))


def _channel(raw: dict[str, Any]) -> Channel:
    return Channel(**{**raw, "direction": Direction(raw["direction"]), "write": WriteMode(raw["write"])})


def _target(raw: dict[str, Any]) -> Target:
    type_ = raw["type"]
    members = tuple(Member(**m) for m in type_["members"])
    return Target(**{**raw, "type": DataType(**{**type_, "members": members})})
