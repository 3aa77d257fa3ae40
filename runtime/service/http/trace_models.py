"""Traces over HTTP: what travels, and how it is made of what `service.tracing` has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from iec61131.program import Target
from runtime.image.trace import Samples
from runtime.service.http.models import Model, Path, Request
from runtime.service.http.status import to_json, utc_of
from runtime.service.tracing.columns import Kind, typed
from runtime.service.tracing.request import MAX_EVERY, MAX_TRIGGER_CHARACTERS, MAX_VARIABLES, TraceRequest
from runtime.service.tracing.traces import Trace as ImageTrace

MAX_VALUES = 50_000
"""Of one answer with samples."""
MAX_LEASE_S = 86_400


class TraceBody(Request):
    """What is sampled: `variables`, exposed or not, every so many scans. With a `trigger` a capture of `samples`, of
    which `pre`, a number or a part such as "20%", are from before it; without one so many samples, or endlessly. A
    trace that nobody has read for `lease_s` ends.
    """

    variables: list[Path] = Field(min_length=1, max_length=MAX_VARIABLES, examples=[["Main.Level", "Main.Pump"]])
    every: int = Field(default=1, ge=1, le=MAX_EVERY)
    trigger: Annotated[str, Field(max_length=MAX_TRIGGER_CHARACTERS)] | None = Field(
        default=None, examples=["rising Main.Pump", "Main.Level > 2.0"]
    )
    pre: str | int = Field(default=0, examples=["20%", 100])
    samples: int | None = Field(default=None, ge=1)
    repeat: bool = False
    lease_s: float | None = Field(default=None, gt=0, le=MAX_LEASE_S)

    def request(self, name: str) -> TraceRequest:
        lease_ns = 0 if self.lease_s is None else int(self.lease_s * 1e9)
        variables = tuple(self.variables)
        return TraceRequest(
            name, variables, self.every, self.trigger, str(self.pre)[:40], self.samples, self.repeat, lease_ns
        )


class TracedVariable(Model):
    """`base` is the elementary type; `labels` those of an enumeration, by their numbers."""

    path: str
    type: str
    base: str
    labels: dict[int, str]


class TraceCapture(Model):
    """Samples from number `first` up to but not including `end`; `trigger` is the first one at or behind the trigger,
    which fired at `time` in scan `scan`.
    """

    number: int
    first: int
    trigger: int
    end: int
    time: datetime
    time_ns: int
    scan: int


class Trace(Model):
    """`state` is running, armed, triggered or done. Samples are numbered on and on: those from `oldest` up to but not
    including `next` are there. `generation` grows when the trace is set up anew.
    """

    name: str
    state: str
    variables: list[TracedVariable]
    every: int
    trigger: str | None
    pre: str
    samples: int | None
    repeat: bool
    generation: int
    oldest: int
    next: int
    triggered_ns: int | None
    captures: list[TraceCapture]
    period_ms: float


class TraceList(Model):
    """In the order of their places."""

    traces: list[Trace]


class TraceSamples(Model):
    """Samples from number `first` on; go on with `next`. `lost` more were asked for and are overwritten. `time_ns`
    since 1970 UTC; `values` by path, a list of each variable.
    """

    first: int
    next: int
    lost: int
    time_ns: list[int]
    scan: list[int]
    values: dict[str, list[Any]]


def trace_of(trace: ImageTrace, targets: Sequence[Target], offset_ns: int, tick_ns: int) -> Trace:
    """`offset_ns` leads from the clock of the scan to UTC."""
    status, request = trace.status, trace.request
    return Trace(
        name=request.name,
        state=status.state.name.lower(),
        variables=[_variable(target) for target in targets],
        every=request.every,
        trigger=request.trigger,
        pre=request.pre,
        samples=request.samples,
        repeat=request.repeat,
        generation=status.generation,
        oldest=status.oldest,
        next=status.next,
        triggered_ns=status.trigger_ns + offset_ns if status.trigger >= 0 else None,
        captures=[
            TraceCapture(
                number=each.number,
                first=each.first,
                trigger=each.trigger,
                end=each.end,
                time=utc_of(each.trigger_ns + offset_ns),
                time_ns=each.trigger_ns + offset_ns,
                scan=each.trigger_scan,
            )
            for each in trace.captures
        ],
        period_ms=tick_ns / 1e6,
    )


def _variable(target: Target) -> TracedVariable:
    kind = Kind.of(target)
    return TracedVariable(path=target.path, type=target.type.name, base=kind.base, labels=kind.labels)


def samples_of(found: Samples, targets: Sequence[Target], offset_ns: int) -> TraceSamples:
    values = dict[str, list[Any]]()
    for number, target in enumerate(targets):
        column = typed(Kind.of(target), np.ascontiguousarray(found.raw[:, number])).tolist()
        values[target.path] = to_json(column, target.type.base)
    return TraceSamples(
        first=found.first,
        next=found.next,
        lost=found.lost,
        time_ns=(found.time_ns + offset_ns).tolist(),
        scan=found.scan.tolist(),
        values=values,
    )
