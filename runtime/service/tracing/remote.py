"""A PLC of a service, for `rung trace http://127.0.0.1:8880/tank`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from msgspec.structs import asdict
from numpy.typing import NDArray

from runtime.service.client import USAGE, access_token, ask, connect
from runtime.service.dates import CALENDAR, parse_date
from runtime.service.http import models
from runtime.service.http.trace_models import Trace, TraceList, TraceSamples
from runtime.service.refused import Refused
from runtime.service.tracing.columns import Kind
from runtime.service.tracing.plcs import Caught, Chunk, Seen
from runtime.service.tracing.request import TraceRequest
from runtime.service.versions import is_name

MOST = 10_000
_TEXTS: Mapping[object, float] = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class RemotePlc:
    """Raises Refused where the address or the token are none."""

    def __init__(self, url: str, token_file: Path | None) -> None:
        service, _, self.name = url.rstrip("/").rpartition("/")
        if not service.partition("://")[2] or not is_name(self.name):
            raise Refused(f"'{url}' is no address of a PLC; write it as http://127.0.0.1:8880/tank", USAGE)
        self._path = f"/api/plcs/{self.name}"
        self._client = connect(service, access_token(token_file))

    def close(self) -> None:
        self._client.close()

    @property
    def tick_ns(self) -> int:
        running = ask(self._client, models.PlcDetail, "GET", self._path).running
        if running is None:
            raise Refused(f"'{self.name}' is off", 3)
        return round(running.scan.period_ms * 1e6)

    def is_running(self) -> bool:
        """Whoever reads finds out."""
        return True

    def listed(self) -> list[Seen]:
        return [_seen(trace) for trace in ask(self._client, TraceList, "GET", f"{self._path}/traces").traces]

    def see(self, trace: str) -> Seen:
        return _seen(ask(self._client, Trace, "GET", self._trace(trace)))

    def set_up(self, request: TraceRequest) -> None:
        wanted = asdict(request)
        name, lease_ns = wanted.pop("name"), wanted.pop("lease_ns")
        body = {**wanted, "lease_s": lease_ns / 1e9 if lease_ns else None}
        ask(self._client, Trace, "PUT", self._trace(name), body)

    def remove(self, trace: str) -> None:
        ask(self._client, TraceList, "DELETE", self._trace(trace))

    def read(self, seen: Seen, start: int, most: int, end: int | None = None) -> Chunk:
        until = "" if end is None else f"&to={end}"
        path = f"{self._trace(seen.request.name)}/samples?from={start}&most={min(most, MOST)}{until}"
        found = ask(self._client, TraceSamples, "GET", path)
        values = [_column(kind, found.values[kind.path]) for kind in seen.kinds]
        times = np.array(found.time_ns, np.int64), np.array(found.scan, np.int64)
        return Chunk(found.first, found.next, found.lost, *times, values)

    def _trace(self, name: str) -> str:
        return f"{self._path}/traces/{quote(name, safe='')}"


def _seen(trace: Trace) -> Seen:
    request = TraceRequest(
        trace.name,
        tuple(variable.path for variable in trace.variables),
        trace.every,
        trace.trigger,
        trace.pre,
        trace.samples,
        trace.repeat,
    )
    return Seen(
        request,
        tuple(Kind(variable.path, variable.base, variable.labels) for variable in trace.variables),
        trace.state,
        trace.generation,
        trace.oldest,
        trace.next,
        trace.triggered_ns,
        tuple(Caught(each.number, each.first, each.end, each.time_ns) for each in trace.captures),
    )


def _column(kind: Kind, values: list[Any]) -> NDArray[Any]:
    """As the service has written them (`status.to_json`)."""
    if kind.base in CALENDAR:
        return np.array([parse_date(kind.base, value) for value in values], np.int64)
    if kind.base in ("REAL", "LREAL"):
        values = [_TEXTS.get(value, value) for value in values]
    return np.array(values, kind.format)
