"""Ladders made by chance, as `Diagram`s: series, branches of any nesting, boxes, jumps, links of every shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from iec61131.graphical.diagram import (
    Block,
    Box,
    Coil,
    Connector,
    Contact,
    Continuation,
    Diagram,
    Element,
    Input,
    InVariable,
    Jump,
    Label,
    Language,
    LeftRail,
    Network,
    Output,
    OutVariable,
    Parts,
    Return,
    RightRail,
    Source,
    Storage,
)
from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import Edge, Expression, Name, NameExpression

NAMES = ("a", "b", "c", "long_name", "x1", "P", "S")
_FILE = SourceFile("drawing", " ".join((*NAMES, "t1", "t2")))
EDGES = (None, None, None, Edge.RISING, Edge.FALLING)


def name(text: str) -> Name:
    start = f" {_FILE.text} ".index(f" {text} ") if text in _FILE.text.split() else 0
    return Name(text, Span(_FILE, start, start + len(text)))


def variable(text: str) -> Expression:
    return NameExpression(name(text), name(text).span)


SPAN = name("a").span
Port = tuple[str, str]


@dataclass
class _Maker:
    draw: st.DrawFn
    number: int = 0
    elements: list[Element] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    taken: set[Port] = field(default_factory=set)

    def wire(self, pin: str = "", some: list[Port] | None = None) -> Input:
        """An input with one to three sources."""
        chosen = self.draw(st.lists(st.sampled_from(tuple(some or self.ports)), min_size=1, max_size=3, unique=True))
        self.taken |= set(chosen)
        return Input(pin, SPAN, tuple(Source(key, output, SPAN) for key, output in chosen))

    def common(self, *inputs: Input, outputs: tuple[Output, ...] = ()) -> Parts:
        self.number += 1
        return {
            "id": str(self.number),
            "span": SPAN,
            "box": Box(),
            "order": 0,
            "inputs": inputs,
            "outputs": outputs,
        }

    def add(self, element: Element, *outputs: str) -> None:
        self.elements.append(element)
        self.ports += [(element.id, output) for output in outputs]

    def variable(self) -> Expression:
        return variable(self.draw(st.sampled_from(NAMES)))


def _contact(make: _Maker) -> None:
    edge, negated = make.draw(st.sampled_from(EDGES)), make.draw(st.booleans())
    make.add(Contact(**make.common(make.wire()), variable=make.variable(), negated=negated, edge=edge), "")


def _coil(make: _Maker, some: list[Port] | None = None) -> None:
    edge, storage = make.draw(st.sampled_from(EDGES)), make.draw(st.sampled_from((None, None, *Storage)))
    negated = make.draw(st.booleans()) and edge is None and storage is None
    common = make.common(make.wire(some=some))
    make.add(Coil(**common, variable=make.variable(), negated=negated, edge=edge, storage=storage), "")


def _end(make: _Maker) -> None:
    kind = make.draw(st.sampled_from(("jump", "return", "connector", "variable")))
    common = make.common(make.wire())
    if kind == "jump":
        make.add(Jump(**common, label=name("t1")))
    elif kind == "return":
        make.add(Return(**common))
    elif kind == "connector":
        make.add(Connector(**common, name=name(make.draw(st.sampled_from(NAMES)))))
    else:
        make.add(OutVariable(**common, expression=make.variable(), negated=make.draw(st.booleans())))


def _continuation(make: _Maker) -> None:
    make.add(Continuation(**make.common(), name=name(make.draw(st.sampled_from(NAMES)))), "")


def _block(make: _Maker) -> None:
    inputs: list[Input] = []
    for pin in ("IN", "PT", "ANOTHER_PIN")[: make.draw(st.integers(0, 3))]:
        match make.draw(st.sampled_from(("wire", "wire", "value", "open"))):
            case "wire":
                inputs.append(make.wire(pin))
            case "value":
                value = InVariable(**make.common(), expression=make.variable())
                make.elements.append(value)
                inputs.append(Input(pin, SPAN, (Source(value.id, "", SPAN),)))
            case _:
                inputs.append(Input(pin, SPAN))
    names = ("Q", "ET")[: make.draw(st.integers(0, 2))]
    outputs = tuple(Output(pin, SPAN, make.draw(st.booleans())) for pin in names)
    instance = make.draw(st.sampled_from((None, "t1", "t2")))
    block = Block(
        **make.common(*inputs, outputs=outputs),
        type_name=name("TON"),
        instance=variable(instance) if instance else None,
    )
    make.add(block, *names)
    if "ET" in names and make.draw(st.booleans()):
        source = Source(block.id, "ET", SPAN)
        make.elements.append(OutVariable(**make.common(Input("", SPAN, (source,))), expression=make.variable()))


_KINDS = (_contact, _contact, _contact, _contact, _coil, _end, _block, _continuation)


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    elements: list[Element] = []
    networks: list[Network] = []
    number = 0
    for _ in range(draw(st.integers(1, 3))):
        rail = LeftRail(id=f"rail {number}", span=SPAN)
        make = _Maker(draw, number, [], [(rail.id, "")])
        if draw(st.booleans()):
            make.add(Label(**make.common(), name=name(draw(st.sampled_from(NAMES)))))
        for kind in draw(st.lists(st.sampled_from(_KINDS), max_size=12)):
            kind(make)
        loose = {e.id for e in make.elements if isinstance(e, Contact | Continuation)} - {key for key, _ in make.taken}
        for key in sorted(loose, key=int):
            if (key, "") not in make.taken:
                _coil(make, [(key, "")])
        inside = tuple(element.id for element in make.elements)
        coils = [element for element in make.elements if isinstance(element, Coil)]
        reached = draw(st.lists(st.sampled_from(coils), unique=True)) if coils else []
        sources = tuple(Source(coil.id, "", SPAN) for coil in reached)
        right = RightRail(id=f"right {number}", span=SPAN, inputs=(Input("", SPAN, sources),))
        elements += [rail, *make.elements, right]
        number = make.number
        title = draw(st.sampled_from(("", "a title", 'with "quotes" and $')))
        comment = draw(st.sampled_from(("", "one line", "two\nlines", "of (* the language *)")))
        networks.append(Network(title, comment, SPAN, inside))
    return Diagram(Language.LD, tuple(elements), SPAN, networks=tuple(networks))
