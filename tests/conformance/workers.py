"""Jobs in processes of their own, each bounded in time and memory. A job that hangs or brings its process down has
failed; the others never notice.

Time is that of the processor: on a machine that others use too, a job takes longer and is none the slower. One that
waits for something takes none, and so there is a bound for the time that passes, far behind the other.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Generic, TypeVar

from tests.conformance.verdict import Outcome, Status

Job = TypeVar("Job")
Run = Callable[[Job], Outcome]

MEMORY_BYTES = 3 << 30
"""Of address space, of which libraries alone take a tenth."""
PATIENCE = 10
"""So many times the seconds of the processor may pass in all."""


@dataclass
class _Worker(Generic[Job]):
    process: BaseProcess
    connection: Connection
    job: Job | None = None
    looks_s: float = 0.0  # when to look next whether it has taken too long
    gives_up_s: float = 0.0
    used_before_s: float = 0.0  # of the processor, by the jobs before


def run_all(
    jobs: Iterable[Job],
    run: Run[Job],
    count: int,
    job_seconds: float,
    memory_bytes: int = MEMORY_BYTES,
    patience: int = PATIENCE,
) -> Iterator[tuple[Job, Outcome]]:
    """Each job with its outcome, as they end. `run` is a function of a module, which the processes import."""
    remaining = iter(jobs)
    workers: list[_Worker[Job]] = []
    try:
        workers += [_start(run, memory_bytes) for _ in range(count)]
        while busy := _at_work(workers, remaining, job_seconds, patience):
            first_s = min(worker.looks_s for worker in busy)
            ready = wait([worker.connection for worker in busy], max(0.0, first_s - time.monotonic()))
            for worker in busy:
                outcome = _outcome(worker, worker.connection in ready, job_seconds)
                if outcome is None:
                    continue
                assert worker.job is not None
                yield worker.job, outcome
                worker.job = None
                if not worker.process.is_alive():
                    _end(worker)
                    workers[workers.index(worker)] = _start(run, memory_bytes)
    finally:
        for worker in workers:
            _end(worker)


def _outcome(worker: _Worker[Job], is_ready: bool, job_seconds: float) -> Outcome | None:
    """What came of the worker's job, or None as long as it is at work."""
    if is_ready:
        try:
            return worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join()
            return Outcome(Status.FAILED, f"the process ended: {_ending(worker.process.exitcode or 0)}")
    now_s = time.monotonic()
    if now_s < worker.looks_s:
        return None
    left_s = job_seconds - (_used_s(worker) - worker.used_before_s)
    if left_s > 0 and now_s < worker.gives_up_s:
        worker.looks_s = min(now_s + max(left_s, 0.1), worker.gives_up_s)
        return None
    _end(worker)
    return Outcome(Status.FAILED, f"not done after {job_seconds:g} s")


_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def _used_s(worker: _Worker[Job]) -> float:
    """What the process has had of the processor; without end where it is gone."""
    try:
        behind_name = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("inf")
    user, system = behind_name[11:13]
    return (int(user) + int(system)) / _TICKS_PER_SECOND


def _ending(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name


def _at_work(workers: list[_Worker[Job]], jobs: Iterator[Job], job_seconds: float, patience: int) -> list[_Worker[Job]]:
    """Those with a job, after each that had none has been given the next."""
    for worker in workers:
        if worker.job is None and (job := next(jobs, None)) is not None:
            now_s = time.monotonic()
            worker.job, worker.used_before_s = job, _used_s(worker)
            worker.looks_s, worker.gives_up_s = now_s + job_seconds, now_s + patience * job_seconds
            with suppress(OSError):  # of a process that has ended: reading from it says so
                worker.connection.send(job)
    return [worker for worker in workers if worker.job is not None]


def _start(run: Run[Job], memory_bytes: int) -> _Worker[Job]:
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, run, memory_bytes), daemon=True)
    process.start()
    theirs.close()
    ours.recv()  # what it imports takes a second, which is none of the first job's time
    return _Worker(process, ours)


def _end(worker: _Worker[Job]) -> None:
    worker.process.kill()
    worker.process.join()
    worker.connection.close()


def _work(connection: Connection, run: Run[Job], memory_bytes: int) -> None:
    """One process: job after job, until the other end is closed."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection.send("ready")
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(_guarded(run, job))


def _guarded(run: Run[Job], job: Job) -> Outcome:
    """Whatever the compiler raises is a failed case, and the defect that it looks for."""
    try:
        return run(job)
    except MemoryError:
        return Outcome(Status.FAILED, "out of memory")
    except Exception as error:  # noqa: BLE001
        return Outcome(Status.FAILED, f"{type(error).__name__}: {' '.join(str(error).split()) or 'without a word'}")
