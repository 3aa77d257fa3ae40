"""The keeper beside a scan that runs, with a disk that the test can fill, stop and look into."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from iec61131.program import Range
from runtime import clock
from runtime.engine import kernel, view
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.ring import Command, CommandRing
from runtime.service.commands import Commands
from runtime.service.errors import Unavailable
from runtime.service.retain import keeper as keeper_module
from runtime.service.retain.generations import Generations
from runtime.service.retain.keeper import Keeper
from runtime.service.retain.recalling import Recalled, recall
from runtime.service.retain.status import status_of
from runtime.service.retain.stored import Stored
from runtime.service.run_report import RunReport
from runtime.service.snapshot import Values
from tests.unit import handmade

EVERY_NS = 5_000_000
_COUNTER = next(v for v in handmade.VARIABLES if v.path == "Main.DINT")
_TEXT = next(v for v in handmade.VARIABLES if v.path == "Main.Text")


def program(*paths: str):
    variables = [v for v in handmade.VARIABLES if v.path in paths]
    ranges = tuple(Range(v.path, v.type, v.offset, handmade.TYPES[v.type].size) for v in variables)
    return replace(handmade.program(), retained=ranges)


class MemoryDisk:
    """Files in memory. Cleared `may_write` makes it hang, `problem` makes it refuse."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.writes = 0
        self.problem: OSError | None = None
        self.may_write = threading.Event()
        self.may_write.set()

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.may_write.wait()
        if self.problem is not None:
            raise self.problem
        self.files[name] = data
        self.writes += 1

    def sync(self, name: str) -> None: ...

    def sync_folder(self) -> None: ...

    def newest(self) -> Stored | None:
        return Generations(self).read().newest


class Kept:
    """A keeper of a block, and what it said."""

    def __init__(self, block: Block, tmp_path: Path, *paths: str, every_ns: int = EVERY_NS) -> None:
        self.block, self.program, self.disk = block, program(*paths), MemoryDisk()
        self.said: list[str] = []
        began = replace(recall(tmp_path, self.program, 0, 0), generations=Generations(self.disk))
        self.keeper = Keeper(block, self.program, began, every_ns, self.said.append)
        self.lock = tmp_path / "lock"
        self.lock.touch()

    def begin(self) -> None:
        descriptor = os.open(self.lock, os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.keeper.begin(descriptor)
        os.close(descriptor)

    @property
    def is_locked(self) -> bool:
        with self.lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def count(self) -> int:
        newest = self.disk.newest()
        return 0 if newest is None else int.from_bytes(newest.values[:4], "little")


@contextmanager
def running(tmp_path: Path, *paths: str) -> Iterator[Kept]:
    """A plant that counts its scans a thousand times a second, stopped at first, with a keeper that has begun."""
    compiled = program(*paths)
    binding = handmade.bound(compiled)
    with handmade.running(compiled, binding) as block:
        kept = Kept(block, tmp_path, *paths)
        kept.begin()
        yield kept
        kept.disk.may_write.set()
        kept.keeper.end(None)


def until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline_s, what
        threading.Event().wait(0.002)


def test_what_changes_is_stored_again_and_again(tmp_path: Path):
    with running(tmp_path, "Main.DINT") as kept:
        until(lambda: kept.count() > 20, "a count")
        before = kept.count()
        until(lambda: kept.count() > before, "a later count")
        status = status_of(kept.block, clock.monotonic_ns())
        assert (status.failures, status.problem) == (0, "")
        assert status.stored_ns is not None
        assert status.stored <= kept.disk.writes


def test_what_does_not_change_is_stored_once(tmp_path: Path):
    with running(tmp_path, "Main.Text") as kept:
        until(lambda: kept.disk.writes, "the first")
        scans = kept.block.get("scans")
        until(lambda: kept.block.get("scans") > scans + 50, "some time")
        assert kept.disk.writes == 1


def test_what_is_stored_already_is_not_stored_at_all(tmp_path: Path):
    kept = Kept(handmade.make(program("Main.Text"), handmade.bound(program("Main.Text")))[0], tmp_path, "Main.Text")
    stored = Stored(1, 0, 0, keeper_module.describe(kept.program), bytes(8))
    began = Recalled(Generations(kept.disk), stored.values, recall(tmp_path, kept.program, 0, 0).report, stored, {})
    keeper = Keeper(kept.block, kept.program, began, EVERY_NS, kept.said.append)
    descriptor = os.open(kept.lock, os.O_RDWR)
    keeper.begin(descriptor)
    assert keeper.end(bytes(8))
    assert kept.disk.writes == 0


def test_the_last_values_are_stored_at_the_end(tmp_path: Path):
    with running(tmp_path, "Main.DINT") as kept:
        until(lambda: kept.count() > 5, "a count")
        assert kept.keeper.end((1_000_000).to_bytes(4, "little"))
        assert kept.count() == 1_000_000
        assert not kept.is_locked


def test_nothing_is_stored_before_a_scan_has_come_to_its_end(tmp_path: Path):
    """A version that cannot run takes nothing from the one before."""
    compiled = program("Main.DINT")
    binding = handmade.bound(compiled)
    with handmade.running(compiled, binding) as block:
        CommandRing(block, "console").order(Command.STOP)
        until(lambda: block.get("state") == EngineState.STOP, "the stop")
        block.set("scans", 0)
        kept = Kept(block, tmp_path, "Main.DINT")
        kept.begin()
        served = block.get("snapshot_served")
        until(lambda: block.get("snapshot_served") > served + 2, "looks at the plant")
        assert kept.keeper.end(None)
        assert kept.disk.files == {}


def test_nothing_is_stored_of_a_scan_that_met_a_fault(tmp_path: Path):
    with running(tmp_path, "Main.DINT") as kept:
        until(lambda: kept.count() > 5, "a count")
        kept.block.set("state", EngineState.FAULT)
        ticks = kept.block.get("snapshot_served")
        until(lambda: kept.block.get("snapshot_served") > ticks + 1, "a snapshot of the fault")
        before = kept.count()
        kept.block.memory[_COUNTER.offset : _COUNTER.offset + 4] = np.frombuffer(b"\x7f\x7f\x7f\x7f", np.uint8)
        ticks = kept.block.get("snapshot_served")
        until(lambda: kept.block.get("snapshot_served") > ticks + 2, "looks at the plant")
        assert kept.count() == before
        assert int.from_bytes(kept.keeper.values, "little") == before


def test_a_full_disk_is_counted_and_said_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeper_module, "RETRY_NS", EVERY_NS)
    with running(tmp_path, "Main.DINT") as kept:
        until(lambda: kept.count() > 5, "a count")
        kept.disk.problem = OSError(28, "No space left on device")
        until(lambda: kept.block.get("retained_failures") > 2, "failures")
        assert kept.said == ["retained variables cannot be stored: No space left on device; it is tried again"]
        assert status_of(kept.block, clock.monotonic_ns()).problem == "No space left on device"
        assert kept.block.get("state") == EngineState.RUN
        report = RunReport(kept.block, kept.program, None)
        assert "attempts failed (No space left on device)" in report.lines()[1]
        before = kept.count()
        known = int.from_bytes(kept.keeper.values, "little")
        assert known > before  # with these an engine would begin that has to be started again
        kept.disk.problem = None
        until(lambda: kept.count() > before, "the next generation")
        until(lambda: len(kept.said) == 2, "word of it")
        assert kept.said[1] == "retained variables are stored again"
        assert status_of(kept.block, clock.monotonic_ns()).problem == ""


