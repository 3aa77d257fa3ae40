"""The line between a supervisor and one part, as the part has it.

    from the supervisor   END: come to an end; LOOK: something is wanted of you, as the shared memory says
    from the part         one byte, its exit status, when it shares its process and the process goes on

When the line ends, the supervisor is gone, however it went, and the part ends as if it had been asked to. When it ends
for the supervisor, the part is over.
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress

END, LOOK = b"e", b"l"
STUCK = 70
"""Exit status of an engine whose task does not return: its process ends with it."""


class Line:
    """See the module's text. It has a `fileno`, which is readable when there is something to hear."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._poll = select.poll()  # a process with many PLCs has more descriptors than `select` can name
        self._poll.register(self._socket, select.POLLIN)
        self._has_ended = False

    def fileno(self) -> int:
        return self._socket.fileno()

    def has_ended(self, timeout_s: float | None = 0.0) -> bool:
        """Wait until there is something to hear; whether it is the end."""
        if not self._has_ended and self._poll.poll(None if timeout_s is None else timeout_s * 1000):
            try:
                heard = self._socket.recv(64)
            except ConnectionResetError:
                heard = b""
            self._has_ended = not heard or END in heard
        return self._has_ended

    def end(self) -> None:
        """Have the part end, from this side. Safe in a signal handler."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def tell(self, status: int) -> None:
        """With which status the part ends."""
        with suppress(OSError):
            self._socket.send(bytes([status]), socket.MSG_DONTWAIT)

    def close(self) -> None:
        self._socket.close()

    def leave_open(self) -> None:
        """It ends with the process."""
        self._socket.detach()
