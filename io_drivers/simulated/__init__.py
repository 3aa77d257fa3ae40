"""Devices without hardware, for trying a program out and for tests. `config` lists where a point's value can come
from.
"""

from collections.abc import Callable

from io_drivers.contract import Connection, Driver, DriverKind, InputBlock, OutputBlock
from io_drivers.simulated import config


def _open(connection: Connection, inputs: InputBlock, outputs: OutputBlock, clock_ns: Callable[[], int]) -> Driver:
    """The driver itself is imported when it is wanted: a check of the project file needs only the keys."""
    from io_drivers.simulated.driver import SimulatedDriver

    return SimulatedDriver(connection, inputs, outputs, clock_ns)


DRIVER = DriverKind(
    name="simulated",
    summary="no device: constants, ramps, sines, squares, and outputs looped back to inputs",
    connection=config.CONNECTION_KEYS,
    device=config.DEVICE_KEYS,
    point=config.POINT_KEYS,
    check_point=config.check_point,
    open=_open,
)
