"""What the Modbus driver says of points whose keys are well formed but whose meaning is not."""

from __future__ import annotations

import pytest

from io_drivers.contract import Channel, Connection, Device, Direction
from io_drivers.modbus import DRIVER, config

IN, OUT = Direction.INPUT, Direction.OUTPUT


def keys_found(direction, wire_type, point, device=None):
    return [f.key for f in DRIVER.check_point(device or {}, direction, wire_type, point)]


@pytest.mark.parametrize(
    ("direction", "wire_type", "point"),
    [
        (IN, "BOOL", {"area": "coil", "address": 65_535}),
        (OUT, "BOOL", {"area": "coil", "address": 0}),
        (IN, "BOOL", {"area": "input", "address": 3, "bit": 15}),
        (OUT, "BOOL", {"area": "holding", "address": 3, "bit": 0}),
        (IN, "LREAL", {"area": "input", "address": 65_532, "byte_order": "CDAB"}),
        (OUT, "SINT", {"area": "holding", "address": 65_535, "bit": None, "byte_order": None}),
    ],
)
def test_accepted(direction, wire_type, point):
    assert keys_found(direction, wire_type, point) == []


@pytest.mark.parametrize(
    ("direction", "wire_type", "point", "keys"),
    [
        (IN, "INT", {"area": "coil", "address": 0}, ["type"]),
        (IN, "BOOL", {"area": "discrete", "address": 0, "bit": 3}, ["bit"]),
        (IN, "BOOL", {"area": "discrete", "address": 0, "byte_order": "DCBA"}, ["byte_order"]),
        (IN, "BOOL", {"area": "holding", "address": 0}, ["bit"]),
        (IN, "WORD", {"area": "holding", "address": 0, "bit": 3}, ["bit"]),
        (OUT, "BOOL", {"area": "discrete", "address": 0}, ["area"]),
        (OUT, "INT", {"area": "input", "address": 0}, ["area"]),
        (IN, "REAL", {"area": "input", "address": 65_535}, ["address"]),
        (IN, "LINT", {"area": "input", "address": 65_533}, ["address"]),
        (IN, "STRING", {"area": "input", "address": 0}, ["type"]),
        (OUT, "REAL", {"area": "discrete", "address": 0}, ["area", "type"]),
    ],
)
def test_rejected_with_the_key_to_blame(direction, wire_type, point, keys):
    assert keys_found(direction, wire_type, point) == keys


def test_a_value_wider_than_a_request_is_rejected():
    assert keys_found(IN, "LREAL", {"area": "input", "address": 0}, {"max_registers": 3}) == ["type"]


def test_messages_say_what_was_found_and_what_to_do():
    (finding,) = DRIVER.check_point({}, IN, "REAL", {"area": "input", "address": 65_535})
    assert finding.message == "a REAL at 65535 ends at 65536, and the last register is 65535"
    assert finding.remedy == "use an address up to 65534"


def test_absent_settings_have_the_defaults_of_the_schema():
    settings = config.connection_settings(Connection("c", {"host": "h", "reconnect": {"max": 5}}, ()))
    assert (settings.port, settings.answer_timeout_s, settings.reconnect_min_ns) == (502, 0.5, 200_000_000)
    assert settings.reconnect_max_ns == 5
    device = config.device_settings(Device("d", {"offline": {"after": 9}}, ()))
    assert (device.unit, device.max_registers, device.offline_after, device.probe_ns) == (1, 125, 9, 2_000_000_000)


def test_a_point_that_was_never_checked_is_refused_when_the_driver_is_opened():
    channel = Channel(0, "d.level", IN, "REAL", "REAL", settings={"area": "input", "address": 65_535})
    with pytest.raises(ValueError, match=r"d\.level: a REAL at 65535 ends at 65536"):
        config.points(Device("d", {}, (channel,)))


def test_every_key_explains_itself():
    for keys in (DRIVER.connection, DRIVER.device, DRIVER.point):
        for key in keys:
            assert key.help
            if key.choices and key.default is not None:
                assert key.default in key.choices


@pytest.mark.parametrize(("first", "most", "keys"), [(1, 1, []), (1, 2, []), (20, 10, ["reconnect"])])
def test_the_first_wait_is_not_longer_than_the_longest(first: int, most: int, keys: list[str]):
    """A `min` above `max` was accepted, and `max` then without meaning."""
    assert DRIVER.check_connection is not None
    settings = {"reconnect": {"min": first * 1_000_000_000, "max": most * 1_000_000_000}}
    assert [finding.key for finding in DRIVER.check_connection(settings)] == keys
