"""Shapes and wires of one network to the elements of a `Diagram`.

An element's id is the number of its network and its own, counted as one reads. Places are in tenths of a cell of the
grid, so that two rows are two rows for whoever sorts by place.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from iec61131.diagnostics.catalogue import ladder as catalogue
from iec61131.graphical import diagram
from iec61131.graphical.diagram import Box, Input, Output, Source, Storage
from iec61131.input_forms.fragments import Fragments
from iec61131.input_forms.ladder.boxes import EDGES, Pin, Rectangle
from iec61131.input_forms.ladder.flaws import Flaw
from iec61131.input_forms.ladder.shapes import Kind, Shape, Shapes
from iec61131.input_forms.ladder.sheet import Sheet
from iec61131.input_forms.ladder.wiring import Origin, Wiring
from iec61131.source import SourceFile, Span
from iec61131.syntax.expressions import expression, place
from iec61131.syntax.tree import Expression, Name, NameExpression

CELL = 10.0
_BEGIN = (0.0, CELL / 2)
"""The middle of the left side."""
_STORAGES = {"S": Storage.SET, "R": Storage.RESET}


class Drawing(Struct):
    """One network: its sheet, its shapes and its wires; `row` is the number of its first row in the body."""

    sheet: Sheet
    shapes: Shapes
    wiring: Wiring
    number: int
    row: int = 0
    elements: list[diagram.Element] = field(default_factory=list[diagram.Element])


class Elements:
    """Of one network. `elements` stay without those whose text is wrong; `lost` are their ids."""

    def __init__(
        self, file: SourceFile, fragments: Fragments, report: Callable[[Flaw], None], drawing: Drawing
    ) -> None:
        self._file = file
        self._fragments = fragments
        self._report = report
        self._drawing = drawing
        self._wiring = drawing.wiring
        self._ids: dict[int, str] = {}
        self.elements: list[diagram.Element] = []
        self.lost: set[str] = set()

    def read(self) -> None:
        shapes = self._drawing.shapes
        self._number(shapes)
        boxes: set[int] = set()
        rails = [row[-1] for row in shapes if row[-1].kind is Kind.RIGHT_RAIL]
        if shapes:
            self._left_rail(shapes)
        for row in shapes:
            for shape in row:
                if shape.box is not None:
                    if id(shape.box) not in boxes:
                        boxes.add(id(shape.box))
                        self._block(shape.box)
                elif shape.kind in _BUILD:
                    self._element(shape)
        if rails:
            self._right_rail(rails)

    def _number(self, shapes: Shapes) -> None:
        """Ids, before anything refers to them."""
        network = self._drawing.number
        ids = self._ids
        if shapes:
            ids[id(shapes[0][0])] = f"{network}.left"
        count = 0
        for row in shapes:
            for shape in row:
                if shape.box is not None or shape.kind in _BUILD:
                    thing = id(shape.box or shape)
                    if thing not in ids:
                        count += 1
                        ids[thing] = f"{network}.{count}"

    # -------------------------------------------------------------------------------------------------------- shapes

    def _element(self, shape: Shape) -> None:
        if shape.kind is Kind.CONNECTOR and self._wiring.gives(shape) == bool(self._wiring.taken(shape)):
            self._loose(shape, "has wires at both sides" if self._wiring.gives(shape) else "has no wire")
            return
        if shape.kind is Kind.VALUE and not self._wiring.gives(shape) and not self._wiring.taken(shape):
            self._loose(shape, "has no wire")
            return
        built = _BUILD[shape.kind](self, shape)
        if built is None:
            self.lost.add(self._ids[id(shape)])
        else:
            self.elements.append(built)

    def contact(self, shape: Shape) -> diagram.Element | None:
        variable = self._expression(shape.text)
        if variable is None:
            return None
        edge = next((EDGES[sign] for sign in shape.signs if sign in EDGES), None)
        return diagram.Contact(**self._common(shape), variable=variable, negated="/" in shape.signs, edge=edge)

    def coil(self, shape: Shape) -> diagram.Element | None:
        variable = self._expression(shape.text)
        if variable is None:
            return None
        edge = next((EDGES[sign] for sign in shape.signs if sign in EDGES), None)
        storage = next((_STORAGES[sign] for sign in shape.signs if sign in _STORAGES), None)
        negated = "/" in shape.signs
        return diagram.Coil(**self._common(shape), variable=variable, negated=negated, edge=edge, storage=storage)

    def value(self, shape: Shape) -> diagram.Element | None:
        read = self._expression(shape.text)
        if read is None:
            return None
        common, negated = self._common(shape), "/" in shape.signs
        if not common["inputs"]:
            return diagram.InVariable(**common, expression=read, negated=negated)
        in_out = self._wiring.gives(shape)
        return diagram.OutVariable(**common, expression=read, negated=negated, in_out=in_out)

    def jump(self, shape: Shape) -> diagram.Element:
        return diagram.Jump(**self._common(shape), label=self._name(*shape.text))

    def leave(self, shape: Shape) -> diagram.Element:
        return diagram.Return(**self._common(shape))

    def connector(self, shape: Shape) -> diagram.Element:
        common, name = self._common(shape), self._name(*shape.text)
        if common["inputs"]:
            return diagram.Connector(**common, name=name)
        return diagram.Continuation(**common, name=name)

    def _common(self, shape: Shape) -> diagram.Parts:
        span = self._span(shape)
        origins = self._wiring.taken(shape)
        gives = self._wiring.gives(shape)
        width = (shape.end - shape.start) * CELL
        return {
            "id": self._ids[id(shape)],
            "span": span,
            "box": Box(shape.start * CELL, self._y(shape.row), width, CELL),
            "order": 0,
            "inputs": (Input("", span, self._sources(origins, shape.row, span), at=_BEGIN),) if origins else (),
            "outputs": (Output("", span, at=(width, CELL / 2)),) if gives else (),
        }

    def _left_rail(self, shapes: Shapes) -> None:
        first = shapes[0][0]
        box = Box(first.start * CELL, self._y(0), CELL, len(shapes) * CELL)
        rail = diagram.LeftRail(
            id=self._ids[id(first)], span=self._span(first), box=box, outputs=(Output("", self._span(first)),)
        )
        self.elements.append(rail)

    def _right_rail(self, rails: list[Shape]) -> None:
        first = rails[0]
        pins: list[Input] = []
        for rail in rails:
            origins, span = self._wiring.taken(rail), self._span(rail)
            if origins:
                at = (0.0, (rail.row - first.row + 0.5) * CELL)
                pins.append(Input("", span, self._sources(origins, rail.row, span), at=at))
        box = Box(first.start * CELL, self._y(first.row), CELL, (rails[-1].row - first.row + 1) * CELL)
        identity = f"{self._drawing.number}.right"
        self.elements.append(diagram.RightRail(id=identity, span=self._span(first), box=box, inputs=tuple(pins)))

    # --------------------------------------------------------------------------------------------------------- boxes

    def _block(self, box: Rectangle) -> None:
        type_name = self._name(*box.type)
        instance: Expression | None = None
        identity = self._ids[id(box)]
        if box.instance is not None:
            instance = self._fragments.read(*box.instance, place, "an instance")
            if instance is None:
                self.lost.add(identity)
                return
        names = {pin.name.upper() for pin in box.inputs.values()}
        in_outs = frozenset(pin.name for pin in box.outputs.values() if pin.name.upper() in names)
        inputs = tuple(self._input(box, pin) for pin in box.inputs.values())
        outputs = tuple(
            Output(pin.name, self._place(pin.start, pin.end), pin.negated, self._at(box, pin, is_output=True))
            for pin in box.outputs.values()
        )
        span = self._place(box.instance[0] if box.instance is not None else box.type[0], box.type[1])
        place_ = Box(
            box.left * CELL,
            self._y(box.top),
            (box.right + 1 - box.left) * CELL,
            (box.bottom + 1 - box.top) * CELL,
        )
        block = diagram.Block(
            id=identity,
            span=span,
            box=place_,
            inputs=inputs,
            outputs=outputs,
            type_name=type_name,
            instance=instance,
            in_outs=in_outs,
        )
        self.elements.append(block)
        for pin in box.outputs.values():
            if pin.value is not None:
                self._stored(box, pin, pin.value)

    def _input(self, box: Rectangle, pin: Pin) -> Input:
        span = self._place(pin.start, pin.end)
        sources = self._sources(self._wiring.taken(box, pin.name), pin.row, span)
        if pin.value is not None:
            identity = f"{self._ids[id(box)]}.{pin.name}"
            read = self._expression(pin.value)
            if read is None:
                self.lost.add(identity)
            else:
                where = self._box(pin.row, box.left, box.left)
                self.elements.append(diagram.InVariable(id=identity, span=read.span, box=where, expression=read))
            sources = (Source(identity, "", span),)
        return Input(pin.name, span, sources, pin.negated, pin.edge, self._at(box, pin))

    def _stored(self, box: Rectangle, pin: Pin, value: tuple[int, int]) -> None:
        """`ET => variable`"""
        read = self._expression(value)
        identity = f"{self._ids[id(box)]}.{pin.name}"
        if read is None:
            self.lost.add(identity)
            return
        span = self._place(pin.start, pin.end)
        input_ = Input("", span, (Source(self._ids[id(box)], pin.name, span),))
        where = self._box(pin.row, box.right + 1, box.right + 1)
        variable = diagram.OutVariable(id=identity, span=read.span, box=where, inputs=(input_,), expression=read)
        self.elements.append(variable)

    def _at(self, box: Rectangle, pin: Pin, is_output: bool = False) -> tuple[float, float]:
        return ((box.right + 1 - box.left) * CELL if is_output else 0.0, (pin.row - box.top + 0.5) * CELL)

    # --------------------------------------------------------------------------------------------------------- parts

    def _sources(self, origins: tuple[Origin, ...], row: int, span: Span) -> tuple[Source, ...]:
        found: list[Source] = []
        for origin in origins:
            giver = origin.giver
            pin = origin.pin if isinstance(giver, Rectangle) else ""
            path: tuple[tuple[float, float], ...] = ()
            if origin.column >= 0 and origin.row != row:
                x = (origin.column + 0.5) * CELL
                path = ((x, self._y(row) + CELL / 2), (x, self._y(origin.row) + CELL / 2))
            found.append(Source(self._ids[id(giver)], pin, span, path))
        return tuple(found)

    def _expression(self, text: tuple[int, int]) -> Expression | None:
        name = self._fragments.name(*text)
        if name is not None:
            return NameExpression(name, name.span)
        return self._fragments.read(*text, expression, "an expression")

    def _name(self, start: int, end: int) -> Name:
        span = self._place(start, end)
        return Name(span.text, span)

    def _place(self, start: int, end: int) -> Span:
        return Span(self._file, start, end)

    def _span(self, shape: Shape) -> Span:
        start = self._drawing.sheet.rows[shape.row].start
        return Span(self._file, start + shape.start, start + shape.end)

    def _box(self, row: int, start: int, end: int) -> Box:
        return Box(start * CELL, self._y(row), (end - start) * CELL, CELL)

    def _y(self, row: int) -> float:
        return (self._drawing.row + row) * CELL

    def _loose(self, shape: Shape, lacks: str) -> None:
        span = self._span(shape)
        remedy = "lead one wire to it, at its left or at its right"
        arguments = {"what": shape.kind.value, "lacks": lacks, "remedy": remedy}
        self._report(Flaw(catalogue.LOOSE_END, span.start, span.end, arguments))


_BUILD: dict[Kind, Callable[[Elements, Shape], diagram.Element | None]] = {
    Kind.CONTACT: Elements.contact,
    Kind.COIL: Elements.coil,
    Kind.VALUE: Elements.value,
    Kind.JUMP: Elements.jump,
    Kind.RETURN: Elements.leave,
    Kind.CONNECTOR: Elements.connector,
}
