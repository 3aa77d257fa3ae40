"""The file as a whole: `<project>`, or one POU by itself as OpenPLC Editor stores it."""

from __future__ import annotations

from iec61131.diagnostics.catalogue.plcopen import NOT_PLCOPEN, UNKNOWN_ELEMENT
from iec61131.diagnostics.diagnostic import CompileError, Diagnostic
from iec61131.graphical.diagram import Drawings
from iec61131.input_forms.plcopen.configurations import Configurations
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.pous import Pous
from iec61131.input_forms.plcopen.types import Types, child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.source import SourceFile
from iec61131.syntax.findings import TooManyFindings
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


def _project(document: Document, declarations: list[Declaration]) -> None:
    root = document.root
    if local(root.name) != "project":
        document.report(NOT_PLCOPEN.at(document.span(root), found=root.name[:80]))
        return
    types = Types(document)
    pous, configurations = Pous(document, types), Configurations(document, types)
    for element in _inside(root, "types", "dataTypes"):
        declared = _data_type(document, types, element)
        if declared is not None:
            declarations.append(declared)
    for element in _inside(root, "types", "pous"):
        pou = pous.pou(element) if local(element.name) == "pou" else None
        if pou is not None:
            declarations.append(pou)
    for element in _inside(root, "instances", "configurations"):
        configuration = configurations.configuration(element)
        if configuration is not None:
            declarations.append(configuration)


def _data_type(document: Document, types: Types, written: Element) -> TypeDeclaration | None:
    name, holder = document.name(written), child(written, "baseType")
    if holder is None:
        document.report(UNKNOWN_ELEMENT.at(document.span(written), element=written.name, where="the types"))
        return None
    spec = types.spec(holder)
    if name is None or spec is None:
        return None
    return TypeDeclaration(name, spec, types.initial(child(written, "initialValue")), (), name.span)


def _inside(root: Element, *names: str) -> list[Element]:
    """The elements below a path."""
    element: Element | None = root
    for name in names:
        element = child(element, name) if element is not None else None
    return element.children if element is not None else []
