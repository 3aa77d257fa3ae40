"""What globals that two RESOURCEs share cost a scan: 100 of them, all written by one resource in each of its scans.

The reference is the target, 10 us for what the writer does more than with the same globals of its own. The second row
is what the reader does more when it takes all of them, the third what either does more when nothing has changed.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from bench import report
from runtime.service import plant
from runtime.testing import VirtualConfiguration, VirtualPlc, load

NAME = "sharing"
GLOBALS, SCANS, ROUNDS = 100, 4_000, 15
TARGET_US = 10.0

_NAMES = ", ".join(f"g{number}" for number in range(GLOBALS))
_ASSIGNED = "\n".join(f"g{number} := n;" for number in range(GLOBALS))
_SOURCE = f"""PROGRAM Writer
VAR n : DINT; on : BOOL; END_VAR
IF on THEN n := n + 1; {_ASSIGNED} END_IF;
END_PROGRAM
PROGRAM Reader
VAR n : DINT; END_VAR
n := g0;
END_PROGRAM
CONFIGURATION Two
VAR_GLOBAL {_NAMES} : DINT; END_VAR
RESOURCE A ON PLC TASK t (INTERVAL := T#1ms); PROGRAM W WITH t : Writer; END_RESOURCE
%s
END_CONFIGURATION
"""
_SECOND = "RESOURCE B ON PLC TASK t (INTERVAL := T#1ms); PROGRAM R WITH t : Reader; END_RESOURCE"


def run() -> report.Result:
    with tempfile.TemporaryDirectory() as name:
        alone, both = _load(Path(name) / "alone", ""), _load(Path(name) / "both", _SECOND)
    assert isinstance(alone, VirtualPlc)
    assert isinstance(both, VirtualConfiguration)
    writer, reader = both["A"], both["B"]
    rounds = [_round(alone, writer, reader) for _ in range(ROUNDS)]
    own, idle_own, wrote, idle, took, seen = (min(times) for times in zip(*rounds, strict=True))
    programs = [
        report.row("reader", took - seen, TARGET_US, 1.0, "us"),
        report.row("nothing has changed", idle - idle_own, TARGET_US, 1.0, "us"),
    ]
    return report.row(NAME, wrote - own, TARGET_US, 1.0, "us", globals=GLOBALS, programs=programs)


def _round(alone: VirtualPlc, writer: VirtualPlc, reader: VirtualPlc) -> tuple[float, ...]:
    """Microseconds of a scan each: the writer alone, writing and not; with another resource, writing and not; the
    reader when there is something new in each scan, and when there is not.
    """
    alone["W.on"] = writer["W.on"] = True
    own, wrote, took = _scan_us(alone), _scan_us(writer), _taken_us(writer, reader)
    alone["W.on"] = writer["W.on"] = False
    seen = _taken_us(writer, reader)
    return own, _scan_us(alone), wrote, _scan_us(writer), took, seen


def _taken_us(writer: VirtualPlc, reader: VirtualPlc) -> float:
    """Of the reader, each scan behind one of the writer; the median: a scan that was interrupted does not move it."""
    times: list[float] = []
    for _ in range(SCANS // 10):
        writer.cycle()
        times.append(_scan_us(reader, 1))
    return median(times)


def _scan_us(plc: VirtualPlc, count: int = SCANS) -> float:
    """Processor time of a scan, the mean of so many: other processes do not lengthen it."""
    started_ns = time.thread_time_ns()
    plc.cycle(count)
    return (time.thread_time_ns() - started_ns) / count / 1000


def _load(folder: Path, second: str) -> VirtualPlc | VirtualConfiguration:
    folder.mkdir()
    (folder / "plc.toml").write_text('[plc]\nname = "two"\nsources = ["main.st"]\n')
    (folder / "main.st").write_text(_SOURCE % second)
    return VirtualConfiguration(plant.build_all(folder)) if second else load(folder)


if __name__ == "__main__":
    print(report.table([run()]))
