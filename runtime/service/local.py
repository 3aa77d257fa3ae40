"""PLCs that run on this machine, for the commands that look at them: by their names, in the folder of their states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from iec61131.program import CompiledProgram
from runtime.image.block import Block
from runtime.service import artifacts
from runtime.service.attaching import attach, running
from runtime.service.bound import Bound
from runtime.service.plant import state_folder
from runtime.service.refused import Refused
from runtime.service.tracing.plcs import LocalPlc

USAGE, CANNOT = 2, 3


class Found(Struct, frozen=True):
    """`is_running` says whether it still does; `renewed` gives the program of another bank."""

    name: str
    folder: Path
    block: Block
    program: CompiledProgram
    bound: Bound
    is_running: Callable[[], bool]
    renewed: Callable[[Block], tuple[CompiledProgram, Bound]]


def find(name: str | None, state: Path | None = None) -> Found:
    """The PLC of this name, or the only one there is. Raises Refused."""
    place = state or state_folder()
    names = running(place)
    if not names:
        raise Refused("no PLC runs here; start one with `rung run DIR`", CANNOT)
    if name is None and len(names) > 1:
        raise Refused(f"several PLCs run here, say which: {', '.join(names)}", USAGE)
    name = name or names[0]
    if name not in names:
        raise Refused(f"no PLC '{name}' runs here; these do: {', '.join(names)}", CANNOT)
    folder = place / name
    try:
        block = attach(folder)
        program, bound = artifacts.load(folder, block.build)
    except LookupError as error:
        raise Refused(str(error), CANNOT) from error
    return Found(
        name,
        folder,
        block,
        program,
        bound,
        is_running=lambda: name in running(place),
        renewed=lambda new: artifacts.load(folder, new.build),
    )


def traced(name: str | None, state: Path | None) -> LocalPlc:
    """The same, for traces."""
    found = find(name, state)
    return LocalPlc(found.name, found.block, found.program, found.is_running, lambda new: found.renewed(new)[0])
