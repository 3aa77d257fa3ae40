"""Between Python's values and the bytes of a program's memory, at the edges of what a type holds."""

from __future__ import annotations

import math
import struct

import pytest

from iec61131.program import DataType
from runtime.service import values
from runtime.service.errors import OutOfRange

REAL = DataType("REAL", "elementary", 4, base="REAL")
GREATEST = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]


@pytest.mark.parametrize("number", [3.4028235e38, GREATEST, -3.4028235e38, 3.40282356e38])
def test_what_rounds_to_the_greatest_real_is_taken(number: float) -> None:
    """3.4028235e38 is how most languages write the greatest REAL, and a little above it: it was refused as 'up to
    3.402823e+38, not 3.402823e+38'.
    """
    assert struct.unpack("<f", values.pack("Main.R", REAL, number))[0] == math.copysign(GREATEST, number)


@pytest.mark.parametrize("number", [3.4028236e38, -1e39, 10**39])
def test_what_rounds_to_infinity_is_refused(number: float) -> None:
    with pytest.raises(OutOfRange, match=r"holds up to 3\.4028234663852886e\+38, not -?[0-9.]+e\+3[89]"):
        values.pack("Main.R", REAL, number)


def test_infinity_and_nan_are_values() -> None:
    assert values.pack("Main.R", REAL, math.inf) == struct.pack("<f", math.inf)
    assert values.pack("Main.R", REAL, math.nan) == struct.pack("<f", math.nan)
