"""The standard functions, one row each, apart from the conversions (`conversions.CONVERSIONS`).

`STANDARD_FUNCTIONS[name]` gives the operands as `standard_functions` must prepare them, and in the last column what
the function does, which is binding for both executors, bit for bit. All operands are evaluated, left to right.

`INTRINSICS` are the rows that the executors carry out themselves: both implement exactly these names. The others are
another way to write something that they know already: an operator, or nothing at all. Functions with a body of
several statements are written in the language (`iec61131/stdlib/functions`) and have no row: they open with their own.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from iec61131.semantics.types import ELEMENTARY, Elementary, StringType
from iec61131.syntax.tree import BinaryOperator


class Operands(Enum):
    """What the operands are, after conversion."""

    ONE_NUMBER = "one operand of a numeric computation type (DINT UDINT LINT ULINT REAL LREAL); the result has it too"
    ONE_REAL = "one REAL or LREAL; the result has it too"
    TWO_REALS = "two of the same REAL or LREAL; the result has it too"
    TEST_REAL = "one REAL or LREAL; the result is BOOL"
    SAME = "operands of one type: an elementary computation type, enumerations by their base, strings; so is the result"
    COMPARED = "operands as for SAME, no strings; the result is BOOL. Two of them are the operator instead"
    SELECT = "a BOOL, then two operands of one type, the result type; arrays and structs too"
    MULTIPLEX = "a whole number as LINT, then operands of one type, the result type; arrays and structs too"
    SHIFT = "a bit string (integers by their own bits), then the count as DINT; the result has the first one's type"
    BYTES = "a bit string (integers by their own bits); the result has its type"
    DIGITS = "one REAL or LREAL; the result is a string, DIGITS"
    DECIMAL = "a string, DIGITS; the result is the REAL or LREAL that the name says"
    TEXT = "strings of one width and of any length, and whole numbers as DINT; see `text_functions`"
    NOTHING = "no operand"

    OPERATOR = "as for the operator, which it becomes; three and more operands are taken from the left"
    TYPED_OPERATOR = "of the types that the row gives, then as for the operator, which it becomes"
    ANYTHING = "one value of any type, which is the result"


_WRITTEN_OTHERWISE = (Operands.OPERATOR, Operands.TYPED_OPERATOR, Operands.ANYTHING)


class Intrinsic(Struct, frozen=True):
    """`parameters` are the formal names; the last repeats with rising numbers when `variadic`. `operator` is what the
    function stands for, `types` those of a TYPED_OPERATOR's operands (None: a number), `libm` the C function.
    """

    name: str
    parameters: tuple[str, ...]
    operands: Operands
    variadic: bool
    semantics: str
    operator: BinaryOperator | None = None
    types: tuple[Elementary | None, ...] = ()
    libm: str = ""


def _calculations() -> tuple[Intrinsic, ...]:
    """Functions of the C library; what is infinite or not a number follows from IEEE 754 and C."""
    one, two = (("IN",), Operands.ONE_REAL), (("Y", "X"), Operands.TWO_REALS)
    return tuple(
        Intrinsic(name, *operands, False, semantics, libm=function)
        for name, operands, function, semantics in (
            ("EXP", one, "exp", "e to the power of IN"),
            ("LN", one, "log", "natural logarithm; -INF for 0, NaN below"),
            ("LOG", one, "log10", "logarithm to base 10; -INF for 0, NaN below"),
            ("SIN", one, "sin", "sine of an angle in radians"),
            ("COS", one, "cos", "cosine of an angle in radians"),
            ("TAN", one, "tan", "tangent of an angle in radians"),
            ("ASIN", one, "asin", "arc sine, -pi/2 to pi/2; NaN outside of -1 to 1"),
            ("ACOS", one, "acos", "arc cosine, 0 to pi; NaN outside of -1 to 1"),
            ("ATAN", one, "atan", "arc tangent, -pi/2 to pi/2"),
            ("ATAN2", two, "atan2", "angle of the point (X, Y), -pi to pi"),
        )
    )


def _operators() -> tuple[Intrinsic, ...]:
    """`ADD(a, b, c)` is `a + b + c`."""
    two, rule = ("IN1", "IN2"), Operands.OPERATOR
    return tuple(
        Intrinsic(name, two, rule, variadic, f"IN1 {operator.value} IN2{' ..' if variadic else ''}", operator)
        for name, variadic, operator in (
            ("ADD", True, BinaryOperator.ADD),
            ("SUB", False, BinaryOperator.SUBTRACT),
            ("MUL", True, BinaryOperator.MULTIPLY),
            ("DIV", False, BinaryOperator.DIVIDE),
            ("MOD", False, BinaryOperator.MODULO),
            ("EXPT", False, BinaryOperator.POWER),
            ("AND", True, BinaryOperator.AND),
            ("OR", True, BinaryOperator.OR),
            ("XOR", True, BinaryOperator.XOR),
            ("NE", False, BinaryOperator.NOT_EQUAL),
        )
    )


def _comparisons() -> tuple[Intrinsic, ...]:
    """`GT(a, b, c)` is `a > b AND b > c`, with b evaluated once."""
    return tuple(
        Intrinsic(
            name,
            ("IN1", "IN2"),
            Operands.COMPARED,
            True,
            f"IN1 {operator.value} IN2, and IN2 {operator.value} IN3 ..",
            operator,
        )
        for name, operator in (
            ("GT", BinaryOperator.GREATER),
            ("GE", BinaryOperator.GREATER_EQUAL),
            ("EQ", BinaryOperator.EQUAL),
            ("LE", BinaryOperator.LESS_EQUAL),
            ("LT", BinaryOperator.LESS),
        )
    )


_CLOCK_OPERATORS = """
ADD_TIME       TIME  +  TIME
ADD_TOD_TIME   TOD   +  TIME
ADD_DT_TIME    DT    +  TIME
SUB_TIME       TIME  -  TIME
SUB_DATE_DATE  DATE  -  DATE
SUB_TOD_TIME   TOD   -  TIME
SUB_TOD_TOD    TOD   -  TOD
SUB_DT_TIME    DT    -  TIME
SUB_DT_DT      DT    -  DT
MUL_TIME       TIME  *  number
DIV_TIME       TIME  /  number
"""
"""Each of these exists with long types as well: ADD_LTOD_LTIME."""
_NAMES_OF_EDITION_2 = {"MUL_TIME": "MULTIME", "DIV_TIME": "DIVTIME"}


def _clock_operators() -> tuple[Intrinsic, ...]:
    rows: list[Intrinsic] = []
    for line in _CLOCK_OPERATORS.strip().splitlines():
        name, left, sign, right = line.split()
        for long in ("", "L"):
            function, *types = name.split("_")
            types = [long + left, long + right if right in ELEMENTARY else right]
            rows.append(
                Intrinsic(
                    "_".join([function, *(long + word for word in name.split("_")[1:])]),
                    ("IN1", "IN2"),
                    Operands.TYPED_OPERATOR,
                    False,
                    f"{types[0]} {sign} {types[1]}",
                    BinaryOperator(sign),
                    tuple(ELEMENTARY.get(type_) for type_ in types),
                )
            )
    earlier = [replace(row, name=_NAMES_OF_EDITION_2[row.name]) for row in rows if row.name in _NAMES_OF_EDITION_2]
    return (*rows, *earlier)


_TEXTS = (
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
)

CODESYS_PARAMETERS: dict[str, tuple[str, ...]] = {
    "LEN": ("STR",),
    "LEFT": ("STR", "SIZE"),
    "RIGHT": ("STR", "SIZE"),
    "MID": ("STR", "LEN", "POS"),
    "CONCAT": ("STR1", "STR2"),
    "INSERT": ("STR1", "STR2", "POS"),
    "DELETE": ("STR", "LEN", "POS"),
    "REPLACE": ("STR1", "STR2", "L", "P"),
    "FIND": ("STR1", "STR2"),
}
"""What the parameters of functions are called in the CODESYS family, where that is another name."""

DIGITS = StringType(31, wide=False)
"""What a number in decimal digits fits into."""

_DECIMALS = (
    Intrinsic(
        "__DIGITS",
        ("IN",),
        Operands.DIGITS,
        False,
        "IN > 0 as d.ddde+dd, the fewest digits d that, rounded half to even, read as IN; any mark for the point",
    ),
    Intrinsic("__REAL", ("IN",), Operands.DECIMAL, False, "the REAL nearest to decimal digits, e, and an exponent"),
    Intrinsic("__LREAL", ("IN",), Operands.DECIMAL, False, "the LREAL nearest to it"),
)
"""Only the library calls these."""

_LITTLE = "the same: the machine is little-endian"
_BIG = "the bytes in the reverse order: the machine is little-endian"

STANDARD_FUNCTIONS: dict[str, Intrinsic] = {
    row.name: row
    for row in (
        Intrinsic("ABS", ("IN",), Operands.ONE_NUMBER, False, "IN < 0 ? -IN : IN, wrapping; REAL: clears the sign bit"),
        Intrinsic("SQRT", ("IN",), Operands.ONE_REAL, False, "square root of IEEE 754, correctly rounded; NaN below 0"),
        *_calculations(),
        Intrinsic("FLOOR", ("IN",), Operands.ONE_REAL, False, "the greatest whole number not above IN, as REAL"),
        Intrinsic("CEIL", ("IN",), Operands.ONE_REAL, False, "the least whole number not below IN, as REAL"),
        Intrinsic("IS_VALID", ("IN",), Operands.TEST_REAL, False, "neither NaN nor infinite"),
        *_operators(),
        *_comparisons(),
        *_clock_operators(),
        Intrinsic("MIN", ("IN1", "IN2"), Operands.SAME, True, "fold from the left with (a, b) -> b < a ? b : a"),
        Intrinsic("MAX", ("IN1", "IN2"), Operands.SAME, True, "fold from the left with (a, b) -> a < b ? b : a"),
        Intrinsic("LIMIT", ("MN", "IN", "MX"), Operands.SAME, False, "x := IN < MN ? MN : IN; then MX < x ? MX : x"),
        Intrinsic("SEL", ("G", "IN0", "IN1"), Operands.SELECT, False, "G ? IN1 : IN0"),
        Intrinsic("MUX", ("K", "IN0"), Operands.MULTIPLEX, True, "IN0 for K = 0 and so on; the last when K is no such"),
        Intrinsic("MOVE", ("IN",), Operands.ANYTHING, False, "IN"),
        Intrinsic("SHL", ("IN", "N"), Operands.SHIFT, False, "shift left, zeros enter; N < 0 or N >= width gives 0"),
        Intrinsic("SHR", ("IN", "N"), Operands.SHIFT, False, "shift right, zeros enter; N < 0 or N >= width gives 0"),
        Intrinsic("ROL", ("IN", "N"), Operands.SHIFT, False, "rotate left by N modulo width"),
        Intrinsic("ROR", ("IN", "N"), Operands.SHIFT, False, "rotate right by N modulo width"),
        Intrinsic("TO_BIG_ENDIAN", ("IN",), Operands.BYTES, False, _BIG),
        Intrinsic("FROM_BIG_ENDIAN", ("IN",), Operands.BYTES, False, _BIG),
        Intrinsic("TO_LITTLE_ENDIAN", ("IN",), Operands.BYTES, False, _LITTLE),
        Intrinsic("FROM_LITTLE_ENDIAN", ("IN",), Operands.BYTES, False, _LITTLE),
        *_TEXTS,
        *_DECIMALS,
        Intrinsic("TIME", (), Operands.NOTHING, False, "the scan's now_ns as TIME; the same all through one scan"),
        Intrinsic("LTIME", (), Operands.NOTHING, False, "the same as LTIME"),
    )
}

INTRINSICS: dict[str, Intrinsic] = {
    name: row for name, row in STANDARD_FUNCTIONS.items() if row.operands not in _WRITTEN_OTHERWISE
}
"""What the executors carry out themselves: an `IntrinsicCall` has one of these names."""
