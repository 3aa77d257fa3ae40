"""Many PLCs in one process, on one processor: 200 of 1,000 statements each at 10 ms, every one with its own scan
thread, memory and flight recorder's journal.

The first figure is the share of the scans that did not end before the next was due; none may. The reference of the
second, what one more PLC takes of memory, is the target of 20 MB; the third is the share of the processor that all of
them take. The last is what the machine itself does to them: cyclictest, which is more urgent than all of them on the
same processor, woken more than half a period late. Each time it is, the scans that were due meanwhile are late as well.
The work is done in a process of its own: `python -m bench.many`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from bench import report
from bench.cyclictest import Cyclictest
from bench.sources import changing
from iec61131 import compiler, jit
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile
from runtime import clock
from runtime.engine import journaling, view
from runtime.engine.states import EngineState
from runtime.image import histogram, journal
from runtime.image.block import Block
from runtime.image.ring import Command, CommandRing
from runtime.loop import RealtimeThread

NAME = "many"
PLCS, STATEMENTS, PERIOD_NS = 200, 1000, 10_000_000
PROGRAMS = 10
"""Compiled ones; each PLC has machine code of its own."""
FEW = 20
"""Of these the memory is taken first, so that what a process takes anyway does not count."""
RUN_S, SETTLE_S, PRIORITY = 20.0, 1.0, 80
TARGET_MB = 20.0


def run() -> report.Result:
    done = subprocess.run([sys.executable, "-m", "bench.many"], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    programs = [
        report.row("memory of one more", found["mb"], TARGET_MB, 1.0, "MB"),
        report.row("share of the processor", found["share"], 100.0, 1.0, "%"),
        report.row("latency, p99 of the worst", found["p99_us"], PERIOD_NS / 1000, 1.0, "us"),
        report.row("cyclictest above them, late", found["stalls"], RUN_S * 1000, 0.0, "of"),
    ]
    scans = found.pop("scans")
    return report.row(NAME, found["overruns"], scans, 0.0, "scans", programs=programs, **found)


class _Plc:
    def __init__(self, program: CompiledProgram, cpu: int) -> None:
        self._code = jit.load(program.objects, [task.symbol for task in program.tasks])
        self.block = Block.create(view.block_layout(program, 0, 0, 0, recorded=True), "many")
        view.prepare(self.block, program, clock.monotonic_ns())
        tasks = view.task_table(program.tasks, [self._code.address(task.symbol) for task in program.tasks])
        none = np.zeros((0, 7), np.int64), np.zeros((0, 4), np.int64)
        kernel_view = view.make_view(self.block, program, *none, tasks, loop_limit=10**7, depth_limit=100)
        journaling.begin_epoch(kernel_view, clock.monotonic_ns(), EngineState.STOP)
        self._words, _ = journal.journal_views(self.block)
        self.thread = RealtimeThread(
            self.block, kernel_view, tick_ns=PERIOD_NS, priority=PRIORITY, cpu=cpu, stack_bytes=1 << 20
        )

    def start(self) -> None:
        self.thread.start()
        CommandRing(self.block, "console").order(Command.START)

    def empty_journal(self) -> None:
        self._words[journal.TAIL] = self._words[journal.HEAD]


def main() -> None:
    cpu = max(os.sched_getaffinity(0))
    plcs, programs = list[_Plc](), [_program(number) for number in range(PROGRAMS)]
    for number in range(PLCS):
        plcs.append(_Plc(programs[number % PROGRAMS], cpu))
        plcs[-1].start()
        if len(plcs) == FEW:
            few_bytes = _memory_bytes()
    more_bytes = (_memory_bytes() - few_bytes) / (PLCS - FEW)
    time.sleep(SETTLE_S)
    above = Cyclictest(cpu, PRIORITY + 1, RUN_S + round(2 * SETTLE_S))
    above.wait_until_measuring()
    for plc in plcs:
        plc.block.set("reset_statistics", 1)
    time.sleep(SETTLE_S)
    scans, spent_ns, began_ns = _total(plcs, "scans"), time.process_time_ns(), time.monotonic_ns()
    while time.monotonic_ns() - began_ns < RUN_S * 1e9:
        time.sleep(1.0)
        for plc in plcs:
            plc.empty_journal()
    share = (time.process_time_ns() - spent_ns) / (time.monotonic_ns() - began_ns)
    figures = {
        "scans": _total(plcs, "scans") - scans,
        "overruns": _total(plcs, "overruns"),
        "lost": _total(plcs, "lost_activations"),
        "mb": more_bytes / 1e6,
        "share": share * 100,
        "p99_us": max(histogram.percentile_ns(plc.block.words("latency"), 99.0) for plc in plcs) / 1000,
        "stalls": above.wakes()[0].later_than(PERIOD_NS // 2000),
        "refused": plcs[0].thread.refused,
    }
    print(json.dumps(figures), flush=True)
    os._exit(0)  # two hundred threads need not be ended one by one


def _program(number: int) -> CompiledProgram:
    options = compiler.CompileOptions(name="many", default_task=(compiler.DefaultTask("main", "Main", PERIOD_NS, 1),))
    source = changing(STATEMENTS).replace("x := x + 1.0;", f"x := x + {number + 1}.0;")
    return compiler.compile_program([SourceFile("many.st", source)], options)[0]


def _memory_bytes() -> int:
    """What the process has of its own, and of shared memory that nobody else has."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return 1024 * sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def _total(plcs: list[_Plc], word: str) -> int:
    return sum(plc.block.get(word) for plc in plcs)


if __name__ == "__main__":
    main()
