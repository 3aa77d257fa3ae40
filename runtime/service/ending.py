"""What ends a PLC in the foreground: the signals of a terminal, of `kill` and of a service manager."""

from __future__ import annotations

import signal
from typing import Protocol


class Endable(Protocol):
    """What a signal ends, such as a supervisor."""

    def request_stop(self) -> None:
        """Callable from a signal handler."""
        ...


def stop_on_signals(supervisor: Endable) -> None:
    """End it when somebody asks this process to end."""

    def stop(_number: int, _frame: object) -> None:
        supervisor.request_stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # the terminal was closed; nohup would have it go on
        signal.signal(signal.SIGHUP, stop)
