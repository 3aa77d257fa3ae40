"""The oven in virtual time, with its physics."""

from __future__ import annotations

import pytest

from programs.oven import plant
from runtime.testing import LoadPlc, around


class Oven(plant.Plant):
    """The oven around the PLC."""

    def __init__(self, load_plc: LoadPlc) -> None:
        super().__init__()
        self.plc = load_plc(simulate=around(self))
        self.plc.cycle(3)

    def stays_near(self, wanted_c: float, minutes: int) -> None:
        for _ in range(6 * minutes):
            self.plc.advance("10s")
            assert abs(self.state.sensor_c - wanted_c) < 3.0


@pytest.fixture
def oven(load_plc: LoadPlc) -> Oven:
    return Oven(load_plc)


def test_it_gets_warm_and_stays_so(oven: Oven) -> None:
    while not oven.plc.output("oven.ready"):
        oven.plc.advance("1s")
        assert oven.state.chamber_c < 195.0, "overshoot"
    assert oven.plc.scans < 10 * 60 * 40
    oven.stays_near(180.0, 5)
    assert oven.plc.output("oven.alarm") is False


def test_a_new_setpoint_is_reached(oven: Oven) -> None:
    oven.plc.run_until(lambda plc: plc.output("oven.ready"), "40m")
    oven.plc["Main.Setpoint"] = 220.0
    oven.plc.advance("10s")
    assert oven.plc.output("oven.ready") is False
    oven.plc.run_until(lambda plc: plc.output("oven.ready"), "30m")
    oven.stays_near(220.0, 5)


def test_the_door_is_made_up_for(oven: Oven) -> None:
    oven.plc.run_until(lambda plc: plc.output("oven.ready"), "40m")
    oven.door_open = True
    oven.plc.advance("30s")
    oven.door_open = False
    assert oven.state.chamber_c < 165.0
    oven.plc.run_until(lambda plc: plc.output("oven.ready"), "20m")
    oven.stays_near(180.0, 5)


def test_the_heater_is_switched_in_proportion(oven: Oven) -> None:
    """In the end the walls lose what 40 % of the heater give."""
    oven.plc.run_until(lambda plc: plc.output("oven.ready"), "40m")
    oven.plc.advance("10m")
    on, switched, before = 0, 0, False
    for _ in range(3000):
        oven.plc.cycle()
        heater = oven.plc.output("oven.heater")
        on, switched, before = on + heater, switched + (heater is not before), heater
    assert on / 3000 == pytest.approx(0.4, abs=0.03)
    assert switched <= 2 * 30 + 2, "once on and once off in ten seconds"


@pytest.mark.parametrize("shown_c", [-50.0, 850.0])
def test_a_broken_sensor_switches_off(oven: Oven, shown_c: float) -> None:
    oven.plc.advance("1m")
    oven.shown_c = shown_c
    oven.plc.cycle(3)
    assert (oven.plc.output("oven.heater"), oven.plc.output("oven.alarm")) == (False, True)
    assert oven.plc["Main.Integral"] == 0.0


def test_a_lost_sensor_is_a_broken_one(oven: Oven) -> None:
    oven.plc.advance("1m")
    oven.plc.lose_input("oven.temperature")
    oven.plc.advance("1500ms")
    assert (oven.plc["Main.SensorOk"], oven.plc.output("oven.heater")) == (False, False)
    assert oven.plc.output("oven.alarm") is True


def test_too_hot_is_held_until_it_is_acknowledged(oven: Oven) -> None:
    oven.state = plant.State(400.0, 350.0)
    oven.plc.cycle(3)
    assert (oven.plc.output("oven.heater"), oven.plc.output("oven.alarm")) == (False, True)
    oven.acknowledged = True
    oven.plc.advance("1s")
    assert oven.plc["Main.TooHot"] is True, "it is still too hot"
    oven.acknowledged = False
    oven.plc.run_until(lambda _: oven.state.sensor_c < 300.0, "30m")
    assert oven.plc["Main.TooHot"] is True
    oven.acknowledged = True
    oven.plc.cycle(3)
    assert (oven.plc["Main.TooHot"], oven.plc.output("oven.alarm")) == (False, False)


def test_switched_off_it_cools_down(oven: Oven) -> None:
    oven.plc.advance("10m")
    oven.is_on = False
    oven.plc.cycle(3)
    assert (oven.plc.output("oven.heater"), oven.plc["Main.Power"]) == (False, 0.0)


def test_the_demonstration_gets_ready_and_loses_its_warmth_through_the_door(load_plc: LoadPlc) -> None:
    demonstration = plant.Demonstration()
    plc = load_plc(simulate=around(demonstration))
    plc.run_until(lambda plc: plc.output("oven.ready"), "6m")
    plc.run_until(lambda _: demonstration.door_open, "3m")
    plc.run_until(lambda plc: not plc.output("oven.ready"), "1m")
    plc.run_until(lambda plc: plc.output("oven.ready"), "10m")
    assert plc.output("oven.alarm") is False
