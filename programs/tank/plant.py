"""The water tank that this program controls: physics, and the registers of the device before it.

    python programs/tank/plant.py --port 5020 [--speed 1] [--ready-fd N]

serves it by Modbus TCP, and `--help` prints the registers. So that a demonstration runs unattended, an operator presses
start for a second in every five until the pump has run.

Read `step`: it is all of the physics, a pure function that tests call with whatever time they like. `Plant` connects
it to the registers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("start", "discrete", 0, meaning="start pushbutton, TRUE while pressed"),
    Register("stop", "discrete", 1, meaning="stop pushbutton, normally closed: FALSE while pressed"),
    Register("pump_running", "discrete", 2, meaning="contactor feedback, 0.3 s behind the command"),
    Register("pump_damaged", "discrete", 3, meaning="latched: it ran dry for more than 5 s and stands still"),
    Register("low_low", "discrete", 4, meaning="float switch, TRUE below 0.30 m"),
    Register("overflow", "discrete", 5, meaning="water spills over the rim"),
    Register("inflow", "input", 0, "INT", 0.1, "l/s through the inlet valve"),
    Register("outflow", "input", 1, "INT", 0.1, "l/s through the pump"),
    Register("temperature", "input", 2, "INT", 0.1, "pump bearing, degrees C"),
    Register("valve_position", "input", 3, "UINT", 0.01, "percent, where the valve is"),
    Register("level", "input", 4, "REAL", meaning="m, 0 to 5"),
    Register("demand", "input", 6, "INT", 0.1, "l/s that the consumer wants now"),
    Register("spilled", "input", 8, "UDINT", meaning="litres over the rim since the start"),
    Register("valve", "holding", 0, "UINT", 0.01, "percent wanted of the inlet valve, at most 100"),
    Register("pump", "coil", 0, meaning="pump command"),
    Register("alarm", "coil", 1, meaning="horn, without effect on the water"),
    Register("pump_repair", "coil", 2, meaning="exchanges a damaged pump while it is commanded off"),
)

AREA_M2 = 0.2  # slender, so that a demonstration of twenty seconds sees the level settle
RIM_M = 5.0
LOW_LOW_M = 0.30
SUCTION_LOST_M = 0.10  # the pump draws air below
SUCTION_BACK_M = 0.15  # and water again above
INFLOW_MAX_LPS = 80.0
VALVE_PERCENT_PER_S = 25.0
CONTACTOR_S = 0.3
DRY_LIMIT_S = 5.0
HOT_C = 120.0  # several dry spells in a row damage the pump as well
DRY_KELVIN_PER_S = 12.0
REST_C, WORKING_C, THERMAL_S = 20.0, 35.0, 10.0


class Inputs(Struct, frozen=True):
    """What the controller wants."""

    valve_percent: float = 0.0
    pump: bool = False
    repair: bool = False


class State(Struct, frozen=True):
    """The plant at one moment. Totals in litres since the start."""

    time_s: float = 0.0
    level_m: float = 1.5
    valve_percent: float = 0.0
    commanded_s: float = 0.0  # how long the pump has been commanded on
    running: bool = False
    primed: bool = True  # water stands at the suction
    dry_s: float = 0.0  # how long the pump has been running dry, in one go
    damaged: bool = False
    temperature_c: float = REST_C
    inflow_lps: float = 0.0
    outflow_lps: float = 0.0
    spilling: bool = False
    supplied_l: float = 0.0
    drawn_l: float = 0.0
    spilled_l: float = 0.0


def demand_lps(time_s: float) -> float:
    """What the consumer wants: 30 l/s with a slow swing of a fifth, and a fifth more for 6 s in every 25 s."""
    swing = 0.2 * math.sin(2 * math.pi * time_s / 40.0)
    rush = 0.2 if time_s % 25.0 >= 19.0 else 0.0
    return 30.0 * (1.0 + swing + rush)


def step(state: State, inputs: Inputs, dt_s: float) -> State:
    """The plant `dt_s` later. Pure. Meant for steps well below a second."""
    wanted = min(max(inputs.valve_percent, 0.0), 100.0)
    stroke = VALVE_PERCENT_PER_S * dt_s
    valve = min(max(wanted, state.valve_percent - stroke), state.valve_percent + stroke)

    repaired = inputs.repair and not inputs.pump
    damaged = state.damaged and not repaired
    commanded_s = state.commanded_s + dt_s if inputs.pump else 0.0
    running = commanded_s >= CONTACTOR_S and not damaged
    primed = state.level_m > (SUCTION_LOST_M if state.primed else SUCTION_BACK_M)

    inflow = INFLOW_MAX_LPS * valve / 100.0
    outflow = demand_lps(state.time_s) if running and primed else 0.0
    volume_l = state.level_m * AREA_M2 * 1000.0 + (inflow - outflow) * dt_s
    spill_l = max(0.0, volume_l - RIM_M * AREA_M2 * 1000.0)

    dry_s = state.dry_s + dt_s if running and not primed else 0.0
    if dry_s > 0.0:
        temperature = state.temperature_c + DRY_KELVIN_PER_S * dt_s
    else:
        settled = WORKING_C if running else REST_C
        temperature = settled + (state.temperature_c - settled) * math.exp(-dt_s / THERMAL_S)
    return State(
        time_s=state.time_s + dt_s,
        level_m=(volume_l - spill_l) / (AREA_M2 * 1000.0),
        valve_percent=valve,
        commanded_s=commanded_s,
        running=running,
        primed=primed,
        dry_s=dry_s,
        damaged=damaged or dry_s > DRY_LIMIT_S or temperature > HOT_C,
        temperature_c=temperature,
        inflow_lps=inflow,
        outflow_lps=outflow,
        spilling=spill_l > 0.0,
        supplied_l=state.supplied_l + inflow * dt_s,
        drawn_l=state.drawn_l + outflow * dt_s,
        spilled_l=state.spilled_l + spill_l,
    )


def presses_start(time_s: float, pump_has_run: bool) -> bool:
    """The operator's finger, `time_s` after the first request of a controller."""
    return not pump_has_run and 1.0 <= time_s % 5.0 < 2.0


class Plant:
    """The tank behind its registers, with the operator before it."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._since_start_s = 0.0
        self._pump_has_run = False

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        inputs = Inputs(
            valve_percent=commands["valve"], pump=commands["pump"], repair=commands.get("pump_repair", False)
        )
        self.state = step(self.state, inputs, dt_s)
        self._since_start_s += dt_s
        self._pump_has_run = self._pump_has_run or self.state.running

    def answers(self) -> Mapping[str, Any]:
        state = self.state
        return {
            "start": presses_start(self._since_start_s, self._pump_has_run),
            "stop": True,
            "pump_running": state.running,
            "pump_damaged": state.damaged,
            "low_low": state.level_m < LOW_LOW_M,
            "overflow": state.spilling,
            "inflow": state.inflow_lps,
            "outflow": state.outflow_lps,
            "temperature": state.temperature_c,
            "valve_position": state.valve_percent,
            "level": state.level_m,
            "demand": demand_lps(state.time_s),
            "spilled": int(state.spilled_l) % 2**32,
        }


if __name__ == "__main__":
    sys.exit(main("tank", REGISTERS, Plant(), port=5020))
