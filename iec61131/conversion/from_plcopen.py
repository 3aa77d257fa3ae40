"""PLCopen XML as a project: declarations as its reader has them, bodies before they are lowered."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from textwrap import dedent

from iec61131.conversion.project import Code, Pou, Project
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.graphical.diagram import Diagram, Language
from iec61131.graphical.ladder import NotDrawable
from iec61131.input_forms.plcopen.additions import additions, objects
from iec61131.input_forms.plcopen.configurations import Configurations
from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.elements import LANGUAGES, Elements
from iec61131.input_forms.plcopen.globals import GlobalLists
from iec61131.input_forms.plcopen.interfaces import SECTIONS, Interfaces
from iec61131.input_forms.plcopen.pous import KINDS, Pous
from iec61131.input_forms.plcopen.reading import data_type, inside
from iec61131.input_forms.plcopen.types import Types, child
from iec61131.input_forms.xml_tree import Element, local
from iec61131.source import SourceFile
from iec61131.syntax.findings import TooManyFindings

_CONVERTED = (Language.LD, Language.SFC)
"""Function blocks are where they are a condition, which is small enough for rows."""
_OTHERS = {"IL": "instruction list"}


def project_of_plcopen(file: SourceFile) -> Project:
    """Raises CompileError with all findings."""
    document = Document(file)
    project = Project()
    with suppress(TooManyFindings):
        _Reading(document, project).read()
    findings = document.findings.in_source_order()
    if any(finding.is_error for finding in findings):
        raise CompileError(findings)
    return project


class _Reading:
    def __init__(self, document: Document, project: Project) -> None:
        self._document = document
        self._project = project
        self._types = Types(document)
        self._interfaces = Interfaces(document, self._types)
        self._elements = Elements(document)
        self._pous = Pous(document, self._interfaces)

    def read(self) -> None:
        root = self._document.root
        for element in inside(root, "types", "dataTypes"):
            self._type(element)
        for element in inside(root, "types", "pous"):
            if local(element.name) == "pou":
                self._pou(element)
        configurations = Configurations(self._document, self._interfaces)
        found = [configurations.configuration(element) for element in inside(root, "instances", "configurations")]
        lists = GlobalLists(self._document, self._interfaces)
        for kind, element in objects(root):
            match kind:
                case "pou":
                    self._pou(element)
                case "datatype":
                    self._type(element)
                case "globalvars":
                    self._project.globals += lists.read(element)
                case "interface":
                    name = element.attributes.get("name", "")
                    self._project.left_out.append(f"the INTERFACE {name}: it is for classes, which are not converted")
                case _:
                    found.append(configurations.application(element))
        self._project.configurations += [configuration for configuration in found if configuration is not None]
        self._project.globals += configurations.listed

    def _type(self, element: Element) -> None:
        self._project.types += data_type(self._document, self._types, element)
        for holder in child_all(element, "baseType"):
            for inner in holder.children:
                self._notes(inner)

    def _pou(self, written: Element) -> None:
        kind = KINDS.get(written.attributes.get("pouType", ""))
        declared = self._pous.declared(written, kind) if kind is not None else None
        if kind is None or declared is None:
            return
        with self._project.leaving_out(f"the {kind.value} {declared.name.text}"):
            if declared.extends or declared.implements or declared.modifiers:
                raise NotDrawable("it is derived from others, which is not converted")
            if additions(written, "method", "property"):
                raise NotDrawable("it has a METHOD or a PROPERTY")
            actions = self._members(written, "action", _CONVERTED)
            transitions = self._members(written, "transition", (*_CONVERTED, Language.FBD))
            body = self._code(written, "its body", _CONVERTED)
            pou = Pou(kind, declared.name.text, declared.result, declared.variables, body, actions, transitions)
            self._project.pous.append(pou)
        interface = child(written, "interface")
        for section in interface.children if interface is not None else ():
            if local(section.name) in SECTIONS:
                self._notes(section)

    def _members(self, written: Element, kind: str, languages: Collection[Language]) -> list[tuple[str, Code]]:
        return [
            (found.text, self._code(inner, f"its {kind} {found.text}", languages))
            for inner in inside(written, f"{kind}s")
            if (found := self._document.name(inner)) is not None
        ]

    def _code(self, written: Element, what: str, languages: Collection[Language]) -> Code:
        bodies = child_all(written, "body")
        if len(bodies) > 1:
            raise NotDrawable(f"{what} is on several sheets")
        for body in bodies:
            for inner in body.children:
                language = local(inner.name)
                if language == "ST":
                    return dedent(self._document.file.text[inner.inside : inner.end].strip("\r\n")).strip()
                if LANGUAGES.get(language) in languages:
                    if language == "SFC" and _holds(inner, "IL"):
                        raise NotDrawable(f"{what} is a chart with instruction list in it")
                    diagram = self._elements.body(body)
                    assert isinstance(diagram, Diagram), "that is what a drawing is read as"
                    return diagram
                if language in LANGUAGES or language in _OTHERS:
                    named = LANGUAGES[language].value if language in LANGUAGES else _OTHERS[language]
                    raise NotDrawable(f"{what} is written as {named}")
        return ""

    def _notes(self, section: Element) -> None:
        for variable in section.children:
            documentation = child(variable, "documentation")
            place = self._document.attribute_span(variable, "name")
            if documentation is not None and place is not None:
                text = self._document.plain_text(documentation)
                if text:
                    self._project.notes[place.start] = text


def child_all(written: Element, name: str) -> list[Element]:
    return [inner for inner in written.children if local(inner.name) == name]


def _holds(written: Element, name: str) -> bool:
    work = [written]
    while work:
        element = work.pop()
        if local(element.name) == name:
            return True
        work += element.children
    return False
