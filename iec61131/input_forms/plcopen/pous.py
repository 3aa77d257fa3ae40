"""POUs: what they declare, and what their bodies, actions and transitions do."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.plcopen import INSTRUCTION_LIST, SHEETS, UNKNOWN_ELEMENT
from iec61131.graphical.charts import LoweredBody, Named, lower_body
from iec61131.graphical.diagram import Diagram
from iec61131.graphical.hidden import Hidden
from iec61131.input_forms.plcopen.additions import PLAIN_TEXT
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.elements import LANGUAGES, Elements
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.plcopen.members import Members
from iec61131.input_forms.plcopen.types import child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.pous import pou
from iec61131.syntax.tokens import POUS
from iec61131.syntax.tree import ActionDeclaration, Expression, PouDeclaration, PouKind

_CLOSERS = dict(POUS.values())
_IN_POU = frozenset({"interface", "actions", "transitions", "body"})
_LANGUAGES = frozenset({*LANGUAGES, "ST", "IL"})
KINDS = {"program": PouKind.PROGRAM, "function": PouKind.FUNCTION, "functionBlock": PouKind.FUNCTION_BLOCK}


class Pous:
    def __init__(self, document: Document, interfaces: Interfaces) -> None:
        self._document = document
        self._interfaces = interfaces
        self._elements = Elements(document)
        self.members = Members(document, self._interfaces, self._elements)

    def pou(self, written: Element) -> PouDeclaration | None:
        """None after a finding."""
        document, kind = self._document, KINDS.get(written.attributes.get("pouType", ""))
        if kind is None:
            document.report(UNKNOWN_ELEMENT.at(document.span(written), element="pou", where="the file"))
            return None
        declared = self.declared(written, kind)
        if declared is None:
            return None
        document.expect(written, _IN_POU, "a POU")
        hidden = Hidden(declared.variables, document.report, forgets=declared.kind is PouKind.FUNCTION)
        named = self._transitions(written)
        actions: list[ActionDeclaration] = []
        for inner in _all(written, "actions", "action"):
            actions += self._action(inner, named, hidden)
        body = self._body(written, named, hidden)
        return replace(
            declared,
            variables=(*declared.variables, *hidden.sections(declared.name.span)),
            body=body.statements,
            actions=(*actions, *body.actions),
            chart=body.chart,
            methods=self.members.methods(written),
            properties=self.members.properties(written),
            span=document.extent(written),
        )

    def declared(self, written: Element, kind: PouKind) -> PouDeclaration | None:
        """The heading and the sections."""
        plain, interface = child(written, PLAIN_TEXT), child(written, "interface")
        if plain is not None:
            return self._document.declaration(plain, _declaration, f"a {kind.value}", _CLOSERS[kind])
        name = self._document.name(written)
        if name is None:
            return None
        extends, implements = self.members.bases(written)
        access, modifiers = self.members.modifiers(written)
        return PouDeclaration(
            kind,
            name,
            self._interfaces.result(interface),
            self._interfaces.sections(interface),
            (),
            (),
            name.span,
            extends[0] if extends else None,
            implements,
            access,
            modifiers,
        )

    def _action(self, written: Element, named: Named, hidden: Hidden) -> list[ActionDeclaration]:
        """With what stands in the chart of the action."""
        name = self._document.name(written)
        if name is None:
            return []
        body = self._body(written, named, hidden)
        span = self._document.extent(written)
        return [ActionDeclaration(name, body.statements, (), span, body.chart), *body.actions]

    def _transitions(self, written: Element) -> dict[str, Diagram | Expression]:
        """What decides each transition that has a name."""
        found: dict[str, Diagram | Expression] = {}
        for inner in _all(written, "transitions", "transition"):
            name, holder = self._document.name(inner), child(inner, "body")
            decides = self._decides(holder) if holder is not None else None
            if name is not None and decides is not None:
                found[name.key] = decides
        return found

    def _decides(self, holder: Element) -> Diagram | Expression | None:
        for body in holder.children:
            if local(body.name) == "ST":
                return self._document.condition(body)
            if local(body.name) in LANGUAGES:
                return self._elements.diagram(body)
            if local(body.name) == "IL":
                self._document.report(INSTRUCTION_LIST.at(self._document.span(body), what="a transition"))
        return None

    def _body(self, written: Element, named: Named, hidden: Hidden) -> LoweredBody:
        """Several, which are the sheets that a tool has drawn them on, are done one after the other."""
        holders = [inner for inner in written.children if local(inner.name) == "body"]
        sheets = [sheet for holder in holders for sheet in holder.children if local(sheet.name) in _LANGUAGES]
        for sheet in sheets[1:]:
            language, first = local(sheet.name), local(sheets[0].name)
            if language != first or language == "SFC":
                finding = SHEETS.at(self._document.span(sheet), language=language, first=first)
                self._document.report(finding.also(self._document.span(sheets[0]), "the first sheet"))
                return LoweredBody()
        report = self._document.report
        found = [lower_body(self._elements.body(holder), named, hidden, report) for holder in holders]
        return LoweredBody(
            tuple(statement for body in found for statement in body.statements),
            next((body.chart for body in found if body.chart is not None), None),
            tuple(action for body in found for action in body.actions),
        )


def _declaration(cursor: Cursor) -> PouDeclaration | None:
    if cursor.kind not in POUS:
        raise cursor.lost(cursor.expected("PROGRAM, FUNCTION or FUNCTION_BLOCK"))
    return pou(cursor)


def _all(element: Element, holder: str, name: str) -> list[Element]:
    """The elements called `name` in the one called `holder`."""
    inside = child(element, holder)
    return [inner for inner in inside.children if local(inner.name) == name] if inside is not None else []
