"""The motor in virtual time, with its contactors, its winding and what can break."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from programs.motor import plant
from runtime.testing import LoadPlc, around


class Drive(plant.Plant):
    """The drive around the PLC."""

    def __init__(self, load_plc: LoadPlc) -> None:
        super().__init__()
        self.plc = load_plc(simulate=around(self))
        self.plc.cycle(3)

    def press(self, button: str, duration: str = "100ms") -> None:
        self.pressed.add(button)
        self.plc.advance(duration)
        self.pressed.remove(button)
        self.plc.advance("20ms")

    def output(self, point: str) -> bool:
        return self.plc.output(f"cabinet.{point}")

    @property
    def contactors(self) -> str:
        return "".join(n for n, k in (("F", self.state.forward), ("R", self.state.reverse)) if k.closed)


@pytest.fixture
def drive(load_plc: LoadPlc) -> Drive:
    return Drive(load_plc)


def test_a_direction_is_held_until_stop(drive: Drive) -> None:
    assert drive.contactors == ""
    drive.press("forward")
    drive.plc.advance("3s")
    assert (drive.contactors, drive.output("run_lamp")) == ("F", True)
    assert drive.state.speed > 0.99
    drive.press("stop")
    drive.plc.advance("100ms")
    assert (drive.contactors, drive.output("run_lamp")) == ("", False)


def test_a_button_that_is_kept_pressed_starts_once(drive: Drive) -> None:
    drive.pressed.add("forward")
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
    drive.pressed = {"forward", "reverse"}
    drive.plc.advance("2s")
    assert drive.contactors == ""


def test_whatever_is_pressed_there_is_no_short_circuit(drive: Drive) -> None:
    for number in range(400):
        drive.press(("forward", "reverse", "stop", "reverse", "reset")[number * 7 % 5], f"{20 + number * 37 % 200}ms")
        assert not drive.state.short_circuit
    assert drive.plc["Main.Starts"] > 20


def test_a_welded_contactor_is_a_fault_and_blocks_both_directions(drive: Drive) -> None:
    drive.press("forward")
    drive.plc.advance("1s")
    drive.state = replace(drive.state, forward=replace(drive.state.forward, welded=True))
    drive.press("stop")
    drive.plc.advance("400ms")
    assert (drive.contactors, drive.output("fault_lamp")) == ("F", True)
    drive.press("reverse")
    drive.press("reset")
    drive.press("reverse")
    drive.plc.advance("1s")
    assert (drive.output("k2"), drive.output("fault_lamp")) == (False, True)


def test_a_torn_wire_is_a_fault_until_it_is_mended_and_reset(drive: Drive) -> None:
    drive.state = replace(drive.state, forward=replace(drive.state.forward, torn=True))
    drive.press("forward")
    drive.plc.advance("1s")
    assert (drive.output("k1"), drive.output("fault_lamp")) == (False, True)
    drive.state = replace(drive.state, forward=plant.Contactor())
    drive.press("forward")
    assert drive.output("k1") is False
    drive.press("reset")
    drive.press("forward")
    drive.plc.advance("1s")
    assert (drive.contactors, drive.output("fault_lamp")) == ("F", False)


def test_a_blocked_motor_trips_and_does_not_start_by_itself(drive: Drive) -> None:
    drive.press("forward")
    drive.blocked = True
    drive.plc.run_until(lambda plc: plc.output("cabinet.fault_lamp"), "10s")
    drive.plc.advance("100ms")
    assert drive.contactors == ""
    drive.press("reset")
    assert drive.output("fault_lamp") is True, "the relay is still open"
    drive.blocked = False
    drive.plc.advance("60s")
    assert (drive.contactors, drive.state.tripped, drive.output("fault_lamp")) == ("", False, True)
    drive.press("reset")
    drive.plc.advance("1s")
    assert (drive.contactors, drive.output("fault_lamp")) == ("", False)


def test_a_lost_panel_stops_the_motor(drive: Drive) -> None:
    drive.press("forward")
    drive.plc.advance("1s")
    assert drive.output("k1") is True
    drive.plc.lose_input("cabinet")
    drive.plc.advance("600ms")
    assert drive.output("k1") is False


def test_a_cabinet_that_has_not_answered_yet_is_no_fault(load_plc: LoadPlc) -> None:
    plc = load_plc()
    plc.advance("5s")
    assert (plc.output("cabinet.k1"), plc.output("cabinet.fault_lamp"), plc["Main.Trips"]) == (False, False, 0)


def test_starts_are_counted(drive: Drive) -> None:
    for _ in range(3):
        drive.press("forward")
        drive.plc.advance("1s")
        drive.press("stop")
        drive.plc.advance("1s")
    assert drive.plc["Main.Starts"] == 3


def test_the_demonstration_shows_both_directions_and_a_trip(load_plc: LoadPlc) -> None:
    demonstration = plant.Demonstration()
    plc = load_plc(simulate=around(demonstration))
    seen: list[str] = []
    for _ in range(6_500):
        plc.cycle()
        lit = ("k1", "k2", "fault_lamp")
        now = "+".join(name for name in lit if plc.output(f"cabinet.{name}"))
        if now != (seen or ["-"])[-1]:
            seen.append(now)
    assert seen == ["", "k1", "", "k2", "", "k1", "fault_lamp", "", "k1"]
    assert not demonstration.state.short_circuit
    assert (plc["Main.Starts"], plc["Main.Trips"]) == (4, 1)
