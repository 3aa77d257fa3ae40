"""What can be typed behind `rung serve` about processes. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse

MOST_PLCS = 64


def add(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--plcs-per-process",
        type=_plcs,
        default=1,
        metavar="N",
        help="have up to N PLCs share an engine, an I/O and a gateway process: less memory, and what ends one of these "
        "processes ends it for all of them (default: %(default)s)",
    )


def _plcs(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:10]) <= MOST_PLCS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_PLCS} PLCs share a process")
    return int(text)
