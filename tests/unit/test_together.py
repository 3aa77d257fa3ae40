"""Parts in one process, and their supervisors' side of them: without a PLC, over real lines and pipes."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import Struct

from runtime.service.processes import assignments, common, together
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.common import Child, say
from runtime.service.processes.line import END, LOOK, Line
from runtime.service.processes.parts import Part
from tests.faults.rig import wait_for


class _Bare(Struct):
    """As much of a `Child` as these need."""

    line: Line
    folder: Path


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "take_part", lambda assignment, line: _Bare(line, assignment.folder))
    monkeypatch.setattr(common, "setproctitle", lambda title: None)
    gc.freeze()  # behind each part the garbage of its process is collected: not that of all tests before


class _Supervised:
    """A part as its supervisor has it."""

    def __init__(self, name: str) -> None:
        self.line, theirs = socket.socketpair()
        self._read, words = os.pipe()
        descriptors = {"line": theirs.detach(), "words": words}
        self.assignment = Assignment("engine", Path(name), descriptors)

    def status(self) -> int:
        """Once it has ended; its line ends as well."""
        self.line.settimeout(10)
        told = self.line.recv(16)
        assert self.line.recv(16) == b""
        return told[0]

    def said(self) -> str:
        return os.read(self._read, 100_000).decode()

    def close(self) -> None:
        self.line.close()
        os.close(self._read)


@contextmanager
def playing(play: Callable[[socket.socket, Assignment], object]) -> Generator[tuple[_Supervised, _Supervised]]:
    """Two parts in this process: the first one with its process, the second over the line."""
    ours, theirs = assignments.pair()
    first, second = _Supervised("first"), _Supervised("second")
    thread = threading.Thread(target=play, args=(theirs, first.assignment))
    thread.start()
    assignments.send(ours, second.assignment)
    for descriptor in second.assignment.descriptors.values():  # it has those of its own now
        os.close(descriptor)
    try:
        yield first, second
    finally:
        ours.close()
        thread.join(10)
        assert not thread.is_alive()
        theirs.close()
        first.close()
        second.close()


def _main(child: Child) -> int:
    say(f"{child.folder.name} begins")
    if child.folder.name == "first":
        raise RuntimeError("out of order")
    assert child.line.has_ended(None) or child.line.has_ended(None)
    return 0


async def _serve(child: Child) -> int:
    say(f"{child.folder.name} begins")
    if child.folder.name == "first":
        left.append(asyncio.create_task(asyncio.sleep(60)))
        raise RuntimeError("out of order")
    with common.ending(child.line) as ended:
        await ended.wait()
    return 0


left: list[asyncio.Task[Any]] = []


def _in_event_loop(line: socket.socket, first: Assignment) -> int:
    return asyncio.run(together.in_event_loop(line, first, cast(Any, _serve)))


def _in_threads(line: socket.socket, first: Assignment) -> int:
    return together.in_threads(line, first, cast(Any, _main))


@pytest.mark.parametrize("play", [_in_threads, _in_event_loop])
def test_an_exception_ends_one_part(play: Callable[[socket.socket, Assignment], object]) -> None:
    """Its supervisor hears of it, with the traceback; the other one goes on until it is asked to end."""
    with playing(play) as (first, second):
        assert first.status() == 1
        said = first.said()
        assert said.startswith("first begins\n")
        assert "RuntimeError: out of order" in said
        second.line.send(LOOK)
        second.line.send(END)
        assert second.status() == 0
        assert second.said() == "second begins\n"
    assert all(task.cancelled() for task in left), "what the first one had begun goes with it"


@pytest.mark.parametrize("play", [_in_threads, _in_event_loop])
def test_a_part_ends_with_its_supervisor(play: Callable[[socket.socket, Assignment], object]) -> None:
    with playing(play) as (first, second):
        first.status()
        second.line.shutdown(socket.SHUT_WR)
        assert second.status() == 0


def test_a_part_of_a_killed_process_ends_as_the_process_does() -> None:
    """Also when it has not even heard what it was told last."""
    line, theirs = socket.socketpair()
    command = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=(theirs.fileno(),))
    theirs.close()
    assert process.stdout is not None
    part = Part(process, line, process.stdout)
    wait_for(lambda: part.read() == b"here\n", "a word")
    assert part.poll() is None
    part.look()
    part.terminate()
    part.kill()
    assert part.wait() == part.poll() == -9
    assert part.read() == b""
    part.close()


def test_assignments_that_follow_each_other_stay_apart() -> None:
    """Over a stream two of them might have arrived as one, with the descriptors of the first."""
    ours, theirs = assignments.pair()
    with ours, theirs:
        ends = [os.pipe() for _ in range(2)]
        for number, (read, write) in enumerate(ends):
            assignments.send(ours, Assignment("io", Path(str(number)), {"block": read, "words": write}))
        for number in range(2):
            found = assignments.receive(theirs)
            assert found is not None
            assert found.folder == Path(str(number))
            os.write(found.descriptors["words"], b"x")
            assert os.read(ends[number][0], 5) == b"x"
            for descriptor in (*found.descriptors.values(), *ends[number]):
                os.close(descriptor)
        ours.close()
        assert assignments.receive(theirs) is None
