"""A process that waits for what it is to be, and the line over which it is told. It ends when that line does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress

from runtime.service.processes import assignments
from runtime.service.processes.assignments import Assignment

_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""Nobody here multiplies matrices: threads of numpy's library would only be 40 MB more for the engine to lock."""


class Waiting:
    """Without a role so far, it prepares for `roles`; any other one is taken as well, with more haste."""

    def __init__(self, roles: Iterable[str] = ()) -> None:
        self.line, theirs = assignments.pair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "runtime.service.processes", str(theirs.fileno()), *sorted(roles)],
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
        """Give it a part. False when it is no more."""
        if not self.alive:
            return False
        try:
            assignments.send(self.line, assignment)
        except OSError:
            return False
        return True

    def discard(self) -> None:
        """End the process; it holds nothing that would have to be given back."""
        self.line.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
