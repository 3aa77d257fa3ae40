"""The model of a plant around a PLC in virtual time: the same that a Modbus server shows (io_drivers/modbus/plant.py).

What the program tells its devices goes into the model; what the model answers comes back as inputs. Points carry the
same names at both sides, without the name of their device. A program test then reads

    plant = Plant()
    plc = load(HERE, around(plant))
    plc.run_until(lambda plc: plant.state.level_m > 2.0, "20s")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io_drivers.modbus.plant import Model
    from runtime.testing.virtual_plc import VirtualPlc


def around(model: Model) -> Callable[[VirtualPlc, float], None]:
    """What `load` takes to simulate a plant."""

    def simulate(plc: VirtualPlc, dt_s: float) -> None:
        model.step({_point(name): plc.output(name) for name in plc.bound.output_names}, dt_s)
        answers = model.answers()
        for name in plc.bound.input_names:
            plc.set_input(name, answers[_point(name)])

    return simulate


def _point(name: str) -> str:
    return name.partition(".")[2]
