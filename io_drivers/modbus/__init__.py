"""Modbus TCP. Every driver's folder has the same files:

config      the keys of the project file and what is checked beyond them
plan        which requests it takes
driver      the connection and its schedule; `device` the cycle of one device; `registers` where bytes lie
client      the only user of the protocol library
server      a small simulation server, for plants and tests
"""

from io_drivers.contract import DriverKind
from io_drivers.modbus import config
from io_drivers.modbus.driver import ModbusDriver

DRIVER = DriverKind(
    name="modbus",
    summary="Modbus TCP: coils, discrete inputs, input and holding registers",
    connection=config.CONNECTION_KEYS,
    device=config.DEVICE_KEYS,
    point=config.POINT_KEYS,
    check_point=config.check_point,
    open=ModbusDriver,
    place=config.place,
    check_connection=config.check_connection,
)
