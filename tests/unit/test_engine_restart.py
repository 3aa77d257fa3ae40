"""An engine that begins in a block which another one has left at some instant."""

from __future__ import annotations

from iec61131.program import base_period_ns
from runtime import clock, loop
from runtime.engine import view
from runtime.engine.handover import Handover
from runtime.image.ring import Command, CommandRing
from tests.faults.rig import wait_for
from tests.unit import handmade


def test_it_does_not_let_go_for_a_program_that_died_with_the_engine_before() -> None:
    """The tick after which the dead one was to let go came for the next one as well, and it stood still."""
    compiled = handmade.program()
    binding = handmade.bound(compiled)
    block, made = handmade.make(compiled, binding)
    block.set("handover_tick", 20)
    block.set("handover", Handover.ORDERED)
    view.prepare(block, compiled, clock.monotonic_ns())
    thread = loop.RealtimeThread(
        block, made, tick_ns=base_period_ns(compiled.tasks), priority=0, cpu=None, stack_bytes=1 << 20
    )
    thread.start()
    try:
        CommandRing(block, "console").order(Command.START)
        wait_for(lambda: block.get("ticks") > 100, "ticks beyond that one")
    finally:
        thread.stop()
        block.close()
