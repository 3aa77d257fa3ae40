"""Processes that several PLCs share, as their supervisors see them: one for each role, with up to so many parts.

A part goes to the first process of its role that has room, else to a new one, which was waiting like any other. The
last part that leaves takes the process along. What ends a process ends all of its parts; each of them is started again
by its own supervisor, and the first one to be opens the next process.

A task that does not return can only be ended with its process. That happens to its neighbours once: such a PLC has
processes of its own from then on, until the service is started again.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from runtime.service.processes import assignments
from runtime.service.processes.assignments import Assignment
from runtime.service.processes.line import STUCK
from runtime.service.processes.parts import Part
from runtime.service.processes.waiting import Waiting

END_S = 5.0
"""In which a process without parts ends by itself."""
_OUT_OF_ORDER_S = 1.0
"""In which a process ends that has closed the line of a part without a word."""

log = logging.getLogger("rung")


class Pool:
    """Those of one service. Safe to use from the threads of several supervisors."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._processes: list[_Shared] = []
        self._apart: set[Path] = set()

    def admits(self, folder: Path) -> bool:
        """Whether this PLC may share its processes."""
        with self._lock:
            return self._most > 1 and folder not in self._apart

    def start(self, assignment: Assignment, line: socket.socket, fresh: Callable[[Assignment], Waiting]) -> Part:
        """Have it played. `line` is the supervisor's end; `fresh` gives an assignment to another process."""
        words_read, words_write = os.pipe()
        try:
            told = assignment.with_descriptors(words=words_write)
            with self._lock:
                self._processes = [each for each in self._processes if not each.is_gone]
                shared = next((each for each in self._processes if each.take(told)), None)
                if shared is None:
                    shared = _Shared(fresh(told), told.role, self._most)
                    self._processes.append(shared)
        finally:
            os.close(words_write)
        return _SharedPart(self, shared, told.folder, line, open(words_read, "rb"))  # noqa: PTH123 - a descriptor

    def left(self, shared: _Shared, folder: Path, told: int | None) -> None:
        """A part is over."""
        with self._lock:
            if told == STUCK:
                self._apart.add(folder)
            shared.parts -= 1
            if shared.parts == 0:
                shared.close()

    def close(self) -> None:
        """Wait for the end of all."""
        with self._lock:
            left, self._processes = self._processes, []
        for shared in left:
            shared.close()
            shared.await_end()


class _Shared:
    """A process with parts."""

    def __init__(self, waiting: Waiting, role: str, most: int) -> None:
        self.process, self.parts = waiting.process, 1
        self._line, self._role, self._most = waiting.line, role, most
        self._is_closed = False
        self._listener = threading.Thread(target=self._listen, name=f"words of {role}s", daemon=True)
        self._listener.start()

    def take(self, assignment: Assignment) -> bool:
        """Give it one part more, if it is of this role and has room for it."""
        has_room = self.parts < self._most and not self._is_closed and self._role == assignment.role
        if not has_room or self.process.poll() is not None:
            return False
        try:
            assignments.send(self._line, assignment)
        except OSError:
            return False
        self.parts += 1
        return True

    @property
    def is_gone(self) -> bool:
        return self.parts == 0 and not self._listener.is_alive()

    def close(self) -> None:
        """No more parts: it ends with the last one that it has."""
        self._is_closed = True
        self._line.close()

    def kill(self) -> None:
        self._is_closed = True
        self.process.kill()

    def await_end(self) -> None:
        """Until it is gone, by itself or not."""
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._listener.join()

    def _listen(self) -> None:
        """What the process says on its own account, with which it would be held up if nobody took it."""
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                log.warning("%s process %d: %s", self._role, self.process.pid, line.decode(errors="replace").rstrip())
        self.process.wait()


class _SharedPart(Part):
    """One that plays beside others."""

    def __init__(self, pool: Pool, shared: _Shared, folder: Path, line: socket.socket, words: IO[bytes]) -> None:
        super().__init__(shared.process, line, words)
        self._pool, self._shared, self._folder = pool, shared, folder

    def kill(self) -> None:
        """Its process, with all that it plays."""
        self._shared.kill()

    def _over(self, told: int | None) -> int:
        self._pool.left(self._shared, self._folder, told)
        if told is not None and told != STUCK:
            return told
        try:
            return self._process.wait(_OUT_OF_ORDER_S)
        except subprocess.TimeoutExpired:
            self._shared.kill()
            return self._process.wait()
