"""The status of a PLC as a terminal shows it."""

from __future__ import annotations

from rich.console import Console

from runtime.service.terminal import StatusView
from tests.unit import handmade


def test_what_is_wrong_with_a_device_can_be_read_in_80_columns() -> None:
    """The problem was the last column of the table of devices. On a terminal of 80 columns there was room for eleven
    characters of it: "127.0.0.1:1", and not that the connection was refused.
    """
    program = handmade.program()
    bound = handmade.bound(program)
    block, _ = handmade.make(program, bound)
    problem = "192.168.100.200:502 cannot be reached: Connection refused"
    block.devices[0]["problem"] = problem.encode()
    console = Console(width=80, height=50)
    with console.capture() as shown:
        console.print(StatusView(block, program, bound).render())
    assert f"device: {problem}" in shown.get()
