"""Conversions between texts and values of the elementary types: `INT_TO_STRING`, `TO_WSTRING`, `STRING_TO_TIME`.

What needs a loop is a FUNCTION of the library, written for the widest type of its kind: an INT is written as the LINT
it fits into, and read as one, limited to its range. WSTRING goes through STRING: what belongs to a number is in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.diagnostics.catalogue import calls
from iec61131.semantics.constants import elementary
from iec61131.semantics.model import (
    CallFunction,
    ConstantExpression,
    ConversionKind,
    Convert,
    Expression,
    IntrinsicCall,
)
from iec61131.semantics.operands import Literal, Operand, Typed, as_type, coerce, is_scalar, literal_type
from iec61131.semantics.types import (
    ELEMENTARY_NAMES,
    LINT,
    STRING_LENGTH,
    ULINT,
    Elementary,
    Kind,
    StringType,
    Type,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import VarKind

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions


class TextConversion(Struct, frozen=True):
    """A conversion by its name in the text. `source` None: anything (`TO_STRING`). Lengths of strings do not count."""

    name: str
    source: Elementary | StringType | None
    target: Elementary | StringType


def _conversions() -> dict[str, TextConversion]:
    rows: list[TextConversion] = []
    texts = [StringType(STRING_LENGTH, wide) for wide in (False, True)]
    for text in texts:
        rows.append(TextConversion(f"TO_{text.family}", None, text))
        rows.append(TextConversion(f"ANY_TO_{text.family}", None, text))
        for name, type_ in ELEMENTARY_NAMES.items():
            rows.append(TextConversion(f"{name}_TO_{text.family}", type_, text))
            rows.append(TextConversion(f"{text.family}_TO_{name}", text, type_))
    narrow, wide = texts
    rows.append(TextConversion("STRING_TO_WSTRING", narrow, wide))
    rows.append(TextConversion("WSTRING_TO_STRING", wide, narrow))
    return {row.name: row for row in rows}


TEXT_CONVERSIONS: dict[str, TextConversion] = _conversions()
"""`X_TO_STRING`, `TO_STRING`, `STRING_TO_X` for every elementary type X, the same with WSTRING, and one to the other.
`TO_X` is a row of `conversions.CONVERSIONS`, since it takes numbers as well.
"""


class TextConversions(Struct, frozen=True):
    expressions: Expressions

    def call(self, row: TextConversion, argument: tree.Expression) -> Operand | None:
        hint = row.source if isinstance(row.source, Elementary) else None
        operand = self.expressions.resolve(argument, hint)
        if operand is None:
            return None
        if isinstance(row.source, StringType):
            type_ = operand.type if isinstance(operand, Typed) else None
            if not isinstance(type_, StringType) or type_.wide is not row.source.wide:
                return self._refuse(row.name, operand, f"a {row.source.family}")
        if isinstance(row.target, StringType):
            return self._to_text(row, operand, row.target.wide)
        assert isinstance(operand, Typed)
        return self.from_text(operand, row.target)

    # ------------------------------------------------------------------------------------------------------- to texts

    def _to_text(self, row: TextConversion, operand: Operand, wide: bool) -> Operand | None:
        takes_text = not isinstance(row.source, Elementary)
        if takes_text and isinstance(operand, Typed) and isinstance(operand.type, StringType):
            return _of_width(operand.node, operand.type, wide)
        node = self._value(row, operand)
        return self._written(node, wide) if node is not None else None

    def _value(self, row: TextConversion, operand: Operand) -> Expression | None:
        """What is to be written, as a value of an elementary type."""
        assert not isinstance(row.source, StringType)
        if isinstance(operand, Literal):
            type_ = row.source or literal_type(operand, None, None)
            return coerce(self.expressions.findings, operand, type_)
        if row.source is not None:
            # Also a text of one character in quotes, which is a CHAR where one is wanted.
            return coerce(self.expressions.findings, operand, row.source)
        if is_scalar(operand.type):
            return as_type(operand.node, elementary(operand.type))
        self._refuse(row.name, operand, "a value of an elementary type, or a text")
        return None

    def _written(self, node: Expression, wide: bool) -> Operand:
        type_ = elementary(node.type)
        match type_.kind:
            case Kind.BOOL:
                words = [_text(word, node.span) for word in ("FALSE", "TRUE")]
                text = IntrinsicCall("SEL", (node, *words), words[0].type, node.span)
            case Kind.SIGNED:
                text = self._run("LINT_TO_STRING", as_type(node, LINT))
            case Kind.UNSIGNED | Kind.BITS:
                text = self._run("ULINT_TO_STRING", as_type(node, ULINT))
            case Kind.REAL | Kind.DURATION | Kind.DATE:
                text = self._run(f"{type_}_TO_STRING", node)
            case Kind.CHARACTER:
                text = Convert(node, ConversionKind.STRING, StringType(1, wide), node.span)
        assert isinstance(text.type, StringType)
        return _of_width(text, text.type, wide)

    # ------------------------------------------------------------------------------------------------------ from texts

    def from_text(self, operand: Typed, target: Elementary) -> Operand | None:
        """A text as a value: as much of its beginning as can be one."""
        if target.kind is Kind.CHARACTER:
            return Typed(Convert(operand.node, ConversionKind.CHARACTER, target, operand.span), target)
        assert isinstance(operand.type, StringType)
        narrow = _of_width(operand.node, operand.type, wide=False)
        return Typed(self._read(narrow.node, target), target)

    def _read(self, text: Expression, target: Elementary) -> Expression:
        match target.kind:
            case Kind.SIGNED:
                number = self._run("STRING_TO_LINT", text)
                bounds = [ConstantExpression(bound, LINT, text.span) for bound in (target.minimum, target.maximum)]
                return as_type(IntrinsicCall("LIMIT", (bounds[0], number, bounds[1]), LINT, text.span), target)
            case Kind.UNSIGNED | Kind.BITS:
                number = self._run("STRING_TO_ULINT", text)
                most = ConstantExpression(target.maximum, ULINT, text.span)
                return as_type(IntrinsicCall("MIN", (number, most), ULINT, text.span), target)
            case Kind.DURATION | Kind.DATE:
                return as_type(self._run(f"STRING_TO_L{target.name.removeprefix('L')}", text), target)
            case _:
                return self._run(f"STRING_TO_{target}", text)

    # --------------------------------------------------------------------------------------------------------- common

    def _run(self, name: str, argument: Expression) -> Expression:
        """A call of a FUNCTION of the library with one input."""
        here = self.expressions.here
        pou = here.shared.converter(name).pou
        here.calls.setdefault(pou, argument.span)
        (parameter,) = pou.of_kind(VarKind.INPUT)
        assert pou.result is not None
        value = as_type(argument, parameter.type)
        return CallFunction(pou, (value,), (0,), (), (), pou.result.type, argument.span)

    def _refuse(self, function: str, operand: Operand, wanted: str) -> None:
        given = f"the number {operand}" if isinstance(operand, Literal) else operand.type
        self.expressions.findings.add(calls.ARGUMENT_TYPE.at(operand.span, name=function, given=given, wanted=wanted))


def _text(word: str, span: Span) -> ConstantExpression:
    return ConstantExpression(word, StringType(len("FALSE"), wide=False), span)


def _of_width(node: Expression, type_: StringType, wide: bool) -> Typed:
    """A text as the other kind of string, if it is not of that kind; of the same length."""
    target: Type = StringType(type_.length, wide)
    return Typed(as_type(node, target), target)
