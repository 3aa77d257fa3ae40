"""The real-time shell: a native thread that ticks the scan kernel on absolute deadlines.

`run` never returns to Python until it is told to stop, so nothing that happens to the interpreter lock can delay a
scan. Deadlines are `t0 + n * tick`, so that neither late wake-ups nor long scans shift the phase. What the operating
system permits for punctuality is asked for once in `RealtimeThread`, and what it refuses is said once.

In an online change the next program has a thread of its own, on the same grid of deadlines. It orders the thread in
charge to let go (`_go_on`), which that one does at the end of a scan, and carries the state over (`_carry_over`) in
what is left of the period. No interpreter lock, allocation or lock lies between two scans of the two programs.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from numba import njit

from runtime import clock
from runtime.engine import handover, journaling, kernel, resident, scheduling
from runtime.engine.arrays import FREEWHEELING, called_natively
from runtime.engine.handover import Former, Handover, Plan
from runtime.engine.states import EngineState, Realtime
from runtime.engine.view import standing_fault
from runtime.image import atomics, histogram
from runtime.image.block import WORD, Block, Words

_STOP = WORD["stop"]
_TICK_NS = WORD["tick_ns"]
_TICKS = WORD["ticks"]
_OVERRUNS = WORD["overruns"]
_RESET_STATISTICS = WORD["reset_statistics"]
_LOST = WORD["lost_activations"]
_PHASE = WORD["phase_ns"]
_STATE = WORD["state"]
_RUNNING_TASK, _RUNNING_SINCE, _TRIPPED = WORD["running_task"], WORD["running_since_ns"], WORD["tripped"]
_RUN, _FAULT = int(EngineState.RUN), int(EngineState.FAULT)
_FAULT_CODE, _SAFE_MODE = WORD["fault_code"], WORD["safe_mode"]
_BANK, _CHANGES = WORD["bank"], WORD["changes"]
_HANDOVER, _HANDOVER_TICK, _HANDOVER_NS = (WORD[name] for name in ("handover", "handover_tick", "handover_ns"))
_ORDERED, _RELEASED, _DONE = int(Handover.ORDERED), int(Handover.RELEASED), int(Handover.DONE)
_MOST_WAIT_NS, _POLL_NS = 100_000, 50_000
"""How long after its deadline a scan is left alone before the next program looks whether it is over, and how often."""
_MOST_PRIORITY = 99
_TICK_PAUSE, _SCAN_PAUSE = 4, 8
_WATCH_LEAST_NS, _LONGEST_NS = 250_000, 3_600_000_000_000
_STACK_SIZE = threading.Lock()
"""What it is for new threads is a setting of the process, which several PLCs may share."""


class Succession(NamedTuple):
    """From whom a program takes over, if it `follows` one: with the state that the `plan` says, from then on with a
    tick of `tick_ns`, in the bank at `bank`, at `priority`.
    """

    follows: bool
    former: Former
    plan: Plan
    tick_ns: int
    bank: int
    priority: int


@njit(nogil=True, cache=True)
def run(v: kernel.View, latency: Words, duration: Words, succession: Succession) -> bool:
    """Tick until the control word `stop` is set, or until another program takes over: then True. `latency` and
    `duration` are histograms (int64).

    A program that follows another one has the thread in charge let go first, and goes on with the same phase; it
    returns at once when the hand-over is cancelled or declined.
    """
    number = 0
    if succession.follows:
        scheduling.rise(succession.priority)
        if not _carry_over(v, succession):
            scheduling.fall()
            return False
        number = v.control[_TICKS]
    else:
        v.control[_PHASE] = clock.now_ns() + v.control[_TICK_NS]
    has_left = _go_on(v, latency, duration, number)
    scheduling.fall()
    return has_left


@called_natively
def _go_on(v: kernel.View, latency: Words, duration: Words, number: int) -> bool:
    """From tick `number` on.

    A scan that runs past the next deadline counts as an overrun; the next tick then starts at once, and deadlines
    that have gone by altogether are skipped with their phase kept. Each task answers at most its latest release
    (`kernel._run_due`), so nothing queues up.

    The latency is that of waking up, as cyclictest has it: of a tick for which the thread had to wait, how much later
    than it had asked for. A tick that starts at once, because the one before it ran past its deadline, has none; by how
    much its tasks begin too late is in their own statistics.

    With freewheeling tasks, which may take as long as they like, nothing is an overrun. Between two ticks there is a
    pause then, of a quarter of a tick and of an eighth of what the scan took at least: the thread has a priority above
    everything else on its processor, and one that takes more than 95 % of it is held up by Linux for up to 50 ms.
    """
    tick_ns, start_ns = v.control[_TICK_NS], v.control[_PHASE]
    freewheels = (v.tasks[:, 1] == FREEWHEELING).any()
    earliest_ns = end_ns = 0
    while atomics.load(v.control, _STOP) == 0:
        deadline_ns = start_ns + number * tick_ns
        wanted_ns = max(deadline_ns, earliest_ns)
        had_to_wait = wanted_ns > end_ns
        now_ns = clock.sleep_until_ns(wanted_ns)
        kernel.tick(v, now_ns, number)
        end_ns = clock.now_ns()
        _reset_if_asked(v, latency, duration)
        if had_to_wait:
            histogram.record(latency, now_ns - wanted_ns)
        histogram.record(duration, end_ns - now_ns)
        if freewheels:
            earliest_ns = end_ns + max(tick_ns // _TICK_PAUSE, (end_ns - now_ns) // _SCAN_PAUSE)
        elif end_ns >= deadline_ns + tick_ns:
            v.control[_OVERRUNS] += 1
        done = number
        number = max(number + 1, (end_ns - start_ns) // tick_ns)
        v.control[_TICKS] = number
        is_ordered = atomics.load(v.control, _HANDOVER) == _ORDERED and done >= v.control[_HANDOVER_TICK]
        if is_ordered and handover.released(v.control, v.control[_STATE] == _FAULT):
            return True
    return False


@called_natively
def _carry_over(v: kernel.View, succession: Succession) -> bool:
    """Between two scans; False when it was cancelled or declined."""
    tick_ns = succession.tick_ns
    former_tick_ns, start_ns = v.control[_TICK_NS], v.control[_PHASE]
    number = v.control[_TICKS] + 1
    v.control[_HANDOVER_TICK] = number
    atomics.store(v.control, _HANDOVER, _ORDERED)
    clock.sleep_until_ns(start_ns + number * former_tick_ns + min(former_tick_ns // 4, _MOST_WAIT_NS))
    while atomics.load(v.control, _HANDOVER) != _RELEASED:
        if atomics.load(v.control, _HANDOVER) != _ORDERED or atomics.load(v.control, _STOP) != 0:
            return False
        clock.sleep_until_ns(clock.now_ns() + _POLL_NS)
    begun_ns = clock.now_ns()
    number = (v.control[_TICKS] - 1) * former_tick_ns // tick_ns + 1
    for task in range(v.tasks.shape[0]):
        v.tasks[task, 2] = (number - 1) // max(v.tasks[task, 1], 1)
    handover.carry(v, succession.former, succession.plan)
    v.control[_TICK_NS], v.control[_TICKS] = tick_ns, number
    atomics.store(v.control, _BANK, succession.bank)
    atomics.add(v.control, _CHANGES, 1)
    if v.control[_STATE] == _FAULT:  # of the program that was left; somebody wants the one before
        v.control[_FAULT_CODE] = 0
        atomics.store(v.control, _TRIPPED, 0)
        atomics.store(v.control, _SAFE_MODE, 0)
        atomics.store(v.control, _STATE, _RUN)
    journaling.begin_epoch(v, begun_ns, v.control[_STATE])
    v.control[_HANDOVER_NS] = clock.now_ns() - begun_ns
    atomics.store(v.control, _HANDOVER, _DONE)
    return True


@called_natively
def _reset_if_asked(v: kernel.View, latency: Words, duration: Words) -> None:
    if atomics.load(v.control, _RESET_STATISTICS) != 0:
        latency[:] = 0
        duration[:] = 0
        v.control[_OVERRUNS] = 0
        v.control[_LOST] = 0
        v.task_words[:] = 0
        v.task_latency[:] = 0
        v.task_duration[:] = 0
        atomics.store(v.control, _RESET_STATISTICS, 0)


@njit(nogil=True, cache=True)
def watch(control: Words, tasks: Words, period_ns: int, bank: int, priority: int) -> None:
    """Until the control word `stop` is set, or another bank than this one is in charge: trip the watchdog of a task
    (`tasks` as in `kernel`) that is still running after as many times its time as its sensitivity says. The outputs are
    safe from then on; the scan thread finds out when the task returns, if it does.
    """
    scheduling.rise(priority)
    at_ns = clock.now_ns()
    while atomics.load(control, _STOP) == 0 and atomics.load(control, _BANK) == bank:
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
    scheduling.fall()


class RealtimeThread:
    """The scan thread of one engine. `refused` lists, in plain words, what the operating system did not permit."""

    def __init__(
        self, block: Block, view: kernel.View, *, tick_ns: int, priority: int, cpu: int | None, stack_bytes: int
    ) -> None:
        self._block, self._view = block, view
        self._tick_ns, self._priority, self._cpu = tick_ns, priority, cpu
        self._stack_bytes = stack_bytes
        self._dma_latency: Any = None
        self._follows: tuple[Former, Plan] | None = None
        self.refused: list[str] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="scan", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Lock memory, hold the power states, start the thread; returns when it is about to tick."""
        self._block.set("tick_ns", self._tick_ns)
        load(self._block, self._view)
        self._attempt("memory is not locked (mlockall)", Realtime.LOCKED, self._lock_memory)
        self._attempt("the CPU may sleep deeply (/dev/cpu_dma_latency)", Realtime.DMA_LATENCY, self._hold_dma_latency)
        self._begin()
        self.start_watching()

    def _begin(self) -> None:
        with _STACK_SIZE:
            previous = threading.stack_size(self._stack_bytes)
            try:
                self._thread.start()
            finally:
                threading.stack_size(previous)
        self._ready.wait()

    def start_following(self, former: RealtimeThread, plan: Plan) -> None:
        """Start the thread, which takes over from `former`; how that gets on is in the control word `handover`. Once it
        is DONE, call `start_watching` here and `end_following` there.
        """
        resident.bring_in(self._block, self._view)
        self._follows = handover.former_of(former._view), plan
        self._begin()

    def end_following(self, next_: RealtimeThread) -> None:
        """Wait for the end of this thread, from which `next_` has taken over."""
        self._thread.join()
        self._join_watcher()
        next_._dma_latency = self._dma_latency

    def abandon(self) -> None:
        """Wait for the end of this thread, which was to take over and did not."""
        self._thread.join()

    def start_watching(self) -> None:
        if self._watched_ns:
            self._watcher.start()

    def _join_watcher(self) -> None:
        if self._watcher.ident is not None:
            self._watcher.join()

    def stop(self, timeout_s: float | None = None) -> bool:
        """End the thread after its present tick. False when that has not come to its end in time: nothing but the end
        of the process ends it then.
        """
        set_stop(self._block.control, 1)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._join_watcher()
        if self._dma_latency is not None:
            self._dma_latency.close()
        return True

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
        period_ns = max(_WATCH_LEAST_NS, self._watched_ns // 8)
        priority = _permitted_fifo(min(self._priority + 1, _MOST_PRIORITY) if self._priority > 0 else 0)
        watch(self._block.control, self._view.tasks, period_ns, self._block.bank_at, priority)

    def _main(self) -> None:
        if self._cpu is not None:
            self._attempt(f"not pinned to CPU {self._cpu}", Realtime.PINNED, self._pin)
        if self._priority > 0:
            refusal = f"no real-time priority (SCHED_FIFO {self._priority})"
            self._attempt(refusal, Realtime.FIFO, lambda: _use_fifo(self._priority))
        histograms = self._block.words("latency"), self._block.words("duration")
        if self._follows is None:
            self._block.set("state", EngineState.FAULT if standing_fault(self._block) else EngineState.STOP)
            succession = _from_nobody(self._view)
        else:
            priority = _permitted_fifo(self._priority)
            succession = Succession(True, *self._follows, self._tick_ns, self._block.bank_at, priority)
        with resident.locked_stack():
            self._ready.set()
            has_left = run(self._view, *histograms, succession)
        if not has_left and self._block.get("bank") == self._block.bank_at:
            self._block.set("state", EngineState.ENDED)

    def _attempt(self, refusal: str, permission: Realtime, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            self.refused.append(f"{refusal}: {error.strerror or error}")
        else:
            self._block.set("realtime", self._block.get("realtime") | permission)

    def _lock_memory(self) -> None:
        resident.lock_memory(self._block, self._view)

    def _pin(self) -> None:
        assert self._cpu is not None
        os.sched_setaffinity(0, {self._cpu})

    def _hold_dma_latency(self) -> None:
        """The kernel keeps the request for as long as the file is open."""
        self._dma_latency = Path("/dev/cpu_dma_latency").open("wb", buffering=0)  # noqa: SIM115 - held while running
        self._dma_latency.write((0).to_bytes(4, "little"))


def _use_fifo(priority: int) -> None:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))


def _permitted_fifo(priority: int) -> int:
    """This priority if the calling thread may have it, else 0. It is an ordinary thread afterwards, until native code
    has it rise.
    """
    try:
        _use_fifo(priority)
    except OSError:
        return 0
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return priority


def load(block: Block, view: kernel.View) -> None:
    """Have the loop compiled, or loaded from the cache, before anything depends on its punctuality: a run that is told
    to stop at once.
    """
    set_stop(block.control, 1)
    block.set("phase_ns", 0)
    histograms = block.words("latency"), block.words("duration")
    run(view, *histograms, _from_nobody(view))
    watch(block.control, view.tasks, 1, block.bank_at, 0)
    set_stop(block.control, 0)


def _from_nobody(view: kernel.View) -> Succession:
    return Succession(False, handover.former_of(view), handover.make_plan({}), 0, 0, 0)


@njit(nogil=True, cache=True)
def set_stop(control: Words, value: int) -> None:
    """1 asks the loop to end."""
    atomics.store(control, _STOP, value)
