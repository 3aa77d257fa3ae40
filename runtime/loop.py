"""The real-time shell: a native thread that ticks the scan kernel on absolute deadlines.

`run` never returns to Python until it is told to stop, so nothing that happens to the interpreter lock can delay a
scan. Deadlines are `t0 + n * tick`, so that neither late wake-ups nor long scans shift the phase. What the operating
system permits for punctuality is asked for once in `RealtimeThread`, and what it refuses is said once.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba import njit

from runtime import clock
from runtime.engine import kernel
from runtime.engine.states import EngineState, Realtime
from runtime.image import atomics, histogram
from runtime.image.block import WORD, Block, Words

_STOP = WORD["stop"]
_TICK_NS = WORD["tick_ns"]
_TICKS = WORD["ticks"]
_OVERRUNS = WORD["overruns"]
_LAST_LATENCY = WORD["last_latency_ns"]
_LAST_DURATION = WORD["last_duration_ns"]
_RESET_STATISTICS = WORD["reset_statistics"]
_LOST = WORD["lost_activations"]
_PHASE = WORD["phase_ns"]
_STATE = WORD["state"]
_RUNNING_TASK, _RUNNING_SINCE, _TRIPPED = WORD["running_task"], WORD["running_since_ns"], WORD["tripped"]
_FAULT = int(EngineState.FAULT)
_MOST_PRIORITY = 99
_WATCH_LEAST_NS, _LONGEST_NS = 250_000, 3_600_000_000_000


@njit(nogil=True, cache=True)
def run(v: kernel.View, latency: Words, duration: Words) -> None:
    """Tick until the control word `stop` is set. `latency` and `duration` are histograms (int64).

    A scan that runs past the next deadline counts as an overrun; the next tick then starts at once, and deadlines
    that have gone by altogether are skipped with their phase kept. Each task answers at most its latest release
    (`kernel._run_due`), so nothing queues up.
    """
    tick_ns = v.control[_TICK_NS]
    start_ns = clock.now_ns() + tick_ns
    v.control[_PHASE] = start_ns
    number = 0
    while atomics.load(v.control, _STOP) == 0:
        deadline_ns = start_ns + number * tick_ns
        now_ns = clock.sleep_until_ns(deadline_ns)
        kernel.tick(v, now_ns, number)
        end_ns = clock.now_ns()
        _count(v, latency, duration, now_ns - deadline_ns, end_ns - now_ns)
        if end_ns >= deadline_ns + tick_ns:
            v.control[_OVERRUNS] += 1
        number = max(number + 1, (end_ns - start_ns) // tick_ns)
        v.control[_TICKS] = number


@njit(nogil=True, cache=True)
def _count(v: kernel.View, latency: Words, duration: Words, latency_ns: int, duration_ns: int) -> None:
    if atomics.load(v.control, _RESET_STATISTICS) != 0:
        latency[:] = 0
        duration[:] = 0
        v.control[_OVERRUNS] = 0
        v.control[_LOST] = 0
        v.task_words[:] = 0
        v.task_latency[:] = 0
        v.task_duration[:] = 0
        atomics.store(v.control, _RESET_STATISTICS, 0)
    histogram.record(latency, latency_ns)
    histogram.record(duration, duration_ns)
    v.control[_LAST_LATENCY] = latency_ns
    v.control[_LAST_DURATION] = duration_ns


@njit(nogil=True, cache=True)
def watch(control: Words, tasks: Words, period_ns: int) -> None:
    """Until the control word `stop` is set: trip the watchdog of a task (`tasks` as in `arrays`) that is still running
    after as many times its time as its sensitivity says. The outputs are safe from then on; the scan thread finds out
    when the task returns, if it does.
    """
    at_ns = clock.now_ns()
    while atomics.load(control, _STOP) == 0:
        at_ns = max(at_ns + period_ns, clock.now_ns())
        now_ns = clock.sleep_until_ns(at_ns)
        since_ns = atomics.load(control, _RUNNING_SINCE)
        task = atomics.load(control, _RUNNING_TASK)
        limit_ns = tasks[task, 3] * tasks[task, 4]
        if since_ns == 0 or limit_ns == 0 or now_ns - since_ns <= limit_ns:
            continue
        if atomics.load(control, _RUNNING_SINCE) == since_ns and atomics.load(control, _TRIPPED) == 0:
            atomics.store(control, _TRIPPED, task + 1)
            atomics.store(control, _STATE, _FAULT)


class RealtimeThread:
    """The scan thread of one engine. `refused` lists, in plain words, what the operating system did not permit."""

    def __init__(
        self, block: Block, view: kernel.View, *, tick_ns: int, priority: int, cpu: int | None, stack_bytes: int
    ) -> None:
        self._block, self._view = block, view
        self._tick_ns, self._priority, self._cpu = tick_ns, priority, cpu
        self._stack_bytes = stack_bytes
        self._dma_latency: Any = None
        self.refused: list[str] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="scan", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Lock memory, hold the power states, start the thread; returns when it is about to tick."""
        self._block.set("tick_ns", self._tick_ns)
        load(self._block, self._view)
        self._attempt("memory is not locked (mlockall)", Realtime.LOCKED, _lock_memory)
        self._attempt("the CPU may sleep deeply (/dev/cpu_dma_latency)", Realtime.DMA_LATENCY, self._hold_dma_latency)
        previous = threading.stack_size(self._stack_bytes)
        try:
            self._thread.start()
        finally:
            threading.stack_size(previous)
        self._ready.wait()
        if self._watched_ns:
            self._watcher.start()

    def stop(self) -> None:
        """End the thread after its present tick."""
        set_stop(self._block.control, 1)
        self._thread.join()
        if self._watched_ns:
            self._watcher.join()
        if self._dma_latency is not None:
            self._dma_latency.close()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def _watched_ns(self) -> int:
        """The least time that a watchdog watches; 0 without any."""
        limits = self._view.tasks[:, 3] * self._view.tasks[:, 4]
        return int(limits[limits > 0].min(initial=_LONGEST_NS)) if limits.any() else 0

    def _watch(self) -> None:
        """Above the scan, which may be what does not end, and on whatever processor is free."""
        if self._priority > 0:
            with suppress(OSError):  # `_main` has said so
                _use_fifo(min(self._priority + 1, _MOST_PRIORITY))
        watch(self._block.control, self._view.tasks, max(_WATCH_LEAST_NS, self._watched_ns // 8))

    def _main(self) -> None:
        if self._priority > 0:
            refusal = f"no real-time priority (SCHED_FIFO {self._priority})"
            self._attempt(refusal, Realtime.FIFO, lambda: _use_fifo(self._priority))
        if self._cpu is not None:
            self._attempt(f"not pinned to CPU {self._cpu}", Realtime.PINNED, self._pin)
        self._block.set("state", EngineState.FAULT if self._block.get("tripped") else EngineState.STOP)
        self._ready.set()
        run(self._view, self._block.words("latency"), self._block.words("duration"))
        self._block.set("state", EngineState.ENDED)

    def _attempt(self, refusal: str, permission: Realtime, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            self.refused.append(f"{refusal}: {error.strerror or error}")
        else:
            self._block.set("realtime", self._block.get("realtime") | permission)

    def _pin(self) -> None:
        assert self._cpu is not None
        os.sched_setaffinity(0, {self._cpu})

    def _hold_dma_latency(self) -> None:
        """The kernel keeps the request for as long as the file is open."""
        self._dma_latency = Path("/dev/cpu_dma_latency").open("wb", buffering=0)  # noqa: SIM115 - held while running
        self._dma_latency.write((0).to_bytes(4, "little"))


def _use_fifo(priority: int) -> None:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))


def load(block: Block, view: kernel.View) -> None:
    """Have the loop compiled, or loaded from the cache, before anything depends on its punctuality: a run that is told
    to stop at once.
    """
    set_stop(block.control, 1)
    run(view, block.words("latency"), block.words("duration"))
    watch(block.control, view.tasks, 1)
    set_stop(block.control, 0)


@njit(nogil=True, cache=True)
def set_stop(control: Words, value: int) -> None:
    """1 asks the loop to end."""
    atomics.store(control, _STOP, value)


def _lock_memory() -> None:
    """mlockall(MCL_CURRENT | MCL_FUTURE): no page of this process is ever fetched from disk."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(3) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
