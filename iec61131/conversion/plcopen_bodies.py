"""Bodies as PLCopen XML. Coordinates are those of the drawing, rounded."""

from __future__ import annotations

from collections.abc import Collection
from xml.sax.saxutils import escape

from iec61131.conversion.plcopen_types import XHTML, attributes, words
from iec61131.conversion.project import Code
from iec61131.graphical.diagram import (
    ActionBlock,
    Block,
    BlockAction,
    BranchLine,
    Coil,
    Comment,
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
    Language,
    LeftRail,
    Output,
    OutVariable,
    Return,
    RightRail,
    Step,
    Transition,
)
from iec61131.graphical.ladder import NotDrawable
from iec61131.graphical.ladder.words import expression_text
from iec61131.input_forms.plcopen.stored_networks import DATA
from iec61131.syntax.tree import Edge, NameExpression

_EDGES = {Edge.RISING: "rising", Edge.FALLING: "falling", None: None}


def body_xml(code: Code, transitions: Collection[str]) -> str:
    """`transitions` are the keys of those that the POU has."""
    return f"<body>\n{_text(code) if isinstance(code, str) else _Drawing(code, transitions).body()}</body>\n"


def _text(code: str) -> str:
    held = code.replace("]]>", "]]]]><![CDATA[>")
    return f'<ST><xhtml:p xmlns:xhtml="{XHTML}"><![CDATA[{held}]]></xhtml:p></ST>\n'


class _Drawing:
    def __init__(self, diagram: Diagram, transitions: Collection[str]) -> None:
        self._diagram = diagram
        self._transitions = transitions
        self._elements = [element for element in diagram.elements if not isinstance(element, Comment)]
        self._ids = {element.id: number for number, element in enumerate(self._elements, start=1)}

    def body(self) -> str:
        elements = "".join(self._element(element) for element in self._elements)
        if self._diagram.language is Language.SFC:
            return f"<SFC>\n{elements}</SFC>\n"
        networks = self._networks()
        data = f'<addData>\n<data name="{DATA}" handleUnknown="preserve">\n{networks}</data>\n</addData>\n'
        return f"<LD>\n{self._comments()}{elements}</LD>\n{data}"

    def _networks(self) -> str:
        """What belongs to which network, for ourselves; other tools see comments above the networks."""
        found: list[str] = []
        for network in self._diagram.networks:
            ids = " ".join(str(self._ids[key]) for key in network.elements if key in self._ids)
            said = attributes(title=network.title or None, comment=network.comment or None, elements=ids)
            found.append(f"<network{said}/>\n")
        return f"<networks>\n{''.join(found)}</networks>\n"

    def _comments(self) -> str:
        number = len(self._ids)
        found: list[str] = []
        for network in self._diagram.networks:
            text = "\n".join(part for part in (network.title, network.comment) if part)
            if text:
                number += 1
                boxes = [self._diagram.by_id[key].box for key in network.elements]
                y = min((box.y for box in boxes), default=0.0)
                place = attributes(localId=number, height=10, width=max(10, 10 * len(network.title)))
                at = f'<position x="0" y="{round(y)}"/>'
                found.append(f"<comment{place}>\n{at}\n<content>{words(text)}</content>\n</comment>\n")
        return "".join(found)

    def _element(self, element: Element) -> str:
        if isinstance(element, Block) and element.code is not None:
            raise NotDrawable("a box holds statements")
        name, said, inner = _NAMES.get(type(element), ""), self._said(element), self._inner(element)
        if not name:
            raise NotDrawable(f"a {type(element).__name__} has no form in the standard's XML")
        if isinstance(element, OutVariable) and element.in_out:
            name = "inOutVariable"
        elif isinstance(element, BranchLine):
            name = element.kind.value
        box = element.box
        place = attributes(localId=self._ids[element.id], height=round(box.height) or 10, width=round(box.width) or 10)
        order = attributes(executionOrderId=element.order or None)
        position = f'<position x="{round(box.x)}" y="{round(box.y)}"/>\n'
        pins = self._pins(element)
        return f"<{name}{place}{order}{said}>\n{position}{pins}{inner}</{name}>\n"

    def _said(self, element: Element) -> str:
        """The attributes of an element that only its kind has."""
        match element:
            case Contact():
                return attributes(negated=_flag(element.negated), edge=_EDGES[element.edge])
            case Coil():
                storage = element.storage.value if element.storage is not None else None
                return attributes(negated=_flag(element.negated), edge=_EDGES[element.edge], storage=storage)
            case Block():
                instance = expression_text(element.instance) if element.instance is not None else None
                return attributes(typeName=element.type_name.text, instanceName=instance)
            case InVariable() | OutVariable():
                return attributes(negated=_flag(element.negated))
            case Label():
                return attributes(label=element.name.text)
            case Jump():
                return attributes(label=element.label.text)
            case Connector() | Continuation():
                return attributes(name=element.name.text)
            case Step():
                return attributes(name=element.name.text, initialStep=_flag(element.is_initial))
            case Transition():
                return attributes(priority=element.priority)
            case JumpStep():
                return attributes(targetName=element.target.text)
            case _:
                return ""

    def _inner(self, element: Element) -> str:
        match element:
            case Contact() | Coil():
                return f"<variable>{escape(expression_text(element.variable))}</variable>\n"
            case InVariable() | OutVariable():
                return f"<expression>{escape(expression_text(element.expression))}</expression>\n"
            case Block():
                return self._block(element)
            case Transition():
                return f"<condition>{self._condition(element)}</condition>\n"
            case ActionBlock():
                return "".join(self._action(action) for action in element.actions)
            case _:
                return ""

    def _condition(self, transition: Transition) -> str:
        condition = transition.condition
        if condition is None:
            raise NotDrawable("a condition is drawn in its transition")
        if isinstance(condition, NameExpression) and condition.name.key in self._transitions:
            return f"<reference{attributes(name=condition.name.text)}/>"
        return f'<inline name="">\n{_text(expression_text(condition))}</inline>'

    def _action(self, action: BlockAction) -> str:
        if action.action is None:
            raise NotDrawable("an action stands in its chart")
        time = expression_text(action.time) if action.time is not None else None
        indicator = expression_text(action.indicator) if action.indicator is not None else None
        said = attributes(qualifier=action.qualifier, duration=time, indicator=indicator)
        return f"<action{said}>\n<reference{attributes(name=action.action.text)}/>\n</action>\n"

    # ---------------------------------------------------------------------------------------------------------- pins

    def _pins(self, element: Element) -> str:
        match element:
            case Block() | Label():
                return ""
            case LeftRail():
                pins = element.outputs or (Output("", element.span),)
                return "".join(
                    f'<connectionPointOut formalParameter="">{_at(pin)}</connectionPointOut>\n' for pin in pins
                )
            case Step() | BranchLine() | Transition():
                return "".join(self._in(pin) for pin in element.inputs) + _outs(element)
            case RightRail() | Jump() | Return() | Connector() | JumpStep() | ActionBlock():
                return "".join(self._in(pin) for pin in element.inputs)
            case InVariable() | Continuation():
                return "".join(
                    f"<connectionPointOut>{_at(pin)}</connectionPointOut>\n" for pin in element.outputs[:1]
                ) or ("<connectionPointOut/>\n")
            case _:
                out = "".join(f"<connectionPointOut>{_at(pin)}</connectionPointOut>\n" for pin in element.outputs[:1])
                is_last = isinstance(element, OutVariable) and not element.in_out
                return "".join(self._in(pin) for pin in element.inputs) + (
                    "" if is_last else out or "<connectionPointOut/>\n"
                )

    def _in(self, pin: Input) -> str:
        sources = "".join(self._connection(source.element, source.pin) for source in pin.sources)
        return f"<connectionPointIn>{_at(pin)}{sources}</connectionPointIn>\n"

    def _connection(self, key: str, pin: str) -> str:
        begin = self._diagram.by_id.get(key)
        if begin is None:
            raise NotDrawable("a wire begins nowhere")
        name = pin if isinstance(begin, Block) else None
        return f"<connection{attributes(refLocalId=self._ids[key], formalParameter=name)}/>"

    def _block(self, block: Block) -> str:
        outputs = {pin.name: pin for pin in block.outputs}
        inputs = [self._variable(pin.name, self._in(pin), pin) for pin in block.inputs if pin.name not in block.in_outs]
        both = [
            self._variable(pin.name, self._in(pin) + _out(outputs.get(pin.name)), pin)
            for pin in block.inputs
            if pin.name in block.in_outs
        ]
        given = [self._variable(pin.name, _out(pin), pin) for pin in block.outputs if pin.name not in block.in_outs]
        holders = (("inputVariables", inputs), ("inOutVariables", both), ("outputVariables", given))
        return "".join(f"<{name}>\n{''.join(pins)}</{name}>\n" for name, pins in holders)

    def _variable(self, name: str, inner: str, pin: Input | Output) -> str:
        edge = _EDGES[pin.edge] if isinstance(pin, Input) else None
        said = attributes(formalParameter=name, negated=_flag(pin.negated), edge=edge)
        return f"<variable{said}>\n{inner}</variable>\n"


