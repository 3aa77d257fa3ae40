"""Where the supervisor's children come from: processes that are started before they are needed.

A Python process needs a second or two before it can talk OPC UA, most of it for imports and for the standard address
space, and an engine that was killed should not be away for half a second. So whoever supervises keeps one process in
waiting that has all of that behind it, for any role that its PLCs have. `Spares.start` hands it its role, or, when none
is there, starts one that gets its role at once: the same process either way, only that it has to hurry. Where PLCs
share processes (`pool`), most parts go to one that is at work already.

*Why no fork of a prepared process:* its children would not be the supervisor's, so that exit statuses and the life of
everything hung on one more process, and the memory that LLVM, numpy and asyncua share would be copied page by page
anyway, at once where the engine locks it.
"""

from __future__ import annotations

import socket
import threading

from runtime.service.processes.assignments import Assignment
from runtime.service.processes.parts import Part
from runtime.service.processes.pool import Pool
from runtime.service.processes.waiting import Waiting


class Spares:
    """At most one process in waiting, and up to `plcs_per_process` parts in each that has a role. Safe to use from the
    threads of several supervisors.
    """

    def __init__(self, plcs_per_process: int = 1) -> None:
        self._lock = threading.Lock()
        self._spare: Waiting | None = None
        self._closed = False
        self._roles: set[str] = set()  # which somebody has played: for another one nobody prepares
        self._pool = Pool(plcs_per_process)

    @property
    def pid(self) -> int | None:
        """The process in waiting, None when there is none."""
        with self._lock:
            return self._spare.process.pid if self._spare is not None else None

    def start(self, assignment: Assignment, *, alone: bool = False) -> Part:
        """Have somebody play this part; `alone` in a process of its own in any case."""
        line, theirs = socket.socketpair()
        with theirs:
            told = assignment.with_descriptors(line=theirs.fileno())
            if not alone and self._pool.admits(told.folder):
                return self._pool.start(told, line, self._assigned)
            waiting = self._assigned(told)
        waiting.line.close()
        assert waiting.process.stdout is not None
        return Part(waiting.process, line, waiting.process.stdout)

    def _assigned(self, assignment: Assignment) -> Waiting:
        """The process in waiting, or another one, with this part."""
        with self._lock:
            self._roles.add(assignment.role)
            waiting, self._spare = self._spare, None
        if waiting is not None:
            if waiting.assign(assignment):
                return waiting
            waiting.discard()
        fresh = Waiting()
        fresh.assign(assignment)  # one that dies at once is found by whoever watches it
        return fresh

    def keep(self) -> None:
        """See to it that a process is in waiting, unless `close` was called."""
        with self._lock:
            if self._spare is not None and not self._spare.alive:
                self._spare.discard()
                self._spare = None
            if self._spare is None and not self._closed:
                self._spare = Waiting(self._roles)

    def close(self) -> None:
        """End the process in waiting; from now on none is kept."""
        with self._lock:
            self._closed = True
            waiting, self._spare = self._spare, None
        if waiting is not None:
            waiting.discard()
        self._pool.close()
