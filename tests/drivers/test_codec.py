"""The vectorised conversion agrees with one written for a single value in plain Python arithmetic."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from io_drivers.codec import Conversion
from io_drivers.contract import Channel, Direction
from io_drivers.numeric_types import TYPES
from tests.drivers.harness import raw, value

SINGLE_MAX = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


def channel(wire_type: str, type_: str, scale: float = 1.0, offset: float = 0.0) -> Channel:
    return Channel(0, "d.p", Direction.INPUT, wire_type, type_, scale, offset)


def table(*rows: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 8)


def convert(conversion: Conversion, type_from: str, type_to: str, number: float) -> float | None:
    """None where it does not fit."""
    values, fits = conversion(table(raw(type_from, number)))
    assert fits[0] or not values[0].any(), "what does not fit is zero"
    return value(type_to, values[0]) if fits[0] else None


def slowly(source: str, target: str, number: float, scale: float, offset: float, *, to_block: bool) -> float | None:
    """The same for one value, without numpy."""
    if scale != 1.0 or offset != 0.0:
        number = float(number) * scale + offset if to_block else (float(number) - offset) / scale
    if not math.isfinite(number):
        return None
    kind = TYPES[target]
    if kind.is_float:
        if target == "LREAL":
            return float(number)
        try:
            return struct.unpack("<f", struct.pack("<f", number))[0]
        except OverflowError:
            return None
    whole = round(number)
    return whole if kind.low <= whole <= kind.high else None


def numbers(type_name: str) -> st.SearchStrategy:
    kind = TYPES[type_name]
    if not kind.is_float:
        edges = st.sampled_from([kind.low, kind.high, 0, kind.high // 2])
        return edges | st.integers(kind.low, kind.high)
    return st.floats(width=32 if type_name == "REAL" else 64)


names = st.sampled_from(sorted(TYPES))
scales = st.sampled_from([1.0, 0.1, 0.01, 10.0, -1.0, 0.5, 1e-9, 1e30])
offsets = st.sampled_from([0.0, -40.0, 0.5, 1e6])


@given(names, names, scales, offsets, st.booleans(), st.data())
def test_agrees_with_plain_arithmetic(source, target, scale, offset, to_block, data):
    number = data.draw(numbers(source))
    ends = (source, target) if to_block else (target, source)
    conversion = Conversion([channel(*ends, scale, offset)], to_block=to_block)
    with np.errstate(all="ignore"):
        expected = slowly(source, target, number, scale, offset, to_block=to_block)
    assert convert(conversion, source, target, number) == expected


@given(st.sampled_from(["INT", "UINT", "DINT", "UDINT"]), scales.filter(lambda s: abs(s) <= 10), offsets, st.data())
def test_a_wire_value_survives_the_way_to_lreal_and_back(wire_type, scale, offset, data):
    number = data.draw(numbers(wire_type))
    if scale == 1e-9 and offset == 1e6:
        return  # more digits than an LREAL has
    there = Conversion.to_block([channel(wire_type, "LREAL", scale, offset)])
    back = Conversion.to_wire([channel(wire_type, "LREAL", scale, offset)])
    middle = convert(there, wire_type, "LREAL", number)
    assert middle is not None
    assert convert(back, "LREAL", wire_type, middle) == number


@pytest.mark.parametrize(("wire", "expected"), [(25, 2), (35, 4), (-25, -2), (24, 2), (26, 3)], ids=str)
def test_a_tie_goes_to_the_even_neighbour(wire, expected):
    assert convert(Conversion.to_block([channel("INT", "INT", 0.1)]), "INT", "INT", wire) == expected


def test_64_bit_integers_are_exact():
    conversion = Conversion.to_block([channel("LINT", "LINT"), channel("ULINT", "LINT"), channel("LREAL", "LINT")])
    values, fits = conversion(table(raw("LINT", 2**63 - 1), raw("ULINT", 2**63), raw("LREAL", 2.0**63)))
    assert fits.tolist() == [True, False, False]
    assert value("LINT", values[0]) == 2**63 - 1


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("target", ["REAL", "LREAL", "INT", "BOOL"])
def test_what_is_not_finite_is_no_value(number, target):
    assert convert(Conversion.to_block([channel("REAL", target)]), "REAL", target, number) is None
    assert convert(Conversion.to_wire([channel(target, "REAL")]), "REAL", target, number) is None


def test_many_channels_keep_their_rows():
    channels = [
        channel("INT", "REAL", 0.1),
        channel("REAL", "REAL"),
        channel("INT", "INT"),
        channel("INT", "REAL", 0.5),
    ]
    values, fits = Conversion.to_block(channels)(table(raw("INT", 15), raw("REAL", 2.5), raw("INT", -3), raw("INT", 7)))
    assert fits.all()
    assert [round(value(c.type, row), 6) for c, row in zip(channels, values, strict=True)] == [1.5, 2.5, -3, 3.5]
    assert not values[2][2:].any(), "unused bytes are zero"


def test_unusable_channels_are_named():
    with pytest.raises(ValueError, match=r"d\.p: STRING is not a type that drivers convert"):
        Conversion.to_block([channel("STRING", "INT")])
    with pytest.raises(ValueError, match=r"d\.p: scale 0\.0"):
        Conversion.to_wire([channel("INT", "INT", 0.0)])
