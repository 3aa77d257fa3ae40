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
from pathlib import Path

from runtime.service.processes.spares import Spares
from runtime.service.processes.waiting import Waiting


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


def test_it_prepares_for_the_roles_that_somebody_has(tmp_path: Path) -> None:
    """What OPC UA needs is a second of work and 60 MB, for nothing where no PLC has it."""
    for roles, has_opcua in (((), True), (("engine", "io"), False), (("engine", "gateway"), True)):
        waiting = Waiting(roles)
        try:
            wait_for(lambda waiting=waiting: has_settled(waiting.process.pid), "the end of its preparations")
            maps = Path(f"/proc/{waiting.process.pid}/maps").read_text()
            assert ("cryptography" in maps) is has_opcua, roles
        finally:
            waiting.discard()


def has_settled(pid: int) -> bool:
    for _ in range(20):
        if not sleeps(pid):
            return False
        threading.Event().wait(0.005)
    return True


def sleeps(pid: int) -> bool:
    begun = b"rung in waiting" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return begun and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
