"""The program that simulates the plant beside `rung run --plant`: started before the PLC, heard while it runs, ended
after it.

Its first line of output begins with the word `ready`. Whatever it prints afterwards is read to the end, because a pipe
that nobody empties would stop it in the middle of a sentence, and is passed on line by line.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

READY_S = 20
_END_S = 5
_KILLED = 3
_LINE_BYTES = 500
"""A longer line is passed on in pieces."""


class NotReady(Exception):
    """The simulation did not come to work; nothing of it is left running. The text is for people."""


class Simulation:
    """A simulation that is ready. `hear` gets its lines, in a thread of its own."""

    def __init__(self, path: Path, hear: Callable[[str], None]) -> None:
        """Start it and wait until it says that it is ready. Raises NotReady."""
        if not path.is_file():
            raise NotReady(f"--plant {path}: there is no such file; name the Python program that simulates the plant")
        self._process = subprocess.Popen(
            [sys.executable, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self._process.stdout is not None
        _await_ready(path, self._process, self._process.stdout)
        threading.Thread(target=_listen, args=(self._process.stdout, hear), daemon=True).start()

    @property
    def has_ended(self) -> bool:
        """By itself."""
        return self._process.poll() is not None

    def end(self) -> int:
        """Ask it to end, in the end make it. Returns its exit status; to end by SIGTERM is to end as asked."""
        by_itself = self.has_ended
        self._process.terminate()
        try:
            status = self._process.wait(_END_S)
            return 0 if status == -signal.SIGTERM and not by_itself else status
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return _KILLED


def _await_ready(path: Path, process: subprocess.Popen[bytes], stdout: IO[bytes]) -> None:
    patience = threading.Timer(READY_S, process.kill)
    patience.start()
    try:
        line = stdout.readline().decode(errors="replace").strip()
    except BaseException:  # Ctrl-C; the simulation is no member of the terminal's group
        process.kill()
        process.wait()
        raise
    finally:
        patience.cancel()
    if not line.startswith("ready"):
        process.kill()
        process.wait()
        said = f"it said '{line[:80]}'" if line else "it ended or was silent"
        remedy = "run it by itself to see why; its first line of output has to begin with the word ready"
        raise NotReady(f"the simulated plant {path} did not get ready within {READY_S} s: {said}; {remedy}")


def _listen(stdout: IO[bytes], hear: Callable[[str], None]) -> None:
    while line := stdout.readline(_LINE_BYTES):
        hear(line.decode(errors="replace").rstrip())
