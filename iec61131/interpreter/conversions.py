"""Conversions: one function for each `ConversionKind`, value in, value of the target type out.

SUBRANGE can fault and is therefore carried out where faults are raised, in `execution`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from iec61131.interpreter import floats
from iec61131.interpreter.memory import Value
from iec61131.interpreter.operators import wrap
from iec61131.semantics.model import ConversionKind
from iec61131.semantics.types import Elementary, Kind, Type, storage_type


def convert(kind: ConversionKind, value: Value, target: Type) -> Value:
    """`value` converted to `target`. Raises KeyError for SUBRANGE."""
    type_ = storage_type(target)
    if not isinstance(type_, Elementary):
        assert kind is ConversionKind.RELABEL
        return value
    return CONVERT[kind](value, type_)


def _resize(value: Value, target: Elementary) -> Value:
    """A value says its own sign, so keeping the low bits both truncates and extends."""
    assert isinstance(value, int)
    return wrap(value, target)


def _relabel(value: Value, target: Elementary) -> Value:
    return wrap(value, target) if isinstance(value, int) and target.kind is not Kind.BOOL else value


def _to_bool(value: Value, target: Elementary) -> Value:
    assert target.kind is Kind.BOOL
    return value != 0


def _from_bool(value: Value, target: Elementary) -> Value:
    return float(value) if target.kind is Kind.REAL else int(value)


def _integer_to_real(value: Value, target: Elementary) -> Value:
    assert isinstance(value, int)
    return floats.from_integer(value, single=target.size == 4)


def _real_to_real(value: Value, target: Elementary) -> Value:
    assert isinstance(value, float)
    if math.isnan(value):
        return floats.quiet(value)
    return floats.to_single(value) if target.size == 4 else value


def _real_to_integer(value: Value, target: Elementary) -> Value:
    return _saturate(value, target, round)  # Python rounds half to even


def _truncate_real(value: Value, target: Elementary) -> Value:
    return _saturate(value, target, math.trunc)


def _saturate(value: Value, target: Elementary, whole: Callable[[float], int]) -> int:
    assert isinstance(value, float)
    if math.isnan(value):
        return 0
    if math.isinf(value):
        return target.maximum if value > 0 else target.minimum
    return min(max(whole(value), target.minimum), target.maximum)


CONVERT: dict[ConversionKind, Callable[[Value, Elementary], Value]] = {
    ConversionKind.RESIZE: _resize,
    ConversionKind.RELABEL: _relabel,
    ConversionKind.TO_BOOL: _to_bool,
    ConversionKind.FROM_BOOL: _from_bool,
    ConversionKind.INTEGER_TO_REAL: _integer_to_real,
    ConversionKind.REAL_TO_INTEGER: _real_to_integer,
    ConversionKind.TRUNCATE_REAL: _truncate_real,
    ConversionKind.REAL_TO_REAL: _real_to_real,
}
