"""A press that drops its parts on a belt, behind the registers of a remote I/O.

    python programs/line/plant.py --port 5026

serves them by Modbus TCP, and `--help` prints the registers. The ram takes 200 ms each way; at the bottom it leaves a
part at the beginning of the belt, which is a metre long and has a light barrier in front of its end.

Read `step`: it is all of the physics, a pure function.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("at_top", "discrete", 0, meaning="limit switch: TRUE while the ram is at the top"),
    Register("at_bottom", "discrete", 1, meaning="limit switch: TRUE while the ram is at the bottom"),
    Register("barrier", "discrete", 2, meaning="light barrier: TRUE while a part is in it"),
    Register("down", "coil", 0, meaning="valve: the ram goes down"),
    Register("up", "coil", 1, meaning="valve: the ram goes up"),
    Register("motor", "coil", 2, meaning="the belt runs"),
)

RAM_S = 0.2
BELT_M, BELT_M_PER_S = 1.0, 0.5
BARRIER_M = 0.9


class State(Struct, frozen=True):
    """`ram` is 0.0 at the top and 1.0 at the bottom; `parts` are metres from the beginning of the belt. `left`: parts
    that have gone over its end.
    """

    ram: float = 0.0
    parts: tuple[float, ...] = ()
    left: int = 0


def step(state: State, down: bool, up: bool, motor: bool, dt_s: float) -> State:
    """The line `dt_s` later. Pure."""
    way = (down - up) * dt_s / RAM_S
    ram = min(1.0, max(0.0, state.ram + way))
    moved = tuple(part + (BELT_M_PER_S * dt_s if motor else 0.0) for part in state.parts)
    stay = tuple(part for part in moved if part < BELT_M)
    pressed = (0.0,) if ram == 1.0 and state.ram < 1.0 else ()
    return State(ram, (*stay, *pressed), state.left + len(moved) - len(stay))


class Plant:
    """The line behind its registers."""

    def __init__(self) -> None:
        self.state = State()

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self.state = step(self.state, commands["down"], commands["up"], commands["motor"], dt_s)

    def answers(self) -> Mapping[str, Any]:
        return {
            "at_top": self.state.ram == 0.0,
            "at_bottom": self.state.ram == 1.0,
            "barrier": any(part >= BARRIER_M for part in self.state.parts),
        }


if __name__ == "__main__":
    sys.exit(main("line", REGISTERS, Plant(), port=5026))
