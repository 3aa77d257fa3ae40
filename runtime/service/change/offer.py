"""A change before it is made: what would become of every variable, and why it cannot be made while the PLC runs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from io_drivers.contract import Channel, Connection
from runtime import clock
from runtime.engine.handover import TABLES
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.forces import forced
from runtime.image.shared_globals import digest_of, shared_values
from runtime.image.snapshot import Snapshot, SnapshotReader
from runtime.service import forces
from runtime.service.bound import Bound
from runtime.service.change.planner import Planned, plan
from runtime.service.plant import Plant
from runtime.service.retain.carrying import CONVERTED, DROPPED, Report, Row

_ANSWER_NS = 2_000_000_000
_LOOK_S = 0.002
_MOST_NAMED = 5


class CannotOffer(Exception):
    """Nobody can tell what a change would do: the engine does not answer. The text is for people."""


class Offer(Struct, frozen=True):
    """From `base`, which is in charge, to `plant`. `obstacles` say, in plain words, why a restart is needed; `freed`
    names what is forced and would not be any more. `in_fault`: the way back from a version that has met a fault.
    """

    base: Plant
    plant: Plant
    planned: Planned
    obstacles: tuple[str, ...]
    freed: tuple[str, ...]
    is_back: bool = False
    in_fault: bool = False

    @property
    def report(self) -> Report:
        return self.planned.report

    @property
    def losses(self) -> list[Row]:
        """What asks for consent: what is dropped, and values that lose something on the way."""
        lossy = [r for r in self.report.rows if r.became == DROPPED or (r.became == CONVERTED and ";" in r.note)]
        return [*lossy, *(Row(path, DROPPED, "it is forced, and will not be any more") for path in self.freed)]

    @property
    def needs_consent(self) -> bool:
        return bool(self.losses)


def make(base: Plant, next_: Plant, block: Block, *, is_back: bool = False) -> Offer:
    """`block` shows the bank of `base`. Takes a second for a large program. Raises CannotOffer."""
    if is_back and block.get("state") == EngineState.FAULT:
        return _from_fault(base, next_, block)
    obstacles = [*_obstacles(base, next_, block)]
    snapshot = _snapshot(block)
    planned = plan(base.program, next_.program, snapshot.memory.tobytes())
    return Offer(base, next_, planned, tuple(obstacles), tuple(_freed(base, block, planned)), is_back)


def _from_fault(base: Plant, next_: Plant, block: Block) -> Offer:
    """A scan that met a fault has left its memory as it was at that instant. The version before goes on with the values
    that it had when it was left, which fit together.
    """
    report = Report()
    note = "what has happened since the change; the version before goes on with the values that it had then"
    report.add("all variables", DROPPED, note)
    planned = Planned(dict.fromkeys(TABLES, ()), report, b"")
    return Offer(base, next_, planned, (), tuple(_freed(base, block, planned)), is_back=True, in_fault=True)


def _snapshot(block: Block) -> Snapshot:
    reader = SnapshotReader(block)
    ticket = reader.request()
    deadline_ns = clock.monotonic_ns() + _ANSWER_NS + 2 * block.get("tick_ns")
    while (snapshot := reader.take(ticket)) is None:
        if clock.monotonic_ns() > deadline_ns:
            raise CannotOffer("the engine does not answer")
        time.sleep(_LOOK_S)
    return snapshot


def _freed(base: Plant, block: Block, planned: Planned) -> Iterator[str]:
    pieces = planned.tables["pieces"]
    for write in forced(block):
        is_kept = any(start <= write.offset and write.offset + len(write.data) <= end for start, end, _ in pieces)
        if not is_kept:
            target = forces.at(base.program, write.offset, write.bit)
            yield target.path if target is not None else f"byte {write.offset}"


# ------------------------------------------------------------------------------------------------ what needs a restart


def _obstacles(base: Plant, next_: Plant, block: Block) -> Iterator[str]:
    if block.get("state") == EngineState.FAULT:
        yield "the PLC is in FAULT, and its memory stays as it is for diagnosis; reset it first"
    if base.bound.name != next_.bound.name:
        yield f"it is the program of another PLC, '{next_.bound.name}'"
    if not next_.program.tasks:
        yield "the sources have no PROGRAM, so there is nothing to run"
    if base.bound.resource != next_.bound.resource:
        yield "it is another RESOURCE, or one of another CONFIGURATION"
    elif digest_of(shared_values(base.program)) != digest_of(shared_values(next_.program)):
        yield "the globals that it shares with other resources are not what they were"
    yield from _of_points(base.bound, next_.bound)
    if (base.bound.opcua is None) is not (next_.bound.opcua is None):
        yield f"[opcua] is {'new' if base.bound.opcua is None else 'gone'}"
    if base.bound.engine.outputs_timeout_ns != next_.bound.engine.outputs_timeout_ns:
        yield "[engine] outputs_timeout differs"


def _of_points(old: Bound, new: Bound) -> Iterator[str]:
    """The drivers know their points from the start; the program may use them as it likes."""
    before, now = _channels(old.connections), _channels(new.connections)
    added, gone = [*(now.keys() - before.keys())], [*(before.keys() - now.keys())]
    changed = [name for name in before.keys() & now.keys() if before[name] != now[name]]
    for names, what in ((added, "new"), (gone, "gone"), (changed, "not what they were")):
        if names:
            yield f"points are {what}: {_some(names)}"
    if not (added or gone or changed) and (old.connections, old.drivers) != (new.connections, new.drivers):
        yield "connections or devices are not what they were"


def _channels(connections: Sequence[Connection]) -> dict[str, Channel]:
    return {
        channel.name: channel
        for connection in connections
        for device in connection.devices
        for channel in device.channels
    }


def _some(names: Sequence[str]) -> str:
    ordered = sorted(names)
    more = len(ordered) - _MOST_NAMED
    return ", ".join(ordered[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
