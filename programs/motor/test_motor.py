"""The motor in virtual time, with its contactors, its winding and what can break."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from programs.motor import plant
from runtime.testing import VirtualPlc, load

HERE = Path(__file__).parent


class Drive:
    """The physics of `plant.py` around the PLC, and the operator's fingers."""

    def __init__(self) -> None:
        self.state = plant.State()
        self.blocked = False
        self.lost = False
        self.buttons = {"stop": True, "forward": False, "reverse": False, "reset": False}
        self.plc = load(HERE, self)
        self.plc.cycle(3)

    def __call__(self, plc: VirtualPlc, dt_s: float) -> None:
        self.state = state = plant.step(
            self.state, plc.output("panel.k1"), plc.output("panel.k2"), dt_s, blocked=self.blocked
        )
        contacts = {
            "forward_on": state.forward.closed,
            "reverse_on": state.reverse.closed,
            "overload": not state.tripped,
        }
        for name, closed in () if self.lost else (self.buttons | contacts).items():
            plc.set_input(f"panel.{name}", closed)

    def press(self, button: str, duration: str = "100ms") -> None:
        self.buttons[button] = button != "stop"
        self.plc.advance(duration)
        self.buttons[button] = button == "stop"
        self.plc.advance("20ms")

    @property
    def contactors(self) -> str:
        return "".join(n for n, k in (("F", self.state.forward), ("R", self.state.reverse)) if k.closed)


@pytest.fixture
def drive() -> Drive:
    return Drive()


def test_a_direction_is_held_until_stop(drive: Drive) -> None:
    assert drive.contactors == ""
    drive.press("forward")
    drive.plc.advance("3s")
    assert (drive.contactors, drive.plc.output("panel.run_lamp")) == ("F", True)
    assert drive.state.speed > 0.99
    drive.press("stop")
    drive.plc.advance("100ms")
    assert (drive.contactors, drive.plc.output("panel.run_lamp")) == ("", False)


def test_a_button_that_is_kept_pressed_starts_once(drive: Drive) -> None:
    drive.buttons["forward"] = True
    drive.plc.advance("1s")
    assert drive.contactors == "F"
    drive.press("stop")
    drive.plc.advance("1s")
    assert drive.contactors == ""


def test_the_other_direction_waits_for_the_pause(drive: Drive) -> None:
    """The other button ends a direction; it takes a second press, and half a second after the contactor has opened."""
    drive.press("forward")
    drive.plc.advance("2s")
    drive.press("reverse")
    drive.plc.advance("60ms")
    assert drive.contactors == ""
    drive.press("reverse")
    drive.plc.advance("200ms")
    assert drive.contactors == ""
    drive.plc.advance("300ms")
    assert drive.contactors == "R"


def test_both_buttons_at_once_choose_nothing(drive: Drive) -> None:
    drive.buttons["forward"] = drive.buttons["reverse"] = True
    drive.plc.advance("2s")
    assert drive.contactors == ""


def test_whatever_is_pressed_there_is_no_short_circuit(drive: Drive) -> None:
    for number in range(400):
        drive.press(("forward", "reverse", "stop", "reverse", "reset")[number * 7 % 5], f"{20 + number * 37 % 200}ms")
        assert not drive.state.short_circuit
    assert drive.plc.get("Main.Starts") > 20


def test_a_welded_contactor_is_a_fault_and_blocks_both_directions(drive: Drive) -> None:
    drive.press("forward")
    drive.plc.advance("1s")
    drive.state = replace(drive.state, forward=replace(drive.state.forward, welded=True))
    drive.press("stop")
    drive.plc.advance("400ms")
    assert (drive.contactors, drive.plc.output("panel.fault_lamp")) == ("F", True)
    drive.press("reverse")
    drive.press("reset")
    drive.press("reverse")
    drive.plc.advance("1s")
    assert (drive.plc.output("panel.k2"), drive.plc.output("panel.fault_lamp")) == (False, True)


def test_a_torn_wire_is_a_fault_until_it_is_mended_and_reset(drive: Drive) -> None:
    drive.state = replace(drive.state, forward=replace(drive.state.forward, torn=True))
    drive.press("forward")
    drive.plc.advance("1s")
    assert (drive.plc.output("panel.k1"), drive.plc.output("panel.fault_lamp")) == (False, True)
    drive.state = replace(drive.state, forward=plant.Contactor())
    drive.press("forward")
    assert drive.plc.output("panel.k1") is False
    drive.press("reset")
    drive.press("forward")
    drive.plc.advance("1s")
    assert (drive.contactors, drive.plc.output("panel.fault_lamp")) == ("F", False)


def test_a_blocked_motor_trips_and_does_not_start_by_itself(drive: Drive) -> None:
    drive.press("forward")
    drive.blocked = True
    drive.plc.run_until(lambda plc: plc.output("panel.fault_lamp"), "10s")
    drive.plc.advance("100ms")
    assert drive.contactors == ""
    drive.press("reset")
    assert drive.plc.output("panel.fault_lamp") is True, "the relay is still open"
    drive.blocked = False
    drive.plc.advance("60s")
    assert (drive.contactors, drive.state.tripped, drive.plc.output("panel.fault_lamp")) == ("", False, True)
    drive.press("reset")
    drive.plc.advance("1s")
    assert (drive.contactors, drive.plc.output("panel.fault_lamp")) == ("", False)


def test_a_lost_panel_stops_the_motor(drive: Drive) -> None:
    drive.press("forward")
    drive.plc.advance("1s")
    assert drive.plc.output("panel.k1") is True
    drive.lost = True
    for name in drive.plc.bound.input_names:
        drive.plc.lose_input(name)
    drive.plc.advance("600ms")
    assert drive.plc.output("panel.k1") is False


def test_starts_are_counted(drive: Drive) -> None:
    for _ in range(3):
        drive.press("forward")
        drive.plc.advance("1s")
        drive.press("stop")
        drive.plc.advance("1s")
    assert drive.plc.get("Main.Starts") == 3
