"""PLCopen XML from a few lines of Python.

    drawing = Drawing("LD")
    power = drawing.rail()
    both = drawing.contact("a", drawing.contact("b", power, negated=True))
    drawing.coil("x", both, drawing.contact("c", power))
    text = project(Pou("Main", "a, b, c, x : BOOL", drawing))

What an element gives is a `Wire`, which the next elements take; several wires at one input are joined. Elements stand
in the order in which they are made, each right of what it takes, in the row that `row` began. `at` puts one elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.sax.saxutils import escape, quoteattr

from iec61131.semantics.types import ELEMENTARY_NAMES
from iec61131.source import SourceFile

COLUMN, ROW = 100, 60
"""How far apart elements stand."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The output `pin` of an element, empty for its only one; how an input takes it."""

    element: Element
    pin: str = ""
    negated: bool = False
    edge: str = ""

    def inverted(self) -> Wire:
        return replace(self, negated=not self.negated)

    def rising(self) -> Wire:
        return replace(self, edge="rising")

    def falling(self) -> Wire:
        return replace(self, edge="falling")


Taken = Wire | str
"""What a pin of a block takes; a text is an expression that stands before it."""


@dataclass(slots=True)
class _Pin:
    name: str
    wires: list[Wire]


@dataclass(slots=True, eq=False)
class Element:
    """`content` is what stands in it besides its pins."""

    id: int
    tag: str
    at: tuple[int, int]
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    content: str = ""
    inputs: list[_Pin] = field(default_factory=list[_Pin])
    outputs: list[str] = field(default_factory=list[str])
    in_outs: tuple[str, ...] = ()
    negated_outputs: tuple[str, ...] = ()

    def __getitem__(self, pin: str) -> Wire:
        """An output of a block."""
        return Wire(self, pin)

    @property
    def out(self) -> Wire:
        return Wire(self, self.outputs[0] if self.tag == "block" else "")

    def lead(self, *wires: Wire, pin: str = "") -> None:
        """Another wire to an input: for those that lead back."""
        found = next((p for p in self.inputs if p.name == pin), None)
        if found is None:
            self.inputs.append(_Pin(pin, list(wires)))
        else:
            found.wires += wires


