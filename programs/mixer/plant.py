"""The vessel of the mixer: what is in it, how warm it is and how well it is mixed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

WATER_LPS, SYRUP_LPS, OUT_LPS = 2.0, 0.5, 4.0
AROUND_C = 20.0
HEATER_KW, LOSS_KW_PER_K = 200.0, 0.05
KJ_PER_L_K = 4.2
MIXED_S = 25.0  # at the stirrer, until a sample is good


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the controller wants."""

    water: bool = False
    syrup: bool = False
    product: bool = False
    waste: bool = False
    stirrer: bool = False
    heater: bool = False
    meter_reset: bool = False


@dataclass(frozen=True, slots=True)
class State:
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
    water = WATER_LPS * dt_s if outputs.water and water_pressure else 0.0
    syrup = SYRUP_LPS * dt_s if outputs.syrup else 0.0
    litres = state.litres + water + syrup
    product = min(litres, OUT_LPS * dt_s) if outputs.product else 0.0
    waste = min(litres - product, OUT_LPS * dt_s) if outputs.waste else 0.0
    temperature = AROUND_C
    if litres > 0.1:
        mixture = (state.litres * state.temperature_c + (water + syrup) * AROUND_C) / litres
        power_kw = (HEATER_KW if outputs.heater else 0.0) - LOSS_KW_PER_K * (mixture - AROUND_C)
        temperature = mixture + power_kw * dt_s / (KJ_PER_L_K * litres)
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
