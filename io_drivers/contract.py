"""What every driver keeps: the `Driver` protocol, channels, blocks, quality, and the schema of its settings.

A driver moves values between devices and a block of channels. It knows nothing of PLCs, programs or variables. The
I/O process gives it one `InputBlock` to fill and one `OutputBlock` to carry out, for one connection with all the
devices behind it:

    host                                        driver
    open(connection, inputs, outputs, now_ns)   -> Driver
    await driver.run()                          polls and writes until cancelled
        inputs.good(...) / inputs.bad(...)      after each answer or failure
        inputs.publish()                        when a consistent set of values is complete
        outputs.changed.wait()                  set by the host when the program wants something else

Rules that every driver keeps, and that tests hold it to:

- `run` never raises because of a device or a network; it marks channels bad, counts, backs off and tries again.
- Every wait is bounded by a configured time; every buffer by a stated size; a device that sends garbage costs one
  request.
- A channel is `good` only with the time its value was read; the driver never invents a value.
- Settings are described by a `Schema`, so that the project file is checked with places and near names before anything
  is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# ---------------------------------------------------------------------------------------------------------------
# quality


class Quality(IntEnum):
    """How far a value can be trusted. Ordered: more is better."""

    BAD = 0
    UNCERTAIN = 1
    GOOD = 2


class Reason(IntEnum):
    """Why a value is not good."""

    NONE = 0
    NEVER_READ = 1  # no answer has come yet
    NOT_CONNECTED = 2  # the connection is down
    TIMEOUT = 3  # the device did not answer in time
    DEVICE_ERROR = 4  # the device answered that it cannot (a Modbus exception)
    BAD_RESPONSE = 5  # the answer was damaged or did not belong to the request
    OUT_OF_RANGE = 6  # the value does not fit the channel's type
    STALE = 7  # older than its `max_age`; also when the I/O process is gone
    STOPPED = 8  # the driver was stopped


# --------------------------------------------------------------------------------------------------------------
# channels


class Direction(Enum):
    INPUT = "input"
    OUTPUT = "output"


class WriteMode(Enum):
    CYCLIC = "cyclic"  # at every poll
    ON_CHANGE = "on_change"  # when the value differs from the last one written, and every `refresh`
    RISING_EDGE = "rising_edge"  # when a BOOL goes from FALSE to TRUE
    WRITE_ONLY = "write_only"  # like on_change, without `refresh`


class Channel(Struct, frozen=True):
    """One value of a device.

    `wire_type` is the IEC type as it travels, `type` the IEC type it has in the block; both names of elementary
    types. The value in the block is `wire * scale + offset`, an integer type rounded half to even. `settings` are the
    driver's own keys of the point, checked against its `Schema.point`. `safe` is the raw 8-byte value (little-endian,
    as `type`) written when no program is in charge, None to leave the device alone.
    """

    index: int  # row in the block
    name: str  # device.point, for people
    direction: Direction
    wire_type: str
    type: str
    scale: float = 1.0
    offset: float = 0.0
    write: WriteMode = WriteMode.ON_CHANGE
    refresh_ns: int = 1_000_000_000
    safe: bytes | None = bytes(8)
    settings: dict[str, Any] = field(default_factory=dict[str, Any])


class Device(Struct, frozen=True):
    """One addressed partner on a connection, with its channels (inputs and outputs)."""

    name: str
    settings: dict[str, Any]
    channels: tuple[Channel, ...]


class Connection(Struct, frozen=True):
    name: str
    settings: dict[str, Any]
    devices: tuple[Device, ...]


# ----------------------------------------------------------------------------------------------------------------
# blocks


class InputBlock:
    """The input channels of the whole plant as arrays; a driver touches the rows of its own channels only.

    `raw` is uint8 (n, 8): each row the value little-endian in the channel's `type`, unused bytes zero. `time_ns` is
    the time of the last good read.
    """

    def __init__(self, count: int, publish: Callable[[], None]) -> None:
        import numpy as np  # late: whoever only checks a project need not wait for it

        self.raw: NDArray[np.uint8] = np.zeros((count, 8), np.uint8)
        self.quality: NDArray[np.uint8] = np.zeros(count, np.uint8)
        self.reason: NDArray[np.uint8] = np.full(count, Reason.NEVER_READ, np.uint8)
        self.time_ns: NDArray[np.int64] = np.zeros(count, np.int64)
        self.publish = publish
        """Hand the block as it is to the program, as one image."""

    def good(self, rows: NDArray[np.intp], raw: NDArray[np.uint8], time_ns: int) -> None:
        """Rows (k,) have the values raw (k, 8), read at `time_ns`."""
        self.raw[rows] = raw
        self.quality[rows] = Quality.GOOD
        self.reason[rows] = Reason.NONE
        self.time_ns[rows] = time_ns

    def bad(self, rows: NDArray[np.intp], reason: Reason) -> None:
        """Rows have no trustworthy value; the last value and its time stay."""
        self.quality[rows] = Quality.BAD
        self.reason[rows] = reason


class OutputBlock:
    """What is wanted of the output channels. The host writes `raw` between awaits of the driver and then sets
    `changed`.

    `raw` is uint8 (n, 8), laid out as in `InputBlock`. `active[i]` is False while channel i is to be left alone.
    `epoch` rises whenever every active output must be written again whatever its mode (a program takes over, or safe
    values are due).
    """

    def __init__(self, count: int) -> None:
        import asyncio  # late, as above

        import numpy as np

        self.raw: NDArray[np.uint8] = np.zeros((count, 8), np.uint8)
        self.active: NDArray[np.bool_] = np.zeros(count, np.bool_)
        self.epoch = 0
        self.changed = asyncio.Event()


# ----------------------------------------------------------------------------------------------------------------
# driver


class DeviceState(IntEnum):
    CONNECTING = 0
    ONLINE = 1
    OFFLINE = 2  # given up for now; probed in intervals
    DEGRADED = 3  # answers some requests and refuses others


class DeviceStatus(Struct):
    """What a driver says of one device; counters since the driver was opened."""

    name: str
    state: DeviceState = DeviceState.CONNECTING
    requests: int = 0
    failures: int = 0
    reconnects: int = 0
    round_trip_us: float = 0.0  # of the last good request
    problem: str = ""  # last failure in plain words, empty when all is well
    skipped_polls: int = 0  # left out because the one before was not finished in time; the period is kept


class Driver(Protocol):
    """One open connection."""

    status: Sequence[DeviceStatus]

    async def run(self) -> None:
        """Poll and write until cancelled. On cancellation: close the connection, leave outputs as they are."""
        ...

    async def write_now(self, deadline_ns: int) -> None:
        """Write every active output once, best effort, before `deadline_ns`; used for safe values at the end."""
        ...


# ----------------------------------------------------------------------------------------------------------------
# schema


class KeyKind(Enum):
    """How a setting is written in the project file; DURATION as text such as "500ms", given to the driver in
    nanoseconds.
    """

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"
    CHOICE = "choice"
    TABLE = "table"  # an inline table with the keys of `keys`


class Key(Struct, frozen=True):
    """One setting. `default` None and `required` False: absent means None. `minimum` and `maximum` in the unit given to
    the driver.
    """

    name: str
    kind: KeyKind
    help: str
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()


class Finding(Struct, frozen=True):
    """Something wrong with settings that are each well formed: which key, what, and the remedy."""

    key: str
    message: str
    remedy: str


class DriverKind(Struct, frozen=True):
    """A row of the driver catalogue.

    `check_connection(settings)` says what is wrong with the settings of a connection taken together.
    `check_point(device_settings, channel_direction, wire_type, point_settings)` says what is wrong with a point
    beyond the schema (an address past the end of its area, a type its area cannot hold). `place(device_settings,
    wire_type, point_settings)` says what an output point writes: a name of the space (with everything that tells one
    device on the connection from another) and in it the first unit and the one after the last. Two outputs of a
    connection must not overlap. Without it, output points of one device with equal settings count as the same place,
    provided that the driver has required point keys.

    Settings of connections and devices are complete, with their defaults. Those of a point hold only what was written,
    so that a driver can tell a key that has no effect.
    """

    name: str
    summary: str
    connection: tuple[Key, ...]
    device: tuple[Key, ...]
    point: tuple[Key, ...]
    check_point: Callable[[dict[str, Any], Direction, str, dict[str, Any]], list[Finding]]
    open: Callable[[Connection, InputBlock, OutputBlock, Callable[[], int]], Driver]
    place: Callable[[dict[str, Any], str, dict[str, Any]], tuple[str, int, int]] | None = None
    check_connection: Callable[[dict[str, Any]], list[Finding]] | None = None
