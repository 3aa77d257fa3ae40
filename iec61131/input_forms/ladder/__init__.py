"""Ladder as text, `.ld`: declarations as in Structured Text, and bodies that are drawn (docs/ladder.md).

    sheet.py      where in the text networks stand, and their rows
    shapes.py     what stands in a row: contacts, coils, wires, joints
    boxes.py      rectangles, and the pins in them
    wiring.py     what touches what: the wires
    elements.py   shapes and wires to a `Diagram`
    reading.py    the file as a whole

The characters of a network stand on a grid of rows and columns. Whatever stands there belongs to something, or is a
finding; a network with a finding is left out, so that one mistake is one finding.
"""

from __future__ import annotations

from iec61131.input_forms.ladder.reading import read_unit

__all__ = ["read_unit"]
