"""The oven, behind the registers of its remote I/O: a heater, a chamber that loses heat to the room, and a sensor that
sees it later.

    python programs/oven/plant.py --port 5023

serves it by Modbus TCP, and `--help` prints the registers; a baker works with it then (`Demonstration`).

Read `step`: it is all of the physics, a pure function.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("on", "discrete", 0, meaning="switch: the baker wants heat"),
    Register("acknowledge", "discrete", 1, meaning="pushbutton, TRUE while pressed: takes the alarm back"),
    Register("temperature", "input", 0, "INT", 0.1, "degrees C of the sensor; a broken one shows -50 or 850"),
    Register("heater", "coil", 0, meaning="contactor of the heater"),
    Register("ready", "coil", 1, meaning="lamp: bring the bread"),
    Register("alarm", "coil", 2, meaning="lamp: too hot, or no temperature"),
)

AROUND_C = 20.0
HEATED_K = 400.0  # above the room, in the end, with the heater always on
CHAMBER_S, SENSOR_S = 600.0, 8.0


class State(Struct, frozen=True):
    chamber_c: float = AROUND_C
    sensor_c: float = AROUND_C


def step(state: State, heater: bool, dt_s: float, *, door_open: bool = False) -> State:
    """The oven `dt_s` later. Pure. An open door loses six times of what the walls lose."""
    loss = 6.0 if door_open else 1.0
    heated = HEATED_K if heater else 0.0
    chamber = state.chamber_c + (heated - loss * (state.chamber_c - AROUND_C)) * dt_s / CHAMBER_S
    return State(chamber, state.sensor_c + (chamber - state.sensor_c) * dt_s / SENSOR_S)


class Plant:
    """The oven behind its registers. `shown_c` is what a broken sensor shows."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.is_on = True
        self.acknowledged = False
        self.door_open = False
        self.shown_c: float | None = None

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self.state = step(self.state, commands["heater"], dt_s, door_open=self.door_open)

    def answers(self) -> Mapping[str, Any]:
        return {
            "on": self.is_on,
            "acknowledge": self.acknowledged,
            "temperature": self.state.sensor_c if self.shown_c is None else self.shown_c,
        }


WARM_C = 150.0  # from yesterday's last bread, so that a demonstration need not wait for five minutes
BAKING_S = 120.0
DOOR_S = 15.0


class Demonstration(Plant):
    """The oven with a baker, who opens the door for a quarter of a minute two minutes after it has become ready."""

    def __init__(self) -> None:
        super().__init__(State(WARM_C, WARM_C))
        self._ready_s = 0.0
        self._open_s = 0.0

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self._ready_s = self._ready_s + dt_s if commands["ready"] else 0.0
        self._open_s = max(0.0, self._open_s - dt_s)
        if self._ready_s >= BAKING_S:
            self._ready_s, self._open_s = 0.0, DOOR_S
            print("the baker opens the door", flush=True)
        self.door_open = self._open_s > 0.0
        super().step(commands, dt_s)


if __name__ == "__main__":
    sys.exit(main("oven", REGISTERS, Demonstration(), port=5023))
