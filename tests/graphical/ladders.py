"""Ladders of any form, and what each coil has to get: the boolean expression of its rung, computed from the rung itself
and from nothing of the compiler.

A rung is a network of contacts and then its outputs: each one has perhaps a network of its own, and coils in line.
`Play` takes the rungs one after the other, as the power does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import hypothesis.strategies as st

from tests.graphical.build import Drawing, Pou, Wire

INPUTS = tuple(f"i{number}" for number in range(8))
OUTPUTS = tuple(f"q{number}" for number in range(4))


@dataclass(frozen=True, eq=False)
class Contact:
    variable: str
    negated: bool = False
    edge: str = ""


@dataclass(frozen=True, eq=False)
class Series:
    parts: tuple[Network, ...]


@dataclass(frozen=True, eq=False)
class Parallel:
    branches: tuple[Network, ...]


Network = Contact | Series | Parallel


@dataclass(frozen=True, eq=False)
class Coil:
    variable: str
    negated: bool = False
    storage: str = ""
    edge: str = ""


@dataclass(frozen=True, eq=False)
class Output:
    """Coils in line hand the power on."""

    network: Network | None
    coils: tuple[Coil, ...]


@dataclass(frozen=True, eq=False)
class Rung:
    network: Network
    outputs: tuple[Output, ...]


Ladder = tuple[Rung, ...]


# -------------------------------------------------------------------------------------------------------------- drawing


def pou(ladder: Ladder) -> Pou:
    drawing = Drawing("LD")
    power = drawing.rail()
    for rung in ladder:
        shared = _drawn(drawing, rung.network, (power,))
        for output in rung.outputs:
            wires = shared if output.network is None else _drawn(drawing, output.network, shared)
            for coil in output.coils:
                wires = (_coil(drawing, coil, wires),)
            drawing.row()
    return Pou("Main", f"{', '.join((*INPUTS, *OUTPUTS))} : BOOL", drawing)


def _drawn(drawing: Drawing, network: Network, wires: tuple[Wire, ...]) -> tuple[Wire, ...]:
    match network:
        case Contact(variable, negated, edge):
            return (drawing.contact(variable, *wires, negated=negated, edge=edge),)
        case Series(parts):
            for part in parts:
                wires = _drawn(drawing, part, wires)
            return wires
        case Parallel(branches):
            return tuple(wire for branch in branches for wire in _drawn(drawing, branch, wires))


def _coil(drawing: Drawing, coil: Coil, wires: tuple[Wire, ...]) -> Wire:
    return drawing.coil(coil.variable, *wires, negated=coil.negated, edge=coil.edge, storage=coil.storage)


# ------------------------------------------------------------------------------------------------------------ reference


@dataclass
class Play:
    """`before`: what each contact and coil for edges has seen last."""

    ladder: Ladder
    values: dict[str, bool] = field(default_factory=lambda: dict.fromkeys((*INPUTS, *OUTPUTS), False))
    before: dict[Contact | Coil, bool] = field(default_factory=dict["Contact | Coil", bool])

    def scan(self) -> None:
        for rung in self.ladder:
            shared = self._power(rung.network, True)
            for output in rung.outputs:
                power = shared if output.network is None else self._power(output.network, shared)
                for coil in output.coils:
                    self._store(coil, power)

    def _power(self, network: Network, power: bool) -> bool:
        match network:
            case Contact():
                lets_through = self._edge(network, self.values[network.variable])
                return power and lets_through is not network.negated
            case Series(parts):
                for part in parts:
                    power = self._power(part, power)
                return power
            case Parallel(branches):
                found = [self._power(branch, power) for branch in branches]  # all of them: edges are seen in each
                return any(found)

    def _store(self, coil: Coil, power: bool) -> None:
        stored = self._edge(coil, power) is not coil.negated
        if not coil.storage:
            self.values[coil.variable] = stored
        elif stored:
            self.values[coil.variable] = coil.storage == "set"

    def _edge(self, about: Contact | Coil, value: bool) -> bool:
        """A block that begins with FALSE sees a rising edge of a TRUE, and the other kind a falling one of a FALSE."""
        if not about.edge:
            return value
        rising = about.edge == "rising"
        before = self.before.get(about, not rising)
        self.before[about] = value
        return value and not before if rising else before and not value


# ----------------------------------------------------------------------------------------------------------- generation


def ladders(edges: bool = False, rungs: int = 4) -> st.SearchStrategy[Ladder]:
    """Contacts read inputs and what earlier rungs have written."""
    kinds = st.sampled_from(("", "", "rising", "falling")) if edges else st.just("")
    contact = st.builds(Contact, st.sampled_from((*INPUTS, *OUTPUTS)), st.booleans(), kinds)
    network = st.recursive(contact, _larger, max_leaves=12)
    storage = st.sampled_from(("", "", "set", "reset"))
    coil = st.builds(Coil, st.sampled_from(OUTPUTS), st.booleans(), storage, kinds)
    output = st.builds(Output, st.none() | network, st.lists(coil, min_size=1, max_size=2).map(tuple))
    rung = st.builds(Rung, network, st.lists(output, min_size=1, max_size=3).map(tuple))
    return st.lists(rung, min_size=1, max_size=rungs).map(tuple)


def _larger(network: st.SearchStrategy[Network]) -> st.SearchStrategy[Network]:
    several = st.lists(network, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(Series, several), st.builds(Parallel, several))


def all_inputs() -> Iterator[tuple[bool, ...]]:
    """Every combination once, in the order of a Gray code: an input at a time, as contacts close."""
    for number in range(1 << len(INPUTS)):
        pattern = number ^ number >> 1
        yield tuple(bool(pattern >> bit & 1) for bit in range(len(INPUTS)))
