"""The I/O process between the images and the drivers' blocks: whose outputs the devices get."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path

from msgspec.structs import replace

from runtime import clock
from runtime.engine import kernel
from runtime.engine.states import EngineState
from runtime.image.ring import Command, CommandRing
from runtime.service.processes.common import Child
from runtime.service.processes.io import Host, serve
from runtime.service.processes.line import Line
from tests.unit import handmade

SAFE = 7  # of the handmade output


class Plant:
    """A handmade PLC in RUN, with the I/O process' part beside it; ticks only when told to."""

    def __init__(self) -> None:
        program = handmade.program()
        bound = handmade.bound(program)
        bound = replace(bound, engine=replace(bound.engine, outputs_timeout_ns=1 << 60))
        self.block, self._view = handmade.make(program, bound)
        self.block.set("state", EngineState.STOP)
        self.host = Host(self.block, bound)
        CommandRing(self.block, "console").order(Command.START)
        self._number = 0

    def tick(self) -> None:
        kernel.tick(self._view, clock.monotonic_ns(), self._number)
        self._number += 1

    def wanted(self) -> int:
        """What the device is to get."""
        self.host.carry_outputs()
        return int(self.host.outputs.raw[0].view("<u8")[0])


def test_before_the_program_runs_outputs_are_safe() -> None:
    assert Plant().wanted() == SAFE


def test_outputs_of_an_engine_that_ended_are_safe_at_once() -> None:
    """The engine was killed. Its last image said RUN and its last sign of life was recent, so the device kept what the
    program had wanted for half a second more, or for as long as `outputs_timeout` was set to, although the supervisor
    had noted in the same instant that there was no engine any more.
    """
    plant = Plant()
    for scan in (1, 2):
        plant.tick()
        assert plant.wanted() == scan, "the program counts its scans"
    epoch = plant.host.outputs.epoch
    plant.block.set("state", EngineState.ENDED)
    assert plant.wanted() == SAFE
    assert plant.host.outputs.epoch == epoch + 1, "written even where the value is what was written last"


def test_the_last_image_of_a_killed_engine_is_never_driven_again() -> None:
    """The next engine sets its sign of life before it publishes its first image. Whoever looked in between saw an
    engine alive and the image of its predecessor, in RUN.
    """
    plant = Plant()
    plant.tick()
    plant.wanted()
    plant.block.set("state", EngineState.ENDED)
    plant.wanted()
    plant.block.set("state", EngineState.STOP)
    plant.block.set("heartbeat_ns", clock.monotonic_ns())
    assert plant.wanted() == SAFE


def test_a_collection_of_garbage_does_not_walk_what_stays() -> None:
    """Under continuous faults exceptions leave garbage behind. Now and then a full collection walked the whole process,
    libraries and all: 55 ms without a poll, where devices are polled every 10 ms.
    """
    program = handmade.program()
    bound = handmade.bound(program)
    block, _ = handmade.make(program, bound)
    theirs, ours = socket.socketpair()
    ours.close()  # the supervisor is gone: the process serves, writes its safe values and ends
    line = Line(theirs.detach())
    try:
        asyncio.run(serve(Child(block, line, Path(), program, bound)))
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()
        line.close()
