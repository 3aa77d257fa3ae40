"""`<instances>`: configurations, resources, tasks and instances of programs."""

from __future__ import annotations

from iec61131.input_forms.plcopen.document import Document
from iec61131.input_forms.plcopen.globals import GlobalLists
from iec61131.input_forms.plcopen.interfaces import Interfaces
from iec61131.input_forms.plcopen.intervals import duration, interval_of_codesys, is_freewheeling, is_zero
from iec61131.input_forms.xml_tree import Element, local
from iec61131.syntax.tree import (
    ConfigurationDeclaration,
    Expression,
    GlobalDeclaration,
    Name,
    ProgramInstance,
    ResourceDeclaration,
    TaskDeclaration,
    VarBlock,
)

_IN_CONFIGURATION = frozenset({"resource", "globalVars"})
_IN_RESOURCE = frozenset({"task", "pouInstance", "globalVars"})
_INTERVAL, _SINGLE = "interval", "single"
_SETTINGS = (_INTERVAL, _SINGLE, "priority")


class Configurations:
    """`listed` are the lists of global variables that have been found."""

    def __init__(self, document: Document, interfaces: Interfaces) -> None:
        self._document = document
        self._interfaces = interfaces
        self._lists = GlobalLists(document, interfaces)
        self.listed: list[GlobalDeclaration] = []

    def configuration(self, written: Element) -> ConfigurationDeclaration | None:
        """None as well for one in which nothing runs: a library has it around its global variables, and a tool around
        what it keeps in data of its own.
        """
        name = self._document.name(written)
        if name is None:
            return None
        self._document.expect(written, _IN_CONFIGURATION, "a configuration")
        resources = [self._resource(inner) for inner in written.children if local(inner.name) == "resource"]
        found = tuple(resource for resource in resources if resource is not None)
        variables = self._globals(written)
        if not any(each.tasks or each.programs for each in found):
            sections = (*variables, *(block for each in found for block in each.variables))
            self.listed += (GlobalDeclaration(block, block.span) for block in sections)
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
        settings = self._settings(written)
        if settings:
            tasks.append(TaskDeclaration(name, tuple(settings), name.span))
        for inner in written.children:
            if local(inner.name) == "pouInstance":
                self._program(inner, name if settings else None, programs)

    def _settings(self, written: Element) -> list[tuple[Name, Expression]]:
        """None for a task of CODESYS that something else than time or a variable starts: its programs run like those
        without a task.
        """
        found: dict[str, tuple[Name, Expression]] = {}
        for setting in _SETTINGS:
            span, value = self._document.attribute_span(written, setting), duration(self._document, written, setting)
            if span is not None and value is not None:
                found[setting] = Name(setting.upper(), span), value
        is_open = _SINGLE not in found and (_INTERVAL not in found or is_zero(found[_INTERVAL][1]))
        if is_open and self._document.is_of_codesys:
            own = interval_of_codesys(self._document, written)
            if own is not None:
                found[_INTERVAL] = Name(_INTERVAL.upper(), own[0]), own[1]
            elif _INTERVAL not in found or not is_freewheeling(written):
                return []
        return list(found.values())

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
