"""An editor as a debug adapter sees it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

TIMEOUT_S = 60
ROOT = Path(__file__).parents[2]


class DapClient:
    def __init__(self) -> None:
        command = [sys.executable, "-m", "runtime.cli", "dap"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        )
        self._number = 0
        self._stopped = 1
        self._heard: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._answers: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self.errors = b""
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> DapClient:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def send(self, command: str, **arguments: Any) -> int:
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        self.write(json.dumps(message).encode())
        return self._number

    def write(self, body: bytes) -> None:
        self.write_raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def write_raw(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hang_up(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(TIMEOUT_S)

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
        stream = self.process.stdout
        assert stream is not None
        while head := stream.readline():
            length = int(head.partition(b":")[2])
            stream.readline()
            self._heard.put(json.loads(stream.read(length)))
        self._heard.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()
