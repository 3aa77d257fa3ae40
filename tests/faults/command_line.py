"""The command `rung` as a script or a person sees it: a process of its own, with state and cache in the test's folder.

rung(tmp_path, "run", project)      run to its end; no traceback, no process and no lock may be left, ever
with started(tmp_path, project)     a PLC that runs: its words, and its shared memory read from outside
with device(unit)                   a Modbus device in a thread
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from io_drivers.contract import DeviceState, Quality, Reason
from io_drivers.modbus.server import Server, Unit
from runtime.engine.states import EngineState
from runtime.image.snapshot import Snapshot, SnapshotReader
from runtime.service import artifacts, values
from runtime.supervisor import attach, running
from tests.faults.rig import ROOT, alive, wait_for
from tests.faults.served import descendants

OK, WRONG, USAGE, CANNOT = 0, 1, 2, 3

PLC = """\
[plc]
name = "plant"
sources = ["main.st"]
{more}
[task.main]
program = "Main"
interval = "10ms"
"""

CONNECTION = """
[connection.{name}]
driver = "modbus"
transport = "tcp"
host = "127.0.0.1"
port = {port}
connect_timeout = "1s"
timeout = "100ms"
reconnect = {{ min = "100ms", max = "500ms" }}

[device.{name}]
connection = "{name}"
unit = 1
poll = "10ms"
"""


def write_project(tmp_path: Path, source: str, toml: str = PLC.format(more="")) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.st").write_text(source)
    (folder / "plc.toml").write_text(toml)
    return folder


def environment(tmp_path: Path) -> dict[str, str]:
    own = {"RUNG_STATE": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "COLUMNS": "200"}
    return {**os.environ, **own, "PYTHONPATH": str(ROOT)}


def rung(tmp_path: Path, *arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end. `changes` to the environment."""
    command = [sys.executable, "-m", "runtime.cli", *map(str, arguments)]
    variables = {**environment(tmp_path), **changes}
    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def refused(tmp_path: Path, status: int, *arguments: str | Path, **changes: str) -> str:
    """What a command that cannot be obeyed says on standard error. Nothing of it is left behind."""
    done = rung(tmp_path, *arguments, **changes)
    assert done.returncode == status, done.stderr
    assert done.stderr.strip()
    assert left_behind(tmp_path) == []
    assert running(tmp_path / "state") == []
    return done.stderr


def left_behind(tmp_path: Path) -> list[str]:
    """Processes that were started with the state folder of this test, by whomever; not those with a title of their own,
    which takes the place of what was known of their environment.
    """
    mark = f"RUNG_STATE={tmp_path / 'state'}".encode()
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # it has just ended, or is another user's
            continue
    return found


class Seen:
    """A PLC that runs from `folder`: its shared memory, read from outside."""

    def __init__(self, folder: Path) -> None:
        self.block, (self.program, self.bound) = attach(folder), artifacts.load(folder)
        self._reader = SnapshotReader(self.block)

    @property
    def state(self) -> EngineState:
        return EngineState(self.block.get("state"))

    def snapshot(self) -> Snapshot:
        ticket, found = self._reader.request(), list[Snapshot]()

        def arrived() -> bool:
            snapshot = self._reader.take(ticket)
            found.extend([snapshot] if snapshot is not None else [])
            return bool(found)

        wait_for(arrived, "a snapshot")
        return found[0]

    def value(self, path: str) -> object:
        return values.read(self.program, self.program.find(path), self.snapshot().memory)

    def input(self, name: str) -> tuple[Quality, Reason]:
        snapshot, row = self.snapshot(), self.bound.input_names.index(name)
        return Quality(snapshot.quality[row]), Reason(snapshot.reason[row])

    def device(self, name: str) -> tuple[DeviceState, str]:
        """State and problem of a device, as the status views show them."""
        row = next(row for row in self.block.devices if row["name"].decode() == name)
        return DeviceState(int(row["state"])), row["problem"].decode()


class Started(Seen):
    """A PLC that `rung run --plain` brought to work, seen from outside."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.words: list[str] = []  # lines of standard output and standard error
        assert process.stdout is not None
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        try:
            wait_for(lambda: self.said(f"{folder.name} runs") or self.ended, "the PLC to run")
            assert not self.ended, self.words
        except BaseException:
            self._end_at_once()
            raise
        super().__init__(folder)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.words.append(line.rstrip())

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def said(self, text: str) -> bool:
        return any(text in line for line in self.words)

    def stop(self) -> int:
        """Ctrl-C. The exit status; all that was said is in `words` then."""
        if not self.ended:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(30)
        self._listener.join(30)
        return status

    def close(self) -> None:
        try:
            self.stop()
        finally:
            self._end_at_once()
        self.block.close()

    def _end_at_once(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def started(tmp_path: Path, project: Path, *options: str, name: str = "plant") -> Iterator[Started]:
    """`rung run --plain` for as long as the block lasts, seen by its PLC `name`. It leaves nothing behind."""
    command = [sys.executable, "-m", "runtime.cli", "run", str(project), "--plain", *options]
    process = subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    plc = Started(process, tmp_path / "state" / name)
    try:
        yield plc
    finally:
        family = descendants(process.pid)
        plc.close()
    wait_for(lambda: not [pid for pid in family if alive(pid)], "the end of all its processes")
    assert not plc.said("Traceback"), plc.words
    assert left_behind(tmp_path) == []
    assert running(tmp_path / "state") == []


# -------------------------------------------------------------------------------------------------------------- devices


@contextmanager
def device(unit: Unit) -> Iterator[int]:
    """A well-behaved device; yields its port."""
    server = Server({1: unit})

    async def start() -> tuple[int, Callable[[], Coroutine[Any, Any, None]]]:
        await server.start()
        return server.port, server.stop

    with _in_thread(start) as port:
        yield port


Answer = Callable[[bytes], Coroutine[Any, Any, bytes]]


@contextmanager
def odd_device(answer: Answer) -> Iterator[int]:
    """A device that sends whatever `answer` makes of each request; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.read(260):
                writer.write(await answer(request))
                await writer.drain()
        except ConnectionError:  # the client has had enough of it
            pass
        finally:
            writer.close()

    async def start() -> tuple[int, Callable[[], Coroutine[Any, Any, None]]]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)

        async def stop() -> None:
            server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        return server.sockets[0].getsockname()[1], stop

    with _in_thread(start) as port:
        yield port


@contextmanager
def _in_thread(
    start: Callable[[], Coroutine[Any, Any, tuple[int, Callable[[], Coroutine[Any, Any, None]]]]],
) -> Iterator[int]:
    """A server in an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port, stop = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        try:
            yield port
        finally:
            asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
