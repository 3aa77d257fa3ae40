"""What the flight recorder costs: 500 points that all change, an input image in each scan.

The first figure is what a scan takes longer when it is recorded, against the target of 3 us. The others are of the
thread beside it, which packs what comes at 100 scans a second: its share of a processor, and what an hour takes on the
disk, against the target of 50 MB. That depends on what the points do: counts of an analogue card, slow waves with some
noise, and the same as a REAL in tenths, in an odd scale which the project file names, and in one which only the device
knows.
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
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile
from io_drivers.contract import Quality
from runtime import clock
from runtime.engine import journaling, kernel, view
from runtime.engine.states import EngineState
from runtime.image import exchange, journal
from runtime.image.block import Block
from runtime.service.recording import packing
from runtime.service.recording.counts import UNKNOWN, Scaling
from runtime.service.recording.scans import Scans

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


HZ, STRETCH_S, STRETCHES = 100, 2, 5
PACKED_TIMES = 5
WAVE, NOISE = 1500.0, 0.3
"""In counts: amplitude, and standard deviation of the noise."""


def _counts(stretch: int) -> NDArray[np.int64]:
    """What an analogue card of 12 bits reads, (scans, POINTS)."""
    chance = np.random.default_rng(1)
    phase, period_s = chance.random(POINTS) * 2 * np.pi, 10 + 100 * chance.random(POINTS)
    at_s = (stretch * STRETCH_S + np.arange(HZ * STRETCH_S) / HZ)[:, None]
    noise = np.random.default_rng(stretch).normal(0, NOISE, (len(at_s), POINTS))
    return np.round(2048 + WAVE * np.sin(phase + 2 * np.pi * at_s / period_s) + noise).astype(np.int64)


def _tenths(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """As the bits of a REAL."""
    return (counts * 0.1).astype(np.float32).view(np.uint32).astype(np.int64)


def _packed(raw: NDArray[np.int64], scaling: Scaling, stretch: int) -> tuple[int, float]:
    """Bytes of a stretch, and the share of a processor that packing takes, the least of several times."""
    ticks = len(raw)
    tick = stretch * ticks + np.arange(ticks)
    now_ns = tick * 10_000_000 + np.random.default_rng(stretch).integers(0, 50_000, ticks)
    nothing = np.zeros(ticks, np.int64)
    made = Scans(
        1, tick, now_ns, tick, nothing, nothing, nothing, nothing + 1, np.zeros((0, 8), np.int64),
        np.repeat(now_ns[:, None] - 1_000_000, POINTS, 1), raw,
        np.full(raw.shape, Quality.GOOD, np.uint8), np.zeros(raw.shape, np.uint8),
    )  # fmt: skip
    least_ns = 1 << 62
    for _ in range(PACKED_TIMES):
        started_ns = time.thread_time_ns()
        packed = packing.pack(made, scaling)
        least_ns = min(least_ns, time.thread_time_ns() - started_ns)
    if not np.array_equal(packing.unpack(packed, scaling).raw, raw):
        raise SystemExit("what was packed has not come back")
    return len(packed), least_ns / 1e9 / STRETCH_S


_ODD = 6.0 / 4095
"""4 to 20 mA over 0 to 6 bar."""


def _odd(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """A REAL of another scale."""
    return (counts * _ODD).astype(np.float32).view(np.uint32).astype(np.int64)


def _unknown(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """A REAL as its device has scaled it, each in another way."""
    scales = np.random.default_rng(7).uniform(0.0005, 0.05, POINTS)
    return (counts * scales).astype(np.float32).view(np.uint32).astype(np.int64)


def _scaling(scale: float) -> Scaling:
    return Scaling(np.full(POINTS, 4, np.uint8), np.full(POINTS, scale), np.zeros(POINTS))


def _packing(
    name: str, form: Callable[[NDArray[np.int64]], NDArray[np.int64]], scaling: Scaling
) -> list[report.Result]:
    found = [_packed(form(_counts(stretch)), scaling, stretch) for stretch in range(STRETCHES)]
    megabytes = sum(size for size, _ in found) / (STRETCHES * STRETCH_S) * 3600 / 1e6
    share = min(share for _, share in found) * 100
    return [
        report.row(f"an hour of {name}", megabytes, 50.0, 1.0, "MB"),
        report.row(f"packing {name}", share, 100.0, 0.05, "%"),
    ]


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
        journaling.begin_epoch(self._view, clock.monotonic_ns(), EngineState.STOP)
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
    programs = [
        report.row("with it, against without", recorded_us, plain_us, 2.0, "us"),
        *_packing("counts", lambda counts: counts, UNKNOWN),
        *_packing("tenths", _tenths, _scaling(1.0)),
        *_packing("odd scales", _odd, _scaling(_ODD)),
        *_packing("unknown scales", _unknown, _scaling(1.0)),
    ]
    return report.row(NAME, recorded_us - plain_us, TARGET_US, 1.0, "us", programs=programs)


if __name__ == "__main__":
    print(report.table([run()]))
