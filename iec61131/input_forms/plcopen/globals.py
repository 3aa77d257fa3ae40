"""Lists of global variables: `<globalVars name="Limits">`."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.input_forms.plcopen.additions import PLAIN_TEXT, additions
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.plcopen.types import child
from iec61131.input_forms.xml_tree import Element
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.global_lists import global_declaration
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import GlobalDeclaration


class GlobalLists:
    def __init__(self, document: Document, interfaces: Interfaces) -> None:
        self._document = document
        self._interfaces = interfaces

    def read(self, written: Element) -> list[GlobalDeclaration]:
        """The sections of one list."""
        name, plain = self._document.name(written), child(written, PLAIN_TEXT)
        if plain is not None:
            found = self._document.declaration(plain, _sections, "VAR_GLOBAL sections") or []
        else:
            mixed = [inner for each in additions(written, "mixedattrsvarlist") for inner in each.children]
            blocks = [self._interfaces.section(each) for each in mixed or [written]]
            found = [GlobalDeclaration(block, block.span) for block in blocks]
        qualified_only = any(each.qualified_only for each in found) or _is_qualified_only(written)
        return [replace(each, list_name=name, qualified_only=qualified_only) for each in found]


def _sections(cursor: Cursor) -> list[GlobalDeclaration]:
    found: list[GlobalDeclaration] = []
    while cursor.at(Kind.VAR_GLOBAL):
        found.append(global_declaration(cursor, None))
    return found


def _is_qualified_only(written: Element) -> bool:
    """`<Attributes><Attribute Name="qualified_only"/></Attributes>`"""
    inside = [inner for each in additions(written, "attributes") for inner in each.children]
    return any(inner.attributes.get("Name", "").strip().lower() == "qualified_only" for inner in inside)
