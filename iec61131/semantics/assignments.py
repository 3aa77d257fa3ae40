"""Assignments: `:=`, also chained and with a list of values, `REF=`, `S=` and `R=`."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import expressions
from iec61131.diagnostics.catalogue.syntax import ASSIGNMENT_AS_COMPARISON
from iec61131.semantics import limits, model
from iec61131.semantics.computed_values import ComputedValues
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here
from iec61131.semantics.members import Property, is_exact
from iec61131.semantics.model import Assign, CallFunction, ConstantExpression, Evaluate, Load, Place, Statement
from iec61131.semantics.operands import Literal, Operand, Typed
from iec61131.semantics.pointers import as_reference
from iec61131.semantics.type_tests import TypeTests
from iec61131.semantics.types import BOOL, BlockType, Flavour, PointerType, StructType, Type
from iec61131.syntax import tree
from iec61131.syntax.tree import AssignOperator


class Assignments:
    def __init__(self, here: Here, expressions_: Expressions) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = expressions_
        self._initials = ComputedValues(here, expressions_)
        expressions_.lists = self._list

    def resolve(self, statement: tree.Assign) -> tuple[Statement, ...]:
        """The statements that `statement` stands for; none after a finding."""
        if self._findings.is_strict and statement.operator not in (AssignOperator.ASSIGN, AssignOperator.ATTEMPT):
            self._findings.add(expressions.EXTENSION.at(statement.span, what=statement.operator.value))
        match statement.operator:
            case AssignOperator.ASSIGN:
                return self._assign(statement)
            case AssignOperator.REFERENCE:
                return self._refer(statement)
            case AssignOperator.SET | AssignOperator.RESET:
                return self._set(statement)
            case AssignOperator.ATTEMPT:
                return self._attempt(statement)

    def begin(self, place: Place, written: tree.Assign) -> tuple[Statement, ...]:
        """The first value of a variable, whoever may write it later."""
        if written.operator is AssignOperator.REFERENCE:
            return self._refer_to(place, written)
        value = written.value
        if isinstance(value, tree.Assign):
            return ()
        if isinstance(value, tree.ArrayInitial) and self._here.shared.starting.may_leave_out(place.type):
            return self._initials.begin(value, place)
        if isinstance(value, tree.ArrayInitial | tree.StructInitial):
            operand = self._list(value, place.type)
        else:
            operand = self._expressions.resolve(value, place.type)
        node = self._expressions.coerce(operand, place.type)
        return (Assign(place, node, written.span),) if node is not None else ()

    def _assign(self, statement: tree.Assign) -> tuple[Statement, ...]:
        target = self._here.scope.without_namespace(statement.target)
        named = self._expressions.members.property(target)
        if named is not None:
            return self._set_property(named, statement)
        place = self._expressions.places.resolve(target)
        written = statement.value
        first: tuple[Statement, ...] = ()
        operand: Operand | None
        if isinstance(written, tree.Assign):
            first, operand = self._inner(written)
        elif isinstance(written, tree.ArrayInitial | tree.StructInitial):
            operand = self._list(written, place.type if place is not None else None)
        else:
            operand = self._expressions.resolve(written, place.type if place is not None else None)
        if place is None or not self._expressions.places.check_writable(place):
            return ()
        if isinstance(place.type, BlockType):
            node = self._copied(place, operand, statement)
            return (*first, node) if node is not None else ()
        value = self._expressions.coerce(operand, place.type)
        return (*first, Assign(place, value, statement.span)) if value is not None else ()

    def _copied(self, place: Place, operand: Operand | None, statement: tree.Assign) -> Assign | None:
        """An instance is copied whole, where both are certain to be of one and the same block."""
        source = operand.node if isinstance(operand, Typed) and operand.type is place.type else None
        is_given = isinstance(source, CallFunction) or (isinstance(source, Load) and is_exact(source.place))
        is_sound = is_exact(place) and is_given
        if source is not None and is_sound and not self._findings.is_strict:
            return Assign(place, source, statement.span)
        if operand is not None:
            self._findings.add(expressions.WHOLE_BLOCK.at(statement.target.span, block=place.type))
        return None

    def _set_property(self, named: Property, statement: tree.Assign) -> tuple[Statement, ...]:
        """`fb.Speed := 5` is a call of SET with the value."""
        members, span = self._expressions.members, statement.span
        accessor = members.accessor(named, is_setter=True, span=statement.target.span)
        written = statement.value
        first: tuple[Statement, ...] = ()
        if accessor is None:
            return ()
        symbol, dispatch = accessor
        members.note_call(symbol, dispatch, span)
        inputs = symbol.pou.of_kind(tree.VarKind.INPUT)
        if not inputs:  # its declaration has an error
            return ()
        operand: Operand | None
        if isinstance(written, tree.Assign):
            first, operand = self._inner(written)
        elif isinstance(written, tree.ArrayInitial | tree.StructInitial):
            operand = self._list(written, inputs[0].type)
        else:
            operand = self._expressions.resolve(written, inputs[0].type)
        value = self._expressions.coerce(operand, inputs[0].type)
        if value is None:
            return ()
        call = CallFunction(symbol.pou, (value,), (0,), (), (), None, span, instance=named.instance, dispatch=dispatch)
        return (*first, Evaluate(call, span))

    def _inner(self, written: tree.Assign) -> tuple[tuple[Statement, ...], Operand | None]:
        """`a := b := 1`: the inner assignments, and what the last target then holds."""
        if self._findings.is_strict:
            self._findings.add(expressions.EXTENSION.at(written.span, what="an assignment inside another one"))
        if written.operator is not AssignOperator.ASSIGN:
            limits.report(self._here, limits.INNER_ASSIGNMENT, written.span)
            return (), None
        statements = self.resolve(written)
        last = statements[-1] if statements else None
        if isinstance(last, Evaluate):  # a property: what its GET then says
            return statements, self._expressions.resolve(written.target)
        if not isinstance(last, Assign):
            return (), None
        return statements, Typed(Load(last.place, written.target.span), last.place.type)

    def _list(self, written: tree.ArrayInitial | tree.StructInitial, type_: Type | None) -> Operand | None:
        """`[1, x]` or `(a := 1)`"""
        if type_ is None:
            self._initials.look_through(written)
            return None
        is_one = isinstance(written, tree.StructInitial) and len(written.fields) == 1
        if is_one and not isinstance(type_, StructType | BlockType):
            self._findings.add(ASSIGNMENT_AS_COMPARISON.at(written.span))
            return None
        return self._initials.operand(written, type_)

    def _refer(self, statement: tree.Assign) -> tuple[Statement, ...]:
        """`r REF= x`"""
        place = self._expressions.places.named(statement.target)
        return self._refer_to(place, statement) if place is not None else ()

    def _refer_to(self, place: Place, statement: tree.Assign) -> tuple[Statement, ...]:
        written = statement.value
        if isinstance(written, tree.Assign | tree.ArrayInitial | tree.StructInitial):
            self._findings.add(expressions.NOT_A_VARIABLE.at(written.span))
            return ()
        if not isinstance(place.type, PointerType) or place.type.flavour is not Flavour.REFERENCE:
            self._findings.add(expressions.NOT_A_REFERENCE.at(statement.target.span, type=place.type))
            return ()
        if isinstance(written, tree.IntegerLiteral) and written.value == 0:
            value: model.Expression | None = ConstantExpression(0, place.type, written.span)
        else:
            operand = self._expressions.resolve(written)
            if isinstance(operand, Literal):
                target = place.type.target
                self._findings.add(expressions.REFERENCE_TYPE.at(written.span, target=target, given="a value"))
            if not isinstance(operand, Typed) or not self._expressions.places.check_writable(place):
                return ()
            value = as_reference(self._findings, operand.node, place.type, written.span)
        return (Assign(place, value, statement.span),) if value is not None else ()

    def _attempt(self, statement: tree.Assign) -> tuple[Statement, ...]:
        """`r ?= x`"""
        place, written = self._expressions.places.named(statement.target), statement.value
        if isinstance(written, tree.Assign | tree.ArrayInitial | tree.StructInitial):
            self._findings.add(expressions.NOT_A_VARIABLE.at(written.span))
            return ()
        operand = self._expressions.resolve(written)
        return TypeTests(self._expressions).attempt(place, operand, statement.span) if place is not None else ()

    def _set(self, statement: tree.Assign) -> tuple[Statement, ...]:
        """`x S= c` is `IF c THEN x := TRUE; END_IF;`, `R=` the same with FALSE."""
        place = self._expressions.places.resolve(statement.target)
        written = statement.value
        if isinstance(written, tree.ArrayInitial | tree.StructInitial):
            self._list(written, BOOL)
            return ()
        first: tuple[Statement, ...] = ()
        if isinstance(written, tree.Assign):
            first, operand = self._inner(written)
            condition = self._expressions.coerce(operand, BOOL)
        else:
            condition = self._expressions.condition(written, statement.operator.value)
        if place is None or condition is None or not self._expressions.places.check_writable(place):
            return ()
        if place.type != BOOL:
            finding = expressions.CONDITION.at(place.span, what=statement.operator.value, type=place.type)
            self._findings.add(finding)
            return ()
        value = ConstantExpression(statement.operator is AssignOperator.SET, BOOL, statement.span)
        assign = Assign(replace(place), value, statement.span)
        return (*first, model.If(((condition, (assign,)),), (), statement.span))
