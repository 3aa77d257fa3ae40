"""What every part has in common, whether it has its process for itself or shares it.

A part gets descriptors: the shared memory block, and its line to its supervisor (`line`). What it says, a line each, is
shown to people; it goes to the standard output of a process of its own, else over a pipe. Exit status 0 means ended on
request, `CANNOT` that a restart would not help, anything else a crash.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from msgspec import Struct
from setproctitle import setproctitle

from iec61131.program import CompiledProgram
from runtime.image.block import Block
from runtime.image.shared_globals import SharedGlobals
from runtime.service import artifacts
from runtime.service.bound import Bound
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.line import Line

CANNOT = 3
_TITLE_CHARACTERS = 200

_STDOUT = 1
words = ContextVar("words", default=_STDOUT)
"""The descriptor for what the part says that runs here: a thread or a coroutine."""

_playing: dict[Line, str] = {}
"""The parts in this process, with the names of their PLCs."""


class Child(Struct, frozen=True):
    """What a part starts with; an engine with the values of its `retained` variables, None when there are none, and
    with the globals that it shares with other resources.
    """

    block: Block
    line: Line
    folder: Path
    program: CompiledProgram
    bound: Bound
    retained: bytes | None = None
    shared: SharedGlobals | None = None


def take_part(assignment: Assignment, line: Line) -> Child:
    """Load what the assignment names, and say in shared memory who plays the role now."""
    block = Block.attach(assignment.descriptors["block"])
    program, bound = artifacts.load(assignment.folder, block.build)
    block.set(f"{assignment.role}_pid", os.getpid())
    block.set(f"{assignment.role}_starts", block.get(f"{assignment.role}_starts") + 1)
    retained = _retained(assignment.descriptors.get("retained", -1))
    globals_fd = assignment.descriptors.get("globals")
    shared = SharedGlobals(globals_fd) if globals_fd is not None else None
    return Child(block, line, assignment.folder, program, bound, retained, shared)


def _retained(descriptor: int) -> bytes | None:
    if descriptor < 0:
        return None
    values = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    os.ftruncate(descriptor, 0)  # whoever holds it, it takes no memory any more
    return values


@contextmanager
def line_of(assignment: Assignment) -> Generator[Line]:
    """The part's line, for as long as it plays. SIGTERM ends all parts of the process."""
    line = Line(assignment.descriptors["line"])
    _playing[line] = assignment.folder.name
    _entitle(assignment.role)
    try:
        yield line
    finally:
        del _playing[line]
        _entitle(assignment.role)


def _entitle(role: str) -> None:
    if names := [*_playing.values()]:
        setproctitle(f"rung {role} of {', '.join(sorted(names))}"[:_TITLE_CHARACTERS])


def end_on_sigterm(assignments: socket.socket) -> None:
    """From now on: no more assignments, and the end of all parts. To be called in the main thread."""

    def end(_number: int, _frame: object) -> None:
        with suppress(OSError):
            assignments.shutdown(socket.SHUT_RD)
        for line in [*_playing]:
            line.end()

    signal.signal(signal.SIGTERM, end)


@contextmanager
def ending(line: Line) -> Generator[asyncio.Event]:
    """In an event loop: what is set when the part is to end."""
    ended, event_loop = asyncio.Event(), asyncio.get_running_loop()

    def look() -> None:
        if line.has_ended():
            ended.set()
            event_loop.remove_reader(line)

    event_loop.add_reader(line, look)
    try:
        yield ended
    finally:
        event_loop.remove_reader(line)


def say(text: str) -> None:
    """One line to the supervisor. When it is gone nobody listens; its line says so to whoever must know. It is never
    waited for where others would have to wait as well.
    """
    with suppress(BrokenPipeError, BlockingIOError):
        os.write(words.get(), f"{text}\n".encode())


def settle_memory() -> None:
    """Take all there is by now out of garbage collection: a hundred thousand objects of imported libraries, and the
    standard address space of OPC UA, which stay.

    Walking them takes 55 ms and more, in which no device is polled, no output written, no value published. Under
    continuous faults, whose exceptions are garbage in circles, that came about every half minute. *Not beside others:*
    what a part has made must not outlive it in a process that goes on; there the imports alone were taken out.
    """
    if words.get() == _STDOUT:
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
