"""Random values for variables: mostly near where programs decide something, now and then anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from iec61131.program import NUMPY_FORMAT, DataType, Target
from tests.conformance.comparison import capacity
from tests.conformance.session import Session

LEAVES_MAX = 200
"""Of a large array only these many elements change in a cycle."""
_CHARACTERS = "aAbBzZ019 .,;:+-#/_()" + "\t\n" + "äÖé"
_NUMBERS = ("0", "-1", "12.5", "16#FF", "1e3", "T#1s", "TRUE")
_REALS = (0.0, 1.0, -1.0, 0.5, 10.0, 100.0, 1e-6, 1e6, 3.14159, 1e30)


def is_drivable(target: Target) -> bool:
    """Whether there is a value to give it: a number, a truth value, a duration or a text."""
    return not target.constant and (target.type.base in NUMPY_FORMAT or target.type.kind == "string")


def set_random(session: Session, targets: Sequence[Target], random: Random) -> None:
    """Some of the variables keep what they have: a program that reacts to edges needs values that stay."""
    chosen = random.sample(targets, LEAVES_MAX) if len(targets) > LEAVES_MAX else targets
    for target in chosen:
        if random.random() < 0.7:
            session.write(target, value_of(target.type, random))


def value_of(type_: DataType, random: Random) -> Any:
    """A value that a variable of this type, elementary, enumeration, subrange or text, may have."""
    if type_.kind == "string":
        return text_of(capacity(type_), random)
    if type_.labels:
        return random.choice(type_.labels)[1]
    if type_.kind == "subrange":
        return random.randint(type_.low, type_.high)
    if type_.base == "BOOL":
        return random.random() < 0.5
    if type_.base in ("REAL", "LREAL"):
        return random.choice((random.choice(_REALS), random.uniform(-100, 100), random.uniform(-1e4, 1e4)))
    if type_.base in ("TIME", "LTIME"):
        return random.choice((0, random.randint(0, 100) * 10**6, random.randint(0, 10**10)))
    limits = np.iinfo(NUMPY_FORMAT[type_.base])
    low, high = int(limits.min), int(limits.max)
    ranges = ((-10, 10), (0, 100), (0, 10000), (low, high))
    least, most = random.choice(ranges)
    return random.randint(max(low, least), min(high, most))


def text_of(most: int, random: Random) -> str:
    """Mostly short, now and then a number, now and then as long as the variable is."""
    if random.random() < 0.2:
        return random.choice(_NUMBERS)[:most]
    length = random.choice((0, 1, random.randint(0, 12), random.randint(0, most)))
    return "".join(random.choices(_CHARACTERS, k=min(length, most)))
