"""One running PLC: its supervisor in a thread of its own, and what the event loop needs to talk to it.

A supervisor is plain blocking code with a loop of its own, so it gets a thread; everything else of the service lives in
one event loop. The two meet in three places only: the thread posts its news into the event loop, the event loop sets
`_stop`, and both look at shared memory. `Commands` and `Values` belong to the event loop: a command ring has one
producer.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.host.sharing import Rooms
from runtime.image.block import Block
from runtime.image.shared_globals import CannotShare, SharedGlobals
from runtime.service.bound import Bound
from runtime.service.building import Built
from runtime.service.change import offer
from runtime.service.change.coordinator import CannotChange, Coordinator, Done
from runtime.service.change.offer import Offer
from runtime.service.config import load_project
from runtime.service.plant import Plant
from runtime.service.processes.spares import Spares
from runtime.service.resources import as_bound
from runtime.service.retain.recalling import Recalled
from runtime.service.safe_mode import SafeMode
from runtime.supervisor import CannotStart, Event, Supervisor, running

OnEvent = Callable[[Event], None]


class Running(Protocol):
    """A PLC with processes. `ended` is set when they are gone, `problem` says why when nobody had asked for it."""

    program: CompiledProgram
    bound: Bound
    ended: asyncio.Event
    problem: str | None

    @property
    def recalled(self) -> Recalled | None:
        """What its retained variables began with, once `start` has returned; None when there are none."""
        ...

    @property
    def safe_mode(self) -> SafeMode | None:
        """Why it does not run until somebody resets it; None when it may."""
        ...

    @property
    def block(self) -> Block:
        """Its shared memory, once `start` has returned."""
        ...

    async def start(self) -> None:
        """Start the processes and the program. Raises CannotStart; then nothing is left."""
        ...

    async def stop(self) -> None:
        """Stop the program, outputs safe, and end every process."""
        ...

    def want(self, *, run: bool) -> None:
        """Whether an engine that has to be started again shall run the program."""
        ...

    async def offer(self, project: Path, built: Built) -> Offer:
        """What would become of everything, were this version to take over now. Raises CannotOffer."""
        ...

    async def offer_back(self) -> Offer:
        """The same for the version before. Raises CannotOffer or CannotChange."""
        ...

    async def change(self, agreed: Offer) -> Done:
        """Have it take over; `program`, `bound` and `block` are its own afterwards. Raises CannotChange."""
        ...


Launch = Callable[[Path, Path, Built, OnEvent, Callable[[], None]], Running]
"""(project folder, folder of the PLC, what was built, where events go, whom to tell of the end) -> not started yet."""


class SupervisedPlc:
    """A PLC under a real supervisor."""

    def __init__(
        self,
        project: Path,
        folder: Path,
        built: Built,
        on_event: OnEvent,
        on_end: Callable[[], None],
        *,
        spares: Spares,
        sharing: Rooms,
    ) -> None:
        self.program, self.bound = built.program, built.bound
        self.ended = asyncio.Event()
        self.problem: str | None = None
        self._project, self._folder, self._on_event, self._on_end = project, folder, on_event, on_end
        self._spares, self._sharing = spares, sharing
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[Block] = self._loop.create_future()
        self._supervisor: Supervisor | None = None
        self._changed: Block | None = None
        self._wanted = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"supervisor of {folder.name}", daemon=True)

    @property
    def block(self) -> Block:
        return self._changed or self._started.result()

    @property
    def recalled(self) -> Recalled | None:
        return None if self._supervisor is None else self._supervisor.recalled

    @property
    def safe_mode(self) -> SafeMode | None:
        restarting = None if self._supervisor is None else self._supervisor.restarting
        if restarting is None or not self.block.get("safe_mode"):  # the engine is the first to know of its end
            return None
        return restarting.safe_mode

    async def start(self) -> None:
        self._thread.start()
        await asyncio.shield(self._started)

    async def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            await self.ended.wait()

    def want(self, *, run: bool) -> None:
        self._wanted = run
        if self._supervisor is not None:
            self._supervisor.wanted_running = run

    async def offer(self, project: Path, built: Built) -> Offer:
        coordinator = self._changing

        def made() -> Offer:
            next_ = Plant(as_bound(load_project(project), built.bound), built.program, built.bound, (), cached=True)
            return offer.make(coordinator.plant, next_, coordinator.block)

        return await asyncio.to_thread(made)

    async def offer_back(self) -> Offer:
        return await asyncio.to_thread(self._changing.back)

    async def change(self, agreed: Offer) -> Done:
        future = self._changing.submit(agreed)
        assert self._supervisor is not None
        self._supervisor.wake()
        done = await asyncio.wrap_future(future)
        self.program, self.bound, self._changed = done.plant.program, done.plant.bound, done.block
        return done

    @property
    def _changing(self) -> Coordinator:
        if self._supervisor is None or self._supervisor.changing is None:
            raise CannotChange("the PLC is not running")
        return self._supervisor.changing

    # --------------------------------------------------------------------------------------------------- in the thread

    def _run(self) -> None:
        """Nothing is answered before what it shared is given back: who comes next finds no trace of it."""
        problem: str | None = None
        try:
            with self._sharing.part(self._folder.name, self.bound, self.program, self._say) as shared:
                self._supervisor = self._begun(shared)
                self._post(self._succeed, self._supervisor.block)
                self._supervisor.run(until=self._stop.is_set)
        except Exception as error:  # noqa: BLE001 - reported to the event loop, which waits or plans the PLC's return
            if self._supervisor is None:
                self._post(self._fail, error)
                return
            problem = f"the supervisor ended: {type(error).__name__}: {error}"
        self._post(self._end, problem)

    def _begun(self, shared: SharedGlobals | None) -> Supervisor:
        if self._folder.name in running(self._folder.parent):
            raise CannotStart(f"'{self._folder.name}' runs already, outside of this service; stop it there first")
        project = as_bound(load_project(self._project), self.bound)
        plant = Plant(project, self.program, self.bound, (), cached=True)
        supervisor = Supervisor(plant, self._folder, self._tell, self._spares, shared=shared)
        supervisor.wanted_running = self._wanted
        supervisor.start()
        return supervisor

    def _say(self, text: str) -> None:
        self._tell(Event(clock.monotonic_ns(), "supervisor", text))

    def _tell(self, event: Event) -> None:
        self._post(self._on_event, event)

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(function, *arguments)

    # ------------------------------------------------------------------------------------------------ in the event loop

    def _succeed(self, block: Block) -> None:
        self._started.set_result(block)

    def _fail(self, error: Exception) -> None:
        known = isinstance(error, (CannotStart, CannotShare))
        self._started.set_exception(CannotStart(str(error) if known else f"{type(error).__name__}: {error}"))
        self._started.exception()  # whoever waited may have been cancelled meanwhile
        self.ended.set()

    def _end(self, problem: str | None) -> None:
        self.problem = problem
        self.ended.set()
        self._on_end()
