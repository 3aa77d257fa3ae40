"""Wires that lead back: which values last from one evaluation to the next, and of which type they are.

An output of an instance lasts by itself. What a function gives, or what ends in a connector, needs a variable. Nobody
has written its type: it is that of the variable that the value is stored in, or else what the function gives for its
other inputs, which do not lead in a circle.
"""

from __future__ import annotations

from typing import NamedTuple

from iec61131.graphical.diagram import (
    Block,
    Coil,
    Connector,
    Contact,
    Continuation,
    Diagram,
    Input,
    InVariable,
    LeftRail,
    OutVariable,
    Source,
    Step,
)
from iec61131.graphical.order import Schedule
from iec61131.syntax import tree
from iec61131.syntax.tree import Expression, Name

LOOKED_AT_MAX = 60
"""Elements, in search of a type: an expression of that many has one at the first or not at all."""
SIZE_MAX = 100
"""Of such an expression: what stands for inputs that lead back doubles it again and again."""
ENABLE, ENABLED = "EN", "ENO"

Key = tuple[str, str]
"""An output: the id of its element and its name, empty for the only one."""


def key_of(diagram: Diagram, source: Source) -> Key:
    """The output at the beginning of a wire. Only blocks have several."""
    return source.element, source.pin if isinstance(diagram.by_id.get(source.element), Block) else ""


def call_of(block: Block, arguments: tuple[tree.Argument, ...]) -> Expression:
    """NOT is a function of the standard that the text has as an operator only."""
    if block.type_name.key == "NOT" and len(arguments) == 1 and arguments[0].value is not None:
        return tree.Unary(tree.UnaryOperator.NOT, arguments[0].value, block.span)
    return tree.Call(tree.NameExpression(block.type_name, block.type_name.span), arguments, block.span)


def fed_back(diagram: Diagram, schedule: Schedule) -> dict[Key, tuple[Expression, ...]]:
    """The outputs that need a variable, each with expressions of its type, the most certain first."""
    return _Feedback(diagram, schedule).found() if schedule.back else {}


class _Feedback:
    def __init__(self, diagram: Diagram, schedule: Schedule) -> None:
        self._diagram = diagram
        self._schedule = schedule
        self._ends = {e.name.key: e for e in diagram.elements if isinstance(e, Connector)}
        self._looked_at = 0
        self._stores = self._stored()

    def found(self) -> dict[Key, tuple[Expression, ...]]:
        keys: dict[Key, None] = {}
        for element in self._diagram.elements:
            if isinstance(element, Continuation) and self._schedule.leads_back(element):
                keys[self._end_of(element)] = None
            for source in (source for pin in element.inputs for source in pin.sources):
                begin = self._diagram.by_id.get(source.element)
                if not self._schedule.leads_back(source):
                    continue
                if isinstance(begin, Continuation):
                    keys[self._end_of(begin)] = None
                elif isinstance(begin, Block) and begin.instance is None:
                    keys[key_of(self._diagram, source)] = None
        return {key: self._candidates(key) for key in keys}

    def _end_of(self, continuation: Continuation) -> Key:
        return self._ends[continuation.name.key].id, ""

    def _candidates(self, key: Key) -> tuple[Expression, ...]:
        self._looked_at = 0
        computed = self._type_of(key, frozenset())
        return (*self._stored_in(key), *((computed.expression,) if computed is not None else ()))

    def _stored_in(self, key: Key) -> list[Expression]:
        """The variables that get the value as it is."""
        end = self._diagram.by_id[key[0]]
        if isinstance(end, Connector) and end.inputs and end.inputs[0].sources:
            key = key_of(self._diagram, end.inputs[0].sources[0])
        return self._stores.get(key, [])

    def _stored(self) -> dict[Key, list[Expression]]:
        found: dict[Key, list[Expression]] = {}
        for element in self._diagram.elements:
            if isinstance(element, OutVariable | Coil) and element.inputs and len(element.inputs[0].sources) == 1:
                key = key_of(self._diagram, self._through(element.inputs[0].sources[0]))
                variable = element.variable if isinstance(element, Coil) else element.expression
                found.setdefault(key, []).append(variable)
        return found

    def _through(self, source: Source) -> Source:
        """What feeds the connector, where a wire begins at one of its continuations."""
        begin = self._diagram.by_id.get(source.element)
        end = self._ends.get(begin.name.key) if isinstance(begin, Continuation) else None
        return end.inputs[0].sources[0] if end is not None and end.inputs and end.inputs[0].sources else source

    # --------------------------------------------------------------------------------------------------------- types

    def _type_of(self, key: Key, around: frozenset[str]) -> _Typed | None:
        """Something of the type of an output; None where all that it is made of leads in a circle. `around` are the
        elements that are being looked at.
        """
        element = self._diagram.by_id.get(key[0])
        self._looked_at += 1
        if element is None or element.id in around or self._looked_at > LOOKED_AT_MAX:
            return None
        around |= {element.id}
        match element:
            case InVariable() | OutVariable():
                return _Typed(element.expression)
            case Continuation():
                end = self._ends.get(element.name.key)
                return self._type_of((end.id, ""), around) if end is not None else None
            case Connector():
                return self._of_pin(element.inputs[0], around) if element.inputs else None
            case Contact() | Coil() | LeftRail() | Step():
                return _Typed(tree.BoolLiteral(False, element.span))
            case Block():
                return self._of_block(element, key[1], around)
            case _:
                return None

    def _of_block(self, block: Block, pin: str, around: frozenset[str]) -> _Typed | None:
        if pin.upper() == ENABLED:
            return _Typed(tree.BoolLiteral(False, block.span))
        if pin in block.in_outs:
            return next((self._of_pin(each, around) for each in block.inputs if each.name == pin), None)
        if block.instance is not None:
            return _Typed(tree.MemberAccess(block.instance, Name(pin, block.span), block.span))
        values = [self._of_pin(each, around) for each in block.inputs if each.name.upper() != ENABLE and each.sources]
        if not any(values):
            return _Typed(call_of(block, ()))  # a FUNCTION that the program declares has a type whatever it gets
        usual: list[_Typed] = []
        for number, value in enumerate(values):
            others = (value, *values[number + 1 :], *reversed(values[:number]))
            usual.append(next(other for other in others if other is not None))
        arguments = tuple(tree.Argument(None, each.expression, False, False, block.span) for each in usual)
        size = 1 + sum(each.size for each in usual)
        return _Typed(call_of(block, arguments), size) if size <= SIZE_MAX else None

    def _of_pin(self, pin: Input, around: frozenset[str]) -> _Typed | None:
        found = (self._type_of(key_of(self._diagram, source), around) for source in pin.sources)
        return next((expression for expression in found if expression is not None), None)


class _Typed(NamedTuple):
    """An expression, of which only the type counts, and of how many it is made."""

    expression: Expression
    size: int = 1
