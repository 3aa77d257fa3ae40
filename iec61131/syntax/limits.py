"""What the language or its common dialects have and this version does not: one row each.

A construct is met in the parser by its first word, reported with `Cursor.limit`, and skipped. To support one, delete
its row and parse it where the row was used. What can be read and has no meaning is in semantics/limits.py.
"""

from __future__ import annotations

from msgspec import Struct


class Limit(Struct, frozen=True):
    """`construct` as a message names it, `instead` what to do now."""

    construct: str
    instead: str


# Instruction list: the words that load a value or call, with which a body of it begins.
INSTRUCTIONS = frozenset({"LD", "LDN", "CAL"})
INSTRUCTION_LIST = Limit("the instruction list", "write the body as statements: x := a AND b;")

GENERIC = Limit("a FUNCTION for several types", "write one FUNCTION for each type")
