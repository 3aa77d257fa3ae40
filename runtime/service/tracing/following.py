"""Reading a trace while it goes on: part by part as it comes, or what its trigger catches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from math import inf

import numpy as np
from msgspec import Struct

from runtime import clock
from runtime.service.errors import RequestError, Unavailable, WrongState
from runtime.service.tracing.columns import Column, Table
from runtime.service.tracing.plcs import Caught, Chunk, Seen, TracedPlc

AT_ONCE = 5_000
"""Samples of one request, if there are few variables."""
AT_ONCE_VALUES = 50_000
MAX_KEPT_VALUES = 10_000_000
"""Of a picture; older ones are left out of it."""
_LOOK_S = 0.1
_ALIVE_NS = 1_000_000_000


class Followed(Struct, frozen=True):
    """What is to be seen: `lost` samples are missing, in the `gaps`."""

    table: Table
    lost: int
    gaps: tuple[tuple[float, float], ...] = ()
    trigger_s: float | None = None


class _Collected:
    """Parts one behind the other, and the holes between them. Those older than `keep_s` are let go."""

    def __init__(self, seen: Seen, zero_utc_ns: int | None = None, keep_s: float = inf) -> None:
        self._seen, self._zero_utc_ns, self._keep_s = seen, zero_utc_ns, keep_s
        self._parts: list[Table] = []
        self._values = 0
        self._last_scan: int | None = None
        self.lost = self.count = 0
        self.gaps: list[tuple[float, float]] = []

    def add(self, chunk: Chunk) -> Table | None:
        if not len(chunk.utc_ns):
            self.lost += chunk.lost
            return None
        lost = max(chunk.lost, self._missing(int(chunk.scan[0])))
        self._last_scan = int(chunk.scan[-1])
        self.lost += lost
        if self._zero_utc_ns is None:
            self._zero_utc_ns = int(chunk.utc_ns[0])
        time_s = (chunk.utc_ns - self._zero_utc_ns) / 1e9
        columns = tuple(Column(kind, values) for kind, values in zip(self._seen.kinds, chunk.values, strict=True))
        if lost and self._parts:
            self.gaps.append((float(self._parts[-1].time_s[-1]), float(time_s[0])))
        part = Table(time_s, chunk.utc_ns, chunk.scan, columns)
        self._parts.append(part)
        self.count += len(part)
        self._values += len(part) * len(columns)
        while len(self._parts) > 1 and (self._values > MAX_KEPT_VALUES or self._is_old(self._parts[0])):
            self._values -= len(self._parts.pop(0)) * len(columns)
        return part

    def _missing(self, scan: int) -> int:
        """Samples between the last one and that of this scan: a trace that was set up anew knows nothing of them."""
        if self._last_scan is None or scan <= self._last_scan:  # or another engine, which counts anew
            return 0
        return (scan - self._last_scan) // self._seen.request.every - 1

    def _is_old(self, part: Table) -> bool:
        return bool(part.time_s[-1] < self._parts[-1].time_s[-1] - self._keep_s)

    def table(self, recent_s: float = inf) -> Table | None:
        """All that is kept, or at least the last of it."""
        if not self._parts:
            return None
        since_s = self._parts[-1].time_s[-1] - recent_s
        return _joined([part for part in self._parts if part.time_s[-1] >= since_s])


def _joined(parts: list[Table]) -> Table:
    if len(parts) == 1:
        return parts[0]
    columns = tuple(
        Column(each[0].kind, np.concatenate([column.values for column in each]))
        for each in zip(*(part.columns for part in parts), strict=True)
    )
    return Table(
        np.concatenate([part.time_s for part in parts]),
        np.concatenate([part.utc_ns for part in parts]),
        np.concatenate([part.scan for part in parts]),
        columns,
    )


class _Follower:
    """`parts` gives what has come, None where nothing has; it ends when there is no more, or the PLC is gone."""

    def __init__(self, plc: TracedPlc, seen: Seen) -> None:
        self._plc, self._seen = plc, seen
        self._at_once = max(1, min(AT_ONCE, AT_ONCE_VALUES // max(1, len(seen.kinds))))
        self._alive_ns = clock.monotonic_ns()
        self.ended = ""
        """Why nothing more comes, where nobody has wanted that."""

    def _look(self) -> Seen | None:
        """The trace as it is now. None when it has ended: an online change may have taken its variables, or given them
        other types, and what is written has one type for each.
        """
        try:
            seen = self._plc.see(self._seen.request.name)
        except Unavailable:
            raise
        except RequestError as error:
            self.ended = f"the trace has ended: {error}"
            return None
        for before, now in zip(self._seen.kinds, seen.kinds, strict=True):
            if before != now:
                other = (
                    f"{now.base} by now, and was {before.base}"
                    if now.base != before.base
                    else "with other labels by now"
                )
                self.ended = f"the trace has ended: {now.path} is {other}"
                return None
        return seen

    def _wait(self) -> bool:
        """A moment. False when the PLC has ended."""
        time.sleep(_LOOK_S)
        if clock.monotonic_ns() - self._alive_ns > _ALIVE_NS:
            self._alive_ns = clock.monotonic_ns()
            return self._plc.is_running()
        return True


class Streaming(_Follower):
    """A trace without a trigger, from its beginning or what is left of it, for so many `samples` or so long. Of what
    has come the last `keep_s` are there in the end; while it goes on, the last `recent_s` are shown.
    """

    def __init__(
        self,
        plc: TracedPlc,
        seen: Seen,
        samples: int | None,
        time_ns: int | None,
        *,
        keep_s: float = inf,
        recent_s: float = inf,
    ) -> None:
        super().__init__(plc, seen)
        self._samples, self._time_ns, self._recent_s = samples, time_ns, recent_s
        self._collected = _Collected(seen, keep_s=keep_s)
        self._began_utc_ns: int | None = None
        self._state = seen.state

    @property
    def headline(self) -> str:
        lost = f", {self._collected.lost:,} lost" if self._collected.lost else ""
        return f"{self._plc.name}: {self._state}, {self._collected.count:,} samples{lost}"

    def shown(self) -> Followed | None:
        return self._followed(self._recent_s)

    def result(self) -> Followed | None:
        return self._followed(inf)

    def _followed(self, recent_s: float) -> Followed | None:
        table = self._collected.table(recent_s)
        return None if table is None else Followed(table, self._collected.lost, tuple(self._collected.gaps))

    def parts(self) -> Iterator[Table | None]:
        seen, at = self._seen, self._seen.oldest
        while True:
            wanted = (
                self._at_once if self._samples is None else min(self._at_once, self._samples - self._collected.count)
            )
            try:
                chunk = self._plc.read(seen, at, wanted)
            except WrongState:  # it was set up anew, as it is after an online change
                again = self._look()
                if again is None or not self._wait():
                    return
                seen = again
                continue
            at = chunk.next
            part, is_over = self._within_time(chunk)
            yield self._collected.add(part)
            if is_over or (self._samples is not None and self._collected.count >= self._samples):
                return
            if len(chunk.utc_ns) < wanted:  # all that was there
                again = self._look()
                if again is None:
                    return
                seen, self._state = again, again.state
                is_done = seen.state not in ("running", "armed", "triggered") and at >= seen.next
                if is_done or not self._wait():
                    return

    def _within_time(self, chunk: Chunk) -> tuple[Chunk, bool]:
        """What of it is within the time that was asked for, and whether that has passed."""
        if self._time_ns is None or not len(chunk.utc_ns):
            return chunk, False
        if self._began_utc_ns is None:
            self._began_utc_ns = int(chunk.utc_ns[0])
        count = int(np.searchsorted(chunk.utc_ns, self._began_utc_ns + self._time_ns))
        if count == len(chunk.utc_ns):
            return chunk, False
        values = [each[:count] for each in chunk.values]
        return Chunk(
            chunk.first, chunk.first + count, chunk.lost, chunk.utc_ns[:count], chunk.scan[:count], values
        ), True


class Capturing(_Follower):
    """What a trigger catches: the last capture if there is one already, else the next."""

    def __init__(self, plc: TracedPlc, seen: Seen) -> None:
        super().__init__(plc, seen)
        self._state = seen.state
        self._result: Followed | None = None
        self._recent: Followed | None = None

    @property
    def headline(self) -> str:
        said = f"{self._plc.name}: {self._state}"
        if self._result is None:
            return f"{said}, trigger {self._seen.request.trigger}"
        lost = f", {self._result.lost:,} lost" if self._result.lost else ""
        return f"{said}, caught {len(self._result.table):,} samples{lost}"

    def shown(self) -> Followed | None:
        return self._result or self._recent

    def result(self) -> Followed | None:
        return self._result

    def parts(self) -> Iterator[Table | None]:
        seen: Seen | None = self._seen
        while seen is not None and self._result is None:
            self._state = seen.state
            with suppress(WrongState):  # it was set up anew, as it is after an online change
                if seen.captures:
                    self._result = self._caught(seen, seen.captures[-1])
                    break
                self._recent = self._newest(seen)
            yield None
            if seen.state not in ("armed", "triggered") or not self._wait():
                return
            seen = self._look()
        yield self._result.table if self._result is not None else None

    def _newest(self, seen: Seen) -> Followed | None:
        collected = _Collected(seen)
        collected.add(self._plc.read(seen, max(seen.oldest, seen.next - self._at_once), self._at_once))
        table = collected.table()
        return None if table is None else Followed(table, 0)

    def _caught(self, seen: Seen, capture: Caught) -> Followed | None:
        collected, at = _Collected(seen, capture.utc_ns), capture.first
        while at < capture.end:
            chunk = self._plc.read(seen, at, self._at_once, capture.end)
            at = max(chunk.next, at + 1)
            collected.add(chunk)
        table = collected.table()
        return None if table is None else Followed(table, collected.lost, tuple(collected.gaps), 0.0)
