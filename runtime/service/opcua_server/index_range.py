"""A part of an array, as a client may ask for it: `2`, `0:9`, `1:2,0:3` (OPC UA part 4, 7.27)."""

# asyncua builds its names at run time and types few of them.
# pyright: reportPrivateImportUsage=false, reportArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from asyncua import ua


def part_of(whole: ua.DataValue, index_range: str) -> ua.DataValue:
    """The elements of an array that `index_range` names, as far as they exist; else BadIndexRangeInvalid for a text
    that is no range, BadIndexRangeNoData where there is nothing of that.
    """
    slices = _slices(index_range)
    if slices is None:
        return ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadIndexRangeInvalid))
    variant = whole.Value
    if variant is None or variant.Value is None:
        return whole  # its status says why
    dimensions = variant.Dimensions or ([len(variant.Value)] if variant.is_array else [])
    if len(dimensions) != len(slices):
        return ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadIndexRangeNoData))
    elements: Any = np.array(variant.Value, object).reshape(dimensions)[slices]
    if elements.size == 0:
        return ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadIndexRangeNoData))
    shape = list(elements.shape) if len(dimensions) > 1 else None
    return replace(whole, Value=ua.Variant(elements.ravel().tolist(), variant.VariantType, shape, is_array=True))


def _slices(text: str) -> tuple[slice, ...] | None:
    """None when the text is no range."""
    slices: list[slice] = []
    for dimension in text.split(","):
        first, colon, last = dimension.partition(":")
        numbers = (first, last) if colon else (first,)
        if not all(n.isascii() and n.isdecimal() and len(n) < 10 for n in numbers):
            return None
        if colon and int(first) >= int(last):
            return None
        slices.append(slice(int(first), int(numbers[-1]) + 1))
    return tuple(slices)
