"""Modbus TCP. Every driver's folder has the same files:

config      the keys of the project file and what is checked beyond them; `wire_types` what registers carry
plan        which requests it takes
driver      the connection and its schedule; `device` the cycle of one device; `registers` where bytes lie
client      the only user of the protocol library
server      a small simulation server, for plants and tests
"""

from collections.abc import Callable

from io_drivers.contract import Connection, Driver, DriverKind, InputBlock, OutputBlock
from io_drivers.modbus import config


def _open(connection: Connection, inputs: InputBlock, outputs: OutputBlock, clock_ns: Callable[[], int]) -> Driver:
    """The driver itself is imported when it is wanted: a check of the project file needs only the keys."""
    from io_drivers.modbus.driver import ModbusDriver

    return ModbusDriver(connection, inputs, outputs, clock_ns)


DRIVER = DriverKind(
    name="modbus",
    summary="Modbus TCP: coils, discrete inputs, input and holding registers",
    connection=config.CONNECTION_KEYS,
    device=config.DEVICE_KEYS,
    point=config.POINT_KEYS,
    check_point=config.check_point,
    open=_open,
    place=config.place,
    check_connection=config.check_connection,
)
