"""The oven: a heater, a chamber that loses heat to the room, and a sensor that sees it later. Pure."""

from __future__ import annotations

from dataclasses import dataclass

AROUND_C = 20.0
HEATED_K = 400.0  # above the room, in the end, with the heater always on
CHAMBER_S, SENSOR_S = 600.0, 8.0


@dataclass(frozen=True, slots=True)
class State:
    chamber_c: float = AROUND_C
    sensor_c: float = AROUND_C


def step(state: State, heater: bool, dt_s: float, *, door_open: bool = False) -> State:
    """The oven `dt_s` later. An open door loses six times of what the walls lose."""
    loss = 6.0 if door_open else 1.0
    heated = HEATED_K if heater else 0.0
    chamber = state.chamber_c + (heated - loss * (state.chamber_c - AROUND_C)) * dt_s / CHAMBER_S
    return State(chamber, state.sensor_c + (chamber - state.sensor_c) * dt_s / SENSOR_S)
