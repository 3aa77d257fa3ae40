"""Between bytes of the program's memory and values of Python, by the type of the variable.

| IEC type | Python value |
|---|---|
| BOOL | bool |
| integers, bit strings | int |
| REAL, LREAL | float (a REAL is rounded to single precision) |
| TIME, LTIME | int, nanoseconds |
| DATE, TOD, DT, their long forms | int, nanoseconds since 1970-01-01 or midnight; text as in `dates` is accepted |
| STRING, WSTRING, CHAR, WCHAR | str, see `texts` |
| enumeration | int; its labels are accepted as text |
| subrange | int inside its bounds |
| array of these | list, one level for each dimension |
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, cast

from iec61131.program import NUMPY_FORMAT, CompiledProgram, DataType, Target
from io_drivers.numeric_types import whole_range
from runtime.service.dates import CALENDAR, DATES, DAY_NS, TIMES_OF_DAY, BadDate, parse_date
from runtime.service.errors import OutOfRange, WrongType
from runtime.service.texts import decode, encode, is_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from runtime.image.ring import Write

_STRUCT = {
    "u1": "B",
    "i1": "b",
    "u2": "<H",
    "i2": "<h",
    "u4": "<I",
    "i4": "<i",
    "u8": "<Q",
    "i8": "<q",
    "f4": "<f",
    "f8": "<d",
}
_REAL_MAX = (2 - 2**-23) * 2.0**127


def read(program: CompiledProgram, target: Target, memory: NDArray[np.uint8]) -> Any:
    """The value of `target` in `memory` (the program's memory block or a snapshot of it)."""
    if target.bit is not None:
        return bool(int(memory[target.offset]) >> target.bit & 1)
    raw = memory[target.offset : target.offset + target.type.size]
    if target.type.kind != "array":
        return unpack(target.type, raw.tobytes())
    element = program.types[target.type.element]
    shape = tuple(high - low + 1 for low, high in target.type.ranges)
    if is_text(element):
        return _texts(element, raw, shape)
    values = raw.view(NUMPY_FORMAT[element.base]).reshape(shape)
    return (values != 0).tolist() if element.base == "BOOL" else values.tolist()


def _texts(element: DataType, raw: NDArray[np.uint8], shape: tuple[int, ...]) -> list[Any]:
    """An array of texts, one level of lists for each dimension."""
    parts = raw.reshape(shape[0], -1)
    return [_texts(element, p, shape[1:]) if len(shape) > 1 else decode(element, p.tobytes()) for p in parts]


def unpack(type_: DataType, raw: bytes) -> Any:
    """The value of a type that `is_single`, as it lies in memory."""
    if is_text(type_):
        return decode(type_, raw)
    value = struct.unpack(_STRUCT[NUMPY_FORMAT[type_.base][1:]], raw)[0]
    return bool(value) if type_.base == "BOOL" else value


def write(program: CompiledProgram, target: Target, value: object) -> Write:
    """The command that puts `value` into `target`. Raises WrongType or OutOfRange, naming the variable."""
    from runtime.image.ring import Write  # late: whoever only checks values need not wait for numba

    if target.type.kind != "array":
        return Write(target.offset, pack(target.path, target.type, value), target.bit)
    element = program.types[target.type.element]
    shape = [high - low + 1 for low, high in target.type.ranges]
    items = [pack(target.path, element, item) for item in flat(target.path, value, shape)]
    return Write(target.offset, b"".join(item.ljust(element.size, b"\0") for item in items))


def flat(path: str, value: object, shape: list[int]) -> list[object]:
    """The items of nested lists, in the order of the memory. Raises WrongType when they do not have this shape."""
    if not shape:
        return [value]
    if not isinstance(value, list | tuple):
        raise WrongType(
            f"'{path}' is an array of {' x '.join(map(str, shape))}; a list is expected, not {describe(value)}"
        )
    items = cast("list[object]", value)
    if len(items) != shape[0]:
        raise WrongType(f"'{path}' takes {shape[0]} elements here, not {len(items)}")
    return [leaf for item in items for leaf in flat(path, item, shape[1:])]


def pack(path: str, type_: DataType, value: object) -> bytes:
    """One value of a type that `is_single` as bytes in memory, of a text up to the zero behind it. Raises WrongType or
    OutOfRange.
    """
    if is_text(type_):
        if not isinstance(value, str):
            raise WrongType(f"'{path}' is {type_.name}; a text is expected, not {describe(value)}")
        return encode(path, type_, value)
    if not type_.base:
        raise WrongType(f"'{path}' is a whole {type_.name}; write its members one by one")
    if type_.kind == "enum" and isinstance(value, str):
        value = _label(path, type_, value)
    if type_.base in CALENDAR:
        value = _date(path, type_.base, value)
    format_ = NUMPY_FORMAT[type_.base][1:]
    if type_.base == "BOOL":
        if not isinstance(value, bool):
            raise WrongType(f"'{path}' is BOOL; true or false is expected, not {describe(value)}")
        return bytes([value])
    if format_[0] == "f":
        return _pack_real(path, type_.base, format_, value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongType(f"'{path}' is {type_.name}; a whole number is expected, not {describe(value)}")
    low, high = (type_.low, type_.high) if type_.kind == "subrange" else whole_range(NUMPY_FORMAT[type_.base])
    if not low <= value <= high:
        raise OutOfRange(f"'{path}' is {type_.name} and holds {low} to {high}, not {value}")
    if type_.kind == "enum" and value not in dict(type_.labels).values():
        raise OutOfRange(f"'{path}' is {type_.name}, which has no member with the value {value}")
    return struct.pack(_STRUCT[format_], value)


def _pack_real(path: str, name: str, format_: str, value: object) -> bytes:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongType(f"'{path}' is {name}; a number is expected, not {describe(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise OutOfRange(f"'{path}' is {name}, which cannot hold so large a number") from None
    try:
        return struct.pack(_STRUCT[format_], number)
    except OverflowError:  # what rounds to the greatest REAL is none
        raise OutOfRange(f"'{path}' is REAL and holds up to {_REAL_MAX!r}, not {number!r}") from None


def _date(path: str, base: str, value: object) -> object:
    """Nanoseconds: of a DATE whole days, of a TOD less than one, as the program may rely on."""
    if isinstance(value, str):
        try:
            value = parse_date(base, value)
        except BadDate as error:
            raise OutOfRange(f"'{path}' is {base}; '{value[:40]}' is none: {error}") from None
    if isinstance(value, int) and base in DATES and value % DAY_NS:
        raise OutOfRange(f"'{path}' is {base} and holds whole days, not {value} ns")
    if isinstance(value, int) and base in TIMES_OF_DAY and not 0 <= value < DAY_NS:
        raise OutOfRange(f"'{path}' is {base} and holds up to 24 h, not {value} ns")
    return value


def _label(path: str, type_: DataType, text: str) -> int:
    for label, number in type_.labels:
        if label.upper() == text.upper():
            return number
    raise OutOfRange(f"'{path}' is {type_.name}: {', '.join(label for label, _ in type_.labels)}; not '{text}'")


def describe(value: object) -> str:
    """A value in a message: its kind and a short form of it."""
    text = repr(value)
    kinds: dict[type, str] = {
        str: "text",
        float: "a real number",
        int: "a whole number",
        bool: "a truth value",
        list: "a list",
    }
    return f"{kinds.get(type(value), type(value).__name__)} {text if len(text) <= 40 else text[:37] + '...'}"