def test_it_is_said_when_the_last_values_cannot_be_stored(tmp_path: Path):
    with running(tmp_path, "Main.DINT") as kept:
        until(lambda: kept.count() > 5, "a count")
        kept.disk.problem = OSError(30, "Read-only file system")
        until(lambda: kept.block.get("retained_failures"), "a failure")
        assert kept.keeper.end((77).to_bytes(4, "little"))
        assert kept.said[1:] == ["the last values of the retained variables are not on the disk"]


def test_a_disk_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeper_module, "END_S", 0.05)
    monkeypatch.setattr(keeper_module, "SLOW_NS", 10_000_000)
    with running(tmp_path, "Main.DINT") as kept:
        until(lambda: kept.count() > 5, "a count")
        kept.disk.may_write.clear()
        until(lambda: kept.block.get("retained_begun_ns"), "an attempt")
        until(lambda: kept.keeper.watch(clock.monotonic_ns()) or kept.said, "word of it")
        kept.keeper.watch(clock.monotonic_ns())
        assert len(kept.said) == 1
        assert kept.said[0].startswith("the disk has not taken the retained variables")
        problem = status_of(kept.block, clock.monotonic_ns() + 7_000_000_000).problem
        assert problem == "the disk has not answered for 7 s"
        assert not kept.keeper.end((77).to_bytes(4, "little"))
        assert kept.is_locked  # nobody else may write here while this one still might
        kept.disk.may_write.set()
        until(lambda: not kept.is_locked, "the end")
        assert kept.count() == 77
        assert len(kept.said) == 1


def test_a_program_that_was_left_before_it_answered_is_not_waited_for(tmp_path: Path):
    compiled = program("Main.DINT")
    binding = handmade.bound(compiled)
    left, _ = handmade.make(compiled, binding)
    kept = Kept(left, tmp_path, "Main.DINT")
    try:
        kept.begin()
        until(lambda: left.get("snapshot_requested"), "a question that nobody answers")
        with handmade.running(compiled, binding) as block:
            kept.keeper.follow(block, compiled, EVERY_NS)
            until(lambda: kept.count() > 5, "a count")
    finally:
        kept.keeper.end(None)
        left.close()


