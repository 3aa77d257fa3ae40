"""Ladder and function block diagrams as statements.

The elements are taken in the order of `order.schedule`. What an element gives is an expression that waits for the one
who takes it; where it has several takers, or where something is stored before it is taken, it is computed at its turn
and kept as a link. So every element is evaluated once, in its order, and a rung of contacts is still one expression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from msgspec import Struct, field

from iec61131.diagnostics.catalogue import graphical as catalogue
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.graphical.diagram import (
    ActionBlock,
    Block,
    BranchLine,
    Coil,
    Connector,
    Contact,
    Continuation,
    Diagram,
    Element,
    Input,
    InVariable,
    Jump,
    JumpStep,
    Label,
    LeftRail,
    Output,
    OutVariable,
    Return,
    RightRail,
    Source,
    Step,
    Storage,
)
from iec61131.graphical.feedback import ENABLE, ENABLED, Key, call_of, fed_back, key_of
from iec61131.graphical.hidden import Hidden
from iec61131.graphical.order import schedule
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import BinaryOperator, Edge, Expression, Name, UnaryOperator

HEIGHT_MAX = 40
"""Of an expression, in operators; a higher one is computed in parts."""

Report = Callable[[Diagnostic], None]


class Value(Struct, frozen=True):
    """An expression, and how high it is. `waits`: it has to be computed at its turn, unlike a link or a literal."""

    expression: Expression
    height: int = 0
    waits: bool = True

    @property
    def is_true(self) -> bool:
        return isinstance(self.expression, tree.BoolLiteral) and self.expression.value


class _Uses(Struct):
    """Of what a diagram has, how often it is wanted."""

    takers: Counter[Key] = field(default_factory=Counter[Key])
    calls: Counter[str] = field(default_factory=Counter[str])
    ends: dict[str, Connector] = field(default_factory=dict[str, Connector])

    @staticmethod
    def of(diagram: Diagram) -> _Uses:
        uses = _Uses()
        for element in diagram.elements:
            if isinstance(element, Connector):
                uses.ends[element.name.key] = element
            elif isinstance(element, Block) and element.instance is not None:
                uses.calls[_text(element.instance)] += 1
        for element in diagram.elements:
            if isinstance(element, Continuation) and element.name.key in uses.ends:
                uses.takers[uses.ends[element.name.key].id, ""] += 1
            elif not isinstance(element, RightRail):
                uses.takers.update(key_of(diagram, source) for pin in element.inputs for source in pin.sources)
        return uses


class Lowering:
    """`run` fills `statements`; then `taken` gives what a wire carries, as far as nobody has taken it.

    With `result` the drawing decides something: what it stores in the variable of that name, in any if it is empty, is
    its `result` instead. `wanted` is a pin outside of the drawing.
    """

    def __init__(
        self,
        diagram: Diagram,
        hidden: Hidden,
        report: Report,
        result: str | None = None,
        wanted: Input | None = None,
    ) -> None:
        self.result: Value | None = None
        self._result_name = result
        self.statements: list[tree.Statement] = []
        self._diagram = diagram
        self._hidden = hidden
        self._report = report
        self._schedule = schedule(diagram, wanted.sources if wanted is not None else ())
        self._uses = _Uses.of(diagram)
        self._values: dict[Key, Value] = {}
        self._waiting: dict[Key, Span] = {}  # which of them are still to be computed, in the order of their turn
        self._enabled: dict[str, Expression] = {}  # ENO of the blocks that are not always run
        self._fed_back = self._kept_for_later()

    def _kept_for_later(self) -> dict[Key, Name]:
        """The variables for what wires carry back."""
        found: dict[Key, Name] = {}
        for key, candidates in fed_back(self._diagram, self._schedule).items():
            begin = self._diagram.by_id[key[0]]
            about = begin.name if isinstance(begin, Connector) else None
            about = begin.type_name if isinstance(begin, Block) else about
            text = _text(candidates[0]) if candidates else about.text if about is not None else key[1]
            found[key] = self._hidden.fed_back(text, candidates, begin.span)
        return found

    def run(self) -> None:
        for element in self._schedule.elements:
            self._evaluate(element)

    def taken(self, pin: Input) -> Value | None:
        """What reaches `pin`; None when nothing is connected."""
        found = [value for source in pin.sources if (value := self._source(source)) is not None]
        if not found:
            return None
        value = found[0]
        for other in found[1:]:
            value = self._low(
                Value(_binary(BinaryOperator.OR, value, other, pin.span), _height(value, other)), pin.span
            )
        if pin.edge is not None:
            value = self._edge(pin.edge, value, pin.name, pin.span)
        return _not(value, pin.span) if pin.negated else value

    # ------------------------------------------------------------------------------------------------------ elements

    def _evaluate(self, element: Element) -> None:
        span = element.span
        match element:
            case Contact():
                self._contact(element)
            case Coil():
                self._coil(element)
            case Block():
                if element.code is not None:
                    self._execute(element, element.code)
                elif element.instance is None:
                    self._function(element)
                else:
                    self._instance(element, element.instance)
            case OutVariable():
                self._out_variable(element)
            case Connector():
                value = self.taken(element.inputs[0]) if element.inputs else None
                if value is not None:
                    self._give((element.id, ""), self._remembered((element.id, ""), value, span), span)
            case Jump():
                self._if(self._power(element), tree.Jump(element.label, span), span)
            case Label():
                self._do(tree.Label(element.name, span))
            case Return():
                self._if(self._power(element), tree.Return(span), span)
            case _:
                pass  # what it gives is known without a turn: a rail, a variable

    def _contact(self, element: Contact) -> None:
        span = element.span
        power = self._power(element)
        lets_through = Value(element.variable)
        if element.edge is not None:
            lets_through = self._edge(element.edge, lets_through, _text(element.variable), span)
        if element.negated:
            lets_through = _not(lets_through, span)
        self._give((element.id, ""), self._low(_and(power, lets_through, span), span), span)

    def _coil(self, element: Coil) -> None:
        span, variable = element.span, element.variable
        power = self._power(element)
        if self._uses.takers[element.id, ""]:
            power = self._kept(power, span)
        stored = power
        if element.edge is not None:
            stored = self._edge(element.edge, power, _text(variable), span)
        if element.negated:
            stored = _not(stored, span)
        if self._is_result(variable):
            self.result = self._kept(stored, span)
        elif element.storage is None:
            self._do(tree.Assign(variable, stored.expression, span))
        else:
            truth = tree.BoolLiteral(element.storage is Storage.SET, span)
            self._if(stored, tree.Assign(variable, truth, span), span)
        self._values[element.id, ""] = power

    def _out_variable(self, element: OutVariable) -> None:
        pin = element.inputs[0] if element.inputs else None
        value = self.taken(pin) if pin is not None else None
        if pin is None or value is None:
            if not element.in_out and not (pin is not None and pin.sources):
                self._report(catalogue.NOT_CONNECTED.at(element.span, what=_text(element.expression)))
            return
        if element.negated:
            value = _not(value, element.span)
        if self._is_result(element.expression):
            self.result = self._kept(value, element.span)
            return
        store = tree.Assign(element.expression, value.expression, element.span)
        enabled = self._enabled.get(pin.sources[0].element) if len(pin.sources) == 1 else None
        if enabled is None:
            self._do(store)
        else:
            self._if(Value(enabled, waits=False), store, element.span)

    def _is_result(self, variable: Expression) -> bool:
        return self._result_name is not None and self._result_name in ("", _text(variable))

    def _power(self, element: Element) -> Value:
        """What reaches a contact, coil, jump or return; FALSE where nothing is connected."""
        value = self.taken(element.inputs[0]) if element.inputs else None
        if value is not None:
            return value
        if not (element.inputs and element.inputs[0].sources):
            self._report(catalogue.NOT_CONNECTED.at(element.span, what=described(element)))
        return Value(tree.BoolLiteral(False, element.span), waits=False)

    # -------------------------------------------------------------------------------------------------------- blocks

    def _instance(self, block: Block, instance: Expression) -> None:
        """The call of a FUNCTION_BLOCK's instance. Its outputs are its members."""
        self._check_type(block, instance)
        arguments = self._arguments(block, formal=True)
        arguments += self._enabling(block, arguments)
        self._do(tree.CallStatement(tree.Call(instance, tuple(arguments), block.span), block.span))
        for pin in block.outputs:
            key = (block.id, pin.name)
            if pin.name.upper() == ENABLED or pin.name in block.in_outs:
                continue
            member: Expression = tree.MemberAccess(instance, Name(pin.name, pin.span), pin.span)
            value = _negated(Value(member), pin)
            if self._uses.takers[key] and self._uses.calls[_text(instance)] > 1:
                value = self._kept(value, pin.span)  # the next call of the instance changes it
            self._values[key] = value

    def _check_type(self, block: Block, instance: Expression) -> None:
        """That the instance is of the block that is drawn, where the POU declares it itself."""
        declared = self._hidden.declared_type(instance)
        if declared is not None and declared.key != block.type_name.text.rpartition(".")[2].upper():
            names = {"drawn": block.type_name.text[:80], "instance": instance.span.text, "declared": declared.text}
            finding = catalogue.BLOCK_TYPE.at(block.span, **names)
            self._report(finding.also(declared.span, "declared here"))

    def _function(self, block: Block) -> None:
        results = [pin for pin in block.outputs if pin.name.upper() != ENABLED and pin.name not in block.in_outs]
        arguments = self._arguments(block, formal=self._has_gap(block))
        enabling = self._enabling(block, arguments)
        for pin in results[1:]:
            if self._uses.takers[block.id, pin.name]:
                enabling.append(self._link_output(block, pin))
        call = call_of(block, tuple(arguments + enabling))
        if not results:
            assert isinstance(call, tree.Call)
            self._do(tree.CallStatement(call, block.span))
            return
        result = results[0]
        value = _negated(Value(call), result)
        key = (block.id, result.name)
        if enabling or not self._uses.takers[key]:
            value = self._kept(value, block.span)
        self._give(key, self._remembered(key, value, block.span), block.span)
        for pin in block.outputs:
            other = self._values.get((block.id, pin.name))
            if pin is not result and other is not None:
                self._remembered((block.id, pin.name), other, block.span)

    def _remembered(self, key: Key, value: Value, span: Span) -> Value:
        """The value, stored for the next evaluation where a wire carries it back."""
        name = self._fed_back.get(key)
        if name is None:
            return value
        value = self._kept(value, span)
        self._do(tree.Assign(tree.NameExpression(name, name.span), value.expression, span))
        return value

    def _execute(self, block: Block, code: tuple[tree.Statement, ...]) -> None:
        """Statements in a box, done while EN is TRUE. Everything that it has an output for is ENO."""
        pin = next((pin for pin in block.inputs if pin.name.upper() == ENABLE), None)
        enabled = self.taken(pin) if pin is not None else None
        power = self._kept(enabled or Value(tree.BoolLiteral(True, block.span), waits=False), block.span)
        if power.is_true:
            for statement in code:
                self._do(statement)
        else:
            self._do(tree.If(((power.expression, code),), (), block.span))
        for output in block.outputs:
            self._values[block.id, output.name] = _negated(power, output)

    def _arguments(self, block: Block, formal: bool) -> list[tree.Argument]:
        """The inputs that are connected, EN left out."""
        found: list[tree.Argument] = []
        for pin in block.inputs:
            if pin.name.upper() == ENABLE:
                continue
            value = self.taken(pin)
            if value is None:
                continue
            is_place = pin.name in block.in_outs
            if is_place:
                self._values[block.id, pin.name] = Value(value.expression, waits=False)
            name = Name(pin.name, pin.span) if formal or is_place else None
            found.append(tree.Argument(name, value.expression, False, False, pin.span))
        return found

    def _has_gap(self, block: Block) -> bool:
        """Whether an input is left open before one that is connected, so that only names tell them apart."""
        connected = [bool(pin.sources) for pin in block.inputs if pin.name.upper() != ENABLE]
        return connected != sorted(connected, reverse=True)

    def _enabling(self, block: Block, arguments: list[tree.Argument]) -> list[tree.Argument]:
        """EN, which comes first although it is taken last, and ENO where somebody wants to know."""
        pin = next((pin for pin in block.inputs if pin.name.upper() == ENABLE), None)
        value = self.taken(pin) if pin is not None else None
        enabled = next((pin for pin in block.outputs if pin.name.upper() == ENABLED), None)
        if pin is None or value is None or value.is_true:
            if enabled is not None:
                self._values[block.id, enabled.name] = Value(tree.BoolLiteral(True, enabled.span), waits=False)
            return []
        arguments.insert(0, tree.Argument(Name(ENABLE, pin.span), value.expression, False, False, pin.span))
        link = self._link_output(block, enabled or Output(ENABLED, pin.span))
        self._enabled[block.id] = self._values[block.id, (enabled or Output(ENABLED, pin.span)).name].expression
        return [link]

    def _link_output(self, block: Block, pin: Output) -> tree.Argument:
        """`name => link`"""
        link = self._new_link(pin.span)
        self._values[block.id, pin.name] = _negated(Value(link, waits=False), pin)
        return tree.Argument(Name(pin.name, pin.span), link, True, False, pin.span)

    # -------------------------------------------------------------------------------------------------------- values

    def _source(self, source: Source) -> Value | None:
        """What a wire carries; None, with a finding, where it begins nowhere."""
        begin = self._diagram.by_id.get(source.element)
        if isinstance(begin, Continuation):
            end = self._uses.ends.get(begin.name.key)
            if end is None:
                self._report(catalogue.NO_CONNECTOR.at(begin.span, name=begin.name.text))
                return None
            return self._output((end.id, ""), begin.span)
        match begin:
            case None:
                if source.element not in self._diagram.lost:
                    self._report(catalogue.DANGLING_WIRE.at(source.span, id=source.element[:40]))
                return None
            case LeftRail():
                return Value(tree.BoolLiteral(True, source.span), waits=False)
            case InVariable():
                value = Value(begin.expression, waits=False)
                return _not(value, begin.span) if begin.negated else value
            case OutVariable():
                return Value(begin.expression, waits=False)
            case Step():
                name = tree.NameExpression(begin.name, source.span)
                return Value(tree.MemberAccess(name, Name("X", source.span), source.span), waits=False)
            case _:
                return self._output(key_of(self._diagram, source), source.span)

    def _output(self, key: Key, span: Span) -> Value | None:
        self._waiting.pop(key, None)
        if key in self._values:
            return self._values[key]
        begin = self._diagram.by_id[key[0]]
        if isinstance(begin, Block) and key[1] not in {pin.name for pin in begin.outputs}:
            outputs = ", ".join(pin.name for pin in begin.outputs) or "none"
            self._report(
                catalogue.UNKNOWN_OUTPUT.at(span, what=described(begin), name=key[1][:80], outputs=outputs[:200])
            )
            return None
        if isinstance(begin, Block) and begin.instance is not None:
            name = Name(key[1], span)  # before its call: what the last one left
            return Value(tree.MemberAccess(begin.instance, name, span), waits=False)
        if key in self._fed_back:
            return Value(tree.NameExpression(self._fed_back[key], span), waits=False)
        self._report(catalogue.WIRE_LOOP.at(span, what=described(begin)))
        return None

    def _give(self, key: Key, value: Value, span: Span) -> None:
        """Somebody takes it later. Nobody: then it is not computed, unless that has been done."""
        if self._uses.takers[key] > 1:
            value = self._kept(value, span)
        self._values[key] = value
        if value.waits:
            self._waiting[key] = span

    def _edge(self, edge: Edge, value: Value, about: str, span: Span) -> Value:
        trigger = tree.NameExpression(self._hidden.trigger(edge, about, span), span)
        clock = tree.Argument(Name("CLK", span), value.expression, False, False, span)
        self._do(tree.CallStatement(tree.Call(trigger, (clock,), span), span))
        return Value(tree.MemberAccess(trigger, Name("Q", span), span), waits=False)

    def _low(self, value: Value, span: Span) -> Value:
        return self._kept(value, span) if value.height > HEIGHT_MAX else value

    def _kept(self, value: Value, span: Span) -> Value:
        """The value, computed now."""
        if not value.waits:
            return value
        link = self._new_link(span)
        self._do(tree.Link(link.name, value.expression, span))
        return Value(link, waits=False)

    def _new_link(self, span: Span) -> tree.LinkValue:
        return self._hidden.link(span)

    # ---------------------------------------------------------------------------------------------------- statements

    def _do(self, statement: tree.Statement) -> None:
        """Everything that had its turn before is computed before."""
        waiting, self._waiting = self._waiting, {}
        for key, span in waiting.items():
            self._values[key] = self._kept(self._values[key], span)
        self.statements.append(statement)

    def _if(self, condition: Value, statement: tree.Statement, span: Span) -> None:
        if condition.is_true:
            self._do(statement)
        else:
            self._do(tree.If(((condition.expression, (statement,)),), (), span))


