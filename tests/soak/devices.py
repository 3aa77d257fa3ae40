"""Simulated Modbus devices that can be in every mood: behind each is a well-behaved one (`io_drivers.modbus.server`),
and before it something that passes frames on, or does not.

A `Device` remembers since when it has been in its mood and when which output was written, for those who judge outputs
and inputs. All devices live in one event loop in a thread.
"""

from __future__ import annotations

import asyncio
import random
import struct
import threading
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from io_drivers.modbus.plant import Device as PlantDevice
from io_drivers.modbus.server import Server, Unit
from programs.tank import plant as tank
from tests.soak.designs import SAFE_ALIVE, SAFE_VALVE, Design

T = TypeVar("T")

_HEAD = struct.Struct(">HHH")  # of a frame: transaction, protocol, bytes that follow
_RELISTEN_S = 20.0
LATE_S = 0.2


class Mood(StrEnum):
    WELL = "answers"
    SLOW = "answers late, but in time"
    GONE = "refuses connections"
    SILENT = "takes requests and says nothing"
    GARBAGE = "answers with anything"
    EXCEPTION = "answers with exception 4"
    HALF = "sends half of each answer"
    CUT = "closes the connection instead of answering"
    FOREIGN = "answers the request of somebody else"


LOST = frozenset(Mood) - {Mood.WELL, Mood.SLOW}
"""Moods in which nothing can be read of it."""


class Output(Struct, frozen=True):
    """What stood in the device from this time on."""

    at_s: float
    values: tuple[int, ...]


