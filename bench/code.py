"""Generated code against C: programs, each written in ST and, by hand, in plain C (`bench/code/*.st`, `*.c`).

The C twins do the same work on the same memory block, the way one writes it in C, and are compiled with `gcc -O2`.
One driver, in C as well, calls either side through a function pointer, with new inputs before each scan. Before
anything is timed, both sides run a few thousand scans and must leave the same bytes. Rounds of the two alternate; the
figure of a side is the median of its rounds.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from bench import report
from iec61131 import jit
from iec61131.compiler import compile_program
from iec61131.program import HEADER, CompiledProgram
from iec61131.source import SourceFile

NAME = "code"
TARGET = 1.0
WORST_TARGET = 1.5
FOLDER = Path(__file__).parent / "code"

ROUNDS = 41
ROUND_NS = 5_000_000
CHECKED_SCANS = 5_000
INPUT_ROWS = 4096  # a power of two; long enough that no branch predictor learns them

Draw = Callable[[np.random.Generator, int], np.ndarray]


class Field(NamedTuple):
    """The first variables of `Main` are its inputs: `count` of a numpy type, drawn row by row."""

    format: str
    count: int
    draw: Draw


def rarely(probability: float) -> Draw:
    """BOOLs that are TRUE so often."""
    return lambda random, size: random.random(size) < probability


def between(low: float, high: float) -> Draw:
    return lambda random, size: random.uniform(low, high, size)


PROGRAMS: dict[str, tuple[Field, ...]] = {
    "state_machine": (
        Field("u1", 1, rarely(0.5)),
        Field("u1", 1, rarely(0.01)),
        Field("u1", 6, rarely(0.25)),
        Field("i4", 1, between(500, 800)),
    ),
    "pid": (Field("f4", 8, between(30, 70)), Field("u1", 8, rarely(0.9)), Field("f4", 1, between(45, 55))),
    "timers_counters": (Field("u1", 8, rarely(0.8)), Field("u1", 8, rarely(0.02)), Field("u1", 8, rarely(0.05))),
    "interfaces": (Field("i4", 12, between(-1000, 1000)),),
    "inheritance": (Field("f4", 4, between(-20, 120)), Field("u1", 4, rarely(0.3))),
    "conveyors": (Field("u1", 24, rarely(0.6)), Field("u1", 6, rarely(0.02)), Field("u1", 6, rarely(0.3))),
    "calendar": (Field("i4", 1, between(0, 3600)), Field("u1", 1, rarely(0.1))),
    "linked_list": (Field("i2", 2, between(0, 100)), Field("i4", 1, between(0, 1000)), Field("u1", 1, rarely(0.5))),
    "references": (Field("i4", 16, between(-1500, 1500)),),
    "sorting": (Field("i2", 16, between(0, 1000)),),
    "statistics": (Field("f8", 6, between(-10, 10)),),
    "fifo": (
        Field("f4", 2, between(1, 30)),
        Field("u1", 2, between(0, 8)),
        Field("u1", 2, rarely(0.2)),
    ),
    "array_sums": (Field("i4", 1, between(-1000, 1000)), Field("f4", 1, between(-10, 10))),
    "bit_logic": (Field("u2", 1, between(0, 65536)), Field("u2", 1, between(0, 65536)), Field("u1", 12, rarely(0.5))),
    "matrix": (Field("f4", 2, between(-1, 1)),),
    "crc": (Field("u4", 1, between(0, 1 << 32)), Field("u1", 8, between(0, 256))),
    "table_lookup": (Field("i2", 16, between(-500, 32000)),),
    "moving_average": (Field("i2", 4, between(0, 1000)),),
    "analog_scaling": (Field("i2", 32, between(-5000, 27648)),),
    "string_fields": (Field("u1", 8, between(0, 16)),),
    "string_handling": (Field("i4", 4, between(-100000, 1000000)),),
}


def run() -> report.Result:
    with tempfile.TemporaryDirectory() as folder:
        driver = build_driver(Path(folder))
        programs = [measure(name, driver, Path(folder)) for name in PROGRAMS]
    worst = max(program["ratio"] for program in programs)
    return report.of_programs(NAME, programs, TARGET, worst=worst, worst_target=WORST_TARGET)


class Driver(NamedTuple):
    """`drive(scan, memory, inputs, input_bytes, rows, first, scans)`, in machine code."""

    drive: Callable[..., int]
    library: ctypes.CDLL


def build_driver(folder: Path) -> Driver:
    library = compile_c("driver", folder)
    drive = library.drive
    drive.restype = ctypes.c_int32
    drive.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_uint64] * 4
    return Driver(drive, library)


def compile_c(name: str, folder: Path) -> ctypes.CDLL:
    target = folder / f"{name}.so"
    command = ["gcc", "-O2", "-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", str(target), str(FOLDER / f"{name}.c"), "-lm"], check=True)
    return ctypes.CDLL(str(target))


class Side:
    """One executable form of a program with its own memory. `code` is what must live as long as `scan`, which points
    into it.
    """

    def __init__(self, driver: Driver, scan: int, code: object, program: CompiledProgram, inputs: np.ndarray) -> None:
        self._driver, self._scan, self._code, self._inputs = driver, scan, code, inputs
        self.memory = np.zeros(program.memory_bytes + 64, np.uint8)[: program.memory_bytes]
        self.memory[:] = np.frombuffer(program.initial, np.uint8)
        self._first = 0

    def scans(self, count: int) -> int:
        """Run the next `count` scans; the processor time they took in nanoseconds, which other processes do not
        lengthen.
        """
        pointers = (self._scan, self.memory.ctypes.data, self._inputs.ctypes.data)
        start_ns = time.thread_time_ns()
        code = self._driver.drive(*pointers, self._inputs.shape[1], INPUT_ROWS, self._first, count)
        taken_ns = time.thread_time_ns() - start_ns
        if code:
            raise SystemExit(f"a scan ended with fault {code}")
        self._first += count
        return taken_ns

    def state(self) -> np.ndarray:
        """What the program has computed: everything behind the header."""
        return self.memory[HEADER.itemsize :]


def measure(name: str, driver: Driver, folder: Path) -> report.Result:
    ours, reference = sides(name, driver, folder)
    check_same_work(name, ours, reference, CHECKED_SCANS)
    count = max(ROUND_NS * 1000 // max(ours.scans(1000), 1), 1)
    times_ns: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for side, times in zip((ours, reference), times_ns, strict=True):
            times.append(side.scans(count) / count)
    return report.row(name, median(times_ns[0]), median(times_ns[1]), WORST_TARGET, "ns/scan")


def sides(name: str, driver: Driver, folder: Path) -> tuple[Side, Side]:
    """The generated code and the C twin of one program, each at its cold start."""
    file = SourceFile(f"{name}.st", (FOLDER / f"{name}.st").read_text(encoding="utf-8"))
    program, _ = compile_program([file])
    symbol = program.tasks[0].symbol
    code, twin = jit.load(program.objects, [symbol]), compile_c(name, folder)
    entry = ctypes.cast(twin.scan, ctypes.c_void_p).value
    assert entry is not None
    inputs = draw_inputs(PROGRAMS[name])
    return (
        Side(driver, code.address(symbol), code, program, inputs),
        Side(driver, entry, twin, program, inputs),
    )


def draw_inputs(fields: tuple[Field, ...]) -> np.ndarray:
    """A row of input bytes for each of INPUT_ROWS scans, always the same."""
    random = np.random.default_rng(61131)
    row = np.dtype([(f"input{n}", field.format, (field.count,)) for n, field in enumerate(fields)], align=False)
    table = np.zeros(INPUT_ROWS, row)
    for n, field in enumerate(fields):
        drawn = field.draw(random, INPUT_ROWS * field.count).reshape(INPUT_ROWS, field.count)
        table[f"input{n}"] = drawn.astype(np.int64) if field.format[0] in "iu" else drawn
    return table.view(np.uint8).reshape(INPUT_ROWS, row.itemsize)


def check_same_work(name: str, ours: Side, reference: Side, scans: int) -> None:
    """Raises SystemExit at the first scan after which the two memories differ."""
    for scan in range(scans):
        ours.scans(1)
        reference.scans(1)
        different = np.flatnonzero(ours.state() != reference.state())
        if different.size:
            raise SystemExit(f"{name}: scan {scan}: bytes {different[:8]} of the block differ from those of the C twin")


if __name__ == "__main__":
    result = run()
    print(report.table([result]))
    print(f"worst {result['worst']:.3f} (target {WORST_TARGET})", file=sys.stderr)