def described(element: Element) -> str:
    """An element in words, for findings."""
    match element:
        case Contact() | Coil():
            return f"the {type(element).__name__.lower()} '{element.variable.span.text}'"
        case Block():
            name = f" '{' '.join(element.instance.span.text.split())}'" if element.instance is not None else ""
            return f"the block {element.type_name.text}{name}"
        case InVariable() | OutVariable():
            return f"the variable '{' '.join(element.expression.span.text.split())}'"
        case Jump():
            return f"the jump to '{element.label.text}'"
        case Label() | Connector() | Continuation() | Step():
            return f"the {type(element).__name__.lower()} '{element.name.text}'"
        case JumpStep():
            return f"the jump to the step '{element.target.text}'"
        case ActionBlock():
            return "the action block"
        case BranchLine():
            return "the branch"
        case LeftRail() | RightRail():
            return "the power rail"
        case _:
            return f"the {type(element).__name__.lower()}"


def _text(expression: Expression) -> str:
    return expression.span.text.upper()


def _height(one: Value, other: Value) -> int:
    return max(one.height, other.height) + 1


def _and(power: Value, value: Value, span: Span) -> Value:
    if power.is_true:
        return value
    return Value(_binary(BinaryOperator.AND, power, value, span), _height(power, value))


def _binary(operator: BinaryOperator, left: Value, right: Value, span: Span) -> Expression:
    return tree.Binary(operator, left.expression, right.expression, span)


def _negated(value: Value, pin: Output) -> Value:
    return _not(value, pin.span) if pin.negated else value


def _not(value: Value, span: Span) -> Value:
    return Value(tree.Unary(UnaryOperator.NOT, value.expression, span), value.height + 1, value.waits)
