"""A PLC under its supervisor, as the event loop sees it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iec61131.program import CompiledProgram
from runtime.host.sharing import Rooms
from runtime.host.supervised import SupervisedPlc
from runtime.image.shared_globals import CannotShare, SharedGlobals
from runtime.service.bound import Bound
from runtime.service.building import Built
from runtime.service.processes.spares import Spares
from runtime.supervisor import CannotStart
from tests.unit import handmade


class _SlowToLeave(Rooms):
    """Whoever leaves is held at the door until somebody lets go."""

    def __init__(self) -> None:
        super().__init__()
        self.leaving, self.let_go = threading.Event(), threading.Event()

    @contextmanager
    def part(
        self, name: str, bound: Bound, program: CompiledProgram, say: Callable[[str], None]
    ) -> Iterator[SharedGlobals | None]:
        try:
            with super().part(name, bound, program, say) as shared:
                yield shared
        finally:
            self.leaving.set()
            self.let_go.wait()


class _Closed(Rooms):
    """Nobody comes in."""

    @contextmanager
    def part(
        self, name: str, bound: Bound, program: CompiledProgram, say: Callable[[str], None]
    ) -> Iterator[SharedGlobals | None]:
        raise CannotShare("the globals are not theirs")
        yield None


def plc(folder: Path, rooms: Rooms) -> SupervisedPlc:
    """One whose project is not there, so that its supervisor gives up."""
    compiled = handmade.program()
    built = Built(compiled, handmade.bound(compiled), [])
    return SupervisedPlc(
        folder / "nowhere", folder / "line-Press", built, lambda _: None, lambda: None, spares=Spares(), sharing=rooms
    )


def test_its_end_is_told_when_it_shares_nothing_any_more(tmp_path: Path) -> None:
    """Its successor would else find its name there, or have what it shares taken away."""

    async def body() -> None:
        rooms = _SlowToLeave()
        start = asyncio.ensure_future(plc(tmp_path, rooms).start())
        try:
            await asyncio.to_thread(rooms.leaving.wait)
            done, _ = await asyncio.wait([start], timeout=0.2)
            assert not done
        finally:
            rooms.let_go.set()
        with pytest.raises(CannotStart):
            await start

    asyncio.run(body())


def test_one_that_cannot_share_cannot_start(tmp_path: Path) -> None:
    async def body() -> None:
        with pytest.raises(CannotStart, match=r"^the globals are not theirs$"):
            await plc(tmp_path, _Closed()).start()

    asyncio.run(body())
