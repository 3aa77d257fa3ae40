"""An editor as a debug adapter sees it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime.replay.dap.server import EDITOR, serve
from runtime.replay.dap.wire import Incoming

TIMEOUT_S = 60
ROOT = Path(__file__).parents[2]


class _Process:
    """The adapter as an editor starts it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "runtime.cli", "dap"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.incoming, self.outgoing = self._process.stdin, self._process.stdout
        self.errors = b""
        self._errors = threading.Thread(target=self._read_errors, daemon=True)
        self._errors.start()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        self.errors = self._process.stderr.read()

    def ended(self) -> int:
        """Its exit status."""
        return self._process.wait(TIMEOUT_S)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._errors.join()
        assert self._process.stderr is not None
        self._process.stderr.close()


class _Thread:
    """The adapter without the second that it takes to start Python."""

    def __init__(self) -> None:
        self._theirs, ours = os.pipe()
        heard, outgoing = os.pipe()
        self.incoming, self.outgoing = os.fdopen(ours, "wb"), os.fdopen(heard, "rb")
        self.errors, self._status = b"", 1
        self._thread = threading.Thread(target=self._serve, args=(outgoing,), daemon=True)
        self._thread.start()

    def _serve(self, outgoing: int) -> None:
        try:
            with os.fdopen(outgoing, "wb") as stream:
                self._status = 0 if serve(Incoming(self._theirs), stream) else 1
        except Exception:  # noqa: BLE001 - as the end of a process says it
            self.errors = traceback.format_exc().encode()

    def ended(self) -> int:
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()
        return self._status

    def close(self) -> None:
        self.incoming.close()
        self.ended()
        for thread in threading.enumerate():
            if thread.name == EDITOR:
                thread.join(TIMEOUT_S)
        os.close(self._theirs)


class DapClient:
    """Speaks to an adapter in a thread, or to one that is `alone`, in a process of its own."""

    def __init__(self, *, alone: bool = False) -> None:
        self._adapter = _Process() if alone else _Thread()
        self._number = 0
        self._stopped = 1
        self._heard: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._answers: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def errors(self) -> bytes:
        return self._adapter.errors

    def __enter__(self) -> DapClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._adapter.close()
        self._reader.join()
        with suppress(BrokenPipeError):
            self._adapter.incoming.close()
        self._adapter.outgoing.close()

    def ended(self) -> int:
        """The exit status, once it has ended by itself."""
        return self._adapter.ended()

    def send(self, command: str, **arguments: Any) -> int:
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        self.write(json.dumps(message).encode())
        return self._number

    def write(self, body: bytes) -> None:
        self.write_raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def write_raw(self, data: bytes) -> None:
        self._adapter.incoming.write(data)
        self._adapter.incoming.flush()

    def hang_up(self) -> int:
        self._adapter.incoming.close()
        return self._adapter.ended()

    def answer(self, number: int) -> dict[str, Any]:
        while number not in self._answers:
            self._take()
        return self._answers.pop(number)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """The body of an answer that has to be a success."""
        answer = self.answer(self.send(command, **arguments))
        assert answer["success"], answer
        return answer["body"]

    def refused(self, command: str, **arguments: Any) -> str:
        answer = self.answer(self.send(command, **arguments))
        assert not answer["success"], answer
        error = answer["body"]["error"]
        assert error["variables"]["why"] == answer["message"]
        assert error["showUser"] == (command not in ("evaluate", "setVariable", "setExpression"))
        return answer["message"]

    def event(self, name: str) -> dict[str, Any]:
        while True:
            for number, found in enumerate(self._events):
                if found["event"] == name:
                    body = self._events.pop(number)["body"]
                    self._stopped = body.get("threadId", self._stopped)
                    return body
            self._take()

    def start(self, **arguments: Any) -> dict[str, Any]:
        """Up to the first stop."""
        self.ask("initialize", adapterID="rung", linesStartAt1=True)
        self.ask("launch", **arguments)
        self.event("initialized")
        self.ask("configurationDone")
        return self.event("stopped")

    def go(self, command: str) -> dict[str, Any]:
        self.ask(command, threadId=1)
        return self.event("stopped")

    def top(self) -> dict[str, Any]:
        """The innermost call of the task that has stopped."""
        return self.ask("stackTrace", threadId=self._stopped)["stackFrames"][0]

    def _take(self) -> None:
        message = self._heard.get(timeout=TIMEOUT_S)
        assert message is not None, f"the adapter is gone: {self.errors.decode()}"
        if message["type"] == "event":
            self._events.append(message)
        else:
            self._answers[message["request_seq"]] = message

    def _read(self) -> None:
        stream = self._adapter.outgoing
        while head := stream.readline():
            length = int(head.partition(b":")[2])
            stream.readline()
            self._heard.put(json.loads(stream.read(length)))
        self._heard.put(None)
