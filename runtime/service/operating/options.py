"""What can be typed behind the commands that operate a running PLC. Light: every start of `rung` reads it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from runtime.service.retain.options import add_state


def _read(command: argparse.ArgumentParser) -> None:
    command.add_argument("variables", nargs="*", metavar="VARIABLE", help="such as Main.x; without any, all exposed")


def _write(command: argparse.ArgumentParser) -> None:
    command.add_argument("values", nargs="+", metavar="VARIABLE=VALUE", help="as in ST: Main.x=TRUE 'Main.t=T#2s'")


def _force(command: argparse.ArgumentParser) -> None:
    command.add_argument("values", nargs="*", metavar="VARIABLE=VALUE", help="as in ST: Main.x=TRUE 'Main.t=T#2s'")
    command.add_argument("--list", action="store_true", help="say what is forced; so do no values at all")


def _unforce(command: argparse.ArgumentParser) -> None:
    command.add_argument("variables", nargs="*", metavar="VARIABLE", help="each with all that it consists of")
    command.add_argument("--all", action="store_true", help="nothing is forced any more")


def _reset(command: argparse.ArgumentParser) -> None:
    kind = command.add_mutually_exclusive_group()
    kind.add_argument("--cold", action="store_true", help="keep only PERSISTENT variables, not RETAIN ones as well")
    kind.add_argument("--origin", action="store_true", help="keep nothing")
    command.add_argument("--start", action="store_true", help="and run the program again")


def _fault(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="the whole report, for programs")
    command.add_argument("--list", action="store_true", help="say which reports are kept")
    command.add_argument("--report", metavar="TIME", help="this one of them, not the newest")


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "read": ("read variables of a running PLC", _read),
    "write": ("write variables of a running PLC, all before one scan", _write),
    "force": ("let variables of a running PLC keep their values whatever happens", _force),
    "unforce": ("free what is forced", _unforce),
    "reset": ("reset a PLC, also one in safe mode", _reset),
    "fault": ("show the report of a PLC's last fault", _fault),
}


def add(name: str, command: argparse.ArgumentParser) -> None:
    """The arguments of one of COMMANDS."""
    command.add_argument(
        "plc", metavar="NAME_OR_URL", help="a PLC of this machine, or of a service: http://127.0.0.1:8880/tank"
    )
    COMMANDS[name][1](command)
    command.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the access token for a URL (default: $RUNG_TOKEN)"
    )
    add_state(command)
