"""Compiling for the service: in processes of their own, with limits, so that no program can hold the service up or
bring it down.

Such a process reads `<version>/project` and writes `<version>/build`: the two files that the processes of a PLC load,
and the compiler's cache. What it found comes back as JSON, a line for each version. It runs at low priority: what is
being checked must not take time from what is running.

A process that is done stays for a while. It has the last program that it compiled still at hand, and the next version
of that is ready in a fraction of the time (`iec61131.compiler.Workshop`).

`Builder` is the service's end; `python -m runtime.service.building SERVICE` is the other, which ends with the process
SERVICE, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import resource
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from iec61131.compiler import Workshop
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import to_json
from iec61131.program import CompiledProgram
from runtime.service import artifacts, plant
from runtime.service.assembling import end_with
from runtime.service.bound import Bound
from runtime.service.versions import resource_of

TIME_LIMIT_S = 30
"""Of the processor, for one version."""
PATIENCE = 4
"""By the clock so many times as much: at its low priority the compiler gets what a busy machine has left."""
MEMORY_LIMIT_BYTES = 4 << 30
FILE_LIMIT_BYTES = 256 << 20
AT_ONCE = 2
"""Uploads, and as many versions that are kept and wanted running: nobody's upload holds up a start."""
KEPT_IDLE = 1
"""Processes that wait for more to do. Each holds a compiler and a program, some hundred megabytes."""
IDLE_S = 600
MAX_FINDINGS = 1000
_ANSWER_BYTES = 64 << 20
_NICE = 10
_OUT_OF_TIME = (-signal.SIGALRM, -signal.SIGXCPU)

log = logging.getLogger("rung")


class BuildEnded(Exception):
    """The compiler did not come to an end with this program; the text is for people."""


class BuildRejected(Exception):
    """The program has errors. `findings` as `to_json` makes them."""

    def __init__(self, findings: list[dict[str, Any]]) -> None:
        errors = sum(finding["severity"] == "error" for finding in findings)
        super().__init__(f"the program has {errors} error{'' if errors == 1 else 's'}")
        self.findings = findings


class Built(Struct, frozen=True):
    """What the compiler made, read back from disk."""

    program: CompiledProgram
    bound: Bound
    warnings: list[dict[str, Any]]


class _WorkerGone(Exception):
    """It ended without an answer: its status, and what it said to that."""


class _Worker:
    """A process that compiles one version after the other. `plc`: whose version was the last."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.plc: Path | None = None
        self.uses = 0

    @classmethod
    async def start(cls) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "runtime.service.building", str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_ANSWER_BYTES,
        )
        return cls(process)

    @property
    def is_there(self) -> bool:
        return self._process.returncode is None

    async def ask(self, version: Path, limit_s: int) -> dict[str, Any] | None:
        """What it found; None when it has ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.plc, self.uses = version.parent, self.uses + 1
        request = json.dumps({"version": str(version), "limit_s": limit_s})
        with contextlib.suppress(ConnectionError):  # it is gone, which the answer will tell
            self._process.stdin.write(f"{request}\n".encode())
            await self._process.stdin.drain()
        answer = await self._process.stdout.readline()
        return cast("dict[str, Any]", json.loads(answer)) if answer.endswith(b"\n") else None

    async def complaint(self) -> tuple[int, str]:
        """With what status it ended, and what it said to that."""
        assert self._process.stderr is not None
        said = await self._process.stderr.read()
        return await self._process.wait(), said.decode(errors="replace")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def ended(self) -> None:
        """Return when nothing is left of it."""
        await self._process.communicate()


