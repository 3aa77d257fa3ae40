"""Outputs of a Modbus device that write one place twice are found before anything is opened."""

from __future__ import annotations

import pytest

from io_drivers.modbus import DRIVER

HOLDING = {"area": "holding"}


@pytest.mark.parametrize(
    ("wire_type", "point", "expected"),
    [
        ("BOOL", {"area": "coil", "address": 7}, ("unit 3 coil", 7, 8)),
        ("INT", {**HOLDING, "address": 2}, ("unit 3 holding", 32, 48)),
        ("REAL", {**HOLDING, "address": 2}, ("unit 3 holding", 32, 64)),
        ("LREAL", {**HOLDING, "address": 2}, ("unit 3 holding", 32, 96)),
        ("BOOL", {**HOLDING, "address": 2, "bit": 5}, ("unit 3 holding", 37, 38)),
    ],
)
def test_the_place_of_an_output(wire_type: str, point: dict, expected: tuple[str, int, int]) -> None:
    assert DRIVER.place is not None
    assert DRIVER.place({"unit": 3}, wire_type, point) == expected
