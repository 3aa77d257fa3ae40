"""A sentence: what stands on a line of its own, if it is short enough.

A statement, a declaration, the head of a block, its end, a label; also the notes that stand alone on a line.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct, field

from iec61131.formatting.atoms import Atom


class Shape(Enum):
    """How the words of a sentence are read, and how its brackets and colons are spaced."""

    NOTES = auto()  # no code
    STATEMENT = auto()
    LABEL = auto()  # of a CASE or for JMP; the only statement of the arm may stand behind it
    WORDS = auto()  # keywords alone: VAR RETAIN, END_VAR;
    HEADER = auto()  # FUNCTION name : type
    STEP = auto()  # STEP name:
    TRANSITION = auto()
    DECLARATION = auto()
    PART = auto()  # of a CONFIGURATION
    INSTRUCTION = auto()  # a line of an instruction list


class Sentence(Struct, eq=False):
    """`atoms` up to the last one of code, `notes` behind it; `level` counts steps of indentation."""

    shape: Shape
    level: int
    atoms: list[Atom] = field(default_factory=list[Atom])
    notes: list[Atom] = field(default_factory=list[Atom])
    opens: bool = False  # its contents follow, one level in
    blank_before: bool = False
    ends_declaration: bool = False  # of the file