class Builder:
    """Builds versions, at most AT_ONCE of a kind at the same time; others wait their turn."""

    def __init__(self, time_limit_s: int = TIME_LIMIT_S) -> None:
        self._turns = {kept: asyncio.Semaphore(AT_ONCE) for kept in (False, True)}
        self._time_limit_s = time_limit_s
        self._working: set[_Worker] = set()
        self._idle: list[_Worker] = []  # the one that worked last behind the others
        self._going: set[asyncio.Task[None]] = set()
        self._ended = False

    def end(self) -> None:
        """End what is being built and build nothing more."""
        self._ended = True
        for worker in self._working:
            worker.kill()
        for worker in [*self._idle]:
            self._dismiss(worker)

    async def close(self) -> None:
        """`end`, and return when no process is left."""
        self.end()
        await asyncio.gather(*self._going)

    async def build(self, version: Path, *, kept: bool = False) -> Built:
        """Compile and bind the project of a version folder, or find it compiled already. Versions of one PLC have
        their folders beside each other.

        `kept`: it was accepted before. Raises BuildRejected or BuildEnded.
        """
        async with self._turns[kept]:
            if self._ended:
                raise BuildEnded("the service is ending")
            outcome = await self._run(version)
        findings = cast("list[dict[str, Any]]", outcome["findings"])
        if not outcome["sound"]:
            raise BuildRejected(findings)
        program, bound = await asyncio.to_thread(artifacts.load, version / "build")
        return Built(program, bound, findings)

    async def _run(self, version: Path) -> dict[str, Any]:
        waiting = self._take(version.parent)
        if waiting is not None:
            try:
                return await self._run_in(waiting, version)
            except _WorkerGone as gone:  # while it was waiting, perhaps
                if gone.args[0] in _OUT_OF_TIME:
                    raise self._reason(*gone.args) from None
        try:
            return await self._run_in(await _Worker.start(), version)
        except _WorkerGone as gone:
            raise self._reason(*gone.args) from None

    async def _run_in(self, worker: _Worker, version: Path) -> dict[str, Any]:
        self._working.add(worker)
        if self._ended:  # while this one was being started
            worker.kill()
        try:
            async with asyncio.timeout(PATIENCE * self._time_limit_s):
                outcome = await worker.ask(version, self._time_limit_s)
                if outcome is None:
                    raise _WorkerGone(*await worker.complaint())
        except BaseException as error:
            worker.kill()
            await worker.ended()
            if isinstance(error, TimeoutError):
                raise BuildEnded(self._too_slow) from None
            raise
        finally:
            self._working.discard(worker)
        self._keep(worker)
        return outcome

    @property
    def _too_long(self) -> str:
        return f"the compiler was stopped after {self._time_limit_s} s of the processor; divide the program"

    @property
    def _too_slow(self) -> str:
        waited_s = PATIENCE * self._time_limit_s
        return f"the compiler has not come to an end within {waited_s} s; perhaps the machine has too much else to do"

    def _reason(self, status: int, complaint: str) -> BuildEnded:
        if self._ended:
            return BuildEnded("the service is ending")
        if status == -signal.SIGXCPU:
            return BuildEnded(self._too_long)
        if status == -signal.SIGALRM:
            return BuildEnded(self._too_slow)
        log.error("the compiler ended with status %s:\n%s", status, complaint)
        return BuildEnded("the compiler failed on this program, which is its own mistake; the service's log has more")

    # ------------------------------------------------------------------------------------------------------- idle ones

    def _take(self, plc: Path) -> _Worker | None:
        """An idle process, the one that knows this PLC if there is one."""
        self._idle = [worker for worker in self._idle if worker.is_there]
        knowing = [worker for worker in self._idle if worker.plc == plc]
        worker = next(reversed(knowing or self._idle), None)
        if worker is not None:
            self._idle.remove(worker)
        return worker

    def _keep(self, worker: _Worker) -> None:
        """For IDLE_S, unless it is needed before."""
        self._idle.append(worker)
        if self._ended or len(self._idle) > KEPT_IDLE:
            self._dismiss(self._idle[0])
        asyncio.get_running_loop().call_later(IDLE_S, self._dismiss_idle, worker, worker.uses)

    def _dismiss_idle(self, worker: _Worker, uses: int) -> None:
        if worker in self._idle and worker.uses == uses:
            self._dismiss(worker)

    def _dismiss(self, worker: _Worker) -> None:
        self._idle.remove(worker)
        worker.kill()
        going = asyncio.get_running_loop().create_task(worker.ended())
        self._going.add(going)
        going.add_done_callback(self._going.discard)


# ---------------------------------------------------------------------------------------------------------- the process


def main(service_pid: int) -> None:
    """Build each version that is asked for and say what was found."""
    end_with(service_pid)
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    plc, workshop = None, plant.new_workshop()
    for line in sys.stdin:
        request = json.loads(line)
        version = Path(request["version"])
        if version.parent != plc:
            plc, workshop = version.parent, plant.new_workshop()
        _limit(request["limit_s"])
        _build(version, workshop)
        signal.alarm(0)


def _limit(limit_s: int) -> None:
    """What this process may take for one version. The alarm ends it also in native code, and when the service is
    gone.
    """
    signal.alarm(PATIENCE * limit_s + 1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + limit_s
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _build(version: Path, workshop: Workshop) -> None:
    build = version / "build"
    build.mkdir(exist_ok=True)
    try:
        made = plant.build(version / "project", resource_of(version), cache=build, workshop=workshop)
    except CompileError as error:
        _answer(sound=False, findings=to_json(error.diagnostics[:MAX_FINDINGS]))
        return
    artifacts.store(build, made.program, made.bound)
    for path in build.glob("*.rungc"):  # of an earlier compiler
        if path.name not in (artifacts.PROGRAM_FILE, f"{made.program.digest}.rungc"):
            path.unlink()
    _answer(sound=True, findings=to_json(made.warnings[:MAX_FINDINGS]))


def _answer(*, sound: bool, findings: Any) -> None:
    sys.stdout.write(json.dumps({"sound": sound, "findings": findings}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
