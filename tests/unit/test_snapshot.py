"""The values of one finished scan, for readers outside of it."""

from __future__ import annotations

import asyncio

import pytest

from runtime import clock
from runtime.service import snapshot
from runtime.service.snapshot import Values
from tests.faults.rig import wait_for
from tests.unit import handmade


def test_a_reader_that_was_held_up_does_not_blame_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """With sixty OPC UA clients the event loop was busy for longer than an engine may take to answer. The answer was
    there, the time was over, and every variable of a PLC that ran turned BadNoCommunication.
    """
    compiled = handmade.program(interval_ns=20_000_000)
    binding = handmade.bound(compiled)
    now_ns, ahead_ns = clock.monotonic_ns, 0
    monkeypatch.setattr(clock, "monotonic_ns", lambda: now_ns() + ahead_ns)
    with handmade.running(compiled, binding) as block:

        async def held_up(_seconds: float) -> None:
            nonlocal ahead_ns
            scans = block.get("scans")
            wait_for(lambda: block.get("scans") > scans + 1, "the scan that answers")
            ahead_ns = 3600 * 10**9

        values = Values(block, compiled, binding)
        assert asyncio.run(values.refresh()), "what has to be compiled for a look is compiled"
        monkeypatch.setattr(snapshot.asyncio, "sleep", held_up)
        assert asyncio.run(values.refresh())
        assert ahead_ns, "it had to wait"
        assert values.engine_alive


def test_an_engine_that_is_gone_is_found_out() -> None:
    compiled = handmade.program()
    binding = handmade.bound(compiled)
    block, _ = handmade.make(compiled, binding)
    values = Values(block, compiled, binding)
    assert not asyncio.run(values.refresh())
    assert not values.engine_alive
    block.close()
