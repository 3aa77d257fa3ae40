"""Statements of a body, one method for each kind; expressions and places do the rest."""

from __future__ import annotations

from iec61131.diagnostics.catalogue import expressions
from iec61131.semantics import limits, model
from iec61131.semantics.assignments import Assignments
from iec61131.semantics.constants import elementary, fold_scalar
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.here import Here, Loop
from iec61131.semantics.jumps import Jumps
from iec61131.semantics.model import Constant, ConstantExpression, Place, Statement, Storage, VariablePlace
from iec61131.semantics.operands import Literal, Typed, as_type, literal_type
from iec61131.semantics.operators import computation_type
from iec61131.semantics.rules import case_labels
from iec61131.semantics.types import DINT, Elementary, EnumType, Kind, SubrangeType, Type, storage_type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import VarKind

_WHOLE = (Kind.SIGNED, Kind.UNSIGNED, Kind.BITS)
_CASES = (*_WHOLE, Kind.CHARACTER)


class Statements:
    def __init__(self, here: Here) -> None:
        self._here = here
        self._findings = here.findings
        self._expressions = Expressions(here)
        self._assignments = Assignments(here, self._expressions)
        self._jumps = Jumps(here)

    def body(self, statements: tuple[tree.Statement, ...]) -> tuple[Statement, ...]:
        """The statements that are sound, in order. The others have had their findings."""
        with self._jumps.inside(statements):
            return self._resolved(statements)

    def _resolved(self, statements: tuple[tree.Statement, ...]) -> tuple[Statement, ...]:
        resolved: list[Statement] = []
        for statement in statements:
            if isinstance(statement, tree.Assign):
                resolved.extend(self._assignments.resolve(statement))
                continue
            node = self._statement(statement)
            if node is not None:
                resolved.append(node)
        return tuple(resolved)

    def _statement(self, statement: tree.Statement) -> Statement | None:
        match statement:
            case tree.Assign():
                raise AssertionError("assignments are resolved before")
            case tree.CallStatement():
                return self._expressions.calls.statement(statement.call)
            case tree.If():
                return self._if(statement)
            case tree.Case():
                return self._case(statement)
            case tree.For():
                return self._for(statement)
            case tree.While():
                condition = self._expressions.condition(statement.condition, "WHILE")
                body = self._loop_body(statement.body, Loop())
                return model.While(condition, body, statement.span) if condition is not None else None
            case tree.Repeat():
                body = self._loop_body(statement.body, Loop())
                until = self._expressions.condition(statement.until, "UNTIL")
                return model.Repeat(body, until, statement.span) if until is not None else None
            case tree.Exit():
                return model.Exit(statement.span) if self._in_loop("EXIT", statement.span) else None
            case tree.Continue():
                return model.Continue(statement.span) if self._in_loop("CONTINUE", statement.span) else None
            case tree.Return():
                return model.Return(statement.span)
            case tree.Try():
                limits.report(self._here, limits.TRY, statement.span)
                for part in (statement.body, statement.handler, statement.final):
                    self.body(part or ())
                return None
            case tree.Jump():
                return self._jumps.jump(statement)
            case tree.Label():
                return self._jumps.label(statement)
            case tree.Link():
                return self._link(statement)
            case tree.Empty() | tree.Pragma():
                return None

    def _link(self, link: tree.Link) -> Statement | None:
        operand = self._expressions.resolve(link.value)
        type_: Type | None = operand.type if isinstance(operand, Typed) else None
        if isinstance(operand, Literal):
            type_ = literal_type(operand, None, None)
        variable = self._here.begin_link(link.name, type_)
        if variable is None:
            return None
        value = self._expressions.coerce(operand, variable.type)
        return model.Assign(VariablePlace(variable, link.span), value, link.span) if value is not None else None

    # ------------------------------------------------------------------------------------------------------ branches

    def _if(self, statement: tree.If) -> Statement | None:
        branches: list[tuple[model.Expression, tuple[Statement, ...]]] = []
        for number, (condition, body) in enumerate(statement.branches):
            test = self._expressions.condition(condition, "ELSIF" if number else "IF")
            inside = self.body(body)
            if test is not None:
                branches.append((test, inside))
        otherwise = self.body(statement.otherwise)
        if len(branches) < len(statement.branches):
            return None
        return model.If(tuple(branches), otherwise, statement.span)

    def _case(self, statement: tree.Case) -> Statement | None:
        selector, type_ = self._selector(statement.selector)
        labels: list[case_labels.Label] = []
        arms: list[tuple[tuple[tuple[int, int], ...], tuple[Statement, ...]]] = []
        for arm_labels, body in statement.arms:
            ranges: list[tuple[int, int]] = []
            for label in arm_labels:
                bounds = self._label(label, type_) if type_ is not None else None
                if bounds is not None:
                    ranges.append(bounds)
                    labels.append(case_labels.Label(*bounds, label.span))
            arms.append((tuple(ranges), self.body(body)))
        for finding in case_labels.check(labels):
            self._findings.add(finding)
        otherwise = self.body(statement.otherwise or ())
        if selector is None:
            return None
        return model.Case(selector, tuple(arms), otherwise, statement.span)

    def _selector(self, expression: tree.Expression) -> tuple[model.Expression | None, Type | None]:
        """What a CASE decides by: the node to compute, and the type its labels have."""
        operand = self._expressions.resolve(expression)
        if operand is None:
            return None, None
        if isinstance(operand, Literal):
            node = self._expressions.coerce(operand, DINT)
            return node, DINT
        stored = storage_type(operand.type)
        if not isinstance(stored, Elementary) or stored.kind not in _CASES:
            self._findings.add(expressions.CASE_SELECTOR.at(operand.span, type=operand.type))
            return None, None
        is_as_is = stored.kind in (Kind.BITS, Kind.CHARACTER)
        computed = stored if is_as_is else computation_type(elementary(operand.node.type))
        return as_type(operand.node, computed), operand.type

    def _label(self, label: tree.CaseLabel, type_: Type) -> tuple[int, int] | None:
        low = self._bound(label.low, type_)
        high = self._bound(label.high, type_) if label.high is not None else low
        return (low, high) if isinstance(low, int) and isinstance(high, int) else None

    def _bound(self, expression: tree.Expression, type_: Type) -> Constant | None:
        """An enumerator is a number among numbers, whatever the base of its type, if it is one of theirs."""
        operand = self._expressions.resolve(expression, type_)
        if isinstance(operand, Typed) and isinstance(operand.type, EnumType):
            value = operand.node.value if isinstance(operand.node, ConstantExpression) else None
            number = type_ if isinstance(type_, Elementary) and type_.kind in _WHOLE else None
            if number is not None and isinstance(value, int) and number.minimum <= value <= number.maximum:
                return value
        node = self._expressions.coerce(operand.exact if isinstance(operand, Literal) else operand, type_)
        return self._expressions.fold(node) if node is not None else None

    # --------------------------------------------------------------------------------------------------------- loops

    def _for(self, statement: tree.For) -> Statement | None:
        place = self._expressions.places.resolve(statement.variable)
        if place is not None and not (self._can_count(place) and self._expressions.places.check_writable(place)):
            place = None
        type_ = _counting_type(place.type) if place is not None else DINT
        written_step = statement.step
        if place is None:  # the bounds have no type to fit, but may have errors of their own
            for expression in (statement.start, statement.end, *((written_step,) if written_step is not None else ())):
                self._expressions.resolve(expression)
            self._loop_body(statement.body, Loop())
            return None
        start = self._expressions.value(statement.start, type_)
        end = self._expressions.exact(statement.end, type_)
        one = ConstantExpression(1, type_, statement.span)
        step = self._expressions.exact(written_step, type_) if written_step is not None else one
        if isinstance(step, ConstantExpression) and fold_scalar(step) == 0:
            self._findings.add(expressions.ZERO_STEP.at(step.span))
            step = None
        loop = Loop(place.variable if isinstance(place, VariablePlace) else None)
        body = self._loop_body(statement.body, loop)
        if start is None or end is None or step is None:
            return None
        if place.type != type_:
            return self._counted_apart(statement, place, (start, end, step), body)
        return model.For(place, start, end, step, _is_counted(place, loop), body, statement.span)

    def _counted_apart(
        self,
        statement: tree.For,
        place: Place,
        bounds: tuple[model.Expression, model.Expression, model.Expression],
        body: tuple[Statement, ...],
    ) -> Statement | None:
        """Over a subrange or an enumeration: what counts is a variable of the base type, which may go past the last
        value, and each turn begins by storing it, with the check that such a store has.
        """
        counter = self._here.temporary(_counting_type(place.type), statement.variable.span)
        assert counter is not None, "a statement stands in a body"
        counted = VariablePlace(counter, counter.span)
        value = as_type(model.Load(counted, counter.span), place.type)
        turn = model.Assign(place, value, counter.span)
        return model.For(counted, *bounds, True, (turn, *body), statement.span)

    def _can_count(self, place: Place) -> bool:
        type_ = _counting_type(place.type)
        if isinstance(type_, Elementary) and type_.kind in _WHOLE:
            return True
        self._findings.add(expressions.FOR_VARIABLE.at(place.span, type=place.type))
        return False

    def _loop_body(self, body: tuple[tree.Statement, ...], loop: Loop) -> tuple[Statement, ...]:
        self._here.loops.append(loop)
        try:
            return self.body(body)
        finally:
            self._here.loops.pop()

    def _in_loop(self, what: str, span: Span) -> bool:
        if self._here.loops:
            return True
        self._findings.add(expressions.OUTSIDE_LOOP.at(span, what=what))
        return False


def _counting_type(type_: Type) -> Type:
    """What a FOR over a variable of `type_` counts in."""
    return type_.base if isinstance(type_, SubrangeType | EnumType) else type_


def _is_counted(place: Place, loop: Loop) -> bool:
    """Whether nobody but the FOR itself can change its variable while it runs.

    Shared memory and a caller's variable can change behind its back. So can an input of an instance: a body that was
    handed a reference to the instance may write its inputs, and nothing else of it.
    """
    if loop.written or not isinstance(place, VariablePlace):
        return False
    variable = place.variable
    if variable.storage is Storage.INSTANCE:
        return variable.kind is not VarKind.INPUT
    return variable.storage is Storage.FRAME
