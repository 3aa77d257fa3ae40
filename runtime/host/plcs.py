"""The PLCs of one service: what `service.http.host.Host` asks for, over folders on disk and supervisors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from runtime.host.plc import HostedPlc
from runtime.host.sharing import Rooms
from runtime.host.supervised import Launch, SupervisedPlc
from runtime.service.access import Action, Principal
from runtime.service.building import Builder
from runtime.service.errors import Unavailable, WrongState
from runtime.service.http import models
from runtime.service.http.errors import BadName, Busy, TooLarge, UnknownPlc
from runtime.service.http.trace_models import Trace, TraceBody, TraceSamples
from runtime.service.http.upload import Bundle
from runtime.service.processes.spares import Spares
from runtime.service.versions import VersionStore, is_name, stored_names, sweep
from runtime.supervisor import running as names_running

T = TypeVar("T")

MAX_PLCS = 64
MAX_UPLOADS = 8
"""At the same time, those that wait for the compiler included."""

log = logging.getLogger("rung")


class PlcHost:
    """`open` before the first request, `close` after the last."""

    def __init__(
        self, state: Path, builder: Builder, launch: Launch | None = None, *, plcs_per_process: int = 1
    ) -> None:
        self._state, self._builder = state, builder
        self._spares = Spares(plcs_per_process)  # one process in waiting serves all PLCs
        self._launch: Launch = launch or partial(SupervisedPlc, spares=self._spares, sharing=Rooms())
        self._plcs: dict[str, HostedPlc] = {}
        self._making = asyncio.Lock()
        self._working: set[asyncio.Task[Any]] = set()
        self._closing = False

    async def open(self) -> None:
        """Take up what was kept; PLCs that are wanted running start in the background."""
        await asyncio.to_thread(sweep, self._state)
        for name in await asyncio.to_thread(stored_names, self._state):
            self._plcs[name] = self._make(name)
            await self._plcs[name].open()

    def end(self) -> None:
        """Begin nothing more, and give up what is being compiled: whoever waits for it is answered at once."""
        self._closing = True
        for plc in self._plcs.values():
            plc.closing = True
        self._builder.end()

    async def close(self) -> None:
        """Finish what was begun, then end every PLC, all at the same time."""
        self.end()
        if self._working:
            await asyncio.wait(self._working)
        await asyncio.gather(*(plc.close() for plc in self._plcs.values()), self._builder.close())
        await asyncio.to_thread(self._spares.close)

    def _make(self, name: str) -> HostedPlc:
        return HostedPlc(name, VersionStore(self._state / name), self._builder, self._launch)

    # -------------------------------------------------------------------------------------------------------- looking

    def plcs(self, who: Principal) -> list[models.PlcSummary]:
        who.require(Action.READ)
        return [plc.summary() for plc in self._known()]

    def details(self, who: Principal) -> list[models.PlcDetail]:
        who.require(Action.READ)
        return [plc.detail() for plc in self._known()]

    def plc(self, who: Principal, name: str) -> models.PlcDetail:
        who.require(Action.READ)
        return self._find(name).detail()

    def retained(self, who: Principal, name: str) -> models.Retained:
        who.require(Action.READ)
        return self._find(name).retained()

    async def faults(self, who: Principal, name: str) -> list[str]:
        who.require(Action.READ)
        return await self._find(name).faults()

    async def fault(self, who: Principal, name: str, report: str) -> dict[str, Any]:
        who.require(Action.READ)
        return await self._find(name).fault(report)

    async def read(self, who: Principal, name: str, paths: Sequence[str] | None) -> list[models.Variable]:
        who.require(Action.READ)
        return await self._find(name).read(paths)

    async def write(self, who: Principal, name: str, wanted: Sequence[tuple[str, object]]) -> list[models.Variable]:
        who.require(Action.WRITE)
        return await self._find(name).write(who, wanted)

    async def forces(self, who: Principal, name: str) -> list[models.Force]:
        who.require(Action.READ)
        return self._find(name).forces()

    async def force(self, who: Principal, name: str, wanted: Sequence[tuple[str, object]]) -> list[models.Force]:
        who.require(Action.CONTROL)
        return await self._find(name).force(who, wanted)

    async def unforce(self, who: Principal, name: str, paths: Sequence[str] | None) -> list[models.Force]:
        who.require(Action.CONTROL)
        return await self._find(name).unforce(who, paths)

    def traces(self, who: Principal, name: str) -> list[Trace]:
        who.require(Action.READ)
        return self._find(name).traces().listed()

    def trace(self, who: Principal, name: str, trace: str) -> Trace:
        who.require(Action.READ)
        return self._find(name).traces().shown(trace)

    async def set_trace(self, who: Principal, name: str, trace: str, body: TraceBody) -> Trace:
        who.require(Action.CONTROL)  # it can name what is not exposed, and takes time of each scan
        plc = self._find(name)
        found = await plc.traces().set_up(trace, body)
        plc.note("service", f"{who.name} traces {', '.join(body.variables)[:200]}")
        return found

    async def remove_trace(self, who: Principal, name: str, trace: str) -> list[Trace]:
        who.require(Action.CONTROL)
        traces = self._find(name).traces()
        await traces.remove(trace)
        return traces.listed()

    def trace_samples(
        self, who: Principal, name: str, trace: str, start: int, most: int, end: int | None
    ) -> TraceSamples:
        who.require(Action.READ)
        return self._find(name).traces().samples(trace, start, most, end)

    def _known(self) -> list[HostedPlc]:
        return [plc for _, plc in sorted(self._plcs.items()) if plc.is_used]

    def _find(self, name: str) -> HostedPlc:
        plc = self._plcs.get(name)
        if plc is None or plc.gone or not plc.is_used:
            raise UnknownPlc(f"there is no PLC '{name[:80]}'")
        return plc

    # ------------------------------------------------------------------------------------------------------- changing

    async def upload(self, who: Principal, name: str, bundle: Bundle) -> models.Uploaded:
        who.require(Action.CONTROL)
        if not is_name(name):
            raise BadName(f"a PLC cannot be called '{name[:80]}'")
        if sum(plc.uploads for plc in self._plcs.values()) >= MAX_UPLOADS:
            raise Busy(f"{MAX_UPLOADS} programs are being checked already")
        return await self._finish(self._upload(name, bundle))

    async def _upload(self, name: str, bundle: Bundle) -> models.Uploaded:
        async with self._making:
            plc = await self._find_or_make(name)
        plc.uploads += 1
        try:
            return await plc.upload(bundle)
        finally:
            plc.uploads -= 1
            async with self._making:
                await self._forget_unused(plc)

    async def _find_or_make(self, name: str) -> HostedPlc:
        plc = self._plcs.get(name)
        if plc is not None and plc.gone:
            raise Busy(f"'{name}' is just being deleted")
        if plc is None:
            if len(self._plcs) >= MAX_PLCS:
                raise TooLarge(f"the service has {MAX_PLCS} PLCs, which is the most; delete one first")
            plc = self._make(name)
            await plc.open()
            self._plcs[name] = plc
        return plc

    async def _forget_unused(self, plc: HostedPlc) -> None:
        """Nothing came of the first upload."""
        if not plc.is_used and not plc.uploads and not plc.gone:
            await plc.close()
            await asyncio.to_thread(plc.store.forget)
            del self._plcs[plc.name]

    async def activate(self, who: Principal, name: str, digest: str) -> models.PlcDetail:
        who.require(Action.CONTROL)
        plc = self._find(name)
        await self._finish(plc.activate(digest))
        return plc.detail()

    async def change(self, who: Principal, name: str, wanted: models.ChangeBody) -> models.Change:
        who.require(Action.CONTROL)
        return await self._finish(self._find(name).change(who, wanted))

    async def start(self, who: Principal, name: str) -> models.PlcDetail:
        who.require(Action.CONTROL)
        plc = self._find(name)
        await self._finish(plc.start(who))
        return plc.detail()

    async def stop(self, who: Principal, name: str) -> models.PlcDetail:
        who.require(Action.CONTROL)
        plc = self._find(name)
        await self._finish(plc.stop(who))
        return plc.detail()

    async def reset(self, who: Principal, name: str, kind: models.ResetKind) -> models.PlcDetail:
        who.require(Action.CONTROL)
        plc = self._find(name)
        await self._finish(plc.reset(who, kind))
        return plc.detail()

    async def delete(self, who: Principal, name: str) -> None:
        who.require(Action.CONTROL)
        plc = self._find(name)
        if plc.running is None and name in await asyncio.to_thread(names_running, self._state):
            raise WrongState(f"'{name}' runs outside of this service; stop it there first")
        await self._finish(self._delete(plc))

    async def _delete(self, plc: HostedPlc) -> None:
        await plc.delete()
        del self._plcs[plc.name]

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do this to its end, even when the request that asked for it is given up: no PLC is left half-way."""
        if self._closing:
            work.close()
            raise Unavailable("the service is ending")
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            task.exception()  # taken note of, also when nobody waits for it any more
