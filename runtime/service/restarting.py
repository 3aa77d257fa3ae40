"""What becomes of a PLC after a fault, by `on_fault`: it stays where it is, or is reset warm and started again.

| `on_fault` | after a fault | after the end of the engine process in the midst of a run |
|---|---|---|
| `stop` | stays in FAULT | another engine runs the program |
| `restart` | reset warm and started again after 1 s, 2 s, 4 s, up to 60 s | the same |
| `restart-limited` | the same, up to so many times in so long; then safe mode | counts as well; then safe mode |

A watchdog whose task does not return ends its process; that counts once, as the fault which the next engine stands in.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from runtime import clock
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.service import fault, post_mortem, safe_mode
from runtime.service.bound import EngineSettings
from runtime.service.config.durations import format_duration
from runtime.service.plant import Plant
from runtime.service.recording import recent
from runtime.service.recording.recorder import Recorder
from runtime.service.safe_mode import SafeMode

log = logging.getLogger("rung")

SETTLE_S = 5.0
PAUSE_FIRST_NS, PAUSE_MOST_NS = 1_000_000_000, 60_000_000_000


class Restarting:
    """Decides for one supervisor. `safe_mode` is None while the PLC may run."""

    def __init__(self, block: Block, settings: EngineSettings, folder: Path, say: Callable[[str, str], None]) -> None:
        self._block, self._settings, self._folder = block, settings, folder
        self._say_as = say
        self._writer = Writer()
        self._incidents: deque[int] = deque()
        self._pause_ns = PAUSE_FIRST_NS
        self.safe_mode: SafeMode | None = safe_mode.read(folder)
        if self.safe_mode is not None:
            block.set("safe_mode", 1)
            self._say(safe_mode.sentence(self.safe_mode))

    def tell_fault(self, now_ns: int, plant: Plant, memory: NDArray[np.uint8], recorder: Recorder | None) -> None:
        """The program has met the fault that is in `memory`, a copy of it: tell of it, keep its report, with what the
        recorder knows of the scans before, and count it.
        """
        sources = plant.project.sources
        found = fault.report(plant.program, memory)
        for line in found.lines(sources) if found is not None else ["fault"]:
            self._say_as("engine", line)
        if found is not None and self.safe_mode is None:
            utc_ns = now_ns + clock.utc_offset_ns()

            def keep() -> None:
                report = post_mortem.collect(plant.program, memory, sources, found, utc_ns)
                known = recorder.recent() if recorder is not None else []
                report["scans"] = recent.rows(plant.program, plant.bound, known, report["scan"])
                self._say(post_mortem.keep(self._folder, report, utc_ns))

            self._writer.do(keep)
        self.fault(now_ns, found.shortly if found is not None else "a fault")

    def _say(self, text: str) -> None:
        self._say_as("supervisor", text)

    def end(self) -> None:
        """Of the supervisor: a reset that nobody has seen yet still counts."""
        self.look()
        if not self.settle():
            self._say("the disk has not taken what became of faults; nobody waits for it any longer")

    def settle(self) -> bool:
        """Wait a moment until all is on the disk; false when it does not come to an end."""
        return self._writer.settle()

    def fault(self, now_ns: int, what: str) -> None:
        """The program stands in a fault, which `what` names in a few words."""
        self._count(now_ns, what)

    def engine_gone(self, now_ns: int, why: str) -> None:
        """The engine process is no more, and nobody had asked it to end. To be told before anything is written into the
        memory that it has left.
        """
        in_midst = self._block.get("state") == EngineState.RUN and not self._block.get("tripped")
        if in_midst:
            self._count(now_ns, f"the engine process ended, {why}")

    def is_due(self, since_ns: int, now_ns: int) -> bool:
        """Whether a program that stands in a fault since then is to be started again now."""
        if self._settings.on_fault == "stop" or self.safe_mode is not None or now_ns - since_ns <= self._pause_ns:
            return False
        self._pause_ns = min(self._pause_ns * 2, PAUSE_MOST_NS)
        return True

    def look(self) -> None:
        """The engine forgets safe mode when it obeys a reset, which nobody but a person orders in it."""
        if self.safe_mode is None or self._block.get("safe_mode"):
            return
        self._write("the end of safe mode cannot be written down", lambda: safe_mode.leave(self._folder))
        self.safe_mode = None
        self._incidents.clear()
        self._pause_ns = PAUSE_FIRST_NS
        self._say("safe mode has ended: the PLC was reset")

    def _count(self, now_ns: int, what: str) -> None:
        limit, within_ns = self._settings.restart_most, self._settings.restart_within_ns
        if self._settings.on_fault != "restart-limited" or self.safe_mode is not None:
            return
        self._incidents.append(now_ns)
        while now_ns - self._incidents[0] > within_ns:
            self._incidents.popleft()
        if len(self._incidents) <= limit:
            return
        allowed = f"{limit} restarts in {format_duration(within_ns)} are allowed"
        self._enter(SafeMode(now_ns + clock.utc_offset_ns(), f"{allowed}; the last fault was: {what}"))

    def _enter(self, mode: SafeMode) -> None:
        self._block.set("safe_mode", 1)
        self.safe_mode = mode
        failed = "safe mode cannot be written down and will not outlast this run"
        self._write(failed, lambda: safe_mode.enter(self._folder, mode))
        self._say(safe_mode.sentence(mode))

    def _write(self, failed: str, action: Callable[[], None]) -> None:
        def write() -> None:
            try:
                action()
            except OSError as error:
                self._say(f"{failed}: {error.strerror or error}")

        self._writer.do(write)


class Writer:
    """A thread for what the disk may take its time for: the supervisor waits for nobody while a PLC runs. What is given
    to it is done in its order; whatever goes wrong is logged and disturbs nothing.
    """

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def do(self, action: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reports", daemon=True)
            self._thread.start()
        self._work.put(action)

    def settle(self, timeout_s: float = SETTLE_S) -> bool:
        """Wait until all that was given so far is done."""
        if self._thread is None:
            return True
        done = threading.Event()
        self._work.put(done.set)
        return done.wait(timeout_s)

    def _run(self) -> None:
        while True:
            action = self._work.get()
            try:
                action()
            except Exception:  # the diagnosis shall not end the patient
                log.exception("what became of a fault could not be kept")
