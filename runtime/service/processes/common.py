"""What every child of the supervisor has in common.

A child inherits two descriptors: the shared memory block, and the read end of a pipe whose write end only the
supervisor holds. When that pipe ends, the supervisor is gone, however it went, and the child ends as it would on
SIGTERM. Standard output is the child's line to the supervisor: whatever it prints there, a line each, is shown to
people. Exit status 0 means ended on request, `CANNOT` that a restart would not help, anything else a crash.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from iec61131.program import CompiledProgram
from runtime.image.block import Block
from runtime.service import artifacts
from runtime.service.bound import Bound

CANNOT = 3


@dataclass(frozen=True, slots=True)
class Child:
    """What a child process starts with."""

    block: Block
    life_fd: int
    folder: Path
    program: CompiledProgram
    bound: Bound


def start(role: str) -> Child:
    """Parse the command line that the supervisor wrote and load what it names."""
    parser = argparse.ArgumentParser(prog=f"rung {role}")
    parser.add_argument("--block-fd", type=int, required=True)
    parser.add_argument("--life-fd", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides what it means
    block = Block.attach(arguments.block_fd)
    program, bound = artifacts.load(arguments.folder)
    block.set(f"{role}_pid", os.getpid())
    block.set(f"{role}_starts", block.get(f"{role}_starts") + 1)
    return Child(block, arguments.life_fd, arguments.folder, program, bound)


def say(text: str) -> None:
    """One line to the supervisor. When it is gone nobody listens; the life line says so to whoever must know."""
    with suppress(BrokenPipeError):
        print(text, flush=True)  # noqa: T201 - standard output is the line to the supervisor


def run_child(main: Callable[[], int]) -> None:
    """Run a child's main function and turn its end into an exit status; a traceback goes to the supervisor's log."""
    status = main()
    if not _is_open(sys.stdout.fileno()):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # lest the interpreter complain at its exit
    sys.exit(status)


def _is_open(descriptor: int) -> bool:
    """Whether somebody still reads from a pipe that is written to here."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return not any(event & select.POLLERR for _, event in poll.poll(0))
