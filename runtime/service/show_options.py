"""What can be typed behind `rung show`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec import Struct


class Choice(Struct, frozen=True):
    """`instance` is where the names in the drawing are looked for among the values; without one it is the POU, as for a
    program of that name. `running` is the address of a PLC whose values they are; `watch` draws them again and again.
    """

    file: Path
    pou: str | None = None
    network: int | None = None
    svg: Path | None = None
    ascii: bool = False
    values: Path | None = None
    instance: str | None = None
    running: str | None = None
    token_file: Path | None = None
    watch: bool = False

    @staticmethod
    def of(arguments: argparse.Namespace) -> Choice:
        return Choice(**{name: getattr(arguments, name) for name in Choice.__struct_fields__})


def add(show: argparse.ArgumentParser) -> None:
    show.add_argument("file", type=Path, metavar="FILE", help="a source file with drawings")
    show.add_argument("--pou", metavar="NAME", help="only what this POU does")
    show.add_argument("--network", type=int, metavar="N", help="only this network, from 1")
    show.add_argument("--svg", type=Path, metavar="OUT.svg", help="write a picture instead of text")
    show.add_argument("--ascii", action="store_true", help="only characters that every printer has")
    values = show.add_mutually_exclusive_group()
    values.add_argument("--values", type=Path, metavar="FILE.json", help="values by path: draws where power flows")
    values.add_argument("--from", dest="running", metavar="URL", help="values of a PLC: http://127.0.0.1:8880/tank")
    show.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the access token for --from (default: $RUNG_TOKEN)"
    )
    show.add_argument("--watch", action="store_true", help="with --from: draw anew once a second until interrupted")
    show.add_argument("--instance", metavar="PATH", help="whose values they are (default: the POU's name)")
