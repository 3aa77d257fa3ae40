"""From sources to a program ready to run, always in fresh processes and without the start of the interpreter.

    tank                `programs/tank` cold, and the same again from the cache
    N lines             projects of a wanted size (`sources.plant`) cold: processor time for a thousand lines, without
                        optimisation (the fast tier) and with
    growth              what a line costs in 30,000 lines, against what it costs in 3,000
    memory              the most that the process ever held for 30,000 lines
    10,000 lines, cached    the second start
    10,000 lines, one body changed  processor time until the next version is there, in a process that has compiled the
                        last one (`compiler.Workshop`): without optimisation and with
    10,000 lines, two processors    against one, by the clock, both cold: where there are two, and nothing else runs
    against gcc         the programs of `bench/code`, optimised, against `gcc -O2 -c` of their C twins, gcc's start
                        included: geometric mean

Processor time is what one core needs, whatever else runs on the machine; a start from the cache is timed by the clock.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import geometric_mean, median

from bench import code, report, sources
from iec61131.compiler import CompileOptions, compile_program
from iec61131.source import SourceFile

NAME = "compile"
ROUNDS = 5
COLD_TARGET_S, CACHED_TARGET_S = 1.0, 0.1
PROJECT = Path("programs/tank")

SIZES = {1_000: 3, 3_000: 3, 10_000: 1, 30_000: 1}
"""Lines of a project, and how often it is compiled."""
CACHED_LINES, CACHED_LINES_TARGET_S = 10_000, 0.3
TIERS = {"fast": (0, 4_000), "optimised": (3, 1_500)}
"""LLVM's level, and the lines per second aimed at."""
CHANGED_TARGET_S = 0.5
PROCESSORS_TARGET, PROCESSORS_ROUNDS = 0.85, 3
MEMORY_TARGET_MIB = 1024
GROWTH_TARGET = 1.3
GCC_TARGET = 2.0
GCC_ROUNDS = 3

_MEASURE = """
import json, sys, time
from pathlib import Path
from runtime.service import plant
from iec61131 import jit
start = time.perf_counter()
built = plant.build(Path(sys.argv[1]), cache=Path(sys.argv[2]))
code = jit.load(built.program.objects, [task.symbol for task in built.program.tasks])
assert all(code.address(task.symbol) for task in built.program.tasks)
print(json.dumps({"seconds": time.perf_counter() - start, "cached": built.cached}))
"""

_MEASURE_CHANGE = """
import json, sys, time
from bench.sources import in_files, plant
from iec61131 import compiler, jit
from iec61131.source import SourceFile
files, options = in_files(plant(int(sys.argv[1]))), compiler.CompileOptions(optimise=int(sys.argv[2]))
workshop, seconds = compiler.Workshop(), []
for version in range(6):
    files["0010.st"] = files["0010.st"].replace(f"loads := loads + {version}", f"loads := loads + {version + 1}")
    sources = [SourceFile(name, text) for name, text in files.items()]
    start = time.process_time()
    program, _ = workshop.compile(sources, options)
    code = jit.load(program.objects, [task.symbol for task in program.tasks])
    seconds.append(time.process_time() - start)
print(json.dumps(seconds))
"""

_MEASURE_PROCESSORS = """
import sys, time
from pathlib import Path
from bench.sources import plant
from iec61131 import compiler
from iec61131.source import SourceFile
from runtime.service.assembling import Assembler
start = time.perf_counter()
compiler.compile_program([SourceFile("main.st", plant(int(sys.argv[1])))], None, Assembler(None, int(sys.argv[2])))
print(time.perf_counter() - start)
"""

