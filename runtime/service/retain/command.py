"""`rung retain`: what is stored of a PLC's retained variables, what a project would make of it, and forgetting it."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from iec61131 import compiler
from iec61131.program import CompiledProgram
from runtime.service import plant
from runtime.service.config import load_project
from runtime.service.retain.carrying import carry
from runtime.service.retain.disk import Folder
from runtime.service.retain.generations import NAMES, Generations
from runtime.service.retain.recalling import FOLDER, row_text, summary, time_text
from runtime.service.retain.showing import variable_lines
from runtime.service.retain.stored import Damaged, OfNewerVersion, Stored, decode

OK, WRONG, CANNOT = 0, 1, 3


class CannotShow(Exception):
    """The text is for people."""


def run(arguments: argparse.Namespace) -> int:
    """Print, or say why there is nothing to print. Gives the exit status. Raises CompileError for a wrong project."""
    try:
        place = _place(arguments.what, arguments.state or plant.state_folder())
        if arguments.forget:
            sys.stdout.write(f"{_forget(place)}\n")
            return OK
        stored, damaged = _stored(place)
        sys.stdout.writelines(f"{line}\n" for line in _lines(stored, damaged))
        if arguments.project is not None:
            program = _program(arguments.project)
            sys.stdout.writelines(f"{line}\n" for line in _outlook(stored, program, cold=arguments.cold))
        return WRONG if damaged and stored is None else OK
    except (OSError, OfNewerVersion, CannotShow) as error:
        cause = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
        sys.stderr.write(f"rung: {cause}\n")
        return CANNOT


def _place(what: str, state: Path) -> Path:
    """The file, or the folder with the generations."""
    path = Path(what)
    if path.is_file():
        return path
    for folder in (state / what / FOLDER, path / FOLDER, path):
        if folder.is_dir() and any((folder / name).exists() for name in NAMES):
            return folder
    if (state / what / "lock").exists() or (path / "lock").exists():
        raise CannotShow(f"nothing is stored of '{what}'")
    raise CannotShow(f"there is no file '{what}', and no PLC of this name below {state}")


def _stored(place: Path) -> tuple[Stored | None, dict[str, str]]:
    if place.is_dir():
        found = Generations(Folder(place)).read()
        return found.newest, found.damaged
    try:
        return decode(place.read_bytes()), {}
    except Damaged as error:
        return None, {place.name: str(error)}


def _forget(place: Path) -> str:
    """Remove the generations of a PLC that does not run."""
    if place.is_file() or place.name != FOLDER:
        raise CannotShow("name the PLC whose retained variables are to be forgotten")
    lock = os.open(place.parent / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in NAMES:
            (place / name).unlink(missing_ok=True)
        Folder(place).sync_folder()
    except BlockingIOError:
        raise CannotShow(f"'{place.parent.name}' runs; stop it first") from None
    finally:
        os.close(lock)
    return f"the retained variables of '{place.parent.name}' are forgotten"


def _lines(stored: Stored | None, damaged: dict[str, str]) -> Iterator[str]:
    for name, cause in damaged.items():
        yield f"the file '{name}' cannot be read: {cause}"
    if stored is None:
        return
    description = stored.description
    yield (
        f"generation {stored.sequence:,}, stored {time_text(stored.utc_ns)} by '{description.program}' "
        f"({description.digest[:12]}): {len(stored.values):,} bytes"
    )
    yield from variable_lines(stored)


def _program(project: Path) -> CompiledProgram:
    """The program of a project as far as its retained variables are concerned: no machine code is made."""
    read = load_project(project.parent if project.name == "plc.toml" else project)
    options = plant.options_of(read)
    program, _ = compiler.outline_program(read.sources, options)
    return replace(program, digest=compiler.digest(read.sources, options))


def _outlook(stored: Stored | None, program: CompiledProgram, *, cold: bool) -> Iterator[str]:
    _, report = carry(stored, program, cold=cold)
    yield f"in the project: {summary(report)}"
    yield from (f"  {row_text(row)}" for row in report.rows)
