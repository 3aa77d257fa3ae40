"""The body of a drawing: `<LD>`, `<FBD>`, `<SFC>` to a `Diagram`."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.plcopen import DUPLICATE_ID, MISSING_ATTRIBUTE, UNKNOWN_ELEMENT
from iec61131.graphical import diagram
from iec61131.graphical.diagram import Box, Branch, Diagram, Input, Language, Output, Source, Storage
from iec61131.graphical.networks import connected
from iec61131.input_forms.plcopen.additions import additions
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.interfaces import is_true
from iec61131.input_forms.plcopen.networks import titled
from iec61131.input_forms.plcopen.pins import Mark, with_marks, with_named_pins
from iec61131.input_forms.plcopen.stored_networks import stored_networks
from iec61131.input_forms.plcopen.types import child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.source import Span
from iec61131.syntax.tree import Edge, Expression, NameExpression

_EDGES = {"rising": Edge.RISING, "falling": Edge.FALLING}
_STORAGES = {"set": Storage.SET, "reset": Storage.RESET}
_DIGITS_MAX = 10
_COORDINATE = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")
_IGNORED = frozenset({"vendorElement", "macroStep"})
LANGUAGES = {"LD": Language.LD, "FBD": Language.FBD, "SFC": Language.SFC}


class Elements:
    """Reads the elements of one body."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._inside_pins: list[diagram.Element] = []  # what an element stands for besides, as a variable in a pin
        self._marks: dict[tuple[str, str], Mark] = {}  # outputs with an edge, or of a variable that hands on its value

    def diagram(self, body: Element) -> Diagram:
        read: dict[str, diagram.Element] = {}
        lost: set[str] = set()
        around, self._marks = (self._inside_pins, self._marks), {}
        for written in body.children:
            self._inside_pins = []
            element = self._element(written)
            if element is None:
                lost.add(written.attributes.get("localId", ""))
                continue
            for one in (element, *self._inside_pins):
                first = read.setdefault(one.id, one)
                if first is not one:
                    finding = DUPLICATE_ID.at(one.span, id=one.id)
                    self._document.report(finding.also(first.span, "first given here"))
        language, elements = LANGUAGES[local(body.name)], with_marks(with_named_pins(read), self._marks)
        self._inside_pins, self._marks = around
        networks = titled(self._document, body, elements) if language is not Language.SFC else ()
        networks = networks or (connected(elements) if language is not Language.SFC else ())
        return Diagram(
            language, elements, self._document.span(body), frozenset(lost), networks, self._document.drawings
        )

    def _element(self, written: Element) -> diagram.Element | None:
        name = local(written.name)
        build = _BUILD.get(name)
        if build is not None and name != "comment" and not written.attributes.get("localId", "").strip():
            finding = MISSING_ATTRIBUTE.at(self._document.span(written), element=written.name, attribute="localId")
            self._document.report(finding)
            return None
        if build is not None:
            return build(self, written, _Common.of(self, written, self._document.span(written)))
        if name not in _IGNORED:
            finding = UNKNOWN_ELEMENT.at(self._document.span(written), element=name[:80], where="a drawing")
            self._document.report(finding)
        return None

    # -------------------------------------------------------------------------------------------- ladder and blocks

    def left_rail(self, _: Element, common: _Common) -> diagram.Element:
        return diagram.LeftRail(**common.all())

    def right_rail(self, _: Element, common: _Common) -> diagram.Element:
        return diagram.RightRail(**common.all())

    def contact(self, written: Element, common: _Common) -> diagram.Element | None:
        variable = self._text_of(written, "variable")
        if variable is None:
            return None
        edge = _EDGES.get(written.attributes.get("edge", ""))
        return diagram.Contact(**common.all(), variable=variable, negated=is_true(written, "negated"), edge=edge)

    def coil(self, written: Element, common: _Common) -> diagram.Element | None:
        variable = self._text_of(written, "variable")
        if variable is None:
            return None
        attributes = written.attributes
        edge, storage = _EDGES.get(attributes.get("edge", "")), _STORAGES.get(attributes.get("storage", ""))
        negated = is_true(written, "negated")
        return diagram.Coil(**common.all(), variable=variable, negated=negated, edge=edge, storage=storage)

    def block(self, written: Element, common: _Common) -> diagram.Element | None:
        type_name = self._document.name(written, "typeName")
        if type_name is None:
            return None
        instance = self._document.attribute(written, "instanceName")
        both = child(written, "inOutVariables")
        in_outs = frozenset(pin_name(pin) for pin in both.children) if both is not None else frozenset[str]()
        texts = additions(written, "stcode")
        code = self._document.statements(texts[0]) if texts else None
        return diagram.Block(**common.all(), type_name=type_name, instance=instance, in_outs=in_outs, code=code)

    def in_variable(self, written: Element, common: _Common) -> diagram.Element | None:
        holder = child(written, "expression")
        if holder is not None and self._document.is_blank(holder):
            return None  # how a tool writes a pin that nothing is connected to
        expression = self._text_of(written, "expression")
        if expression is None:
            return None
        negated, edge = is_true(written, "negated"), _EDGES.get(written.attributes.get("edge", ""))
        if edge is None:
            return diagram.InVariable(**common.all(), expression=expression, negated=negated)
        rail = diagram.LeftRail(id=f"at {written.start}", span=common.span, box=common.box)
        self._inside_pins.append(rail)
        common.inputs.append(Input("", common.span, (Source(rail.id, "", common.span),)))
        return diagram.Contact(**common.all(), variable=expression, negated=negated, edge=edge)

    def out_variable(self, written: Element, common: _Common) -> diagram.Element | None:
        expression = self._text_of(written, "expression")
        if expression is None:
            return None
        in_out = local(written.name) == "inOutVariable"
        if in_out:
            self._mark_both(written, common)
        negated = is_true(written, "negated")
        edge, storage = (
            _EDGES.get(written.attributes.get("edge", "")),
            _STORAGES.get(written.attributes.get("storage", "")),
        )
        if edge is not None or storage is not None:  # a coil has these, too, and means the same by them
            parts = common.all()
            return diagram.Coil(**parts, variable=expression, negated=negated, edge=edge, storage=storage)
        return diagram.OutVariable(**common.all(), expression=expression, negated=negated, in_out=in_out)

    def _mark_both(self, written: Element, common: _Common) -> None:
        """`<inOutVariable edgeIn="rising" negatedOut="true">`: of what is stored, and of what is handed on."""
        edges = {side: _EDGES.get(written.attributes.get(f"edge{side}", "")) for side in ("In", "Out")}
        negated = is_true(written, "negatedIn")
        common.inputs = [replace(pin, negated=negated, edge=edges["In"]) for pin in common.inputs]
        self.mark(common.id, "", edges["Out"], is_true(written, "negatedOut"), common.box)

    def mark(self, element: str, pin: str, edge: Edge | None, negated: bool, box: Box) -> None:
        if edge is not None or negated:
            self._marks[element, pin] = Mark(edge, negated, box)

    def label(self, written: Element, common: _Common) -> diagram.Element | None:
        name = self._document.name(written, "label")
        return diagram.Label(**common.all(), name=name) if name is not None else None

    def jump(self, written: Element, common: _Common) -> diagram.Element | None:
        name = self._document.name(written, "label")
        return diagram.Jump(**common.all(), label=name) if name is not None else None

    def leave(self, _: Element, common: _Common) -> diagram.Element:
        return diagram.Return(**common.all())

    def connector(self, written: Element, common: _Common) -> diagram.Element | None:
        name = self._document.name(written, is_free=True)
        return diagram.Connector(**common.all(), name=name) if name is not None else None

    def continuation(self, written: Element, common: _Common) -> diagram.Element | None:
        name = self._document.name(written, is_free=True)
        return diagram.Continuation(**common.all(), name=name) if name is not None else None

    def comment(self, written: Element, common: _Common) -> diagram.Element:
        return diagram.Comment(**common.all(), text=self._document.plain_text(written))

    # -------------------------------------------------------------------------------------------------------- charts

    def step(self, written: Element, common: _Common) -> diagram.Element | None:
        name = self._document.name(written)
        if name is None:
            return None
        return diagram.Step(**common.all(), name=name, is_initial=is_true(written, "initialStep"))

    def transition(self, written: Element, common: _Common) -> diagram.Element:
        """Its condition is a name, stands in it, or is drawn beside it."""
        holder = child(written, "condition")
        inner = holder.children[0] if holder is not None and holder.children else None
        condition: Expression | None = None
        inline: Diagram | None = None
        kind = local(inner.name) if inner is not None else ""
        if inner is not None and kind == "reference":
            name = self._document.name(inner)
            condition = NameExpression(name, name.span) if name is not None else None
        elif inner is not None and kind == "inline":
            condition, inline = self._inline(inner)
        elif holder is not None and kind in ("connectionPointIn", "connection"):
            common.inputs.append(self.input(holder, diagram.CONDITION))
        priority = written.attributes.get("priority", "")
        number = int(priority) if priority.isdecimal() and len(priority) < _DIGITS_MAX else None
        return diagram.Transition(**common.all(), condition=condition, inline=inline, priority=number)

    def _inline(self, written: Element) -> tuple[Expression | None, Diagram | None]:
        """A condition that stands in the transition itself, in any language."""
        for body in written.children:
            if local(body.name) in LANGUAGES:
                return None, self.diagram(body)
            if local(body.name) == "ST":
                return self._document.condition(body), None
        finding = UNKNOWN_ELEMENT.at(self._document.span(written), element=written.name, where="a condition")
        self._document.report(finding)
        return None, None

    def jump_step(self, written: Element, common: _Common) -> diagram.Element | None:
        name = self._document.name(written, "targetName")
        return diagram.JumpStep(**common.all(), target=name) if name is not None else None

    def branch(self, written: Element, common: _Common) -> diagram.Element:
        return diagram.BranchLine(**common.all(), kind=Branch(local(written.name)))

    def action_block(self, written: Element, common: _Common) -> diagram.Element:
        read = (self._action(each) for each in written.children if local(each.name) == "action")
        return diagram.ActionBlock(**common.all(), actions=tuple(action for action in read if action is not None))

    def _action(self, written: Element) -> diagram.BlockAction | None:
        """`<action qualifier="D" duration="T#5s"><reference name="fill"/></action>`"""
        attributes, document = written.attributes, self._document
        reference = child(written, "reference")
        inline = child(written, "inline")
        name = document.name(reference) if reference is not None else None
        if name is None and inline is None:
            finding = UNKNOWN_ELEMENT.at(document.span(written), element="action", where="an action block")
            document.report(finding)
            return None
        time = document.attribute(written, "duration")
        indicator = document.attribute(written, "indicator")
        qualifier = attributes.get("qualifier", "N").strip().upper() or "N"
        return diagram.BlockAction(name, self._body_of(inline), qualifier, time, indicator, document.span(written))

    def _body_of(self, inline: Element | None) -> diagram.Body | None:
        return self.body(inline) if inline is not None else None

    def body(self, holder: Element) -> diagram.Body:
        """What `<body>` or `<inline>` holds, in whatever language."""
        for written in holder.children:
            language = local(written.name)
            if language in LANGUAGES:
                drawn = self.diagram(written)
                networks = stored_networks(holder, drawn)
                return drawn if networks is None else replace(drawn, networks=networks)
            if language == "ST":
                return self._document.statements(written)
            if language == "IL":
                return self._document.instructions(written)
        return ()

    # --------------------------------------------------------------------------------------------------------- parts

    def input(self, written: Element, name: str, pin: Element | None = None) -> Input:
        """`<connectionPointIn>`: `pin` is the `<variable>` of a block around it."""
        attributes = pin.attributes if pin is not None else {}
        at, sources = (0.0, 0.0), list[Source]()
        for inner in written.children:
            match local(inner.name):
                case "relPosition":
                    at = _point(inner)
                case "connection":
                    sources.append(self._source(inner))
                case "expression" if not self._document.is_blank(inner):
                    sources += self._read_in_pin(inner)
                case "connectionPointIn":  # of a condition
                    return self.input(inner, name, pin)
                case _:
                    pass
        edge = _EDGES.get(attributes.get("edge", ""))
        negated = pin is not None and is_true(pin, "negated")
        return Input(name, self._document.span(pin or written), tuple(sources), negated, edge, at)

    def _source(self, written: Element) -> Source:
        path = tuple(_point(inner) for inner in written.children if local(inner.name) == "position")
        attributes = written.attributes
        element, pin = attributes.get("refLocalId", ""), attributes.get("formalParameter", "")
        return Source(element, pin, self._document.span(written), path)

    def _read_in_pin(self, written: Element) -> list[Source]:
        """The wire from a variable that is written at a pin."""
        expression, span = self._document.expression(written), self._document.span(written)
        if expression is None:
            return []
        id_ = f"at {written.start}"
        self._inside_pins.append(diagram.InVariable(id=id_, span=span, expression=expression))
        return [Source(id_, "", span)]

    def store_in_pin(self, written: Element, block: str, pin: str, box: Box, order: int) -> None:
        """The variable that is written at an output."""
        holder = child(written, "expression")
        expression = None
        if holder is not None and not self._document.is_blank(holder):
            expression = self._document.expression(holder)
        if holder is None or expression is None:
            return
        span = self._document.span(holder)
        wire = Input("", span, (Source(block, pin, span),))
        stored = diagram.OutVariable(
            id=f"at {holder.start}", span=span, box=box, order=order, inputs=(wire,), expression=expression
        )
        self._inside_pins.append(stored)

    def output(self, written: Element, name: str, pin: Element | None = None) -> Output:
        at = next((_point(inner) for inner in written.children if local(inner.name) == "relPosition"), (0.0, 0.0))
        has_edge = pin is not None and pin.attributes.get("edge", "") in _EDGES
        negated = pin is not None and is_true(pin, "negated") and not has_edge  # it is a mark then
        return Output(name, self._document.span(pin or written), negated, at)

    def _text_of(self, written: Element, name: str) -> Expression | None:
        holder = child(written, name)
        if holder is None:
            finding = UNKNOWN_ELEMENT.at(self._document.span(written), element=written.name, where="a drawing")
            self._document.report(finding)
            return None
        return self._document.expression(holder)


