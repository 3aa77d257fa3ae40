"""What stands in contacts, coils and boxes."""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.graphical.diagram import (
    Block,
    Coil,
    Connector,
    Contact,
    Continuation,
    Element,
    Input,
    InVariable,
    Jump,
    Output,
    OutVariable,
    Return,
    Storage,
)
from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import TRIVIA, Kind
from iec61131.syntax.tree import Edge, Expression, NameExpression

_EDGES = {Edge.RISING: "P", Edge.FALLING: "N", None: ""}
_STORAGES = {Storage.SET: "S", Storage.RESET: "R", None: ""}
_GAP = 2
"""Between an input and an output in one line."""


class NotDrawable(Exception):
    """A drawing that ladder as text has no form for; `why` says which part of it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def expression_text(expression: Expression) -> str:
    """What was written, in one line and without comments."""
    if isinstance(expression, NameExpression):
        return expression.name.text
    tokens, _ = lex(SourceFile("", expression.span.text))
    parts: list[str] = []
    for token in tokens:
        if token.kind not in TRIVIA:
            parts.append(token.text)
        elif token.kind is not Kind.STRANGE and parts and parts[-1] != " ":
            parts.append(" ")
    return "".join(parts).strip()


def shape_text(element: Element) -> str:
    """An element that stands in one line: `[ x ]`, `(S x )`, `>>label`."""
    match element:
        case Contact():
            return _bracket("[", element.negated, _EDGES[element.edge], element.variable, "]")
        case Coil():
            letters = _EDGES[element.edge] + _STORAGES[element.storage]
            return _bracket("(", element.negated, letters, element.variable, ")")
        case InVariable() | OutVariable():
            return _bracket("{", element.negated, "", element.expression, "}")
        case Jump():
            return f">>{element.label.text}"
        case Return():
            return "<RETURN>"
        case Connector() | Continuation():
            return f">{element.name.text}>"
        case _:
            raise NotDrawable(f"a {type(element).__name__} has no form in a ladder")


def _bracket(opening: str, negated: bool, letters: str, expression: Expression, closing: str) -> str:
    signs = ("/" if negated else "") + (f"{letters} " if letters else "")
    return f"{opening}{signs or ' '}{expression_text(expression)} {closing}"


class BoxText(Struct):
    """A block: `inputs` and `outputs` by the numbers of its pins, what stands in their lines."""

    title: str
    inputs: list[str] = field(default_factory=list[str])
    outputs: list[str] = field(default_factory=list[str])

    @property
    def width(self) -> int:
        """With its sides, for any lines that its pins may stand in."""
        lines = [len(self.title)]
        for number in range(max(len(self.inputs), len(self.outputs))):
            left = len(self.inputs[number]) if number < len(self.inputs) else 0
            right = len(self.outputs[number]) + _GAP if number < len(self.outputs) else 0
            lines.append(left + right)
        return max(lines) + 4

    def line(self, left: str, right: str) -> str:
        inner = self.width - 4
        return f"| {left}{right.rjust(inner - len(left))} |"

    @property
    def edge(self) -> str:
        return f"+{'-' * (self.width - 2)}+"


def box_text(block: Block, values: dict[str, InVariable], stored: dict[str, OutVariable]) -> BoxText:
    """`values` are the expressions that stand at inputs, `stored` the variables at outputs, by the names of pins."""
    name = block.type_name.text
    title = f"{expression_text(block.instance)} : {name}" if block.instance is not None else name
    outputs = {pin.name.upper(): _output(pin, stored.get(pin.name)) for pin in block.outputs}
    for pin in block.inputs:
        if pin.name in block.in_outs:
            outputs.setdefault(pin.name.upper(), pin.name)
    return BoxText(title, [_input(pin, values.get(pin.name)) for pin in block.inputs], [*outputs.values()])


def _input(pin: Input, value: InVariable | None) -> str:
    edge = f"{_EDGES[pin.edge]} " if pin.edge is not None else ""
    text = f"{'/' if pin.negated else ''}{edge}{_named(pin.name)}"
    return text if value is None else f"{text} := {expression_text(value.expression)}"


def _output(pin: Output, stored: OutVariable | None) -> str:
    text = f"{'/' if pin.negated else ''}{_named(pin.name)}"
    return text if stored is None else f"{text} => {expression_text(stored.expression)}"


def _named(name: str) -> str:
    if not name.isidentifier():
        raise NotDrawable(f"the pin '{name}' has no name that can be written" if name else "a pin has no name")
    return name
