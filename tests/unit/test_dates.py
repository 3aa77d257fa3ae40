"""Dates as text, and what may be written to a variable that holds one."""

from __future__ import annotations

import pytest

from iec61131.program import DataType
from io_drivers.contract import Direction
from runtime.service import values
from runtime.service.dates import DAY_NS, BadDate, format_date, parse_date
from runtime.service.errors import OutOfRange, WrongType
from runtime.service.http import status
from runtime.service.point_types import mismatch

S = 10**9


def type_of(name: str) -> DataType:
    return DataType(name, "elementary", 8, base=name)


@pytest.mark.parametrize(
    ("base", "text", "value_ns"),
    [
        ("DATE", "1970-01-01", 0),
        ("DATE", "2024-02-29", 19782 * DAY_NS),
        ("LDATE", "1969-12-31", -DAY_NS),
        ("TOD", "12:30:15.5", (12 * 3600 + 30 * 60 + 15) * S + S // 2),
        ("LTOD", "23:59:59.999999999", DAY_NS - 1),
        ("DT", "2024-02-29T00:00:00", 19782 * DAY_NS),
        ("LDT", "1969-12-31T23:59:59.999999999", -1),
        ("LDT", "1677-09-21T00:12:43.145224192", -(2**63)),
        ("LDT", "2262-04-11T23:47:16.854775807", 2**63 - 1),
    ],
)
def test_text_and_nanoseconds(base: str, text: str, value_ns: int) -> None:
    assert format_date(base, value_ns) == text
    assert parse_date(base, text) == value_ns


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("DT", "DT#2024-02-29-12:30:00"),
        ("DT", " date_and_time#2024-02-29-12:30:00"),
        ("DT", "2024-02-29 12:30"),
        ("LDT", "LDT#2024-02-29-12:30:00.000"),
    ],
)
def test_other_ways_to_write_it(base: str, text: str) -> None:
    assert format_date(base, parse_date(base, text)) == "2024-02-29T12:30:00"


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("DATE", "2023-02-29"),
        ("DATE", "0000-01-01"),
        ("DATE", "2024-02-29T00:00"),
        ("TOD", "24:00:00"),
        ("TOD", "12:60"),
        ("DT", "2024-02-29"),
        ("DT", "2024-02-29T12:30:00Z"),
        ("DT", "yesterday"),
    ],
)
def test_what_is_no_date(base: str, text: str) -> None:
    with pytest.raises(BadDate):
        parse_date(base, text)


@pytest.mark.parametrize(
    ("base", "value", "raw_ns"),
    [("DATE", "2024-02-29", 19782 * DAY_NS), ("TOD", "1:00", 3600 * S), ("DT", 7, 7), ("LDATE", -DAY_NS, -DAY_NS)],
)
def test_a_write_takes_text_and_nanoseconds(base: str, value: object, raw_ns: int) -> None:
    assert values.pack("Main.D", type_of(base), value) == raw_ns.to_bytes(8, "little", signed=True)


@pytest.mark.parametrize(
    ("base", "value", "says"),
    [
        ("DATE", 1, "whole days"),
        ("TOD", DAY_NS, "up to 24 h"),
        ("TOD", -1, "up to 24 h"),
        ("DT", "2023-02-29T00:00", "no such day"),
        ("DT", "9999-01-01T00:00", "holds"),
    ],
)
def test_a_value_that_the_type_does_not_have_is_refused(base: str, value: object, says: str) -> None:
    with pytest.raises(OutOfRange, match=says):
        values.pack("Main.D", type_of(base), value)


def test_a_real_number_is_no_date() -> None:
    with pytest.raises(WrongType):
        values.pack("Main.D", type_of("DT"), 1.5)


def test_dates_are_texts_in_json() -> None:
    assert status.to_json([0, DAY_NS], "DATE") == ["1970-01-01", "1970-01-02"]
    assert status.to_json(5, "TIME") == 5


@pytest.mark.parametrize("wire_type", ["DT", "LINT", "BOOL"])
def test_no_point_carries_a_date(wire_type: str) -> None:
    wrong = mismatch(Direction.INPUT, wire_type, "Main.Since", type_of("DT"), converted=False)
    assert wrong is not None
    assert "UDINT_TO_DT" in wrong[1]
