"""What all actors of a soak share: the service, the devices, what is known of each PLC, the invariants and the story.

Time goes by in wild phases, in which everybody acts, and calms, in which everybody has finished and what processes hold
is counted.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from tests.faults.served import Service, descendants
from tests.soak.designs import Design
from tests.soak.devices import LOST, Field
from tests.soak.door import Door, Gate
from tests.soak.invariants import All
from tests.soak.model import Plc
from tests.soak.story import Story

MARK = "RUNG_SOAK_OF"
"""A variable in the environment of every process that a soak has started."""
ENDS_S = 60.0
"""Within this the processes of a service that has ended are gone as well: each ends by itself as soon as it is idle."""
CALM_S = 600.0
"""Within this all that was begun has come to an end."""
RECENTLY_S = 2.0


class Failure(Struct, frozen=True):
    """What has ended the soak."""

    who: str
    error: BaseException


class World:
    """`ended` is set when the soak is over, for whatever reason; `wild` while people may act."""

    def __init__(self, folder: Path, seed: int, designs: list[Design], story: Story) -> None:
        self.folder, self.seed, self.story = folder, seed, story
        self.state = folder / "state"
        self.service = Service(self.state)
        self.gate, self.invariants = Gate(), All()
        self.field = Field(designs)
        self.plcs = [Plc(design, seed, self.field.devices.get(design.name)) for design in designs]
        self.ended, self.wild = threading.Event(), threading.Event()
        self.failure: Failure | None = None
        self._acting = 0
        self._doors: list[Door] = []
        self._settled = threading.Condition()

    def door(self, who: str) -> Door:
        """Closed at the end, at the latest."""
        self._doors.append(Door(who, self.gate, self.invariants, self.story))
        return self._doors[-1]

    def close_doors(self) -> None:
        """When all who use one have ended."""
        for door in self._doors:
            door.close()

    def fail(self, who: str, error: BaseException) -> None:
        """The first one counts."""
        with self._settled:
            if self.failure is None:
                self.failure = Failure(who, error)
                self.story.tell(who, "failure", error=f"{type(error).__name__}: {error}")
            self._settled.notify_all()
        self.ended.set()

    def pause(self, seconds: float) -> None:
        """Wait so long, or until the end."""
        self.ended.wait(seconds)

    def wait_until(self, condition: object, timeout_s: float) -> float | None:
        """How long it took until `condition()` was true; None when it did not become so, or the soak is over."""
        assert callable(condition)
        began_s = time.monotonic()
        while not condition():
            if time.monotonic() - began_s > timeout_s or self.ended.wait(0.02):
                return None
        return time.monotonic() - began_s

    # --------------------------------------------------------------------------------------------------- wild and calm

    @contextmanager
    def acting(self) -> Iterator[bool]:
        """Around everything that disturbs; yields false when it is calm, or all is over."""
        with self._settled:
            may = self.wild.is_set() and not self.ended.is_set()
            self._acting += may
        try:
            yield may
        finally:
            with self._settled:
                self._acting -= may
                self._settled.notify_all()

    def calm(self) -> None:
        """Return when nobody acts any more."""
        self.wild.clear()
        with self._settled:
            settled = self._settled.wait_for(lambda: not self._acting or self.ended.is_set(), CALM_S)
        if not settled:
            raise TimeoutError(f"after {CALM_S:g} s somebody is still at work: {self.story.last()[-5:]}")

    # ---------------------------------------------------------------------------------------------- ends of the service

    def explain_to_all(self, kind: str) -> None:
        now_s = time.monotonic()
        for plc in self.plcs:
            self.invariants.retained.explain(plc.name, kind, now_s)

    def begin_service(self) -> None:
        self.service.start()
        self.gate.open(self.service.url, self.service.token)
        self.story.tell("service", "starts", pid=self.pid)

    def end_service(self, *, by_kill: bool) -> None:
        """With all its processes. Whoever waits for an answer is told beforehand."""
        began_s = time.monotonic()
        self.gate.shut()
        self.explain_to_all("kill" if by_kill else "orderly end")
        self.story.tell("service", "is killed" if by_kill else "is stopped")
        if by_kill:
            self._kill_service()
        else:
            left, whose = descendants(self.pid), "a service that was stopped has"
            status = self.service.stop()
            self.invariants.nothing.see(whose, [] if status == 0 else [f"exit status {status}"])
            self._await_ends(left, whose)
        for plc in self.plcs:
            device = plc.device
            if device is not None and (device.mood in LOST or device.steady_since_s > began_s):
                plc.io_killed_s = began_s  # the safe values could not be written to it before all had ended

    def _kill_service(self) -> None:
        """SIGKILL; all that it had started has to end by itself."""
        left = descendants(self.pid)
        os.kill(self.pid, signal.SIGKILL)
        self.service.await_end()
        self._await_ends(left, "a service that was killed has")

    def _await_ends(self, left: Sequence[int], whose: str) -> None:
        deadline_s = time.monotonic() + ENDS_S
        while there := [f"{pid} {title(pid)}" for pid in left if lives(pid)]:
            if time.monotonic() > deadline_s:
                self.invariants.nothing.see(whose, there)
            threading.Event().wait(0.05)
        self.invariants.nothing.see(whose, there)

    @property
    def pid(self) -> int:
        assert self.service.process is not None
        return self.service.process.pid

    # -------------------------------------------------------------------------------------------------- what is excused

    def is_reachable(self, plc: Plc) -> bool:
        """Whether its device can be written to, and could for a while."""
        assert plc.device is not None
        steady = time.monotonic() - plc.device.since_s > RECENTLY_S
        return plc.device.mood not in LOST and steady and plc.io_killed_s is None and self._was_left_safe(plc)

    def _was_left_safe(self, plc: Plc) -> bool:
        """Whether a driver that is being replaced, if one is, could write the safe values before it ended."""
        assert plc.device is not None
        replaced_s = plc.io_replaced_s
        return replaced_s is None or plc.device.steady_since_s < replaced_s - RECENTLY_S

    def close(self) -> None:
        """Of whatever is still there."""
        self.ended.set()
        try:
            if self.service.process is not None:
                self.gate.shut()
                self._kill_service()
        finally:
            self.field.close()


def lives(pid: int) -> bool:
    """Whether the process is there, as more than an entry in the table."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def title(pid: int) -> str:
    """What `ps` shows of it."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def marked(value: str) -> list[int]:
    """Processes that the soak of this mark has started, this one apart, and those with a title of their own."""
    found: list[int] = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_ours = f"{MARK}={value}".encode() in (place / "environ").read_bytes().split(b"\0")
            if is_ours and int(place.name) != os.getpid() and lives(int(place.name)):
                found.append(int(place.name))
    return found
