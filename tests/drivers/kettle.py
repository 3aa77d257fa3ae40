"""A plant for the tests of plants: `python tests/drivers/kettle.py --port 0`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from io_drivers.modbus.plant import Register, main

REGISTERS = (
    Register("heater", "coil", 0, meaning="heater on"),
    Register("limit", "holding", 1, "INT", 0.5, "degrees C at which it goes off by itself"),
    Register("boils", "discrete", 1),
    Register("temperature", "input", 2, "INT", 0.1, "degrees C"),
    Register("heat", "input", 4, "REAL"),
    Register("steps", "input", 6, "UDINT"),
)


class Kettle:
    def __init__(self) -> None:
        self.temperature_c, self.steps = -10.0, 0

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        self.steps += 1
        if commands["heater"] and self.temperature_c < commands["limit"]:
            self.temperature_c += 10.0 * dt_s

    def answers(self) -> Mapping[str, Any]:
        return {
            "boils": self.temperature_c >= 100.0,
            "temperature": self.temperature_c,
            "heat": self.temperature_c / 3.0,
            "steps": self.steps,
        }


if __name__ == "__main__":
    sys.exit(main("kettle", REGISTERS, Kettle(), port=5029))