@pytest.mark.parametrize("starts", [False, True])
def test_a_reset_is_stored_at_once_whether_the_program_has_run_or_not(tmp_path: Path, starts: bool):
    """Within the period of storing a kill brought back what somebody had cleared, and for ever if no scan came."""
    compiled = program("Main.DINT")
    binding = handmade.bound(compiled)
    block, kernel_view = handmade.make(compiled, binding)
    kept = Kept(block, tmp_path, "Main.DINT", every_ns=3_600_000_000_000)
    block.set("state", EngineState.STOP)
    ring, tick = CommandRing(block, "console"), 0

    def go_on(*commands: Command) -> None:
        nonlocal tick
        for command in commands:
            ring.order(command)
        kernel.tick(kernel_view, tick * 1_000_000, tick)
        tick += 1

    def is_stored() -> bool:
        go_on()
        kept.keeper.watch(clock.monotonic_ns())
        return block.get("retained_resets") == block.get("resets")

    if starts:
        go_on(Command.START)
    kept.begin()
    if starts:
        until(lambda: kept.count() or go_on(), "the first values")
        go_on(Command.STOP)
    before = kept.disk.writes
    go_on(Command.RESET_WARM)
    assert (block.get("resets"), block.get("retained_resets")) == (0, 0)
    for number, command in enumerate((Command.RESET_ORIGIN, Command.RESET_COLD), 1):
        go_on(command)
        assert block.get("resets") == number
        until(is_stored, f"reset {number}")
    assert kept.count() == 0
    assert kept.disk.writes == before + 1
    assert kept.keeper.end(None)
    block.close()


@pytest.mark.parametrize(("retry_ns", "least", "most"), [(3_600_000_000_000, 1, 1), (EVERY_NS, 3, 1000)])
def test_a_reset_waits_for_a_disk_that_refuses_at_its_own_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retry_ns: int, least: int, most: int
):
    """Neither as often as somebody looks, nor as seldom as values are stored."""
    monkeypatch.setattr(keeper_module, "RETRY_NS", retry_ns)
    compiled = program("Main.DINT")
    binding = handmade.bound(compiled)
    block, kernel_view = handmade.make(compiled, binding)
    kept = Kept(block, tmp_path, "Main.DINT", every_ns=3_600_000_000_000)
    kept.disk.problem = OSError(28, "No space left on device")
    CommandRing(block, "console").order(Command.RESET_COLD)
    looks = 0

    def has_failed() -> bool:
        nonlocal looks
        looks += 1
        kernel.tick(kernel_view, looks * 1_000_000, looks)
        kept.keeper.watch(clock.monotonic_ns())
        return looks > 50 and block.get("retained_failures") >= least

    kept.begin()
    until(has_failed, "an attempt")
    assert block.get("retained_failures") <= most
    kept.disk.problem = None
    assert kept.keeper.end(None)
    assert block.get("retained_resets") == 1
    block.close()


def test_a_reset_that_its_engine_has_not_lived_to_see_stored_has_come_to_nothing(tmp_path: Path):
    compiled = program("Main.DINT")
    binding = handmade.bound(compiled)
    block, kernel_view = handmade.make(compiled, binding)
    commands = Commands(block, compiled, Values(block, compiled, binding), "console")
    CommandRing(block, "console").order(Command.RESET_ORIGIN)
    kernel.tick(kernel_view, 0, 0)

    async def waits() -> None:
        waiting = asyncio.ensure_future(commands.stored(timeout_s=60.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        view.prepare(block, compiled, 0)
        with pytest.raises(Unavailable, match="has ended before"):
            await waiting

    asyncio.run(waits())
    kept = Kept(block, tmp_path, "Main.DINT")
    kept.begin()
    until(lambda: kernel.tick(kernel_view, 0, 0) or block.get("snapshot_served") > 3, "some looks")
    assert (kept.disk.writes, block.get("retained_resets")) == (0, 0)
    assert kept.keeper.end(None)
    block.close()


def test_whoever_has_reset_a_plc_is_told_of_a_disk_that_does_not_take_it():
    compiled = program("Main.DINT")
    binding = handmade.bound(compiled)
    block, kernel_view = handmade.make(compiled, binding)
    commands = Commands(block, compiled, Values(block, compiled, binding), "console")
    asyncio.run(commands.stored(timeout_s=0.0))
    CommandRing(block, "console").order(Command.RESET_COLD)
    kernel.tick(kernel_view, 0, 0)
    with pytest.raises(Unavailable, match="the disk has not taken"):
        asyncio.run(commands.stored(timeout_s=0.0))
    block.close()
