"""A project whose CONFIGURATION has several RESOURCEs: each becomes a PLC of its own, named `plant-Resource`.

    names_of(project)            their names; empty for a project that is one PLC
    narrowed(project, name)      the project as one of them has it

What belongs to which resource is told by the sources: instances of programs and globals of a resource are its own,
everything else is the configuration's. Devices and traces go with the variables that they name; what names variables of
the configuration alone goes to the first resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from iec61131 import compiler
from iec61131.diagnostics.catalogue.project import RESOURCE_OF_CONNECTION, RESOURCE_UNCHOSEN, UNKNOWN_RESOURCE
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.syntax.tree import ResourceDeclaration
from runtime.service.bound import Bound, Resource
from runtime.service.config.findings import Findings
from runtime.service.config.project import ConnectionConfig, OpcUaConfig, PointConfig, ProjectConfig, ResourceConfig


def declared(project: ProjectConfig) -> tuple[ResourceDeclaration, ...]:
    """The resources of a project that has several."""
    options = compiler.CompileOptions(dialect=project.dialect, drawings=project.drawings)
    return compiler.resources_of(project.sources, options)


def names_of(project: ProjectConfig) -> tuple[str, ...]:
    """Their names, where each is a PLC of its own; none where the project is one, or was narrowed to one."""
    return _names(declared(project)) if project.resource is None else ()


def narrowed(project: ProjectConfig, resource: str | None) -> ProjectConfig:
    """The project as this one of its resources has it; as it is where there is only one and none was named. Raises
    CompileError.
    """
    if project.resource is not None:
        return project
    several = declared(project)
    names = _names(several)
    place = project.document.value(("plc", "name"))
    if resource is None and not names:
        _refuse_settings(project)
        return project
    if resource is None:
        raise CompileError([RESOURCE_UNCHOSEN.at(place, known=", ".join(names))])
    chosen = next((name for name in names if name.upper() == resource.upper()), None)
    if chosen is None:
        finding = UNKNOWN_RESOURCE.at(place, name=resource, known=", ".join(names) or "none, there is only one")
        raise CompileError([finding])
    return _Narrowing(project, several).to(chosen)


def as_bound(project: ProjectConfig, bound: Bound) -> ProjectConfig:
    """The project as that resource has it that was bound. Raises CompileError."""
    return narrowed(project, bound.resource.name) if bound.resource is not None else project


def _names(several: Iterable[ResourceDeclaration]) -> tuple[str, ...]:
    return tuple(each.name.text for each in several if each.name is not None)


def _refuse_settings(project: ProjectConfig) -> None:
    """There is only one resource to have any."""
    findings = [
        UNKNOWN_RESOURCE.at(
            project.document.key(("resource", each.name)), name=each.name, known="none, there is only one"
        )
        for each in project.resources
    ]
    if findings:
        raise CompileError(findings)


class _Narrowing:
    """Which resource has what of a project."""

    def __init__(self, project: ProjectConfig, several: Iterable[ResourceDeclaration]) -> None:
        self._project, self._several = project, {each.name.text: each for each in several if each.name is not None}
        self._first, *_ = self._several
        self._findings = Findings()
        self._homes: dict[str, set[str]] = {}
        for name, each in self._several.items():
            for key in _names_in(each):
                self._homes.setdefault(key, set()).add(name)

    def to(self, name: str) -> ProjectConfig:
        """Raises CompileError."""
        project = self._project
        settings = {each.name.upper(): each for each in project.resources}
        self._check_settings()
        homes = {connection.name: self._home_of(connection) for connection in project.connections}
        if self._findings:
            raise CompileError(self._findings.in_order(project.document.file))
        own = settings.get(name.upper())
        tasks = {task.name.key for task in self._several[name].tasks}
        elsewhere = {task.name.key for each in self._several.values() for task in each.tasks} - tasks
        engine = project.engine
        return replace(
            project,
            name=f"{project.name}-{name}",
            resource=Resource(project.name, name, list(self._several).index(name), len(self._several)),
            tasks=tuple(task for task in project.tasks if task.name.upper() not in elsewhere),
            engine=replace(engine, cpu=own.cpu) if own is not None and own.cpu is not None else engine,
            connections=tuple(each for each in project.connections if homes[each.name] == name),
            devices=tuple(each for each in project.devices if homes[each.connection.name] == name),
            points=tuple(each for each in project.points if homes[each.device.connection.name] == name),
            opcua=self._opcua(project.opcua, name, own) if project.opcua is not None else None,
            traces=tuple(each for each in project.traces if self._goes_to(each.variables, name)),
        )

    def _check_settings(self) -> None:
        project, known = self._project, [name.upper() for name in self._several]
        connections = {each.name for each in project.connections}
        taken: dict[str, str] = {}
        for each in project.resources:
            path = ("resource", each.name)
            if each.name.upper() not in known:
                finding = UNKNOWN_RESOURCE.at(
                    project.document.key(path), name=each.name, known=", ".join(self._several)
                )
                self._findings.add_near(finding, each.name, self._several)
            for number, connection in enumerate(each.connections):
                place = project.document.value((*path, "connections", number))
                if connection not in connections:
                    cause, remedy = f"there is no connection '{connection}'", "name a [connection.NAME] of this file"
                    finding = RESOURCE_OF_CONNECTION.at(place, cause=cause, remedy=remedy)
                    self._findings.add_near(finding, connection, connections)
                elif taken.setdefault(connection, each.name) != each.name:
                    cause = f"the connection '{connection}' belongs to '{taken[connection]}' already"
                    finding = RESOURCE_OF_CONNECTION.at(place, cause=cause, remedy="name it in one resource only")
                    self._findings.add(finding)

    def _home_of(self, connection: ConnectionConfig) -> str:
        """The resource that a connection belongs to; all its points have to be there."""
        project = self._project
        points = [each for each in project.points if each.device.connection.name == connection.name]
        said = next((each.name for each in project.resources if connection.name in each.connections), None)
        home = next((name for name in self._several if said is not None and name.upper() == said.upper()), None)
        settled: PointConfig | None = None
        for point in points:
            there = self._homes_of(point.variable)
            if home is None and there:
                home, settled = next(name for name in self._several if name in there), point
            if there and home not in there:
                cause = (
                    f"'{point.variable}' is in RESOURCE {' and '.join(sorted(there))}, "
                    f"and the connection '{connection.name}' belongs to {home}"
                )
                remedy = "use a connection of its own, or a variable of the CONFIGURATION"
                place = project.document.value(point.variable_path)
                finding = RESOURCE_OF_CONNECTION.at(place, cause=cause, remedy=remedy)
                if settled is not None:
                    finding = finding.also(project.document.value(settled.variable_path), "because of this point")
                self._findings.add(finding)
        return home or self._first

    def _homes_of(self, path: str) -> set[str]:
        """The resources that have the variable; none when it is the configuration's, or nobody's."""
        return self._homes.get(re.split(r"[.\[]", path, maxsplit=1)[0].strip().upper(), set())

    def _goes_to(self, variables: Iterable[str], name: str) -> bool:
        homes = [home for variable in variables if (home := self._homes_of(variable))]
        return any(name in home for home in homes) if homes else name == self._first

    def _opcua(self, opcua: OpcUaConfig, name: str, own: ResourceConfig | None) -> OpcUaConfig:
        number = list(self._several).index(name)
        given = own.endpoint if own is not None else None
        endpoint = given or _with_port_behind(opcua.settings.endpoint, number)
        patterns = {
            text
            for text in (*opcua.expose, *opcua.writable)
            if "*" in re.split(r"[.\[]", text, maxsplit=1)[0] or name not in (self._homes_of(text) or {name})
        }
        return replace(opcua, settings=replace(opcua.settings, endpoint=endpoint), elsewhere=frozenset(patterns))


def _names_in(resource: ResourceDeclaration) -> set[str]:
    """Keys of what is in one resource only."""
    own = {name.key for block in resource.variables for each in block.variables for name in each.names}
    return own | {program.name.key for program in resource.programs}


def _with_port_behind(endpoint: str, by: int) -> str:
    """`opc.tcp://host:4841` for `opc.tcp://host:4840` and 1."""
    head, colon, tail = endpoint.rpartition(":")
    port, slash, path = tail.partition("/")
    return f"{head}{colon}{int(port) + by}{slash}{path}" if by else endpoint
