"""The engine process: loads the machine code, sets the memory up and lets the scan thread run. What is in Python only
waits for the end, and prepares another program when one shall take over.
"""

from __future__ import annotations

import os
import socket
import threading
from functools import partial
from math import prod

import numpy as np

from iec61131 import jit
from iec61131.program import HEADER, CompiledProgram, base_period_ns
from runtime import clock, loop
from runtime.engine import journaling
from runtime.engine import view as engine_view
from runtime.engine.sharing import Sharing
from runtime.engine.states import EngineState
from runtime.engine.task_statistics import Telling
from runtime.image.block import Block
from runtime.image.shared_globals import SharedGlobals
from runtime.service.bound import Bound
from runtime.service.config.durations import format_duration
from runtime.service.processes import changing, together
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.common import Child, say
from runtime.service.processes.line import STUCK, Line
from runtime.service.retain.image import scatter
from runtime.service.tracing.traces import begin as begin_traces

_STACK_MARGIN_BYTES = 1 << 20
_LOOK_S = 0.05
_GRACE_NS = 1_000_000_000
"""In which a task whose watchdog has tripped may still return, so that its memory can be looked at."""
_END_S = 4.5
"""In which the present scan has to end when all is to end: a supervisor waits for five seconds."""
_LINKING = threading.Lock()
"""Machine code is linked into the process by one thread at a time."""


def prepare() -> None:
    """Have the scan kernel loaded, or compiled where this has never been done, for a block of the usual shape."""
    program = CompiledProgram(
        name="", digest="", target="", objects=(), initial=bytes(HEADER.itemsize), sections={}, types=(),
        variables=(), retained=(), tasks=(), sites={}, stack_bytes=0, source_digests={},
    )  # fmt: skip
    block = Block.create(engine_view.block_layout(program, 2, 2, 0), "prepared")
    engine_view.prepare(block, program, 0)
    none = np.zeros((0, 7), np.int64), np.zeros((0, 4), np.int64), np.zeros((1, 8), np.int64)
    loop.load(block, engine_view.make_view(block, program, *none, loop_limit=1, depth_limit=1))
    block.close()


class Loaded:
    """A program with its machine code, and the thread that runs it or is about to. `block` shows its bank. Raises
    CannotShare when its globals are not those that are `shared` with other resources.
    """

    def __init__(
        self, block: Block, program: CompiledProgram, bound: Bound, shared: SharedGlobals | None = None
    ) -> None:
        self.block, self.program, self.bound = block, program, bound
        settings, resource = bound.engine, bound.resource
        self.sharing: Sharing | None = None
        if shared is not None and resource is not None:
            self.sharing = Sharing(shared, resource.number, program)
        with _LINKING:  # the code lives as long as the thread
            self._code = jit.load(program.objects, [task.symbol for task in program.tasks])
        addresses = [self._code.address(task.symbol) for task in program.tasks]
        self.view = engine_view.make_view(
            block,
            program,
            bound.input_table(),
            bound.output_table(),
            engine_view.task_table(program.tasks, addresses, settings.watchdogs),
            loop_limit=settings.loop_limit,
            depth_limit=settings.recursion_limit,
            signals=bound.signal_table(),
            telling=Telling.MEASURED,
            sharing=self.sharing,
        )
        self.thread = loop.RealtimeThread(
            block,
            self.view,
            tick_ns=base_period_ns(program.tasks),
            priority=settings.priority,
            cpu=settings.cpu,
            stack_bytes=program.stack_bytes + _STACK_MARGIN_BYTES,
        )

    @property
    def is_watched(self) -> bool:
        return any(time_ns for time_ns, _ in self.bound.engine.watchdogs)


def main(child: Child) -> int:
    block, program = child.block, child.program
    engine_view.prepare(block, program, clock.monotonic_ns(), keep_forces=child.bound.engine.keep_forces)
    if child.retained is not None:
        scatter(program.retained, child.retained, block.memory)
    for ended in begin_traces(block, program, child.bound.traces):
        say(ended)
    loaded = Loaded(block, program, child.bound, child.shared)
    if loaded.sharing is not None:
        loaded.sharing.begin()
    block.set("answered_change", block.get("wanted_change"))  # what was asked of the process before is void
    first_state = EngineState.FAULT if engine_view.standing_fault(block) else EngineState.STOP
    journaling.begin_epoch(loaded.view, clock.monotonic_ns(), first_state)
    loaded.thread.start()
    for refusal in loaded.thread.refused:
        say(refusal)
    _work(child, loaded)
    return 0


def share(line: socket.socket, first: Assignment) -> int:
    """Engines of several PLCs: what runs in Python only waits, the scans are in threads that do not need it."""
    return together.in_threads(line, first, main)


def _work(child: Child, loaded: Loaded) -> None:
    """Until the end of the line. Whatever comes in between, no scan goes on behind it."""
    watchdog = _Watchdog(loaded, child.line) if loaded.is_watched else None
    try:
        while not child.line.has_ended(_LOOK_S if watchdog is not None else None):
            if watchdog is not None:
                watchdog.look()
            if child.block.get("wanted_change") != child.block.get("answered_change"):
                load = partial(Loaded, shared=child.shared)
                next_ = changing.answer(child.folder, loaded, load, child.line.has_ended)
                if next_ is not loaded:
                    before, loaded = loaded.program, next_
                    watchdog = _Watchdog(loaded, child.line) if loaded.is_watched else None
                    for ended in begin_traces(loaded.block, loaded.program, loaded.bound.traces, before):
                        say(ended)
    finally:
        if not loaded.thread.stop(_END_S):  # there may be nobody left who would end this process
            say("a task does not return; its process ends")
            child.line.tell(STUCK)
            os._exit(STUCK)


class _Watchdog:
    """Says which task has tripped its watchdog, and ends the process when it does not return: the one way to end a
    thread that runs machine code.
    """

    def __init__(self, loaded: Loaded, line: Line) -> None:
        self._line = line
        self._block, self._names = loaded.block, [task.name for task in loaded.program.tasks]
        self._watchdogs = loaded.bound.engine.watchdogs
        self._recorded = loaded.bound.record_bytes > 0
        self._said = self._block.get("tripped")  # of the engine before

    def look(self) -> None:
        number = self._block.get("tripped")
        if number and not self._said:
            name, (time_ns, sensitivity) = self._names[number - 1], self._watchdogs[number - 1]
            allowed = f"{sensitivity} x {format_duration(time_ns)}" if sensitivity > 1 else format_duration(time_ns)
            say(f"watchdog: task '{name}' takes too long, {allowed} is allowed; the outputs are safe")
        self._said = number
        since_ns = self._block.get("running_since_ns")
        if number and since_ns and clock.monotonic_ns() - since_ns > _GRACE_NS + prod(self._watchdogs[number - 1]):
            hint = "; `rung replay` of the run that ends here says in which loop" if self._recorded else ""
            say(f"watchdog: task '{self._names[number - 1]}' does not return; its process ends{hint}")
            self._line.tell(STUCK)  # so that the others who share the process are not taken for it
            os._exit(STUCK)
