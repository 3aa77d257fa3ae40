"""The vessel of the mixer, behind the registers of its remote I/O: what is in it, how warm and how well mixed it is.

    python programs/mixer/plant.py --port 5022

serves it by Modbus TCP, and `--help` prints the registers; people stand around the vessel then (`Demonstration`).

Read `step`: it is all of the physics, a pure function.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("start", "discrete", 0, meaning="start pushbutton, TRUE while pressed"),
    Register("abort", "discrete", 1, meaning="abort pushbutton, TRUE while pressed: the batch goes to the waste"),
    Register("sample_good", "discrete", 2, meaning="laboratory: release it"),
    Register("sample_bad", "discrete", 3, meaning="laboratory: mix again"),
    Register("empty", "discrete", 4, meaning="switch at the outlet, TRUE when nothing is left"),
    Register("heater_ok", "discrete", 5, meaning="heater without fault"),
    Register("water", "input", 0, "UDINT", 0.01, "litres of water since the reset of the meters"),
    Register("syrup", "input", 2, "UDINT", 0.01, "litres of syrup since the reset of the meters"),
    Register("temperature", "input", 4, "INT", 0.1, "degrees C in the vessel"),
    Register("water_valve", "coil", 0, meaning="TRUE opens"),
    Register("syrup_valve", "coil", 1, meaning="TRUE opens"),
    Register("product_valve", "coil", 2, meaning="TRUE opens the outlet to the filling line"),
    Register("waste_valve", "coil", 3, meaning="TRUE opens the outlet to the waste"),
    Register("stirrer", "coil", 4, meaning="stirrer on"),
    Register("heater", "coil", 5, meaning="heater on, 200 kW"),
    Register("meter_reset", "coil", 6, meaning="keeps both meters at zero"),
    Register("sample_lamp", "coil", 7, meaning="lamp: take a sample"),
    Register("busy", "coil", 8, meaning="lamp: a batch is under way"),
    Register("water_alarm", "coil", 9, meaning="lamp: water comes too slowly"),
    Register("syrup_alarm", "coil", 10, meaning="lamp: syrup comes too slowly"),
)

WATER_LPS, SYRUP_LPS, OUT_LPS = 2.0, 0.5, 4.0
AROUND_C, BOILING_C = 20.0, 100.0
HEATER_KW, LOSS_KW_PER_K = 200.0, 0.05
KJ_PER_L_K = 4.2
MIXED_S = 25.0  # at the stirrer, until a sample is good


class Outputs(Struct, frozen=True):
    """What the controller wants."""

    water: bool = False
    syrup: bool = False
    product: bool = False
    waste: bool = False
    stirrer: bool = False
    heater: bool = False
    meter_reset: bool = False


class State(Struct, frozen=True):
    """Litres in the vessel, and what the meters show; litres that have left it; faults."""

    litres: float = 0.0
    water_meter_l: float = 0.0
    syrup_meter_l: float = 0.0
    temperature_c: float = AROUND_C
    mixed_s: float = 0.0
    product_l: float = 0.0
    waste_l: float = 0.0
    boiled_dry: bool = False

    @property
    def empty(self) -> bool:
        return self.litres < 0.1


def step(state: State, outputs: Outputs, dt_s: float, *, water_pressure: bool = True) -> State:
    """The vessel `dt_s` later. Pure."""
    water = WATER_LPS * dt_s if outputs.water and water_pressure else 0.0
    syrup = SYRUP_LPS * dt_s if outputs.syrup else 0.0
    litres = state.litres + water + syrup
    product = min(litres, OUT_LPS * dt_s) if outputs.product else 0.0
    waste = min(litres - product, OUT_LPS * dt_s) if outputs.waste else 0.0
    temperature = AROUND_C
    if litres > 0.1:
        mixture = (state.litres * state.temperature_c + (water + syrup) * AROUND_C) / litres
        power_kw = (HEATER_KW if outputs.heater else 0.0) - LOSS_KW_PER_K * (mixture - AROUND_C)
        temperature = min(BOILING_C, mixture + power_kw * dt_s / (KJ_PER_L_K * litres))
    return State(
        litres=litres - product - waste,
        water_meter_l=0.0 if outputs.meter_reset else state.water_meter_l + water,
        syrup_meter_l=0.0 if outputs.meter_reset else state.syrup_meter_l + syrup,
        temperature_c=temperature,
        mixed_s=0.0 if litres <= 0.1 else state.mixed_s + (dt_s if outputs.stirrer else 0.0),
        product_l=state.product_l + product,
        waste_l=state.waste_l + waste,
        boiled_dry=state.boiled_dry or (outputs.heater and litres < 1.0),
    )


class Plant:
    """The vessel behind its registers, and what people say about it. `pressed` are the buttons under their fingers."""

    def __init__(self) -> None:
        self.state = State()
        self.water_pressure = True
        self.pressed: set[str] = set()

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        outputs = Outputs(
            water=commands["water_valve"],
            syrup=commands["syrup_valve"],
            product=commands["product_valve"],
            waste=commands["waste_valve"],
            stirrer=commands["stirrer"],
            heater=commands["heater"],
            meter_reset=commands["meter_reset"],
        )
        self.state = step(self.state, outputs, dt_s, water_pressure=self.water_pressure)

    def answers(self) -> Mapping[str, Any]:
        return {
            "start": "start" in self.pressed,
            "abort": "abort" in self.pressed,
            "sample_good": "sample_good" in self.pressed,
            "sample_bad": "sample_bad" in self.pressed,
            "empty": self.state.empty,
            "heater_ok": True,
            "water": self.state.water_meter_l,
            "syrup": self.state.syrup_meter_l,
            "temperature": self.state.temperature_c,
        }


PAUSE_S = 3.0
PRESS_S = 0.5
LABORATORY_S = 5.0


class Demonstration(Plant):
    """The vessel with people: one starts a batch whenever there is none, the laboratory finds the first sample of each
    batch bad and the second one good.
    """

    def __init__(self) -> None:
        super().__init__()
        self._idle_s = 0.0
        self._sample_s = 0.0
        self._samples = 0

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self._idle_s = 0.0 if commands["busy"] else self._idle_s + dt_s
        if not commands["busy"]:
            self._samples = 0
        elif self._sample_s and not commands["sample_lamp"]:
            self._samples += 1
        self._sample_s = self._sample_s + dt_s if commands["sample_lamp"] else 0.0
        before, self.pressed = self.pressed, set[str]()
        if self._idle_s % PAUSE_S >= PAUSE_S - PRESS_S:
            self.pressed.add("start")
        if self._sample_s >= LABORATORY_S:
            self.pressed.add("sample_good" if self._samples else "sample_bad")
        for button in self.pressed - before:
            print(f"somebody presses {button}", flush=True)
        super().step(commands, dt_s)


if __name__ == "__main__":
    sys.exit(main("mixer", REGISTERS, Demonstration(), port=5022))
