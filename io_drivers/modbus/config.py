"""The settings of the Modbus driver: the keys of the project file, what is checked beyond them, and the form in which
the driver uses them.

Limits of this version, visible in the keys: transport `tcp` only, and one request in flight per connection.
"""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from io_drivers.contract import Channel, Connection, Device, Direction, Finding, Key, KeyKind
from io_drivers.modbus.wire_types import BYTE_ORDERS, REGISTERS

MS, S = 1_000_000, 1_000_000_000
LAST_ADDRESS = 65_535

REGISTER_AREAS = ("input", "holding")
BIT_AREAS = ("coil", "discrete")
WRITABLE = {"discrete": "coil", "input": "holding"}
"""The areas that can only be read, each with its writable counterpart."""

CONNECTION_KEYS = (
    Key("transport", KeyKind.CHOICE, "how frames travel", default="tcp", choices=("tcp",)),
    Key("host", KeyKind.TEXT, "name or address of the device or gateway", required=True),
    Key("port", KeyKind.INTEGER, "TCP port", default=502, minimum=1, maximum=65_535),
    Key("connect_timeout", KeyKind.DURATION, "wait for the connection", default=3 * S, minimum=MS, maximum=60 * S),
    Key("timeout", KeyKind.DURATION, "wait for each answer", default=500 * MS, minimum=MS, maximum=60 * S),
    Key(
        "reconnect",
        KeyKind.TABLE,
        "wait before connecting again: min, doubled after each failure, up to max",
        keys=(
            Key("min", KeyKind.DURATION, "first wait", default=200 * MS, minimum=MS, maximum=3600 * S),
            Key("max", KeyKind.DURATION, "longest wait", default=10 * S, minimum=MS, maximum=3600 * S),
        ),
    ),
    Key("max_in_flight", KeyKind.INTEGER, "requests under way at once", default=1, minimum=1, maximum=1),
)

DEVICE_KEYS = (
    Key("unit", KeyKind.INTEGER, "unit identifier", default=1, minimum=0, maximum=255),
    Key("poll", KeyKind.DURATION, "period of reading and writing", default=100 * MS, minimum=MS, maximum=3600 * S),
    Key(
        "byte_order",
        KeyKind.CHOICE,
        "order of the bytes of a value, A the most significant: ABCD as the standard has it, CDAB words swapped, "
        "BADC bytes swapped in each word, DCBA both",
        default="ABCD",
        choices=BYTE_ORDERS,
    ),
    Key(
        "max_gap",
        KeyKind.INTEGER,
        "read up to this many unused items to save a request",
        default=16,
        minimum=0,
        maximum=2000,
    ),
    Key("max_registers", KeyKind.INTEGER, "registers in one request", default=125, minimum=1, maximum=125),
    Key("max_bits", KeyKind.INTEGER, "coils or discrete inputs in one request", default=2000, minimum=1, maximum=2000),
    Key(
        "offline",
        KeyKind.TABLE,
        "give a silent device up for a while, so that others on the connection are served",
        keys=(
            Key("after", KeyKind.INTEGER, "unanswered requests in a row", default=3, minimum=1, maximum=1000),
            Key("probe", KeyKind.DURATION, "then ask this often", default=2 * S, minimum=MS, maximum=3600 * S),
        ),
    ),
)

POINT_KEYS = (
    Key("area", KeyKind.CHOICE, "table of the device", required=True, choices=(*BIT_AREAS, *REGISTER_AREAS)),
    Key("address", KeyKind.INTEGER, "protocol address, from 0", required=True, minimum=0, maximum=LAST_ADDRESS),
    Key("byte_order", KeyKind.CHOICE, "as for the device, for this point", choices=BYTE_ORDERS),
    Key("bit", KeyKind.INTEGER, "bit of the register, 0 the least significant", minimum=0, maximum=15),
)


class ConnectionSettings(Struct, frozen=True):
    host: str
    port: int
    connect_timeout_s: float
    answer_timeout_s: float
    reconnect_min_ns: int
    reconnect_max_ns: int


class DeviceSettings(Struct, frozen=True):
    unit: int
    poll_ns: int
    max_gap: int
    max_registers: int
    max_bits: int
    offline_after: int
    probe_ns: int


class Point(Struct, frozen=True):
    """A channel and its place. `size` in bits or registers of its area; `bit` -1 where the value is not a bit of a
    register.
    """

    channel: Channel
    area: str
    address: int
    size: int
    byte_order: str
    bit: int

    @property
    def end(self) -> int:
        return self.address + self.size


def connection_settings(connection: Connection) -> ConnectionSettings:
    values = _with_defaults(CONNECTION_KEYS, connection.settings)
    return ConnectionSettings(
        host=values["host"],
        port=values["port"],
        connect_timeout_s=values["connect_timeout"] / S,
        answer_timeout_s=values["timeout"] / S,
        reconnect_min_ns=values["reconnect"]["min"],
        reconnect_max_ns=values["reconnect"]["max"],
    )


