"""What a POU declares: `<interface>` with its sections."""

from __future__ import annotations

from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.types import Types, child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.syntax.tree import Qualifier, TypeSpec, VarBlock, VarKind

SECTIONS = {
    "localVars": VarKind.LOCAL,
    "tempVars": VarKind.TEMP,
    "inputVars": VarKind.INPUT,
    "outputVars": VarKind.OUTPUT,
    "inOutVars": VarKind.IN_OUT,
    "externalVars": VarKind.EXTERNAL,
    "globalVars": VarKind.GLOBAL,
    "accessVars": VarKind.ACCESS,
}
_QUALIFIERS = {
    "constant": Qualifier.CONSTANT,
    "retain": Qualifier.RETAIN,
    "nonretain": Qualifier.NON_RETAIN,
    "persistent": Qualifier.PERSISTENT,
}
_IN_INTERFACE = frozenset({*SECTIONS, "returnType"})
_TRUE = frozenset({"true", "1"})


class Interfaces:
    def __init__(self, document: Document, types: Types) -> None:
        self._document = document
        self._types = types

    def result(self, interface: Element | None) -> TypeSpec | None:
        """What a FUNCTION returns; None where it returns nothing."""
        holder = child(interface, "returnType") if interface is not None else None
        return self._types.spec(holder) if holder is not None and holder.children else None

    def sections(self, interface: Element | None) -> tuple[VarBlock, ...]:
        if interface is None:
            return ()
        self._document.expect(interface, _IN_INTERFACE, "an interface")
        return tuple(self.section(inner) for inner in interface.children if local(inner.name) in SECTIONS)

    def section(self, written: Element) -> VarBlock:
        qualifiers = frozenset(q for name, q in _QUALIFIERS.items() if is_true(written, name))
        kind = SECTIONS[local(written.name)]
        return VarBlock(kind, qualifiers, self._types.fields(written), self._document.extent(written))


def is_true(element: Element, attribute: str) -> bool:
    return element.attributes.get(attribute, "false").strip().lower() in _TRUE
