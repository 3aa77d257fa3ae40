"""REAL and LREAL arithmetic, exactly as IEEE 754 hardware does it.

Both precisions are carried in a Python float, which is a double. A REAL is a double whose value is a single, and

- `+ - * /` and square root on singles are computed in double and rounded once more, to single. Rounding twice can
  differ from rounding once only if the double result lies within its own rounding error of a midpoint between two
  singles without being it. A double has 53 bits, which is at least 2 * 24 + 2, and for these five operations on
  operands of 24 bits no exact result lies that near a midpoint (Figueroa, "When is double rounding innocuous?",
  SIGNUM Newsletter 30(3), 1995). This holds for subnormal results as well: sums that small are exact, products of
  24-bit numbers are exact in a double, and quotients keep an even wider distance.
- The rule does not hold for an integer of 64 bits, which has its own single precision form below, nor for powers and
  other functions of the C library, which has a function of each for single precision (`semantics.libm`).

NaN: an operation with a NaN operand gives the first of them, quieted; an invalid operation (inf - inf, 0 * inf, 0 /
0, inf / inf, root of a negative) gives the default NaN. These are the rules of SSE. A compiler may swap the operands
of a sum, so two executors may still keep different payloads: a NaN is a NaN, and no program should look further.
"""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable

_QUIET = 1 << 51


def double_of(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def bits_of(value: float) -> int:
    return struct.unpack("<Q", struct.pack("<d", value))[0]


DEFAULT_NAN = double_of(0xFFF8_0000_0000_0000)


def quiet(nan: float) -> float:
    return double_of(bits_of(nan) | _QUIET)


def to_single(value: float) -> float:
    """The single nearest to `value`, ties to even; infinity past the greatest single; a NaN is quieted."""
    return ctypes.c_float(value).value


def single_of_bits(bits: int) -> float:
    """The single with the given 32 bits. By hand for NaN: a conversion instruction would quiet it, and a load must
    not."""
    if bits & 0x7F80_0000 == 0x7F80_0000 and bits & 0x007F_FFFF:
        return double_of((bits >> 31) << 63 | 0x7FF << 52 | (bits & 0x007F_FFFF) << 29)
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def bits_of_single(value: float) -> int:
    """The 32 bits of a float whose value is a single. NaN as in `single_of_bits`."""
    if math.isnan(value):
        bits = bits_of(value)
        return (bits >> 63) << 31 | 0xFF << 23 | (bits >> 29) & 0x007F_FFFF
    return struct.unpack("<I", struct.pack("<f", value))[0]


def from_integer(value: int, single: bool) -> float:
    """The nearest REAL or LREAL, ties to even, rounded once: an integer of 64 bits rounded to double first could
    round wrongly to single."""
    excess = abs(value).bit_length() - 24
    if not single or excess <= 0:
        return float(value)
    unit = 1 << excess
    quotient, rest = divmod(value, unit)
    if rest * 2 > unit or (rest * 2 == unit and quotient % 2 == 1):
        quotient += 1
    return float(quotient * unit)


def invalid_is_default_nan(operation: Callable[[float, float], float], left: float, right: float) -> float:
    """`operation` under the rules for NaN in the text above."""
    for operand in (left, right):
        if math.isnan(operand):
            return quiet(operand)
    result = operation(left, right)
    return DEFAULT_NAN if math.isnan(result) else result


def divide(left: float, right: float) -> float:
    """Division that gives infinity or NaN for a zero divisor; no operand is NaN."""
    if right != 0.0:
        return left / right
    if left == 0.0:
        return DEFAULT_NAN
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def square_root(value: float) -> float:
    if math.isnan(value):
        return quiet(value)
    return DEFAULT_NAN if value < 0.0 else math.sqrt(value)


def down(value: float) -> float:
    """The greatest whole number not above `value`, with its sign where it is zero."""
    return math.copysign(math.floor(value), value) if math.isfinite(value) else _same(value)


def up(value: float) -> float:
    """The least whole number not below `value`, with its sign where it is zero."""
    return math.copysign(math.ceil(value), value) if math.isfinite(value) else _same(value)


def _same(value: float) -> float:
    return quiet(value) if math.isnan(value) else value
