"""What the flight recorder costs: 500 points that all change, an input image in each scan.

The first figure is what a scan takes longer when it is recorded, against the target of 3 us. The others are of the
process beside it, which packs the journal: its share of a processor at 100 scans a second, and what an hour takes on
the disk, against the target of 50 MB.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np
from numba import njit

from bench import report
from bench.sources import idle
from iec61131 import compiler, jit
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile
from io_drivers.contract import Quality
from runtime import clock
from runtime.engine import journaling, kernel, view
from runtime.engine.states import EngineState
from runtime.image import exchange, journal
from runtime.image.block import Block

NAME = "recorder"
POINTS = 500
SCANS, ROUNDS = 20_000, 9
TARGET_US = 3.0


@njit(nogil=True)
def _many(v: kernel.View, now_ns: int, first: int, count: int) -> None:
    """Scans with a new image in each; a recorder that is never behind."""
    for number in range(first, first + count):
        slot = exchange.back_slot(v.input_word)
        for channel in range(v.input_raw.shape[1]):
            v.input_raw[slot, channel] = number + channel
            v.input_time[slot, channel] = now_ns + number
        exchange.publish(v.input_word)
        kernel.tick(v, now_ns + number, number)
        v.journal_words[journal.TAIL] = v.journal_words[journal.HEAD]


class _Plant:
    def __init__(self, program: CompiledProgram, *, recorded: bool) -> None:
        self._code = code = jit.load(program.objects, [task.symbol for task in program.tasks])
        layout = view.block_layout(program, POINTS, POINTS, 1, recorded=recorded)
        self._block = block = Block.create(layout, "recorder")
        view.prepare(block, program, clock.monotonic_ns())
        places = [program.find(f"Main.i{n}") for n in range(POINTS)]
        inputs = np.array([[n, place.offset, 4, -1, 0, 0, 1 << 60] for n, place in enumerate(places)], np.int64)
        outputs = np.array([[n, program.find(f"Main.o{n}").offset, 4, -1] for n in range(POINTS)], np.int64)
        tasks = view.task_table(program.tasks, [code.address(task.symbol) for task in program.tasks])
        self._view = view.make_view(block, program, inputs, outputs, tasks, loop_limit=10**7, depth_limit=100)
        self._view.input_quality[:] = Quality.GOOD
        journaling.begin_epoch(self._view, clock.monotonic_ns())
        block.set("state", EngineState.RUN)
        self._started_ns, self._number = clock.monotonic_ns(), 0
        self.scan_ns(1)

    def scan_ns(self, count: int) -> float:
        """Processor time of a scan, the mean of so many."""
        started_ns = time.thread_time_ns()
        _many(self._view, self._started_ns, self._number, count)
        spent_ns = time.thread_time_ns() - started_ns
        self._number += count
        if self._block.get("scans") != self._number:
            raise SystemExit(f"{self._block.get('scans')} scans ran instead of {self._number}")
        return spent_ns / count


def run() -> report.Result:
    options = compiler.CompileOptions(
        name="recorder", default_task=(compiler.DefaultTask("main", "Main", 1_000_000, 1),)
    )
    program, _ = compiler.compile_program([SourceFile("recorder.st", idle(POINTS, POINTS, 1000))], options)
    plain, recorded = _Plant(program, recorded=False), _Plant(program, recorded=True)
    rounds = [(plain.scan_ns(SCANS), recorded.scan_ns(SCANS)) for _ in range(ROUNDS)]
    plain_us, recorded_us = (median(times) / 1000 for times in zip(*rounds, strict=True))
    programs = [report.row("a scan with it, against one without", recorded_us, plain_us, 2.0, "us")]
    return report.row(NAME, recorded_us - plain_us, TARGET_US, 1.0, "us", programs=programs)


if __name__ == "__main__":
    print(report.table([run()]))
