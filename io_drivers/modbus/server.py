"""A small Modbus TCP server that pretends to be devices, for simulated plants and for tests. Built on pymodbus' server.

    pump = Unit(coils=2, inputs=4, on_write=written)      the four areas, from address 0
    server = Server({1: pump})
    await server.start()                                  listens on server.port
    pump.set_real("input", 2, 21.5)
    await server.stop()

`on_read` is called before an area is read, so that a plant computes its state only when somebody looks; `on_write`
after coils or holding registers were written. Both run in the event loop and must return quickly. Addresses outside of
a unit's areas are answered with exception 2, units that do not exist with exception 11, as a gateway would.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable, Mapping
from typing import cast

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator.simcore import SimCore

# pymodbus reports what callers are told anyway (a port in use, a client that left) to its log, which prints to stderr
# as long as nobody has set up logging. This only leaves it to whoever does.
logging.getLogger("pymodbus").addHandler(logging.NullHandler())

_AREA = {
    **dict.fromkeys((1, 5, 15), "coil"),
    2: "discrete",
    **dict.fromkeys((3, 6, 16, 22, 23), "holding"),
    4: "input",
}
"""Function code to area."""


class Unit:
    """One device: four areas of plain numbers, bits 0 or 1 and registers 0 to 65535. The lists may be read and
    written directly.
    """

    def __init__(
        self,
        *,
        coils: int = 0,
        discretes: int = 0,
        holdings: int = 0,
        inputs: int = 0,
        on_read: Callable[[str, int, int], None] | None = None,
        on_write: Callable[[str, int, list[int]], None] | None = None,
    ) -> None:
        self.areas: dict[str, list[int]] = {
            "coil": [0] * coils,
            "discrete": [0] * discretes,
            "holding": [0] * holdings,
            "input": [0] * inputs,
        }
        self.on_read, self.on_write = on_read, on_write

    def set_int(self, area: str, address: int, value: int) -> None:
        """A bit, or an INT or UINT in one register. Raises ValueError when it does not fit, in value or in place."""
        low, high = (0, 1) if area in ("coil", "discrete") else (-0x8000, 0xFFFF)
        if not low <= value <= high:
            raise ValueError(f"{value} does not fit into {area} {address}")
        self._put(area, address, [value & 0xFFFF])

    def set_dint(self, area: str, address: int, value: int) -> None:
        """A DINT or UDINT in two registers, the more significant first. Raises ValueError as `set_int`."""
        if not -0x8000_0000 <= value <= 0xFFFF_FFFF:
            raise ValueError(f"{value} does not fit into {area} {address}")
        self._put(area, address, list(divmod(value & 0xFFFF_FFFF, 0x1_0000)))

    def set_real(self, area: str, address: int, value: float) -> None:
        """A REAL in two registers, the more significant first. Raises ValueError as `set_int`."""
        self._put(area, address, list(struct.unpack(">HH", struct.pack(">f", value))))

    def _put(self, area: str, address: int, values: list[int]) -> None:
        items = self.areas[area]
        if not 0 <= address <= len(items) - len(values):
            raise ValueError(f"{area} {address} is outside of the unit's {len(items)}")
        items[address : address + len(values)] = values


class Server:
    """Listens on `host`:`port`; port 0 takes a free one. Raises OSError from `start` when it cannot."""

    def __init__(self, units: Mapping[int, Unit], host: str = "127.0.0.1", port: int = 0) -> None:
        self._units = dict(units)
        self._host, self.port = host, port
        self._server: ModbusTcpServer | None = None
        self.requests = 0
        """Requests that reached an area, since the start."""

    async def start(self) -> None:
        server = ModbusTcpServer([], address=(self._host, self.port))
        server.context = _Context(self)
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            # pymodbus keeps the reason to its log.
            raise OSError(f"cannot listen on {self._host}:{self.port}: the port is in use or not permitted") from error
        listener = cast(asyncio.Server, server.transport)
        self.port = int(listener.sockets[0].getsockname()[1])
        self._server = server

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            listener = cast(asyncio.Server, self._server.transport)
            await self._server.shutdown()
            await listener.wait_closed()
            self._server = None

    def read(self, unit: int, function: int, address: int, count: int) -> list[int] | ExcCodes:
        """Serve a read, as the protocol's functions 1 to 4 and 23 ask for it."""
        device, area = self._find(unit, function)
        self.requests += 1
        if device.on_read is not None:
            device.on_read(area, address, count)
        values = device.areas[area][address : address + count]
        return values if len(values) == count else ExcCodes.ILLEGAL_ADDRESS

    def write(self, unit: int, function: int, address: int, values: list[int]) -> ExcCodes | None:
        """Serve a write."""
        device, area = self._find(unit, function)
        self.requests += 1
        items = device.areas[area]
        if address + len(values) > len(items):
            return ExcCodes.ILLEGAL_ADDRESS
        items[address : address + len(values)] = values
        if device.on_write is not None:
            device.on_write(area, address, values)
        return None

    def _find(self, unit: int, function: int) -> tuple[Unit, str]:
        if unit not in self._units:
            raise NoSuchIdException(f"there is no unit {unit}")
        return self._units[unit], _AREA[function]


class _Context(SimCore):
    """Where pymodbus looks values up. Its own data store rounds the areas of coils up to sixteen and cannot refuse a
    unit.
    """

    def __init__(self, server: Server) -> None:
        super().__init__([])
        self._server = server

    async def async_getValues(  # noqa: N802 - pymodbus' name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        return self._server.read(device_id, func_code, address, count)

    async def async_setValues(  # noqa: N802 - pymodbus' name
        self, device_id: int, func_code: int, address: int, values: list[int] | list[bool]
    ) -> ExcCodes | None:
        return self._server.write(device_id, func_code, address, [int(value) for value in values])
