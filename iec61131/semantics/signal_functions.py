"""QUALITY, QUALITY_REASON and AGE: what the inputs that fill a variable say of it.

    Accepted                                          Rejected (RUNG0367)
        QUALITY(level)      bound by the project file     FUNCTION Half : REAL
        AGE(raw)            AT %IW0                       VAR_INPUT x : REAL; END_VAR
        QUALITY(tanks[n])   one of several                IF QUALITY(x) = GOOD THEN
        QUALITY(x)          with x a VAR_IN_OUT

Why: quality belongs to the place that an input fills, and does not travel with copies of its value. A copy would always
be good, and a program that believes it would run on after a wire has broken. Which variables have inputs, the project
file alone says (RUNG0558).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iec61131.diagnostics.catalogue import calls, expressions
from iec61131.semantics.here import Here
from iec61131.semantics.model import (
    InstanceMemberPlace,
    MemoryPlace,
    Place,
    SignalOf,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.operands import Operand, Typed
from iec61131.semantics.signals import Signal
from iec61131.semantics.types import TIME, EnumType
from iec61131.source import Span
from iec61131.stdlib import QUALITY_TYPE, REASON_TYPE
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind, VarKind

if TYPE_CHECKING:
    from iec61131.semantics.expressions import Expressions

_TYPES = {Signal.QUALITY: QUALITY_TYPE, Signal.REASON: REASON_TYPE}


def ask(expressions_: Expressions, call: tree.Call, signal: Signal, argument: tree.Expression) -> Operand | None:
    """What `signal` says of the variable `argument`, or None after a finding."""
    if expressions_.findings.is_strict:
        expressions_.findings.add(expressions.EXTENSION.at(call.span, what=signal.value))
        return None
    return signal_of(expressions_, argument, signal, signal.value, call.span)


def signal_of(
    expressions_: Expressions, argument: tree.Expression, signal: Signal, name: str, span: Span
) -> Typed | None:
    """The same for the function `name`, which is called at `span`."""
    here = expressions_.here
    place = expressions_.places.resolve(argument)
    if place is None:
        return None
    obstacle = _obstacle(place, here)
    if obstacle is not None:
        cause, remedy = obstacle
        expressions_.findings.add(calls.NO_SIGNAL.at(argument.span, name=name, cause=cause, remedy=remedy))
        return None
    type_ = TIME if signal is Signal.AGE else standard_type(here, _TYPES[signal])
    return Typed(SignalOf(signal, place, type_, span), type_)


def standard_type(here: Here, key: str) -> EnumType:
    """The standard's own, whatever else the program calls so."""
    globals_ = here.scope.globals
    symbol = (globals_.outer or globals_).types[key]
    assert isinstance(symbol.type, EnumType)
    return symbol.type


def _obstacle(place: Place, here: Here) -> tuple[str, str] | None:
    """Why no input can fill a place, and what to do instead; None where one can."""
    while not isinstance(place, VariablePlace | MemoryPlace | ThisPlace | TargetPlace | ValuePlace):
        if isinstance(place, InstanceMemberPlace) and place.member.constant:
            return _CONSTANT
        place = place.base
    match place:
        case ValuePlace():
            return "it is a value, no variable", "name the variable that the input fills"
        case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
            return _obstacle_of(variable, here)
        case ThisPlace() | TargetPlace():
            return None


_CONSTANT = "it is constant", "name the variable that the input fills"
_HAND_OVER = "declare it as VAR_IN_OUT CONSTANT, or let the caller hand over its quality as well"


def _obstacle_of(variable: Variable, here: Here) -> tuple[str, str] | None:
    kind = here.pou.kind if here.pou is not None else None
    if variable.is_fixed:
        return _CONSTANT
    if (variable.address or "")[1:2] == "Q":
        return "it is an output, which no device answers for", "read it back through an input of its own"
    if variable.kind is VarKind.IN_OUT:
        return None
    if variable.kind is VarKind.INPUT and kind is not PouKind.PROGRAM:
        return "it is a copy of what the caller gave, and quality does not travel with copies", _HAND_OVER
    if variable.storage in (Storage.FRAME, Storage.STACK):
        return "it begins anew with each call, so no input fills it", "name the variable that the input fills"
    return None
