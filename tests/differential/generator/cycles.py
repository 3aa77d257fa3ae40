"""What a generated program is run through. Cycles cost little beside compiling, so there are many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from iec61131.semantics.types import ELEMENTARY, Kind
from tests.differential.generator.repertoire import DURATIONS, REALS, TEXTS, is_wide, numbers
from tests.differential.generator.scope import Parameter

Value = bool | int | float | str
CYCLES = 20
_CHARACTERS = {False: "abAB 0179.-#\xff", True: "abAB 019.-#\u20ac"}


@dataclass(frozen=True)
class Cycle:
    """What is written to inputs of Main before the scan, and how far the clock moves."""

    advance_ns: int
    settings: tuple[tuple[str, Value], ...]

    def __str__(self) -> str:
        settings = "".join(f", {path} := {value}" for path, value in self.settings)
        return f"cycle: advance {self.advance_ns} ns{settings}"


def random_cycles(inputs: Sequence[Parameter], random: Random) -> tuple[Cycle, ...]:
    """The first with all inputs as they are declared."""
    return (Cycle(10_000_000, ()), *(_cycle(inputs, random) for _ in range(CYCLES - 1)))


def _cycle(inputs: Sequence[Parameter], random: Random) -> Cycle:
    chosen = [p for p in inputs if random.random() < 0.7]
    advance_ns = random.choice((10_000_000, 10_000_000, 1, 1_500_000_000))
    return Cycle(advance_ns, tuple((f"Main.{p.name}", _value(p.type, random)) for p in chosen))


def _value(name: str, random: Random) -> Value:
    if name in TEXTS:
        length = TEXTS[name]
        text = "".join(random.choices(_CHARACTERS[is_wide(name)], k=random.randint(0, length)))
        return random.choice((text, random.choice(("-17", "1.5", "", "TRUE"))[:length]))
    type_ = ELEMENTARY[name]
    match type_.kind:
        case Kind.BOOL:
            return random.random() < 0.5
        case Kind.REAL:
            return float(random.choice((*REALS, "nan", "inf", "-inf", "-0.0", "1e-45")))
        case Kind.DURATION:
            return random.choice((-1, 1)) * random.randrange(len(DURATIONS)) * 7_000_001
        case Kind.DATE:
            return random.choice((-1, 1)) * random.randrange(10) * 7_000_000_000_001
        case Kind.BITS | Kind.SIGNED | Kind.UNSIGNED | Kind.CHARACTER:
            if random.random() < 0.5:
                return random.randint(type_.minimum, type_.maximum)
            return random.choice(numbers(type_))
