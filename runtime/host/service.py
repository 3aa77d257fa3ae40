"""`rung serve` from start to end: one lock, one socket, one token, then the event loop until a signal comes.

Everything that can be wrong at the start is found before anything runs, said in one line, and leaves nothing behind. At
the end the door is closed first, then every PLC is stopped with its outputs safe, then the lock goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import ipaddress
import logging
import os
import resource
import signal
import socket
import sys
from pathlib import Path

from runtime.host.plcs import PlcHost
from runtime.service.building import Builder
from runtime.service.http import app, guard, server
from runtime.service.http.token import BadTokenFile, Token, load_or_make

LOCK_FILE = "service.lock"
_DESCRIPTORS = 8192
CANNOT = 3
"""Exit status when the service cannot start, as of the command line."""


class AlreadyServed(Exception):
    """Another service uses this state folder; the text is for people."""


class CannotOpen(Exception):
    """What was kept cannot be taken up; the text is for people."""


def serve(state: Path, host: str, port: int, *, new_token: bool = False, plcs_per_process: int = 1) -> int:
    """Run the service in the foreground until SIGINT or SIGTERM. Returns the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("rung").setLevel(logging.INFO)
    _permit_descriptors()
    with contextlib.ExitStack() as stack:
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            state = state.resolve()
            stack.callback(os.close, _take_lock(state))
            listener = stack.enter_context(server.listen(host, port))
            token, text = load_or_make(state, new=new_token)
        except (AlreadyServed, server.CannotListen, BadTokenFile) as error:
            return _refuse(str(error))
        except OSError as error:
            return _refuse(f"{error.filename or state}: {error.strerror or error}")
        _announce(state, host, listener, text)
        gc.collect()
        gc.freeze()  # what is imported stays; what PLCs leave behind is collected again and again (`plc`)
        try:
            asyncio.run(_run(state, host, listener, token, plcs_per_process))
        except CannotOpen as error:
            return _refuse(str(error))
    return 0


def _permit_descriptors() -> None:
    """As many as the system lets this user have: 64 PLCs and 200 connections need more than the usual 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _take_lock(state: Path) -> int:
    """One service for one state folder. The lock goes with the process, however it ends."""
    lock = os.open(state / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        os.close(lock)
        raise AlreadyServed(
            f"another service uses {state} already{f' (process {holder})' if holder.isdecimal() else ''}; "
            f"stop that one first, or give this one a folder of its own with --state"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _announce(state: Path, host: str, listener: socket.socket, token: str | None) -> None:
    port = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    _say(f"rung serves http://{shown}:{port}  (state in {state}); Ctrl-C ends it")
    if token is not None:
        _say(f"access token, shown only this once: {token}")
    if not ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback:
        sys.stderr.write(
            f"rung: warning: {host} can be reached from other machines, and this is plain HTTP: "
            f"anybody on the way can read the token; put a reverse proxy with TLS in front\n"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _refuse(text: str) -> int:
    sys.stderr.write(f"rung: {text}\n")
    return CANNOT


async def _run(state: Path, host: str, listener: socket.socket, token: Token, plcs_per_process: int) -> None:
    ended = asyncio.Event()
    event_loop = asyncio.get_running_loop()
    plcs = PlcHost(state, Builder(), plcs_per_process=plcs_per_process)

    def end() -> None:
        ended.set()
        plcs.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        event_loop.add_signal_handler(number, end)
    try:
        try:
            await plcs.open()
        except OSError as error:
            raise CannotOpen(f"{error.filename or state}: {error.strerror or error}") from error
        await server.serve(app.create(plcs, token, guard.hosts_for(host)), listener, ended)
    finally:
        await plcs.close()