def device_settings(device: Device) -> DeviceSettings:
    values = _with_defaults(DEVICE_KEYS, device.settings)
    return DeviceSettings(
        unit=values["unit"],
        poll_ns=values["poll"],
        max_gap=values["max_gap"],
        max_registers=values["max_registers"],
        max_bits=values["max_bits"],
        offline_after=values["offline"]["after"],
        probe_ns=values["offline"]["probe"],
    )


def points(device: Device) -> list[Point]:
    """The places of a device's channels, in their order. Raises ValueError for what `check_point` would have found."""
    shared = _with_defaults(DEVICE_KEYS, device.settings)
    found: list[Point] = []
    for channel in device.channels:
        if findings := check_point(device.settings, channel.direction, channel.wire_type, channel.settings):
            raise ValueError(f"{channel.name}: {findings[0].message}")
        own = _with_defaults(POINT_KEYS, channel.settings)
        in_registers = own["area"] in REGISTER_AREAS
        found.append(
            Point(
                channel=channel,
                area=own["area"],
                address=own["address"],
                size=REGISTERS[channel.wire_type] if in_registers else 1,
                byte_order=own["byte_order"] or shared["byte_order"],
                bit=-1 if own["bit"] is None else own["bit"],
            )
        )
    return found


def check_connection(settings: dict[str, Any]) -> list[Finding]:
    """What is wrong with the settings of a connection, each of which is well formed."""
    first_ns, most_ns = settings["reconnect"]["min"], settings["reconnect"]["max"]
    if first_ns <= most_ns:
        return []
    message = f"the first wait, {first_ns / 1e9:g} s, is longer than the longest, {most_ns / 1e9:g} s"
    return [Finding("reconnect", message, "write min and max, the smaller one as min")]


def check_point(device: dict[str, Any], direction: Direction, wire_type: str, point: dict[str, Any]) -> list[Finding]:
    """What is wrong with a point whose keys are each well formed."""
    area, address, bit = point["area"], point["address"], point.get("bit")
    if wire_type not in REGISTERS:
        return [Finding("type", f"Modbus carries no {wire_type}", f"use one of {', '.join(REGISTERS)}")]
    found: list[Finding] = []
    if direction is Direction.OUTPUT and area in WRITABLE:
        message = f"area {area} cannot be written"
        found.append(Finding("area", message, f'use "{WRITABLE[area]}", or make the point an input with `to`'))
    if area in BIT_AREAS:
        found += _check_in_bits(area, wire_type, point)
    else:
        found += _check_in_registers(device, wire_type, address, bit)
    return found


def _check_in_bits(area: str, wire_type: str, point: dict[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    if wire_type != "BOOL":
        remedy = 'use type "BOOL", or area "input" or "holding"'
        found.append(Finding("type", f"a {area} is one bit and holds no {wire_type}", remedy))
    found.extend(
        Finding(key, f"{key} has no meaning in area {area}: each address is one bit", f"remove {key}")
        for key in ("bit", "byte_order")
        if point.get(key) is not None
    )
    return found


def _check_in_registers(device: dict[str, Any], wire_type: str, address: int, bit: int | None) -> list[Finding]:
    found: list[Finding] = []
    size = REGISTERS[wire_type]
    at_once = _with_defaults(DEVICE_KEYS, device)["max_registers"]
    if wire_type == "BOOL" and bit is None:
        found.append(Finding("bit", "a BOOL in a register needs to know its bit", "add bit = 0 (0 to 15)"))
    if wire_type != "BOOL" and bit is not None:
        found.append(Finding("bit", f"{wire_type} is more than one bit", 'remove bit, or use type "BOOL"'))
    if address + size - 1 > LAST_ADDRESS:
        message = f"a {wire_type} at {address} ends at {address + size - 1}, and the last register is {LAST_ADDRESS}"
        found.append(Finding("address", message, f"use an address up to {LAST_ADDRESS + 1 - size}"))
    if size > at_once:
        message = f"a {wire_type} takes {size} registers, and the device's max_registers is {at_once}"
        found.append(Finding("type", message, f"set max_registers to {size} or more"))
    return found


def place(device: dict[str, Any], wire_type: str, point: dict[str, Any]) -> tuple[str, int, int]:
    """What an output point writes, in coils, or in bits of holding registers."""
    space, address, bit = f"unit {device['unit']} {point['area']}", point["address"], point.get("bit")
    if point["area"] in BIT_AREAS:
        return space, address, address + 1
    if bit is not None:
        return space, address * 16 + bit, address * 16 + bit + 1
    return space, address * 16, (address + REGISTERS[wire_type]) * 16


def _with_defaults(keys: tuple[Key, ...], given: dict[str, Any]) -> dict[str, Any]:
    """`given` with every key of the schema; absent keys have their defaults, tables too."""
    complete: dict[str, Any] = {}
    for key in keys:
        value = given.get(key.name)
        if key.kind is KeyKind.TABLE:
            value = _with_defaults(key.keys, cast(dict[str, Any], value or {}))
        complete[key.name] = key.default if value is None else value
    return complete
