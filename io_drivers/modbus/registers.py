"""Where the bytes of a value lie in registers and bits.

A row is a value as in `codec`: 8 bytes, little-endian. A frame carries registers, each with its more significant byte
first, and bits, eight to a byte, the first in the least significant. Both ways are one indexing operation prepared in
advance:

    Gather      payload of an answer -> rows, for the points of one block
    to_bytes    one row -> the bytes of its registers, for a request

The order names the bytes of a 32-bit value as they travel, A the most significant. A 64-bit value follows the same two
rules, words swapped or not and bytes swapped or not in each word; a 16-bit value or a bit of a register knows only the
second.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from io_drivers.codec import Rows
from io_drivers.modbus.wire_types import REGISTERS

_ONE_BYTE = ("BOOL", "SINT", "USINT", "BYTE")


def byte_places(registers: int, byte_order: str) -> list[int]:
    """For each byte of a value, the least significant first: how far behind the first byte of its first register it
    travels.
    """
    words_swapped, bytes_swapped = byte_order in ("CDAB", "DCBA"), byte_order in ("BADC", "DCBA")
    places: list[int] = []
    for significance in range(2 * registers):
        word, byte = divmod(significance, 2)
        word_place = word if words_swapped else registers - 1 - word
        places.append(2 * word_place + (byte if bytes_swapped else 1 - byte))
    return places


def to_bytes(row: Rows, wire_type: str, byte_order: str) -> bytes:
    """The registers of one value (8,). The other byte of an 8-bit value repeats its sign, so that an INT is read back
    as the same number.
    """
    value = row.tobytes()
    if wire_type == "SINT":
        value = bytes((value[0], 0xFF if value[0] & 0x80 else 0))
    registers = REGISTERS[wire_type]
    frame = bytearray(2 * registers)
    for byte, place in zip(value, byte_places(registers, byte_order), strict=False):
        frame[place] = byte
    return bytes(frame)


class Place(Struct, frozen=True):
    """Where a point begins in its block: `offset` in registers or bits from the block's first; `bit` -1 when it is
    not a bit of a register.
    """

    offset: int
    wire_type: str
    byte_order: str
    bit: int


class Gather:
    """Takes the rows of a block's points out of an answer's data. `payload_bytes` is the length of that data."""

    def __init__(self, places: Sequence[Place], payload_bytes: int, *, registers: bool) -> None:
        zero = payload_bytes  # one byte behind the data that is always 0
        self._take = np.full((len(places), 8), zero, np.intp)
        bits: list[tuple[int, int]] = []
        for row, place in enumerate(places):
            if not registers:
                self._take[row, 0] = place.offset // 8
                bits.append((row, place.offset % 8))
                continue
            begin = [2 * place.offset + p for p in byte_places(REGISTERS[place.wire_type], place.byte_order)]
            if place.wire_type == "BOOL":
                self._take[row, 0] = begin[place.bit // 8]
                bits.append((row, place.bit % 8))
            else:
                used = begin[:1] if place.wire_type in _ONE_BYTE else begin
                self._take[row, : len(used)] = used
        self._bit_rows: NDArray[np.intp] = np.array([row for row, _ in bits], np.intp)
        self._bit_shift: NDArray[np.uint8] = np.array([shift for _, shift in bits], np.uint8)

    def __call__(self, payload: bytes) -> Rows:
        rows: Rows = np.frombuffer(payload + b"\0", np.uint8)[self._take]
        if len(self._bit_rows):
            rows[self._bit_rows, 0] = (rows[self._bit_rows, 0] >> self._bit_shift) & 1
        return rows
