"""How a variable is compared with a limit, in words that need no compiler; `comparing` carries it out."""

from __future__ import annotations

from enum import IntEnum


class Form(IntEnum):
    """How the bytes of a variable are read."""

    UNSIGNED = 0
    SIGNED = 1
    REAL = 2
    LREAL = 3


class Relation(IntEnum):
    EQUAL = 0
    DIFFERENT = 1
    LESS = 2
    AT_MOST = 3
    MORE = 4
    AT_LEAST = 5