class _Common(Struct):
    """What all elements have."""

    id: str
    span: Span
    box: Box
    order: int
    inputs: list[Input] = field(default_factory=list[Input])
    outputs: list[Output] = field(default_factory=list[Output])

    @staticmethod
    def of(elements: Elements, written: Element, span: Span) -> _Common:
        attributes = written.attributes
        order = attributes.get("executionOrderId", "")
        number = int(order) if order.isdecimal() and len(order) < _DIGITS_MAX else 0
        corner = next((_point(inner) for inner in written.children if local(inner.name) == "position"), (0.0, 0.0))
        size = _number(attributes.get("width", "")), _number(attributes.get("height", ""))
        common = _Common(attributes.get("localId", ""), span, Box(*corner, *size), number)
        for inner in written.children:
            common.pins(elements, inner)
        return common

    def pins(self, elements: Elements, written: Element) -> None:
        match local(written.name):
            case "connectionPointIn":
                self.inputs.append(elements.input(written, ""))
            case "connectionPointOut" | "connectionPointOutAction":
                self.outputs.append(elements.output(written, ""))
            case "inputVariables" | "outputVariables" | "inOutVariables":
                for pin in written.children:
                    self._pins_of_block(elements, pin, local(written.name) == "outputVariables")
            case _:
                pass

    def _pins_of_block(self, elements: Elements, pin: Element, is_output: bool) -> None:
        name = pin_name(pin)
        edge = _EDGES.get(pin.attributes.get("edge", ""))
        if is_output and edge is not None:
            elements.mark(self.id, name, edge, is_true(pin, "negated"), self.box)
        for point in pin.children:
            if local(point.name) == "connectionPointIn":
                self.inputs.append(elements.input(point, name, pin))
            elif local(point.name) == "connectionPointOut":
                self.outputs.append(elements.output(point, name, pin))
                elements.store_in_pin(point, self.id, name, self.box, self.order)
        if is_output and not any(local(point.name) == "connectionPointOut" for point in pin.children):
            self.outputs.append(elements.output(pin, name, pin))  # CODESYS leaves the point of an EXECUTE out

    def all(self) -> diagram.Parts:
        return {
            "id": self.id,
            "span": self.span,
            "box": self.box,
            "order": self.order,
            "inputs": tuple(self.inputs),
            "outputs": tuple(self.outputs),
        }


