"""Durations as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.service.config.durations import BadDuration, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        ("500ms", 500_000_000),
        ("1.5s", 1_500_000_000),
        ("1m30s", 90_000_000_000),
        ("1h30m", 5_400_000_000_000),
        ("2d", 172_800_000_000_000),
        ("100us", 100_000),
        ("100µs", 100_000),
        ("250ns", 250),
        ("0s", 0),
        ("10 ms", 10_000_000),
        ("1m 30s", 90_000_000_000),
        ("T#1m30s", 90_000_000_000),
        ("t#1d_2h_3m_4s_5ms", 93_784_005_000_000),
        ("TIME#1.5s", 1_500_000_000),
        ("LTIME#1us500ns", 1_500),
        ("1S", 1_000_000_000),
        ("0.001us", 1),
        ("106751d", 106_751 * 86_400_000_000_000),
    ],
)
def test_a_duration(text: str, duration_ns: int):
    assert parse_duration(text) == duration_ns


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no number"),
        ("T#", "no number"),
        ("10", "'10' has no unit"),
        ("1m30", "'30' has no unit"),
        ("ms", "no number with a unit"),
        ("-5s", "negative"),
        ("T#-5s", "negative"),
        ("5min", "'in' is no number"),
        ("1s1s", "after a unit that is not larger"),
        ("1ms1s", "after a unit that is not larger"),
        ("1.5m30s", "only its last number"),
        ("0.5ns", "whole number of nanoseconds"),
        ("1e3s", "no number"),
        ("300000d", "292 years"),
        ("1s_", "no number"),
        ("9" * 100 + "s", "too long"),
        ("१s", "no number"),
        ("1,5s", "no number"),
    ],
)
def test_what_is_no_duration_and_why(text: str, why: str):
    with pytest.raises(BadDuration, match=why):
        parse_duration(text)


@given(st.integers(0, 2**63 - 1))
def test_a_formatted_duration_is_read_back(duration_ns: int):
    assert parse_duration(format_duration(duration_ns)) == duration_ns


@pytest.mark.parametrize(
    ("duration_ns", "text"), [(0, "0s"), (500_000_000, "500ms"), (90_000_000_000, "1m30s"), (1_500_000, "1ms500us")]
)
def test_a_duration_for_people(duration_ns: int, text: str):
    assert format_duration(duration_ns) == text
