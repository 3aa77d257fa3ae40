"""Several parts of one role in this process, each of its own PLC (`pool` is the supervisors' side).

They come over the line of the process, one assignment each, and go by their own lines. The process ends when its line
has ended and the last of them is over. What one of them meets, an exception included, ends that one alone.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from msgspec import Struct

from runtime.service.processes import assignments, common
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.common import Child
from runtime.service.processes.line import Line

_CRASHED = 1
_FAREWELL_S = 1.0


def in_threads(line: socket.socket, first: Assignment, main: Callable[[Child], int]) -> int:
    """Each part in a thread of its own."""
    threads: list[threading.Thread] = []
    assignment: Assignment | None = first
    while assignment is not None:
        name = f"{assignment.role} of {assignment.folder.name}"
        threads = [thread for thread in threads if thread.is_alive()]
        threads.append(threading.Thread(target=_play, args=(assignment, main), name=name))
        threads[-1].start()
        assignment = assignments.receive(line)
    for thread in threads:
        thread.join()
    return 0


def _play(assignment: Assignment, main: Callable[[Child], int]) -> None:
    with _part_of(assignment) as part:
        try:
            part.status = main(common.take_part(assignment, part.line))
        finally:
            gc.collect()  # the program, its mapping and its machine code, which hang together in circles


async def in_event_loop(line: socket.socket, first: Assignment, serve: Callable[[Child], Awaitable[int]]) -> int:
    """All parts in one event loop."""
    asyncio.get_running_loop().set_task_factory(_noted)
    playing: set[asyncio.Task[None]] = set()
    has_ended, event_loop = asyncio.Event(), asyncio.get_running_loop()

    def forget(task: asyncio.Task[None]) -> None:
        playing.discard(task)
        event_loop.call_soon(gc.collect)  # once nobody holds on to it: programs and mappings hang together in circles

    def begin(assignment: Assignment) -> None:
        task = asyncio.create_task(_serve(assignment, serve))
        playing.add(task)
        task.add_done_callback(forget)

    def take() -> None:
        assignment = assignments.receive(line)
        if assignment is not None:
            begin(assignment)
            return
        event_loop.remove_reader(line)
        has_ended.set()

    begin(first)
    event_loop.add_reader(line, take)
    await has_ended.wait()
    while playing:
        await asyncio.wait(playing)
    return 0


async def _serve(assignment: Assignment, serve: Callable[[Child], Awaitable[int]]) -> None:
    _begun.set(WeakSet())
    with _part_of(assignment) as part:
        try:  # Large programs take their time. Nothing here holds on to what becomes of it.
            part.status = await serve(await asyncio.to_thread(common.take_part, assignment, part.line))
        finally:
            await _end_left()


_begun: ContextVar[WeakSet[asyncio.Task[Any]] | None] = ContextVar("begun", default=None)
"""The tasks of the part that runs here."""


def _noted(event_loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
    """A new task of the part that begins it."""
    task = asyncio.Task(coroutine, loop=event_loop, **options)
    begun = _begun.get()
    if begun is not None:
        begun.add(task)
    return task


async def _end_left() -> None:
    """What this part has begun and not ended."""
    left = [task for task in _begun.get() or () if not task.done()]
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_FAREWELL_S)


class _Part(Struct):
    line: Line
    status: int = _CRASHED


@contextmanager
def _part_of(assignment: Assignment) -> Generator[_Part]:
    """A part from its beginning to its end. Behind it nothing is left of it, and its supervisor knows."""
    words = assignment.descriptors["words"]
    os.set_blocking(words, False)
    common.words.set(words)
    with common.line_of(assignment) as line:
        part = _Part(line)
        try:
            yield part
        except Exception:  # noqa: BLE001 - the others go on
            common.say(traceback.format_exc())
        finally:
            for descriptor in {*assignment.descriptors.values()} - {line.fileno()}:
                os.close(descriptor)
            line.tell(part.status)
            line.close()
