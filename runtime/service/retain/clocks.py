"""Times of the scan clock among retained values. That clock begins anew with the machine: a timer that remembers when
it was started would otherwise wait for as long as the machine had been up before.

A timer stands still while the PLC is off, as a step of a chart does; a real-time clock goes on.
"""

from __future__ import annotations

from iec61131.program import DataType, Member
from runtime.service.retain.stored import Description, Stored

_TIMERS = {"TON": "START", "TOF": "START", "TP": "START"}
_CLOCKS = {"RTC": "SET_AT"}
"""Blocks of the standard library, each with its member that holds a time of the scan clock."""
_BYTES = 8


def go_on(values: bytes, description: Description, stored: Stored, now_ns: int, utc_ns: int) -> bytes:
    """`values`, made of what is `stored`, as they begin at `now_ns` of the scan clock, which is `utc_ns` of the day."""
    gone_ns = now_ns - stored.now_ns
    shifts_ns = dict.fromkeys(_TIMERS, gone_ns) | dict.fromkeys(_CLOCKS, gone_ns - (utc_ns - stored.utc_ns))
    shifted, places = bytearray(values), _Places(description.types)
    for part in description.ranges:
        for offset, block in places.of(part.type):
            at = slice(part.offset + offset, part.offset + offset + _BYTES)
            time_ns = int.from_bytes(shifted[at], "little", signed=True) + shifts_ns[block]
            shifted[at] = (time_ns % (1 << 64)).to_bytes(_BYTES, "little")
    return bytes(shifted)


class _Places:
    """Where times of the scan clock lie in a value of a type, each with the name of the block."""

    def __init__(self, types: tuple[DataType, ...]) -> None:
        self._types = types
        self._known: dict[int, list[tuple[int, str]]] = {}

    def of(self, index: int) -> list[tuple[int, str]]:
        if index not in self._known:
            self._known[index] = self._find(self._types[index])
        return self._known[index]

    def _find(self, type_: DataType) -> list[tuple[int, str]]:
        if type_.kind == "array":
            inside, size = self.of(type_.element), self._types[type_.element].size
            starts = range(0, type_.size, size) if inside else ()
            return [(start + offset, block) for start in starts for offset, block in inside]
        found = [(m.offset + offset, block) for m in type_.members for offset, block in self.of(m.type)]
        return found + [(m.offset, type_.name.upper()) for m in type_.members if self._is_time(type_, m)]

    def _is_time(self, type_: DataType, member: Member) -> bool:
        known = (_TIMERS | _CLOCKS).get(type_.name.upper())
        return member.name.upper() == known and self._types[member.type].base == "TIME"
