"""Assignments that build a text where it goes, instead of beside it and then copying.

Only where no operand lies there, for it would change while it is read. One operand may: the text itself, in front of
what `line := CONCAT(line, ..)` appends to it, which then stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from iec61131.codegen import expressions, places, text
from iec61131.codegen.body import Body
from iec61131.codegen.reach import Parts, Referred
from iec61131.codegen.uses import Uses
from iec61131.semantics.model import (
    Assign,
    CallFunction,
    ConstantExpression,
    Convert,
    Expression,
    FieldPlace,
    InstanceMemberPlace,
    IntrinsicCall,
    Load,
    Place,
    Storage,
    VariablePlace,
)
from iec61131.semantics.types import StringType


def assign(body: Body, node: Assign) -> bool:
    """Lower the assignment if it can be done so."""
    target, call = node.place.type, _built(node.value)
    if call is None or not isinstance(target, StringType) or not _is_plain(node.place):
        return False
    parts = body.unit.reach.parts(node.place)
    is_longer = _is_itself(call.arguments[0], node.place) and call.name == "CONCAT"
    others = call.arguments[1:] if is_longer else call.arguments
    if not all(_is_apart(body, other, parts) for other in others):
        return False
    if is_longer and _is_changed(body, others, parts):
        return False
    values = expressions.in_order(body, others)
    pointer = places.locate(body, node.place).pointer
    text.build(body, call.name, others, values, text.Text(body, target, pointer, has_text=is_longer))
    return True


def _built(node: Expression) -> IntrinsicCall | None:
    """The function of texts whose result is assigned, maybe cut to the length of where it goes."""
    if isinstance(node, Convert) and isinstance(node.operand.type, StringType) and isinstance(node.type, StringType):
        node = node.operand if node.operand.type.wide is node.type.wide else node
    return node if isinstance(node, IntrinsicCall) and text.is_built(node) else None


def _is_plain(place: Place) -> bool:
    """Whether it can be found beforehand: finding it neither calls anything nor can fault."""
    while isinstance(place, FieldPlace | InstanceMemberPlace):
        place = place.base
    return isinstance(place, VariablePlace)


def _is_itself(node: Expression, place: Place) -> bool:
    if not (isinstance(node, Load) and isinstance(node.place, VariablePlace) and isinstance(place, VariablePlace)):
        return False
    return node.place.variable is place.variable and place.variable.storage is not Storage.REFERENCE


def _is_apart(body: Body, node: Expression, parts: Parts) -> bool:
    """Whether the value of `node`, if it is a text, lies nowhere in `parts`."""
    match node:
        case _ if not isinstance(node.type, StringType):
            return True
        case Load():
            return not _meet(body, body.unit.reach.parts(node.place), parts)
        case IntrinsicCall():
            return text.is_built(node) or all(_is_apart(body, argument, parts) for argument in node.arguments)
        case ConstantExpression() | Convert() | CallFunction():
            return True
        case _:
            return False


def _is_changed(body: Body, nodes: Iterable[Expression], parts: Parts) -> bool:
    """Whether a function that is called in `nodes` may write there."""
    called = [pou for pou, _ in Uses.of_expressions(nodes).called]
    return bool(called) and _meet(body, frozenset(body.unit.reach.footprint(called).written), parts)


def _meet(body: Body, left: Parts, right: Parts) -> bool:
    """Whether the same byte may belong to both."""
    is_exposed = body.unit.reach.is_exposed
    referred = (Referred.TARGETS in left and is_exposed(right)) or (Referred.TARGETS in right and is_exposed(left))
    return referred or bool(left & right)
