"""Looking for the next place to stop at, forwards and backwards.

Breakpoints on lines can only be found by the interpreter, tick by tick. Without any, changes of variables and faults
are looked for by machine code first: it finds the tick, the interpreter the place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from iec61131.interpreter.watching import Call, Moment
from iec61131.language_service.questions import BadQuestion
from iec61131.semantics.model import Statement
from runtime.replay.stage import Step
from runtime.replay.stops import FAULT, DataBreak, Event, LineBreak, Reason, Stop, Watched

if TYPE_CHECKING:
    from runtime.replay.debugger import Debugger

MOST_LIVE_TICKS = 100_000
"""That a simulation goes on in search of a place: a minute or two."""
_TICKS_AT_ONCE = 20_000
"""Of machine code; then somebody may interrupt."""
_FIRST_STRETCH, _LONGEST_STRETCH = 16, 1024
"""Ticks that are repeated forwards to find the last place in them."""

AnyBreak = TypeVar("AnyBreak", LineBreak, DataBreak)


def forwards(session: Debugger) -> tuple[int, Event] | None:
    """The next event behind where the session stands; None at the end of the run, or when interrupted."""
    replay, hits = session.replay, _Hits()
    here = session.position
    replay.return_to(session.start)
    events = [event for event in _events(session) if event.at > here.number]
    if (found := hits.first(events)) is not None:
        return here.tick, found
    last = session.run.last_tick + MOST_LIVE_TICKS
    while not session.interrupted() and replay.tick < last:
        if replay.is_at_end and not session.extend():
            return None
        if not _lines(session) and not _to_a_change(session):
            continue
        if (found := hits.first(_events(session))) is not None:
            return replay.tick, found
    return None


def backwards(session: Debugger) -> tuple[int, Event] | None:
    """The last event before where the session stands; None at the beginning of the run, or when interrupted."""
    replay, hits = session.replay, _Hits()
    here = session.position
    replay.return_to(session.start)
    events = [event for event in _events(session) if event.at < here.number]
    if (found := hits.first(reversed(events))) is not None:
        return here.tick, found
    replay.return_to(session.start)
    last, stretch = replay.tick, _FIRST_STRETCH
    while last >= session.run.first_tick and not session.interrupted():
        if not _lines(session):
            if (changed := _back_to_a_change(session, last)) is None:
                return None
            first = last = changed
        else:
            first = max(session.run.first_tick, last - stretch + 1)
            stretch = min(2 * stretch, _LONGEST_STRETCH)
        for tick, events in reversed(list(_events_of(session, first, last))):
            if (found := hits.first(reversed(events))) is not None:
                return tick, found
        last = first - 1
    return None


def _events_of(session: Debugger, first: int, last: int) -> Iterator[tuple[int, list[Event]]]:
    replay = session.replay
    replay.to(first - 1)
    while replay.tick < last and not replay.is_at_end:
        events = _events(session)
        if replay.tick <= last and events:
            yield replay.tick, events


class _Hits:
    """Counts, for breakpoints that stop at their nth time only."""

    def __init__(self) -> None:
        self._left: dict[int, int] = {}

    def first(self, events: Iterator[Event] | list[Event]) -> Event | None:
        for event in events:
            source = event.source
            if isinstance(source, LineBreak) and source.hits > 1:
                left = self._left[source.number] = self._left.get(source.number, source.hits) - 1
                if left > 0:
                    continue
            return event
        return None


# ---------------------------------------------------------------------------------------------------------- in one tick


def _lines(session: Debugger) -> list[LineBreak]:
    return [each for each in session.breakpoints.values() if isinstance(each, LineBreak)]


def _changes(session: Debugger) -> list[DataBreak]:
    return [each for each in session.breakpoints.values() if isinstance(each, DataBreak)]


def _events(session: Debugger) -> list[Event]:
    """Those of the next tick, in their order; it is over behind this."""
    return _Tick(session).played()


class _Tick:
    """One tick, with everything in it that is to be stopped at."""

    def __init__(self, session: Debugger) -> None:
        self._session, self._replay = session, session.replay
        self._count = 0
        self._events: list[Event] = []
        self._broken: dict[Statement, list[LineBreak]] = {}
        for each in _lines(session):
            for statement in each.spot.statements:
                self._broken.setdefault(statement, []).append(each)
        self._watched = _changes(session)
        memory = self._replay.block.memory
        self._before = [each.place.raw(memory) for each in self._watched]
        self._seen = list(self._before)
        self._changed: list[list[Event]] = [[] for _ in self._watched]
        self._fault_before = FAULT.raw(memory)

    def played(self) -> list[Event]:
        self._session.stage.play(self._replay, self._look)
        memory = self._replay.block.memory
        self._compare(memory)
        for changed, before, seen in zip(self._changed, self._before, self._seen, strict=True):
            self._events += changed if before != seen else []
        fault = FAULT.raw(memory)
        if self._session.stops_at_faults and fault not in (0, self._fault_before):
            report = self._replay.fault
            text = f"fault[{report.code}]: {report.message}" if report is not None else "a fault"
            self._events.append(Event(max(self._count - 1, 0), Stop(Reason.FAULT, text), None))
        return sorted(self._events, key=lambda event: event.at)

    def _look(self, step: Step, calls: Sequence[Call], moment: Moment) -> None:
        if self._watched:
            self._compare(moment.memory)
        for each in self._broken.get(step.statement, ()):
            if (stop := self._hit(each, calls[-1], moment)) is not None:
                self._events.append(Event(self._count, stop, each))
        self._count += 1

    def _hit(self, each: LineBreak, call: Call, moment: Moment) -> Stop | None:
        text = f"breakpoint {each.number}: {each}"
        if not each.condition:
            return Stop(Reason.BREAKPOINT, text, each.number)
        try:
            holds = self._session.holds(each.condition, call, moment)
        except BadQuestion as error:
            return Stop(Reason.BREAKPOINT, f"breakpoint {each.number}: {error}", each.number)
        return Stop(Reason.BREAKPOINT, text, each.number) if holds else None

    def _compare(self, memory: memoryview | NDArray[np.uint8]) -> None:
        for number, each in enumerate(self._watched):
            raw = each.place.raw(memory)
            if raw != self._seen[number]:
                self._seen[number] = raw
                stop = Stop(Reason.CHANGE, f"{each.target.path} has changed", each.number)
                self._changed[number].append(Event(self._count, stop, each))


# --------------------------------------------------------------------------------------------------------- machine code


def _watched(session: Debugger) -> list[Watched]:
    found = [each.place for each in _changes(session)]
    return [*found, FAULT] if session.stops_at_faults else found


def _to_a_change(session: Debugger) -> bool:
    """To the tick before the next one at whose end something watched is different, or a stretch on; whether there is
    one.
    """
    replay = session.replay
    last = min(session.run.last_tick, replay.tick + _TICKS_AT_ONCE)
    here, best = replay.bookmark(), -1
    for each in _watched(session):
        replay.return_to(here)
        condition = each.other_than(each.raw(replay.block.memory))
        if replay.find(condition, last if best < 0 else best - 1):
            best = replay.tick
    replay.return_to(here)
    replay.to(last if best < 0 else best - 1)
    return best >= 0


def _back_to_a_change(session: Debugger, last: int) -> int | None:
    """The last tick up to `last` behind which something watched is what it was not before."""
    replay = session.replay
    best = None
    for each in _watched(session):
        replay.to(last)
        raw = each.raw(replay.block.memory)
        if not replay.find_back(each.other_than(raw)):
            replay.to(session.run.first_tick - 1)
            if each.raw(replay.block.memory) == raw:
                continue
        replay.step(1)
        best = replay.tick if best is None else max(best, replay.tick)
    return best
