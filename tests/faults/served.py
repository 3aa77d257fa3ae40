"""A real service for tests: `rung serve` in a process of its own, a client with its token, and the means to kill it."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx

from tests.faults.rig import ROOT, wait_for

START_S = 60.0


class Service:
    """One service on `state`. `start` may be called again after an end of any kind."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.token = ""
        self.url = ""
        self.process: subprocess.Popen[str] | None = None
        self.client = httpx.Client()
        self.complaints: list[str] = []  # lines of its standard error

    def start(self, *options: str) -> None:
        """Start it and wait until it says where it listens."""
        command = [sys.executable, "-m", "runtime.cli", "serve", "--state", str(self.state), "--port", "0", *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(self.process.stdout, said.put), daemon=True).start()
        threading.Thread(target=_read, args=(self.process.stderr, self._complain), daemon=True).start()
        line = self._hear(said)
        found = re.match(r"rung serves (http://\S+)", line)
        assert found, (line, self.complaints)
        self.url = found[1]
        if not self.token or "--new-token" in options:
            self.token = self._hear(said).strip().rpartition(" ")[2]
        self.client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=100, trust_env=False
        )
        wait_for(self._answers, "an answer of the service", START_S)

    def _complain(self, line: str) -> None:
        if line:
            self.complaints.append(line)

    def _hear(self, said: queue.Queue[str]) -> str:
        """A line of its standard output. When none comes, the service is made to show where it is."""
        assert self.process is not None
        with contextlib.suppress(queue.Empty):
            line = said.get(timeout=START_S)
            if line:
                return line
        self.process.send_signal(signal.SIGABRT)
        self._gone()
        raise AssertionError("the service says nothing:\n" + "".join(self.complaints))

    def _answers(self) -> bool:
        try:
            return self.client.get("/health").is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """SIGKILL; returns when all that it had started is gone as well."""
        assert self.process is not None
        left = descendants(self.process.pid)
        self.process.kill()
        self._gone()
        wait_for(lambda: not [pid for pid in left if _lives(pid)], "the end of the killed service's processes")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit status."""
        self.request_stop(number)
        return self.await_end()

    def request_stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def await_end(self) -> int:
        """Its exit status."""
        return self._gone()

    def _gone(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        status = self.process.wait(60)
        self.client.close()
        self.process = None
        return status

    def close(self) -> None:
        """For the end of a test, however it went."""
        if self.process is not None:
            self.kill()

    # ------------------------------------------------------------------------------------------------------- requests

    def ask(self, method: str, path: str, json: object = None) -> Any:
        """A request that is to succeed."""
        response = self.client.request(method, path, json=json)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def upload(self, name: str, files: dict[str, str]) -> str:
        """The digest."""
        return str(self.ask("PUT", f"/api/plcs/{name}/program", {"files": files})["digest"])

    def detail(self, name: str) -> Any:
        return self.ask("GET", f"/api/plcs/{name}")

    def await_state(self, name: str, state: str) -> Any:
        """The detail of a PLC once it is in this state."""
        wait_for(lambda: self.detail(name)["state"] == state, f"state {state} of {name}", START_S)
        return self.detail(name)


def environment() -> dict[str, str]:
    """Of a service: nothing of this session's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUNG_", "XDG_", "NO_COLOR"))}
    return {**kept, "PYTHONFAULTHANDLER": "1"}


def descendants(pid: int) -> list[int]:
    """The processes that `pid` started, and those that they started."""
    found: list[int] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread or a process that is just ending
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or before it was read
        return False


def _read(stream: Any, put: Any) -> None:
    with stream:
        for line in stream:
            put(line)
    put("")
