"""The routes of traces: a table, and the functions in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Protocol

from fastapi import Query

from runtime.service.access import Principal
from runtime.service.http.trace_models import Trace, TraceBody, TraceList, TraceSamples
from runtime.service.http.who import Who

MOST = 10_000
"""Samples of one answer, of a few variables."""
_NUMBER_MAX = (1 << 62) - 1


class TracesHost(Protocol):
    """What the routes need; as in `host`, every method checks the rights of `who` first."""

    def traces(self, who: Principal, name: str) -> list[Trace]:
        """All traces of a PLC."""
        ...

    def trace(self, who: Principal, name: str, trace: str) -> Trace:
        """One of them."""
        ...

    async def set_trace(self, who: Principal, name: str, trace: str, body: TraceBody) -> Trace:
        """Set one up, from the next scan on; one of the same name begins anew."""
        ...

    async def remove_trace(self, who: Principal, name: str, trace: str) -> list[Trace]:
        """End one of them; the answer is the others."""
        ...

    def trace_samples(
        self, who: Principal, name: str, trace: str, start: int, most: int, end: int | None
    ) -> TraceSamples:
        """Samples from number `start` on, before `end`; and the sign that somebody reads."""
        ...


class TraceApi:
    """The routes' functions."""

    def __init__(self, host: TracesHost) -> None:
        self._traces = host

    async def traces(self, who: Who, name: str) -> TraceList:
        """All traces of a PLC, those of its project included."""
        return TraceList(traces=self._traces.traces(who, name))

    async def trace(self, who: Who, name: str, trace: str) -> Trace:
        """One trace: what it samples, its state, and what it has caught."""
        return self._traces.trace(who, name, trace)

    async def set_trace(self, who: Who, name: str, trace: str, body: TraceBody) -> Trace:
        """Sample these variables from the next scan on. A trace of this name begins anew; a PLC has up to four."""
        return await self._traces.set_trace(who, name, trace, body)

    async def remove_trace(self, who: Who, name: str, trace: str) -> TraceList:
        """End a trace; its samples are gone. The answer lists the others."""
        return TraceList(traces=await self._traces.remove_trace(who, name, trace))

    async def samples(
        self,
        who: Who,
        name: str,
        trace: str,
        start: Annotated[int, Query(alias="from", ge=0, le=_NUMBER_MAX)] = 0,
        end: Annotated[int | None, Query(alias="to", ge=0, le=_NUMBER_MAX)] = None,
        most: Annotated[int, Query(ge=1, le=MOST)] = 1000,
    ) -> TraceSamples:
        """Samples from number `from` on. Ask again with what the answer calls `next`; fewer than `most` come of many
        variables, and none where there is nothing new. Whoever comes too late finds in `lost` how many are overwritten.
        """
        return self._traces.trace_samples(who, name, trace, start, most, end)


TRACE_ROUTES: tuple[tuple[str, str, Callable[[TraceApi], Callable[..., Awaitable[Any]]], dict[str, Any]], ...] = (
    ("GET", "/api/plcs/{name}/traces", lambda api: api.traces, {}),
    ("GET", "/api/plcs/{name}/traces/{trace}", lambda api: api.trace, {}),
    ("PUT", "/api/plcs/{name}/traces/{trace}", lambda api: api.set_trace, {}),
    ("DELETE", "/api/plcs/{name}/traces/{trace}", lambda api: api.remove_trace, {}),
    ("GET", "/api/plcs/{name}/traces/{trace}/samples", lambda api: api.samples, {}),
)
