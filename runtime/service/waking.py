"""What ends the wait of one thread from another one, or from a signal handler."""

from __future__ import annotations

import os
import threading
from contextlib import suppress


class WakePipe:
    """For a selector: ready to be read once somebody has called `wake`.

    It may be closed while others wake it. Without the lock one of them could write to a descriptor that is another
    file's by then. A signal handler may come in between in the thread that holds the lock, so it can be taken twice.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def fileno(self) -> int:
        return self._read

    def wake(self) -> None:
        """Does nothing once it is closed, or while nobody has listened for thousands of calls."""
        with self._lock:
            if self._write >= 0:
                with suppress(BlockingIOError):
                    os.write(self._write, b"!")

    def listen(self) -> None:
        """Take note, when the selector says so."""
        with suppress(BlockingIOError):
            os.read(self._read, 4096)

    def close(self) -> None:
        with self._lock:
            descriptors = (self._read, self._write)
            self._read = self._write = -1
            for descriptor in descriptors:
                if descriptor >= 0:
                    os.close(descriptor)
