"""Constants: what a typed expression is worth before the program runs, by exactly the rules it would be computed with.

`fold` walks a typed expression whose leaves are constants: array bounds, initial values, case labels, task intervals.
It raises `NotConstant` at the first part that only a running program knows, and `ConstantFault` where the program
would have faulted. Expressions in bodies are not folded here: the optimiser does that, and the interpreter does not
need it.

The second half computes with numbers that have no type yet (`2 * 3` in the text), in whole numbers without a width.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import cast

from iec61131.program import FaultCode
from iec61131.semantics import libm
from iec61131.semantics.intrinsics import INTRINSICS
from iec61131.semantics.model import (
    AddressOf,
    BinaryExpression,
    BitPlace,
    CallFunction,
    Constant,
    ConstantExpression,
    ConversionKind,
    Convert,
    ElementPlace,
    Expression,
    FieldPlace,
    HeapCall,
    InstanceMemberPlace,
    IntrinsicCall,
    Load,
    MemoryPlace,
    Place,
    SignalOf,
    Stepwise,
    TargetPlace,
    ThisPlace,
    UnaryExpression,
    ValuePlace,
    VariablePlace,
)
from iec61131.semantics.types import (
    WCHAR,
    ArrayType,
    Elementary,
    Kind,
    StringType,
    StructType,
    SubrangeType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax.tree import BinaryOperator, UnaryOperator

Scalar = bool | int | float


class NotConstant(Exception):
    """The expression at `span` has no value before the program runs."""

    def __init__(self, span: Span) -> None:
        super().__init__(span)
        self.span = span


class ConstantFault(Exception):
    """Computing the constant meets a fault at `span`."""

    def __init__(self, code: FaultCode, span: Span) -> None:
        super().__init__(code, span)
        self.code, self.span = code, span


def fold(node: Expression) -> Constant:
    """The value of `node`. Raises NotConstant or ConstantFault."""
    match node:
        case ConstantExpression():
            return node.value
        case Load():
            return _fold_place(node.place)
        case Convert(kind=ConversionKind.STRING, type=StringType(length=length, wide=wide)):
            text = fold(node.operand)
            assert not isinstance(text, tuple | dict)
            text = text if isinstance(text, str) else chr(int(text)).rstrip("\0")
            return (text if wide else in_bytes(text))[:length]
        case Convert(kind=ConversionKind.CHARACTER):
            text = fold(node.operand)
            text = text if isinstance(text, str) else chr(int(fold_scalar(node.operand)))
            return ord((text if elementary(node.type) == WCHAR else in_bytes(text))[:1] or "\0")
        case Convert():
            return _convert(node, fold_scalar(node.operand))
        case UnaryExpression():
            return _unary(node.operator, fold_scalar(node.operand), elementary(node.type))
        case BinaryExpression() if isinstance(node.left.type, StringType):
            left, right = fold(node.left), fold(node.right)
            assert isinstance(left, str)
            assert isinstance(right, str)
            return TEXT_COMPARE[node.operator](left, right)
        case BinaryExpression():
            return _binary(node)
        case IntrinsicCall():
            fold_intrinsic = _INTRINSICS.get(node.name)
            if fold_intrinsic is None or not isinstance(storage_type(node.type), Elementary):
                raise NotConstant(node.span)
            return fold_intrinsic([fold_scalar(a) for a in node.arguments], elementary(node.type))
        case CallFunction() | AddressOf() | SignalOf() | HeapCall() | Stepwise():
            raise NotConstant(node.span)


def in_bytes(text: str) -> str:
    """A text as characters of one byte, which are the first 256 of Unicode; '?' stands for all others."""
    return "".join(character if ord(character) <= 0xFF else "?" for character in text)


def fold_scalar(node: Expression) -> Scalar:
    value = fold(node)
    assert not isinstance(value, tuple | dict | str)
    return value


def elementary(type_: Type | None) -> Elementary:
    """The elementary type that a scalar type is stored as."""
    if isinstance(type_, Elementary):  # nearly always
        return type_
    stored = storage_type(type_) if type_ is not None else None
    assert isinstance(stored, Elementary), stored
    return stored


def _fold_place(place: Place) -> Constant:
    match place:
        case VariablePlace(variable=variable):
            if not variable.is_fixed or variable.initial is None:
                raise NotConstant(place.span)
            return variable.initial
        case FieldPlace(base=base) if isinstance(base.type, StructType) and base.type.is_overlaid:
            raise NotConstant(place.span)
        case FieldPlace(field=field):
            fields = _fold_place(place.base)
            assert isinstance(fields, dict)
            return fields.get(field.key, cast("Constant", field.initial))
        case ElementPlace():
            return _fold_element(place)
        case BitPlace():
            whole = _fold_place(place.base)
            assert isinstance(whole, int)
            part = whole >> place.bit & place.type.maximum
            return bool(part) if place.type.kind is Kind.BOOL else part
        case MemoryPlace() | InstanceMemberPlace() | TargetPlace() | ThisPlace() | ValuePlace():
            raise NotConstant(place.span)


def _fold_element(place: ElementPlace) -> Constant:
    elements = _fold_place(place.base)
    assert isinstance(elements, tuple)
    assert isinstance(place.base.type, ArrayType)
    number = 0
    for index, (low, high) in zip(place.indices, place.base.type.ranges, strict=True):
        value = fold_scalar(index)
        if not low <= value <= high:
            raise ConstantFault(FaultCode.INDEX_OUT_OF_BOUNDS, place.span)
        number = number * (high - low + 1) + int(value) - low
    return elements[number]


# --------------------------------------------------------------------------------------------------------- conversions


def wrap(value: int, type_: Elementary) -> int:
    """The low bits of `value`, read as `type_`."""
    value &= (1 << type_.size * 8) - 1
    return value - (1 << type_.bits) if type_.is_signed and value > type_.maximum else value


def round_real(value: float, type_: Elementary) -> float:
    """`value` in the precision of `type_`."""
    return to_single(value) if type_.size == 4 else value


def to_single(value: float) -> float:
    """The nearest single-precision number, ties to even; beyond its range infinity."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def real_from_integer(value: int, type_: Elementary) -> float:
    """Rounded once, to the precision of `type_`: going through a double would round twice."""
    precision = 24 if type_.size == 4 else 53
    excess = abs(value).bit_length() - precision
    if excess > 0:
        kept, rest = divmod(abs(value), 1 << excess)
        half = 1 << (excess - 1)
        kept += rest > half or (rest == half and kept & 1)
        value = int(math.copysign(1, value)) * (kept << excess)
    return float(value)


