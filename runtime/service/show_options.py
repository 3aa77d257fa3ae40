"""What can be typed behind `rung show`. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec import Struct


class Choice(Struct, frozen=True):
    """`instance` is where the names in the drawing are looked for among the values; without one it is the POU, as for a
    program of that name.
    """

    file: Path
    pou: str | None = None
    network: int | None = None
    svg: Path | None = None
    ascii: bool = False
    values: Path | None = None
    instance: str | None = None

    @staticmethod
    def of(arguments: argparse.Namespace) -> Choice:
        return Choice(**{name: getattr(arguments, name) for name in Choice.__struct_fields__})


def add(show: argparse.ArgumentParser) -> None:
    show.add_argument("file", type=Path, metavar="FILE", help="a source file with drawings")
    show.add_argument("--pou", metavar="NAME", help="only what this POU does")
    show.add_argument("--network", type=int, metavar="N", help="only this network, from 1")
    show.add_argument("--svg", type=Path, metavar="OUT.svg", help="write a picture instead of text")
    show.add_argument("--ascii", action="store_true", help="only characters that every printer has")
    show.add_argument("--values", type=Path, metavar="FILE.json", help="values by path: draws where power flows")
    show.add_argument("--instance", metavar="PATH", help="whose values they are (default: the POU's name)")
