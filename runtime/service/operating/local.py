"""A PLC that runs on this machine, through its shared memory, for the user who started it.

It takes what HTTP takes, and more: every variable may be read, every one but constants and inputs may be written,
exposed or not. Commands of this kind take turns: each holds a lock on the block, because their ring has one producer.
"""

from __future__ import annotations

import asyncio
import fcntl
import getpass
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from iec61131.program import CompiledProgram, Target, UnknownPath
from runtime import clock
from runtime.engine.states import STATES, EngineState
from runtime.image import terminal_words
from runtime.image.block import Block, ForeignBlock
from runtime.image.ring import Command
from runtime.image.snapshot import Snapshot
from runtime.service import artifacts, forces, literals, post_mortem, safe_mode, values
from runtime.service.access import Principal, Role
from runtime.service.attaching import attach
from runtime.service.bound import Bound
from runtime.service.commands import MAX_WRITES, Commands
from runtime.service.errors import NotWritable, RequestError, Unavailable, UnknownVariable, WrongState
from runtime.service.operating.door import Shown
from runtime.service.parts import parts
from runtime.service.refused import Refused
from runtime.service.snapshot import Values

WRONG, CANNOT = 1, 3
HEARD_S = 1.0
TURN_S = 10.0
_POLL_S = 0.005
T = TypeVar("T")
_NOT_THE_REQUEST = (Unavailable, WrongState)
"""What is nobody's mistake; all else is wrong in what was asked for."""


