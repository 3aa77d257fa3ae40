"""The traces of the PLCs of a service, as HTTP shows them."""

from __future__ import annotations

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.image.block import Block
from runtime.service.http.trace_models import MAX_VALUES, Trace, TraceBody, TraceSamples, samples_of, trace_of
from runtime.service.tracing.traces import Trace as Found
from runtime.service.tracing.traces import Traces


class HostedTraces:
    """Of one PLC, for as long as it has processes."""

    def __init__(self, block: Block, program: CompiledProgram) -> None:
        self._block, self._traces = block, Traces(block, program)
        self._offset_ns = clock.utc_offset_ns()
        """One for all answers: two looks at two clocks would differ by what passes between them."""

    def listed(self) -> list[Trace]:
        return [self._shown(trace) for trace in self._traces.listed()]

    def shown(self, name: str) -> Trace:
        return self._shown(self._traces.find(name))

    def _shown(self, found: Found) -> Trace:
        return trace_of(found, self._traces.targets(found), self._offset_ns, self._block.get("tick_ns"))

    async def set_up(self, name: str, body: TraceBody) -> Trace:
        await self._traces.set_up_soon(body.request(name))
        return self.shown(name)

    async def remove(self, name: str) -> None:
        await self._traces.remove_soon(name)

    def samples(self, name: str, start: int, most: int, end: int | None) -> TraceSamples:
        found = self._traces.find(name)
        targets = self._traces.targets(found)
        most = max(1, min(most, MAX_VALUES // len(targets)))
        return samples_of(self._traces.read(found, start, most, end), targets, self._offset_ns)
