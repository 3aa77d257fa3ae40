"""What can be typed behind `rung change`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(change: argparse.ArgumentParser) -> None:
    change.add_argument(
        "plc", metavar="NAME_OR_URL", help="a PLC that `rung run` runs here, or http://127.0.0.1:8880/tank of a service"
    )
    change.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="the project folder of the new version")
    change.add_argument("--dry-run", action="store_true", help="say what would become of the variables, and no more")
    change.add_argument("--accept", action="store_true", help="agree to what would be lost")
    change.add_argument("--back", action="store_true", help="go back to the version before, with today's values")
    change.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where PLCs keep their files (default: $RUNG_STATE or ~/.local/state/rung)",
    )
    change.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the access token (default: $RUNG_TOKEN)"
    )
