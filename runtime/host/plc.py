"""One named PLC of the service: what is kept of it on disk, what people want of it, and what runs.

`record` is what was wanted last and survives a restart; `running` is what is there now. People change both through the
methods, one at a time (`_turn`). A record is written at the instant that is safe if the service is killed right after:
a stop before the order is given, a start or another version only after it has been seen to run. `_keep` brings back,
for as long as it takes, what is wanted and not there.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from runtime import clock
from runtime.engine.states import EngineState
from runtime.host import changing
from runtime.host.supervised import Launch, Running
from runtime.host.traces import HostedTraces
from runtime.image.ring import Command
from runtime.service import fault, post_mortem, safe_mode
from runtime.service.access import Principal
from runtime.service.bound import Exposed
from runtime.service.building import BuildEnded, Builder, BuildRejected, Built
from runtime.service.change.coordinator import CannotChange
from runtime.service.change.offer import CannotOffer
from runtime.service.commands import Commands
from runtime.service.errors import Unavailable, WrongState
from runtime.service.forces import target_of
from runtime.service.http import models, status
from runtime.service.http.errors import (
    BadBody,
    Busy,
    CannotRun,
    CheckFailed,
    ProgramRejected,
    UnknownReport,
    UnknownVersion,
)
from runtime.service.http.upload import Bundle
from runtime.service.safe_mode import SafeMode
from runtime.service.snapshot import Values
from runtime.service.versions import Damaged, Record, VersionStore
from runtime.supervisor import CannotStart, Event

TURN_S = 60.0
"""How long a request waits for the one before it."""
FIRST_SCAN_S = 5.0
"""Beyond one period of the program."""
RETRY_FIRST_S, RETRY_MOST_S = 1.0, 30.0
TIDY_S = 1.0
_POLL_S = 0.005
_SETTLED_NS = 1_000_000_000

log = logging.getLogger("rung")


class HostedPlc:
    """See the module's text. All of it runs in the service's event loop."""

    def __init__(self, name: str, store: VersionStore, builder: Builder, launch: Launch) -> None:
        self.name, self.store = name, store
        self.record = Record()
        self.running: Running | None = None
        self.uploads = 0
        self.gone = False
        self._builder, self._launch = builder, launch
        self._values: Values | None = None
        self._commands: Commands | None = None
        self._traces: HostedTraces | None = None
        self._problem: str | None = None
        self._safe_mode: SafeMode | None = None  # of a PLC without processes
        self._versions: list[models.Version] = []
        self._events: deque[models.Event] = deque(maxlen=200)
        self._turn = asyncio.Lock()
        self._disk = asyncio.Lock()
        self._in_use: list[str] = []  # versions that must not be pruned just now
        self._before: str | None = None  # the version before an online change
        self._stops = 0
        self._attention = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.closing = False

    async def open(self) -> None:
        """Read what was kept; from now on `keep` brings about what it says."""
        await asyncio.to_thread(self.store.open)
        try:
            self.record = self.store.record()
        except Damaged as error:
            self._problem = str(error)
            self.note("service", self._problem)
        await asyncio.to_thread(self._look_at_versions)
        self._safe_mode = await asyncio.to_thread(safe_mode.read, self.store.folder)
        self._attention.set()
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """End every process; the record stays as it is."""
        self.closing = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        async with self._turn:
            await self._unload()

    def note(self, source: str, text: str) -> None:
        """Something happened that people may want to know."""
        self._events.append(models.Event(time=status.utc(clock.monotonic_ns()), source=source, text=text))
        log.info("%s: %s: %s", self.name, source, text)

    # -------------------------------------------------------------------------------------------------------- views

    def summary(self) -> models.PlcSummary:
        mode = self.safe_mode
        return models.PlcSummary(
            name=self.name,
            state=self._state(),
            wanted=models.Wanted.RUN if self.record.run else models.Wanted.STOP,
            active=self.record.active,
            problem=self._problem or (None if mode is None else safe_mode.sentence(mode)),
            safe_mode=status.safe_mode_of(mode),
        )

    @property
    def safe_mode(self) -> SafeMode | None:
        """Why it does not run until somebody resets it; None when it may."""
        return self._safe_mode if self.running is None or self._values is None else self.running.safe_mode

    def _require_no_safe_mode(self) -> None:
        mode = self.safe_mode
        if mode is not None:
            raise WrongState(f"'{self.name}' is in {safe_mode.sentence(mode)}")

    def detail(self) -> models.PlcDetail:
        running = self.running if self._values is not None else None
        return models.PlcDetail(
            **self.summary().model_dump(),
            running=None if running is None else status.running(running.block, running.program, running.bound),
            versions=self._versions,
            events=list(self._events),
        )

    def retained(self) -> models.Retained:
        if self.running is None or self._values is None:
            raise WrongState(f"'{self.name}' is {self._state().value}; ask once it was started")
        storing = status.storing(self.running.block, self.running.program)
        return models.Retained(storing=storing, start=status.start_of(self.running.recalled))

    async def faults(self) -> list[str]:
        """The reports that are kept, newest first."""
        return await asyncio.to_thread(post_mortem.stored, self.store.folder)

    async def fault(self, name: str) -> dict[str, Any]:
        """One of them. Raises UnknownReport."""
        try:
            return await asyncio.to_thread(post_mortem.load, self.store.folder, name)
        except LookupError as error:
            raise UnknownReport(f"'{self.name}' has {error}") from None

    def _state(self) -> models.PlcState:
        if self.running is None:
            return models.PlcState.OFF
        return models.PlcState.STARTING if self._values is None else status.state_of(self.running.block)

    # ----------------------------------------------------------------------------------------------------- versions

    @property
    def is_used(self) -> bool:
        """Whether it has a version; one that is just being uploaded for the first time has none yet."""
        return bool(self._versions)

    def _look_at_versions(self) -> None:
        self._versions = [
            models.Version(
                digest=version.digest, uploaded=status.utc_of(version.uploaded_ns), files=list(version.files)
            )
            for version in self.store.versions()
        ]

    async def upload(self, bundle: Bundle) -> models.Uploaded:
        """Check and keep a version; nothing that runs is touched."""
        staging = await asyncio.to_thread(self.store.stage, bundle.files, bundle.resource)
        try:
            built = await self._build_checked(staging)
            async with self._disk:
                new = not self.store.has(bundle.digest)
                now_ns = clock.monotonic_ns() + clock.utc_offset_ns()
                await asyncio.to_thread(self.store.keep, staging, bundle.digest, now_ns)
                spared = {bundle.digest, self.record.active or "", self._before or "", *self._in_use}
                await asyncio.to_thread(self.store.prune, spared)
                await asyncio.to_thread(self._look_at_versions)
        finally:
            await asyncio.to_thread(self.store.discard, staging)
        self.note("service", f"version {bundle.digest[:12]} was {'uploaded' if new else 'uploaded again'}")
        warnings = [models.Finding.model_validate(finding) for finding in built.warnings]
        return models.Uploaded(name=self.name, digest=bundle.digest, new=new, warnings=warnings)

    async def _build_checked(self, staging: Path) -> Built:
        try:
            return await self._builder.build(staging)
        except BuildRejected as error:
            raise ProgramRejected(str(error), error.findings) from error
        except BuildEnded as error:
            if self.closing:
                raise Unavailable(str(error)) from error
            raise CheckFailed(str(error)) from error

    async def activate(self, digest: str) -> None:
        """Run this version in place of the present one."""
        if digest == self.record.active and self._state() is models.PlcState.RUN and self.record.run:
            return
        self._require_no_safe_mode()
        async with self._disk:
            if not self.store.has(digest):
                raise UnknownVersion(f"'{self.name}' has no version {digest[:12]}…")
            self._in_use.append(digest)
        try:
            built = await self._build(digest)  # takes its time, and a stop must not wait for that
            async with self._my_turn():
                await self._replace(digest, built)
        finally:
            self._in_use.remove(digest)

    async def _replace(self, digest: str, built: Built) -> None:
        if digest == self.record.active and self._state() is models.PlcState.RUN:
            await self._want(Record(digest, run=True))
            return
        former, before = self.record.active, self._state()
        await self._unload()
        try:
            fault_text = await self._load(digest, built)
            if fault_text is not None:
                await self._unload()
                raise CannotRun(fault_text)
        except CannotRun as error:
            instead = "nothing runs now"
            if before is models.PlcState.FAULT:  # it stood still and is not to run again by itself
                await self._want(Record(former, run=False))
            elif before is models.PlcState.RUN and former is not None and former != digest:
                instead = await self._bring_back(former)
            raise CannotRun(f"version {digest[:12]} cannot run: {error}; {instead}") from error
        await self._want(Record(digest, run=True))
        self.note("service", f"version {digest[:12]} runs" + (f" in place of {former[:12]}" if former else ""))

    async def change(self, who: Principal, wanted: models.ChangeBody) -> models.Change:
        """Have another version take over while this one runs, or say what that would do. Whatever comes in between, the
        present version goes on.
        """
        if (wanted.digest is None) is not wanted.back:
            raise BadBody("name the digest of a version, or say back")
        digest = self._before if wanted.back else wanted.digest
        if digest is None or not self.store.has(digest):
            raise UnknownVersion(f"'{self.name}' has no such version to change to")
        self._in_use.append(digest)
        try:
            built = None if wanted.back else await self._build(digest)
            async with self._my_turn():
                return await self._change(who, digest, built, wanted)
        finally:
            self._in_use.remove(digest)

    async def _change(
        self, who: Principal, digest: str, built: Built | None, wanted: models.ChangeBody
    ) -> models.Change:
        self._talk()
        running = self.running
        assert running is not None
        try:
            made = await (
                running.offer_back() if built is None else running.offer(self.store.path(digest) / "project", built)
            )
        except CannotOffer as error:
            raise Unavailable(str(error)) from error
        except CannotChange as error:
            raise WrongState(str(error)) from error
        told, done = await changing.decided(running, made, accept=wanted.accept, dry_run=wanted.dry_run)
        if done is not None:
            self._values = Values(running.block, running.program, running.bound)
            self._commands = Commands(running.block, running.program, self._values, "service")
            self._traces = HostedTraces(running.block, running.program)
            self._before = self.record.active
            _tidy_up()
            await self._want(Record(digest, run=self.record.run))
            self.note("service", f"{who.name} changed the program to version {digest[:12]} while it ran")
        return told

    async def _bring_back(self, digest: str) -> str:
        """After a version that could not run: start this one again. What became of it, as half a sentence."""
        try:
            await self._load(digest, await self._build(digest))
        except WrongState:
            return f"the former version {digest[:12]} stays off, because a stop was asked for"
        except CannotRun as error:
            self._problem = f"version {digest[:12]} could not be brought back: {error}"
            self._attention.set()
            return f"the former version {digest[:12]} could not be brought back either ({error}) and is tried again"
        self.note("service", f"version {digest[:12]} was brought back")
        return f"the former version {digest[:12]} runs again"

    # --------------------------------------------------------------------------------------------------------- orders

    async def start(self, who: Principal) -> None:
        """Bring the active version to run."""
        async with self._my_turn():
            active = self.record.active
            self._require_no_safe_mode()
            if active is None:
                raise WrongState(f"'{self.name}' has no active version; activate one, which also starts it")
            if self.running is None:
                fault_text = await self._load(active, await self._build(active))
                if fault_text is not None:
                    raise CannotRun(fault_text)
            elif self._state() is not models.PlcState.RUN:
                await self._order(who, Command.START)
            await self._want(Record(active, run=True))

    async def stop(self, who: Principal) -> None:
        """Stop the program. First wanted, then done: if the service is killed in between, the PLC stays stopped."""
        self._stops += 1  # whoever is about to start it takes note
        async with self._my_turn():
            await self._want(Record(self.record.active, run=False))
            self._problem = None
            if self._state() is models.PlcState.RUN:
                await self._order(who, Command.STOP)

    async def reset(self, who: Principal, kind: models.ResetKind) -> None:
        """Initial values, no fault, no safe mode, program stopped."""
        async with self._my_turn():
            if self.running is None and self._safe_mode is not None:
                await self._want(Record(self.record.active, run=False))
                await asyncio.to_thread(safe_mode.leave, self.store.folder)
                self._safe_mode = None
                self.note("service", f"{who.name} has ended safe mode; the PLC is off")
                return
            if self.running is None:
                raise WrongState(f"'{self.name}' is off; its variables get their initial values when it is started")
            await self._want(Record(self.record.active, run=False))
            await self._order(who, Command[f"RESET_{kind.name}"])
            await self._talk()[1].stored()
            self.note("service", f"{who.name} has reset it ({kind.value})")

    async def delete(self) -> None:
        """Remove a stopped PLC."""
        async with self._my_turn():
            if self.record.run:
                raise WrongState(f"'{self.name}' is wanted running; stop it first")
            if self.uploads:
                raise Busy(f"something is being uploaded to '{self.name}'")
            self.gone = True
            try:
                await self._unload()
                await asyncio.to_thread(self.store.delete)
            except BaseException:
                self.gone = False
                raise
        await self.close()

    async def _order(self, who: Principal, command: Command) -> None:
        commands = self._talk()[1]
        await commands.applied(commands.order(who, command))

    async def _want(self, record: Record) -> None:
        if self.running is not None:
            self.running.want(run=record.run)
        if record != self.record:
            await asyncio.to_thread(self.store.set_record, record)
            self.record = record

    @asynccontextmanager
    async def _my_turn(self) -> AsyncGenerator[None, None]:
        """One request at a time."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError:
            raise Busy(f"another request to '{self.name}' is still being worked on") from None
        try:
            if self.closing or self.gone:
                raise Unavailable("the service is ending" if self.closing else f"'{self.name}' was deleted")
            yield
        finally:
            self._turn.release()

    # ------------------------------------------------------------------------------------------------------- variables

    async def read(self, paths: Sequence[str] | None) -> list[models.Variable]:
        """These, or all, of one scan."""
        values, _ = self._talk()
        exposed = list(values.exposed.values()) if paths is None else [values.find(path) for path in paths]
        if not await values.refresh():
            await self._settled()
        if self._values is not values and self._values is not None:  # the program was changed meanwhile
            return await self.read(paths)
        return [status.variable(values.read(item), item, self._base_of(item)) for item in exposed]

    async def _settled(self) -> None:
        """Return once this service knows of a change that was made, which takes a moment."""
        deadline_ns = clock.monotonic_ns() + _SETTLED_NS
        while True:
            is_known = self.running is None or self.running.block.is_current
            if is_known or clock.monotonic_ns() > deadline_ns:
                return
            await asyncio.sleep(_POLL_S)

    async def write(self, who: Principal, wanted: Sequence[tuple[str, object]]) -> list[models.Variable]:
        """All before one scan."""
        values, commands = self._talk()
        named = Counter(path.upper() for path, _ in wanted)
        if len(named) != len(wanted):
            raise BadBody(f"'{named.most_common(1)[0][0]}' is written twice, in capitals and small letters")
        assert self.running is not None
        program = self.running.program
        decoded = [(path, status.given(program, values.find(path).target, value)) for path, value in wanted]
        await commands.applied(commands.write(who, decoded))
        return await self.read([path for path, _ in wanted])

    def forces(self) -> list[models.Force]:
        """All that is forced."""
        self._talk()
        assert self.running is not None
        return status.forces_of(self.running.block, self.running.program)

    async def force(self, who: Principal, wanted: Sequence[tuple[str, object]]) -> list[models.Force]:
        """All from one scan on."""
        commands = self._talk()[1]
        assert self.running is not None
        program = self.running.program
        targets = [target_of(program, path) for path, _ in wanted]
        decoded = [
            (target.path, status.given(program, target, value))
            for target, (_, value) in zip(targets, wanted, strict=True)
        ]
        await commands.applied(commands.force(who, decoded))
        self.note("service", f"{who.name} forces {', '.join(path for path, _ in decoded)[:200]}")
        return self.forces()

    async def unforce(self, who: Principal, paths: Sequence[str] | None) -> list[models.Force]:
        commands = self._talk()[1]
        await commands.applied(commands.unforce(who, paths))
        self.note(
            "service", f"{who.name} frees {', '.join(paths)[:200] if paths is not None else 'all that was forced'}"
        )
        return self.forces()

    def traces(self) -> HostedTraces:
        """Raises WrongState while there are no processes."""
        self._talk()
        assert self._traces is not None
        return self._traces

    def _base_of(self, exposed: Exposed) -> str:
        assert self.running is not None
        return status.base_of(self.running.program, exposed.target)

    def _talk(self) -> tuple[Values, Commands]:
        if self._values is None or self._commands is None:
            raise WrongState(
                f"'{self.name}' is {self._state().value}; its variables can be reached once it was started"
            )
        return self._values, self._commands

    # -------------------------------------------------------------------------------------------- processes come and go

    async def _build(self, digest: str) -> Built:
        """What the compiler makes of a version on this machine now; quick when it is the same as before."""
        stops = self._stops
        try:
            built = await self._builder.build(self.store.path(digest), kept=True)
        except (BuildRejected, BuildEnded) as error:
            if self.closing:
                raise Unavailable("the service is ending") from error
            raise CannotRun(f"version {digest[:12]} is not accepted any more: {error}") from error
        if self.closing:
            raise Unavailable("the service is ending")
        if self._stops != stops:
            raise WrongState(f"'{self.name}' was told to stop meanwhile; version {digest[:12]} was not started")
        return built

    async def _load(self, digest: str, built: Built) -> str | None:
        """Start the processes and wait for the first scan. Returns the fault that it met, if any.

        Raises CannotRun; then nothing is left.
        """
        project = self.store.path(digest) / "project"
        running = self.running = self._launch(project, self.store.folder, built, self._hear, self._attention.set)
        try:
            await running.start()
            found = await _first_scan(running)
        except CannotStart as error:
            await self._unload()
            raise CannotRun(str(error)) from error
        self._values = Values(running.block, running.program, running.bound)
        self._commands = Commands(running.block, running.program, self._values, "service")
        self._traces = HostedTraces(running.block, running.program)
        self._problem = None
        return found

    async def _unload(self) -> None:
        running, self._values, self._commands, self._before = self.running, None, None, None
        self._traces = None
        if running is not None:
            await running.stop()
            self._safe_mode = await asyncio.to_thread(safe_mode.read, self.store.folder)
            _tidy_up()
        self.running = None

    def _hear(self, event: Event) -> None:
        self.note(event.source, event.text)

    async def _keep(self) -> None:
        """Bring back what is wanted and not there, for as long as it takes."""
        pause_s = RETRY_FIRST_S
        while True:
            try:
                async with asyncio.timeout(None if self._is_as_wanted() else pause_s):
                    await self._attention.wait()
                self._attention.clear()
                pause_s = RETRY_FIRST_S
            except TimeoutError:
                pause_s = min(2 * pause_s, RETRY_MOST_S)
            async with self._turn:
                try:
                    await self._mend()
                except Exception as error:  # what is wrong now may be right at the next attempt
                    log.exception("%s could not be brought back", self.name)
                    self._problem = f"{type(error).__name__}: {error}"

    def _is_as_wanted(self) -> bool:
        if self.running is not None:
            return not self.running.ended.is_set()
        return not self.record.run

    async def _mend(self) -> None:
        """One attempt."""
        if self.running is not None and self.running.ended.is_set():
            self._problem = self.running.problem or "its processes ended"
            self.note("service", self._problem)
            await self._unload()
        active = self.record.active
        if self._is_as_wanted() or active is None:
            return
        try:
            await self._load(active, await self._build(active))
        except CannotRun as error:
            self._problem = str(error)
            self.note("service", f"{error}; it is tried again")
        except (Unavailable, WrongState) as error:  # the end of the service, or a stop that waits for its turn
            self.note("service", str(error))


async def _first_scan(running: Running) -> str | None:
    """Wait until the program has run once. The fault that it met, if it did. Raises CannotStart."""
    block = running.block
    deadline_ns = clock.monotonic_ns() + block.get("tick_ns") + int(FIRST_SCAN_S * 1e9)
    while True:
        state = EngineState(block.get("state"))
        if state == EngineState.FAULT:
            found = fault.report(running.program, block.memory.copy())
            return "it met a fault in its first scan" + (f": {found.shortly}" if found else "")
        if state == EngineState.RUN and block.get("scans") > 0:
            return None
        if running.ended.is_set():
            raise CannotStart(running.problem or "its processes ended before the first scan")
        if clock.monotonic_ns() > deadline_ns:
            raise CannotStart("the program was started and did not run its first scan")
        await asyncio.sleep(_POLL_S)


def _tidy_up() -> None:
    """Soon, when nobody holds on to it any more: give the memory back that a PLC, or a version, had. Programs, mappings
    and threads hang together in circles, and Python by itself collects them some hundred megabytes later.
    """
    asyncio.get_running_loop().call_later(TIDY_S, gc.collect)
