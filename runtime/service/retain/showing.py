"""Stored values in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from iec61131.program import DataType, Target
from runtime.service import values
from runtime.service.bound import Exposed
from runtime.service.retain.stored import Stored
from runtime.service.terminal import shown_value

MOST_ELEMENTS = 8
"""Of an array of single values."""


def variable_lines(stored: Stored) -> Iterator[str]:
    """A line for each variable: path, value, type, and how it is kept."""
    rows = [
        (path, shown, type_name, "PERSISTENT" if part.persistent else "RETAIN")
        for part in stored.description.ranges
        for path, shown, type_name in _rows(stored, part.path, stored.description.types[part.type], part.offset)
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _rows(stored: Stored, path: str, type_: DataType, offset: int) -> Iterator[tuple[str, str, str]]:
    types = stored.description.types
    if type_.is_single:
        yield path, _shown(stored, type_, offset), type_.name
    elif type_.kind == "array":
        element = types[type_.element]
        if element.is_single:
            yield path, _elements(stored, type_, element, offset), type_.name
            return
        for number, indices in enumerate(product(*(range(low, high + 1) for low, high in type_.ranges))):
            at = offset + number * element.size
            yield from _rows(stored, f"{path}[{', '.join(map(str, indices))}]", element, at)
    else:
        for member in type_.members:
            if not (member.is_hidden or member.constant):
                yield from _rows(stored, f"{path}.{member.name}", types[member.type], offset + member.offset)


def _elements(stored: Stored, type_: DataType, element: DataType, offset: int) -> str:
    count = type_.size // element.size
    shown = (_shown(stored, element, offset + number * element.size) for number in range(count))
    return f"[{', '.join(islice(shown, MOST_ELEMENTS))}{', …' if count > MOST_ELEMENTS else ''}]"


def _shown(stored: Stored, type_: DataType, offset: int) -> str:
    value = values.unpack(type_, stored.values[offset : offset + type_.size])
    if type_.kind == "pointer":
        return "a reference" if value else "NULL"
    return shown_value(Exposed(Target("", type_, 0, None, False, ""), False, -1), value)
