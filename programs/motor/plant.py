"""The motor, its two contactors and its overload relay: all of the physics, a pure function.

A contactor closes 60 ms after its command and opens 40 ms after it, unless it is welded or its coil is torn. The
winding warms with the square of the current; a blocked motor draws six times of what it draws else, and trips the relay
after a few seconds. The relay closes again when the winding has cooled down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

CLOSES_S, OPENS_S = 0.06, 0.04
TRIPS_AT, CLOSES_AGAIN_AT = 2.0, 1.0  # warmth; running without load ends at 1.0 of the difference to the surroundings
BLOCKED_CURRENT = 6.0
THERMAL_S = 40.0
RUN_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Contactor:
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


@dataclass(frozen=True, slots=True)
class State:
    """`speed` is -1 to 1. `short_circuit`: both contactors were closed at once; the fuses are gone."""

    forward: Contactor = field(default_factory=Contactor)
    reverse: Contactor = field(default_factory=Contactor)
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
