"""What can be typed behind `rung deploy`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path


def add(deploy: argparse.ArgumentParser) -> None:
    deploy.add_argument("folder", type=Path, metavar="DIR", help="the project folder, with plc.toml")
    deploy.add_argument("--to", required=True, metavar="URL", help="the service, such as http://127.0.0.1:8880")
    deploy.add_argument("--name", help="name of the PLC there (default: the name in plc.toml)")
    deploy.add_argument("--no-start", action="store_true", help="upload only")
    deploy.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the access token (default: $RUNG_TOKEN)"
    )
