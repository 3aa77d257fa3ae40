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
    if is_text(old) != is_text(new) or "pointer" in (old.kind, new.kind):
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


def _number(value: Any, old: DataType, new: DataType) -> Any:
    if old.kind == new.kind == "enum":
        return _label(value, old, new)
    group, wanted = _group(old), _group(new)
    if new.base == "BOOL" and group in ("integer", "bits"):
        return _truth(value)
    if group == wanted or {group, wanted} == {"integer", "bits"}:
        return value if group == "real" else int(value)
    if (group, wanted) == ("integer", "real"):
        return value
    if (group, wanted) == ("real", "integer"):
        return _whole(value, new)
    raise CannotConvert(f"{old.name} does not become {new.name}")


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
