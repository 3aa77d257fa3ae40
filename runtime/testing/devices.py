"""The devices of a PLC in virtual time: what they answer, and what is wrong with them.

A value and a fault are two things. `set` says what the device would answer, from now on; a fault that was put on a
point stays until it is taken away, whatever a simulated plant goes on to answer.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from msgspec import Struct

from iec61131.diagnostics.diagnostic import near_name
from iec61131.program import CompiledProgram, DataType
from io_drivers.contract import Quality, Reason
from runtime.engine.virtual import Answers
from runtime.service import values
from runtime.service.bound import Bound
from runtime.testing.errors import UnknownPoint


class Fault(Struct, frozen=True):
    """What is wrong with an input. `answers`: there is a new value in each tick all the same."""

    quality: Quality
    reason: Reason
    answers: bool = False


class _Input(Struct):
    """`value` is what the device would answer, as its eight bytes."""

    channel: int
    type: DataType
    known: bool = False
    value: int = 0
    fault: Fault | None = None


class Devices:
    """All inputs of a PLC. A point that was never set has never been read."""

    def __init__(self, program: CompiledProgram, bound: Bound) -> None:
        count = len(bound.input_names)
        self.answers = Answers(
            raw=np.zeros(count, np.int64),
            quality=np.zeros(count, np.uint8),
            reason=np.full(count, Reason.NEVER_READ, np.uint8),
            time_ns=np.zeros(count, np.int64),
            answering=np.zeros(count, np.bool_),
        )
        """What the loop hands over at each tick."""
        self._inputs = {
            bound.input_names[row.channel]: _Input(row.channel, program.find(row.path).type) for row in bound.inputs
        }

    @property
    def types(self) -> dict[str, DataType]:
        """Of the variable that each point fills."""
        return {name: each.type for name, each in self._inputs.items()}

    def set(self, point: str, value: object) -> None:
        each = self._inputs.get(point)
        if each is None:
            raise unknown("input point", point, self._inputs)
        packed = values.pack(point, each.type, value)
        each.known, each.value = True, int.from_bytes(packed.ljust(8, b"\0"), "little", signed=True)
        self._settle(each)

    def put(self, name: str, fault: Fault | None) -> None:
        """Put a fault on a point or on all points of a device, or take it away."""
        for point in self._points(name):
            point.fault = fault
            self._settle(point)

    def _points(self, name: str) -> list[_Input]:
        found = [each for point, each in self._inputs.items() if name in (point, point.partition(".")[0])]
        if not found:
            raise unknown("input point or device", name, {*self._inputs, *(p.partition(".")[0] for p in self._inputs)})
        return found

    def _settle(self, each: _Input) -> None:
        state = each.fault or _SOUND
        if not each.known and state.quality > Quality.BAD:
            state = _NEVER_READ
        self.answers.quality[each.channel], self.answers.reason[each.channel] = state.quality, state.reason
        self.answers.answering[each.channel] = state.answers
        if state.answers:
            self.answers.raw[each.channel] = each.value


_SOUND = Fault(Quality.GOOD, Reason.NONE, answers=True)
_NEVER_READ = Fault(Quality.BAD, Reason.NEVER_READ)


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownPoint:
    return UnknownPoint(f"no {what} '{name}'; {remedy(name, known)}")


def remedy(name: str, known: Iterable[str]) -> str:
    """What to write instead of a name that is not known."""
    near = near_name(name, known)
    return f"did you mean '{near}'?" if near else f"there are: {', '.join(sorted(known)) or 'none'}"