def real_from_text(text: str, type_: Elementary) -> float:
    """The number that decimal digits mean, rounded once to the precision of `type_`."""
    digits = text.replace("_", "")
    double = float(digits)
    if type_.size == 8:
        return double
    single = to_single(double)
    if single == double:
        return single
    other = _next_single(single, double)
    if abs(Fraction(double) - _exact(single)) != abs(Fraction(double) - _exact(other)):
        return single
    # The double lies in the middle of two singles, so the digits it was rounded from decide.
    exact, middle = Fraction(Decimal(digits)), Fraction(double)
    if exact == middle:
        return single
    return max(single, other) if exact > middle else min(single, other)


def _exact(single: float) -> Fraction:
    """The number itself; for infinity what would follow on the greatest one, where rounding to infinity begins."""
    return Fraction(2) ** 128 * int(math.copysign(1, single)) if math.isinf(single) else Fraction(single)


def _next_single(single: float, towards: float) -> float:
    """The single-precision number beside `single` on the side of `towards`, which has the same sign or is beside
    zero.
    """
    bits = struct.unpack("<i", struct.pack("<f", single))[0]
    if single == 0:
        return math.copysign(struct.unpack("<f", struct.pack("<i", 1))[0], towards)
    return struct.unpack("<f", struct.pack("<i", bits + (1 if abs(towards) > abs(single) else -1)))[0]


def _to_integer(value: float, type_: Elementary, whole: Callable[[float], int]) -> int:
    if math.isnan(value):
        return 0
    if math.isinf(value):
        return type_.maximum if value > 0 else type_.minimum
    return min(max(whole(value), type_.minimum), type_.maximum)


def _convert(node: Convert, value: Scalar) -> Scalar:
    if node.kind is ConversionKind.SUBRANGE:
        assert isinstance(node.type, SubrangeType)
        if not node.type.low <= value <= node.type.high:
            raise ConstantFault(FaultCode.SUBRANGE, node.span)
        return value
    target = elementary(node.type)
    match node.kind:
        case ConversionKind.RESIZE:
            return wrap(int(value), target)
        case ConversionKind.TO_BOOL:
            return value != 0
        case ConversionKind.FROM_BOOL:
            return float(value) if target.kind is Kind.REAL else int(value)
        case ConversionKind.INTEGER_TO_REAL:
            return real_from_integer(int(value), target)
        case ConversionKind.REAL_TO_REAL:
            return round_real(float(value), target)
        case ConversionKind.REAL_TO_INTEGER:
            return _to_integer(float(value), target, round)
        case ConversionKind.TRUNCATE_REAL:
            return _to_integer(float(value), target, math.trunc)
        case ConversionKind.RELABEL:
            return value
        case ConversionKind.STRING | ConversionKind.CHARACTER:
            raise AssertionError("folded with texts")


# ----------------------------------------------------------------------------------------------------------- operators


