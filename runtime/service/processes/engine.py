"""The engine process: loads the machine code, sets the memory up and lets the scan thread run. The main thread only
waits for the end.
"""

from __future__ import annotations

import os
import select
import signal

import numpy as np

from iec61131 import jit
from iec61131.program import HEADER, CompiledProgram
from runtime import clock, loop
from runtime.engine import view as engine_view
from runtime.image.block import Block
from runtime.service.processes.common import Child, say

_STACK_MARGIN_BYTES = 1 << 20


def prepare() -> None:
    """Have the scan kernel loaded, or compiled where this has never been done, for a block of the usual shape."""
    program = CompiledProgram(
        name="", digest="", target="", objects=(), initial=bytes(HEADER.itemsize), sections={}, types=(),
        variables=(), retained=(), tasks=(), sites={}, stack_bytes=0, source_digests={},
    )  # fmt: skip
    block = Block.create(engine_view.block_layout(program, 2, 2, 0), "prepared")
    engine_view.prepare(block, program, 0)
    none = np.zeros((0, 7), np.int64), np.zeros((0, 4), np.int64), np.zeros((1, 3), np.int64)
    loop.load(block, engine_view.make_view(block, program, *none, loop_limit=1, depth_limit=1))
    block.close()


def main(child: Child) -> int:
    block, program, settings = child.block, child.program, child.bound.engine
    code = jit.load(program.objects, [task.symbol for task in program.tasks])
    engine_view.prepare(block, program, clock.monotonic_ns())
    tasks = engine_view.task_table(program.tasks, [code.address(task.symbol) for task in program.tasks])
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
    thread = loop.RealtimeThread(
        block,
        view,
        tick_ns=engine_view.base_period_ns(program.tasks),
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


def _wait_for_the_end(child: Child) -> None:
    """Until SIGTERM, or until the supervisor is gone."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGTERM, _woken)
    select.select([wake_read, child.life_fd], [], [])


def _woken(_number: int, _frame: object) -> None:
    """The descriptor says it all; without a handler the process would end at once."""
