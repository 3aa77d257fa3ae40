"""`rung change`: another version of a program takes over while the PLC runs, here or in a service."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.diagnostics.render import render
from iec61131.input_forms.drawings import rung
from runtime.service import artifacts, plant
from runtime.service.attaching import running
from runtime.service.change import door
from runtime.service.client import CANNOT, OK, USAGE, WRONG
from runtime.service.refused import Refused


def run(arguments: argparse.Namespace) -> int:
    """Ask, print what comes back, and give the exit status."""
    if (arguments.folder is None) is not arguments.back:
        return _complain("name the project folder of the new version, or say --back", USAGE)
    if arguments.folder is not None and arguments.folder.name == "plc.toml":
        arguments.folder = arguments.folder.parent
    try:
        answer = _of_service(arguments) if "://" in arguments.plc else _here(arguments)
    except CompileError as error:
        _show(error.diagnostics)
        return WRONG
    except (door.NoDoor, plant.CacheUnusable) as error:
        return _complain(str(error), CANNOT)
    except Refused as refused:
        return _complain(str(refused), refused.status)
    stream = sys.stdout if answer.status == OK else sys.stderr
    stream.writelines(f"{line}\n" for line in answer.lines)
    return answer.status


def _here(arguments: argparse.Namespace) -> door.Answer:
    state = arguments.state or plant.state_folder()
    names = running(state)
    if arguments.plc not in names:
        there = f"; these do: {', '.join(names)}" if names else ""
        raise door.NoDoor(f"no PLC '{arguments.plc}' runs here{there}")
    folder = state / arguments.plc
    asked = {"back": arguments.back, "accept": arguments.accept, "dry_run": arguments.dry_run}
    if arguments.back:
        return door.ask(folder, project=None, build=None, **asked)
    made = plant.build(arguments.folder, cache=plant.cache_folder())
    _show(made.warnings)
    with tempfile.TemporaryDirectory(prefix="rung-") as build:
        artifacts.store(Path(build), made.program, made.bound)
        return door.ask(folder, project=arguments.folder.resolve(), build=Path(build), **asked)


def _of_service(arguments: argparse.Namespace) -> door.Answer:
    from runtime.service.change.remote import change  # with what asking a service needs

    return change(arguments)


def _show(findings: Sequence[Diagnostic]) -> None:
    text = render(findings, colour=sys.stderr.isatty() and "NO_COLOR" not in os.environ, rung=rung)
    sys.stderr.write(f"{text}\n" if text else "")


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"rung: {text}\n")
    return status
