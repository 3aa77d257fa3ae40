"""`rung dap`: one editor is served, to its end.

A thread reads what the editor sends; the main thread does it, one request after the other. While something is searched,
what needs no place (breakpoints, the list of tasks) is done in between, and `pause` ends the search.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
from typing import BinaryIO

from runtime.replay.dap import wire
from runtime.replay.dap.adapter import Adapter
from runtime.replay.dap.wire import Incoming, Misread, Request, Sender, Unreadable

EDITOR = "editor"
"""The thread that reads."""
_MOST_WAITING = 1000
"""Requests that are read and not done yet; an editor that sends more waits."""


def run(_arguments: argparse.Namespace) -> int:
    editor = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is printed is no message to the editor
    return 0 if serve(Incoming(sys.stdin.fileno()), editor) else 1


def serve(incoming: Incoming, outgoing: BinaryIO) -> bool:
    """Until the editor ends it, or is gone; false when it did not speak the protocol."""
    sender = Sender(outgoing)
    inbox = Inbox(incoming)
    adapter = Adapter(sender, inbox)
    try:
        while (request := inbox.next()) is not None:
            if isinstance(request, Misread):
                sender.refuse(request.seq, request.command, str(request))
            elif not adapter.do(request):
                break
    finally:
        adapter.close()
    if inbox.broken is not None:
        sender.tell("output", {"category": "stderr", "output": f"rung: {inbox.broken}\n"})
        sys.stderr.write(f"rung: {inbox.broken}\n")
    return inbox.broken is None


class Inbox:
    """What the editor has sent and is not done yet, in its order."""

    def __init__(self, stream: Incoming) -> None:
        self._stream = stream
        self._waiting: queue.Queue[Request | Misread | None] = queue.Queue(_MOST_WAITING)
        self.broken: str | None = None
        self.is_over = False
        threading.Thread(target=self._read, name=EDITOR, daemon=True).start()

    def next(self) -> Request | Misread | None:
        """Waits for it; None at the end."""
        return self._waiting.get()

    def next_if_any(self) -> Request | Misread | None:
        try:
            found = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if found is None:
            self.is_over = True
            self._waiting.put(None)  # for whoever waits afterwards
        return found

    def _read(self) -> None:
        while True:
            found: Request | Misread | None
            try:
                found = wire.read(self._stream)
            except Misread as misread:
                found = misread
            except (Unreadable, OSError, ValueError) as error:
                self.broken, found = str(error), None
            self._waiting.put(found)
            if found is None:
                return
