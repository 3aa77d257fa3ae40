"""Standard functions of strings: which operands they take, and how long their result can be.

The result of a function is a string that holds whatever can come out, up to the longest string there is; where it goes
then cuts it. So no text is lost inside an expression, whatever the length of the variables in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.diagnostics.catalogue import calls
from iec61131.semantics.intrinsics import Intrinsic
from iec61131.semantics.model import ConversionKind, Convert, Expression, IntrinsicCall
from iec61131.semantics.operands import Literal, Operand, Typed, as_type, coerce
from iec61131.semantics.types import (
    CHAR,
    DINT,
    INT,
    STRING_LENGTH_MAX,
    WCHAR,
    Elementary,
    Kind,
    StringType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax import tree

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

NUMBERS = frozenset({"LEN", "FIND"})
"""Functions whose result is an INT; that of all others is a string."""
_SUMS = frozenset({"CONCAT", "INSERT", "REPLACE"})
"""Functions whose result can be as long as all their operands together; of the others as long as the first."""
_COUNTS = frozenset({"L", "P"})
"""Parameters that are numbers; all others are strings."""


class TextFunctions(Struct, frozen=True):
    expressions: Expressions

    def call(self, row: Intrinsic, arguments: Sequence[tree.Expression], span: Span) -> Operand | None:
        parameters = [*row.parameters, *([row.parameters[-1]] * (len(arguments) - len(row.parameters)))]
        nodes = [
            self._count(row.name, argument) if parameter in _COUNTS else self._text(row.name, argument)
            for parameter, argument in zip(parameters, arguments, strict=True)
        ]
        sound = [node for node in nodes if node is not None]
        texts = [node for node in sound if isinstance(node.type, StringType)]
        if len(sound) < len(nodes) or not self._are_alike(row.name, texts):
            return None
        if row.name in NUMBERS:
            return Typed(IntrinsicCall(row.name, tuple(sound), DINT, span), INT)
        result = _result(row.name, [node.type for node in texts])
        return Typed(IntrinsicCall(row.name, tuple(sound), result, span), result)

    def _text(self, function: str, argument: tree.Expression) -> Expression | None:
        operand = self.expressions.resolve(argument)
        if operand is None:
            return None
        if isinstance(operand, Typed) and isinstance(operand.type, StringType):
            return operand.node
        if isinstance(operand, Typed) and operand.type in (CHAR, WCHAR):
            return Convert(operand.node, ConversionKind.STRING, StringType(1, operand.type == WCHAR), operand.span)
        self._refuse(function, operand, "a STRING or WSTRING")
        return None

    def _count(self, function: str, argument: tree.Expression) -> Expression | None:
        operand = self.expressions.resolve(argument, DINT)
        if isinstance(operand, Typed):
            stored = storage_type(operand.type)
            if not isinstance(stored, Elementary) or stored.kind not in (Kind.BITS, Kind.SIGNED, Kind.UNSIGNED):
                self._refuse(function, operand, "a whole number")
                return None
            if stored.size <= DINT.size:
                return as_type(operand.node, DINT)
        return coerce(self.expressions.findings, operand, DINT)

    def _are_alike(self, function: str, texts: Sequence[Expression]) -> bool:
        """Texts of both widths cannot be in one function."""
        for other in texts[1:]:
            first = texts[0].type
            assert isinstance(first, StringType)
            assert isinstance(other.type, StringType)
            if first.wide is not other.type.wide:
                self._refuse(function, Typed(other, other.type), f"a {first.family}, like the first argument")
                return False
        return True

    def _refuse(self, function: str, operand: Operand, wanted: str) -> None:
        given = f"the number {operand}" if isinstance(operand, Literal) else operand.type
        self.expressions.findings.add(calls.ARGUMENT_TYPE.at(operand.span, name=function, given=given, wanted=wanted))


def _result(function: str, types: Sequence[Type | None]) -> StringType:
    texts = [type_ for type_ in types if isinstance(type_, StringType)]
    length = sum(type_.length for type_ in texts) if function in _SUMS else texts[0].length
    return StringType(min(length, STRING_LENGTH_MAX), texts[0].wide)
