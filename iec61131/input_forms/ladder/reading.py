"""The file as a whole: what is Structured Text is parsed as that, and networks become bodies.

The networks of one body are one `Diagram`. A network with a flaw is left out of it, apart from its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.diagnostics.catalogue import ladder as catalogue
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.graphical.charts import lower_body, lower_condition, result_of
from iec61131.graphical.diagram import Box, Diagram, Element, Label, Language, LeftRail, Network, RightRail
from iec61131.graphical.hidden import Hidden
from iec61131.graphical.written_charts import Decides, drawn_chart
from iec61131.input_forms.fragments import Fragments
from iec61131.input_forms.ladder.elements import CELL, Drawing, Elements
from iec61131.input_forms.ladder.flaws import Flaw
from iec61131.input_forms.ladder.shapes import Kind, Shapes, shapes
from iec61131.input_forms.ladder.sheet import MARK, Sheet, Sheets, split
from iec61131.input_forms.ladder.wiring import Wiring
from iec61131.source import SourceFile, Span
from iec61131.syntax.findings import Findings, TooManyFindings
from iec61131.syntax.lexer import lex
from iec61131.syntax.parser import unit_of
from iec61131.syntax.tokens import Token
from iec61131.syntax.tree import (
    Accessor,
    ActionDeclaration,
    Chart,
    Declaration,
    MethodDeclaration,
    Name,
    NamespaceDeclaration,
    PouDeclaration,
    PouKind,
    Pragma,
    PropertyDeclaration,
    Statement,
    Transition,
    Unit,
)

_WITH_TEXT = frozenset({Kind.CONTACT, Kind.COIL, Kind.VALUE, Kind.JUMP, Kind.CONNECTOR})
_NO_LINE_END = re.compile(r"[^\r\n]+")


def read_unit(written: SourceFile) -> tuple[Unit, list[Diagnostic]]:
    """The declarations in a file of ladder, and what is wrong with it, in source order. Never raises."""
    sheet = LadderFile(written)
    unit = Unit(sheet.file, ())
    with suppress(TooManyFindings):
        unit = sheet.unit()
    return unit, sheet.findings.in_source_order()


class _Drawn(Struct):
    """A network as far as it was read before its text was."""

    sheet: Sheet
    shapes: Shapes
    wiring: Wiring | None
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    used: bool = False


class LadderFile:
    """`unit` gives the tree. By then `diagrams` are the drawn bodies, in the order in which the tree has them, and
    `outline` is the tree before. With `lowers` False nothing but the drawings is wanted: bodies stay as they are there.
    """

    def __init__(self, written: SourceFile, *, lowers: bool = True) -> None:
        self._lowers = lowers
        self._sheets = split(written.text)
        self._drawn = {sheet.start: _drawn(sheet) for sheet in self._sheets.networks}
        text = _text_for_lexer(written.text, self._sheets, self._drawn.values())
        self.file = SourceFile(written.name, text, written.shown)
        self.diagrams: list[Diagram] = []
        self.outline = Unit(self.file, ())  # with a pragma in place of each network
        self._diagram_at: dict[int, Diagram] = {}
        tokens, lexical = lex(self.file)
        self.findings = Findings(lexical)
        self._tokens = tokens
        self._fragments = Fragments(self.file, tokens, self.findings, catalogue.TEXT)

    @property
    def sheets(self) -> list[Sheet]:
        """The networks as text, in the order of the file."""
        return self._sheets.networks

    def unit(self) -> Unit:
        """Raises TooManyFindings."""
        if self.findings.are_too_many:
            return Unit(self.file, ())
        self._report_flaws()
        known = len(self.findings.in_source_order())
        unit = unit_of(self.file, self._tokens_outside(), self.findings)
        self.outline = unit
        is_sound = len(self.findings.in_source_order()) == known
        declarations = tuple(self._declaration(declared) for declared in unit.declarations)
        for drawn in self._drawn.values():
            if not drawn.used and is_sound:
                what = "a network stands where no body is, or among statements"
                remedy = "move it between the declarations of a POU and its END"
                self._report(
                    Flaw(catalogue.PLACE, drawn.sheet.start, drawn.sheet.start + len(MARK), _says(what, remedy))
                )
        return replace(unit, declarations=declarations)

    def diagram_of(self, body: tuple[Statement, ...]) -> Diagram | None:
        """What a body of `outline` is drawn as; None for statements."""
        marks = (statement.span.start for statement in body if _is_mark(statement, self._drawn))
        return next((self._diagram_at[start] for start in marks if start in self._diagram_at), None)

    def drawn_chart(self, chart: Chart) -> Diagram:
        """A chart of `outline` as a drawing, with its drawn conditions."""
        return drawn_chart(chart, self._decides)

    def _decides(self, transition: Transition) -> Decides:
        diagram = self.diagram_of(transition.before)
        if diagram is None:
            return Decides(transition.condition)
        return Decides(None, diagram, result_of(diagram, transition.name))

    def _report(self, flaw: Flaw) -> None:
        self.findings.add(flaw.at(self.file))

    def _report_flaws(self) -> None:
        for row in self._sheets.strays:
            what, remedy = (
                "the row belongs to no network",
                "write NETWORK in a line before it, and no other line between",
            )
            place = row.start + row.text.index("|")
            self._report(Flaw(catalogue.PLACE, place, row.start + len(row.text), _says(what, remedy)))
        for drawn in self._drawn.values():
            start, end = drawn.sheet.rest
            if start < end:
                found = self.file.shown[start:end]
                self._report(Flaw(catalogue.STRAY, start, end, {"found": f"'{found[:30]}'"}))
            for flaw in drawn.flaws:
                self._report(flaw)

    def _tokens_outside(self) -> list[Token]:
        """The tokens of the Structured Text, without those in rows."""
        rows = [(sheet.head_end, sheet.end) for sheet in self._sheets.networks]
        labels = [drawn.sheet.label for drawn in self._drawn.values() if drawn.sheet.label is not None]
        found: list[Token] = []
        inside = iter(sorted([*rows, *labels]))
        start, end = next(inside, (len(self.file.text) + 1, 0))
        for token in self._tokens:
            while end <= token.start and start <= len(self.file.text):
                start, end = next(inside, (len(self.file.text) + 1, 0))
            if not start <= token.start < end or token is self._tokens[-1]:
                found.append(token)
        return found

    # -------------------------------------------------------------------------------------------------- declarations

    def _declaration(self, declared: Declaration) -> Declaration:
        if isinstance(declared, NamespaceDeclaration):
            return replace(declared, declarations=tuple(self._declaration(inner) for inner in declared.declarations))
        if not isinstance(declared, PouDeclaration):
            return declared
        hidden = Hidden(declared.variables, self.findings.add, forgets=declared.kind is PouKind.FUNCTION)
        body, chart = self._body(declared.body, hidden), self._chart(declared.chart, hidden)
        actions = tuple(self._action(action, hidden) for action in declared.actions)
        methods = tuple(self._method(method, hidden) for method in declared.methods)
        properties = tuple(self._property(each, hidden) for each in declared.properties)
        variables = (*declared.variables, *hidden.sections(declared.name.span))
        return replace(
            declared,
            variables=variables,
            body=body,
            chart=chart,
            actions=actions,
            methods=methods,
            properties=properties,
        )

    def _action(self, action: ActionDeclaration, hidden: Hidden) -> ActionDeclaration:
        return replace(action, body=self._body(action.body, hidden), chart=self._chart(action.chart, hidden))

    def _chart(self, chart: Chart | None, hidden: Hidden) -> Chart | None:
        if chart is None:
            return None
        return replace(chart, transitions=tuple(self._transition(each, hidden) for each in chart.transitions))

    def _transition(self, transition: Transition, hidden: Hidden) -> Transition:
        diagram = self._drawn_body(transition.before)
        if diagram is None or not self._lowers:
            return transition
        if diagram.lost or any(drawn.flaws for drawn in self._drawn_in(transition.before)):
            return replace(transition, before=())  # there are findings; nobody can tell what decides
        before, condition = lower_condition(diagram, transition.name, hidden, self.findings.add)
        return replace(transition, before=before, condition=condition or transition.condition)

    def _method(self, method: MethodDeclaration, hidden: Hidden) -> MethodDeclaration:
        return replace(method, body=self._body(method.body, hidden))

    def _property(self, declared: PropertyDeclaration, hidden: Hidden) -> PropertyDeclaration:
        getter, setter = self._accessor(declared.getter, hidden), self._accessor(declared.setter, hidden)
        return replace(declared, getter=getter, setter=setter)

    def _accessor(self, accessor: Accessor | None, hidden: Hidden) -> Accessor | None:
        return replace(accessor, body=self._body(accessor.body, hidden)) if accessor is not None else None

    def _body(self, body: tuple[Statement, ...], hidden: Hidden) -> tuple[Statement, ...]:
        diagram = self._drawn_body(body)
        if diagram is None:
            return body
        others = [statement for statement in body if not _is_mark(statement, self._drawn)]
        for statement in others:
            if not isinstance(statement, Pragma):
                what, remedy = "statements stand beside networks", "move them into an ACTION, a METHOD or another POU"
                self._report(Flaw(catalogue.PLACE, statement.span.start, statement.span.end, _says(what, remedy)))
                break
        if not self._lowers:
            return body
        lowered = lower_body(diagram, {}, hidden, self.findings.add)
        return (*(statement for statement in others if isinstance(statement, Pragma)), *lowered.statements)

    def _drawn_body(self, body: tuple[Statement, ...]) -> Diagram | None:
        """The networks in a body as one drawing; None where there are none."""
        drawn = self._drawn_in(body)
        if not drawn:
            return None
        for each in drawn:
            each.used = True
        diagram = self._diagram(drawn)
        self.diagrams.append(diagram)
        self._diagram_at[drawn[0].sheet.start] = diagram
        return diagram

    def _drawn_in(self, body: tuple[Statement, ...]) -> list[_Drawn]:
        return [self._drawn[statement.span.start] for statement in body if _is_mark(statement, self._drawn)]

    # ------------------------------------------------------------------------------------------------------ networks

    def _diagram(self, drawn: list[_Drawn]) -> Diagram:
        elements: list[Element] = []
        networks: list[Network] = []
        lost: set[str] = set()
        row = 0
        for number, each in enumerate(drawn, start=1):
            label, row = self._label(each.sheet, number, row), row + 1
            inside: list[Element] = [label] if label is not None else []
            if each.wiring is not None:
                read = Elements(
                    self.file, self._fragments, self._report, Drawing(each.sheet, each.shapes, each.wiring, number, row)
                )
                read.read()
                inside += read.elements
                lost |= read.lost
            row += len(each.sheet.rows)
            elements += inside
            span = Span(self.file, each.sheet.start, each.sheet.start + len(MARK))
            ids = tuple(element.id for element in inside if not isinstance(element, LeftRail | RightRail))
            networks.append(Network(each.sheet.title, each.sheet.comment, span, ids))
        span = Span(self.file, drawn[0].sheet.start, drawn[0].sheet.start + len(MARK))
        return Diagram(Language.LD, tuple(elements), span, frozenset(lost), tuple(networks))

    def _label(self, sheet: Sheet, number: int, row: int) -> Label | None:
        if sheet.label is None:
            return None
        span = Span(self.file, *sheet.label)
        name = Name(span.text, span)
        return Label(id=f"{number}.label", span=span, box=Box(0.0, row * CELL, CELL, CELL), name=name)


def _drawn(sheet: Sheet) -> _Drawn:
    flaws: list[Flaw] = []
    read = shapes(sheet, flaws)
    wiring = Wiring(read, sheet.rows, flaws) if not flaws else None
    return _Drawn(sheet, read, wiring if not flaws else None, flaws)


def _is_mark(statement: Statement, drawn: dict[int, _Drawn]) -> bool:
    return isinstance(statement, Pragma) and statement.span.start in drawn


def _says(what: str, remedy: str) -> dict[str, object]:
    return {"what": what, "remedy": remedy}


def _text_for_lexer(text: str, sheets: Sheets, drawn: Iterable[_Drawn]) -> str:
    """The text with blanks in place of all that is drawn, apart from the expressions and names in it."""
    blank = _pieces(text, ((start, end, _NO_LINE_END.sub(_blanks, text[start:end])) for start, end in sheets.blanks))
    kept = [(start, end, text[start:end]) for each in drawn for start, end in _texts(each)]
    marks = [(sheet.start, sheet.start + len(MARK), MARK) for sheet in sheets.networks]
    return _pieces(blank, sorted([*kept, *marks]))


def _blanks(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _pieces(text: str, pieces: Iterable[tuple[int, int, str]]) -> str:
    """`text` with something as long in place of each piece; they come in order."""
    parts: list[str] = []
    position = 0
    for start, end, piece in pieces:
        parts += [text[position:start], piece]
        position = end
    return "".join(parts) + text[position:]


def _texts(drawn: _Drawn) -> Iterator[tuple[int, int]]:
    """Where Structured Text stands in a network."""
    sheet = drawn.sheet
    if sheet.label is not None:
        yield sheet.label
    for row in drawn.shapes:
        for shape in row:
            box = shape.box
            if box is None:
                if shape.kind in _WITH_TEXT:
                    yield shape.text
            elif shape.row == box.top + 1:
                yield box.type
                if box.instance is not None:
                    yield box.instance
            else:
                pins = (box.inputs.get(shape.row), box.outputs.get(shape.row))
                yield from (pin.value for pin in pins if pin is not None and pin.value is not None)
