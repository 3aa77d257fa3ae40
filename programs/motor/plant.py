"""The motor, its two contactors and its overload relay, behind the registers of a remote I/O in the cabinet.

    python programs/motor/plant.py --port 5021

serves them by Modbus TCP, and `--help` prints the registers; somebody stands at the panel then (`Demonstration`).

A contactor closes 60 ms after its command and opens 40 ms after it, unless it is welded or its coil is torn. The
winding warms with the square of the current; a blocked motor draws six times of what it draws else, and trips the relay
after a few seconds. The relay closes again when the winding has cooled down.

Read `step`: it is all of the physics, a pure function.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("stop", "discrete", 0, meaning="-S0 stop, normally closed: FALSE while pressed"),
    Register("forward", "discrete", 1, meaning="-S1 forward, TRUE while pressed"),
    Register("reverse", "discrete", 2, meaning="-S2 reverse, TRUE while pressed"),
    Register("reset", "discrete", 3, meaning="-S3 reset, TRUE while pressed"),
    Register("overload", "discrete", 4, meaning="-F1 overload relay, contact 95-96: FALSE when it has tripped"),
    Register("forward_on", "discrete", 5, meaning="-K1 contactor forward, contact 13-14: TRUE while closed"),
    Register("reverse_on", "discrete", 6, meaning="-K2 contactor reverse, contact 13-14: TRUE while closed"),
    Register("k1", "coil", 0, meaning="-K1 coil"),
    Register("k2", "coil", 1, meaning="-K2 coil"),
    Register("run_lamp", "coil", 2, meaning="-P1 green: the motor turns"),
    Register("fault_lamp", "coil", 3, meaning="-P2 red: a fault waits for its reset"),
)

CLOSES_S, OPENS_S = 0.06, 0.04
TRIPS_AT, CLOSES_AGAIN_AT = 2.0, 1.0  # warmth; running without load ends at 1.0 of the difference to the surroundings
BLOCKED_CURRENT = 6.0
THERMAL_S = 40.0
RUN_UP_S = 0.5


class Contactor(Struct, frozen=True):
    """`moves_s`: for how long its command has differed from what it is."""

    closed: bool = False
    moves_s: float = 0.0
    welded: bool = False
    torn: bool = False

    def after(self, command: bool, dt_s: float) -> Contactor:
        wanted = (command and not self.torn) or (self.welded and self.closed)
        moves_s = self.moves_s + dt_s if wanted is not self.closed else 0.0
        has_moved = moves_s >= (OPENS_S if self.closed else CLOSES_S)
        closed = wanted if has_moved else self.closed
        return Contactor(closed, 0.0 if has_moved else moves_s, self.welded, self.torn)


class State(Struct, frozen=True):
    """`speed` is -1 to 1. `short_circuit`: both contactors were closed at once; the fuses are gone."""

    forward: Contactor = Contactor()
    reverse: Contactor = Contactor()
    speed: float = 0.0
    warmth: float = 0.0
    tripped: bool = False
    short_circuit: bool = False


def step(state: State, forward: bool, reverse: bool, dt_s: float, *, blocked: bool = False) -> State:
    """The drive `dt_s` later. Pure."""
    k1, k2 = state.forward.after(forward, dt_s), state.reverse.after(reverse, dt_s)
    torque = (1.0 if k1.closed else 0.0) - (1.0 if k2.closed else 0.0)
    current = 0.0 if torque == 0.0 else BLOCKED_CURRENT if blocked else 1.0
    settled = current * current
    warmth = settled + (state.warmth - settled) * math.exp(-dt_s / THERMAL_S)
    speed = 0.0 if blocked else torque + (state.speed - torque) * math.exp(-dt_s / RUN_UP_S)
    tripped = warmth > (CLOSES_AGAIN_AT if state.tripped else TRIPS_AT)
    return State(k1, k2, speed, warmth, tripped, state.short_circuit or (k1.closed and k2.closed))


class Plant:
    """The drive behind its registers. `pressed` are the buttons under somebody's fingers."""

    def __init__(self) -> None:
        self.state = State()
        self.blocked = False
        self.pressed: set[str] = set()

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self.state = step(self.state, commands["k1"], commands["k2"], dt_s, blocked=self.blocked)

    def answers(self) -> Mapping[str, Any]:
        return {
            "stop": "stop" not in self.pressed,
            "forward": "forward" in self.pressed,
            "reverse": "reverse" in self.pressed,
            "reset": "reset" in self.pressed,
            "overload": not self.state.tripped,
            "forward_on": self.state.forward.closed,
            "reverse_on": self.state.reverse.closed,
        }


ROUND_S = 60.0
PRESS_S = 0.5
PRESSES = ((4.0, "forward"), (10.0, "reverse"), (12.0, "reverse"), (18.0, "stop"), (20.0, "forward"), (57.0, "reset"))
BLOCKED_S = (24.0, 27.0)


class Demonstration(Plant):
    """The drive with somebody at its panel, who does the same in every minute: forward, reverse, stop, forward again;
    then the load jams, the overload relay trips, and the fault is reset when the winding has cooled down. The first
    press waits until a PLC has started.
    """

    def __init__(self) -> None:
        super().__init__()
        self._time_s = 0.0

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self._time_s = (self._time_s + dt_s) % ROUND_S
        before, was_blocked = self.pressed, self.blocked
        self.pressed = {button for began_s, button in PRESSES if began_s <= self._time_s < began_s + PRESS_S}
        self.blocked = BLOCKED_S[0] <= self._time_s < BLOCKED_S[1]
        for button in self.pressed - before:
            print(f"somebody presses {button}", flush=True)
        if self.blocked and not was_blocked:
            print("the load jams", flush=True)
        super().step(commands, dt_s)


if __name__ == "__main__":
    sys.exit(main("motor", REGISTERS, Demonstration(), port=5021))
