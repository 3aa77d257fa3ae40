"""Who looks all the time: readers of variables, a prober of the service, an observer of outputs. Each is a thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.soak.devices import LOST
from tests.soak.door import Door, Interrupted
from tests.soak.hmi import Hmi
from tests.soak.invariants.counting import Counters
from tests.soak.invariants.fields import AGAIN_S
from tests.soak.model import Plc
from tests.soak.world import World

_HEALTH_TIMEOUT_S = 60.0


def watch(world: World, who: str, every_s: float, look: Callable[[], None]) -> None:
    """Call `look` until the end; an interrupted one is nothing."""
    try:
        while not world.ended.is_set():
            with suppress(Interrupted):
                look()
            world.pause(every_s)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the soak
        world.fail(who, error)


class VariableReader:
    """Reads all variables of a PLC over HTTP, of one scan, and judges them by what was known before and behind."""

    def __init__(self, world: World, plc: Plc) -> None:
        self._world, self._plc = world, plc
        self._door: Door = world.door(f"reader of {plc.name}")
        self.gaps = 0
        """Ticks that the recorder has counted as missing, the most that was seen."""

    def look(self) -> None:
        if not self._world.gate.is_up:
            self._door.close()
            return
        plc, glance = self._plc, self._plc.glance()
        asked_s = time.monotonic()
        answer = self._door.ask("GET", f"{plc.path}/variables")
        answered_s = time.monotonic()
        if not answer.ok:  # off, or being started
            return
        rows = {row["path"]: row for row in answer.body["variables"]}
        self._count(asked_s, answered_s, {path: row["value"] for path, row in rows.items()})
        is_steady = glance is not None and glance == plc.glance() and plc.epoch == self._world.gate.epoch
        if is_steady:
            self._compare(rows)
        self._judge_inputs(rows, answered_s, is_steady=is_steady)

    def _count(self, asked_s: float, answered_s: float, values: dict[str, Any]) -> None:
        plc, invariants = self._plc, self._world.invariants
        if plc.design.has_core:
            plain, kept, stays = (values[f"Main.{name}"] for name in ("Count", "Kept", "Stays"))
            if plain == 0 and kept == 0 and stays == 0:
                return  # an engine that has not come to the end of a scan yet
        else:
            plain, kept, stays = 0, values["Main.PumpStarts"], 0
        counters = Counters(asked_s, answered_s, plain, kept, stays)
        invariants.retained.see(plc.name, "http", plc.interval_s, plc.design.retain_every_ms / 1000, counters)
        if plc.design.name == "tasks":
            invariants.edges.see(plc.name, values["Main.Edges"], values["Main.Hits"])

    def _compare(self, rows: dict[str, Any]) -> None:
        plc, invariants = self._plc, self._world.invariants
        for path in plc.initial:
            row = rows[path]
            if path in plc.forces:
                invariants.forced.read(plc.name, path, plc.forces[path], row["value"], row["forced"])
            else:
                invariants.written.read(plc.name, path, plc.written[path], row["value"])
                invariants.forced.free(plc.name, path, row["forced"])

    def _judge_inputs(self, rows: dict[str, Any], now_s: float, *, is_steady: bool) -> None:
        plc, invariants, device = self._plc, self._world.invariants, self._plc.device
        if device is None:
            return
        mood, since_s = device.mood, device.since_s
        for path in plc.design.inputs:
            quality = rows[path]["quality"]
            if mood in LOST:
                invariants.lost.see(plc.name, path, now_s - since_s, quality)
            elif is_steady and plc.io_killed_s is None:
                well_s = now_s - max(device.steady_since_s, plc.io_back_s, plc.settled_s)
                if quality != "good" and well_s > AGAIN_S:
                    quality = f"{quality} ({rows[path]['reason']}, {self._door.get(plc.path)['running']['devices']})"
                invariants.again.see(plc.name, path, well_s, quality)

    def look_at_recorder(self) -> None:
        if self._world.gate.is_up:
            running = self._door.get(self._plc.path)["running"]
            if running and running["recorder"]:
                self.gaps = max(self.gaps, running["recorder"]["gaps"])


class HealthProber:
    """Asks whether the service answers, with a connection of its own each time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def look(self) -> None:
        gate = self._world.gate
        epoch = gate.epoch
        if not gate.is_up:
            return
        began_s = time.monotonic()
        try:
            response = httpx.get(f"{gate.url}/health", timeout=_HEALTH_TIMEOUT_S, trust_env=False)
        except httpx.TransportError as error:
            if gate.is_up and gate.epoch == epoch:
                self._world.invariants.answers.lost("GET /health", f"{type(error).__name__}: {error}")
            return
        if gate.is_up and gate.epoch == epoch:
            self._world.invariants.answers.health(time.monotonic() - began_s, response.status_code)


class OutputObserver:
    """Looks at what stands in the devices whose outputs change with every scan of a program."""

    def __init__(self, world: World) -> None:
        self._world = world

    def look(self) -> None:
        for plc in self._world.plcs:
            device = plc.device
            if device is None or not plc.design.has_core or not device.outputs:
                continue
            is_safe, written_s = device.is_safe, device.written_s
            if self._world.is_reachable(plc):
                since_s = max(written_s, device.steady_since_s, plc.io_back_s)
                self._world.invariants.driven.see(plc.name, max(0.0, time.monotonic() - since_s), is_safe)


def watchers(world: World, hmi: Hmi) -> dict[str, tuple[float, Callable[[], None]]]:
    """Name, period and what is looked at."""
    found: dict[str, tuple[float, Callable[[], None]]] = {
        "prober of the service": (0.1, HealthProber(world).look),
        "observer of outputs": (0.05, OutputObserver(world).look),
        "observer of screens": (0.5, lambda: hmi.look(time.monotonic())),
    }
    for plc in world.plcs:
        found[f"reader of {plc.name}"] = (0.15, VariableReader(world, plc).look)
    return found
