"""`<instances>`: configurations, resources, tasks and instances of programs."""

from __future__ import annotations

import re
from decimal import Decimal

from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.globals import GlobalLists
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.xml_tree import Element, local
from iec61131.source import Span
from iec61131.syntax.tree import (
    ConfigurationDeclaration,
    DurationLiteral,
    Expression,
    GlobalDeclaration,
    Name,
    ProgramInstance,
    ResourceDeclaration,
    TaskDeclaration,
    VarBlock,
)

_UNITS_NS = (86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000)
"""Of the parts of a duration, in their order."""
_ISO = re.compile(r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?", re.ASCII | re.I)
_CLOCK = re.compile(r"()(\d{1,9}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)", re.ASCII)
_IN_CONFIGURATION = frozenset({"resource", "globalVars"})
_IN_RESOURCE = frozenset({"task", "pouInstance", "globalVars"})
_SETTINGS = ("interval", "single", "priority")


class Configurations:
    """`listed` are the lists of global variables that have been found."""

    def __init__(self, document: Document, interfaces: Interfaces) -> None:
        self._document = document
        self._interfaces = interfaces
        self._lists = GlobalLists(document, interfaces)
        self.listed: list[GlobalDeclaration] = []

    def configuration(self, written: Element) -> ConfigurationDeclaration | None:
        """None as well for one that holds nothing: a tool writes it around what it keeps in data of its own."""
        name = self._document.name(written)
        if name is None:
            return None
        self._document.expect(written, _IN_CONFIGURATION, "a configuration")
        resources = [self._resource(inner) for inner in written.children if local(inner.name) == "resource"]
        found = tuple(resource for resource in resources if resource is not None)
        variables = self._globals(written)
        if not variables and not any(each.tasks or each.programs or each.variables for each in found):
            return None
        return ConfigurationDeclaration(name, variables, found, name.span)

    def application(self, written: Element) -> ConfigurationDeclaration | None:
        """A resource that no configuration is around."""
        resource = self._resource(written)
        if resource is None or resource.name is None or not (resource.tasks or resource.programs):
            return None
        return ConfigurationDeclaration(resource.name, (), (resource,), resource.span)

    def _resource(self, written: Element) -> ResourceDeclaration | None:
        name = self._document.name(written)
        if name is None:
            return None
        self._document.expect(written, _IN_RESOURCE, "a resource")
        tasks: list[TaskDeclaration] = []
        programs: list[ProgramInstance] = []
        for inner in written.children:
            if local(inner.name) == "task":
                self._task(inner, tasks, programs)
            elif local(inner.name) == "pouInstance":
                self._program(inner, None, programs)
        return ResourceDeclaration(name, None, self._globals(written), tuple(tasks), tuple(programs), name.span)

    def _task(self, written: Element, tasks: list[TaskDeclaration], programs: list[ProgramInstance]) -> None:
        name = self._document.name(written)
        if name is None:
            return
        settings: list[tuple[Name, Expression]] = []
        for setting in _SETTINGS:
            span = self._document.attribute_span(written, setting)
            value = _iso_duration(written.attributes.get(setting, ""), span) if span is not None else None
            if value is None:
                value = self._document.attribute(written, setting)
            if value is not None and span is not None:
                settings.append((Name(setting.upper(), span), value))
        tasks.append(TaskDeclaration(name, tuple(settings), name.span))
        for inner in written.children:
            if local(inner.name) == "pouInstance":
                self._program(inner, name, programs)

    def _program(self, written: Element, task: Name | None, programs: list[ProgramInstance]) -> None:
        """The type of an instance is called `typeName`, before edition 2.00 `type`. CODESYS leaves it empty: its
        programs have one instance, of the same name.
        """
        name = self._document.name(written)
        attribute = "typeName" if "typeName" in written.attributes else "type"
        is_given = bool(written.attributes.get(attribute, " "))
        type_name = self._document.name(written, attribute) if is_given else name
        if name is not None and type_name is not None:
            programs.append(ProgramInstance(name, task, type_name, (), False, name.span))

    def _globals(self, written: Element) -> tuple[VarBlock, ...]:
        """The sections; what has a name is a list of its own."""
        found: list[VarBlock] = []
        for inner in written.children:
            if local(inner.name) == "globalVars" and inner.attributes.get("name", "").strip():
                self.listed += self._lists.read(inner)
            elif local(inner.name) == "globalVars":
                found.append(self._interfaces.section(inner))
        return tuple(found)


def _iso_duration(text: str, span: Span) -> DurationLiteral | None:
    """`PT0.02S`, `P1DT2H`, as XML has durations, or `00:00:00.02`; None for what is neither."""
    match = _ISO.fullmatch(text.strip()) or _CLOCK.fullmatch(text.strip())
    if match is None or text.strip().upper() in ("P", "PT"):
        return None
    parts = zip(match.groups(), _UNITS_NS, strict=True)
    total = sum((Decimal(number) * size for number, size in parts if number), Decimal())
    return DurationLiteral(int(total), False, span)
