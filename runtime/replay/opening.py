"""From what somebody names to a session: a recording, or a project that is then simulated."""

from __future__ import annotations

from pathlib import Path

from runtime.replay import live, tape
from runtime.replay.debugger import Debugger
from runtime.replay.tape import CannotReplay, Run
from runtime.service.config import FILE_NAME
from runtime.service.recording.folder import NAME


def open_session(
    what: str, state: Path, run: int | None = None, model: Path | None = None, resource: str | None = None
) -> Debugger:
    """`model` of a plant and `resource`, one of several, are for a project. Raises CannotReplay, NotWhole,
    CompileError, OSError.
    """
    folder = project_folder(Path(what))
    if folder is not None:
        going_on = live.start(folder, model, resource)
        return Debugger(going_on.run, going_on)
    if model is not None or resource is not None:
        needless = "a plant" if model is not None else "a resource"
        raise CannotReplay(f"'{what}' is no folder with {FILE_NAME}; {needless} is only needed for a simulation")
    return Debugger(chosen(tape.read(place(what, state)), what, run))


def project_folder(path: Path) -> Path | None:
    """The folder of a project, None where it is none."""
    folder = path.parent if path.name == FILE_NAME else path
    return folder if (folder / FILE_NAME).is_file() else None


def chosen(runs: list[Run], what: str, number: int | None) -> Run:
    """The run of this number, or the last. Raises CannotReplay."""
    wanted = len(runs) if number is None else number
    if not 1 <= wanted <= len(runs):
        raise CannotReplay(f"there is no run {wanted}; `rung replay {what} --list` shows which there are")
    return runs[wanted - 1]


def place(what: str, state: Path) -> Path:
    """Where a recording lies: a path, or the name of a PLC. Raises CannotReplay."""
    path = Path(what)
    if path.exists():
        return path
    if (state / what / NAME).is_dir():
        return state / what / NAME
    if (state / what).is_dir():
        raise CannotReplay(f"nothing is recorded of '{what}'")
    raise CannotReplay(f"there is no file '{what}', and no PLC of this name below {state}")
