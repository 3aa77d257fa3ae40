"""Which character joins which lines: the box drawing block of Unicode, by what goes to each of the four sides.

The table is read from the names of the characters, `BOX DRAWINGS LEFT HEAVY AND RIGHT DOWN LIGHT`.
"""

from __future__ import annotations

import unicodedata
from functools import cache

LIGHT, HEAVY, DOUBLE = 1, 2, 3
UP, RIGHT, DOWN, LEFT = range(4)
Sides = tuple[int, int, int, int]
"""The weight of the line to each side, 0 for none."""

_WEIGHTS: dict[str, int] = {"LIGHT": LIGHT, "SINGLE": LIGHT, "HEAVY": HEAVY, "DOUBLE": DOUBLE}
_SIDES: dict[str, tuple[int, ...]] = {"UP": (UP,), "RIGHT": (RIGHT,), "DOWN": (DOWN,), "LEFT": (LEFT,)} | {
    "VERTICAL": (UP, DOWN),
    "HORIZONTAL": (LEFT, RIGHT),
}


@cache
def _characters() -> dict[Sides, str]:
    found: dict[Sides, str] = {(0, 0, 0, 0): " "}
    for code in range(0x2500, 0x2580):
        words = unicodedata.name(chr(code)).removeprefix("BOX DRAWINGS ").split()
        if all(word in _WEIGHTS or word in _SIDES or word == "AND" for word in words):
            found[_read(words)] = chr(code)
    return found


def _read(words: list[str]) -> Sides:
    """A weight stands before its sides, or behind them, all through one name."""
    sides = [0, 0, 0, 0]
    if words[0] not in _WEIGHTS:
        words = words[::-1]
    weight = _WEIGHTS[words[0]]
    for word in words:
        if word in _WEIGHTS:
            weight = _WEIGHTS[word]
        for side in _SIDES.get(word, ()):
            sides[side] = weight
    return sides[UP], sides[RIGHT], sides[DOWN], sides[LEFT]


def unicode_line(sides: Sides) -> str:
    """The character for these lines; where there is none, that of the heaviest everywhere."""
    found = _characters().get(sides)
    if found is None:
        up, right, down, left = (max(sides) if side else 0 for side in sides)
        found = _characters()[up, right, down, left]
    return found


def ascii_line(sides: Sides) -> str:
    """The same with what every printer has; a heavy line is `=` and `#`."""
    up, right, down, left = sides
    if (up or down) and (left or right):
        return "+"
    weight = max(up, right, down, left)
    if left or right:
        return "-" if weight == LIGHT else "="
    return " " if not weight else "|" if weight == LIGHT else "#"
