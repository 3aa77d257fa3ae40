"""What can be typed behind `rung retain`, and behind `rung run` about what it keeps. Light: every start of `rung` reads
it.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add(retain: argparse.ArgumentParser) -> None:
    retain.add_argument("what", metavar="FILE_OR_PLC", help="the name of a PLC, its folder, or a file in it")
    retain.add_argument("--project", type=Path, metavar="DIR", help="show what would become of it in this project")
    retain.add_argument("--forget", action="store_true", help="remove it: the next start has initial values")
    add_state(retain)
    _add_cold(retain)


def add_to_run(run: argparse.ArgumentParser) -> None:
    add_state(run)
    _add_cold(run)


def add_state(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where PLCs keep their files (default: $RUNG_STATE or ~/.local/state/rung)",
    )


def _add_cold(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--cold", action="store_true", help="a cold start: of what is stored only PERSISTENT variables"
    )
