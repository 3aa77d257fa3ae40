"""Devices that do not exist: inputs from functions of time, from outputs, or from a test; outputs that are remembered.

The driver keeps the same contract as a real one: its own period, values through `codec`, writes through
`writing.Ledger`, quality and reasons. It looks at outputs when it polls, not between. What a test or a person at the
console does to a device:

    driver.set("tank.level", 2.5)           the wire value of a constant input from now on
    driver.fail("tank", Reason.TIMEOUT)     the device does not answer; None mends it
    driver.written["tank.pump"]             wire value last written, absent until the first
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from io_drivers.codec import Conversion, Rows
from io_drivers.contract import (
    Connection,
    Device,
    DeviceState,
    DeviceStatus,
    Direction,
    InputBlock,
    OutputBlock,
    Reason,
)
from io_drivers.numeric_types import TYPES
from io_drivers.simulated import config
from io_drivers.writing import Ledger


class SimulatedDriver:
    """See `contract.Driver`."""

    def __init__(
        self, connection: Connection, inputs: InputBlock, outputs: OutputBlock, now_ns: Callable[[], int]
    ) -> None:
        self._now_ns = now_ns
        self._inputs, self._outputs = inputs, outputs
        self.written: dict[str, float] = {}
        self._devices = [_SimulatedDevice(d, inputs, outputs, self.written) for d in connection.devices]
        self.status: Sequence[DeviceStatus] = [device.status for device in self._devices]

    def set(self, point: str, value: float) -> None:
        """Give an input a wire value. Raises KeyError for a name that is no constant input."""
        device = next((d for d in self._devices if point in d.constants), None)
        if device is None:
            known = ", ".join(name for d in self._devices for name in d.constants)
            raise KeyError(f"{point} is no constant input; there are: {known or 'none'}")
        device.constants[point] = value

    def fail(self, device: str, reason: Reason | None) -> None:
        """Let a device fail until it is mended with None. Raises KeyError for an unknown device."""
        next_match = [d for d in self._devices if d.status.name == device]
        if not next_match:
            raise KeyError(f"there is no device {device}")
        next_match[0].failure = reason

    async def run(self) -> None:
        """Poll and write until cancelled."""
        begin_ns = self._now_ns()
        try:
            while self._devices:
                device = min(self._devices, key=lambda d: d.next_ns)
                await asyncio.sleep(max(0.0, (device.next_ns - self._now_ns()) / 1e9))
                now_ns = self._now_ns()
                device.poll(now_ns, begin_ns)
                device.next_ns = now_ns + device.poll_ns - (now_ns - begin_ns) % device.poll_ns
                self._inputs.publish()
            await asyncio.Event().wait()
        finally:
            for device in self._devices:
                self._inputs.bad(device.input_rows, Reason.STOPPED)
            self._inputs.publish()

    async def write_now(self, deadline_ns: int) -> None:
        """Write every active output once. Takes no time."""
        for device in self._devices:
            device.write(self._now_ns(), everything=True)


class _SimulatedDevice:
    def __init__(self, device: Device, inputs: InputBlock, outputs: OutputBlock, written: dict[str, float]) -> None:
        self.status = DeviceStatus(device.name)
        self.poll_ns = config.poll_ns(device.settings)
        self.next_ns = 0
        self.failure: Reason | None = None
        self._inputs, self._outputs, self._written = inputs, outputs, written
        self._reads = [c for c in device.channels if c.direction is Direction.INPUT]
        self._writes = [c for c in device.channels if c.direction is Direction.OUTPUT]
        self._sources = [config.source(channel) for channel in self._reads]
        self.constants = {
            c.name: s.value for c, s in zip(self._reads, self._sources, strict=True) if s.kind == "constant"
        }
        self._loops = {s.of: f"{device.name}.{s.of}" for s in self._sources if s.kind == "loop" and s.of is not None}
        outputs_there = {channel.name for channel in self._writes}
        for of, name in self._loops.items():
            if name not in outputs_there:
                raise ValueError(f"device {device.name} has no output point {of} for a loop")
        self.input_rows: NDArray[np.intp] = np.array([c.index for c in self._reads], np.intp)
        self._output_rows: NDArray[np.intp] = np.array([c.index for c in self._writes], np.intp)
        self._to_block = Conversion.to_block(self._reads)
        self._to_wire = Conversion.to_wire(self._writes)
        self._ledger = Ledger(self._writes)

    def poll(self, now_ns: int, begin_ns: int) -> None:
        status = self.status
        status.requests += 1
        if self.failure is not None:
            status.failures += 1
            status.state, status.problem = DeviceState.OFFLINE, f"set to fail: {self.failure.name}"
            self._inputs.bad(self.input_rows, self.failure)
            self._ledger.forget()
            return
        status.state, status.problem = DeviceState.ONLINE, ""
        self.write(now_ns, everything=False)
        wire: Rows = np.zeros((len(self._reads), 8), np.uint8)
        representable = np.ones(len(self._reads), np.bool_)
        for row, (channel, source) in enumerate(zip(self._reads, self._sources, strict=True)):
            number = self._number(channel.name, source, now_ns - begin_ns)
            representable[row] = _store(wire[row], channel.wire_type, number)
        values, fits = self._to_block(wire)
        fits &= representable
        self._inputs.good(self.input_rows[fits], values[fits], now_ns)
        self._inputs.bad(self.input_rows[~fits], Reason.OUT_OF_RANGE)

    def write(self, now_ns: int, *, everything: bool) -> None:
        """Carry out what is due, or every active output."""
        wire, fits = self._to_wire(self._outputs.raw[self._output_rows])
        wanted = self._outputs.active[self._output_rows] & fits
        self._ledger.observe(wire, wanted, self._outputs.epoch)
        rows, values = self._ledger.take(now_ns, at_poll=True)
        if everything:
            rows = np.flatnonzero(wanted)
            values = wire[rows]
        self._ledger.written(rows, values, now_ns)
        numbers: list[int] = rows.tolist()
        for row, value in zip(numbers, values, strict=True):
            channel = self._writes[row]
            self._written[channel.name] = float(value.view(TYPES[channel.wire_type].code)[0])

    def _number(self, name: str, source: config.Source, elapsed_ns: int) -> float:
        """The wire value of an input, `elapsed_ns` after the start."""
        turn = (elapsed_ns % source.period_ns) / source.period_ns
        span = source.high - source.low
        match source.kind:
            case "ramp":
                return source.low + span * turn
            case "sine":
                return source.low + span * (0.5 + 0.5 * math.sin(2 * math.pi * turn))
            case "square":
                return source.high if turn >= 0.5 else source.low
            case "loop":
                return self._written.get(self._loops[source.of or ""], 0.0)
            case _:
                return self.constants[name]


def _store(row: Rows, wire_type: str, number: float) -> bool:
    """Put a number into a row (8,) as `wire_type`, rounded half to even; False when it does not fit."""
    kind = TYPES[wire_type]
    if not math.isfinite(number):
        return False
    if not kind.is_float:
        number = round(number)
        if not kind.low <= number <= kind.high:
            return False
    with np.errstate(over="ignore"):
        row[: kind.size] = np.array([number], kind.code).view(np.uint8)
    return True
