"""Where the supervisor's children come from: processes that are started before they are needed.

A Python process needs a second or two before it can talk OPC UA, most of it for imports and for the standard address
space, and an engine that was killed should not be away for half a second. So whoever supervises keeps one process in
waiting that has all of that behind it, for any role of any PLC. `Spares.start` hands it its role, or, when none is
there, starts one that gets its role at once: the same process either way, only that it has to hurry.

*Why no fork of a prepared process:* its children would not be the supervisor's, so that exit statuses and the life of
everything hung on one more process, and the memory that LLVM, numpy and asyncua share would be copied page by page
anyway, at once where the engine locks it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

MAX_MESSAGE_BYTES = 16384
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""Nobody here multiplies matrices: threads of numpy's library would only be 40 MB more for the engine to lock."""


class Assignment(Struct, frozen=True):
    """What a process is to be: its role, the shared memory, the read end of the life line, and the PLC's folder; for an
    engine also a file with the values that its retained variables begin with, and the globals that it shares with other
    resources. Descriptors that are not there are -1.
    """

    role: str
    block_fd: int
    life_fd: int
    folder: Path
    retained_fd: int = -1
    globals_fd: int = -1


_DESCRIPTORS = ("block_fd", "life_fd", "retained_fd", "globals_fd")


class Spares:
    """At most one process in waiting. Safe to use from the threads of several supervisors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: _Waiting | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process in waiting, None when there is none."""
        with self._lock:
            return self._spare.process.pid if self._spare is not None else None

    def start(self, assignment: Assignment) -> subprocess.Popen[bytes]:
        """A process with this role. Its standard output and error are one pipe."""
        with self._lock:
            waiting, self._spare = self._spare, None
        if waiting is not None and waiting.assign(assignment):
            return waiting.process
        fresh = _Waiting()
        fresh.assign(assignment)  # one that dies at once is found by whoever watches it
        return fresh.process

    def keep(self) -> None:
        """See to it that a process is in waiting, unless `close` was called."""
        with self._lock:
            if self._spare is not None and not self._spare.alive:
                self._spare.discard()
                self._spare = None
            if self._spare is None and not self._closed:
                self._spare = _Waiting()

    def close(self) -> None:
        """End the process in waiting; from now on none is kept."""
        with self._lock:
            self._closed = True
            waiting, self._spare = self._spare, None
        if waiting is not None:
            waiting.discard()


class _Waiting:
    """A process without a role, and the line over which it gets one. It ends when that line does."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "runtime.service.processes", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(),),
                env={**_ENVIRONMENT, **os.environ},
            )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def assign(self, assignment: Assignment) -> bool:
        """Give the process its role. False when it is no more."""
        descriptors = {name: fd for name in _DESCRIPTORS if (fd := getattr(assignment, name)) >= 0}
        message = {"role": assignment.role, "folder": str(assignment.folder), "descriptors": list(descriptors)}
        with self._line:
            if not self.alive:
                self.discard()
                return False
            try:
                socket.send_fds(self._line, [json.dumps(message).encode()], list(descriptors.values()))
            except BrokenPipeError:
                self.discard()
                return False
        return True

    def discard(self) -> None:
        """End the process; it holds nothing that would have to be given back."""
        self._line.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def receive(line: socket.socket) -> Assignment | None:
    """The other end: wait for the assignment. None when the line ended without one."""
    try:
        text, descriptors, _, _ = socket.recv_fds(line, MAX_MESSAGE_BYTES, len(_DESCRIPTORS))
    except ConnectionResetError:
        return None
    if not text:
        return None
    message = json.loads(text)
    named = dict(zip(message["descriptors"], descriptors, strict=True))
    return Assignment(role=message["role"], folder=Path(message["folder"]), **named)
