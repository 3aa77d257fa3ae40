"""The traces of a running PLC by name: set up, listed, read, removed. From any process that has its shared memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterable, Sequence

from msgspec import Struct

from iec61131.program import CompiledProgram, Target
from runtime import clock
from runtime.image import trace as image
from runtime.image.block import Block
from runtime.image.trace import Capture, Samples, Setting, TraceBusy, TraceSlot, TraceStatus
from runtime.image.trace_layout import TRACES, TraceEdge, TraceState
from runtime.service.errors import BadTrace, RequestError, Unavailable, UnknownTrace, WrongState
from runtime.service.tracing.columns import Kind
from runtime.service.tracing.request import TraceRequest
from runtime.service.tracing.resolving import Resolved, resolve
from runtime.service.versions import is_name

_POLL_S = 0.001
_ATTEMPTS = 500
_ANSWER_NS = 1_000_000_000
"""How long an engine may take to take over a trace, beyond one of its ticks."""


class Trace(Struct, frozen=True):
    """One that is there, as it was at one instant."""

    request: TraceRequest
    status: TraceStatus
    captures: tuple[Capture, ...]
    number: int


class Ticket(Struct, frozen=True):
    """What was set up, for `taken`."""

    slot: TraceSlot
    generation: int


class Traces:
    """`program` is the one that runs. Safe to use from several processes at a time."""

    def __init__(self, block: Block, program: CompiledProgram) -> None:
        self._block, self._program, self._number = block, program, block.get("changes")
        self._slots = image.slots(block)

    def listed(self) -> list[Trace]:
        """Those that somebody may still look at, by their places."""
        now_ns = clock.monotonic_ns()
        each = (self._seen(slot) for slot in self._slots)
        return [trace for trace in each if trace is not None and not trace.status.is_free(now_ns)]

    def find(self, name: str) -> Trace:
        """Raises UnknownTrace."""
        listed = self.listed()
        for trace in listed:
            if trace.request.name.upper() == name.upper():
                return trace
        there = ", ".join(trace.request.name for trace in listed)
        raise UnknownTrace(f"there is no trace '{name[:80]}'; there is {there or 'none'}")

    def _seen(self, slot: TraceSlot) -> Trace | None:
        status = slot.status()
        request = TraceRequest.decode(status.text) if status is not None else None
        if status is None or request is None:
            return None
        return Trace(request, status, tuple(slot.captures(status)), slot.number)

    def targets(self, trace: Trace) -> list[Target]:
        """What its channels are. Raises UnknownVariable when the program has changed meanwhile."""
        return [*resolve(trace.request, self._program).targets]

    # ----------------------------------------------------------------------------------------------------------- set up

    def set_up(self, request: TraceRequest) -> None:
        """From the next scan on; one of the same name begins anew. Waits until the engine has it. Raises a
        RequestError.
        """
        for _ in self._setting_up(request):
            time.sleep(_POLL_S)

    async def set_up_soon(self, request: TraceRequest) -> None:
        """As `set_up`, without holding anybody up."""
        for _ in self._setting_up(request):
            await asyncio.sleep(_POLL_S)

    def remove(self, name: str) -> None:
        """Raises UnknownTrace or Unavailable."""
        for _ in self._removing(name):
            time.sleep(_POLL_S)

    async def remove_soon(self, name: str) -> None:
        """As `remove`."""
        for _ in self._removing(name):
            await asyncio.sleep(_POLL_S)

    def _setting_up(self, request: TraceRequest) -> Generator[None]:
        if not is_name(request.name):
            raise BadTrace(f"a trace cannot be called '{request.name[:80]}': letters, digits, _ and -, up to 64")
        setting = setting_of(request, resolve(request, self._program), self._number)
        yield from self._doing(lambda: self._placed(request.name, setting))

    def _removing(self, name: str) -> Generator[None]:
        def remove() -> Ticket:
            slot = self._slots[self.find(name).number]
            return Ticket(slot, slot.remove())

        yield from self._doing(remove)

    def _doing(self, action: Callable[[], Ticket]) -> Generator[None]:
        """Until nothing else is under way, and then until the engine has taken it over. Raises Unavailable."""
        wait_ns = self._block.get("tick_ns") + _ANSWER_NS
        deadline_ns = clock.monotonic_ns() + wait_ns
        ticket: Ticket | None = None
        while True:
            if ticket is None:
                try:
                    with image.turn(self._block):
                        ticket = action()
                    deadline_ns = clock.monotonic_ns() + wait_ns  # to set it up for the first time takes a while itself
                except TraceBusy:
                    pass
            if ticket is not None and ticket.slot.is_taken(ticket.generation):
                return
            if clock.monotonic_ns() > deadline_ns:
                raise Unavailable("the engine did not take the trace over in time; it may be starting")
            yield

    def _placed(self, name: str, setting: Setting) -> Ticket:
        """Set up in the place of the same name, or in a free one. Raises TraceBusy or WrongState."""
        now_ns = clock.monotonic_ns()
        if any(slot.is_under_way for slot in self._slots):  # first: from here on nothing changes but states
            raise TraceBusy("a trace that was set up just now is not known by its name yet")
        found = {slot.number: self._seen(slot) for slot in self._slots}
        same = [number for number, trace in found.items() if trace and trace.request.name.upper() == name.upper()]
        free = [number for number, trace in found.items() if trace is None or trace.status.is_free(now_ns)]
        if not same and not free:
            names = ", ".join(trace.request.name for trace in found.values() if trace is not None)
            raise WrongState(f"a PLC has {TRACES} traces at once, and these are there: {names}; remove one of them")
        slot = self._slots[(same or free)[0]]
        return Ticket(slot, slot.set_up(setting, now_ns))

    # ------------------------------------------------------------------------------------------------------------- read

    def read(self, trace: Trace, start: int, most: int, end: int | None = None) -> Samples:
        """Samples from number `start` on, before `end`, and the sign that somebody reads. Raises WrongState when the
        trace was set up anew meanwhile.
        """
        slot = self._slots[trace.number]
        slot.touch(clock.monotonic_ns())
        found = slot.read(trace.status, start, most, end)
        if found is None:
            raise WrongState(f"the trace '{trace.request.name}' was set up anew meanwhile")
        return found


def setting_of(request: TraceRequest, resolved: Resolved, program: int) -> Setting:
    """What the engine is told; `program` as in `Setting`."""
    trigger = resolved.trigger
    return Setting(
        channels=[(t.offset, t.type.size, -1 if t.bit is None else t.bit) for t in resolved.targets],
        text=request.encode(),
        every=request.every,
        pre=resolved.pre,
        post=resolved.post,
        repeat=request.repeat,
        lease_ns=request.lease_ns,
        edge=TraceEdge.NONE if trigger is None else trigger.edge,
        condition=(0, 1, -1, 0, 0, 0) if trigger is None else trigger.term.row,
        program=program,
    )


def begin(
    block: Block, program: CompiledProgram, requests: Iterable[TraceRequest], before: CompiledProgram | None = None
) -> list[str]:
    """When `program` has come to be in charge, at the start of an engine or by an online change from the one `before`:
    traces whose places are those of another program begin anew with their new ones, and what the project names is set
    up if it is not there. What a trigger has caught stays, if its variables are still of the same types. Traces that
    cannot be any more are removed; the answer says so in sentences.
    """
    for _ in range(_ATTEMPTS):
        try:
            with image.turn(block):
                return _begin(Traces(block, program).listed(), block, program, requests, before)
        except TraceBusy:
            time.sleep(_POLL_S)
    return ["the traces were not set up: another process has held them for too long"]


def _begin(
    listed: Sequence[Trace],
    block: Block,
    program: CompiledProgram,
    requests: Iterable[TraceRequest],
    before: CompiledProgram | None,
) -> list[str]:
    slots, number, ended = image.slots(block), block.get("changes"), list[str]()
    for trace in listed:
        if trace.status.program == number:
            continue
        slot = slots[trace.number]
        try:
            resolved = resolve(trace.request, program)
            if trace.status.state is TraceState.DONE and before is not None and _reads_alike(trace, before, resolved):
                slot.keep(number)
            else:
                slot.set_up(setting_of(trace.request, resolved, number), clock.monotonic_ns())
        except RequestError as error:
            slot.remove()
            ended.append(f"the trace '{trace.request.name}' has ended: {error}")
    there = {trace.request.name.upper() for trace in listed}
    taken = {trace.number for trace in listed}
    free = [slot for slot in slots if slot.number not in taken]
    for request in requests:
        if request.name.upper() not in there and free:
            free.pop(0).set_up(setting_of(request, resolve(request, program), number), clock.monotonic_ns())
    return ended


def _reads_alike(trace: Trace, before: CompiledProgram, resolved: Resolved) -> bool:
    """Whether samples from the program `before` mean the same in the one that the trace is resolved in."""
    try:
        then = resolve(trace.request, before)
    except RequestError:
        return False
    return list(map(Kind.of, then.targets)) == list(map(Kind.of, resolved.targets))
