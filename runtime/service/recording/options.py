"""What can be typed behind `rung replay`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path

from runtime.service.arguments import count
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
    replay.add_argument(
        "--break", dest="place", metavar="FILE:LINE", help="stop before the first statement there, and show it"
    )
    replay.add_argument("--when", metavar="EXPR", default="", help="the first at which this expression is TRUE")
    steps = replay.add_mutually_exclusive_group()
    steps.add_argument("--step", type=count, metavar="N", help="then so many statements on")
    steps.add_argument("--back", type=count, metavar="N", help="then so many statements back")
    replay.add_argument("--export", type=Path, metavar="FILE", help="put the run into one file, to be handed on")
    add_state(replay)


def add_debug(debug: argparse.ArgumentParser) -> None:
    debug.add_argument(
        "what", metavar="FILE_OR_PLC_OR_PROJECT", help="a recording, as for `rung replay`, or a folder with plc.toml"
    )
    debug.add_argument("--run", type=int, metavar="N", help="which run of the recording, from 1 (default: the last)")
    debug.add_argument("--resource", metavar="NAME", help="the RESOURCE of a project that has several")
    debug.add_argument(
        "--plant", type=Path, metavar="FILE.py", help="the model of a plant, around the simulation of a project"
    )
    add_state(debug)
