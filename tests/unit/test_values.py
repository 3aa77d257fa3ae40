"""Between Python's values and the bytes of a program's memory, at the edges of what a type holds."""

from __future__ import annotations

import math
import struct

import pytest

from iec61131.program import DataType
from runtime.service import texts, values
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


STRING = DataType("STRING(4)", "string", 5)
WSTRING = DataType("WSTRING(3)", "string", 8, wide=True)
CHAR = DataType("CHAR", "elementary", 1, base="CHAR")


@pytest.mark.parametrize(
    ("type_", "raw", "text"),
    [
        (STRING, b"ab\0cd", "ab"),
        (STRING, b"abcde", "abcd"),
        (STRING, b"\xe9\xff\0\0\0", "\u00e9\u00ff"),
        (STRING, b"\x80\x81\x9f\xa0\0", "\u20ac\x81\u0178\xa0"),
        (WSTRING, "a\u20ac\0x".encode("utf-16-le"), "a\u20ac"),
        (WSTRING, b"\x3d\xd8\x00\xde\x00\xd8\0\0", "\U0001f600\ufffd"),
        (CHAR, b"x", "x"),
        (CHAR, b"\0", ""),
    ],
)
def test_a_text_ends_at_its_first_zero_or_with_its_variable(type_: DataType, raw: bytes, text: str) -> None:
    assert texts.decode(type_, raw) == text


@pytest.mark.parametrize(
    ("type_", "text", "raw"),
    [
        (STRING, "ab", b"ab\0"),
        (STRING, "abcd", b"abcd\0"),
        (WSTRING, "\U0001f600x", b"\x3d\xd8\x00\xdex\0\0\0"),
        (CHAR, "\u00b0", b"\xb0"),
        (CHAR, "\u20ac", b"\x80"),
        (CHAR, "", b"\0"),
    ],
)
def test_a_text_is_written_with_its_zero(type_: DataType, text: str, raw: bytes) -> None:
    assert values.pack("Main.S", type_, text) == raw


@pytest.mark.parametrize(
    ("type_", "text", "says"),
    [
        (STRING, "abcde", r"holds 4 characters, not 5"),
        (STRING, "\u03a9", r"characters of Windows-1252, not U\+03A9; a WSTRING has it"),
        (STRING, "a\0", r"ends at a zero"),
        (WSTRING, "\U0001f600" * 2, r"holds 3 code units, not 4"),
        (WSTRING, "\ud800", r"U\+D800 is half of a pair"),
        (CHAR, "ab", r"holds 1 character, not 2"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(type_: DataType, text: str, says: str) -> None:
    with pytest.raises(OutOfRange, match=says):
        values.pack("Main.S", type_, text)
