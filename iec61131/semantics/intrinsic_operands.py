"""Which operands an `IntrinsicCall` may have, by the rule of its row: a part of what `legality` checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iec61131.semantics.intrinsics import DIGITS, Operands
from iec61131.semantics.types import (
    BOOL,
    DINT,
    LINT,
    LREAL,
    REAL,
    UDINT,
    ULINT,
    ArrayType,
    Elementary,
    Kind,
    StringType,
    StructType,
    Type,
)

_Types = Sequence[Type | None]
_NUMBERS = (DINT, UDINT, LINT, ULINT, REAL, LREAL)


def are_right(rule: Operands, types: _Types, result: Type) -> bool:
    """Whether operands of `types` give a `result` by `rule`. Raises KeyError for a rule that no executor knows."""
    return _RULES[rule](types, result)


def is_computation_type(type_: Type | None) -> bool:
    """Whether operators compute in it."""
    if not isinstance(type_, Elementary):
        return False
    return type_ in (BOOL, *_NUMBERS) or type_.is_clock or type_.kind in (Kind.BITS, Kind.CHARACTER)


def _is_real(type_: Type | None) -> bool:
    return type_ in (REAL, LREAL)


def _is_bits(type_: Type | None) -> bool:
    return isinstance(type_, Elementary) and type_.kind is Kind.BITS


def _all_are(types: _Types, wanted: Type | None) -> bool:
    return all(type_ == wanted for type_ in types)


def _same(types: _Types, result: Type) -> bool:
    return _all_are(types, result) and (is_computation_type(result) or isinstance(result, StringType))


def _chosen(first: Elementary, types: _Types, result: Type) -> bool:
    can_be_chosen = is_computation_type(result) or isinstance(result, StringType | ArrayType | StructType)
    return types[0] == first and _all_are(types[1:], result) and can_be_chosen


def _texts(types: _Types, result: Type) -> bool:
    texts = [type_ for type_ in types if isinstance(type_, StringType)]
    if not all(isinstance(type_, StringType) or type_ == DINT for type_ in types):
        return False
    if len({text.wide for text in texts}) != 1:
        return False
    return result.wide is texts[0].wide if isinstance(result, StringType) else result == DINT


_RULES: dict[Operands, Callable[[_Types, Type], bool]] = {
    Operands.ONE_NUMBER: lambda types, result: _all_are(types, result) and result in _NUMBERS,
    Operands.ONE_REAL: lambda types, result: _all_are(types, result) and _is_real(result),
    Operands.TWO_REALS: lambda types, result: _all_are(types, result) and _is_real(result),
    Operands.TEST_REAL: lambda types, result: _is_real(types[0]) and result == BOOL,
    Operands.SAME: _same,
    Operands.COMPARED: lambda types, result: (
        _all_are(types, types[0]) and is_computation_type(types[0]) and result == BOOL
    ),
    Operands.SELECT: lambda types, result: _chosen(BOOL, types, result),
    Operands.MULTIPLEX: lambda types, result: _chosen(LINT, types, result),
    Operands.SHIFT: lambda types, result: _is_bits(result) and list(types) == [result, DINT],
    Operands.BYTES: lambda types, result: _is_bits(result) and _all_are(types, result),
    Operands.TEXT: _texts,
    Operands.DIGITS: lambda types, result: _is_real(types[0]) and result == DIGITS,
    Operands.DECIMAL: lambda types, result: list(types) == [DIGITS] and _is_real(result),
    Operands.NOTHING: lambda types, result: isinstance(result, Elementary) and result.is_clock,
}
