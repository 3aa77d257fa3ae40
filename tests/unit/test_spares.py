"""Processes in waiting, without any PLC: they come, go with whoever holds them, and are replaced when they die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from runtime.service.processes.spares import Spares


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline_s, what
        threading.Event().wait(0.005)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_is_kept_and_none_after_the_end():
    spares = Spares()
    assert spares.pid is None
    spares.keep()
    pid = spares.pid
    assert pid is not None
    spares.keep()
    assert spares.pid == pid
    spares.close()
    assert not exists(pid)
    spares.keep()
    assert spares.pid is None


def test_a_dead_one_is_replaced():
    spares = Spares()
    spares.keep()
    first = spares.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: spares.keep() or spares.pid != first, "a successor")
    assert not exists(first)  # waited for, so no zombie is left
    spares.close()


def test_it_ends_when_whoever_holds_it_is_gone():
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.service.processes", str(theirs.fileno())], pass_fds=(theirs.fileno(),)
        )
    ours.close()
    assert process.wait(60) == 0