def _unary(operator_: UnaryOperator, value: Scalar, type_: Elementary) -> Scalar:
    match operator_:
        case UnaryOperator.NEGATE:
            return -value if type_.kind is Kind.REAL else wrap(-int(value), type_)
        case UnaryOperator.PLUS:
            return value
        case UnaryOperator.NOT:
            return not value if type_.kind is Kind.BOOL else wrap(~int(value), type_)


def _binary(node: BinaryExpression) -> Scalar:
    left = fold_scalar(node.left)
    if node.operator is BinaryOperator.AND_THEN and not left:
        return False
    if node.operator is BinaryOperator.OR_ELSE and left:
        return True
    right = fold_scalar(node.right)
    type_ = elementary(node.left.type)
    compare = _COMPARE.get(node.operator)
    if compare is not None:
        return compare(left, right)
    if type_.kind is Kind.BOOL:
        return _LOGIC[node.operator](bool(left), bool(right))
    if node.operator is BinaryOperator.POWER:
        return libm.call("pow", float(left), float(right), single=type_.size == 4)
    if type_.kind is Kind.REAL:
        return round_real(_REAL[node.operator](float(left), float(right)), type_)
    if node.operator in (BinaryOperator.DIVIDE, BinaryOperator.MODULO) and right == 0:
        raise ConstantFault(FaultCode.DIVIDE_BY_ZERO, node.span)
    return wrap(_WHOLE[node.operator](int(left), int(right)), type_)


def divide(left: int, right: int) -> int:
    """Whole quotient, towards zero. Raises ZeroDivisionError."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def remainder(left: int, right: int) -> int:
    """What `divide` leaves: it has the sign of `left`."""
    return left - right * divide(left, right)


def divide_real(left: float, right: float) -> float:
    """IEEE 754 division, which Python refuses for zero."""
    if right != 0 or math.isnan(right):
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def power_real(base: float, exponent: float) -> float:
    """C's pow, with infinity and NaN where Python raises."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        odd = exponent % 2 == 1
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan


_COMPARE: dict[BinaryOperator, Callable[[Scalar, Scalar], bool]] = {
    BinaryOperator.EQUAL: operator.eq,
    BinaryOperator.NOT_EQUAL: operator.ne,
    BinaryOperator.LESS: operator.lt,
    BinaryOperator.GREATER: operator.gt,
    BinaryOperator.LESS_EQUAL: operator.le,
    BinaryOperator.GREATER_EQUAL: operator.ge,
}
TEXT_COMPARE: dict[BinaryOperator, Callable[[str, str], bool]] = {
    BinaryOperator.EQUAL: operator.eq,
    BinaryOperator.NOT_EQUAL: operator.ne,
    BinaryOperator.LESS: operator.lt,
    BinaryOperator.GREATER: operator.gt,
    BinaryOperator.LESS_EQUAL: operator.le,
    BinaryOperator.GREATER_EQUAL: operator.ge,
}
_LOGIC: dict[BinaryOperator, Callable[[bool, bool], bool]] = {
    BinaryOperator.AND: lambda a, b: a and b,
    BinaryOperator.OR: lambda a, b: a or b,
    BinaryOperator.XOR: lambda a, b: a is not b,
    BinaryOperator.AND_THEN: lambda a, b: a and b,
    BinaryOperator.OR_ELSE: lambda a, b: a or b,
}
_REAL: dict[BinaryOperator, Callable[[float, float], float]] = {
    BinaryOperator.ADD: operator.add,
    BinaryOperator.SUBTRACT: operator.sub,
    BinaryOperator.MULTIPLY: operator.mul,
    BinaryOperator.DIVIDE: divide_real,
    BinaryOperator.POWER: power_real,
}
_WHOLE: dict[BinaryOperator, Callable[[int, int], int]] = {
    BinaryOperator.ADD: operator.add,
    BinaryOperator.SUBTRACT: operator.sub,
    BinaryOperator.MULTIPLY: operator.mul,
    BinaryOperator.DIVIDE: divide,
    BinaryOperator.MODULO: remainder,
    BinaryOperator.AND: int.__and__,
    BinaryOperator.OR: int.__or__,
    BinaryOperator.XOR: int.__xor__,
}


# ---------------------------------------------------------------------------------------------------------- intrinsics


def _abs(values: list[Scalar], type_: Elementary) -> Scalar:
    return abs(values[0]) if type_.kind is Kind.REAL else wrap(abs(int(values[0])), type_)


def _sqrt(values: list[Scalar], type_: Elementary) -> Scalar:
    return round_real(math.sqrt(values[0]), type_) if values[0] >= 0 else math.nan


def _min(values: list[Scalar], _: Elementary) -> Scalar:
    least = values[0]
    for value in values[1:]:
        least = value if value < least else least  # `min` treats NaN otherwise
    return least


