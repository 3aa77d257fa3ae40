"""Devices without hardware, for trying a program out and for tests. `config` lists where a point's value can come
from.
"""

from io_drivers.contract import DriverKind
from io_drivers.simulated import config
from io_drivers.simulated.driver import SimulatedDriver

DRIVER = DriverKind(
    name="simulated",
    summary="no device: constants, ramps, sines, squares, and outputs looped back to inputs",
    connection=config.CONNECTION_KEYS,
    device=config.DEVICE_KEYS,
    point=config.POINT_KEYS,
    check_point=config.check_point,
    open=SimulatedDriver,
)