class Device:
    """`port` is where it can be reached; 0 takes a free one."""

    def __init__(self, unit: Unit, port: int, safe: Mapping[tuple[str, int], int]) -> None:
        self.unit, self.port, self.mood = unit, port, Mood.WELL
        self.since_s = time.monotonic()
        self.connected_s = 0.0
        """When a driver has connected for the last time."""
        self.late_s = 0.0
        """When it has answered late for the last time because the machine had other things to do."""
        self.outputs: deque[Output] = deque(maxlen=20_000)
        self._safe = dict(safe)
        self._server = Server({1: unit})
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._chance = random.Random(port)
        unit.on_write = self._written

    # ----------------------------------------------------------------------------------------- looking, from any thread

    @property
    def steady_since_s(self) -> float:
        """Since when it is in its mood, and in time."""
        return max(self.since_s, self.late_s)

    @property
    def is_safe(self) -> bool:
        """Whether every output stands at its safe value."""
        return all(self.unit.areas[area][address] == value for (area, address), value in self._safe.items())

    @property
    def written_s(self) -> float:
        """When the outputs have changed last."""
        return self.outputs[-1].at_s if self.outputs else 0.0

    def unsafe_since(self, since_s: float) -> int:
        """How often something else than the safe values was written since then."""
        safe = tuple(self._safe.values())
        return sum(output.at_s >= since_s and output.values != safe for output in list(self.outputs))

    def _written(self, _area: str, _address: int, _values: list[int]) -> None:
        now = tuple(self.unit.areas[area][address] for area, address in self._safe)
        if not self.outputs or self.outputs[-1].values != now:
            self.outputs.append(Output(time.monotonic(), now))

    # ----------------------------------------------------------------------------------------------- in the event loop

    async def start(self) -> None:
        await self._server.start()
        await self._listen()

    async def stop(self) -> None:
        await self._hang_up()
        await self._server.stop()

    async def turn(self, mood: Mood) -> None:
        """Be in another mood from now on."""
        before, self.mood = self.mood, mood
        if mood is Mood.GONE:
            await self._hang_up()
        elif before is Mood.GONE:
            await self._listen()
        self.since_s = time.monotonic()

    async def _listen(self) -> None:
        deadline_s = time.monotonic() + _RELISTEN_S
        while True:
            try:
                self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
                break
            except OSError:  # somebody else has had a connection from this port meanwhile
                if time.monotonic() > deadline_s:
                    raise
                await asyncio.sleep(0.1)
        self.port = int(self._listener.sockets[0].getsockname()[1])

    async def _hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.connected_s = time.monotonic()
        behind: asyncio.StreamWriter | None = None
        try:
            theirs, behind = await asyncio.open_connection("127.0.0.1", self._server.port)
            while True:
                if not await self._exchange(await _frame(reader), theirs, behind, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            for each in (behind, writer):
                if each is not None:
                    each.close()

    async def _exchange(
        self, request: bytes, theirs: asyncio.StreamReader, behind: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> bool:
        """One request in the mood of the moment; false when the connection is to end."""
        mood = self.mood
        if mood in (Mood.SILENT, Mood.CUT):
            return mood is Mood.SILENT
        if mood is Mood.EXCEPTION:
            writer.write(request[:4] + b"\0\3" + request[6:7] + bytes([request[7] | 0x80, 4]))
            return await _drained(writer)
        began_s = time.monotonic()
        behind.write(request)
        answer = await _frame(theirs)
        match mood:
            case Mood.SLOW:
                await asyncio.sleep(self._chance.uniform(0.0, 0.03))
            case Mood.GARBAGE:
                answer = bytes([255, 255, *self._chance.randbytes(self._chance.randint(1, 40))])
            case Mood.HALF:
                answer = answer[: len(answer) // 2]
            case Mood.FOREIGN:
                answer = bytes([answer[0] ^ 0x55, answer[1]]) + answer[2:]
            case _:
                pass
        if mood is not Mood.SLOW and time.monotonic() - began_s > LATE_S:
            self.late_s = time.monotonic()
        writer.write(answer)
        return await _drained(writer)


async def _frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(_HEAD.size)
    return head + await reader.readexactly(_HEAD.unpack(head)[2])


async def _drained(writer: asyncio.StreamWriter) -> bool:
    await writer.drain()
    return True


def device_of(design: Design) -> Device:
    """The one that a design is for."""
    if not design.has_core:
        return _tank(design.device_port)
    unit = Unit(inputs=1, holdings=2)
    began_s = time.monotonic()

    def clock(_area: str, _address: int, _count: int) -> None:
        unit.set_int("input", 0, int((time.monotonic() - began_s) * 100) % 50_000)

    unit.on_read = clock
    return Device(unit, design.device_port, {("holding", 0): SAFE_ALIVE, ("holding", 1): SAFE_VALVE})


def _tank(port: int) -> Device:
    """The tank with its water; it runs faster than the real one."""
    plant = PlantDevice(tank.REGISTERS, tank.Plant(), speed=5.0)
    plant.unit.on_read = lambda _area, _address, _count: plant.advance(time.monotonic())
    return Device(plant.unit, port, {("coil", 0): 0, ("coil", 1): 1, ("holding", 0): 0})


class Field:
    """All devices, in an event loop of their own."""

    def __init__(self, designs: list[Design]) -> None:
        self.devices = {design.name: device_of(design) for design in designs if design.device_port}
        self._is_closing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="field", daemon=True)
        self._thread.start()
        for device in self.devices.values():
            self._do(device.start())
        self._looking = asyncio.run_coroutine_threadsafe(self._look_at_itself(), self._loop)

    async def _look_at_itself(self) -> None:
        """Whether this loop gets its turn."""
        while not self._is_closing:
            began_s = time.monotonic()
            await asyncio.sleep(LATE_S / 2)
            if time.monotonic() - began_s > LATE_S:
                for device in self.devices.values():
                    device.late_s = time.monotonic()

    def turn(self, name: str, mood: Mood) -> None:
        self._do(self.devices[name].turn(mood))

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self._is_closing = True
        self._looking.result(60)
        for device in self.devices.values():
            with suppress(TimeoutError):
                self._do(device.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
