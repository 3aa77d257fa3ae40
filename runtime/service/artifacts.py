"""The files that the processes of one PLC share: the compiled program and the binding, written whole or not at all.

Those that a PLC was started with lie in its folder. A program that takes over while it runs has a folder of its own in
`builds`, by the number that its bank of the shared memory has (`image.block`).
"""

from __future__ import annotations

import os
from pathlib import Path

from iec61131.program import CompiledProgram
from runtime.service.bound import Bound

PROGRAM_FILE = "program.rungc"
BINDING_FILE = "binding.rungb"
BUILDS_FOLDER = "builds"


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `path` so that a kill at any instant, or a power cut, leaves the old or the new content, never a
    mixture.

    A temporary file beside it is written, flushed to the disk and renamed over it; then the folder is flushed, which
    holds the name.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def store(folder: Path, program: CompiledProgram, bound: Bound) -> None:
    """Put both into `folder`, which exists."""
    write_atomically(folder / PROGRAM_FILE, program.to_bytes())
    write_atomically(folder / BINDING_FILE, bound.to_bytes())


def folder_of(folder: Path, build: int) -> Path:
    """Where the files of this build are, 0 for those that the PLC was started with."""
    return folder / BUILDS_FOLDER / str(build) if build else folder


def load(folder: Path, build: int = 0) -> tuple[CompiledProgram, Bound]:
    """Both from `folder`. Raises OSError or ValueError."""
    there = folder_of(folder, build)
    program = CompiledProgram.from_bytes((there / PROGRAM_FILE).read_bytes())
    return program, Bound.from_bytes((there / BINDING_FILE).read_bytes())
