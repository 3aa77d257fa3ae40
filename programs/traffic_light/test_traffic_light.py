"""The pedestrian crossing in virtual time."""

from __future__ import annotations

import pytest

from runtime.testing import LoadPlc, VirtualPlc

LAMPS = ("Crossing.CarRed", "Crossing.CarYellow", "Crossing.CarGreen", "Crossing.WalkRed", "Crossing.WalkLamp")


@pytest.fixture
def plc(load_plc: LoadPlc) -> VirtualPlc:
    return load_plc()


def lamps(plc: VirtualPlc) -> str:
    """Lit lamps: R Y G of the cars, then r w of the pedestrians."""
    return "".join(letter for letter, lamp in zip("RYGrw", LAMPS, strict=True) if plc[lamp])


def test_cars_have_green_as_long_as_nobody_asks(plc: VirtualPlc) -> None:
    plc.advance("1h")
    assert lamps(plc) == "Gr"
    assert plc["Crossing.Served"] == 0


def test_a_request_leads_once_through_all_phases(plc: VirtualPlc) -> None:
    plc.advance("1s")
    plc["Crossing.Request"] = True
    seen = [lamps(plc)]
    for _ in range(40 * 50):
        plc.cycle()
        if lamps(plc) != seen[-1]:
            seen.append(lamps(plc))
    assert seen == ["Gr", "Yr", "Rr", "Rw", "Rr", "RYr", "Gr"]
    assert plc["Crossing.Served"] == 1
    assert plc["Crossing.Request"] is False


def test_a_request_waits_for_the_cars_minimum_green(plc: VirtualPlc) -> None:
    plc["Crossing.Request"] = True
    plc.advance("9.9s")
    assert lamps(plc) == "Gr"
    plc.advance("200ms")
    assert lamps(plc) == "Yr"


def test_cars_and_pedestrians_never_have_green_together(plc: VirtualPlc) -> None:
    for second in range(600):
        plc["Crossing.Request"] = second % 7 == 0
        plc["Crossing.Night"] = second % 100 > 60
        plc.advance("1s")
        shown = lamps(plc)
        assert not ("G" in shown and "w" in shown)
        assert "w" not in shown or "R" in shown


def test_at_night_yellow_blinks(plc: VirtualPlc) -> None:
    plc["Crossing.Night"] = True
    plc.advance("1s")
    seen = set()
    for _ in range(100):
        plc.cycle()
        seen.add(lamps(plc))
    assert seen == {"", "Y"}
