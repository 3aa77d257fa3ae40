"""What happens to everybody while operators work: killed drivers and gateways, devices out of mood, ends of the
service, people who read recordings. Each is a thread with random numbers of its own.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from tests.faults.rig import ROOT
from tests.faults.served import environment
from tests.soak.designs import Form, files
from tests.soak.devices import LOST, Mood
from tests.soak.door import Interrupted
from tests.soak.model import Plc
from tests.soak.strangers import Stranger
from tests.soak.world import World, title

COMMAND_S = 500.0
RETURN_S = 60.0


class Disturber:
    """Acts again and again, after a pause of `pauses_s` (at least, at most), as long as it is wild."""

    pauses_s = (0.5, 3.0)

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = type(self).__name__
        self.chance = random.Random(f"{world.seed}/{self.name}")

    def run(self) -> None:
        try:
            while not self.world.ended.is_set():
                self.world.pause(self.chance.uniform(*self.pauses_s))
                with self.world.acting() as may, suppress(Interrupted):
                    if may and self.world.gate.is_up:
                        self.act()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the soak
            self.world.fail(self.name, error)

    def act(self) -> None:
        raise AssertionError("of each class")

    def tell(self, what: str, **facts: object) -> None:
        self.world.story.tell(self.name, what, **facts)


class Killer(Disturber):
    """SIGKILL for a driver process or a gateway, and now and then for the process in waiting."""

    pauses_s = (1.0, 6.0)

    def act(self) -> None:
        door = self.world.door(self.name)
        try:
            plc, role = self.chance.choice(self.world.plcs), self.chance.choice(("io", "gateway"))
            pid = self._pid(door.get(plc.path), role)
            if f"{role} of {plc.name}" not in title(pid):
                return
            if role == "io":
                plc.io_killed_s = time.monotonic()
            self.tell(f"kill {role}", plc=plc.name, pid=pid)
            os.kill(pid, signal.SIGKILL)
            back = self.world.wait_until(lambda: self._pid(door.get(plc.path), role) not in (0, pid), RETURN_S)
            if self.world.ended.is_set():
                return
            self.world.invariants.back.require(back is not None, f"{plc.name}: no other {role} process came")
            if role == "io":
                self._await_driver(plc)
                plc.io_back_s, plc.io_killed_s = time.monotonic(), None
        finally:
            door.close()

    def _await_driver(self, plc: Plc) -> None:
        """Until the next I/O process is at work: without one in waiting it has to be loaded first."""
        device, killed_s = plc.device, plc.io_killed_s
        if device is not None and killed_s is not None:
            self.world.wait_until(lambda: device.connected_s > killed_s or device.mood in LOST, RETURN_S)

    @staticmethod
    def _pid(detail: object, role: str) -> int:
        running = detail["running"] if isinstance(detail, dict) else None
        return next((row["pid"] for row in running["processes"] if row["role"] == role), 0) if running else 0


class Moods(Disturber):
    """A device gets out of mood and, after a while, well again."""

    pauses_s = (0.5, 4.0)

    def act(self) -> None:
        names = [plc.name for plc in self.world.plcs if plc.device is not None and not plc.design.is_steady]
        if not names:
            return
        name, mood = self.chance.choice(names), self.chance.choice([each for each in Mood if each is not Mood.WELL])
        self.tell("mood", device=name, mood=mood.name)
        self.world.field.turn(name, mood)
        self.world.pause(self.chance.uniform(1.0, 9.0) if mood in LOST else 3.0)
        self.world.field.turn(name, Mood.WELL)
        self.tell("well again", device=name)
        if self.chance.random() < 0.7:
            self.world.pause(self.chance.uniform(3.0, 8.0))


class Ends(Disturber):
    """The end of the service with all its processes, in order or by SIGKILL, and its return."""

    pauses_s = (40.0, 90.0)

    def act(self) -> None:
        self.world.end_service(by_kill=self.chance.random() < 0.6)
        self.world.pause(self.chance.uniform(0.0, 2.0))
        self.world.begin_service()


class Readers(Disturber):
    """Commands of people on the same machine: recordings are replayed while they are written, values are shown."""

    pauses_s = (2.0, 10.0)

    def act(self) -> None:
        plc = self.chance.choice(self.world.plcs)
        for command, check in (self._replay(plc), self._retain(plc), self._read(plc)):
            if self.chance.random() < 0.5 or self.world.ended.is_set():
                continue
            self.tell(f"rung {command[0]}", plc=plc.name)
            arguments = [sys.executable, "-m", "runtime.cli", *command, "--state", str(self.world.state)]
            done = subprocess.run(
                arguments,
                env={**environment(), "COLUMNS": "200"}, cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_S,
                check=False,
            )  # fmt: skip
            said = done.stdout + done.stderr
            self.world.invariants.log.see(f"rung {command[0]} {plc.name}", said.splitlines(keepends=True))
            check(done.returncode, said)

    def _replay(self, plc: Plc) -> tuple[list[str], Callable[[int, str], None]]:
        def check(status: int, said: str) -> None:
            if status != 3 or "no recording" not in said:  # nothing of it is on the disk yet
                self.world.invariants.recordings.read(plc.name, status, said)

        return ["replay", plc.name], check

    def _retain(self, plc: Plc) -> tuple[list[str], Callable[[int, str], None]]:
        def check(status: int, said: str) -> None:
            self.world.invariants.stored.read(plc.name, status, said)

        return ["retain", plc.name], check

    def _read(self, plc: Plc) -> tuple[list[str], Callable[[int, str], None]]:
        def check(status: int, said: str) -> None:  # 3: it does not run at the moment
            self.world.invariants.documented.require(status in (0, 3), f"rung read ended with {status}: {said[-500:]}")

        return ["read", plc.name, "Main.Setpoint"], check


class Visitors(Disturber):
    """A PLC that is uploaded, never started, and deleted."""

    pauses_s = (5.0, 20.0)

    def act(self) -> None:
        door, path = self.world.door(self.name), "/api/plcs/visitor"
        plc = self.chance.choice(self.world.plcs)
        self.tell("visitor", like=plc.name)
        try:
            uploaded = door.ask("PUT", f"{path}/program", {"files": files(plc.design, Form())})
            if uploaded.kind in ("check_failed", "busy"):  # a machine with much else to do
                return
            self.world.invariants.documented.require(uploaded.status in (200, 201), f"no visitor: {uploaded.body}")
            deleted = door.ask("DELETE", path)
            self.world.invariants.documented.require(deleted.status == 204, f"a visitor stays: {deleted.body}")
            gone = door.ask("GET", path)
            self.world.invariants.refused.see("a visitor that has left", {404: "unknown_plc"}, gone.status, gone.kind)
        finally:
            door.close()


class Strangers(Disturber):
    """Somebody at the HTTP door who means no good."""

    pauses_s = (0.5, 3.0)

    def act(self) -> None:
        stranger = Stranger(self.world, self.chance)
        what = self.chance.choice(sorted(stranger.ways))
        self.tell(f"stranger: {what}")
        stranger.ways[what]()


def clear(world: World) -> None:
    """For a calm: all devices answer, every killed driver has a successor."""
    for name, device in world.field.devices.items():
        if device.mood is not Mood.WELL:
            world.field.turn(name, Mood.WELL)


ALL: tuple[type[Disturber], ...] = (Killer, Moods, Ends, Readers, Strangers, Visitors)
