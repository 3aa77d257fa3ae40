"""Standard functions whose operands are of one type: MIN, MAX, LIMIT, SEL, MUX, and GT(a, b, c) and the like.

Operands with a type decide where all of them meet, literals fit in where they can. SEL and MUX choose without looking
at the values, so they take arrays and structs of one type as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from iec61131.diagnostics.catalogue import calls
from iec61131.semantics.constants import elementary
from iec61131.semantics.conversions import IMPLICIT, common_type
from iec61131.semantics.intrinsics import Intrinsic, Operands
from iec61131.semantics.model import Expression, IntrinsicCall
from iec61131.semantics.operands import (
    Literal,
    Operand,
    Typed,
    as_character,
    as_type,
    coerce,
    fits,
    is_scalar,
    literal_node,
    literal_type,
    note_conversion,
)
from iec61131.semantics.operators import BINARY, computation_type
from iec61131.semantics.types import (
    BOOL,
    CHAR,
    LINT,
    WCHAR,
    ArrayType,
    Elementary,
    EnumType,
    Kind,
    StringType,
    StructType,
    Type,
    storage_type,
)
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions


class _Alike(Struct, frozen=True):
    """Operands in the type that they are computed in, and the type that the program sees."""

    nodes: tuple[Expression, ...]
    computed: Type
    static: Type


class Choices(Struct, frozen=True):
    expressions: Expressions

    def call(
        self, row: Intrinsic, arguments: Sequence[tree.Expression], span: Span, hint: Type | None
    ) -> Operand | None:
        match row.operands:
            case Operands.SELECT:
                return self._chosen(row, self.expressions.condition(arguments[0], row.name), arguments[1:], span, hint)
            case Operands.MULTIPLEX:
                return self._chosen(row, self._number(row.name, arguments[0]), arguments[1:], span, hint)
            case Operands.COMPARED:
                return self._compared(row, arguments, span)
            case _:
                alike = self._alike(row.name, arguments, hint)
                if alike is None:
                    return None
                return Typed(IntrinsicCall(row.name, alike.nodes, alike.computed, span), alike.static)

    def _chosen(
        self,
        row: Intrinsic,
        selector: Expression | None,
        arguments: Sequence[tree.Expression],
        span: Span,
        hint: Type | None,
    ) -> Operand | None:
        alike = self._alike(row.name, arguments, hint, may_be_aggregates=True)
        if selector is None or alike is None:
            return None
        return Typed(IntrinsicCall(row.name, (selector, *alike.nodes), alike.computed, span), alike.static)

    def _number(self, function: str, argument: tree.Expression) -> Expression | None:
        """The K of MUX. A ULINT that is no LINT becomes negative, and so is no number of an operand either."""
        operand = self.expressions.resolve(argument, LINT)
        if isinstance(operand, Typed):
            stored = storage_type(operand.type)
            if isinstance(stored, Elementary) and stored.kind in (Kind.BITS, Kind.SIGNED, Kind.UNSIGNED):
                return as_type(operand.node, LINT)
            self._refuse(function, operand, "a whole number")
            return None
        return coerce(self.expressions.findings, operand, LINT)

    def _compared(self, row: Intrinsic, arguments: Sequence[tree.Expression], span: Span) -> Operand | None:
        assert row.operator is not None
        if len(arguments) == len(row.parameters):
            return self.expressions.operations.fold(row.operator, arguments, span, None)
        alike = self._alike(row.name, arguments, None)
        if alike is None:
            return None
        if isinstance(alike.computed, StringType):
            self._refuse(row.name, Typed(alike.nodes[0], alike.static), "a value of an elementary type")
            return None
        return Typed(IntrinsicCall(row.name, alike.nodes, BOOL, span), BOOL)

    # -------------------------------------------------------------------------------------------------- in one type

    def _alike(
        self,
        function: str,
        arguments: Sequence[tree.Expression],
        hint: Type | None,
        *,
        may_be_aggregates: bool = False,
    ) -> _Alike | None:
        resolved = [self.expressions.resolve(argument, hint) for argument in arguments]
        operands = [operand for operand in resolved if operand is not None]
        if len(operands) < len(resolved):
            return None
        operands = _with_characters(operands)
        types = [operand.type for operand in operands if isinstance(operand, Typed)]
        if any(isinstance(type_, StringType) for type_ in types):
            return self._texts(function, operands)
        if may_be_aggregates and any(isinstance(type_, ArrayType | StructType) for type_ in types):
            return self._aggregates(function, operands)
        return self._scalars(function, operands, hint)

    def _scalars(self, function: str, operands: Sequence[Operand], hint: Type | None) -> _Alike | None:
        common = self._meet(function, operands, hint)
        if common is None:
            return None
        enumeration = _one_enumeration(operands)
        typed = [o if isinstance(o, Typed) else Typed(literal_node(o, common), common) for o in operands]
        if enumeration is None:
            for operand in typed:
                verdict = IMPLICIT[elementary(operand.type), common]
                if not note_conversion(self.expressions.findings, operand.span, operand.type, common, verdict):
                    return None
        computed = computation_type(common, BINARY[BinaryOperator.LESS, common.kind].computes)
        return _Alike(tuple(as_type(o.node, computed) for o in typed), computed, enumeration or common)

    def _texts(self, function: str, operands: Sequence[Operand]) -> _Alike | None:
        """Strings of one width meet in the longest of their lengths."""
        types = [operand.type for operand in operands if isinstance(operand, Typed)]
        texts = [type_ for type_ in types if isinstance(type_, StringType)]
        for operand in operands:
            type_ = operand.type if isinstance(operand, Typed) else None
            if not isinstance(type_, StringType) or type_.wide is not texts[0].wide:
                self._refuse(function, operand, f"a {texts[0].family}, like the other arguments")
                return None
        common = StringType(max(type_.length for type_ in texts), texts[0].wide)
        nodes = tuple(as_type(operand.node, common) for operand in operands if isinstance(operand, Typed))
        return _Alike(nodes, common, common)

    def _aggregates(self, function: str, operands: Sequence[Operand]) -> _Alike | None:
        """Arrays or structs of exactly one type."""
        common = next(o.type for o in operands if isinstance(o, Typed) and isinstance(o.type, ArrayType | StructType))
        nodes = [operand.node for operand in operands if isinstance(operand, Typed) and operand.type == common]
        if len(nodes) == len(operands):
            return _Alike(tuple(nodes), common, common)
        other = next(o for o in operands if not (isinstance(o, Typed) and o.type == common))
        self._refuse(function, other, f"{common}, like the other arguments")
        return None

    def _meet(self, function: str, operands: Sequence[Operand], hint: Type | None) -> Elementary | None:
        """The common type of several operands. Those with a type decide; literals fit in where they can."""
        common = _wanted_by_all(operands, hint)
        for operand in sorted(operands, key=lambda o: isinstance(o, Literal)):
            if isinstance(operand, Literal):
                type_ = literal_type(operand, common, hint)
            elif is_scalar(operand.type):
                type_ = elementary(operand.type)
            else:
                self._refuse(function, operand, "a value of an elementary type")
                return None
            met = type_ if common is None else common_type(common, type_)
            if met is None:
                self._refuse(function, operand, f"{common}, like the other arguments")
                return None
            common = met
        return common

    def _refuse(self, function: str, operand: Operand, wanted: str) -> None:
        given = operand.type if isinstance(operand, Typed) else f"the number {operand}"
        self.expressions.findings.add(calls.ARGUMENT_TYPE.at(operand.span, name=function, given=given, wanted=wanted))


def _wanted_by_all(operands: Sequence[Operand], hint: Type | None) -> Elementary | None:
    """The type that the result is used as, when all operands are literals and fit it."""
    wanted = storage_type(hint) if hint is not None else None
    if not isinstance(wanted, Elementary) or wanted.is_clock:
        return None
    for operand in operands:
        if not isinstance(operand, Literal):
            return None
        if wanted.kind is not Kind.REAL and (operand.is_real or not fits(operand, wanted)):
            return None
    return wanted


def _with_characters(operands: list[Operand]) -> list[Operand]:
    """A text of one character in quotes beside a CHAR is a CHAR."""
    types = [o.type for o in operands if isinstance(o, Typed) and o.type in (CHAR, WCHAR)]
    return [as_character(o, types[0]) or o if types and isinstance(o, Typed) else o for o in operands]


def _one_enumeration(operands: Sequence[Operand]) -> EnumType | None:
    """The enumeration that all operands belong to, if they do."""
    types = {operand.type if isinstance(operand, Typed) else None for operand in operands}
    only = next(iter(types)) if len(types) == 1 else None
    return only if isinstance(only, EnumType) else None
