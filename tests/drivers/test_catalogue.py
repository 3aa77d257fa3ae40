"""Drivers are found by name among the installed packages, and a wrong name gets an answer that helps."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from io_drivers import catalogue
from io_drivers.contract import DriverKind


@pytest.mark.parametrize("name", ["modbus", "simulated"])
def test_our_own_drivers_are_installed(name):
    kind = catalogue.find(name)
    assert isinstance(kind, DriverKind)
    assert kind.name == name
    assert name in catalogue.names()


def test_a_near_name_is_offered():
    with pytest.raises(catalogue.UnknownDriver, match='there is no driver "modbsu"; did you mean "modbus"'):
        catalogue.find("modbsu")


def test_without_a_near_name_all_are_listed():
    with pytest.raises(catalogue.UnknownDriver, match=r"installed are: .*modbus.*simulated"):
        catalogue.find("zzz")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("io_drivers.no_such_module:DRIVER", "cannot be loaded"),
        ("io_drivers.codec:NO_SUCH_NAME", "cannot be loaded"),
        ("io_drivers.codec:TYPES", "is no DriverKind"),
    ],
)
def test_a_broken_driver_is_told_from_a_missing_one(monkeypatch, target, message):
    point = EntryPoint("broken", target, catalogue.GROUP)
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [point])
    with pytest.raises(catalogue.BrokenDriver, match=f'driver "broken" of an unknown package.*{message}'):
        catalogue.find("broken")
