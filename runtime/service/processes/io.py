"""The I/O process: one event loop with a task for each connection, between the drivers' blocks and the shared images.

Inputs: a driver fills its rows of one common `InputBlock` and publishes; the block is copied into the back slot and
handed over. Outputs: every few milliseconds the newest output image is taken. While the engine runs its program the
image's values are wanted, otherwise, or when the engine has ended or has given no sign of life for `outputs_timeout`,
the safe values.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import numpy as np

from io_drivers import catalogue
from io_drivers.contract import DeviceStatus, Driver, InputBlock, OutputBlock
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.channels import InputWriter, OutputReader
from runtime.service.bound import Bound
from runtime.service.processes import together
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.common import Child, ending, say, settle_memory

OUTPUT_PERIOD_S = 0.002
STATUS_PERIOD_S = 0.1
FAREWELL_NS = 500_000_000
"""How long safe values may take to be written when the process ends."""


class Host:
    """Owns the blocks and the drivers."""

    def __init__(self, block: Block, bound: Bound) -> None:
        self._block, self._bound = block, bound
        self._writer = InputWriter(block)
        self._reader = OutputReader(block)
        self.inputs = InputBlock(block.layout.inputs, self._publish_inputs)
        self.outputs = OutputBlock(block.layout.outputs)
        self._safe = np.zeros((block.layout.outputs, 8), np.uint8)
        self._leave_alone = np.zeros(block.layout.outputs, np.bool_)
        for channel in (
            c for connection in bound.connections for device in connection.devices for c in device.channels
        ):
            if channel.direction.value == "output":
                self._leave_alone[channel.index] = channel.safe is None
                self._safe[channel.index] = np.frombuffer(channel.safe or bytes(8), np.uint8)
        self._program_in_charge: bool | None = None
        self.drivers: list[Driver] = [
            catalogue.find(name).open(connection, self.inputs, self.outputs, clock.monotonic_ns)
            for name, connection in zip(bound.drivers, bound.connections, strict=True)
        ]

    def _publish_inputs(self) -> None:
        self._writer.publish(self.inputs, clock.monotonic_ns())

    def carry_outputs(self) -> None:
        """Bring the `OutputBlock` up to date with the newest image, or with the safe values."""
        block, outputs = self._block, self.outputs
        image = self._reader.take()
        silent_ns = clock.monotonic_ns() - block.get("heartbeat_ns")
        # The image alone may be the last word of an engine that was killed: that it has ended is in the control words
        # as soon as the supervisor knows.
        runs = image.state == block.get("state") == EngineState.RUN
        in_charge = runs and silent_ns < self._bound.engine.outputs_timeout_ns
        wanted = image.raw if in_charge else self._safe
        if in_charge != self._program_in_charge:
            if self._program_in_charge is not None or in_charge:
                say("the program drives the outputs" if in_charge else "outputs are safe: the program is not running")
            self._program_in_charge = in_charge
            outputs.active[:] = True if in_charge else ~self._leave_alone
            outputs.epoch += 1
        elif np.array_equal(wanted, outputs.raw):
            return
        outputs.raw[:] = wanted
        outputs.changed.set()

    def make_safe(self) -> None:
        """From now on the safe values are wanted, whatever the engine says."""
        self._program_in_charge = False
        self.outputs.raw[:] = self._safe
        self.outputs.active[:] = ~self._leave_alone
        self.outputs.epoch += 1
        self.outputs.changed.set()

    def report(self) -> None:
        """The drivers' view of their devices into shared memory, for people."""
        self._block.set("io_heartbeat_ns", clock.monotonic_ns())
        statuses = [status for driver in self.drivers for status in driver.status]
        for row, status in zip(self._block.devices, statuses, strict=True):
            _write_status(row, status)


def _write_status(row: np.void, status: DeviceStatus) -> None:
    row["name"] = status.name.encode()[:64]
    row["state"], row["requests"], row["failures"] = status.state, status.requests, status.failures
    row["reconnects"], row["round_trip_us"] = status.reconnects, status.round_trip_us
    row["problem"] = status.problem.encode()[:160]


async def _every(period_s: float, action: Callable[[], None]) -> None:
    while True:
        action()
        await asyncio.sleep(period_s)


async def serve(child: Child) -> int:
    """Run until the end of the line, then write the safe values."""
    host = Host(child.block, child.bound)
    settle_memory()
    host.report()
    tasks = [asyncio.create_task(driver.run()) for driver in host.drivers]
    tasks.append(asyncio.create_task(_every(OUTPUT_PERIOD_S, host.carry_outputs)))
    tasks.append(asyncio.create_task(_every(STATUS_PERIOD_S, host.report)))
    with ending(child.line) as ended:
        end = asyncio.create_task(ended.wait())
        done, _ = await asyncio.wait([*tasks, end], return_when=asyncio.FIRST_COMPLETED)
    host.make_safe()
    tasks[-2].cancel()
    deadline_ns = clock.monotonic_ns() + FAREWELL_NS
    await asyncio.gather(*(driver.write_now(deadline_ns) for driver in host.drivers), return_exceptions=False)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done - {end}:
        task.result()  # a driver that ended by itself broke its contract; its exception ends this part as well
    return 0


def prepare() -> None:
    """Importing this module is all that takes time."""


def main(child: Child) -> int:
    return asyncio.run(serve(child))


def share(line: socket.socket, first: Assignment) -> int:
    return asyncio.run(together.in_event_loop(line, first, serve))
