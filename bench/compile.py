"""From sources to a program ready to run: `programs/tank` cold, and the same again from the cache, each in a fresh
process, without the start of the interpreter.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench import report

NAME = "compile"
ROUNDS = 5
COLD_TARGET_S, CACHED_TARGET_S = 1.0, 0.1
PROJECT = Path("programs/tank")

_MEASURE = """
import json, sys, time
from pathlib import Path
from runtime.service import plant
from iec61131 import jit
start = time.perf_counter()
built = plant.build(Path(sys.argv[1]), cache=Path(sys.argv[2]))
code = jit.load(built.program.object_code, [task.symbol for task in built.program.tasks])
assert all(code.address(task.symbol) for task in built.program.tasks)
print(json.dumps({"seconds": time.perf_counter() - start, "cached": built.cached}))
"""


def run() -> report.Result:
    cold, cached = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(_measure(cache, expect_cached=False))
            cached.append(_measure(cache, expect_cached=True))
    programs = [
        report.row("tank, cold", median(cold), COLD_TARGET_S, 1.0, "s"),
        report.row("tank, from the cache", median(cached), CACHED_TARGET_S, 1.0, "s"),
    ]
    worst = max(programs, key=lambda p: p["ratio"])
    return {**worst, "name": NAME, "worst_of": worst["name"], "programs": programs}


def _measure(cache: str, *, expect_cached: bool) -> float:
    command = [sys.executable, "-c", _MEASURE, str(PROJECT), cache]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if result["cached"] is not expect_cached:
        raise SystemExit(f"the cache was {'not ' if expect_cached else ''}used")
    return float(result["seconds"])


if __name__ == "__main__":
    print(report.table([run()]))
