"""Methods, properties and interfaces, which CODESYS keeps in data of its own."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.plcopen import UNKNOWN_ELEMENT
from iec61131.graphical.charts import lower_body
from iec61131.graphical.hidden import Hidden
from iec61131.input_forms.plcopen.additions import PLAIN_TEXT, additions
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.elements import Elements
from iec61131.input_forms.plcopen.interfaces import Interfaces, is_true
from iec61131.input_forms.plcopen.types import child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.syntax import headings, members, sections
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import (
    Access,
    Accessor,
    InterfaceDeclaration,
    MethodDeclaration,
    Modifier,
    Name,
    Pragma,
    PropertyDeclaration,
    Statement,
    TypeName,
    TypeSpec,
    VarBlock,
)

_ACCESS = {access.value.title(): access for access in Access}
_MODIFIERS = {modifier.value.title(): modifier for modifier in Modifier}
Modifiers = tuple[Access | None, frozenset[Modifier]]


class Members:
    def __init__(self, document: Document, interfaces: Interfaces, elements: Elements) -> None:
        self._document = document
        self._interfaces = interfaces
        self._elements = elements

    def interface(self, written: Element) -> InterfaceDeclaration | None:
        plain = child(written, PLAIN_TEXT)
        if plain is not None:
            read = self._document.declaration(plain, _interface, "an INTERFACE", Kind.END_INTERFACE)
        else:
            name = self._document.name(written)
            span = self._document.extent(written)
            read = InterfaceDeclaration(name, self.bases(written)[0], (), (), (), span) if name is not None else None
        if read is None:
            return None
        return replace(read, methods=self.methods(written), properties=self.properties(written))

    def methods(self, owner: Element) -> tuple[MethodDeclaration, ...]:
        return tuple(read for each in _members(owner, "Method") if (read := self._method(each)) is not None)

    def properties(self, owner: Element) -> tuple[PropertyDeclaration, ...]:
        return tuple(read for each in _members(owner, "Property") if (read := self._property(each)) is not None)

    def bases(self, written: Element) -> tuple[tuple[TypeName, ...], tuple[TypeName, ...]]:
        """What stands behind EXTENDS and behind IMPLEMENTS."""
        found: dict[str, list[TypeName]] = {"Extends": [], "Implements": []}
        holders = [written, *(inner for inner in written.children if local(inner.name) == "interface")]
        for inheritance in (each for holder in holders for each in additions(holder, "pouinheritance", "inheritance")):
            for base in inheritance.children:
                if local(base.name) in found:
                    read = self._document.declaration(base, _type_names, "the name of a type")
                    found[local(base.name)] += read or ()
        return tuple(found["Extends"]), tuple(found["Implements"])

    def modifiers(self, written: Element) -> Modifiers:
        """`<AccessModifiers Private="true"/>`"""
        holders = [written, *(inner for inner in written.children if local(inner.name) == "interface")]
        found = [each for holder in holders for each in additions(holder, "accessmodifiers")]
        words = {word for each in found for word in each.attributes if is_true(each, word)}
        words |= {local(inner.name) for each in found for inner in each.children}
        access = next((_ACCESS[word] for word in sorted(words) if word in _ACCESS), None)
        return access, frozenset(_MODIFIERS[word] for word in words if word in _MODIFIERS)

    def _method(self, written: Element) -> MethodDeclaration | None:
        plain, interface = child(written, PLAIN_TEXT), child(written, "interface")
        span = self._document.extent(written)
        if plain is not None:
            read = self._document.declaration(plain, _one_method, "a METHOD", Kind.END_METHOD)
        else:
            name = self._document.name(written)
            if name is None:
                return None
            given = self._interfaces.result(interface), self._interfaces.sections(interface)
            read = MethodDeclaration(name, *self.modifiers(written), *given, (), (), span)
        if read is None:
            return None
        variables, body = self._with_body(written, read.variables)
        return replace(read, variables=variables, body=body, span=span)

    def _property(self, written: Element) -> PropertyDeclaration | None:
        plain, interface = child(written, PLAIN_TEXT), child(written, "interface")
        span = self._document.extent(written)
        pragmas: tuple[Pragma, ...] = ()
        modifiers = self.modifiers(written)
        name: Name | None
        type_: TypeSpec | None
        if plain is not None:
            read = self._document.declaration(plain, _property_heading, "a PROPERTY")
            if read is None:
                return None
            pragmas, modifiers, name, type_ = read
        else:
            name, type_ = self._document.name(written), self._interfaces.result(interface)
        if name is None or type_ is None:
            if name is not None:
                finding = UNKNOWN_ELEMENT.at(self._document.span(written), element="Property", where="a type")
                self._document.report(finding)
            return None
        getter, setter = self._accessor(written, "GetAccessor"), self._accessor(written, "SetAccessor")
        return PropertyDeclaration(name, *modifiers, type_, getter, setter, pragmas, span)

    def _accessor(self, owner: Element, kind: str) -> Accessor | None:
        written = child(owner, kind)
        if written is None:
            return None
        plain = child(written, PLAIN_TEXT)
        if plain is not None:
            read = self._document.declaration(plain, sections.sections, "VAR sections") or ()
        else:
            read = self._interfaces.sections(child(written, "interface"))
        variables, body = self._with_body(written, tuple(read))
        return Accessor(variables, body, self.modifiers(written)[0], self._document.extent(written))

    def _with_body(
        self, written: Element, variables: tuple[VarBlock, ...]
    ) -> tuple[tuple[VarBlock, ...], tuple[Statement, ...]]:
        """The variables, with those that a drawing needs besides, and the statements."""
        document, holder = self._document, child(written, "body")
        if holder is None:
            return variables, ()
        hidden = Hidden(variables, document.report, forgets=True)
        lowered = lower_body(self._elements.body(holder), {}, hidden, document.report)
        if lowered.chart is not None:
            document.report(UNKNOWN_ELEMENT.at(document.span(holder), element="SFC", where="a METHOD"))
        return (*variables, *hidden.sections(document.span(holder))), lowered.statements


def _members(owner: Element, name: str) -> Iterator[Element]:
    """Those in data of the tool, and those that stand in a list inside."""
    for each in (*additions(owner, name.lower()), *owner.children):
        if local(each.name) == name:
            yield each
        elif local(each.name) in ("Methods", "Properties"):
            yield from (inner for inner in each.children if local(inner.name) == name)


def _interface(cursor: Cursor) -> InterfaceDeclaration | None:
    if cursor.opening_word != "INTERFACE":
        raise cursor.lost(cursor.expected("INTERFACE"))
    return members.interface(cursor)


def _one_method(cursor: Cursor) -> MethodDeclaration:
    found = members.Members()
    members.read_members(cursor, found, None)
    if len(found.methods) != 1:
        raise cursor.lost(cursor.expected("one METHOD"))
    return found.methods[0]


def _property_heading(cursor: Cursor) -> tuple[tuple[Pragma, ...], Modifiers, Name | None, TypeSpec | None]:
    pragmas = cursor.take_pragmas()
    before = headings.modifiers(cursor, closer="PROPERTY")
    if not cursor.accept_word("PROPERTY"):
        raise cursor.lost(cursor.expected("PROPERTY"))
    modifiers = headings.joined(cursor, before, headings.modifiers(cursor))
    return pragmas, modifiers, headings.name_of(cursor, "PROPERTY"), headings.result(cursor)


def _type_names(cursor: Cursor) -> tuple[TypeName, ...]:
    found = [headings.type_name(cursor)]
    while cursor.accept(Kind.COMMA):
        found.append(headings.type_name(cursor))
    return tuple(found)
