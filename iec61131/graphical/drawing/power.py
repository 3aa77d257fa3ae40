"""What the wires carry, given the values of variables after a scan.

A snapshot has the variables of a program, not what each wire carried: that is found again by the rules by which it was
evaluated. What cannot be told from the snapshot (the result of a function that does more than compare, a contact for
edges whose change nobody saw) is unknown, and so is all that depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from iec61131.graphical.conditions import condition_pin
from iec61131.graphical.diagram import (
    Block,
    Coil,
    Connector,
    Contact,
    Continuation,
    Diagram,
    Element,
    Input,
    InVariable,
    LeftRail,
    OutVariable,
    Source,
    Step,
    Transition,
)
from iec61131.graphical.drawing.scene import Key
from iec61131.graphical.feedback import key_of
from iec61131.graphical.order import schedule
from iec61131.syntax import tree
from iec61131.syntax.tree import Edge, Expression, UnaryOperator

Value = bool | int | float | str
_LITERALS = (
    tree.BoolLiteral,
    tree.IntegerLiteral,
    tree.RealLiteral,
    tree.DurationLiteral,
    tree.DateLiteral,
    tree.StringLiteral,
)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GT": lambda one, other: one > other,
    "GE": lambda one, other: one >= other,
    "EQ": lambda one, other: one == other,
    "LE": lambda one, other: one <= other,
    "LT": lambda one, other: one < other,
    "NE": lambda one, other: one != other,
}


class Flow(Struct):
    """`outputs`: what each output gives. `values`: of the variable of an element, by its id and no name, and of the
    pins of a block. `closed`: whether a contact lets power through, a coil's variable is TRUE, a step is active, a
    transition is to be cleared. What is unknown is in none of them.
    """

    outputs: dict[Key, Value] = field(default_factory=dict[Key, Value])
    values: dict[Key, Value] = field(default_factory=dict[Key, Value])
    closed: dict[str, bool] = field(default_factory=dict[str, bool])


def flow(diagram: Diagram, snapshot: Mapping[str, Value], instance: str = "") -> Flow:
    """`snapshot`: values by path. Names are looked for in the instance of that path, then as they are."""
    return _Evaluation(diagram, snapshot, instance).run()


class _Evaluation:
    def __init__(self, diagram: Diagram, snapshot: Mapping[str, Value], instance: str) -> None:
        self._diagram = diagram
        self._snapshot = {_key(path): value for path, value in snapshot.items()}
        self._prefix = f"{_key(instance)}." if instance else ""
        self._ends = {e.name.key: e for e in diagram.elements if isinstance(e, Connector)}
        self._told: dict[Key, Value] = {}
        self._flow = Flow()

    def run(self) -> Flow:
        for element in self._diagram.elements:
            self._stored(element)
        pins = [condition_pin(e) for e in self._diagram.elements if isinstance(e, Transition)]
        wanted = [source for pin in pins if pin is not None for source in pin.sources]
        turns = schedule(self._diagram, wanted).elements
        done = {element.id for element in turns}
        for element in (*turns, *(e for e in self._diagram.elements if e.id not in done)):
            self._evaluate(element)
        return self._flow

    # -------------------------------------------------------------------------------------------------------- snapshot

    def _looked_up(self, path: str) -> Value | None:
        key = _key(path)
        found = self._snapshot.get(self._prefix + key)
        return self._snapshot.get(key) if found is None else found

    def _value(self, expression: Expression) -> Value | None:
        match expression:
            case tree.BoolLiteral():
                return expression.value
            case tree.Unary(operator=UnaryOperator.NOT):
                inner = self._value(expression.operand)
                return not inner if isinstance(inner, bool) else None
            case tree.NameExpression():
                return self._looked_up(expression.name.text)
            case tree.IntegerLiteral() | tree.RealLiteral():
                return expression.value
            case _ if isinstance(expression, _LITERALS):
                return expression.span.text
            case _:
                return self._looked_up(expression.span.text)

    def _stored(self, element: Element) -> None:
        """What an element gives whatever reaches it, and the value of its variable."""
        flow, key = self._flow, (element.id, "")
        match element:
            case LeftRail():
                flow.outputs[key] = True
            case Contact() | Coil():
                self._note(key, self._value(element.variable))
            case InVariable() | OutVariable():
                value = self._value(element.expression)
                if not isinstance(element.expression, _LITERALS):
                    self._note(key, value)
                if value is not None:
                    is_negated = isinstance(element, InVariable) and element.negated and isinstance(value, bool)
                    flow.outputs[key] = not value if is_negated else value
            case Block() if element.instance is not None:
                for pin in element.outputs:
                    self._note((element.id, pin.name), self._looked_up(f"{element.instance.span.text}.{pin.name}"))
            case Step():
                active = self._looked_up(f"{element.name.text}.X")
                self._close(element.id, active)
                self._give(element.id, active)
            case Transition() if element.condition is not None:
                self._close(element.id, self._value(element.condition))
            case _:
                pass

        if isinstance(element, OutVariable) and not element.negated:
            self._tell(element)

    def _tell(self, variable: OutVariable) -> None:
        """What a variable has tells what the function gave that stores into it, if that is run in each scan."""
        sources = [source for pin in variable.inputs for source in pin.sources]
        value = self._flow.values.get((variable.id, ""))
        begin = self._diagram.by_id.get(sources[0].element) if len(sources) == 1 else None
        if value is None or not isinstance(begin, Block) or begin.instance is not None:
            return
        if not any(pin.name.upper() == "EN" for pin in begin.inputs):
            self._told[key_of(self._diagram, sources[0])] = value

    def _note(self, key: Key, value: Value | None) -> None:
        if value is not None:
            self._flow.values[key] = value

    def _close(self, id_: str, value: Value | None) -> None:
        if isinstance(value, bool):
            self._flow.closed[id_] = value

    # ------------------------------------------------------------------------------------------------------ evaluation

    def _evaluate(self, element: Element) -> None:
        match element:
            case Contact():
                closed = self._lets_through(element)
                self._close(element.id, closed)
                self._give(element.id, _and(self._first(element), closed))
            case Coil():
                self._close(element.id, self._flow.values.get((element.id, "")))
                self._give(element.id, self._first(element))
            case Connector():
                self._give(element.id, self._first(element))
            case Continuation():
                end = self._ends.get(element.name.key)
                self._give(element.id, self._flow.outputs.get((end.id, "")) if end is not None else None)
            case Block():
                self._block(element)
            case Transition() if (pin := condition_pin(element)) is not None:
                self._close(element.id, self._taken(pin))
            case _:
                pass

    def _lets_through(self, contact: Contact) -> bool | None:
        """For edges it can only be told that there was none."""
        value = self._flow.values.get((contact.id, ""))
        if not isinstance(value, bool):
            return None
        if contact.edge is not None:
            is_over = value is (contact.edge is Edge.FALLING)
            return contact.negated if is_over else None
        return value is not contact.negated

    def _block(self, block: Block) -> None:
        inputs = [(pin.name.upper(), self._taken(pin)) for pin in block.inputs]
        enabled = next((value for name, value in inputs if name == "EN"), True)
        results: dict[str, Value | None] = {}
        if block.instance is None:
            first = next((pin.name for pin in block.outputs if pin.name.upper() != "ENO"), "")
            results[first] = _result(block, [value for name, value in inputs if name != "EN"]) if enabled else None
        for pin in block.outputs:
            told = self._told.get((block.id, pin.name))
            if told is not None:
                self._give(block.id, told, pin.name)
                continue
            value = self._flow.values.get((block.id, pin.name), results.get(pin.name))
            if value is None and pin.name.upper() == "ENO":
                value = enabled
            self._give(block.id, not value if pin.negated and isinstance(value, bool) else value, pin.name)

    def _give(self, id_: str, value: Value | None, pin: str = "") -> None:
        if value is not None:
            self._flow.outputs[id_, pin] = value

    def _first(self, element: Element) -> Value | None:
        return self._taken(element.inputs[0]) if element.inputs else None

    def _taken(self, pin: Input) -> Value | None:
        """What reaches a pin: the value of its one wire, or whether one of several carries power."""
        found = [self._source(source) for source in pin.sources]
        value = found[0] if len(found) == 1 else _or(found)
        if pin.edge is not None:
            return None
        return not value if pin.negated and isinstance(value, bool) else value

    def _source(self, source: Source) -> Value | None:
        return self._flow.outputs.get(key_of(self._diagram, source))


def _result(block: Block, inputs: list[Value | None]) -> Value | None:
    """What a function of the standard gives that decides something."""
    name = block.type_name.key
    if name in _COMPARISONS and len(inputs) == 2:
        one, other = inputs
        if isinstance(one, (int, float)) and isinstance(other, (int, float)):
            return _COMPARISONS[name](one, other)
        return None
    truths = [value if isinstance(value, bool) else None for value in inputs]
    match name:
        case "AND":
            return False if False in truths else None if None in truths else True
        case "OR":
            return _or(inputs)
        case "XOR" if None not in truths:
            return sum(truth is True for truth in truths) % 2 == 1
        case "NOT" if len(truths) == 1 and truths[0] is not None:
            return not truths[0]
        case "MOVE" if len(inputs) == 1:
            return inputs[0]
        case _:
            return None


def _and(one: Value | None, other: Value | None) -> bool | None:
    if one is False or other is False:
        return False
    return True if one is True and other is True else None


def _or(values: list[Value | None]) -> bool | None:
    if True in [value for value in values if isinstance(value, bool)]:
        return True
    return False if values and all(value is False for value in values) else None


def _key(path: str) -> str:
    return "".join(path.split()).upper()
