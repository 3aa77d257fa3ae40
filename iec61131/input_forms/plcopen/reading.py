"""The file as a whole: `<project>`, or one POU by itself as OpenPLC Editor stores it."""

from __future__ import annotations

from iec61131.diagnostics.catalogue.plcopen import NOT_PLCOPEN, UNKNOWN_ELEMENT
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.graphical import Drawings
from iec61131.input_forms.plcopen.additions import PLAIN_TEXT, additions, objects, unread
from iec61131.input_forms.plcopen.configurations import Configurations
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.globals import GlobalLists
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.plcopen.pous import Pous
from iec61131.input_forms.plcopen.types import Types, child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.source import SourceFile
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.declarations import type_block
from iec61131.syntax.findings import TooManyFindings
from iec61131.syntax.headings import type_name
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import Declaration, TypeDeclaration, Unit


def read_unit(file: SourceFile, drawings: Drawings = "placed") -> tuple[Unit, list[Diagnostic]]:
    """The declarations in a PLCopen file, and what is wrong with it, in source order. Never raises."""
    try:
        document = Document(file, drawings)
    except CompileError as error:
        return Unit(file, ()), list(error.diagnostics)
    declarations: list[Declaration] = []
    try:
        _project(document, declarations)
    except TooManyFindings:
        declarations.clear()
    return Unit(document.file, tuple(declarations)), document.findings.in_source_order()


_INSIDE = {"types": frozenset({"dataTypes", "pous"}), "instances": frozenset({"configurations"})}
_IN_PROJECT = frozenset({"fileHeader", "contentHeader", *_INSIDE})


def _project(document: Document, declarations: list[Declaration]) -> None:
    root = document.root
    if local(root.name) != "project":
        document.report(NOT_PLCOPEN.at(document.span(root), found=root.name[:80]))
        return
    document.expect(root, _IN_PROJECT, "a project")
    for name, known in _INSIDE.items():
        holder = child(root, name)
        if holder is not None:
            document.expect(holder, known, f"<{name}>")
    types = Types(document)
    interfaces = Interfaces(document, types)
    pous, configurations = Pous(document, interfaces), Configurations(document, interfaces)
    lists = GlobalLists(document, interfaces)
    for element in inside(root, "types", "dataTypes"):
        declarations += data_type(document, types, element)
    for element in inside(root, "types", "pous"):
        _add(declarations, pous.pou(element) if local(element.name) == "pou" else None)
    for element in inside(root, "instances", "configurations"):
        _add(declarations, configurations.configuration(element))
    for kind, element in objects(root):
        match kind:
            case "pou":
                _add(declarations, pous.pou(element))
            case "datatype":
                declarations += data_type(document, types, element)
            case "globalvars":
                declarations += lists.read(element)
            case "interface":
                _add(declarations, pous.members.interface(element))
            case _:
                _add(declarations, configurations.application(element))
    declarations += configurations.listed
    for element in unread(root):
        document.report(UNKNOWN_ELEMENT.at(document.span(element), element=element.name, where="the file"))


def _add(declarations: list[Declaration], read: Declaration | None) -> None:
    if read is not None:
        declarations.append(read)


def data_type(document: Document, types: Types, written: Element) -> list[TypeDeclaration]:
    plain = child(written, PLAIN_TEXT)
    if plain is not None:
        return document.declaration(plain, _types, "a TYPE") or []
    name, holder = document.name(written), child(written, "baseType")
    if holder is None:
        document.report(UNKNOWN_ELEMENT.at(document.span(written), element=written.name, where="the types"))
        return []
    spec = types.spec(holder)
    if name is None or spec is None:
        return []
    bases = [inner for each in additions(written, "datatypeinheritance") for inner in each.children]
    extends = document.declaration(bases[0], type_name, "the name of a type") if bases else None
    return [TypeDeclaration(name, spec, types.initial(child(written, "initialValue")), (), name.span, extends)]


def _types(cursor: Cursor) -> list[TypeDeclaration]:
    if cursor.kind is not Kind.TYPE:
        raise cursor.lost(cursor.expected("TYPE"))
    return type_block(cursor)


def inside(root: Element, *names: str) -> list[Element]:
    """The elements below a path."""
    element: Element | None = root
    for name in names:
        element = child(element, name) if element is not None else None
    return element.children if element is not None else []