def _max(values: list[Scalar], _: Elementary) -> Scalar:
    greatest = values[0]
    for value in values[1:]:
        greatest = value if greatest < value else greatest  # `max` treats NaN otherwise
    return greatest


def _mux(values: list[Scalar], _: Elementary) -> Scalar:
    number, choices = int(values[0]), values[1:]
    return choices[number] if 0 <= number < len(choices) else choices[-1]


def _compared(compare: Callable[[Scalar, Scalar], bool]) -> Callable[[list[Scalar], Elementary], Scalar]:
    return lambda values, _: all(compare(left, right) for left, right in pairwise(values))


def _floor(values: list[Scalar], _: Elementary) -> Scalar:
    return _whole(math.floor, float(values[0]))


def _ceil(values: list[Scalar], _: Elementary) -> Scalar:
    return _whole(math.ceil, float(values[0]))


def _whole(rounded: Callable[[float], int], value: float) -> float:
    return math.copysign(rounded(value), value) if math.isfinite(value) else value


def _from_libm(function: str) -> Callable[[list[Scalar], Elementary], Scalar]:
    return lambda values, type_: libm.call(function, *map(float, values), single=type_.size == 4)


def _reversed_bytes(values: list[Scalar], type_: Elementary) -> Scalar:
    return int.from_bytes(int(values[0]).to_bytes(type_.size, "little"), "big")


def _limit(values: list[Scalar], _: Elementary) -> Scalar:
    low, value, high = values
    limited = low if value < low else value
    return high if high < limited else limited


def _shift(values: list[Scalar], type_: Elementary, *, left: bool, rotate: bool) -> Scalar:
    value, count = int(values[0]), int(values[1])
    if rotate:
        count %= type_.bits
        count = count if left else (type_.bits - count) % type_.bits
        return wrap(value << count | value >> (type_.bits - count), type_)
    if not 0 <= count < type_.bits:
        return 0
    return wrap(value << count if left else value >> count, type_)


_INTRINSICS: dict[str, Callable[[list[Scalar], Elementary], Scalar]] = {
    "ABS": _abs,
    "SQRT": _sqrt,
    **{name: _from_libm(row.libm) for name, row in INTRINSICS.items() if row.libm},
    "FLOOR": _floor,
    "CEIL": _ceil,
    "IS_VALID": lambda values, _: math.isfinite(values[0]),
    **{name: _compared(_COMPARE[row.operator]) for name, row in INTRINSICS.items() if row.operator in _COMPARE},
    "MIN": _min,
    "MAX": _max,
    "LIMIT": _limit,
    "SEL": lambda values, _: values[2] if values[0] else values[1],
    "MUX": _mux,
    "SHL": lambda values, type_: _shift(values, type_, left=True, rotate=False),
    "SHR": lambda values, type_: _shift(values, type_, left=False, rotate=False),
    "ROL": lambda values, type_: _shift(values, type_, left=True, rotate=True),
    "ROR": lambda values, type_: _shift(values, type_, left=False, rotate=True),
    "TO_BIG_ENDIAN": _reversed_bytes,
    "FROM_BIG_ENDIAN": _reversed_bytes,
    "TO_LITTLE_ENDIAN": lambda values, _: values[0],
    "FROM_LITTLE_ENDIAN": lambda values, _: values[0],
}

# ----------------------------------------------------------------------------------------------- numbers without a type

LITERAL_LIMIT = 1 << 64
"""Whole numbers in the text stay below this in size: no type of the language holds more."""


class LiteralTooLarge(Exception):
    """A computation with whole numbers in the text leaves what any type can hold."""


def combine_literals(operator_: BinaryOperator, left: int | float, right: int | float) -> bool | int | float | None:
    """Two numbers in the text, combined; None when the operator does not work on them.

    Raises LiteralTooLarge and ZeroDivisionError.
    """
    compare = _COMPARE.get(operator_)
    if compare is not None:
        return compare(left, right)
    if isinstance(left, float) or isinstance(right, float):
        combine = _REAL.get(operator_)
        return combine(float(left), float(right)) if combine is not None else None
    if operator_ is BinaryOperator.POWER:
        return checked(_whole_power(left, right)) if right >= 0 else power_real(float(left), float(right))
    whole = _WHOLE.get(operator_)
    return checked(whole(left, right)) if whole is not None else None


def _whole_power(base: int, exponent: int) -> int:
    if abs(base) > 1 and exponent > 64:
        raise LiteralTooLarge
    return base ** (exponent if abs(base) > 1 else min(exponent, 2 + exponent % 2))


def checked(value: int) -> int:
    """`value`, when some type can hold it."""
    if abs(value) >= LITERAL_LIMIT:
        raise LiteralTooLarge
    return value
