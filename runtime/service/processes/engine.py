"""The engine process: loads the machine code, sets the memory up and lets the scan thread run. The main thread only
waits for the end.
"""

from __future__ import annotations

import os
import select
import signal
from math import prod

import numpy as np

from iec61131 import jit
from iec61131.program import HEADER, CompiledProgram, base_period_ns
from runtime import clock, loop
from runtime.engine import journaling
from runtime.engine import view as engine_view
from runtime.image.block import Block
from runtime.service.config.durations import format_duration
from runtime.service.processes.common import Child, say
from runtime.service.retain.image import scatter

_STACK_MARGIN_BYTES = 1 << 20
_LOOK_S = 0.05
_GRACE_NS = 1_000_000_000
"""In which a task whose watchdog has tripped may still return, so that its memory can be looked at."""
_STUCK = 70
"""Exit status of an engine whose task did not."""


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


def main(child: Child) -> int:
    block, program, settings = child.block, child.program, child.bound.engine
    code = jit.load(program.objects, [task.symbol for task in program.tasks])
    engine_view.prepare(block, program, clock.monotonic_ns(), keep_forces=settings.keep_forces)
    if child.retained is not None:
        scatter(program.retained, child.retained, block.memory)
    addresses = [code.address(task.symbol) for task in program.tasks]
    tasks = engine_view.task_table(program.tasks, addresses, settings.watchdogs)
    view = engine_view.make_view(
        block,
        program,
        child.bound.input_table(),
        child.bound.output_table(),
        tasks,
        loop_limit=settings.loop_limit,
        depth_limit=settings.recursion_limit,
        signals=child.bound.signal_table(),
    )
    journaling.begin_epoch(view, clock.monotonic_ns())
    thread = loop.RealtimeThread(
        block,
        view,
        tick_ns=base_period_ns(program.tasks),
        priority=settings.priority,
        cpu=settings.cpu,
        stack_bytes=program.stack_bytes + _STACK_MARGIN_BYTES,
    )
    thread.start()
    for refusal in thread.refused:
        say(refusal)
    _wait_for_the_end(child)
    thread.stop()
    return 0


class _Watchdog:
    """Says which task has tripped its watchdog, and ends the process when it does not return: the one way to end a
    thread that runs machine code.
    """

    def __init__(self, child: Child) -> None:
        self._block, self._names = child.block, [task.name for task in child.program.tasks]
        self._watchdogs = child.bound.engine.watchdogs
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
            say(f"watchdog: task '{self._names[number - 1]}' does not return; its process ends")
            os._exit(_STUCK)


def _wait_for_the_end(child: Child) -> None:
    """Until SIGTERM, or until the supervisor is gone."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGTERM, _woken)
    watchdog = _Watchdog(child) if any(time_ns for time_ns, _ in child.bound.engine.watchdogs) else None
    while not select.select([wake_read, child.life_fd], [], [], _LOOK_S if watchdog is not None else None)[0]:
        if watchdog is not None:
            watchdog.look()


def _woken(_number: int, _frame: object) -> None:
    """The descriptor says it all; without a handler the process would end at once."""
