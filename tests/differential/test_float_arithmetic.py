"""The interpreter's REAL arithmetic, done in double precision and rounded, against the machine's own single precision.

The machine is asked through numpy, whose float32 loops are single precision instructions. Bits are compared, so
signed zeros, subnormals and the default NaN count. Where both operands are NaN the payload is free: a compiler may
swap the operands of a sum.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iec61131.interpreter import conversions, floats, operators
from iec61131.interpreter.intrinsics import INTRINSIC
from iec61131.semantics.model import ConversionKind
from iec61131.semantics.types import DINT, ELEMENTARY, LREAL, REAL, Elementary, Kind
from iec61131.syntax.tree import BinaryOperator

HARDWARE = {
    BinaryOperator.ADD: np.add,
    BinaryOperator.SUBTRACT: np.subtract,
    BinaryOperator.MULTIPLY: np.multiply,
    BinaryOperator.DIVIDE: np.divide,
}
# Exponents at random, so that sums meet operands of like size and products leave the normal range; all NaN are quiet.
FEW_EXPONENTS = st.builds(
    lambda sign, exponent, mantissa: sign << 31 | exponent << 23 | mantissa,
    st.integers(0, 1),
    st.sampled_from([0, 1, 2, 22, 23, 24, 100, 126, 127, 128, 129, 150, 151, 253, 254]),
    st.integers(0, 2**23 - 1),
)
SPECIAL = st.sampled_from(
    [0x0, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345, 0x1, 0x807FFFFF, 0x7F7FFFFF]
)
SINGLE_BITS = FEW_EXPONENTS | SPECIAL
INTEGERS = st.builds(lambda bits, low: (1 << bits) + low, st.integers(0, 62), st.integers(-3, 3)) | st.integers(
    -(2**63), 2**63 - 1
)
TYPES = sorted((t for t in ELEMENTARY.values() if t.kind not in (Kind.REAL, Kind.BOOL)), key=str)


def converted(kind: ConversionKind, value: float, target: Elementary) -> float:
    result = conversions.convert(kind, value, target)
    assert isinstance(result, int | float)
    return result


def computed(symbol: BinaryOperator, left: float, right: float, type_: Elementary) -> float:
    result = operators.binary(symbol, left, right, type_)
    assert isinstance(result, int | float)
    return result


def hardware(operation, *bits: int) -> int:
    operands = [np.array([b], dtype=np.uint32).view(np.float32) for b in bits]
    with np.errstate(all="ignore"):
        return int(operation(*operands).view(np.uint32)[0])


def is_nan(bits: int) -> bool:
    return bits & 0x7FFFFFFF > 0x7F800000


@pytest.mark.parametrize("symbol", HARDWARE, ids=lambda s: s.name.lower())
@given(left=SINGLE_BITS, right=SINGLE_BITS)
@example(left=0x7F800000, right=0xFF800000)
@example(left=0x00000001, right=0x3F000001)
def test_arithmetic_in_double_rounds_like_arithmetic_in_single(symbol, left, right):
    ours = computed(symbol, floats.single_of_bits(left), floats.single_of_bits(right), REAL)
    theirs = hardware(HARDWARE[symbol], left, right)
    if is_nan(left) and is_nan(right):
        assert is_nan(theirs)
        assert math.isnan(ours)
    else:
        assert floats.bits_of_single(ours) == theirs


@given(bits=SINGLE_BITS)
def test_square_root_in_double_rounds_like_square_root_in_single(bits):
    root = INTRINSIC["SQRT"]([floats.single_of_bits(bits)], REAL)
    assert isinstance(root, float)
    assert floats.bits_of_single(root) == hardware(np.sqrt, bits)


@given(bits=st.integers(0, 2**32 - 1))
@example(bits=0x7F800001)  # a signalling NaN survives load and store
@example(bits=0xFFBFFFFF)
def test_every_single_survives_load_and_store(bits):
    assert floats.bits_of_single(floats.single_of_bits(bits)) == bits


@given(value=INTEGERS)
@example(value=2**24 + 1)
@example(value=(1 << 60) + (1 << 36) + 1)  # rounded to double first, it would be a tie between two singles
@example(value=2**63 - 1)
def test_an_integer_is_rounded_to_single_once(value):
    """Against the definition: no neighbouring single is nearer, and at a tie the mantissa is even."""
    single = np.float32(converted(ConversionKind.INTEGER_TO_REAL, value, REAL))
    distance = abs(Fraction(float(single)) - value)
    for neighbour in (np.nextafter(single, np.float32(-np.inf)), np.nextafter(single, np.float32(np.inf))):
        other = abs(Fraction(float(neighbour)) - value)
        assert distance < other or (distance == other and int(single.view(np.uint32)) % 2 == 0)


@given(value=st.floats(), target=st.sampled_from(TYPES))
def test_real_to_integer_is_half_to_even_and_saturates(value: float, target: Elementary):
    rounded = converted(ConversionKind.REAL_TO_INTEGER, value, target)
    truncated = converted(ConversionKind.TRUNCATE_REAL, value, target)
    if math.isnan(value):
        assert (rounded, truncated) == (0, 0)
    elif value <= target.minimum or value >= target.maximum:
        assert rounded == truncated == (target.minimum if value <= target.minimum else target.maximum)
    else:
        distance = abs(Fraction(value) - int(rounded))
        assert distance < Fraction(1, 2) or (distance == Fraction(1, 2) and rounded % 2 == 0)
        assert abs(truncated) <= abs(value) < abs(truncated) + 1
        assert truncated * value >= 0


@given(value=st.floats())
def test_lreal_to_real_rounds_once(value):
    single = converted(ConversionKind.REAL_TO_REAL, value, REAL)
    with np.errstate(all="ignore"):
        expected = int(np.array([value]).astype(np.float32).view(np.uint32)[0])
    assert floats.bits_of_single(single) == expected
    assert converted(ConversionKind.REAL_TO_REAL, value, LREAL) == value or math.isnan(value)


@given(value=st.integers(-(2**63), 2**64 - 1), target=st.sampled_from(TYPES))
def test_resize_keeps_the_low_bits(value, target):
    resized = converted(ConversionKind.RESIZE, value, target)
    assert target.minimum <= resized <= target.maximum
    assert (resized - value) % (1 << target.bits) == 0


@given(left=st.integers(DINT.minimum, DINT.maximum), right=st.integers(DINT.minimum, DINT.maximum).filter(bool))
@example(left=DINT.minimum, right=-1)
@example(left=-7, right=2)
def test_quotient_and_remainder_fit_together(left, right):
    quotient = computed(BinaryOperator.DIVIDE, left, right, DINT)
    remainder = computed(BinaryOperator.MODULO, left, right, DINT)
    assert operators.wrap(quotient * right + remainder, DINT) == left
    assert abs(remainder) < abs(right)
    assert remainder == 0 or (remainder < 0) == (left < 0)
