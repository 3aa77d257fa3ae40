"""The types that drivers convert into one another, as numbers. Without numpy, for which who only checks a project need
not wait.
"""

from __future__ import annotations

from msgspec import Struct


class NumericType(Struct, frozen=True):
    """An elementary type as numbers: its little-endian numpy code and, for integers, its range."""

    name: str
    code: str
    low: int = 0
    high: int = 0

    @property
    def is_float(self) -> bool:
        return self.code[1] == "f"

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.code[2])


def whole_range(code: str) -> tuple[int, int]:
    """Of an integer type, by its numpy code."""
    bits = 8 * int(code[2:])
    return (0, (1 << bits) - 1) if code[1] == "u" else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def _integer(name: str, code: str) -> NumericType:
    return NumericType(name, code, *whole_range(code))


TYPES: dict[str, NumericType] = {
    row.name: row
    for row in (
        NumericType("BOOL", "<u1", 0, 1),
        _integer("SINT", "<i1"),
        _integer("INT", "<i2"),
        _integer("DINT", "<i4"),
        _integer("LINT", "<i8"),
        _integer("USINT", "<u1"),
        _integer("UINT", "<u2"),
        _integer("UDINT", "<u4"),
        _integer("ULINT", "<u8"),
        _integer("BYTE", "<u1"),
        _integer("WORD", "<u2"),
        _integer("DWORD", "<u4"),
        _integer("LWORD", "<u8"),
        NumericType("REAL", "<f4"),
        NumericType("LREAL", "<f8"),
        _integer("TIME", "<i8"),  # nanoseconds, as in the block
        _integer("LTIME", "<i8"),
    )
}
"""The types that can be converted into one another."""
