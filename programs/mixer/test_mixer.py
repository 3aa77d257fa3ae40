"""The mixer in virtual time: batches from the water to the product, and those that go another way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from programs.mixer import plant
from runtime.testing import LoadPlc, around

STEPS = ("Idle", "FillWater", "WaterIn", "FillSyrup", "SyrupIn", "Heat", "Mix", "Sample", "Discharge", "Waste", "Rinse")
VALVES = ("water", "syrup", "product", "waste")


class Vessel(plant.Plant):
    """The vessel around the PLC. `steps` are those that were active, in their order."""

    def __init__(self, load_plc: LoadPlc) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.plc = load_plc(simulate=around(self))
        self.plc.cycle(3)

    def step(self, commands: Mapping[str, Any], dt_s: float) -> None:
        super().step(commands, dt_s)
        if (active := self.active) != (self.steps or [""])[-1]:
            self.steps.append(active)

    @property
    def active(self) -> str:
        return "+".join(step for step in STEPS if self.plc[f"Main.{step}.X"]) if hasattr(self, "plc") else ""

    def press(self, button: str) -> None:
        self.pressed.add(button)
        self.plc.advance("200ms")
        self.pressed.remove(button)
        self.plc.advance("200ms")

    def until(self, step: str, limit: str = "30m") -> None:
        self.plc.run_until(f"Main.{step}.X", limit)


@pytest.fixture
def vessel(load_plc: LoadPlc) -> Vessel:
    return Vessel(load_plc)


def test_nothing_moves_before_the_start(vessel: Vessel) -> None:
    vessel.plc.advance("1m")
    assert vessel.active == "Idle"
    assert vessel.state == plant.State()


def test_a_batch_from_water_to_product(vessel: Vessel) -> None:
    vessel.press("start")
    vessel.until("Sample")
    assert vessel.plc.output("vessel.sample_lamp") is True
    assert vessel.state.litres == pytest.approx(80.0, abs=0.5)
    assert vessel.state.mixed_s >= plant.MIXED_S
    assert 59.0 < vessel.state.temperature_c < 64.0
    vessel.press("sample_good")
    vessel.until("Rinse")
    assert vessel.state.product_l == pytest.approx(80.0, abs=0.5)
    vessel.until("Idle")
    assert vessel.state.waste_l == pytest.approx(10.0, abs=0.5), "five seconds of rinsing"
    assert (vessel.plc["Main.Batches"], vessel.plc["Main.Busy"]) == (1, False)
    assert not vessel.state.boiled_dry
    vessel.plc.cycle()
    assert vessel.steps[1:] == [
        *("FillWater+FillSyrup", "WaterIn+FillSyrup", "WaterIn+SyrupIn"),
        *("Heat", "Mix", "Sample", "Discharge", "Rinse", "Idle"),
    ]


def test_the_temperature_is_kept_while_the_laboratory_takes_its_time(vessel: Vessel) -> None:
    vessel.press("start")
    vessel.until("Sample")
    vessel.plc.advance("3m")
    assert 59.0 < vessel.state.temperature_c < 64.0


def test_a_bad_sample_is_mixed_again(vessel: Vessel) -> None:
    vessel.press("start")
    vessel.until("Sample")
    vessel.press("sample_bad")
    assert vessel.active == "Mix"
    vessel.until("Sample")
    vessel.press("sample_good")
    vessel.until("Idle")
    assert vessel.plc["Main.Batches"] == 1


def test_a_sample_that_is_good_and_bad_is_neither(vessel: Vessel) -> None:
    vessel.press("start")
    vessel.until("Sample")
    vessel.pressed = {"sample_good", "sample_bad"}
    vessel.plc.advance("1m")
    assert vessel.active == "Sample"


@pytest.mark.parametrize("step", ["FillWater", "Heat", "Mix", "Sample"])
def test_what_is_aborted_goes_to_the_waste(vessel: Vessel, step: str) -> None:
    vessel.press("start")
    vessel.until(step)
    vessel.plc.advance("2s")
    vessel.press("abort")
    vessel.until("Idle", "3m")
    assert (vessel.state.product_l, vessel.plc["Main.Batches"]) == (0.0, 0)
    assert vessel.state.empty
    assert vessel.plc["Main.Aborted"] is False, "the next batch begins anew"
    vessel.press("start")
    vessel.until("Sample")


def test_without_water_there_is_an_alarm_and_the_batch_waits(vessel: Vessel) -> None:
    vessel.water_pressure = False
    vessel.press("start")
    vessel.plc.advance("59s")
    assert vessel.plc["Main.WaterAlarm"] is False
    vessel.plc.advance("2s")
    assert vessel.plc["Main.WaterAlarm"] is True
    vessel.water_pressure = True
    vessel.until("Heat", "2m")
    assert vessel.plc["Main.WaterAlarm"] is False


def test_a_start_without_an_empty_vessel_is_none(vessel: Vessel) -> None:
    vessel.state = plant.State(litres=5.0)
    vessel.plc.advance("100ms")
    vessel.press("start")
    vessel.plc.advance("1s")
    assert vessel.active == "Idle"


def test_the_product_is_never_let_out_with_the_inlets_open(vessel: Vessel) -> None:
    vessel.press("start")
    while not vessel.plc["Main.Rinse.X"]:
        vessel.pressed = {"sample_good"} if vessel.plc["Main.Sample.X"] else set()
        vessel.plc.advance("200ms")
        open_ = {name for name in VALVES if vessel.plc.output(f"vessel.{name}_valve")}
        assert len(open_ & {"product", "waste"}) <= 1
        assert vessel.plc["Main.Rinse.X"] or not (open_ & {"product", "waste"} and open_ & {"water", "syrup"})


def test_the_demonstration_makes_one_batch_after_the_other(load_plc: LoadPlc) -> None:
    demonstration = plant.Demonstration()
    plc = load_plc(simulate=around(demonstration))
    plc.run_until("Main.Batches = 2", "10m")
    assert demonstration.state.mixed_s >= 2 * plant.MIXED_S, "the first sample of a batch is mixed again"
    assert not demonstration.state.boiled_dry
