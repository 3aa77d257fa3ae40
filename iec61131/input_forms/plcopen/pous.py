"""POUs: what they declare, and what their bodies, actions and transitions do."""

from __future__ import annotations

from iec61131.diagnostics.catalogue.plcopen import UNKNOWN_ELEMENT
from iec61131.graphical.charts import Named, lower_body
from iec61131.graphical.diagram import Body, Diagram
from iec61131.graphical.hidden import Hidden
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.elements import LANGUAGES, Elements
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.plcopen.types import Types, child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.syntax.tree import ActionDeclaration, Expression, PouDeclaration, PouKind

_KINDS = {"program": PouKind.PROGRAM, "function": PouKind.FUNCTION, "functionBlock": PouKind.FUNCTION_BLOCK}


class Pous:
    def __init__(self, document: Document, types: Types) -> None:
        self._document = document
        self._interfaces = Interfaces(document, types)
        self._elements = Elements(document)

    def pou(self, written: Element) -> PouDeclaration | None:
        """None after a finding."""
        document, name = self._document, self._document.name(written)
        kind = _KINDS.get(written.attributes.get("pouType", ""))
        if name is None or kind is None:
            if kind is None:
                document.report(UNKNOWN_ELEMENT.at(document.span(written), element="pou", where="the file"))
            return None
        interface = child(written, "interface")
        sections = self._interfaces.sections(interface)
        hidden = Hidden(sections, document.report, forgets=kind is PouKind.FUNCTION)
        named = self._transitions(written)
        actions: list[ActionDeclaration] = []
        for inner in _all(written, "actions", "action"):
            actions += self._action(inner, named, hidden)
        holder = child(written, "body")
        body = lower_body(self._body(holder), named, hidden, document.report)
        span = document.extent(written)
        return PouDeclaration(
            kind,
            name,
            self._interfaces.result(interface),
            (*sections, *hidden.sections(name.span)),
            body.statements,
            (),
            span,
            actions=(*actions, *body.actions),
            chart=body.chart,
        )

    def _action(self, written: Element, named: Named, hidden: Hidden) -> list[ActionDeclaration]:
        """With what stands in the chart of the action."""
        name = self._document.name(written)
        if name is None:
            return []
        body = lower_body(self._body(child(written, "body")), named, hidden, self._document.report)
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
        return None

    def _body(self, holder: Element | None) -> Body:
        return self._elements.body(holder) if holder is not None else ()


def _all(element: Element, holder: str, name: str) -> list[Element]:
    """The elements called `name` in the one called `holder`."""
    inside = child(element, holder)
    return [inner for inner in inside.children if local(inner.name) == name] if inside is not None else []
