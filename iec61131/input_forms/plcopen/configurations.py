"""`<instances>`: configurations, resources, tasks and instances of programs."""

from __future__ import annotations

from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.plcopen.types import Types
from iec61131.input_forms.xml_tree import Element, local
from iec61131.syntax.tree import (
    ConfigurationDeclaration,
    Expression,
    Name,
    ProgramInstance,
    ResourceDeclaration,
    TaskDeclaration,
    VarBlock,
)

_SETTINGS = ("interval", "single", "priority")


class Configurations:
    def __init__(self, document: Document, types: Types) -> None:
        self._document = document
        self._interfaces = Interfaces(document, types)

    def configuration(self, written: Element) -> ConfigurationDeclaration | None:
        name = self._document.name(written)
        if name is None:
            return None
        resources = [self._resource(inner) for inner in written.children if local(inner.name) == "resource"]
        found = tuple(resource for resource in resources if resource is not None)
        return ConfigurationDeclaration(name, self._globals(written), found, name.span)

    def _resource(self, written: Element) -> ResourceDeclaration | None:
        name = self._document.name(written)
        if name is None:
            return None
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
            value, span = self._document.attribute(written, setting), self._document.attribute_span(written, setting)
            if value is not None and span is not None:
                settings.append((Name(setting.upper(), span), value))
        tasks.append(TaskDeclaration(name, tuple(settings), name.span))
        for inner in written.children:
            if local(inner.name) == "pouInstance":
                self._program(inner, name, programs)

    def _program(self, written: Element, task: Name | None, programs: list[ProgramInstance]) -> None:
        """The type of an instance is called `typeName`, before edition 2.00 `type`."""
        name = self._document.name(written)
        attribute = "typeName" if "typeName" in written.attributes else "type"
        type_name = self._document.name(written, attribute)
        if name is not None and type_name is not None:
            programs.append(ProgramInstance(name, task, type_name, (), False, name.span))

    def _globals(self, written: Element) -> tuple[VarBlock, ...]:
        return tuple(self._interfaces.section(inner) for inner in written.children if local(inner.name) == "globalVars")
