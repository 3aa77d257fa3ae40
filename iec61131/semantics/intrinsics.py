"""Standard functions that the executors carry out themselves, one row each.

`INTRINSICS[name]` gives the operands as `resolve` must prepare them. Both executors implement exactly these names;
the semantics in the last column is binding for both, bit for bit. All operands are evaluated, left to right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Operands(Enum):
    """What the operands are, after conversion."""

    ONE_NUMBER = "one operand of a numeric computation type (DINT UDINT LINT ULINT REAL LREAL); the result has it too"
    ONE_REAL = "one REAL or LREAL; the result has it too"
    SAME = "operands of one type: an elementary computation type, enumerations by their base, strings; so is the result"
    SELECT = "a BOOL, then two operands of one elementary type, the result type"
    SHIFT = "a bit string (integers by their own bits), then the count as DINT; the result has the first one's type"
    TEXT = "strings of one width and of any length, and whole numbers as DINT; see `text_functions`"
    NOTHING = "no operand"


@dataclass(frozen=True, slots=True)
class Intrinsic:
    name: str
    parameters: tuple[str, ...]  # formal names; the last repeats with rising numbers when `variadic`
    operands: Operands
    variadic: bool
    semantics: str


INTRINSICS: dict[str, Intrinsic] = {
    row.name: row
    for row in (
        Intrinsic("ABS", ("IN",), Operands.ONE_NUMBER, False, "IN < 0 ? -IN : IN, wrapping; REAL: clears the sign bit"),
        Intrinsic(
            "SQRT",
            ("IN",),
            Operands.ONE_REAL,
            False,
            "IEEE 754 square root, correctly rounded in the operand's precision",
        ),
        Intrinsic("MIN", ("IN1", "IN2"), Operands.SAME, True, "fold from the left with (a, b) -> b < a ? b : a"),
        Intrinsic("MAX", ("IN1", "IN2"), Operands.SAME, True, "fold from the left with (a, b) -> a < b ? b : a"),
        Intrinsic("LIMIT", ("MN", "IN", "MX"), Operands.SAME, False, "x := IN < MN ? MN : IN; then MX < x ? MX : x"),
        Intrinsic("SEL", ("G", "IN0", "IN1"), Operands.SELECT, False, "G ? IN1 : IN0"),
        Intrinsic(
            "SHL",
            ("IN", "N"),
            Operands.SHIFT,
            False,
            "shift left in the own width, zeros enter; N < 0 or N >= width gives 0",
        ),
        Intrinsic("SHR", ("IN", "N"), Operands.SHIFT, False, "shift right, zeros enter; N < 0 or N >= width gives 0"),
        Intrinsic("ROL", ("IN", "N"), Operands.SHIFT, False, "rotate left by N modulo width"),
        Intrinsic("ROR", ("IN", "N"), Operands.SHIFT, False, "rotate right by N modulo width"),
        Intrinsic("LEN", ("IN",), Operands.TEXT, False, "characters of the text"),
        Intrinsic("LEFT", ("IN", "L"), Operands.TEXT, False, "the first L characters; all when there are fewer"),
        Intrinsic("RIGHT", ("IN", "L"), Operands.TEXT, False, "the last L characters; all when there are fewer"),
        Intrinsic("MID", ("IN", "L", "P"), Operands.TEXT, False, "L characters from number P (from 1) on; P < 1: none"),
        Intrinsic("CONCAT", ("IN1", "IN2"), Operands.TEXT, True, "one behind the other"),
        Intrinsic("INSERT", ("IN1", "IN2", "P"), Operands.TEXT, False, "IN1 with IN2 behind its character number P"),
        Intrinsic(
            "DELETE", ("IN", "L", "P"), Operands.TEXT, False, "without L characters from number P on; P < 1: unchanged"
        ),
        Intrinsic(
            "REPLACE",
            ("IN1", "IN2", "L", "P"),
            Operands.TEXT,
            False,
            "IN1 with IN2 in place of L characters from number P on; P < 1: unchanged",
        ),
        Intrinsic("FIND", ("IN1", "IN2"), Operands.TEXT, False, "where IN2 begins in IN1, from 1; 0: nowhere, empty"),
        Intrinsic("TIME", (), Operands.NOTHING, False, "the scan's now_ns as TIME; the same all through one scan"),
    )
}
