"""Compiling for the service: in a process of its own, with limits, so that no program can hold the service up or
bring it down.

The process reads `<version>/project` and writes `<version>/build`: the two files that the processes of a PLC load, and
the compiler's cache. What it found comes back as JSON on its standard output. It runs at low priority: what is being
checked must not take time from what is running.

`Builder` is the service's end; `python -m runtime.service.building VERSION SECONDS SERVICE` is the other, which ends
with the process SERVICE, however that ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.diagnostics.render import to_json
from iec61131.program import CompiledProgram
from runtime.service import artifacts, plant
from runtime.service.assembling import end_with
from runtime.service.bound import Bound

TIME_LIMIT_S = 30
MEMORY_LIMIT_BYTES = 4 << 30
FILE_LIMIT_BYTES = 256 << 20
AT_ONCE = 2
"""Uploads, and as many versions that are kept and wanted running: nobody's upload holds up a start."""
MAX_FINDINGS = 1000
_NICE = 10

log = logging.getLogger("rung")


class BuildEnded(Exception):
    """The compiler did not come to an end with this program; the text is for people."""


class BuildRejected(Exception):
    """The program has errors. `findings` as `to_json` makes them."""

    def __init__(self, findings: list[dict[str, Any]]) -> None:
        errors = sum(finding["severity"] == "error" for finding in findings)
        super().__init__(f"the program has {errors} error{'' if errors == 1 else 's'}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Built:
    """What the compiler made, read back from disk."""

    program: CompiledProgram
    bound: Bound
    warnings: list[dict[str, Any]]


class Builder:
    """Builds versions, at most AT_ONCE of a kind at the same time; others wait their turn."""

    def __init__(self, time_limit_s: int = TIME_LIMIT_S) -> None:
        self._turns = {kept: asyncio.Semaphore(AT_ONCE) for kept in (False, True)}
        self._time_limit_s = time_limit_s
        self._processes: set[asyncio.subprocess.Process] = set()
        self._ended = False

    def end(self) -> None:
        """End what is being built and build nothing more."""
        self._ended = True
        for process in self._processes:
            if process.returncode is None:
                process.kill()

    async def build(self, version: Path, *, kept: bool = False) -> Built:
        """Compile and bind the project of a version folder, or find it compiled already.

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
        too_long = f"the compiler was stopped after {self._time_limit_s} s; divide the program"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "runtime.service.building"),
            *(str(version), str(self._time_limit_s), str(os.getpid())),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._processes.add(process)
        if self._ended:  # while this one was being started
            process.kill()
        try:
            async with asyncio.timeout(self._time_limit_s):
                said, complained = await process.communicate()
        except TimeoutError:
            raise BuildEnded(too_long) from None
        finally:
            self._processes.discard(process)
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return cast("dict[str, Any]", json.loads(said))
        if self._ended:
            raise BuildEnded("the service is ending")
        if process.returncode in (-signal.SIGALRM, -signal.SIGXCPU):
            raise BuildEnded(too_long)
        log.error("the compiler ended with status %s:\n%s", process.returncode, complained.decode(errors="replace"))
        raise BuildEnded("the compiler failed on this program, which is its own mistake; the service's log has more")


# ---------------------------------------------------------------------------------------------------------- the process


def main(version: Path, limit_s: int, service_pid: int) -> int:
    """Build one version and say what was found."""
    _limit(limit_s)
    end_with(service_pid)
    build = version / "build"
    build.mkdir(exist_ok=True)
    try:
        made = plant.build(version / "project", cache=build)
    except CompileError as error:
        _answer(sound=False, findings=to_json(error.diagnostics[:MAX_FINDINGS]))
        return 0
    artifacts.store(build, made.program, made.bound)
    for path in build.glob("*.rungc"):  # of an earlier compiler
        if path.name not in (artifacts.PROGRAM_FILE, f"{made.program.digest}.rungc"):
            path.unlink()
    _answer(sound=True, findings=to_json(made.warnings[:MAX_FINDINGS]))
    return 0


def _limit(limit_s: int) -> None:
    """What this process may use. The alarm ends it also in native code, and when the service is gone."""
    os.nice(_NICE)
    signal.alarm(limit_s + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(*, sound: bool, findings: Any) -> None:
    sys.stdout.write(json.dumps({"sound": sound, "findings": findings}))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
