"""A recorded run of the tank and its plant, once more: how much faster than it was.

Processor time for each second of the run; the reference is the target, a thousandth of it. Reading the recording from
the disk is part of it. The second row is the same on the interpreter.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench import report
from programs.tank import plant
from runtime.replay import tape
from runtime.replay.replay import Replay
from runtime.testing import around, load

NAME = "replay"
RUN_S, INTERPRETED_S, ROUNDS = 600, 20, 5
TARGET_MS = 1.0


def run() -> report.Result:
    with tempfile.TemporaryDirectory() as name:
        recording = Path(name)
        plc = load("programs/tank", around(plant.Plant()), recording=recording)
        plc.advance(f"{RUN_S}s")
        plc.close()
        ours_s = min(_repeat_s(recording, RUN_S, interpreted=False) for _ in range(ROUNDS))
        interpreted_s = _repeat_s(recording, INTERPRETED_S, interpreted=True)
    programs = [report.row("on the interpreter", interpreted_s * 1000 / INTERPRETED_S, TARGET_MS, 100.0, "ms")]
    ours_ms = ours_s * 1000 / RUN_S
    return report.row(NAME, ours_ms, TARGET_MS, 1.0, "ms", speed=round(RUN_S / ours_s), programs=programs)


def _repeat_s(recording: Path, seconds: int, *, interpreted: bool) -> float:
    """Processor time of so many seconds of the run."""
    started_ns = time.thread_time_ns()
    (found,) = tape.read(recording)
    replay = Replay(found, interpreted=interpreted)
    replay.to(found.tick_at(found.begins_ns + seconds * 1_000_000_000))
    if replay.divergence is not None:
        raise SystemExit(f"the run was not repeated: {replay.divergence}")
    replay.close()
    return (time.thread_time_ns() - started_ns) / 1e9


if __name__ == "__main__":
    result = run()
    print(report.table([result]))
    print(f"{result['speed']:,} times as fast as it was")
