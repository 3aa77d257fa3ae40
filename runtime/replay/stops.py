"""Where a run is to be stopped, and why it was."""

from __future__ import annotations

from enum import Enum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from iec61131.program import HEADER_FIELDS, Target
from runtime.engine.relations import Form, Relation
from runtime.engine.virtual import Condition
from runtime.replay.places import Spot

MOST_WATCHED_BYTES = 8


class Reason(Enum):
    ENTRY = "entry"
    STEP = "step"
    BREAKPOINT = "breakpoint"
    CHANGE = "data breakpoint"
    FAULT = "fault"
    CONDITION = "condition"
    PAUSE = "pause"
    BEGINNING = "beginning"
    END = "end"


class Stop(Struct, frozen=True):
    """`text` says it to people; `number` is that of the breakpoint, 0 for none."""

    reason: Reason
    text: str
    number: int = 0


class LineBreak(Struct, eq=False):
    """Stops before a statement, where `condition` holds if there is one; at the `hits`th time from where the search
    begins.
    """

    number: int
    spot: Spot
    condition: str = ""
    hits: int = 1

    def __str__(self) -> str:
        more = f" when {self.condition}" if self.condition else ""
        return f"{self.spot.file}:{self.spot.line}{more}" + (f", time {self.hits}" if self.hits > 1 else "")


class Watched(Struct, frozen=True):
    """Bytes of the memory, or one bit."""

    offset: int
    size: int
    bit: int | None = None

    def raw(self, memory: NDArray[np.uint8] | memoryview) -> int:
        number = int.from_bytes(bytes(memory[self.offset : self.offset + self.size]), "little")
        return number if self.bit is None else number >> self.bit & 1

    def other_than(self, raw: int) -> Condition:
        """Holds as soon as something else lies there."""
        limit = raw - (1 << 64) if raw >> 63 else raw
        bit = -1 if self.bit is None else self.bit
        row = [self.offset, self.size, bit, Form.UNSIGNED, Relation.DIFFERENT, limit]
        return Condition(terms=np.array([row], np.int64))


class DataBreak(Struct, eq=False):
    """Stops behind what changes a variable, in a tick at whose end it is not what it was at its beginning."""

    number: int
    target: Target
    place: Watched

    def __str__(self) -> str:
        return f"a change of {self.target.path}"


FAULT = Watched(HEADER_FIELDS["fault_code"][0], 4)
"""Where the memory says that there was a fault."""


class Event(Struct, frozen=True):
    """Something in a tick to stop at, before place `at`."""

    at: int
    stop: Stop
    source: LineBreak | DataBreak | None
