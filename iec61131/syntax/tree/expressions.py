"""Literals, places, operators and calls; then the lists that can stand in place of a value."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from iec61131.source import Span
from iec61131.syntax.tree.names import Name


class IntegerLiteral(Struct, frozen=True):
    """`17`, `16#FF`, `INT#5`; `prefix` is the type name before `#`, if any."""

    value: int
    prefix: Name | None
    span: Span


class RealLiteral(Struct, frozen=True):
    """`value` is the nearest double of the digits; a REAL is rounded from `text`, not from the double."""

    value: float
    text: str
    prefix: Name | None
    span: Span


class BoolLiteral(Struct, frozen=True):
    value: bool
    span: Span


class DurationLiteral(Struct, frozen=True):
    """`T#1m30s`, `LTIME#5us`; nanoseconds."""

    value_ns: int
    long: bool
    span: Span


class DateLiteral(Struct, frozen=True):
    """`D#2020-01-31`, `TOD#12:30:00.5`, `DT#2020-01-31-12:30:00`.

    `type_name` is DATE, LDATE, TOD, LTOD, DT or LDT, however it was written. Nanoseconds since 1970-01-01 00:00:00; of
    a time of day since midnight.
    """

    value_ns: int
    type_name: str
    span: Span


class StringLiteral(Struct, frozen=True):
    """Escapes resolved. `wide` for double quotes; `prefix` is the type name before `#`, if any."""

    value: str
    wide: bool
    span: Span
    prefix: Name | None = None


class NameExpression(Struct, frozen=True):
    name: Name
    span: Span


class QualifiedEnum(Struct, frozen=True):
    """`Colour#Red`; `qualifier` are the namespaces before it: a and b in `a.b.Colour#Red`."""

    type_name: Name
    member: Name
    span: Span
    qualifier: tuple[Name, ...] = ()


class DirectAddress(Struct, frozen=True):
    """`%IX0.0`, `%QW3`, `%MD12`; `area` I, Q or M; `size` X, B, W, D or L (X when left out); `path` the numbers.

    `area` is empty for `%B4` in a STRUCT, which counts from the start of the STRUCT; `path` for `%I*`, which a
    VAR_CONFIG section completes. A longer path, `%IW0.1.4`, leads through modules to a channel.
    """

    area: str
    size: str
    path: tuple[int, ...]
    span: Span

    @property
    def is_incomplete(self) -> bool:
        return not self.path

    @property
    def is_of_channel(self) -> bool:
        return len(self.path) > (2 if self.size == "X" else 1)


class MemberAccess(Struct, frozen=True):
    """`base.name`"""

    base: Expression
    name: Name
    span: Span


class BitAccess(Struct, frozen=True):
    """`base.3` or `base.%X3`"""

    base: Expression
    bit: int
    span: Span


class PartAccess(Struct, frozen=True):
    """`base.%B1`, `base.%W0`, `base.%D1`: part `index` of the size B, W or D, the lowest is 0. A bit is a BitAccess."""

    base: Expression
    size: str
    index: int
    span: Span


class Dereference(Struct, frozen=True):
    """`base^`; `THIS^` and `SUPER^` too."""

    base: Expression
    span: Span


class IndexAccess(Struct, frozen=True):
    """`base[i, j]`"""

    base: Expression
    indices: tuple[Expression, ...]
    span: Span


class UnaryOperator(Enum):
    NEGATE = "-"
    PLUS = "+"
    NOT = "NOT"


class BinaryOperator(Enum):
    __hash__ = object.__hash__  # by its name, as enumerations do, is a Python call for every look into a table

    OR = "OR"
    XOR = "XOR"
    AND = "AND"
    OR_ELSE = "OR_ELSE"
    AND_THEN = "AND_THEN"
    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    GREATER = ">"
    LESS_EQUAL = "<="
    GREATER_EQUAL = ">="
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "MOD"
    POWER = "**"


class Unary(Struct, frozen=True):
    operator: UnaryOperator
    operand: Expression
    span: Span


class Binary(Struct, frozen=True):
    operator: BinaryOperator
    left: Expression
    right: Expression
    span: Span


class Argument(Struct, frozen=True):
    """`value`, `name := value`, or with `output` `name => target` (`negated`: `NOT name => target`).

    `value` is None for `name =>` and `name :=` with nothing behind.
    """

    name: Name | None
    value: Expression | None
    output: bool
    negated: bool
    span: Span


class Call(Struct, frozen=True):
    callee: Expression
    arguments: tuple[Argument, ...]
    span: Span


class ListValue(Struct, frozen=True):
    """`[1, 2, 3(0)]` or `(a := 1, b := 2)` as an argument of a call."""

    list: ArrayInitial | StructInitial
    span: Span


class LinkValue(Struct, frozen=True):
    """What a wire of a drawing carries. As the target of an output it begins to carry that. No text has it."""

    name: Name
    span: Span


Expression = (
    IntegerLiteral
    | RealLiteral
    | BoolLiteral
    | DurationLiteral
    | DateLiteral
    | StringLiteral
    | NameExpression
    | QualifiedEnum
    | DirectAddress
    | MemberAccess
    | BitAccess
    | PartAccess
    | Dereference
    | IndexAccess
    | Unary
    | Binary
    | Call
    | ListValue
    | LinkValue
)

# ---------------------------------------------------------------------------------------------------- initial values


class ArrayInitial(Struct, frozen=True):
    """`[1, 2, 3(0)]`: pairs of repeat count (None: once) and value (None: `3()`, the default).

    `is_bare`: the list stands in round brackets or in none, as older dialects write it in a declaration.
    """

    items: tuple[tuple[Expression | None, Initial | None], ...]
    span: Span
    is_bare: bool = False


class StructInitial(Struct, frozen=True):
    """`(a := 1, b := [1, 2])`"""

    fields: tuple[tuple[Name, Initial], ...]
    span: Span


Initial = Expression | ArrayInitial | StructInitial
