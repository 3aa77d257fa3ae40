"""A PLC whose variables are traced, wherever it runs: what `rung trace` asks of it, and the one on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.image.block import Block
from runtime.service.errors import UnknownTrace
from runtime.service.tracing.columns import Kind, typed
from runtime.service.tracing.request import TraceRequest
from runtime.service.tracing.traces import Trace, Traces


class Caught(Struct, frozen=True):
    """Samples from `first` up to but not including `end`; `utc_ns` is when the trigger fired."""

    number: int
    first: int
    end: int
    utc_ns: int


class Seen(Struct, frozen=True):
    """A trace as it was at one instant. `state` is one of running, armed, triggered, done, refused, off; `utc_ns` when
    its trigger fired last.
    """

    request: TraceRequest
    kinds: tuple[Kind, ...]
    state: str
    generation: int
    oldest: int
    next: int
    utc_ns: int | None
    captures: tuple[Caught, ...]


class Chunk(Struct, frozen=True):
    """Samples from `first` up to but not including `next`; `lost` more were asked for. `values`: (n,) each."""

    first: int
    next: int
    lost: int
    utc_ns: NDArray[np.int64]
    scan: NDArray[np.int64]
    values: Sequence[NDArray[Any]]


class TracedPlc(Protocol):
    """Every method raises Refused or a RequestError."""

    name: str

    @property
    def tick_ns(self) -> int: ...

    @property
    def is_running(self) -> Callable[[], bool]: ...

    def listed(self) -> list[Seen]: ...

    def see(self, trace: str) -> Seen: ...

    def set_up(self, request: TraceRequest) -> None: ...

    def remove(self, trace: str) -> None: ...

    def read(self, seen: Seen, start: int, most: int, end: int | None = None) -> Chunk: ...

    def close(self) -> None: ...


class LocalPlc:
    """By its shared memory."""

    def __init__(
        self,
        name: str,
        block: Block,
        program: CompiledProgram,
        is_running: Callable[[], bool] = lambda: True,
        program_of: Callable[[Block], CompiledProgram] | None = None,
    ) -> None:
        self.name, self.is_running, self._program_of = name, is_running, program_of
        self._block, self._traces = block, Traces(block, program)
        self._utc_offset_ns = clock.utc_offset_ns()
        """One for all samples: two looks at two clocks would differ by what passes between them."""
        self._numbers: dict[str, Trace] = {}

    @property
    def tick_ns(self) -> int:
        return self._block.get("tick_ns")

    def listed(self) -> list[Seen]:
        self._look_again()
        return [self._seen(trace) for trace in self._traces.listed()]

    def see(self, trace: str) -> Seen:
        self._look_again()
        try:
            return self._seen(self._traces.find(trace))
        except UnknownTrace:
            if trace in self._numbers:  # its variables may be gone with an online change, which is said then
                self._traces.targets(self._numbers[trace])
            raise

    def _look_again(self) -> None:
        """After an online change, at the program that is in charge now."""
        if self._program_of is not None and not self._block.is_current:
            self._block = self._block.renewed()
            self._traces = Traces(self._block, self._program_of(self._block))

    def _seen(self, trace: Trace) -> Seen:
        self._numbers[trace.request.name] = trace
        status = trace.status
        return Seen(
            trace.request,
            tuple(Kind.of(target) for target in self._traces.targets(trace)),
            status.state.name.lower(),
            status.generation,
            status.oldest,
            status.next,
            status.trigger_ns + self._utc_offset_ns if status.trigger >= 0 else None,
            tuple(Caught(c.number, c.first, c.end, c.trigger_ns + self._utc_offset_ns) for c in trace.captures),
        )

    def set_up(self, request: TraceRequest) -> None:
        self._traces.set_up(request)

    def remove(self, trace: str) -> None:
        self._traces.remove(trace)

    def read(self, seen: Seen, start: int, most: int, end: int | None = None) -> Chunk:
        found = self._traces.read(self._numbers[seen.request.name], start, most, end)
        values = [typed(kind, np.ascontiguousarray(found.raw[:, n])) for n, kind in enumerate(seen.kinds)]
        return Chunk(found.first, found.next, found.lost, found.time_ns + self._utc_offset_ns, found.scan, values)

    def close(self) -> None:
        self._block.close()