class Drawing:
    """`language` is LD, FBD or SFC."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.elements: list[Element] = []
        self._row = 0

    def row(self) -> None:
        """What comes stands further down."""
        self._row += 1

    # ---------------------------------------------------------------------------------------------- ladder and blocks

    def rail(self) -> Wire:
        return self._add("leftPowerRail").out

    def right_rail(self, *wires: Wire) -> None:
        self._add("rightPowerRail", wires)

    def contact(self, variable: str, *wires: Wire, negated: bool = False, edge: str = "") -> Wire:
        attributes = {"negated": str(negated).lower(), "edge": edge}
        return self._add("contact", wires, attributes, _text("variable", variable)).out

    def coil(
        self,
        variable: str,
        *wires: Wire,
        negated: bool = False,
        edge: str = "",
        storage: str = "",
        at: tuple[int, int] | None = None,
    ) -> Wire:
        attributes = {"negated": str(negated).lower(), "edge": edge, "storage": storage}
        return self._add("coil", wires, attributes, _text("variable", variable), at=at).out

    def block(
        self,
        type_name: str,
        inputs: Mapping[str, Taken] | Sequence[Taken],
        instance: str = "",
        outputs: Sequence[str] = ("OUT",),
        in_outs: Iterable[str] = (),
        order: int = 0,
        at: tuple[int, int] | None = None,
        negated_outputs: Iterable[str] = (),
    ) -> Element:
        """Without names the inputs are IN1, IN2 and so on."""
        named = inputs if isinstance(inputs, Mapping) else {f"IN{n}": taken for n, taken in enumerate(inputs, 1)}
        wires = {name: self.value(taken) if isinstance(taken, str) else taken for name, taken in named.items()}
        attributes = {"typeName": type_name, "instanceName": instance}
        made = self._add("block", tuple(wires.values()), attributes, order=order, at=at)
        made.inputs = [_Pin(name, [wire]) for name, wire in wires.items()]
        made.outputs, made.in_outs, made.negated_outputs = list(outputs), tuple(in_outs), tuple(negated_outputs)
        return made

    def value(self, expression: str) -> Wire:
        return self._add("inVariable", content=_text("expression", expression)).out

    def store(self, expression: str, *wires: Wire, order: int = 0, at: tuple[int, int] | None = None) -> None:
        self._add("outVariable", wires, content=_text("expression", expression), order=order, at=at)

    def label(self, name: str) -> None:
        self._add("label", attributes={"label": name})

    def jump(self, name: str, *wires: Wire) -> None:
        self._add("jump", wires, {"label": name})

    def leave(self, *wires: Wire) -> None:
        self._add("return", wires)

    def connector(self, name: str, *wires: Wire) -> None:
        self._add("connector", wires, {"name": name})

    def continuation(self, name: str) -> Wire:
        return self._add("continuation", attributes={"name": name}).out

    def comment(self, text: str) -> None:
        self._add(
            "comment", content=f"<content><xhtml xmlns='http://www.w3.org/1999/xhtml'>{escape(text)}</xhtml></content>"
        )

    # --------------------------------------------------------------------------------------------------------- charts

    def step(self, name: str, *wires: Wire, initial: bool = False) -> Element:
        return self._add("step", wires, {"name": name, "initialStep": str(initial).lower()})

    def transition(
        self,
        condition: str | Drawing | Wire,
        *wires: Wire,
        priority: int | None = None,
        named: bool = False,
        at: tuple[int, int] | None = None,
    ) -> Wire:
        """`condition` is an expression, the name of a transition of the POU if `named`, or drawn: in the transition or
        beside the chart."""
        attributes = {"priority": str(priority)} if priority is not None else {}
        return self._add("transition", wires, attributes, _condition(condition, named), at=at).out

    def jump_step(self, target: str, *wires: Wire) -> None:
        self._add("jumpStep", wires, {"targetName": target})

    def branch(self, kind: str, *wires: Wire) -> Wire:
        """`kind` such as selectionDivergence."""
        made = self._add(kind)
        made.inputs = [_Pin("", [wire]) for wire in wires]
        return made.out

    def actions(self, step: Element, *actions: Action) -> None:
        self._add("actionBlock", (step.out,), content="".join(action.xml for action in actions))

    # ---------------------------------------------------------------------------------------------------------- parts

    def _add(
        self,
        tag: str,
        wires: Sequence[Wire] = (),
        attributes: Mapping[str, str] | None = None,
        content: str = "",
        order: int = 0,
        at: tuple[int, int] | None = None,
    ) -> Element:
        column = max((wire.element.at[0] for wire in wires), default=-COLUMN) + COLUMN
        given = {name: value for name, value in (attributes or {}).items() if value}
        if order:
            given["executionOrderId"] = str(order)
        made = Element(len(self.elements) + 1, tag, at or (column, self._row * ROW), given, content)
        made.inputs = [_Pin("", list(wires))] if wires else []
        made.outputs = [""] if tag in _GIVING else []
        self.elements.append(made)
        return made

    @property
    def xml(self) -> str:
        return f"<{self.language}>\n{''.join(map(_element, self.elements))}</{self.language}>"


_GIVING = frozenset(
    {
        *("leftPowerRail", "contact", "coil", "inVariable", "continuation", "step", "transition"),
        *("selectionDivergence", "selectionConvergence", "simultaneousDivergence", "simultaneousConvergence"),
    }
)


@dataclass(frozen=True, slots=True)
class Action:
    """`name` of an action or a variable; or `body`, a text or a drawing."""

    name: str = ""
    qualifier: str = "N"
    time: str = ""
    body: str | Drawing = ""

    @property
    def xml(self) -> str:
        time = f" duration={quoteattr(self.time)}" if self.time else ""
        inside = f"<reference name={quoteattr(self.name)}/>" if self.name else f"<inline>{_body(self.body)}</inline>"
        return f"<action qualifier={quoteattr(self.qualifier)}{time}>{inside}</action>"


@dataclass(frozen=True, slots=True)
class Pou:
    """`declared` as in `a, b : BOOL; n : INT := 5`, for each section by its name in the file; a text alone is the
    section localVars."""

    name: str
    declared: str | Mapping[str, str]
    body: str | Drawing
    kind: str = "program"
    result: str = ""
    actions: Mapping[str, str | Drawing] = field(default_factory=dict[str, "str | Drawing"])
    transitions: Mapping[str, str | Drawing] = field(default_factory=dict[str, "str | Drawing"])

    @property
    def xml(self) -> str:
        sections = {"localVars": self.declared} if isinstance(self.declared, str) else self.declared
        declared = "".join(f"<{name}>{_variables(text)}</{name}>\n" for name, text in sections.items())
        result = f"<returnType>{_type(self.result)}</returnType>" if self.result else ""
        return (
            f'<pou name="{self.name}" pouType="{self.kind}"><interface>{result}\n{declared}</interface>\n'
            f"{_members('action', self.actions)}{_members('transition', self.transitions)}"
            f"<body>{_body(self.body)}</body></pou>\n"
        )


def project(*pous: Pou) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<project xmlns="http://www.plcopen.org/xml/tc6_0201">\n'
        f"<types><dataTypes/><pous>\n{''.join(pou.xml for pou in pous)}</pous></types>\n"
        "<instances><configurations/></instances></project>\n"
    )


def source(*pous: Pou) -> SourceFile:
    """A project as a file that the compiler takes."""
    return SourceFile("drawn.xml", project(*pous))


# ---------------------------------------------------------------------------------------------------------------- text


def _element(element: Element) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes.items())
    pins = _pins_of_block(element) if element.tag == "block" else _pins(element)
    position = f'<position x="{element.at[0]}" y="{element.at[1]}"/>'
    return f'<{element.tag} localId="{element.id}"{attributes}>{position}{pins}{element.content}</{element.tag}>\n'


def _pins(element: Element) -> str:
    inputs = "".join(f"<connectionPointIn>{_wires(pin.wires)}</connectionPointIn>" for pin in element.inputs)
    return inputs + "<connectionPointOut/>" * len(element.outputs)


def _pins_of_block(block: Element) -> str:
    inputs = [pin for pin in block.inputs if pin.name not in block.in_outs]
    both = [pin for pin in block.inputs if pin.name in block.in_outs]
    outputs = "".join(_variable(name, "<connectionPointOut/>", name in block.negated_outputs) for name in block.outputs)
    return (
        f"<inputVariables>{''.join(map(_input, inputs))}</inputVariables>"
        f"<inOutVariables>{''.join(_input(pin, '<connectionPointOut/>') for pin in both)}</inOutVariables>"
        f"<outputVariables>{outputs}</outputVariables>"
    )


def _input(pin: _Pin, behind: str = "") -> str:
    edge = next((wire.edge for wire in pin.wires if wire.edge), "")
    point = f"<connectionPointIn>{_wires(pin.wires)}</connectionPointIn>{behind}"
    return _variable(pin.name, point, any(wire.negated for wire in pin.wires), edge)


def _variable(name: str, points: str, negated: bool, edge: str = "") -> str:
    modifiers = (' negated="true"' if negated else "") + (f' edge="{edge}"' if edge else "")
    return f'<variable formalParameter="{name}"{modifiers}>{points}</variable>'


def _wires(wires: Iterable[Wire]) -> str:
    return "".join(
        f'<connection refLocalId="{wire.element.id}"{f" formalParameter={quoteattr(wire.pin)}" if wire.pin else ""}/>'
        for wire in wires
    )


def _text(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


def _condition(condition: str | Drawing | Wire, named: bool) -> str:
    if isinstance(condition, Wire):
        return f"<condition><connectionPointIn>{_wires([condition])}</connectionPointIn></condition>"
    if named:
        return f"<condition><reference name={quoteattr(str(condition))}/></condition>"
    return f'<condition><inline name="">{_body(condition)}</inline></condition>'


def _body(body: str | Drawing) -> str:
    if isinstance(body, Drawing):
        return body.xml
    return f"<ST><xhtml xmlns='http://www.w3.org/1999/xhtml'>{escape(body)}</xhtml></ST>"


def _members(tag: str, bodies: Mapping[str, str | Drawing]) -> str:
    if not bodies:
        return ""
    inside = "".join(
        f"<{tag} name={quoteattr(name)}><body>{_body(body)}</body></{tag}>" for name, body in bodies.items()
    )
    return f"<{tag}s>{inside}</{tag}s>\n"


def _variables(text: str) -> str:
    found = ""
    for declaration in filter(None, map(str.strip, text.split(";"))):
        names, _, rest = declaration.partition(":")
        type_, _, initial = rest.partition(":=")
        value = f"<initialValue><simpleValue value={quoteattr(initial.strip())}/></initialValue>" if initial else ""
        found += "".join(
            f'<variable name="{name.strip()}"><type>{_type(type_.strip())}</type>{value}</variable>'
            for name in names.split(",")
        )
    return found


def _type(name: str) -> str:
    return f"<{name}/>" if name in ELEMENTARY_NAMES or name == "string" else f"<derived name={quoteattr(name)}/>"
