"""Functions that ask about a variable instead of reading it: ADR, REF, SIZEOF, the bounds of an array, validity, the
quality and age of inputs.

SIZEOF and the bounds are numbers of the text, like a literal: they are known before the program runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue import calls, expressions
from iec61131.semantics import pointers, signal_functions
from iec61131.semantics.constants import ConstantFault, NotConstant, elementary, fold, fold_scalar
from iec61131.semantics.model import (
    BinaryExpression,
    ConstantExpression,
    ElementPlace,
    Expression,
    Load,
    Place,
    ValuePlace,
)
from iec61131.semantics.operands import Literal, Operand, Typed, as_type, is_scalar
from iec61131.semantics.scopes import PouSymbol, TypeSymbol
from iec61131.semantics.signals import Signal
from iec61131.semantics.types import (
    BOOL,
    DINT,
    ELEMENTARY_NAMES,
    LINT,
    ULINT,
    ArrayType,
    Flavour,
    PointerType,
    Type,
)
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions


class PlaceFunctions:
    def __init__(self, expressions_: Expressions) -> None:
        self._expressions = expressions_
        self._findings = expressions_.findings
        self._here = expressions_.here

    def call(self, name: str, call: tree.Call) -> Operand | None:
        """A call of `name`, a key of PLACE_FUNCTIONS."""
        most = 2 if name in ("UPPER_BOUND", "LOWER_BOUND") else 1
        arguments = [argument.value for argument in call.arguments if not argument.output]
        given = [argument for argument in arguments if argument is not None]
        if not 1 <= len(given) <= most or len(given) < len(call.arguments):
            listing = "ARR, DIM" if most == 2 else "a variable"
            finding = calls.ARGUMENT_COUNT.at(
                call.span, name=name, given=len(call.arguments), wanted=f"{most}", parameters=listing
            )
            self._findings.add(finding)
            return None
        return PLACE_FUNCTIONS[name](self, call, given)

    def address(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return self._reference(call, given[0], Flavour.ADDRESS)

    def reference(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return self._reference(call, given[0], Flavour.REF_TO)

    def _reference(self, call: tree.Call, expression: tree.Expression, flavour: Flavour) -> Operand | None:
        place = self._expressions.places.resolve(expression)
        if place is None or pointers.refuse_bit(self._findings, place, call.span):
            return None
        if self._findings.is_strict and flavour is Flavour.ADDRESS:
            self._findings.add(expressions.EXTENSION.at(call.span, what="ADR"))
        type_ = PointerType(flavour, place.type)
        return Typed(pointers.address_of(place, type_, call.span), type_)

    def size(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        type_ = self._type_named(given[0]) or self._type_of(given[0])
        return Literal(type_.size, call.span) if type_ is not None else None

    def _type_named(self, expression: tree.Expression) -> Type | None:
        """The type that a plain name stands for, where no variable has it."""
        expression = self._here.scope.without_namespace(expression)
        if not isinstance(expression, tree.NameExpression):
            return None
        key = expression.name.key
        if self._here.scope.find_variable(key) is not None:
            return None
        symbol = self._here.scope.globals.find_type(key)
        match symbol:
            case TypeSymbol():
                self._here.note(expression.span, symbol)
                return symbol.type
            case PouSymbol():
                self._here.note(expression.span, symbol)
                return symbol.pou.instance
            case None:
                return ELEMENTARY_NAMES.get(key)

    def _type_of(self, expression: tree.Expression) -> Type | None:
        operand = self._expressions.resolve(expression)
        if isinstance(operand, Literal):
            self._findings.add(calls.ARGUMENT_TYPE.at(operand.span, name="SIZEOF", given=operand, wanted="a variable"))
            return None
        return operand.type if operand is not None else None

    def upper_bound(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return self._bound(call, given, 1)

    def lower_bound(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return self._bound(call, given, 0)

    def _bound(self, call: tree.Call, given: list[tree.Expression], end: int) -> Operand | None:
        place = self._expressions.places.resolve(given[0])
        dimension = self._dimension(given[1]) if len(given) > 1 else ConstantExpression(1, LINT, call.span)
        if place is None or dimension is None:
            return None
        if not isinstance(place.type, ArrayType):
            finding = calls.ARGUMENT_TYPE.at(given[0].span, name="the bound", given=place.type, wanted="an array")
            self._findings.add(finding)
            return None
        bounds = tuple(each[end] for each in place.type.ranges)
        if not isinstance(dimension, ConstantExpression):
            table = ArrayType(LINT, ((1, len(bounds)),))
            whole = ValuePlace(ConstantExpression(bounds, table, call.span), table, call.span)
            chosen = Load(ElementPlace(whole, (dimension,), LINT, call.span), call.span)
            return Typed(as_type(chosen, DINT), DINT)
        number = int(fold_scalar(dimension))
        if not 1 <= number <= len(bounds):
            finding = expressions.INDEX_OUT_OF_RANGE.at(given[-1].span, index=number, low=1, high=len(bounds))
            self._findings.add(finding)
            return None
        return Literal(bounds[number - 1], call.span)

    def _dimension(self, expression: tree.Expression) -> Expression | None:
        """The number of a dimension: a constant where it is known, else one that is computed like an index."""
        operand = self._expressions.resolve(expression, LINT)
        if isinstance(operand, Typed) and is_scalar(operand.type) and elementary(operand.type).is_integer:
            node = as_type(operand.node, LINT)
            try:
                return ConstantExpression(fold(node), LINT, node.span)
            except (NotConstant, ConstantFault):
                return node
        number = self._expressions.whole_number(expression) if operand is not None else None
        return ConstantExpression(number, LINT, expression.span) if number is not None else None

    def is_valid(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        place: Place | None = self._expressions.places.named(given[0])
        if place is None:
            return None
        if not isinstance(place.type, PointerType):
            finding = calls.ARGUMENT_TYPE.at(
                given[0].span, name="__ISVALIDREF", given=place.type, wanted="a REFERENCE TO or a pointer"
            )
            self._findings.add(finding)
            return None
        address = as_type(Load(place, call.span), ULINT)
        zero = ConstantExpression(0, ULINT, call.span)
        return Typed(BinaryExpression(BinaryOperator.NOT_EQUAL, address, zero, BOOL, call.span), BOOL)

    def quality(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return signal_functions.ask(self._expressions, call, Signal.QUALITY, given[0])

    def quality_reason(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return signal_functions.ask(self._expressions, call, Signal.REASON, given[0])

    def age(self, call: tree.Call, given: list[tree.Expression]) -> Operand | None:
        return signal_functions.ask(self._expressions, call, Signal.AGE, given[0])


PLACE_FUNCTIONS: dict[str, Callable[[PlaceFunctions, tree.Call, list[tree.Expression]], Operand | None]] = {
    "ADR": PlaceFunctions.address,
    "REF": PlaceFunctions.reference,
    "SIZEOF": PlaceFunctions.size,
    "UPPER_BOUND": PlaceFunctions.upper_bound,
    "LOWER_BOUND": PlaceFunctions.lower_bound,
    "__ISVALIDREF": PlaceFunctions.is_valid,
    "QUALITY": PlaceFunctions.quality,
    "QUALITY_REASON": PlaceFunctions.quality_reason,
    "AGE": PlaceFunctions.age,
}
