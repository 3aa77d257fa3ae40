"""What a generated program is run through. Cycles cost little beside compiling, so there are many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from iec61131.interpreter import InputRow
from iec61131.program import CompiledProgram
from iec61131.semantics.types import ELEMENTARY, Kind
from io_drivers.contract import Quality, Reason
from tests.differential.generator.repertoire import DURATIONS, REALS, TEXTS, is_wide, numbers
from tests.differential.generator.scope import Parameter

Value = bool | int | float | str
CYCLES = 20
_CHARACTERS = {False: "abAB 0179.-#\xff", True: "abAB 019.-#\u20ac"}


NEVER = -1_000_000_000_000
"""As an age: there was no good read."""


class Told(NamedTuple):
    """What one input says. `ago_ns`: how long before the scan it was read; below zero after that."""

    quality: Quality
    reason: Reason
    ago_ns: int


class Signal(NamedTuple):
    """Two inputs that fill a variable between them, or one for a single byte or bit."""

    path: str
    first: Told
    second: Told

    def rows(self, program: CompiledProgram, now_ns: int) -> list[InputRow]:
        start, end = program.find(self.path).bits
        middle = start + (end - start) // 16 * 8
        halves = [(start, middle, self.first), (middle, end, self.second)]
        return [_row(first, behind, told, now_ns) for first, behind, told in halves if first < behind]


def _row(start: int, end: int, told: Told, now_ns: int) -> InputRow:
    time_ns = 0 if told.ago_ns == NEVER else now_ns - told.ago_ns
    return InputRow(start, end, time_ns, told.quality, told.reason)


@dataclass(frozen=True)
class Cycle:
    """What is written to inputs of Main before the scan, how far the clock moves, and what inputs say of variables."""

    advance_ns: int
    settings: tuple[tuple[str, Value], ...]
    signals: tuple[Signal, ...] = ()

    def __str__(self) -> str:
        settings = "".join(f", {path} := {value}" for path, value in self.settings)
        return f"cycle: advance {self.advance_ns} ns{settings}{''.join(f', {signal}' for signal in self.signals)}"


def random_cycles(inputs: Sequence[Parameter], watched: Sequence[str], random: Random) -> tuple[Cycle, ...]:
    """The first with all inputs as they are declared. `watched` are paths of variables that inputs may fill."""
    cycles = (Cycle(10_000_000, ()), *(_cycle(inputs, random) for _ in range(CYCLES - 1)))
    return tuple(replace(cycle, signals=_signals(watched, random)) for cycle in cycles)


def _signals(watched: Sequence[str], random: Random) -> tuple[Signal, ...]:
    return tuple(Signal(path, _side(random), _side(random)) for path in watched if random.random() < 0.6)


def _side(random: Random) -> Told:
    quality = random.choice(tuple(Quality))
    ago_ns = random.choice((0, 10_000_000, 3_000_000_000, -5, NEVER))
    return Told(quality, Reason.NONE if quality is Quality.GOOD else random.choice(tuple(Reason)), ago_ns)


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