class LocalPlc:
    """Raises Refused where there is no such PLC. One that does not run can be reset and its faults be read."""

    def __init__(self, name: str, state: Path) -> None:
        self._name, self._folder = name, state / name
        self._block: Block | None = None
        if Path(name).name != name or not self._folder.is_dir():
            raise Refused(f"there is no PLC '{name}' below {state}", CANNOT)
        with suppress(LookupError):
            self._block = attach(self._folder)
        if self._block is not None:
            self._take_turn(self._block)

    def _take_turn(self, block: Block) -> None:
        deadline_ns = clock.monotonic_ns() + int(TURN_S * 1e9)
        while True:
            try:
                fcntl.flock(block.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if clock.monotonic_ns() > deadline_ns:
                    block.close()
                    raise Refused(f"another command is at work on '{self._name}'; try again", CANNOT) from None
                time.sleep(_POLL_S)
            else:
                return

    def close(self) -> None:
        """The turn is given back here and not by closing: the mapping keeps a descriptor of its own."""
        if self._block is not None:
            fcntl.flock(self._block.fd, fcntl.LOCK_UN)
            self._block.close()

    def read(self, paths: Sequence[str]) -> list[Shown]:
        return self._do(lambda plc: plc.read(paths))

    def write(self, values: Sequence[tuple[str, str]]) -> list[Shown]:
        return self._do(lambda plc: plc.write(values))

    def forces(self) -> list[Shown]:
        return self._do(lambda plc: plc.forces())

    def force(self, values: Sequence[tuple[str, str]]) -> list[Shown]:
        return self._do(lambda plc: plc.force(values))

    def unforce(self, paths: Sequence[str] | None) -> list[Shown]:
        return self._do(lambda plc: plc.unforce(paths))

    def reset(self, kind: str, *, start: bool) -> str:
        if self._block is None:
            return self._leave_safe_mode()
        return self._do(lambda plc: plc.reset(kind, start=start))

    def faults(self) -> list[str]:
        return post_mortem.stored(self._folder)

    def fault(self, name: str) -> dict[str, Any]:
        try:
            return post_mortem.load(self._folder, name)
        except LookupError as error:
            raise Refused(str(error), WRONG) from None

    def _do(self, action: Callable[[_Session], Awaitable[T]]) -> T:
        if self._block is None:
            raise Refused(f"'{self._name}' does not run; start it with `rung run DIR`", CANNOT)
        try:
            program, bound = artifacts.load(self._folder, self._block.build)
            session = _Session(self._block, program, bound)

            async def act() -> T:
                return await action(session)

            return asyncio.run(act())
        except RequestError as error:
            raise Refused(str(error), CANNOT if isinstance(error, _NOT_THE_REQUEST) else WRONG) from error
        except (OSError, ValueError, ForeignBlock) as error:
            raise Refused(f"the files of '{self._name}' cannot be read: {error}", CANNOT) from error

    def _leave_safe_mode(self) -> str:
        """Of a PLC that does not run there is nothing else to reset: its next start is one."""
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if safe_mode.read(self._folder) is None:
                raise Refused(f"'{self._name}' does not run, and is not in safe mode", CANNOT)
            safe_mode.leave(self._folder)
        except OSError as error:
            raise Refused(f"'{self._name}' cannot be reset: {error.strerror or error}", CANNOT) from error
        finally:
            os.close(lock)
        return "safe mode has ended; it does not run"


class _Session:
    """One action on a PLC that runs."""

    def __init__(self, block: Block, program: CompiledProgram, bound: Bound) -> None:
        self._block, self._program, self._bound = block, program, bound
        self._values = Values(block, program, bound)
        self._commands = Commands(block, program, self._values, "terminal")
        self._who = Principal(getpass.getuser(), Role.ENGINEER)

    async def read(self, paths: Sequence[str]) -> list[Shown]:
        named = [self._find(path) for path in paths] or [e.target for e in self._values.exposed.values()]
        targets = [part for target in named for part in parts(self._program, target)]
        snapshot = await self._snapshot()
        forced = {one.path.upper() for one in forces.listed(self._block, self._program)}
        return [self._shown(target, snapshot, forced) for target in targets]

    async def _snapshot(self) -> Snapshot:
        await self._values.refresh()
        if self._values.snapshot is None:
            raise Unavailable("the engine does not answer")
        return self._values.snapshot

    def _find(self, path: str) -> Target:
        try:
            return self._program.find(path)
        except UnknownPath as error:
            raise UnknownVariable(f"'{path[:200]}' is not known: {error}") from None

    def _shown(self, target: Target, snapshot: Snapshot, forced: set[str]) -> Shown:
        text = literals.of_target(self._program, target, values.read(self._program, target, snapshot.memory))
        return Shown(target.path, text, "forced" if target.path.upper() in forced else "")

    async def write(self, wanted: Sequence[tuple[str, str]]) -> list[Shown]:
        if len(wanted) > MAX_WRITES:
            raise Unavailable(f"{len(wanted)} variables at once; {MAX_WRITES} is the most")
        decoded = self._decoded(wanted)
        for target, _ in decoded:
            self._refuse_input(target)
        writes = [values.write(self._program, target, value) for target, value in decoded]
        await self._commands.applied(self._commands.put(writes))
        await self._tell(f"writes {_named(wanted)}")
        return await self.read([path for path, _ in wanted])

    def _refuse_input(self, target: Target) -> None:
        start, end = target.bits
        for row in self._bound.inputs:
            first = row.offset * 8 + max(row.bit, 0)
            if start < (first + 1 if row.bit >= 0 else first + row.size * 8) and first < end:
                raise NotWritable(f"'{target.path}' is an input, which a device writes before each scan; force it")

    def _decoded(self, wanted: Sequence[tuple[str, str]]) -> list[tuple[Target, object]]:
        targets = [forces.target_of(self._program, path) for path, _ in wanted]
        return [(t, literals.parse(self._program, t, text)) for t, (_, text) in zip(targets, wanted, strict=True)]

    async def forces(self) -> list[Shown]:
        found = forces.listed(self._block, self._program)
        return [Shown(f.path, literals.of_target(self._program, self._program.find(f.path), f.value)) for f in found]

    async def force(self, wanted: Sequence[tuple[str, str]]) -> list[Shown]:
        decoded = [(target.path, value) for target, value in self._decoded(wanted)]
        await self._commands.applied(self._commands.force(self._who, decoded))
        await self._tell(f"forces {_named(wanted)}")
        return await self.forces()

    async def unforce(self, paths: Sequence[str] | None) -> list[Shown]:
        await self._commands.applied(self._commands.unforce(self._who, paths))
        await self._tell(f"frees {', '.join(paths) if paths is not None else 'all that was forced'}")
        return await self.forces()

    async def reset(self, kind: str, *, start: bool) -> str:
        await self._order(Command[f"RESET_{kind.upper()}"])
        await self._commands.stored()
        await self._tell(f"has reset it ({kind})")
        if start:
            await self._order(Command.START)
        state = EngineState(self._block.get("state"))
        return f"{state.name}, {STATES[state].meaning}"

    async def _order(self, command: Command) -> None:
        await self._commands.applied(self._commands.order(self._who, command))

    async def _tell(self, text: str) -> None:
        terminal_words.say(self._block, f"{self._who.name} {text}")
        deadline_ns = clock.monotonic_ns() + int(HEARD_S * 1e9)
        while not terminal_words.is_heard(self._block):
            if clock.monotonic_ns() > deadline_ns:
                return
            await asyncio.sleep(_POLL_S)


def _named(wanted: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{path} = {text}" for path, text in wanted)
