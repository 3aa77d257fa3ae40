"""Lists of values in statements: `table := [x, 2(f(x)), 0]`, `point := (x := a, y := b)`.

What is constant in a list becomes one constant, as in a declaration. The rest is computed into a copy of that, from
the left, before anything is stored where the list goes.
"""

from __future__ import annotations

from msgspec import Struct

from iec61131.diagnostics.catalogue import declarations
from iec61131.semantics.constants import ConstantFault, NotConstant, fold
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here
from iec61131.semantics.initial_values import InitialValues
from iec61131.semantics.layout import default_constant
from iec61131.semantics.model import (
    Assign,
    Constant,
    ConstantExpression,
    ElementPlace,
    Expression,
    FieldPlace,
    InstanceMemberPlace,
    Load,
    Place,
    Stepwise,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Operand, Typed
from iec61131.semantics.types import LINT, ArrayType, Field, Type
from iec61131.source import Span
from iec61131.syntax import tree

_Path = tuple[int | Field | Variable, ...]
"""From the whole to a part: numbers of elements, in memory order, and fields."""


class _Part(Struct, frozen=True):
    """What is computed for the part at `path`; or the part that it is a copy of."""

    path: _Path
    value: Expression | _Path


class ComputedValues(InitialValues):
    def __init__(self, here: Here, expressions: Expressions) -> None:
        super().__init__(here, expressions)
        self._path: _Path = ()
        self._parts: list[_Part] = []

    def operand(self, written: tree.ArrayInitial | tree.StructInitial, type_: Type) -> Operand | None:
        """`written` as a value of `type_`. A list may hold calls that have lists as arguments."""
        outer = self._path, self._parts
        self._path, self._parts = (), []
        constant = self.resolve(written, type_)
        parts = self._parts
        self._path, self._parts = outer
        if constant is None:
            return None
        start = ConstantExpression(constant, type_, written.span)
        if not parts:
            return Typed(start, type_)
        kept = self._here.temporary(type_, written.span)
        if kept is None:
            self._findings.add(declarations.NOT_CONSTANT.at(written.span))
            return None
        whole = VariablePlace(kept, written.span)
        steps = [Assign(whole, start, written.span)]
        for part in parts:
            target, value = _part_of(whole, part.path, written.span), part.value
            if isinstance(value, tuple):
                value = Load(_part_of(whole, value, written.span), written.span)
            steps.append(Assign(target, value, written.span))
        return Typed(Stepwise(tuple(steps), Load(whole, written.span), written.span), type_)

    def _leaf(self, expression: tree.Expression, type_: Type) -> Constant | None:
        node = self._expressions.value(expression, type_)
        if node is None:
            return None
        try:
            return fold(node)
        except NotConstant:
            self._parts.append(_Part(self._path, node))
            return default_constant(type_)
        except ConstantFault:
            return self._expressions.fold(node)  # says so

    def _element(self, item: tree.Initial | None, array: ArrayType, number: int, count: int) -> Constant | None:
        """Computed once, however often it is repeated."""
        around, before = self._path, len(self._parts)
        self._path = (*around, number)
        value = super()._element(item, array, number, count)
        self._path = around
        if len(self._parts) > before and number + count <= array.count:
            copies = [_Part((*around, number + k), (*around, number)) for k in range(1, count)]
            self._parts.extend(copies)
        return value

    def _member(self, value: tree.Initial, part: Field | Variable) -> Constant | None:
        around = self._path
        self._path = (*around, part)
        constant = super()._member(value, part)
        self._path = around
        return constant


def _part_of(place: Place, path: _Path, span: Span) -> Place:
    for step in path:
        match step:
            case Field():
                place = FieldPlace(place, step, span)
            case Variable():
                place = InstanceMemberPlace(place, step, span)
            case int():
                assert isinstance(place.type, ArrayType)
                place = ElementPlace(place, _indices(place.type, step, span), place.type.element, span)
    return place


def _indices(array: ArrayType, number: int, span: Span) -> tuple[Expression, ...]:
    """Of element `number` in memory order, the last index fastest."""
    found: list[Expression] = []
    for low, high in reversed(array.ranges):
        number, distance = divmod(number, high - low + 1)
        found.append(ConstantExpression(low + distance, LINT, span))
    return tuple(reversed(found))
