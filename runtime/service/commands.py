"""What people and programs may ask of a running PLC: write values, start, stop, reset. One place for HTTP, OPC UA and
the console.

A request is checked here, names, types, ranges and rights, then queued for the engine, which applies it between two
scans. `applied` waits until that has happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from iec61131.program import CompiledProgram, Target
from runtime import clock
from runtime.engine.states import STATES, EngineState
from runtime.image.block import FORCES, Block
from runtime.image.forces import forced
from runtime.image.ring import DATA_BYTES, Command, CommandRing, CommandsFull, Write
from runtime.service import values
from runtime.service.access import Action, Principal
from runtime.service.errors import NotWritable, Unavailable, WrongState
from runtime.service.forces import target_of
from runtime.service.snapshot import Values

_POLL_S = 0.001
MAX_WRITES = 1000
"""Variables in one request."""
STORED_S = 5.0
"""For a disk that others use as well."""


class Commands:
    """The commands of one PLC, sent through the ring of `producer`."""

    def __init__(self, block: Block, program: CompiledProgram, exposed: Values, producer: str) -> None:
        self._block, self._program, self._exposed = block, program, exposed
        self._ring = CommandRing(block, producer)

    def write(self, who: Principal, wanted: Sequence[tuple[str, object]]) -> int:
        """Queue values for exposed variables, all to be applied together before one scan. Returns a ticket for
        `applied`.

        Nothing is queued unless every one is right. Raises a RequestError.
        """
        who.require(Action.WRITE)
        if len(wanted) > MAX_WRITES:
            raise Unavailable(f"{len(wanted)} variables in one request; {MAX_WRITES} is the most")
        writes = [values.write(self._program, self._writable(path), value) for path, value in wanted]
        return self._sent(lambda: self._ring.write(writes))

    def _writable(self, path: str) -> Target:
        exposed = self._exposed.find(path)
        if not exposed.writable:
            why = "what may be is named under [opcua] writable in plc.toml"
            if exposed.target.constant:
                why = "it is constant"
            elif exposed.channel >= 0:
                why = "a device writes it before each scan"
            raise NotWritable(f"'{exposed.target.path}' may not be written: {why}")
        return exposed.target

    def force(self, who: Principal, wanted: Sequence[tuple[str, object]]) -> int:
        """Queue values for any variables, which they keep from one scan on until they are free again. Returns a
        ticket. Nothing is queued unless every one is right. Raises a RequestError.
        """
        who.require(Action.CONTROL)
        writes = [values.write(self._program, target_of(self._program, path), value) for path, value in wanted]
        rows = sum(-(-len(write.data) // DATA_BYTES) for write in writes)
        if len(forced(self._block)) + rows > FORCES:
            raise Unavailable(f"{FORCES} values of up to {DATA_BYTES} bytes can be forced at once; free some first")
        return self._sent(lambda: self._ring.force(writes))

    def unforce(self, who: Principal, paths: Sequence[str] | None) -> int:
        """Queue that these variables, or all, are free again. Returns a ticket. Raises a RequestError."""
        who.require(Action.CONTROL)
        if paths is None:
            return self._sent(lambda: self._ring.order(Command.UNFORCE_ALL))
        targets = [target_of(self._program, path) for path in paths]
        places = [Write(target.offset, bytes(target.type.size), target.bit) for target in targets]
        return self._sent(lambda: self._ring.unforce(places))

    def _sent(self, send: Callable[[], int]) -> int:
        try:
            return send()
        except CommandsFull as error:
            raise Unavailable(str(error)) from error

    def order(self, who: Principal, command: Command) -> int:
        """Queue a change of state. Returns a ticket. Raises AccessDenied, WrongState or Unavailable."""
        who.require(Action.CONTROL)
        state = EngineState(self._block.get("state"))
        if command.name not in STATES[state].accepts:
            raise WrongState(f"{command.name} is not possible in state {state.name}: {STATES[state].meaning}")
        return self._sent(lambda: self._ring.order(command))

    def put(self, writes: Sequence[Write]) -> int:
        """Queue what somebody has checked, exposed or not. Returns a ticket. Raises Unavailable."""
        return self._sent(lambda: self._ring.write(writes))

    async def stored(self, timeout_s: float = STORED_S) -> None:
        """Wait until what a reset has left of the retained variables is on the disk. Raises Unavailable."""
        resets, deadline_ns = self._block.get("resets"), clock.monotonic_ns() + int(timeout_s * 1e9)
        while self._program.retained and self._block.get("retained_resets") < resets:
            if self._block.get("resets_before") >= resets:
                raise Unavailable("the engine has ended before the reset was stored; order it again")
            if clock.monotonic_ns() > deadline_ns:
                raise Unavailable("it was reset, but the disk has not taken that; a restart may undo it")
            await asyncio.sleep(_POLL_S)

    async def applied(self, ticket: int, timeout_s: float = 1.0) -> None:
        """Wait until the engine has taken what `ticket` stands for. Raises Unavailable."""
        deadline_ns = clock.monotonic_ns() + int(timeout_s * 1e9)
        while self._ring.applied < ticket:
            if clock.monotonic_ns() > deadline_ns:
                raise Unavailable(f"the engine did not take the command within {timeout_s:g} s")
            await asyncio.sleep(_POLL_S)
        if not self._block.is_current:
            raise Unavailable("the program was changed at that moment, and may not have seen it; ask again")
