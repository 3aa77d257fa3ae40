"""The order in which elements are read off a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from iec61131.graphical.diagram import Element

ROW = 10.0
"""How far apart, in units of the drawing, elements of one row may begin."""

Drawn = TypeVar("Drawn", bound=Element)


def rows(elements: Sequence[Drawn]) -> list[Drawn]:
    """From top to bottom, in one row from left to right; what has no place stays in its order."""
    found: list[list[Drawn]] = []
    for element in sorted(elements, key=lambda element: element.box.y):
        if found and element.box.y - found[-1][0].box.y < ROW:
            found[-1].append(element)
        else:
            found.append([element])
    return [element for row in found for element in sorted(row, key=lambda element: element.box.x)]
