"""Virtual time: what a scan costs a test, with a small program (`code/state_machine.st`) and no Python between ticks.

The reference is the target, 1 us, hence 1,000,000 scans in a second; `scans_per_s` has them. The second row compares
with the least that anybody could do: the twin of the program in C, called by a plain loop in C. The third is a test
that has a plant in Python, called in each tick, against a plain loop in Python that calls it.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench import code, report
from runtime.testing import VirtualPlc, load

NAME = "virtual"
PROGRAM = "state_machine"
SCANS, SCANS_WITH_PLANT, ROUNDS = 200_000, 5_000, 15
TARGET_NS = 1_000.0

_PROJECT = f"""[plc]
name = "small"
sources = ["{PROGRAM}.st"]
[task.main]
program = "Main"
interval = "1ms"
"""


def run() -> report.Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plc.toml").write_text(_PROJECT)
        (folder / f"{PROGRAM}.st").write_text((code.FOLDER / f"{PROGRAM}.st").read_text())
        _, twin = code.sides(PROGRAM, code.build_driver(folder), folder)
        alone, moved = load(folder), load(folder, _plant)
        rounds = [
            (
                _scan_ns(alone, SCANS),
                _scan_ns(moved, SCANS_WITH_PLANT),
                twin.scans(SCANS) / SCANS,
                _call_ns(moved, SCANS_WITH_PLANT),
            )
            for _ in range(ROUNDS)
        ]
    ours_ns, moved_ns, twin_ns, call_ns = (min(times) for times in zip(*rounds, strict=True))
    programs = [
        report.row("against a loop in C", ours_ns, twin_ns, 40.0, "ns"),
        report.row("with a plant in Python", moved_ns, call_ns, 200.0, "ns"),
    ]
    return report.row(NAME, ours_ns, TARGET_NS, 1.0, "ns", scans_per_s=round(1e9 / ours_ns), programs=programs)


def _plant(plc: VirtualPlc, dt_s: float) -> None:
    """Nothing."""


def _call_ns(plc: VirtualPlc, count: int) -> float:
    """Processor time of a call of the plant alone."""
    started_ns = time.thread_time_ns()
    for _ in range(count):
        _plant(plc, 0.001)
    return (time.thread_time_ns() - started_ns) / count


def _scan_ns(plc: VirtualPlc, count: int) -> float:
    """Processor time of a scan, the mean of so many: other processes do not lengthen it."""
    started_ns, before = time.thread_time_ns(), plc.scans
    plc.cycle(count)
    spent_ns = time.thread_time_ns() - started_ns
    if plc.scans - before != count:
        raise SystemExit(f"{plc.scans - before} scans ran instead of {count}")
    return spent_ns / count


if __name__ == "__main__":
    result = run()
    print(report.table([result]))
    print(f"{result['scans_per_s']:,} scans/s")
