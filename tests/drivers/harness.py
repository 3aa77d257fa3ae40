"""A driver under test between two blocks, as the I/O process holds it; with waits for conditions instead of times."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np

from io_drivers.contract import (
    Channel,
    Connection,
    Device,
    Direction,
    Driver,
    DriverKind,
    InputBlock,
    OutputBlock,
    Quality,
    Reason,
)
from io_drivers.numeric_types import TYPES

MS = 1_000_000
PATIENCE_S = 20.0


def raw(type_name: str, value: float) -> bytes:
    """A value as a block holds it."""
    code = TYPES[type_name].code
    return np.array([value], code).tobytes().ljust(8, b"\0")


def value(type_name: str, row: Any) -> float:
    return np.asarray(row, np.uint8).view(TYPES[type_name].code)[0].item()


class Bench:
    """Builds the channels, owns the blocks, runs the driver."""

    def __init__(self, kind: DriverKind, connection: dict[str, Any]) -> None:
        self.kind, self.settings = kind, connection
        self.channels: dict[str, Channel] = {}
        self.devices: list[Device] = []
        self.on_publish: Callable[[], object] = lambda: None
        self.changed = asyncio.Event()
        self.counts = {Direction.INPUT: 0, Direction.OUTPUT: 0}

    def device(self, name: str, settings: dict[str, Any], points: list[dict[str, Any]]) -> None:
        """`points`: name; wire, the wire type; into, the block's type of an input, or out, of an output; then keys of
        `Channel` and keys of the driver."""
        channels = []
        for keys in points:
            point = dict(keys)
            direction = Direction.OUTPUT if "out" in point else Direction.INPUT
            wire_type = point.pop("wire", "INT")
            type_ = point.pop("out", None) or point.pop("into", None) or wire_type
            known = {k: point.pop(k) for k in ("scale", "offset", "write", "refresh_ns", "safe") if k in point}
            full = f"{name}.{point.pop('name')}"
            channel = Channel(self.counts[direction], full, direction, wire_type, type_, settings=point, **known)
            self.counts[direction] += 1
            self.channels[full] = channel
            channels.append(channel)
        self.devices.append(Device(name, settings, tuple(channels)))

    def open(self) -> Driver:
        self.inputs = InputBlock(self.counts[Direction.INPUT], self._publish)
        self.outputs = OutputBlock(self.counts[Direction.OUTPUT])
        self.outputs.active[:] = True
        connection = Connection("line", self.settings, tuple(self.devices))
        self.driver = self.kind.open(connection, self.inputs, self.outputs, time.monotonic_ns)
        return self.driver

    @asynccontextmanager
    async def running(self):
        driver = self.open()
        task = asyncio.create_task(driver.run())
        self.task = task
        try:
            yield self
            assert task.cancelled() or not task.done(), "the driver ended by itself"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _publish(self) -> None:
        self.on_publish()
        self.changed.set()

    async def until(self, condition: Callable[[], object], what: str = "the condition") -> None:
        """Wait until the condition holds; looks after each publication and now and then besides."""
        give_up = time.monotonic() + PATIENCE_S
        while not condition():
            if self.task.done():
                self.task.result()
            assert time.monotonic() < give_up, f"waited in vain for {what}: {self.describe()}"
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), 0.01)
            except TimeoutError:
                continue

    def describe(self) -> str:
        rows = ", ".join(
            f"{name}={self.reason(name).name}" for name, c in self.channels.items() if c.direction is Direction.INPUT
        )
        return f"{[str(s) for s in self.driver.status]} {rows}"

    # inputs

    def value(self, name: str) -> float:
        channel = self.channels[name]
        return value(channel.type, self.inputs.raw[channel.index])

    def good(self, name: str) -> bool:
        return self.inputs.quality[self.channels[name].index] == Quality.GOOD

    def reason(self, name: str) -> Reason:
        return Reason(int(self.inputs.reason[self.channels[name].index]))

    def time_ns(self, name: str) -> int:
        return int(self.inputs.time_ns[self.channels[name].index])

    # outputs

    def want(self, name: str, number: float) -> None:
        """As the host: write between two awaits of the driver, then tell."""
        channel = self.channels[name]
        self.outputs.raw[channel.index] = np.frombuffer(raw(channel.type, number), np.uint8)
        self.outputs.changed.set()

    def status(self, name: str):
        return next(s for s in self.driver.status if s.name == name)


def registers(type_name: str, number: float, order: str = "ABCD") -> list[int]:
    """A value as registers, spelled out independently of the driver: by `struct`, then swapped."""
    code = {"<i": "i", "<u": "u", "<f": "f"}[TYPES[type_name].code[:2]]
    size = TYPES[type_name].size
    letter = {("i", 2): "h", ("i", 4): "i", ("i", 8): "q", ("u", 2): "H", ("u", 4): "I", ("u", 8): "Q"}
    letter |= {("f", 4): "f", ("f", 8): "d"}
    data = struct.pack(">" + letter[code, size], number)
    words = [data[n : n + 2] for n in range(0, len(data), 2)]
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    return [int.from_bytes(word, "big") for word in words]
