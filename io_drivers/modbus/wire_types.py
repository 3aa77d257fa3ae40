"""The types that registers carry, and the orders in which their bytes travel. Without numpy, for which who only checks
a project need not wait.
"""

from __future__ import annotations

BYTE_ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
"""The bytes of a 32-bit value as they travel, A the most significant. See `registers`."""

REGISTERS: dict[str, int] = {
    **dict.fromkeys(("BOOL", "SINT", "USINT", "BYTE", "INT", "UINT", "WORD"), 1),
    **dict.fromkeys(("DINT", "UDINT", "DWORD", "REAL"), 2),
    **dict.fromkeys(("LINT", "ULINT", "LWORD", "LREAL"), 4),
}
"""Wire types and the registers each takes. An 8-bit value is the less significant byte of its register; a BOOL one
bit of it.
"""
