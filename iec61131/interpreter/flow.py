"""How control moves: one call of a POU, how a statement ends, and a fault on its way out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.interpreter.memory import Location
from iec61131.program import FaultCode
from iec61131.semantics.model import Label, Variable
from iec61131.source import Span


class Faulted(Exception):
    """Unwinds to the task. Each call that it leaves adds its own place to `call_path`."""

    def __init__(self, code: FaultCode, span: Span) -> None:
        super().__init__(code, span)
        self.code, self.span = code, span
        self.call_path: list[Span] = []


class Flow(Enum):
    """How a statement ended."""

    NEXT = auto()
    CONTINUE = auto()
    EXIT = auto()
    RETURN = auto()
    JUMP = auto()


LEAVES_LOOPS = (Flow.RETURN, Flow.JUMP)
"""Endings that no loop takes for its own."""


class Activation(Struct):
    """One call of a POU: the instance it belongs to (a FUNCTION has none), its own variables, and its in-outs as
    places of the caller. `target`: where a jump that is under way goes to."""

    instance: Location | None
    places: dict[Variable, Location] = field(default_factory=dict[Variable, Location])
    target: Label | None = None

    def bind(self, in_outs: Sequence[Variable], places: Sequence[Location]) -> None:
        """These in-outs are these places."""
        for variable, place in zip(in_outs, places, strict=True):
            self.places[variable] = replace(place, type=variable.type)
