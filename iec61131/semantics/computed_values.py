"""Lists of values in statements: `table := [x, 2(f(x)), 0]`, `point := (x := a, y := b)`.

What is constant in a list becomes one constant, as in a declaration. The rest is computed into a copy of that, first
what the list leaves out and is computed by its own declaration, then what it says, from the left, before anything is
stored where the list goes.
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
    Statement,
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
        """`written` as a value of `type_`."""
        constant, parts = self._read(written, type_)
        if constant is None:
            return None
        if not parts and not self._here.shared.starting.may_leave_out(type_):
            return Typed(ConstantExpression(constant, type_, written.span), type_)
        kept = self._here.temporary(type_, written.span)
        if kept is None:
            self._findings.add(declarations.NOT_CONSTANT.at(written.span))
            return None
        whole = VariablePlace(kept, written.span)
        steps = self._steps(whole, constant, parts, written.span)
        return Typed(Stepwise(steps, Load(whole, written.span), written.span), type_)

    def begin(self, written: tree.ArrayInitial, place: Place) -> tuple[Statement, ...]:
        """Write `written` to a variable that begins to exist: in its own place, which may be referred to from there."""
        constant, parts = self._read(written, place.type)
        return self._steps(place, constant, parts, written.span) if constant is not None else ()

    def _read(
        self, written: tree.ArrayInitial | tree.StructInitial, type_: Type
    ) -> tuple[Constant | None, list[_Part]]:
        """What is constant, and what is not. A list may hold calls that have lists as arguments."""
        outer = self._path, self._parts
        self._path, self._parts = (), []
        constant = self.resolve(written, type_)
        parts = self._parts
        self._path, self._parts = outer
        return constant, parts

    def _steps(self, whole: Place, constant: Constant, parts: list[_Part], span: Span) -> tuple[Statement, ...]:
        """`constant` has something for all that the list names, which so is not taken for left out."""
        steps: list[Statement] = [Assign(whole, ConstantExpression(constant, whole.type, span), span)]
        if self._here.shared.starting.may_leave_out(whole.type):
            steps += self._here.shared.starting.of_place(self._here, whole, constant, ())
        for part in parts:
            target, value = _part_of(whole, part.path, span), part.value
            if isinstance(value, tuple):
                value = Load(_part_of(whole, value, span), span)
            steps.append(Assign(target, value, span))
        return tuple(steps)

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
        """Computed once, however often it is repeated; what it leaves out is each element's own."""
        around, before = self._path, len(self._parts)
        self._path = (*around, number)
        value = super()._element(item, array, number, count)
        self._path = around
        if len(self._parts) > before and number + count <= array.count:
            first = (*around, number)
            copied = [first]
            if self._here.shared.starting.may_leave_out(array.element):
                copied = [part.path for part in self._parts[before:]]
            inside = [path[len(first) :] for path in copied]
            self._parts += [
                _Part((*around, number + k, *rest), (*first, *rest)) for k in range(1, count) for rest in inside
            ]
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
