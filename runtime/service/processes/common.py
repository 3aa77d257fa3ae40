"""What every child of the supervisor has in common.

A child gets two descriptors: the shared memory block, and the read end of a pipe whose write end only the
supervisor holds. When that pipe ends, the supervisor is gone, however it went, and the child ends as it would on
SIGTERM. Standard output is the child's line to the supervisor: whatever it prints there, a line each, is shown to
people. Exit status 0 means ended on request, `CANNOT` that a restart would not help, anything else a crash.
"""

from __future__ import annotations

import atexit
import gc
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from setproctitle import setproctitle

from iec61131.program import CompiledProgram
from runtime.image.block import Block
from runtime.image.shared_globals import SharedGlobals
from runtime.service import artifacts
from runtime.service.bound import Bound
from runtime.service.processes.spares import Assignment

CANNOT = 3


class Child(Struct, frozen=True):
    """What a child process starts with; an engine with the values of its `retained` variables, None when there are
    none, and with the globals that it shares with other resources."""

    block: Block
    life_fd: int
    folder: Path
    program: CompiledProgram
    bound: Bound
    retained: bytes | None = None
    shared: SharedGlobals | None = None


def take_part(assignment: Assignment) -> Child:
    """Load what the assignment names, and say in shared memory who plays the role now."""
    setproctitle(f"rung {assignment.role} of {assignment.folder.name}")
    block = Block.attach(assignment.block_fd)
    program, bound = artifacts.load(assignment.folder, block.build)
    block.set(f"{assignment.role}_pid", os.getpid())
    block.set(f"{assignment.role}_starts", block.get(f"{assignment.role}_starts") + 1)
    shared = SharedGlobals(assignment.globals_fd) if assignment.globals_fd >= 0 else None
    retained = _retained(assignment.retained_fd)
    return Child(block, assignment.life_fd, assignment.folder, program, bound, retained, shared)


def _retained(descriptor: int) -> bytes | None:
    if descriptor < 0:
        return None
    with open(descriptor, "rb") as file:
        file.seek(0)
        return file.read()


def say(text: str) -> None:
    """One line to the supervisor. When it is gone nobody listens; the life line says so to whoever must know."""
    with suppress(BrokenPipeError):
        print(text, flush=True)  # noqa: T201 - standard output is the line to the supervisor


def settle_memory() -> None:
    """Take all there is by now out of garbage collection: a hundred thousand objects of imported libraries, and the
    standard address space of OPC UA, which stay.

    Walking them takes 55 ms and more, in which no device is polled, no output written, no value published. Under
    continuous faults, whose exceptions are garbage in circles, that came about every half minute.
    """
    gc.collect()
    gc.freeze()


def run_child(main: Callable[[], int]) -> None:
    """Run a child's main function and turn its end into an exit status; a traceback goes to the supervisor's log."""
    atexit.register(gc.freeze)  # the interpreter need not go through all there is before the process ends
    status = main()
    if not _is_open(sys.stdout.fileno()):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # lest the interpreter complain at its exit
    sys.exit(status)


def _is_open(descriptor: int) -> bool:
    """Whether somebody still reads from a pipe that is written to here."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return not any(event & select.POLLERR for _, event in poll.poll(0))