_Build = Callable[[Elements, Element, _Common], diagram.Element | None]
_BUILD: dict[str, _Build] = {
    "leftPowerRail": Elements.left_rail,
    "rightPowerRail": Elements.right_rail,
    "contact": Elements.contact,
    "coil": Elements.coil,
    "block": Elements.block,
    "inVariable": Elements.in_variable,
    "outVariable": Elements.out_variable,
    "inOutVariable": Elements.out_variable,
    "label": Elements.label,
    "jump": Elements.jump,
    "return": Elements.leave,
    "connector": Elements.connector,
    "continuation": Elements.continuation,
    "comment": Elements.comment,
    "step": Elements.step,
    "transition": Elements.transition,
    "jumpStep": Elements.jump_step,
    "actionBlock": Elements.action_block,
    **dict.fromkeys((branch.value for branch in Branch), Elements.branch),
}
ELEMENTS = frozenset(_BUILD) | _IGNORED
"""All that may stand in a drawing."""


def pin_name(pin: Element) -> str:
    return pin.attributes.get("formalParameter", "").strip()


def _point(written: Element) -> tuple[float, float]:
    return _number(written.attributes.get("x", "")), _number(written.attributes.get("y", ""))


def _number(text: str) -> float:
    """A coordinate; 0 for what is none, since a program does not depend on where it is drawn."""
    return float(text) if _COORDINATE.fullmatch(text.strip()) else 0.0
