"""EN and ENO of a call: `n := Half(EN := go, x := n, ENO => done)`.

A call whose EN is FALSE is not made: its arguments are not looked at, its result is the default of its type, and ENO
is FALSE. A POU may declare both, as the standard has it: then it looks at EN itself (`before_body`), and its body may
say what ENO is. One of them alone is a variable like any other: programs have inputs called EN that they handle
themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue import declarations, expressions
from iec61131.semantics.here import Here
from iec61131.semantics.layout import default_constant
from iec61131.semantics.model import (
    Assign,
    ConstantExpression,
    Expression,
    If,
    Load,
    Place,
    Pou,
    Return,
    Statement,
    Stepwise,
    UnaryExpression,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Literal, Operand, Typed, literal_node, literal_type
from iec61131.semantics.types import BOOL, BlockType, Type
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import UnaryOperator, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

ENABLED = "ENO"
NAMES = ("EN", ENABLED)
_SECTION = {"EN": VarKind.INPUT, "ENO": VarKind.OUTPUT}


def declared(pou: Pou) -> tuple[Variable, Variable] | None:
    """EN and ENO, where a POU declares both."""
    found = {v.key: v for v in pou.variables if _SECTION.get(v.key) is v.kind and v.type == BOOL}
    return (found["EN"], found["ENO"]) if len(found) == len(NAMES) else None


def before_body(pou: Pou, span: Span) -> tuple[Statement, ...]:
    """What a POU with an EN and ENO of its own does first: nothing at all without EN, else ENO is TRUE until the body
    says otherwise.
    """
    own = declared(pou)
    if own is None:
        return ()
    enabled, outcome = (VariablePlace(variable, span) for variable in own)
    is_off = UnaryExpression(UnaryOperator.NOT, Load(enabled, span), BOOL, span)
    skipped = (Assign(outcome, ConstantExpression(False, BOOL, span), span), Return(span))
    return (If(((is_off, skipped),), (), span), Assign(outcome, ConstantExpression(True, BOOL, span), span))


class Control(Struct, frozen=True):
    """EN and ENO of one call, as far as the callee does not declare them. `outcomes` is where ENO goes. `is_told`: the
    callee says itself what ENO is, when it is called.
    """

    enabled: Expression
    outcomes: tuple[Place, ...]
    is_told: bool
    span: Span

    def around(self, statement: Statement) -> Statement:
        return If(((self.enabled, (statement, *self._done())),), self._skipped(), self.span)

    def value(self, here: Here, operand: Operand, hint: Type | None) -> Operand | None:
        """The result of the call, or the default of its type."""
        if isinstance(operand, Literal):
            type_ = literal_type(operand, None, hint)
            operand = Typed(literal_node(operand, type_), type_)
        assert operand.node.type is not None
        kept = here.temporary(operand.node.type, self.span)
        if kept is None:
            here.findings.add(declarations.NOT_CONSTANT.at(self.span))
            return None
        place = VariablePlace(kept, self.span)
        default = ConstantExpression(default_constant(kept.type), kept.type, self.span)
        made = (Assign(place, operand.node, self.span), *self._done())
        skipped = (Assign(place, default, self.span), *self._skipped())
        steps = (If(((self.enabled, made),), skipped, self.span),)
        return Typed(Stepwise(steps, Load(place, self.span), self.span), operand.type)

    def _done(self) -> tuple[Statement, ...]:
        return () if self.is_told else self._outcome(value=True)

    def _skipped(self) -> tuple[Statement, ...]:
        return self._outcome(value=False)

    def _outcome(self, *, value: bool) -> tuple[Statement, ...]:
        known = ConstantExpression(value, BOOL, self.span)
        return tuple(Assign(outcome, known, self.span) for outcome in self.outcomes)


def take_out(expressions_: Expressions, call: tree.Call, callee: Pou | None) -> tuple[tree.Call, Control | None] | None:
    """`call` without the EN and ENO that its callee does not declare, and what they say; None after a finding."""
    given = {a.name.key: a.value for a in call.arguments if a.name is not None and a.name.key in NAMES}
    if not given:
        return call, None
    own = {v.key for v in callee.variables if _SECTION.get(v.key) is v.kind} if callee is not None else set[str]()
    rest = tuple(a for a in call.arguments if a.name is None or a.name.key not in NAMES or a.name.key in own)
    enabled: Expression | None = ConstantExpression(True, BOOL, call.span)
    outcome = None
    if "EN" not in own and (value := given.get("EN")) is not None:
        enabled = expressions_.condition(value, "EN")
        if enabled is None:
            return None
    if (value := given.get("ENO")) is not None:
        outcome = _outcome_place(expressions_, value)
        if outcome is None:
            return None
    control = Control(enabled, (outcome,) if outcome is not None else (), "ENO" in own, call.span)
    return replace(call, arguments=rest), control if len(rest) < len(call.arguments) else None


def remembered(here: Here, control: Control | None, instance: Place, span: Span) -> Control | None:
    """`control` of the call of an instance, which is asked for its ENO afterwards: `pump.ENO`."""
    assert isinstance(instance.type, BlockType)
    is_known = isinstance(instance, VariablePlace) and instance.variable in here.made
    if ENABLED in instance.type.members or not (control is not None or is_known):
        return control
    kept = here.outcome(instance, span)
    if kept is None:
        return control
    control = control or Control(ConstantExpression(True, BOOL, span), (), is_told=False, span=span)
    return replace(control, outcomes=(*control.outcomes, VariablePlace(kept, span)))


def _outcome_place(expressions_: Expressions, target: tree.Expression) -> Place | None:
    if isinstance(target, tree.LinkValue):
        expressions_.here.begin_link(target.name, BOOL)
    place = expressions_.places.resolve(target)
    if place is None or not expressions_.places.check_writable(place):
        return None
    if place.type != BOOL:
        finding = expressions.CONDITION.at(target.span, what="ENO", type=place.type)
        expressions_.findings.add(finding)
        return None
    return place
