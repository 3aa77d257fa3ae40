"""What the engine costs in each scan: 500 inputs and 500 outputs, 10,000 further variables, an empty program, an input
image in each scan.

The reference is the target, 10 us; the second row compares with copying the same 1,000 points of 8 bytes once, in the
same loop. The third is a program that asks each input for its quality, against the empty one, the fourth a trace of 50
variables in each scan, against none; then other numbers of points and variables, against these.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench import report
from bench.sources import idle
from iec61131 import compiler, jit
from iec61131.source import SourceFile
from io_drivers.contract import InputBlock, Quality
from runtime import clock
from runtime.engine import kernel, view
from runtime.engine.relations import Form, Relation
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.channels import InputWriter
from runtime.image.trace import Setting, slots
from runtime.image.trace_layout import TraceEdge, TraceState

NAME = "overhead"
POINTS = 500
VARIABLES = 10_000
TRACED = 50
SCANS, ROUNDS = 20_000, 9
TARGET_US = 10.0
SIZES = ((50, VARIABLES, 0.6), (2000, VARIABLES, 6.0), (POINTS, 10 * VARIABLES, 1.3))
"""Inputs, as many outputs, further variables, and the greatest ratio aimed at."""


@njit(nogil=True)
def _many(v: kernel.View, now_ns: int, first: int, count: int) -> None:
    for number in range(first, first + count):
        kernel.tick(v, now_ns + number, number)


@njit(nogil=True)
def _copy_many(source: NDArray[np.float64], target: NDArray[np.float64], count: int) -> None:
    for number in range(count):
        for index in range(source.shape[0]):
            target[index] = source[index] + number


def _processor_ns(action: Callable[..., None], *arguments: object) -> int:
    """Processor time of a call: other processes do not lengthen it."""
    started_ns = time.thread_time_ns()
    action(*arguments)
    return time.thread_time_ns() - started_ns


class _Plant:
    """A program with its points, ready to be scanned."""

    def __init__(self, source: str, *, asks: bool = False, points: int = POINTS) -> None:
        options = compiler.CompileOptions(
            name="overhead", default_task=(compiler.DefaultTask("main", "Main", 1_000_000, 1),)
        )
        program, _ = compiler.compile_program([SourceFile("overhead.st", source)], options)
        self._code = code = jit.load(program.objects, [task.symbol for task in program.tasks])
        places = [program.find(f"Main.i{n}") for n in range(points)]
        told = [[*place.bits, n] for n, place in enumerate(places)] if asks else []
        signals = np.array(told, np.int64).reshape(-1, 3)
        self._block = block = Block.create(view.block_layout(program, points, points, 1, len(signals)), "overhead")
        view.prepare(block, program, clock.monotonic_ns())
        inputs = np.array([[n, place.offset, 4, -1, 0, 0, 1 << 60] for n, place in enumerate(places)], np.int64)
        outputs = np.array([[n, program.find(f"Main.o{n}").offset, 4, -1] for n in range(points)], np.int64)
        tasks = view.task_table(program.tasks, [code.address(task.symbol) for task in program.tasks])
        self._view = view.make_view(
            block, program, inputs, outputs, tasks, loop_limit=10**7, depth_limit=100, signals=signals
        )
        block.set("state", EngineState.RUN)
        image = InputBlock(points, lambda: None)
        image.quality[:] = Quality.GOOD
        InputWriter(block).publish(image, clock.monotonic_ns())
        self._started_ns, self._number = clock.monotonic_ns(), 0
        self.scan_ns(1)

    def trace(self) -> None:
        """From now on some of the inputs are sampled in each scan, and a trigger that never fires is looked for."""
        setting = Setting(
            [(int(row[1]), 4, -1) for row in self._view.inputs[:TRACED]],
            b"",
            pre=100,
            post=100,
            edge=TraceEdge.HOLDS,
            condition=(int(self._view.inputs[0, 1]), 4, -1, Form.REAL, Relation.MORE, 0),
        )
        slots(self._block)[0].set_up(setting, self._started_ns)

    def check(self) -> None:
        """That it was so."""
        found = slots(self._block)[0].status()
        if found is None or found.state is not TraceState.ARMED or found.next < SCANS:
            raise SystemExit("nothing was traced")

    def scan_ns(self, count: int) -> float:
        """Processor time of a scan, the mean of so many."""
        spent_ns = _processor_ns(_many, self._view, self._started_ns, self._number, count)
        self._number += count
        if self._block.get("scans") != self._number:
            raise SystemExit(f"{self._block.get('scans')} scans ran instead of {self._number}")
        return spent_ns / count


def run() -> report.Result:
    source = idle(POINTS, POINTS, VARIABLES)
    plain = _Plant(source)
    questions = "\n".join(f"IF QUALITY(i{n}) <> GOOD THEN a0[0] := a0[0] + 1; END_IF;" for n in range(POINTS))
    asking = _Plant(source.replace("\n;\n", f"\n{questions}\n"), asks=True)
    traced = _Plant(source)
    traced.trace()
    others = [_Plant(idle(points, points, variables), points=points) for points, variables, _ in SIZES]
    scan_ns, asking_ns, traced_ns, copy_ns = list[float](), list[float](), list[float](), list[float]()
    sizes_ns = [list[float]() for _ in SIZES]
    values = np.zeros(2 * POINTS), np.zeros(2 * POINTS)
    _copy_many(*values, 1)
    for _ in range(ROUNDS):
        scan_ns.append(plain.scan_ns(SCANS))
        asking_ns.append(asking.scan_ns(SCANS))
        traced_ns.append(traced.scan_ns(SCANS))
        for times, other in zip(sizes_ns, others, strict=True):
            times.append(other.scan_ns(SCANS // 4))
        copy_ns.append(_processor_ns(_copy_many, *values, SCANS) / SCANS)
    traced.check()
    measured = (scan_ns, asking_ns, traced_ns, copy_ns)
    ours_us, asking_us, traced_us, copy_us = (median(each) / 1000 for each in measured)
    programs = [
        report.row("against a plain copy", ours_us, copy_us, 100.0, "us"),
        report.row("500 inputs asked for their quality", asking_us, ours_us, 5.0, "us"),
        report.row(f"trace of {TRACED} variables", traced_us, ours_us, 1.2, "us"),
        *(
            report.row(f"2 x {points:,} points, {variables:,} variables", median(times) / 1000, ours_us, most, "us")
            for times, (points, variables, most) in zip(sizes_ns, SIZES, strict=True)
        ),
    ]
    return report.row(NAME, ours_us, TARGET_US, 1.0, "us", programs=programs)


if __name__ == "__main__":
    print(report.table([run()]))
