"""What can be typed behind `rung trace`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runtime.service.arguments import positive

LIVE = "-"
"""`--plot` without a file."""


def add(trace: argparse.ArgumentParser) -> None:
    _let_variables_stand_anywhere(trace)
    trace.add_argument(
        "what",
        nargs="?",
        metavar="PLC_OR_FILE",
        help="a PLC that runs on this machine, one of a service such as http://127.0.0.1:8880/tank, or a file that was "
        "written before; may be left out when only one PLC runs",
    )
    trace.add_argument(
        "variables", nargs="*", metavar="VARIABLE", help="such as Main.Level; without any, what there is"
    )
    trace.add_argument("--every", type=_count, default=1, metavar="N", help="a sample every N scans (default: 1)")
    trace.add_argument("--for", dest="time", metavar="TIME", help="end after this time, such as 10s")
    trace.add_argument("--samples", type=_count, metavar="N", help="end after so many samples")
    trace.add_argument(
        "--trigger",
        metavar="CONDITION",
        help="catch what happens around it: 'Main.Level > 2.0', 'rising Main.Pump', 'falling Main.Pump'",
    )
    trace.add_argument(
        "--pre", default="0", metavar="N", help="samples from before the trigger, or a part such as 20%%"
    )
    trace.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the samples: .csv or .parquet")
    trace.add_argument(
        "--plot",
        nargs="?",
        const=LIVE,
        metavar="FILE.svg",
        help="draw in the terminal, which it does anyway unless there is another output; with a name, as SVG",
    )
    trace.add_argument("--name", help="look at a trace that is there already, such as one of plc.toml")
    trace.add_argument("--remove", metavar="NAME", help="end a trace")
    trace.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="of a service: file with the access token (default: $RUNG_TOKEN)",
    )
    trace.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where PLCs keep their files (default: $RUNG_STATE or ~/.local/state/rung)",
    )


def _let_variables_stand_anywhere(trace: argparse.ArgumentParser) -> None:
    """Also behind options, which argparse offers for a whole command line only."""
    plain = trace.parse_known_args

    def parse(words: Any = None, namespace: Any = None) -> Any:
        trace.parse_known_args = plain
        try:
            return trace.parse_known_intermixed_args(words, namespace)
        finally:
            trace.parse_known_args = parse  # pyright: ignore[reportAttributeAccessIssue]

    trace.parse_known_args = parse  # pyright: ignore[reportAttributeAccessIssue]


def _count(text: str) -> int:
    number = positive(text)
    if number != int(number) or number > 1_000_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 to 1000000000")
    return int(number)
