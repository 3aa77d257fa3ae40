"""What readers outside the scan see: the exposed variables of one finished scan, each with quality and time.

`Values` is made once per process. `refresh` asks the engine for a snapshot and waits, bounded, without blocking the
event loop; reading is then plain array access, so that one snapshot serves a whole publishing tick. When the engine
does not answer, the last snapshot stays with quality bad and reason `engine`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct

from iec61131.program import CompiledProgram
from io_drivers.contract import Quality, Reason
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.snapshot import Snapshot, SnapshotReader
from runtime.service import values
from runtime.service.bound import Bound, Exposed
from runtime.service.errors import Unavailable, UnknownVariable
from runtime.service.forces import ForcedBits

_POLL_S = 0.001
_ANSWER_NS = 250_000_000
"""How long an engine may take to answer before it counts as silent, beyond one of its own ticks."""


class Reading(Struct, frozen=True):
    """`value` as in `service.values`; `time_ns` on the scan clock: of the device's answer for an input, else of the
    scan.
    """

    path: str
    value: Any
    quality: Quality
    reason: Reason
    time_ns: int
    engine_alive: bool
    forced: bool = False


class Values:
    """The exposed variables of one PLC."""

    def __init__(self, block: Block, program: CompiledProgram, bound: Bound) -> None:
        self._block, self._program = block, program
        self._reader = SnapshotReader(block)
        self.exposed: dict[str, Exposed] = {e.target.path.upper(): e for e in bound.exposed}
        self.forced = ForcedBits(block)
        self.snapshot: Snapshot | None = None
        self.engine_alive = False
        self._ticket: int | None = None

    async def refresh(self) -> bool:
        """Get a snapshot taken after this call. False when the engine did not answer in time; the old one stays."""
        ticket = self._reader.request()
        deadline_ns = clock.monotonic_ns() + self._block.get("tick_ns") + _ANSWER_NS
        while True:
            late = clock.monotonic_ns() >= deadline_ns  # before the look: who was held up may find the answer waiting
            snapshot = self._reader.take(ticket)
            if snapshot is not None:
                self.snapshot, self.engine_alive = snapshot, True
                self.forced.look()
                return True
            if late or not self._block.is_current:  # of a program that is not in charge any more
                self.engine_alive = False
                return False
            await asyncio.sleep(_POLL_S)

    def poll(self) -> None:
        """For a reader that looks again and again and never waits: take what the engine delivered since the last look,
        and ask anew.
        """
        if self._ticket is not None:
            snapshot = self._reader.take(self._ticket)
            self.engine_alive = snapshot is not None
            self.snapshot = snapshot or self.snapshot
        self._ticket = self._reader.request()
        self.forced.look()

    def find(self, path: str) -> Exposed:
        """The exposed variable of this name, in any case. Raises UnknownVariable."""
        exposed = self.exposed.get(path.upper())
        if exposed is None:
            raise UnknownVariable(
                f"no exposed variable '{path[:200]}'; what is exposed is named under [opcua] expose in plc.toml"
            )
        return exposed

    def read(self, exposed: Exposed) -> Reading:
        """The value as of the present snapshot. Raises Unavailable before the first."""
        snapshot = self.snapshot
        if snapshot is None:
            raise Unavailable("the engine has not delivered values yet")
        value = values.read(self._program, exposed.target, snapshot.memory)
        quality, reason, time_ns = Quality.GOOD, Reason.NONE, snapshot.now_ns
        if exposed.channel >= 0:
            quality = Quality(snapshot.quality[exposed.channel])
            reason = Reason(snapshot.reason[exposed.channel])
            time_ns = int(snapshot.time_ns[exposed.channel])
        if not self.engine_alive:
            quality = Quality.BAD
        elif snapshot.state != EngineState.RUN:
            quality = min(quality, Quality.UNCERTAIN)
        forced = self.forced.has(exposed.target)
        return Reading(exposed.target.path, value, quality, reason, time_ns, self.engine_alive, forced)
