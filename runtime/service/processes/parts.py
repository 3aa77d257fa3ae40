"""One role of one PLC at work, as its supervisor sees it: the small part of `subprocess.Popen` that it needs, and the
same whether the part has its process for itself or shares it (`pool`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import suppress
from typing import IO, cast

from runtime.service.processes.line import END, LOOK

_MOST_BYTES = 65536


class Part:
    """One that has a process for itself. `words` is what it says, never to be waited for. Its `fileno` is readable
    when it is over, or is about to be: then ask `poll`.
    """

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket, words: IO[bytes]) -> None:
        self._process, self._line, self.words = process, line, words
        self._told: int | None = None
        self._status: int | None = None
        os.set_blocking(words.fileno(), False)

    @property
    def pid(self) -> int:
        """Of the process that plays it, perhaps with others."""
        return self._process.pid

    def fileno(self) -> int:
        return self._line.fileno()

    def poll(self) -> int | None:
        """The exit status, as of a process; None while it is not over."""
        while self._status is None and self._hear(socket.MSG_DONTWAIT):
            pass
        return self._status

    def wait(self) -> int:
        """The exit status, once it is over."""
        while self._status is None:
            self._hear(0)
        return self._status

    def read(self) -> bytes | None:
        """What it has said since; empty when it will say no more, None when there is nothing yet."""
        return cast(bytes | None, self.words.read(_MOST_BYTES))

    def terminate(self) -> None:
        """Ask it to end."""
        self._order(END)

    def look(self) -> None:
        """Have it look at what is wanted of it."""
        self._order(LOOK)

    def kill(self) -> None:
        """End its process at once."""
        self._process.kill()

    def close(self) -> None:
        """Give everything back, once it is over."""
        self.words.close()
        self._line.close()

    def _order(self, order: bytes) -> None:
        with suppress(OSError):  # one that is over hears nothing
            self._line.send(order, socket.MSG_DONTWAIT)

    def _hear(self, flags: int) -> bool:
        """Whether something was heard; what is heard last is the end of the line."""
        try:
            heard = self._line.recv(16, flags)
        except BlockingIOError:
            return False
        except ConnectionResetError:  # it has ended without having heard the last order
            heard = b""
        if heard:
            self._told = heard[-1]
        else:
            self._status = self._over(self._told)
        return True

    def _over(self, told: int | None) -> int:
        return self._process.wait()


def sentence_of(status: int) -> str:
    """What an exit status says, in a few words."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
