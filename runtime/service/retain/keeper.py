"""The thread that stores the retained variables of a running PLC.

Every `every_ns` it asks the engine for a snapshot, as any reader does, and stores the values if they have changed. It
waits for the engine and for the disk, and nobody waits for it but the end of the PLC, and that not for long. How it
gets on is in the control words `retained_*`; what fails is said once, counted, and tried again.

Only what a scan has left that came to its end is stored: nothing of a program that has not run yet, so that one which
cannot run takes nothing from the one before, and nothing of a scan that met a fault. A reset that is to keep less is
stored at once, scan or not: whoever has ordered it waits for that (`service.commands`).

*Why in the supervisor's process:* it holds the folder's lock, it outlives the engine, and whoever only waits for a disk
needs no process of 50 MB. *Why not in the engine:* a flush that hangs there would hold up its end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from msgspec import Struct

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.engine.states import EngineState
from runtime.image.block import Block
from runtime.image.snapshot import SnapshotReader
from runtime.service.retain.carrying import carry
from runtime.service.retain.image import gather
from runtime.service.retain.recalling import Recalled
from runtime.service.retain.status import SLOW_NS
from runtime.service.retain.stored import Stored, describe

END_S = 5.0
"""How long the end of a PLC waits for the last values to be stored."""
RETRY_NS = 1_000_000_000
"""At least, between two attempts that fail, and for a reset that waits for the disk also at most."""
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.01, 1.0
"""Between two looks whether the engine has answered: a quarter of its tick."""


class _Next(Struct, frozen=True):
    """The program that came to be in charge, `block` with its bank, and what is known of its values."""

    block: Block
    program: CompiledProgram
    values: bytes
    every_ns: int


class Keeper:
    """`begin` once the engine is at work, `end` when it is not any more."""

    def __init__(
        self,
        block: Block,
        program: CompiledProgram,
        recalled: Recalled,
        every_ns: int,
        say: Callable[[str], None],
    ) -> None:
        self._block, self._program, self._generations = block, program, recalled.generations
        self._every_ns, self._say = every_ns, say
        self._reader = SnapshotReader(block)
        description = describe(program)
        self._description = description.to_bytes()
        self._values, self._now_ns = recalled.values, 0
        self._is_slow = False
        stored = recalled.stored
        self._stored = stored.values if stored is not None and stored.description == description else None
        self._last: bytes | None = None
        self._resets = 0  # that are in `_values`
        self._ended, self._given_up, self._woken = threading.Event(), threading.Event(), threading.Event()
        self._lock_fd = -1
        self._next: _Next | None = None
        self._thread = threading.Thread(target=self._run, name=f"retained variables of {program.name}", daemon=True)

    @property
    def values(self) -> bytes:
        """The newest values of a finished scan that are known, stored or not: with them an engine begins that has to be
        started again.
        """
        next_ = self._next
        return self._values if next_ is None else next_.values

    def begin(self, lock_fd: int) -> None:
        """Start storing. The lock on the folder is held for as long as anything may still be written, also when nobody
        waits for that any more.
        """
        self._lock_fd = os.dup(lock_fd)
        self._thread.start()

    def end(self, last: bytes | None) -> bool:
        """Store the `last` values of an engine that has ended, None when they are not known, and stop. False when the
        disk did not answer in time.
        """
        self._last = last
        self._ended.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(END_S)
        if self._thread.is_alive():
            self._given_up.set()
        return not self._thread.is_alive()

    def follow(self, block: Block, program: CompiledProgram, every_ns: int) -> None:
        """Another program is in charge. Its values are those of the former one by name until a scan of its own is seen,
        and it is stored anew.
        """
        before = self._next
        former = self._program if before is None else before.program
        values, _ = carry(Stored(0, 0, 0, describe(former), self.values), program)
        self._next = _Next(block, program, values, every_ns)

    def watch(self, now_ns: int) -> None:
        """See to it that a reset is stored at once, and say, once, that the disk does not answer; to be called from
        time to time, by another thread.
        """
        if self._block.get("resets") > max(self._block.get("resets_before"), self._block.get("retained_resets")):
            self._woken.set()
        begun_ns = self._block.get("retained_begun_ns")
        is_slow = begun_ns > 0 and now_ns - begun_ns > SLOW_NS
        if is_slow and not self._is_slow:
            self._say(f"the disk has not taken the retained variables for {SLOW_NS // 1_000_000_000} s")
        self._is_slow = is_slow

    # ------------------------------------------------------------------------------------------------- in the thread

    def _run(self) -> None:
        try:
            due_ns = clock.monotonic_ns()
            while True:
                self._woken.wait((due_ns - clock.monotonic_ns()) / 1e9)
                self._woken.clear()
                if self._ended.is_set():
                    break
                due_ns = clock.monotonic_ns() + self._every_ns
                self._take_up()
                self._look()
                if not self._store():
                    due_ns = max(due_ns, clock.monotonic_ns() + RETRY_NS)
                    self._ended.wait(RETRY_NS / 1e9)
            self._take_up()
            if self._last is not None:
                self._values, self._now_ns = self._last, clock.monotonic_ns()
            if not self._store() and not self._given_up.is_set():
                self._say("the last values of the retained variables are not on the disk")
        finally:
            os.close(self._lock_fd)

    def _take_up(self) -> None:
        """Go on with the program that `follow` was told of, if any."""
        next_ = self._next
        if next_ is None:
            return
        self._block, self._program, self._values = next_.block, next_.program, next_.values
        self._every_ns, self._now_ns = next_.every_ns, clock.monotonic_ns()
        self._reader = SnapshotReader(next_.block)
        self._description, self._stored = describe(next_.program).to_bytes(), None
        if self._next is next_:
            self._next = None

    def _look(self) -> None:
        """Take the values as of a scan that ends after this call; until there is one, the old ones stay. Nobody answers
        for a program that has been left.
        """
        starts, resets = self._block.get("engine_starts"), self._block.get("resets")
        ticket = self._reader.request()
        pause_s = min(max(_LEAST_PAUSE_S, self._block.get("tick_ns") / 4e9), _MOST_PAUSE_S)
        while self._next is None and not self._ended.wait(pause_s):
            snapshot = self._reader.take(ticket)
            if snapshot is not None:
                before = max(self._resets, self._block.get("resets_before"))
                was_reset = resets > before and starts == self._block.get("engine_starts")
                if snapshot.state != EngineState.FAULT and (snapshot.scan > 0 or was_reset):
                    self._values = gather(self._program.retained, snapshot.memory)
                    self._now_ns = snapshot.now_ns
                    self._resets = resets if was_reset else self._resets
                return

    def _store(self) -> bool:
        """Store the values unless they are stored already."""
        values, now_ns, resets = self._values, self._now_ns, self._resets
        if now_ns == 0 or values == self._stored or not self._program.retained:
            self._block.set("retained_resets", resets)
            return True
        begun_ns = clock.monotonic_ns()
        self._block.set("retained_begun_ns", begun_ns)
        try:
            self._generations.commit(now_ns + clock.utc_offset_ns(), now_ns, self._description, values)
        except OSError as error:
            self._failed(error)
            return False
        finally:
            self._block.set("retained_begun_ns", 0)
        self._stored = values
        self._block.set("retained_resets", resets)
        self._succeeded()
        return True

    def _failed(self, error: OSError) -> None:
        number = error.errno or -1
        if self._block.get("retained_errno") != number and not self._given_up.is_set():
            self._say(f"retained variables cannot be stored: {error.strerror or error}; it is tried again")
        self._block.set("retained_errno", number)
        self._block.set("retained_failures", self._block.get("retained_failures") + 1)

    def _succeeded(self) -> None:
        if self._block.get("retained_errno") and not self._given_up.is_set():
            self._say("retained variables are stored again")
        self._block.set("retained_errno", 0)
        self._block.set("retained_ns", clock.monotonic_ns())
        self._block.set("retained_stored", self._block.get("retained_stored") + 1)
