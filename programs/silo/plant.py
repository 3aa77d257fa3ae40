"""Three silos, the conveyor over them and its diverter, behind the registers of one remote I/O.

    python programs/silo/plant.py --port 5024

serves them by Modbus TCP, and `--help` prints the registers.

What falls into a silo makes a cone under the level sensor, which so shows more than there is; when nothing falls any
more, the cone slides down. Read `step`: it is all of the physics, a pure function.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("level_1", "input", 0, "UINT", 0.01, "percent, as the sensor of silo 1 sees it"),
    Register("level_2", "input", 1, "UINT", 0.01, "percent, as the sensor of silo 2 sees it"),
    Register("level_3", "input", 2, "UINT", 0.01, "percent, as the sensor of silo 3 sees it"),
    Register("diverter", "holding", 0, "INT", meaning="the silo that the conveyor feeds, 0 for none"),
    Register("conveyor", "coil", 0, meaning="conveyor on"),
)

FED_PERCENT_PER_S = 4.0
DRAWN_PERCENT_PER_S = (0.5, 0.7, 0.9)  # by the machines below
CONE_PERCENT, SLIDES_S = 1.5, 0.8
FULL_PERCENT = 100.0


class Silo(Struct, frozen=True):
    """`percent` is what there is, `cone` what the sensor shows above that. `spilled`: more was fed than it holds."""

    percent: float
    cone: float = 0.0
    spilled: bool = False

    @property
    def shown_percent(self) -> float:
        return self.percent + self.cone


def step(silo: Silo, is_fed: bool, drawn_percent_per_s: float, dt_s: float) -> Silo:
    """The silo `dt_s` later. Pure."""
    fed = FED_PERCENT_PER_S * dt_s if is_fed else 0.0
    percent = max(0.0, silo.percent + fed - drawn_percent_per_s * dt_s)
    settled = CONE_PERCENT if is_fed else 0.0
    cone = settled + (silo.cone - settled) * math.exp(-dt_s / SLIDES_S)
    return Silo(min(percent, FULL_PERCENT), cone, silo.spilled or percent > FULL_PERCENT)


class Plant:
    """The silos behind their registers. `drawn` is by how much the machines below draw what they do else."""

    def __init__(self, *percent: float) -> None:
        self.silos = [Silo(value) for value in percent]
        self.drawn = 1.0

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self.silos = [
            step(silo, commands["conveyor"] and commands["diverter"] == number, self.drawn * drawn, dt_s)
            for number, (silo, drawn) in enumerate(zip(self.silos, DRAWN_PERCENT_PER_S, strict=True), start=1)
        ]

    def answers(self) -> Mapping[str, Any]:
        return {f"level_{number}": silo.shown_percent for number, silo in enumerate(self.silos, start=1)}


if __name__ == "__main__":
    sys.exit(main("silo", REGISTERS, Plant(45.0, 30.0, 22.0), port=5024))
