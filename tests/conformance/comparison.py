"""Whether a value is what a case expects.

Cases are written for other systems, which keep some types in other units and read them back through other integers.
`UNIT_NS` says the units; an integer is compared by its bits in the width of the variable, so that -1 expected of a
UDINT means 16#FFFFFFFF. REAL is compared in single precision, exactly unless the case gives a tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from iec61131.program import DataType

_MS, _S = 10**6, 10**9
_CLOCKS = ("TIME", "LTIME", "DATE", "LDATE", "TIME_OF_DAY", "TOD", "LTOD", "DATE_AND_TIME", "DT", "LDT")
_IN_NANOSECONDS = dict.fromkeys(_CLOCKS, 1)
UNIT_NS: dict[str, dict[str, int]] = {
    "ironplc": {
        **_IN_NANOSECONDS,
        "TIME": _MS,
        "LTIME": _MS,
        "TIME_OF_DAY": _MS,
        "TOD": _MS,
        "DATE": _S,
        "DATE_AND_TIME": _S,
        "DT": _S,
    },
}
"""Dialect -> type -> nanoseconds in one unit of an expected value."""


def as_stored(value: Any, type_: DataType, dialect: str) -> Any:
    """What has to be written into a variable of `type_` for a value of a case."""
    if isinstance(value, str):
        return value[: capacity(type_)]
    if type_.base in _CLOCKS and isinstance(value, int):
        return value * _unit_ns(type_, dialect)
    if type_.base == "BOOL":
        return bool(value)
    if type_.base in ("REAL", "LREAL"):
        return float(value)
    return _wrapped(value, type_) if isinstance(value, int) else value


def is_as_expected(found: Any, expected: Any, type_: DataType, dialect: str, tolerance: float | None = None) -> bool:
    if isinstance(expected, str) or isinstance(found, str):
        return found == expected
    if type_.base == "BOOL":
        return bool(found) == bool(expected) and expected in (0, 1)
    if type_.base in ("REAL", "LREAL"):
        return _is_near(float(found), _rounded(float(expected), type_), tolerance or 0.0)
    if type_.base in _CLOCKS:
        return found == expected * _unit_ns(type_, dialect)
    if tolerance is not None:
        return abs(found - expected) <= tolerance
    return found == expected or (isinstance(expected, int) and found == _wrapped(expected, type_))


def capacity(type_: DataType) -> int:
    """The most characters of a variable of type STRING or WSTRING; the last place holds the end."""
    return type_.size // (2 if type_.wide else 1) - 1


def shown(values: Sequence[Any]) -> str:
    return repr(values[0]) if len(values) == 1 else repr(list(values))


def _is_near(found: float, expected: float, tolerance: float) -> bool:
    if math.isnan(expected) or math.isnan(found):
        return math.isnan(expected) and math.isnan(found)
    return found == expected or abs(found - expected) <= tolerance


def _rounded(value: float, type_: DataType) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value)) if type_.base == "REAL" else value


def _wrapped(value: int, type_: DataType) -> int:
    """The number with the same bits that the type can hold; the value itself when it has more bits."""
    bits = 8 * type_.size
    if not -(1 << bits - 1) <= value < 1 << bits:
        return value
    is_signed = type_.base in ("SINT", "INT", "DINT", "LINT")
    pattern = value & (1 << bits) - 1
    return pattern - (1 << bits) if is_signed and pattern >> bits - 1 else pattern


def _unit_ns(type_: DataType, dialect: str) -> int:
    return cast(dict[str, int], UNIT_NS.get(dialect, _IN_NANOSECONDS))[type_.base]
