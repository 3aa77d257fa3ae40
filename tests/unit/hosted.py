"""For the tests of the service's PLCs: a launch and a builder without processes and compiler.

The programs are the hand-made plant of `handmade`, scanning in a thread of this process. What main.st says decides how
a version behaves:

| main.st | the version |
|---|---|
| contains `rejected` | has one error |
| contains `cannot start` | is not brought up by its supervisor |
| contains `faults` | meets a fault in its first scan |
| anything else | counts scans in Main.DINT |
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numba import carray, cfunc, types

from iec61131.program import HEADER, FaultCode
from runtime import clock, loop
from runtime.engine import view
from runtime.host.plcs import PlcHost
from runtime.host.supervised import OnEvent
from runtime.image.block import Block
from runtime.image.ring import Command, CommandRing
from runtime.service.access import Principal, Role
from runtime.service.building import Builder, BuildRejected, Built
from runtime.service.change.coordinator import CannotChange, Done
from runtime.service.change.offer import CannotOffer, Offer
from runtime.service.http.models import PlcState
from runtime.service.http.upload import Bundle, bundle
from runtime.supervisor import CannotStart, Event
from tests.unit import handmade

ENGINEER = Principal("eve", Role.ENGINEER)
FINDING = {
    "code": "RUNG0301",
    "severity": "error",
    "message": "'x' is not declared",
    "remedy": "declare it",
    "file": "main.st",
    "line": 1,
    "column": 1,
    "end_line": 1,
    "end_column": 2,
    "notes": [],
}


_HEADER_BYTES = HEADER.itemsize
_FAULT_WORD = HEADER.fields["fault_code"][1] // 4  # pyright: ignore[reportOptionalSubscript]
_DIVIDE_BY_ZERO = int(FaultCode.DIVIDE_BY_ZERO)


@cfunc(types.int32(types.CPointer(types.uint8)))
def divide_by_zero(memory) -> int:
    carray(memory, (_HEADER_BYTES,)).view(np.int32)[_FAULT_WORD] = _DIVIDE_BY_ZERO
    return _DIVIDE_BY_ZERO


def sources(text: str) -> Bundle:
    return bundle({"plc.toml": "[plc]\n", "main.st": text})


class FakeBuilder(Builder):
    """`pass_` can be cleared to hold builds up."""

    def __init__(self) -> None:
        super().__init__()
        self.may_pass = asyncio.Event()
        self.may_pass.set()
        self.waiting = 0

    async def build(self, version: Path, *, kept: bool = False) -> Built:
        self.waiting += 1
        await self.may_pass.wait()
        self.waiting -= 1
        if "rejected" in (version / "project" / "main.st").read_text():
            raise BuildRejected([FINDING])
        compiled = handmade.program()
        return Built(compiled, handmade.bound(compiled), [])


class HandmadePlc:
    """See `runtime.host.supervised.Running`. `failures_left`: so many starts of any version fail."""

    failures_left = 0

    def __init__(
        self, project: Path, folder: Path, built: Built, on_event: OnEvent, on_end: Callable[[], None]
    ) -> None:
        self.text = (project / "main.st").read_text()
        self.program, self.bound = built.program, built.bound
        self.ended = asyncio.Event()
        self.problem: str | None = None
        self.recalled = self.safe_mode = None
        self.wanted = True
        self._on_event, self._on_end = on_event, on_end
        self._thread: loop.RealtimeThread | None = None
        self._block: Block | None = None

    @property
    def block(self) -> Block:
        assert self._block is not None
        return self._block

    async def start(self) -> None:
        await asyncio.sleep(0)
        if "cannot start" in self.text:
            raise CannotStart("the port is in use")
        if HandmadePlc.failures_left > 0:
            HandmadePlc.failures_left -= 1
            raise CannotStart("not yet")
        self._block = block = Block.create(view.block_layout(self.program, 1, 1, 1), "test")
        view.prepare(block, self.program, clock.monotonic_ns())
        address: Any = (divide_by_zero if "faults" in self.text else handmade.count_scans).address
        tasks = view.task_table(self.program.tasks, [address])
        tables = self.bound.input_table(), self.bound.output_table()
        made = view.make_view(block, self.program, *tables, tasks, loop_limit=1000, depth_limit=100)
        self._thread = loop.RealtimeThread(block, made, tick_ns=1_000_000, priority=0, cpu=None, stack_bytes=1 << 20)
        self._thread.start()
        CommandRing(block, "console").order(Command.START)
        self._on_event(Event(clock.monotonic_ns(), "engine", "began"))

    async def stop(self) -> None:
        await asyncio.sleep(0)
        if self._thread is not None:
            self._thread.stop()
            self._thread = None
            self.block.close()
        self.ended.set()

    def want(self, *, run: bool) -> None:
        self.wanted = run

    async def offer(self, project: Path, built: Built) -> Offer:
        await asyncio.sleep(0)
        raise CannotOffer("the engine does not answer")

    async def offer_back(self) -> Offer:
        await asyncio.sleep(0)
        raise CannotOffer("the engine does not answer")

    async def change(self, agreed: Offer) -> Done:
        await asyncio.sleep(0)
        raise CannotChange("its program was made by hand")

    def die(self) -> None:
        """As when the supervisor's thread ends by itself."""
        assert self._thread is not None
        self._thread.stop()
        self._thread = None
        self.problem = "the supervisor ended: OSError"
        self.ended.set()
        self._on_end()


def make_host(state: Path, builder: Builder | None = None) -> PlcHost:
    return PlcHost(state, builder or FakeBuilder(), HandmadePlc)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most half a minute."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - nobody announces these conditions
            await asyncio.sleep(0.002)


GOOD, OTHER = sources("good"), sources("other")
CANNOT_START, FAULTS, REJECTED = sources("cannot start"), sources("faults"), sources("rejected")


@asynccontextmanager
async def service(state: Path, builder: FakeBuilder | None = None) -> AsyncIterator[PlcHost]:
    host = make_host(state, builder)
    await host.open()
    try:
        yield host
    finally:
        await host.close()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 60))


async def running(host: PlcHost, name: str = "tank") -> None:
    """A PLC that runs GOOD."""
    await host.upload(ENGINEER, name, GOOD)
    await host.activate(ENGINEER, name, GOOD.digest)


def state(host: PlcHost, name: str = "tank") -> PlcState:
    return host.plc(ENGINEER, name).state


async def value(host: PlcHost, path: str) -> Any:
    return (await host.read(ENGINEER, "tank", [path]))[0].value
