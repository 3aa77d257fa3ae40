"""A single value of one type as a value of another, where that keeps its meaning.

| from | to | carried when |
|---|---|---|
| integer, bit string, BOOL | integer, bit string, BOOL, enumeration, subrange | the new type has the number |
| integer | REAL, LREAL | always; rounded where it has more digits |
| REAL, LREAL | integer | it is whole, and the new type has it |
| REAL | LREAL, and back | always; not what is too large for REAL |
| enumeration | enumeration | the new one has the name |
| TIME, DATE, TOD, DT | their long forms, and back | always |
| STRING, WSTRING, CHAR, WCHAR | one another | the new type has the characters; what is too long is cut |
"""

from __future__ import annotations

import math
from contextlib import suppress
from enum import Enum
from typing import Any

from iec61131.program import DataType
from runtime.service import values
from runtime.service.errors import OutOfRange, WrongType
from runtime.service.texts import capacity, is_text

_BITS = ("BOOL", "BYTE", "WORD", "DWORD", "LWORD")
_REALS = ("REAL", "LREAL")
_LONG_FORMS = {"LTIME": "TIME", "LDATE": "DATE", "LTOD": "TOD", "LDT": "DT"}


class CannotConvert(Exception):
    """The text says why, for people."""


def convert(path: str, old: DataType, raw: bytes, new: DataType) -> tuple[bytes, str]:
    """The bytes of the value `raw` of the variable at `path` as one of type `new`, and what it lost on the way, if
    anything. Raises CannotConvert.
    """
    if form_of(old, new) is None:
        raise CannotConvert(f"{old.name} does not become {new.name}")
    value = values.unpack(old, raw)
    try:
        if is_text(old):
            return _text(path, value, new)
        packed = values.pack(path, new, _number(value, old, new))
    except (OutOfRange, WrongType) as error:
        raise CannotConvert(str(error)) from None
    is_rounded = new.base in _REALS and not math.isnan(value) and values.unpack(new, packed) != value
    return packed, "rounded" if is_rounded else ""


def _text(path: str, value: str, new: DataType) -> tuple[bytes, str]:
    length = capacity(new)
    cut = value[:length]
    while len(cut.encode("utf-16-le")) > 2 * length:  # outside of the first plane a character is two code units
        cut = cut[:-1]
    packed = values.pack(path, new, cut).ljust(new.size, b"\0")
    return packed, "" if cut == value else f"cut to {length} characters"


class Form(Enum):
    """How the values of one type become those of another."""

    LABEL = "label"  # of enumerations, by name
    TRUTH = "truth"  # 0 and 1 to BOOL
    WHOLE = "whole"  # between integers and bit strings
    SAME = "same"  # between REAL and LREAL
    TO_REAL = "to real"
    TO_WHOLE = "to whole"
    TEXT = "text"


def form_of(old: DataType, new: DataType) -> Form | None:
    """None where no value of one means anything to the other."""
    if is_text(old) != is_text(new) or "pointer" in (old.kind, new.kind):
        return None
    if is_text(old):
        return Form.TEXT
    if old.kind == new.kind == "enum":
        return Form.LABEL
    group, wanted = _group(old), _group(new)
    if new.base == "BOOL" and group in ("integer", "bits"):
        return Form.TRUTH
    if group == wanted or {group, wanted} == {"integer", "bits"}:
        return Form.SAME if group == "real" else Form.WHOLE
    return {("integer", "real"): Form.TO_REAL, ("real", "integer"): Form.TO_WHOLE}.get((group, wanted))


def _number(value: Any, old: DataType, new: DataType) -> Any:
    match form_of(old, new):
        case Form.LABEL:
            return _label(value, old, new)
        case Form.TRUTH:
            return _truth(value)
        case Form.WHOLE:
            return int(value)
        case Form.TO_WHOLE:
            return _whole(value, new)
        case Form.SAME | Form.TO_REAL:
            return value
        case _:
            raise CannotConvert(f"{old.name} does not become {new.name}")


def known_labels(old: DataType, new: DataType) -> list[tuple[int, int]]:
    """The numbers of an enumeration whose name another one has too, each with its number there."""
    found: list[tuple[int, int]] = []
    for number in dict.fromkeys(number for _, number in old.labels):
        with suppress(CannotConvert):
            label = _label(number, old, new).upper()
            found.append((number, next(known for name, known in new.labels if name.upper() == label)))
    return found


def _whole(value: float, new: DataType) -> int:
    if not math.isfinite(value) or value != math.floor(value):
        raise CannotConvert(f"{value!r} is no whole number, as {new.name} needs one")
    return int(value)


def _group(type_: DataType) -> str:
    """Types whose values mean the same kind of thing."""
    if type_.base in _REALS:
        return "real"
    if type_.base in _BITS:
        return "bits"
    form = _LONG_FORMS.get(type_.base, type_.base)
    return form if form in _LONG_FORMS.values() else "integer"


def _label(value: int, old: DataType, new: DataType) -> str:
    """The name of the value, of several names for one number that which the new type has."""
    names = [label for label, number in old.labels if number == value]
    known = {label.upper() for label, _ in new.labels}
    name = next((name for name in names if name.upper() in known), None)
    if name is None:
        shown = names[0] if names else str(value)
        raise CannotConvert(f"{new.name} has no {shown}")
    return name


def _truth(value: Any) -> bool:
    if value not in (0, 1):
        raise CannotConvert(f"{value} is neither TRUE nor FALSE")
    return bool(value)
