"""The tank program in virtual time: alone, with inputs set by hand, and with the plant's physics."""

from __future__ import annotations

import pytest

from io_drivers.contract import Reason
from programs.tank import plant
from runtime.engine.states import EngineState
from runtime.testing import LoadPlc, VirtualPlc, around


@pytest.fixture
def plc(load_plc: LoadPlc) -> VirtualPlc:
    """A tank at 1 m whose buttons nobody presses."""
    tank = load_plc()
    tank.set_inputs(
        {f"tank.{name}": False for name in ("start", "pump_running", "pump_damaged", "low_low", "overflow")}
    )
    tank.set_inputs({f"tank.{name}": 0.0 for name in ("inflow", "outflow", "temperature", "valve_position")})
    tank.set_inputs({"tank.stop": True, "tank.level": 1.0})
    tank.cycle()
    return tank


def press_start(plc: VirtualPlc) -> None:
    plc.set_input("tank.start", True)
    plc.cycle(2)
    plc.set_input("tank.start", False)
    plc.cycle()


def test_nothing_moves_before_the_start(plc: VirtualPlc) -> None:
    plc.advance("10s")
    assert plc["Main.State"] == "Idle"
    assert plc.output("tank.pump") is False
    assert plc.output("tank.valve") == 0.0


def test_start_and_stop(plc: VirtualPlc) -> None:
    press_start(plc)
    assert plc["Main.State"] == "Filling"
    assert plc.output("tank.pump") is False
    assert plc.output("tank.valve") > 50.0
    plc.set_input("tank.level", 2.2)
    plc.cycle(2)
    assert plc["Main.State"] == "Supplying"
    assert plc.output("tank.pump") is True
    plc.set_input("tank.stop", False)
    plc.cycle(2)
    assert plc["Main.State"] == "Idle"
    assert plc.output("tank.pump") is False
    assert plc.output("tank.valve") == 0.0


def test_the_pump_switches_with_hysteresis(plc: VirtualPlc) -> None:
    press_start(plc)
    states = []
    for level in (1.0, 1.9, 2.1, 1.0, 0.55, 0.45, 1.0, 1.9, 2.1):
        plc.set_input("tank.level", level)
        plc.cycle(2)
        states.append(plc.output("tank.pump"))
    assert states == [False, False, True, True, True, False, False, False, True]


def test_the_alarm_comes_after_three_seconds(plc: VirtualPlc) -> None:
    press_start(plc)
    plc.set_input("tank.level", 4.5)
    plc.advance("2.9s")
    assert plc.output("tank.alarm") is False
    plc.advance("200ms")
    assert plc.output("tank.alarm") is True
    plc.set_input("tank.level", 2.5)
    plc.cycle(2)
    assert plc.output("tank.alarm") is False


def test_a_damaged_pump_trips(plc: VirtualPlc) -> None:
    press_start(plc)
    plc.set_input("tank.pump_damaged", True)
    plc.cycle(2)
    assert plc["Main.State"] == "Tripped"
    assert plc.output("tank.alarm") is True


def test_a_lost_device_stops_the_plant(plc: VirtualPlc) -> None:
    """The stop button is wired normally closed: without the device it counts as pressed."""
    plc.set_input("tank.level", 2.5)
    press_start(plc)
    plc.lose_input("tank")
    plc.advance("900ms")
    assert plc.output("tank.pump") is True
    plc.advance("200ms")
    assert plc.output("tank.pump") is False
    assert plc.state is EngineState.RUN


def test_without_a_level_the_valve_closes_and_the_horn_sounds(plc: VirtualPlc) -> None:
    """The level alone is lost: the program knows by its age, since the variable keeps its last value."""
    press_start(plc)
    plc.lose_input("tank.level", Reason.DEVICE_ERROR)
    plc.advance("900ms")
    assert plc.output("tank.valve") > 50.0
    assert plc.output("tank.alarm") is False
    plc.advance("200ms")
    assert plc["Main.Level"] == 1.0
    assert plc["Main.LevelLost"]
    assert plc.output("tank.valve") == 0.0
    assert plc.output("tank.alarm") is True
    plc.restore_input("tank.level")
    plc.set_input("tank.level", 1.1)
    plc.cycle()
    assert plc.output("tank.valve") > 50.0
    assert plc.output("tank.alarm") is False


@pytest.mark.parametrize("phase_s", [0.0, 8.0, 15.0, 19.0, 190.0])
def test_the_level_is_controlled_soon_whenever_one_starts(load_plc: LoadPlc, phase_s: float) -> None:
    """A demonstration of twenty seconds was not controlled at its end when the consumer's rush met the filling: with a
    slow controller the level crept along the edge of its tolerance.
    """
    tank = plant.Plant(plant.State(time_s=phase_s))
    plc = load_plc(simulate=around(tank))
    plc.run_until("Main.LevelControlled", "8s")
    for _ in range(40):
        plc.advance("500ms")
        assert plc["Main.LevelControlled"]
        assert abs(tank.state.level_m - 2.5) < 0.3


def test_the_setpoint_is_kept_with_the_real_physics(load_plc: LoadPlc) -> None:
    """The level is reached, kept against the demand's disturbances, and follows a new setpoint; nothing spills or
    breaks.
    """
    tank = plant.Plant()
    plc = load_plc(simulate=around(tank))
    plc.run_until("Main.LevelControlled", "20s")
    for _ in range(300):
        plc.advance("1s")
        assert abs(tank.state.level_m - 2.5) < 0.4
    plc["Main.Setpoint"] = 3.5
    plc.advance("60s")
    assert abs(tank.state.level_m - 3.5) < 0.4
    assert plc["Main.State"] == "Supplying"
    assert not plc["Main.Alarm"]
    assert not tank.state.damaged
    assert tank.state.spilled_l == 0.0
