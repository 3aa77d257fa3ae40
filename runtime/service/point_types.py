"""Which types of point and variable go together, and values of the project file as bytes of a variable.

A value must arrive as it was sent. Without `scale` or `offset` the receiving type has to hold every value of the
sending one exactly; with them, rounding is wanted, and any two numbers go together: what does not fit at run time
makes an input bad and keeps an output from being written.
"""

from __future__ import annotations

from iec61131.program import NUMPY_FORMAT, DataType
from io_drivers.contract import Channel, Direction
from io_drivers.numeric_types import whole_range
from runtime.service import values
from runtime.service.config.durations import BadDuration, format_duration, parse_duration
from runtime.service.dates import CALENDAR
from runtime.service.errors import RequestError
from runtime.service.texts import CHARACTERS

TIMES = ("TIME", "LTIME")
_CODES = {"CHAR": "BYTE", "WCHAR": "WORD"}
_MANTISSA_BITS = {"REAL": 24, "LREAL": 53}

Mismatch = tuple[str, str]
"""Cause and remedy."""


class Unfit(ValueError):
    """A value that the variable cannot hold; the text says why."""


def mismatch(
    direction: Direction, wire_type: str, variable: str, type_: DataType, *, converted: bool
) -> Mismatch | None:
    """Why a point of `wire_type` and the variable named `variable`, of the scalar type `type_`, do not go together;
    None when they do.

    `converted` says that scale or offset were written.
    """
    base = type_.base
    if base in CALENDAR:
        cause = f"'{variable}' is {type_.name}, and devices send and take numbers"
        return cause, f"use a variable of type UDINT or ULINT, and UDINT_TO_{base} or {base}_TO_UDINT in the program"
    if base in CHARACTERS:
        cause = f"'{variable}' is {type_.name}, and devices send and take numbers"
        return cause, f"use a variable of type {_CODES[base]}, and {_CODES[base]}_TO_{base} in the program"
    if "BOOL" in (wire_type, base):
        return _bool_mismatch(wire_type, variable, type_, converted=converted)
    if type_.kind == "subrange" and direction is Direction.INPUT:
        return _subrange_mismatch(wire_type, variable, type_, converted=converted)
    if converted:
        return None
    if (wire_type in TIMES) != (base in TIMES):
        cause = (
            f"'{variable}' is {type_.name} and the point is {wire_type}: a time counts nanoseconds, a number does not"
        )
        return cause, "add scale, the nanoseconds of one unit: 1000000 for milliseconds"
    source, target = (wire_type, base) if direction is Direction.INPUT else (base, wire_type)
    why = _lossy(source, target)
    if why is None:
        return None
    return f"'{variable}' is {type_.name} and the point is {wire_type}: {why}", _remedy(direction, wire_type, base)


def _bool_mismatch(wire_type: str, variable: str, type_: DataType, *, converted: bool) -> Mismatch | None:
    if wire_type != type_.base:
        cause = f"'{variable}' is {type_.name} and the point is {wire_type}; BOOL goes with BOOL only"
        return cause, f'use type = "{type_.base}", or a variable of type {wire_type}'
    return (f"'{variable}' is BOOL, and a BOOL is not a number", "remove scale and offset") if converted else None


def _subrange_mismatch(wire_type: str, variable: str, type_: DataType, *, converted: bool) -> Mismatch | None:
    """A subrange promises the program that its values lie inside it, so what comes from outside has to."""
    source = _range(wire_type)
    if not converted and source is not None and type_.low <= source[0] and source[1] <= type_.high:
        return None
    cause = f"'{variable}' holds {type_.low} to {type_.high}, and the device could send other values"
    return cause, f"use a variable of type {type_.base}, and limit it in the program"


def _range(name: str) -> tuple[int, int] | None:
    """The range of an integer, bit string or time; None for REAL and LREAL."""
    if name in _MANTISSA_BITS:
        return None
    return whole_range(NUMPY_FORMAT[name])


def _lossy(source: str, target: str) -> str | None:
    """Why `target` does not hold every value of `source`; None when it does."""
    from_range, to_range = _range(source), _range(target)
    if from_range is None:
        if to_range is not None:
            return f"{source} would be rounded to {target}"
        return None if _MANTISSA_BITS[source] <= _MANTISSA_BITS[target] else f"{source} would be rounded to {target}"
    if to_range is None:
        exact = 1 << _MANTISSA_BITS[target]
        fits = -exact <= from_range[0] and from_range[1] <= exact
        return None if fits else f"{target} does not hold every {source} exactly"
    if to_range[0] <= from_range[0] and from_range[1] <= to_range[1]:
        return None
    return f"{source} goes from {from_range[0]} to {from_range[1]}, {target} from {to_range[0]} to {to_range[1]}"


def _remedy(direction: Direction, wire_type: str, base: str) -> str:
    wanted = "scale = 1 says that rounding and a loss at values that do not fit are wanted"
    other = f'type = "{base}"'
    if direction is Direction.INPUT:
        return f"use a variable that holds every {wire_type}, or {other} if that is what the device sends; {wanted}"
    return f"convert with {base}_TO_{wire_type} in the program, or use {other} if the device takes that; {wanted}"


def unwritable(raw: bytes, variable: str, type_: DataType, channel: Channel) -> Mismatch | None:
    """Why the value `raw` of the variable cannot be written to an output `channel`; None when it can. Asks the
    conversion that the drivers use, unless there is nothing to convert.
    """
    if _is_carried_as_it_is(raw, channel):
        return None
    import numpy as np  # late, with what needs it: few projects have such a value

    from io_drivers.codec import Conversion

    row = np.frombuffer(raw, np.uint8).reshape(1, 8)
    _, fits = Conversion.to_wire([channel])(row)
    if fits[0]:
        return None
    value = float(row.view(NUMPY_FORMAT[type_.base])[0, 0])
    wire = (value - channel.offset) / channel.scale
    cause = f"{_shown(value, type_)} of '{variable}' is {wire:g} on the wire, which {channel.wire_type} does not hold"
    ends = _range(channel.wire_type)
    wanted = "that the device can take"
    if ends is not None:
        low, high = sorted(end * channel.scale + channel.offset for end in ends)
        wanted = f"from {_shown(low, type_)} to {_shown(high, type_)}"
    return cause, f'set safe to a value {wanted}, or to "hold" to leave the device alone'


def _is_carried_as_it_is(raw: bytes, channel: Channel) -> bool:
    """Whether it is zero or a plain BOOL, which no type lacks: what is safe for most outputs."""
    is_bool = channel.wire_type == channel.type == "BOOL" and channel.scale == 1.0
    return channel.offset == 0.0 and (is_bool or not any(raw))


def _shown(value: float, type_: DataType) -> str:
    if type_.base not in TIMES:
        return f"{value:g}"
    return ("-" if value < 0 else "") + format_duration(round(abs(value)))


def raw_value(path: str, type_: DataType, value: bool | float | str) -> bytes:
    """A value of the project file as 8 bytes, little-endian, unused ones zero. Raises Unfit."""
    try:
        if type_.base in TIMES:
            if not isinstance(value, str):
                raise Unfit(f"'{path}' is {type_.name}; a duration such as \"500ms\" is expected")
            value = parse_duration(value)
        return values.pack(path, type_, value).ljust(8, b"\0")
    except BadDuration as error:
        raise Unfit(f"'{value}' is no duration: {error}") from None
    except RequestError as error:
        raise Unfit(str(error)) from None