_MEASURE_SIZE = """
import json, resource, sys, time
from iec61131 import compiler
from iec61131.source import SourceFile
text = sys.stdin.read()
start = time.process_time()
compiler.compile_program([SourceFile("main.st", text)], compiler.CompileOptions(optimise=int(sys.argv[1])))
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def run() -> report.Result:
    programs = [
        *_tank(),
        *_sizes(),
        _cached_lines(),
        *_changed(),
        *_two_processors(),
        _against_gcc(),
    ]
    worst = max(programs, key=lambda p: p["ratio"] / p["target"])
    return {**worst, "name": NAME, "worst_of": worst["name"], "programs": programs}


# ----------------------------------------------------------------------------------------------------------------- tank


def _tank() -> list[report.Result]:
    cold, cached = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(_measure(PROJECT, cache, expect_cached=False))
            cached.append(_measure(PROJECT, cache, expect_cached=True))
    return [
        report.row("tank, cold", median(cold), COLD_TARGET_S, 1.0, "s"),
        report.row("tank, from the cache", median(cached), CACHED_TARGET_S, 1.0, "s"),
    ]


def _measure(project: Path, cache: str, *, expect_cached: bool) -> float:
    command = [sys.executable, "-c", _MEASURE, str(project), cache]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if result["cached"] is not expect_cached:
        raise SystemExit(f"the cache was {'not ' if expect_cached else ''}used")
    return float(result["seconds"])


# ---------------------------------------------------------------------------------------------------------------- sizes


def _sizes() -> list[report.Result]:
    rows: list[report.Result] = []
    largest = max(SIZES)
    for tier, (optimise, lines_per_second) in TIERS.items():
        seconds_per_line: dict[int, float] = {}
        mib = 0.0
        for lines, rounds in SIZES.items():
            text = sources.plant(lines)
            measured = [_measure_size(text, optimise) for _ in range(rounds)]
            seconds_per_line[lines] = median(seconds for seconds, _ in measured) / text.count("\n")
            mib = max(most for _, most in measured)
            ms_per_1000 = seconds_per_line[lines] * 1e6
            rows.append(report.row(f"{lines:,} lines, {tier}", ms_per_1000, 1e6 / lines_per_second, 1.0, "ms/1000"))
        for_few, for_many = (seconds_per_line[lines] * 1e6 for lines in (3_000, largest))
        rows.append(report.row(f"growth, {tier}", for_many, for_few, GROWTH_TARGET, "ms/1000"))
        rows.append(report.row(f"memory, {tier}", mib, MEMORY_TARGET_MIB, 1.0, "MiB"))
    return rows


def _measure_size(text: str, optimise: int) -> tuple[float, float]:
    """Seconds of processor time, and the most memory in MiB."""
    command = [sys.executable, "-c", _MEASURE_SIZE, str(optimise)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, input=text).stdout)
    return float(result["seconds"]), float(result["mib"])


def _changed() -> list[report.Result]:
    rows: list[report.Result] = []
    for tier, (optimise, _) in TIERS.items():
        command = [sys.executable, "-c", _MEASURE_CHANGE, str(CACHED_LINES), str(optimise)]
        _, *changes = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        name = f"{CACHED_LINES:,} lines, one body changed, {tier}"
        rows.append(report.row(name, median(changes), CHANGED_TARGET_S, 1.0, "s"))
    return rows


def _two_processors() -> list[report.Result]:
    if len(os.sched_getaffinity(0)) < 2:
        return []
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(PROCESSORS_ROUNDS):
        for processors, measured in seconds.items():
            command = [sys.executable, "-c", _MEASURE_PROCESSORS, str(CACHED_LINES), str(processors)]
            measured.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    name = f"{CACHED_LINES:,} lines, two processors"
    return [report.row(name, median(seconds[2]), median(seconds[1]), PROCESSORS_TARGET, "s")]


def _cached_lines() -> report.Result:
    with tempfile.TemporaryDirectory() as folder:
        project, cache = Path(folder) / "plant", str(Path(folder) / "cache")
        project.mkdir()
        (project / "main.st").write_text(sources.plant(CACHED_LINES))
        (project / "plc.toml").write_text('[plc]\nname = "plant"\nsources = ["main.st"]\n')
        _measure(project, cache, expect_cached=False)
        cached = [_measure(project, cache, expect_cached=True) for _ in range(ROUNDS)]
    return report.row(f"{CACHED_LINES:,} lines, cached", median(cached), CACHED_LINES_TARGET_S, 1.0, "s")


# ------------------------------------------------------------------------------------------------------------------ gcc


def _against_gcc() -> report.Result:
    ours: list[float] = []
    twins: list[float] = []
    for name in code.PROGRAMS:
        ours.append(median(_our_seconds(name) for _ in range(GCC_ROUNDS)))
        twins.append(median(_gcc_seconds(name) for _ in range(GCC_ROUNDS)))
    return report.row("against gcc", geometric_mean(ours) * 1e3, geometric_mean(twins) * 1e3, GCC_TARGET, "ms")


def _our_seconds(name: str) -> float:
    file = SourceFile(f"{name}.st", (code.FOLDER / f"{name}.st").read_text(encoding="utf-8"))
    start = time.process_time()
    compile_program([file], CompileOptions(optimise=3))
    return time.process_time() - start


def _gcc_seconds(name: str) -> float:
    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    start = used()
    subprocess.run(["gcc", "-O2", "-std=c11", "-c", str(code.FOLDER / f"{name}.c"), "-o", "/dev/null"], check=True)
    return used() - start


if __name__ == "__main__":
    print(report.table([run()]))
