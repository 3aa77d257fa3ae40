"""A scan thread alone in a process, for the latency bench: `python -m bench.engine_process --seconds S --busy N --cpu C
--priority P`.

Ticks a compiled program of 1,000 REALs at 1 kHz, recorded, with N Python threads busy in the same process, and says
"ready" and a deadline of its ticks (CLOCK_MONOTONIC, ns). From the first line of its input on it counts wake-up
latencies for S seconds. At the second line it prints their percentiles as JSON, and ends when its input does, so that
neither disturbs anybody who still counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np

from bench.sources import changing
from iec61131 import jit
from runtime import clock
from runtime.engine import journaling, view
from runtime.engine.states import EngineState
from runtime.engine.task_statistics import Telling
from runtime.image import histogram
from runtime.image.block import Block
from runtime.image.ring import Command, CommandRing
from runtime.loop import RealtimeThread
from runtime.service import plant as plants
from runtime.service.recording.described import described
from runtime.service.recording.recorder import Recorder

PERCENTILES = {"p50": 50.0, "p99": 99.0, "p99.9": 99.9, "max": 100.0}
PERIOD_NS = 1_000_000
_PROJECT = '[plc]\nname = "latency"\nsources = ["main.st"]\n[task.main]\nprogram = "Main"\ninterval = "1ms"\n'
SETTLE_S = 0.5
"""Sending the first command loads machine code into this process, which in an engine's process happens before."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--cpu", type=int, required=True)
    parser.add_argument("--priority", type=int, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        _run(arguments, Path(name))


def _run(arguments: argparse.Namespace, folder: Path) -> None:
    (folder / "plc.toml").write_text(_PROJECT)
    (folder / "main.st").write_text(changing(1000))
    plant = plants.build(folder)
    program = plant.program
    code = jit.load(program.objects, [task.symbol for task in program.tasks])
    block = Block.create(view.block_layout(program, 0, 0, 0, recorded=True), "latency")
    view.prepare(block, program, clock.monotonic_ns())
    tasks = view.task_table(program.tasks, [code.address(task.symbol) for task in program.tasks])
    none = np.zeros((0, 7), np.int64), np.zeros((0, 4), np.int64)
    kernel_view = view.make_view(
        block, program, *none, tasks, loop_limit=10**7, depth_limit=100, telling=Telling.MEASURED
    )
    thread = RealtimeThread(
        block, kernel_view, tick_ns=PERIOD_NS, priority=arguments.priority, cpu=arguments.cpu, stack_bytes=1 << 20
    )
    ended = threading.Event()
    for _ in range(arguments.busy):
        threading.Thread(target=keep_busy, args=(ended,), daemon=True).start()
    journaling.begin_epoch(kernel_view, clock.monotonic_ns(), EngineState.STOP)
    recorder = Recorder(block, described(plant), folder / "recording", 1 << 27, partial(print, file=sys.stderr))
    recorder.begin()
    thread.start()
    CommandRing(block, "console").order(Command.START)
    time.sleep(SETTLE_S)
    print("ready", block.get("phase_ns"), flush=True)
    sys.stdin.readline()
    block.set("reset_statistics", 1)
    time.sleep(arguments.seconds)
    latency = block.words("latency").copy()
    sys.stdin.readline()
    figures = {name: histogram.percentile_ns(latency, percent) / 1000 for name, percent in PERCENTILES.items()}
    print(json.dumps({**figures, "scans": block.get("scans"), "refused": thread.refused}), flush=True)
    sys.stdin.read()
    thread.stop()
    ended.set()
    recorder.end()


def keep_busy(ended: threading.Event) -> None:
    """Hold the interpreter lock as much as Python lets one."""
    number = 0
    while not ended.is_set():
        for _ in range(10_000):
            number = (number * 1_103_515_245 + 12_345) & 0x7FFFFFFF


if __name__ == "__main__":
    main()
