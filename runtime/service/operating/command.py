"""`rung read`, `write`, `force`, `unforce`, `reset` and `fault`, over whichever door leads to the PLC."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

import msgspec

from runtime.service import post_mortem
from runtime.service.operating.door import Door, Shown
from runtime.service.plant import state_folder
from runtime.service.refused import Refused

OK, USAGE = 0, 2


def run(arguments: argparse.Namespace) -> int:
    """Do what was typed. Gives the exit status."""
    try:
        act = _ACTIONS[arguments.command]
        wanted = _Wanted(arguments)  # before anything is asked
        door = _door(arguments)
        try:
            sys.stdout.writelines(f"{line}\n" for line in act(door, wanted))
        finally:
            door.close()
        return OK
    except Refused as refused:
        sys.stderr.write(f"rung: {refused}\n")
        return refused.status


def _door(arguments: argparse.Namespace) -> Door:
    if "://" in arguments.plc:
        from runtime.service.operating.remote import RemotePlc  # late: what asks a service takes long to load

        return RemotePlc(arguments.plc, arguments.token_file)
    from runtime.service.operating.local import LocalPlc

    return LocalPlc(arguments.plc, arguments.state or state_folder())


class _Wanted:
    """What was typed, taken apart. Raises Refused where it makes no sense."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.paths: list[str] = getattr(arguments, "variables", [])
        self.values = [_pair(text) for text in getattr(arguments, "values", [])]
        _refuse_twice([path for path, _ in self.values] or self.paths)
        if arguments.command == "unforce" and bool(self.paths) == arguments.all:
            raise Refused("name the variables to be freed, or free all of them with --all", USAGE)
        if arguments.command == "force" and self.values and arguments.list:
            raise Refused("either force variables, or --list what is forced", USAGE)


def _pair(text: str) -> tuple[str, str]:
    path, found, value = text.partition("=")
    path = path.strip().removesuffix(":").strip()
    if not found or not path or not value.strip():
        raise Refused(f"'{text[:80]}' is to be VARIABLE=VALUE, such as Main.x=TRUE", USAGE)
    return path, value.strip()


def _refuse_twice(paths: Sequence[str]) -> None:
    seen = set[str]()
    for path in paths:
        if path.upper() in seen:
            raise Refused(f"'{path}' stands there twice", USAGE)
        seen.add(path.upper())


def _lines(shown: Iterable[Shown]) -> Iterable[str]:
    return (f"{one.path} = {one.text}{f'  ({one.note})' if one.note else ''}" for one in shown)


def _forces(shown: Sequence[Shown]) -> Iterable[str]:
    return _lines(shown) if shown else ("nothing is forced",)


def _read(door: Door, wanted: _Wanted) -> Iterable[str]:
    return _lines(door.read(wanted.paths))


def _write(door: Door, wanted: _Wanted) -> Iterable[str]:
    return _lines(door.write(wanted.values))


def _force(door: Door, wanted: _Wanted) -> Iterable[str]:
    return _forces(door.force(wanted.values) if wanted.values else door.forces())


def _unforce(door: Door, wanted: _Wanted) -> Iterable[str]:
    return _forces(door.unforce(None if wanted.arguments.all else wanted.paths))


def _reset(door: Door, wanted: _Wanted) -> Iterable[str]:
    kind = "origin" if wanted.arguments.origin else "cold" if wanted.arguments.cold else "warm"
    return [f"{wanted.arguments.plc} is reset: {door.reset(kind, start=wanted.arguments.start)}"]


def _fault(door: Door, wanted: _Wanted) -> Iterable[str]:
    names = door.faults()
    if wanted.arguments.list:
        return names or ["no fault is kept"]
    chosen = wanted.arguments.report or (names[0] if names else None)
    if chosen is None:
        return ["no fault is kept"]
    found = door.fault(chosen)
    if wanted.arguments.json:
        return [msgspec.json.format(msgspec.json.encode(found), indent=2).decode()]
    return post_mortem.lines(found)


_ACTIONS: dict[str, Callable[[Door, _Wanted], Iterable[str]]] = {
    "read": _read,
    "write": _write,
    "force": _force,
    "unforce": _unforce,
    "reset": _reset,
    "fault": _fault,
}