def _out(pin: Output | None) -> str:
    return f"<connectionPointOut>{_at(pin)}</connectionPointOut>\n" if pin is not None else "<connectionPointOut/>\n"


def _outs(element: Step | BranchLine | Transition) -> str:
    """A step has one more, for what it does."""
    outs = [f'<connectionPointOut formalParameter="">{_at(pin)}</connectionPointOut>\n' for pin in element.outputs]
    if isinstance(element, Step):
        at = f'<relPosition x="{round(element.box.width)}" y="{round(element.box.height / 2)}"/>'
        outs.append(f'<connectionPointOutAction formalParameter="">{at}</connectionPointOutAction>\n')
    return "".join(outs)


def _at(pin: Input | Output) -> str:
    return f'<relPosition x="{round(pin.at[0])}" y="{round(pin.at[1])}"/>'


def _flag(is_set: bool) -> str | None:
    return "true" if is_set else None


_NAMES: dict[type, str] = {
    LeftRail: "leftPowerRail",
    RightRail: "rightPowerRail",
    Contact: "contact",
    Coil: "coil",
    Block: "block",
    InVariable: "inVariable",
    OutVariable: "outVariable",
    Label: "label",
    Jump: "jump",
    Return: "return",
    Connector: "connector",
    Continuation: "continuation",
    Step: "step",
    Transition: "transition",
    JumpStep: "jumpStep",
    BranchLine: "the line of branches",
    ActionBlock: "actionBlock",
}
