"""How `rung change` reaches a PLC that `rung run` runs: a socket in the PLC's folder, one request for each connection.

    >  {"project": DIR, "build": FOLDER or null, "back": false, "accept": false, "dry_run": true}
    <  {"lines": [..], "done": false, "status": 0}

`build` holds what the asking process has compiled (`service.artifacts`); `project` is where its sources are, for faults
that name their place. Who may open the folder may change the program. The thread that answers is one, so one request
waits for the other; whatever is wrong with a request, the PLC goes on.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from iec61131.diagnostics.diagnostic import CompileError
from runtime.service import artifacts
from runtime.service.change import offer, saying
from runtime.service.change.coordinator import CannotChange, Coordinator, Done
from runtime.service.change.offer import CannotOffer, Offer
from runtime.service.config import load_project
from runtime.service.plant import Plant
from runtime.service.resources import as_bound

SOCKET_FILE = "change.sock"
MAX_BYTES = 1 << 20
ANSWER_S = 120.0
_ASK_S = 10.0
_MOST_ROWS = 40
OK, WRONG, CANNOT = 0, 1, 3


class NoDoor(Exception):
    """Nobody listens; the text is for people."""


class Answer(Struct, frozen=True):
    """`lines` for people, `status` as of the command line; `done` says whether the program was changed."""

    lines: list[str]
    done: bool = False
    status: int = OK


# ------------------------------------------------------------------------------------------------------- who is asked


class Door:
    """Open for as long as the PLC runs. `wake` makes the supervisor look at what was submitted."""

    def __init__(self, folder: Path, coordinator: Coordinator, wake: Callable[[], None]) -> None:
        self._folder, self._coordinator, self._wake = folder, coordinator, wake
        self._listener = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._serve, name="change", daemon=True)

    def __enter__(self) -> Door:
        (self._folder / SOCKET_FILE).unlink(missing_ok=True)  # of a process that was killed; the folder is locked
        with _short(self._folder) as path:
            self._listener.bind(path)
        self._listener.listen(4)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        (self._folder / SOCKET_FILE).unlink(missing_ok=True)
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:  # closed
                return
            with line, suppress(OSError):
                line.settimeout(_ASK_S)
                answer = self._answer(_received(line))
                line.sendall(json.dumps({"lines": answer.lines, "done": answer.done, "status": answer.status}).encode())

    def _answer(self, request: dict[str, Any]) -> Answer:
        try:
            made = self._offered(request)
            return self._decide(made, accept=bool(request["accept"]), dry_run=bool(request["dry_run"]))
        except (CannotChange, CannotOffer) as error:
            return Answer([str(error)], status=CANNOT)
        except (OSError, ValueError, KeyError, TypeError, CompileError) as error:
            return Answer([f"the request makes no sense: {type(error).__name__}: {error}"], status=CANNOT)

    def _offered(self, request: dict[str, Any]) -> Offer:
        if request["back"]:
            return self._coordinator.back()
        program, bound = artifacts.load(Path(request["build"]))
        next_ = Plant(as_bound(load_project(Path(request["project"])), bound), program, bound, (), cached=True)
        return offer.make(self._coordinator.plant, next_, self._coordinator.block)

    def _decide(self, made: Offer, *, accept: bool, dry_run: bool) -> Answer:
        lines = [*saying.offer_lines(made, _MOST_ROWS)]
        if made.obstacles:
            return Answer(lines, status=WRONG)
        if dry_run:
            return Answer(lines)
        if made.needs_consent and not accept:
            return Answer([*lines, saying.CONSENT], status=WRONG)
        future: Future[Done] = self._coordinator.submit(made)
        self._wake()
        return Answer([*lines, saying.done_line(future.result(ANSWER_S))], done=True)


# --------------------------------------------------------------------------------------------------------- who asks


def ask(folder: Path, *, project: Path | None, build: Path | None, back: bool, accept: bool, dry_run: bool) -> Answer:
    """Of the PLC in `folder`. Raises NoDoor."""
    request = {
        "project": str(project) if project is not None else None,
        "build": str(build) if build is not None else None,
        "back": back,
        "accept": accept,
        "dry_run": dry_run,
    }
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_S)
        try:
            with _short(folder) as path:
                line.connect(path)
            line.sendall(json.dumps(request).encode() + b"\n")
            answer = _received(line)
            return Answer([str(text) for text in answer["lines"]], bool(answer["done"]), int(answer["status"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = "it is run by a service, whose address is needed: http://127.0.0.1:8880/NAME"
            if not isinstance(error, FileNotFoundError | ConnectionRefusedError):
                why = f"it did not answer: {error}"
            raise NoDoor(f"'{folder.name}' cannot be asked: {why}") from error


def _received(line: socket.socket) -> dict[str, Any]:
    """One JSON object, up to a line's end or that of the connection. Raises ValueError."""
    data = b""
    while not data.endswith(b"\n") and len(data) < MAX_BYTES and (part := line.recv(65536)):
        data += part
    found: object = json.loads(data or b"null")
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - it is about what was sent
    return cast("dict[str, Any]", found)


@contextmanager
def _short(folder: Path) -> Generator[str]:
    """The socket's path by way of a descriptor: that of a socket may have 107 bytes, that of a folder many more."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_FILE}"
    finally:
        os.close(descriptor)
