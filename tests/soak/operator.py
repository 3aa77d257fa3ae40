"""The operator of one PLC, a thread of its own: orders one thing after the other, and knows what has to come of it.

`orders` has what can be ordered. Here is what all orders need, and how a PLC is taken up again after the service was
ended.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from tests.soak.designs import Form, files
from tests.soak.door import Answer, Door, GivenUp, Interrupted
from tests.soak.hmi import Hmi
from tests.soak.invariants.fields import OUTPUTS_S
from tests.soak.invariants.work import BACK_S
from tests.soak.model import Plc
from tests.soak.world import World, title

TRIES = 20
HEAVY_PART = 0.4
_AGAIN = ("unavailable", "busy")
"""Refusals that say: ask again."""


class Operator:
    """`run` is the thread. `hmi` reads and writes by OPC UA. `deck` has what can be ordered, some of it `heavy`."""

    def __init__(
        self,
        world: World,
        plc: Plc,
        hmi: Hmi,
        deck: Mapping[str, Callable[[Operator], None]],
        heavy: Collection[str] = (),
    ) -> None:
        self.world, self.plc, self.hmi = world, plc, hmi
        self.chance, self.invariants = plc.chance, world.invariants
        self.before: Form | None = None
        """The version to which there is a way back."""
        self.door: Door = world.door(plc.name)
        self._deck, self._heavy = dict(deck), heavy

    def run(self) -> None:
        """Every order once, in any order, then all of them again."""
        try:
            dealt: list[str] = []
            while not self.world.ended.is_set():
                if self.plc.epoch != self.world.gate.epoch or not self.world.gate.is_up:
                    self.take_up()
                    continue
                with self.world.acting() as may:
                    if may:
                        dealt = dealt or self._deal()
                        self._obey(dealt.pop())
                self.world.pause(self.chance.uniform(0.0, 0.6))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the soak
            self.world.fail(self.plc.name, error)
        finally:
            self.door.close()

    def _deal(self) -> list[str]:
        """The names of the next orders; what is heavy is there now and then."""
        names = sorted(name for name in self._deck if name not in self._heavy or self.chance.random() < HEAVY_PART)
        return self.chance.sample(names, len(names))

    def _obey(self, name: str) -> None:
        self.tell(name)
        try:
            with self.plc.busy():
                self._deck[name](self)
        except Interrupted as error:
            self.tell("given up" if isinstance(error, GivenUp) else "interrupted", order=name)

    def tell(self, what: str, **facts: Any) -> None:
        self.world.story.tell(self.plc.name, what, **facts)

    # ------------------------------------------------------------------------------------------------- taking up again

    def deploy_first(self) -> None:
        """Bring the PLC to life."""
        with self.plc.busy():
            while self.plc.epoch != self.world.gate.epoch:
                with suppress(GivenUp):
                    self.activate(self.plc.form)
                    self.plc.epoch = self.world.gate.epoch

    def take_up(self) -> None:
        """The service was ended: wait until it is back and has brought the PLC back."""
        with self.plc.busy():
            while not self.world.ended.is_set():
                epoch = self.world.gate.epoch
                if not self.world.gate.await_up(1.0):
                    continue
                with suppress(Interrupted):
                    self._take_up()
                    self.plc.epoch = epoch
                    return

    def _take_up(self) -> None:
        if self.detail()["wanted"] == "stop":
            self.start()
        self.await_run("the service was ended")
        self.forget_engine(keep_forces=False)
        self.before = None
        self.plc.io_back_s, self.plc.io_killed_s = time.monotonic(), None
        active = self.detail()["active"]
        self.plc.form = next(form for form, digest in self.plc.digests.items() if digest == active)

    def forget_engine(self, *, keep_forces: bool) -> None:
        """Another engine runs: what is neither retained nor forced begins anew. All that was explained is over."""
        seen_s = time.monotonic()
        if not keep_forces:
            self.plc.forces = {}
        self.plc.begins_anew()
        self.invariants.scans.begins_anew(self.plc.name)
        if not self.world.gate.is_up:
            raise Interrupted
        self.invariants.retained.explained(self.plc.name, seen_s)

    # ----------------------------------------------------------------------------------------------------------- asking

    def detail(self) -> Any:
        return self.door.get(self.plc.path)

    def pid(self, role: str, detail: Any = None) -> int:
        """0 while there is none."""
        running = (detail or self.detail())["running"]
        return next((row["pid"] for row in running["processes"] if row["role"] == role), 0) if running else 0

    def standing(self) -> tuple[str, int]:
        """What must be the same after a refusal."""
        detail = self.detail()
        return str(detail["active"]), self.pid("engine", detail)

    def order(self, method: str, path: str, json: object = None) -> Answer:
        """An order below the PLC's path; while the service says so it is given again."""
        for _ in range(TRIES):
            answer = self.door.ask(method, self.plc.path + path, json)
            if answer.kind == "check_failed":  # a compiler has 30 s, and gives way to whoever else wants the processor
                raise GivenUp
            if answer.kind not in _AGAIN:
                return answer
            self.world.pause(0.2)
            if self.world.ended.is_set():
                raise Interrupted
        return answer

    def must(self, method: str, path: str, json: object = None) -> Any:
        """An order that has to be obeyed."""
        answer = self.order(method, path, json)
        self.invariants.documented.require(
            answer.ok, f"{self.plc.name}: {method} {path} {json} was refused: {answer.status} {answer.body}"
        )
        return answer.body

    def refused(self, what: str, expected: Mapping[int, str], method: str, path: str, json: object = None) -> Answer:
        """An order that must not be obeyed."""
        answer = self.order(method, path, json)
        self.invariants.refused.see(f"{self.plc.name}: {what}", expected, answer.status, answer.kind)
        return answer

    def values(self) -> dict[str, Any]:
        """All that is exposed, of one scan."""
        return {row["path"]: row["value"] for row in self.must("GET", "/variables")["variables"]}

    def await_state(self, why: str, *states: str, timeout_s: float = BACK_S) -> Any:
        """The detail once it is in one of these states."""
        found: list[Any] = []

        def is_there() -> bool:
            detail = self.detail()
            found.append(detail)
            return detail["state"] in states

        waited_s = self.world.wait_until(is_there, timeout_s)
        if self.world.ended.is_set():
            raise Interrupted
        self.invariants.unchanged.require(
            waited_s is not None,
            f"{self.plc.name}: {why}: not {states} but {found[-1]['state']} ({found[-1]['problem']})",
        )
        return found[-1]

    def await_run(self, why: str) -> None:
        began_s, last = time.monotonic(), ["?"]

        def runs() -> bool:
            detail = self.detail()
            last.append(f"{detail['state']} {detail['problem'] or ''}".strip())
            return detail["state"] == "run" and detail["running"]["scan"]["scans"] > 0

        waited_s = self.world.wait_until(runs, BACK_S)
        if self.world.ended.is_set() and waited_s is None:
            raise Interrupted
        self.invariants.back.see(
            self.plc.name, why, time.monotonic() - began_s, "run" if waited_s is not None else last[-1]
        )

    # --------------------------------------------------------------------------------------------------------- ordering

    def upload(self, form: Form) -> str:
        if form not in self.plc.digests:
            body = {"files": files(self.plc.design, form)}
            self.plc.digests[form] = str(self.must("PUT", "/program", body)["digest"])
        return self.plc.digests[form]

    def activate(self, form: Form) -> None:
        """With a restart. A version that was pruned meanwhile is uploaded again."""
        digest = self.upload(form)
        self.explain("orderly end")
        with self.plc.io_replaced():
            answer = self.order("POST", "/activate", {"digest": digest})
            if answer.kind == "unknown_version":
                del self.plc.digests[form]
                answer = self.order("POST", "/activate", {"digest": self.upload(form)})
            self.invariants.documented.require(answer.ok, f"{self.plc.name}: {form} was not activated: {answer.body}")
            self.await_run("it was activated")
        self.plc.form, self.before = form, None
        self.forget_engine(keep_forces=False)

    def start(self) -> None:
        self.must("POST", "/start")

    def explain(self, kind: str) -> None:
        """To be said before it is done."""
        self.invariants.retained.explain(self.plc.name, kind, time.monotonic())

    def kill_engine(self) -> None:
        """SIGKILL, and wait for its successor."""
        pid = self.pid("engine")
        self.explain("kill")
        if f"engine of {self.plc.name}" in title(pid):
            self.tell("kill engine", pid=pid)
            os.kill(pid, signal.SIGKILL)
        self.await_engine(pid)

    def await_engine(self, former: int) -> None:
        """Another engine runs the program."""
        self.world.wait_until(lambda: self.pid("engine") not in (0, former), BACK_S)
        self.await_run("its engine was killed")
        self.forget_engine(keep_forces=self.plc.design.keep_forces)

    def check_safe(self, why: str) -> None:
        """The outputs become safe and stay so for a moment, unless the device or its driver is disturbed."""
        device = self.plc.device
        if device is None:
            return
        began_s = time.monotonic()
        waited_s = self.world.wait_until(lambda: device.is_safe, OUTPUTS_S)
        safe_s = time.monotonic()
        self.world.pause(self.chance.uniform(0.1, 0.8))
        if self.world.ended.is_set() or not self.world.gate.is_up:
            return
        if self.world.is_reachable(self.plc) and device.steady_since_s < began_s and self.plc.io_back_s < began_s:
            self.invariants.safe.taken(self.plc.name, why, safe_s - began_s, waited_s is not None)
            self.invariants.safe.kept(self.plc.name, why, device.unsafe_since(safe_s))

    def calm_down(self) -> None:
        """Nothing forced and no trace of ours, for the calm."""
        with self.plc.busy(), suppress(Interrupted):
            self.must("DELETE", "/forces")
            for path, value in self.plc.forces.items():
                self.plc.written[path] = value
            self.plc.forces = {}
