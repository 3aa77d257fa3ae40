"""The flight recorder: the thread that keeps, on the disk, what goes into each tick of a running PLC.

It empties the journal several times a second, packs what came and appends it to the recording. From time to time it
asks the engine for a keyframe: from there a replay can begin, and there it finds out whether it is right. Nobody waits
for it: while a disk does not answer, the journal fills up, and ticks that find no room in it are counted and missing.
How it gets on is in the control words `recorder_*`.

After a gap, after something that could not be written, and after the start of an engine, what comes is of no use until
there is a keyframe, so one is asked for at once.

*Why in the supervisor's process:* as with retained variables (`retain.keeper`), it outlives the engine, and a process
of its own would take more memory than all else that it needs.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import zstandard

from runtime import clock
from runtime.image.block import Block
from runtime.image.journal import BEFORE_THE_FIRST, KEY_EPOCH, KEY_NOW_NS, KEY_TICK, Journal, Keyframe
from runtime.service.recording import packing, scans
from runtime.service.recording.counts import scaling_of
from runtime.service.recording.described import Described, digest_of
from runtime.service.recording.folder import Folder
from runtime.service.recording.frames import Kind, Reach
from runtime.service.recording.recent import MOST_SCANS
from runtime.service.recording.scans import Scans

PERIOD_S = 0.2
"""Between two looks at the journal."""
LAST_S = 0.25
"""How long an engine that is about to end has for a keyframe."""
FLUSH_NS = 2_000_000_000
"""What is packed together; a kill of all processes takes back at most so much."""
FLUSH_BYTES = 4 << 20
"""Of images that wait to be packed, at most."""
KEYFRAME_NS, KEYFRAME_MOST_NS = 10_000_000_000, 600_000_000_000
KEYFRAME_BYTES_PER_S = 2048
"""Keyframes come so seldom that they take no more than this."""
FILE_NS = 3_600_000_000_000
"""After which a new file begins, even if there is room in the old one."""
RETRY_NS = 5_000_000_000
RECENT_S = 1.0
"""How long the report of a fault waits for the scans before it."""
END_S = 5.0
"""How long the end of a PLC waits for the last of it to be written."""
_LEVEL = 3


class Recorder:
    """`begin` before the engine's first tick, `end` when it has ended."""

    def __init__(
        self,
        block: Block,
        described: Described,
        path: Path,
        limit_bytes: int,
        say: Callable[[str], None],
        utc_offset_ns: Callable[[], int] = clock.utc_offset_ns,
    ) -> None:
        self._block, self._say, self._utc_offset_ns = block, say, utc_offset_ns
        self._journal = Journal(block)
        self._inputs = block.layout.inputs
        self._program = described.to_bytes()
        self._digest = digest_of(self._program)
        self._scaling = scaling_of(described.bound)
        self._next: tuple[Block, Described] | None = None  # in charge, or about to be
        self._folder = Folder(path, limit_bytes)
        self._waiting: list[Scans] = []
        self._waiting_since_ns = 0
        self._recent: deque[Scans] = deque()
        self._taken = threading.Condition()
        self._epoch = 0
        self._ticket: int | None = None  # of the keyframe that was asked for
        self._due_ns = self._begun_ns = 0
        self._retry_ns = 0
        self._woken, self._ending, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._is_ready_to_end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"recorder of {described.program.name}", daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def follow(self, block: Block, described: Described) -> None:
        """Another program has taken over, in the bank that `block` shows."""
        self._next = block, described

    def prepare_end(self) -> None:
        """The engine is about to end: have it make a keyframe, so that a run can be compared however short it was.
        Waits for a moment; an engine that does not answer goes without.
        """
        self._ending.set()
        self._woken.set()
        self._is_ready_to_end.wait(2 * LAST_S)

    def end(self) -> None:
        """Write what is left."""
        self._ended.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(END_S)
        if self._thread.is_alive():
            self._say("the disk has not taken the end of the recording; nobody waits for it any longer")

    def recent(self) -> list[Scans]:
        """The last ticks up to now, `recent.MOST_SCANS` and more, of the engine that writes; from any thread, which
        waits for a moment. Fewer where the disk does not answer.
        """
        head, epoch = self._journal.written, self._journal.epoch
        with self._taken:
            self._taken.wait_for(lambda: self._journal.read >= head, RECENT_S)
            return [each for each in self._recent if each.epoch == epoch]

    # ------------------------------------------------------------------------------------------------- in the thread

    def _run(self) -> None:
        while not self._ended.is_set():
            if self._ending.is_set() and not self._is_ready_to_end.is_set():
                self.see_last(clock.monotonic_ns())
                self._is_ready_to_end.set()
            self._woken.wait(PERIOD_S)
            self._woken.clear()
            if not self._ended.is_set():
                self.turn(clock.monotonic_ns())
        self.finish(clock.monotonic_ns())

    def turn(self, now_ns: int) -> None:
        """Record what has come, as the thread does several times a second."""
        self._attempt(self._look, now_ns)

    def see_last(self, now_ns: int) -> None:
        """Record a keyframe of this moment."""
        self._attempt(self._see_last, now_ns)

    def finish(self, now_ns: int) -> None:
        """The engine has ended: what it has left, and no keyframe any more."""
        self._attempt(self._end, now_ns)

    def _attempt(self, action: Callable[[int], None], now_ns: int) -> None:
        try:
            action(now_ns)
        except OSError as error:
            self._failed(error, now_ns)
        except scans.Damaged as error:  # an engine that was killed cannot leave that; another process may
            self._say(f"what the engine told could not be recorded: {error}")
            self._leave_file()
            self._due_ns = 0

    def _look(self, now_ns: int) -> None:
        if not self._block.is_current and self._next is None:
            return  # which program it is will be said soon
        self._take(now_ns)
        if self._journal.epoch != self._epoch:
            self._begin_epoch(self._journal.epoch, now_ns)
        self._look_for_keyframe(now_ns)
        size = sum(each.raw.nbytes for each in self._waiting)
        if self._waiting and (now_ns - self._waiting_since_ns >= FLUSH_NS or size >= FLUSH_BYTES):
            self._write_waiting()
        if self._epoch and self._ticket is None and now_ns >= max(self._due_ns, self._retry_ns):
            self._ticket = self._journal.request()

    def _see_last(self, now_ns: int) -> None:
        self._look(now_ns)
        if not self._epoch:
            return
        self._ticket = self._journal.request()
        deadline_ns = now_ns + int(LAST_S * 1e9)
        while not self._journal.is_served(self._ticket) and clock.monotonic_ns() < deadline_ns:
            time.sleep(LAST_S / 100)
        self._look_for_keyframe(now_ns)

    def _end(self, now_ns: int) -> None:
        self._take(now_ns)
        self._write_waiting()
        self._folder.flush()
        self._folder.close()

    def _take(self, now_ns: int) -> None:
        """Empty the journal."""
        with self._taken:  # whoever waits for `recent` finds what was taken
            stretches = scans.parse(self._journal.take(), self._inputs)
            self._recent += stretches
            while self._recent and sum(each.ticks for each in self._recent) - self._recent[0].ticks >= MOST_SCANS:
                self._recent.popleft()
            self._taken.notify_all()
        for stretch in stretches:
            if stretch.epoch != self._epoch:
                self._begin_epoch(stretch.epoch, now_ns)
            if not self._waiting:
                self._waiting_since_ns = now_ns
            self._waiting.append(stretch)
            if stretch.lost.any():
                self._due_ns = 0
        self._block.set("recorder_gaps", self._journal.gaps)

    def _begin_epoch(self, epoch: int, now_ns: int) -> None:
        """An engine was started, or another program took over: its first keyframe is there, unless that has happened
        again meanwhile.
        """
        self._write_waiting()
        self._folder.close()
        self._epoch, self._ticket, self._due_ns = epoch, None, 0
        if self._next is not None:
            (self._block, described), self._next = self._next, None
            self._journal, self._program = Journal(self._block), described.to_bytes()
            self._digest, self._scaling = digest_of(self._program), scaling_of(described.bound)
        first = self._journal.keyframe()
        if first is not None and (first.words[KEY_EPOCH], first.words[KEY_TICK]) == (epoch, BEFORE_THE_FIRST):
            self._begin_file(first, now_ns)

    def _look_for_keyframe(self, now_ns: int) -> None:
        """Write the keyframe that was asked for behind the ticks that it is about; begin a file with it when there is
        none, or when the present one is large or old.
        """
        if self._ticket is None or not self._journal.is_served(self._ticket):
            return
        self._ticket = None
        made = self._journal.keyframe()
        if made is None or made.words[KEY_EPOCH] != self._epoch:
            return
        self._take(now_ns)
        if made.words[KEY_EPOCH] != self._epoch:
            return  # another engine has begun since
        before, behind = _divided(self._waiting, int(made.words[KEY_TICK]))
        self._waiting = before
        self._write_waiting()
        if not self._folder.is_open or self._folder.is_full or now_ns - self._begun_ns > FILE_NS:
            if self._folder.is_open:
                self._write_keyframe(made, now_ns)
                self._folder.flush()
            self._begin_file(made, now_ns)
        else:
            self._write_keyframe(made, now_ns)
            self._folder.flush()
        self._waiting, self._waiting_since_ns = behind, now_ns
        if any(each.lost.any() for each in behind):
            self._due_ns = 0

    def _begin_file(self, first: Keyframe, now_ns: int) -> None:
        self._folder.begin(self._digest, self._program, self._utc_offset_ns())
        self._begun_ns = now_ns
        self._write_keyframe(first, now_ns)

    def _write_keyframe(self, made: Keyframe, now_ns: int) -> None:
        tick, of_tick_ns = int(made.words[KEY_TICK]), int(made.words[KEY_NOW_NS])
        data = zstandard.ZstdCompressor(level=_LEVEL).compress(made.whole.tobytes())
        size = self._folder.write(Kind.KEYFRAME, Reach(self._epoch, tick, tick, of_tick_ns, of_tick_ns), data)
        pause_ns = size * 1_000_000_000 // KEYFRAME_BYTES_PER_S
        self._due_ns = now_ns + min(max(KEYFRAME_NS, pause_ns), KEYFRAME_MOST_NS)
        self._succeeded(size)

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        parts = list[Scans]()
        if not waiting or not self._folder.is_open:
            return
        joined = scans.join(waiting)
        for first in np.flatnonzero(joined.lost)[::-1]:
            joined, behind = scans.cut(joined, int(first))
            parts.insert(0, behind)
        for part in [joined, *parts]:
            self._write_part(part)

    def _write_part(self, part: Scans) -> None:
        if not part.ticks:
            return
        reach = Reach(part.epoch, *(int(n) for n in (*part.tick[[0, -1]], *part.now_ns[[0, -1]])))
        size = self._folder.write(Kind.GAP, reach, b"") if part.lost[0] else 0
        size += self._folder.write(Kind.SCANS, reach, packing.pack(part, self._scaling))
        self._succeeded(size)

    def _failed(self, error: OSError, now_ns: int) -> None:
        number = error.errno or -1
        if self._block.get("recorder_errno") != number:
            self._say(f"what the PLC does cannot be recorded: {error.strerror or error}; it is tried again")
        self._block.set("recorder_errno", number)
        self._block.set("recorder_failures", self._block.get("recorder_failures") + 1)
        self._leave_file()
        self._retry_ns = self._due_ns = now_ns + RETRY_NS

    def _leave_file(self) -> None:
        """What waits would be of no use behind what is missing."""
        self._waiting.clear()
        with suppress(OSError):  # a file system may say only now what it has not written
            self._folder.close()

    def _succeeded(self, size: int) -> None:
        if self._block.get("recorder_errno"):
            self._say("what the PLC does is recorded again")
            self._block.set("recorder_errno", 0)
        self._block.set("recorder_bytes", self._block.get("recorder_bytes") + size)


def _divided(stretches: list[Scans], tick: int) -> tuple[list[Scans], list[Scans]]:
    """Those up to and with `tick`, and those behind it."""
    before, behind = list[Scans](), list[Scans]()
    for stretch in stretches:
        count = int(np.searchsorted(stretch.tick, tick, side="right"))
        first, second = scans.cut(stretch, count)
        before += [first] if first.ticks else []
        behind += [second] if second.ticks else []
    return before, behind
