"""What can be typed behind `rung replay`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.service.retain.options import add_state


def add(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("what", metavar="FILE_OR_PLC", help="the name of a PLC, its folder, or a file of a recording")
    replay.add_argument("--list", action="store_true", help="show the runs that the recording holds, and end")
    replay.add_argument("--run", type=int, metavar="N", help="which of them, from 1 (default: the last)")
    replay.add_argument(
        "--until", metavar="CONDITION", help="stop behind the first scan where it holds, such as 'Main.Level > 2.0'"
    )
    replay.add_argument("--at", metavar="TIME", help="stop so long after the run's beginning, such as 90s")
    replay.add_argument("--print", nargs="+", metavar="VARIABLE", default=[], help="show their values at that place")
    replay.add_argument("--trace", nargs="+", metavar="VARIABLE", default=[], help="collect them behind each scan")
    replay.add_argument("--csv", type=Path, metavar="FILE", help="write what was collected as a table")
    replay.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw what was collected")
    replay.add_argument("--interpreter", action="store_true", help="on the interpreter instead of the machine code")
    replay.add_argument(
        "--with", type=Path, dest="project", metavar="DIR", help="with the program of this project; lists what differs"
    )
    replay.add_argument("--export", type=Path, metavar="FILE", help="put the run into one file, to be handed on")
    add_state(replay)
