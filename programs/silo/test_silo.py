"""The silos in virtual time, from the files of TwinCAT."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.testing import VirtualPlc, load

HERE = Path(__file__).parent


@pytest.fixture
def plc() -> VirtualPlc:
    plc = load(HERE)
    levels(plc, 50.0, 50.0, 50.0)
    return plc


def levels(plc: VirtualPlc, *percent: float) -> None:
    for number, level in enumerate(percent, start=1):
        plc.set(f"GVL_Silo.level[{number}]", level)
    plc.advance("50ms")


def test_nothing_runs_between_the_limits(plc: VirtualPlc) -> None:
    assert plc.get("GVL_Silo.conveyor") is False
    assert plc.get("MAIN.served") == 0


def test_a_low_silo_is_filled_and_settles(plc: VirtualPlc) -> None:
    levels(plc, 50.0, 10.0, 50.0)
    assert (plc.get("MAIN.served"), plc.get("GVL_Silo.conveyor")) == (2, True)
    levels(plc, 50.0, 95.0, 50.0)
    assert plc.get("GVL_Silo.conveyor") is False
    levels(plc, 50.0, 89.0, 50.0)
    plc.advance("2s")
    assert plc.get("MAIN.served") == 2
    levels(plc, 50.0, 95.0, 50.0)
    plc.advance("2s")
    assert plc.get("MAIN.served") == 0


def test_the_conveyor_serves_one_at_a_time(plc: VirtualPlc) -> None:
    levels(plc, 50.0, 50.0, 10.0)
    levels(plc, 10.0, 50.0, 10.0)
    assert plc.get("MAIN.served") == 3
    levels(plc, 10.0, 50.0, 95.0)
    assert plc.get("MAIN.served") == 1
