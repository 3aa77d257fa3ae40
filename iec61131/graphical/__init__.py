"""Drawn programs: ladder, function block diagram and sequential function chart.

    diagram.py      what a drawing consists of, however it was written
    networks.py     which elements make up a network, where a drawing does not say
    rows.py         the order in which elements are read off a drawing
    wiring.py       which element feeds which
    order.py        in which order the elements are evaluated
    feedback.py     wires that lead back
    statements.py   ladder and function block diagrams as statements
    hidden.py       the variables that a drawing needs and nobody has declared
    charts.py       sequential function charts as steps and transitions
    same.py         whether two drawings say the same
    ladder/         ladder as text: layout and printing
    drawing/        pictures, in the terminal and as SVG

A drawing becomes the same tree that Structured Text is read into, and so there is one meaning, one code generator and
one interpreter for all languages. The forms in which drawings are stored read into a `Diagram` and know no more.
"""

from __future__ import annotations

from typing import Literal

Drawings = Literal["placed", "stored"]
"""What decides which of two roots without an order of their own comes first: their places, or which is stored first."""
