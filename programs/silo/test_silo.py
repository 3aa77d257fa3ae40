"""The silos in virtual time, from the files of TwinCAT: with levels set by hand, and with the plant's physics."""

from __future__ import annotations

import pytest

from programs.silo.plant import Plant
from runtime.testing import LoadPlc, VirtualPlc, around


@pytest.fixture
def plc(load_plc: LoadPlc) -> VirtualPlc:
    plc = load_plc()
    levels(plc, 50.0, 50.0, 50.0)
    return plc


def levels(plc: VirtualPlc, *percent: float) -> None:
    for number, level in enumerate(percent, start=1):
        plc.set_input(f"silos.level_{number}", level)
    plc.advance("50ms")


def test_nothing_runs_between_the_limits(plc: VirtualPlc) -> None:
    assert plc["GVL_Silo.conveyor"] is False
    assert plc["MAIN.served"] == 0


def test_a_low_silo_is_filled_and_settles(plc: VirtualPlc) -> None:
    levels(plc, 50.0, 10.0, 50.0)
    assert (plc["MAIN.served"], plc["GVL_Silo.conveyor"]) == (2, True)
    levels(plc, 50.0, 95.0, 50.0)
    assert plc["GVL_Silo.conveyor"] is False
    levels(plc, 50.0, 84.0, 50.0)
    plc.advance("2s")
    assert plc["MAIN.served"] == 2
    levels(plc, 50.0, 95.0, 50.0)
    levels(plc, 50.0, 86.0, 50.0)
    plc.advance("2s")
    assert plc["MAIN.served"] == 0


def test_the_conveyor_serves_one_at_a_time(plc: VirtualPlc) -> None:
    levels(plc, 50.0, 50.0, 10.0)
    levels(plc, 10.0, 50.0, 10.0)
    assert plc["MAIN.served"] == 3
    levels(plc, 10.0, 50.0, 95.0)
    assert plc["MAIN.served"] == 1


def test_nothing_is_filled_before_the_levels_are_known(load_plc: LoadPlc) -> None:
    plc = load_plc()
    plc.advance("5s")
    assert (plc["MAIN.served"], plc.output("silos.conveyor")) == (0, False)


def test_a_silo_that_nobody_sees_is_not_filled(plc: VirtualPlc) -> None:
    levels(plc, 50.0, 10.0, 50.0)
    assert plc.output("silos.diverter") == 2
    plc.lose_input("silos.level_2")
    plc.advance("4s")
    assert (plc.output("silos.diverter"), plc.output("silos.conveyor")) == (0, False)


def test_the_machines_below_always_have_material(load_plc: LoadPlc) -> None:
    """Each silo is filled in its turn, none runs empty and none overflows. While they draw, the level of a full silo
    falls on: one that was asked to stay full was filled again every few seconds.
    """
    plant = Plant(45.0, 30.0, 22.0)
    plc = load_plc(simulate=around(plant))
    served: list[int] = []
    for _ in range(60):
        plc.advance("2s")
        if served[-1:] != [plc.output("silos.diverter")]:
            served.append(plc.output("silos.diverter"))
        assert all(silo.percent > 5.0 and not silo.spilled for silo in plant.silos)
    assert served == [0, 3, 2, 0, 1, 0, 3]
