"""`rung change`: another version of a program takes over while the PLC runs, here or in a service."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from iec61131.diagnostics.diagnostic import CompileError
from runtime.service import artifacts, plant
from runtime.service.attaching import running
from runtime.service.change import door
from runtime.service.client import CANNOT, OK, USAGE, WRONG
from runtime.service.complaints import complain, show
from runtime.service.refused import Refused


def run(arguments: argparse.Namespace) -> int:
    """Ask, print what comes back, and give the exit status."""
    if (arguments.folder is None) is not arguments.back:
        return complain("name the project folder of the new version, or say --back", USAGE)
    if arguments.folder is not None and arguments.folder.name == "plc.toml":
        arguments.folder = arguments.folder.parent
    try:
        answer = _of_service(arguments) if "://" in arguments.plc else _here(arguments)
    except CompileError as error:
        show(error.diagnostics)
        return WRONG
    except (door.NoDoor, plant.CacheUnusable) as error:
        return complain(str(error), CANNOT)
    except Refused as refused:
        return complain(str(refused), refused.status)
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
    _, bound = artifacts.load(folder)
    resource = bound.resource.name if bound.resource is not None else None
    made = plant.build(arguments.folder, resource, cache=plant.cache_folder())
    show(made.warnings)
    with tempfile.TemporaryDirectory(prefix="rung-") as build:
        artifacts.store(Path(build), made.program, made.bound)
        return door.ask(folder, project=arguments.folder.resolve(), build=Path(build), **asked)


def _of_service(arguments: argparse.Namespace) -> door.Answer:
    from runtime.service.change.remote import change  # with what asking a service needs

    return change(arguments)
