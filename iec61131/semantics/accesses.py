"""VAR_ACCESS: names under which others may reach variables: `level : Main.tank.level : REAL READ_ONLY;`

A path leads to a global variable or from an instance of a program to what lies in it, an element or an address. The
program itself does not see these names: they are for OPC UA and HTTP, with the right that stands behind the type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from iec61131.diagnostics.catalogue import configuration, expressions
from iec61131.semantics.configured_paths import ConfiguredPaths, declared_at, names_around
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import MemoryPlace, Place, Variable
from iec61131.semantics.scopes import Globals, PouScope
from iec61131.semantics.type_specs import TypeSpecs
from iec61131.semantics.types import BOOL, Type, storage_type
from iec61131.source import Span
from iec61131.syntax import tree


class AccessPath(Struct, frozen=True, eq=False):
    """`type` is that of the place, except of an address, which has any type of its size."""

    name: str
    place: Place
    type: Type
    is_writable: bool
    span: Span


def resolve(
    shared: Shared,
    globals_: Globals,
    sections: Iterable[tree.VarBlock],
    configurations: Iterable[tree.ConfigurationDeclaration],
) -> tuple[AccessPath, ...]:
    """The access paths of all sections, when every instance is known."""
    resolver = _Resolver(shared, globals_, names_around(configurations))
    found = [resolver.path(declaration) for section in sections for declaration in section.variables]
    return tuple(path for path in found if path is not None)


class _Resolver:
    def __init__(self, shared: Shared, globals_: Globals, around: frozenset[str]) -> None:
        self._shared = shared
        self._findings = shared.findings
        self._here = Here(shared, PouScope(globals_))
        self._paths = ConfiguredPaths(shared, globals_, sees_located=True)
        self._around = around
        self._taken = {name.upper(): span for name, span in _known(shared, globals_)}

    def path(self, declaration: tree.VarDeclaration) -> AccessPath | None:
        (name,) = declaration.names
        spec = TypeSpecs(self._here).resolve(declaration.type, name.text)
        place = self._place(declaration)
        if spec is None or place is None:
            return None
        text = declaration.place.span.text if declaration.place is not None else name.text
        if not _suits(place, spec.type):
            finding = configuration.CONFIGURED_TYPE.at(
                declaration.type.span, name=text, declared=place.type, given=spec.type
            )
            self._findings.add(finding)
            return None
        declared = declared_at(place)
        if declaration.is_writable and isinstance(declared, Variable) and declared.constant:
            self._findings.add(expressions.ASSIGN_CONSTANT.at(declaration.span, name=text))
            return None
        before = self._taken.setdefault(name.key, name.span)
        if before != name.span:
            finding = configuration.ACCESS_NAME_TAKEN.at(name.span, name=name.text)
            self._findings.add(finding.also(before, "it is here"))
            return None
        return AccessPath(name.text, place, spec.type, declaration.is_writable, declaration.span)

    def _place(self, declaration: tree.VarDeclaration) -> Place | None:
        match declaration.place:
            case tree.DirectAddress() as address:
                variable = self._shared.direct_variable(address)
                return MemoryPlace(variable, address.span) if variable is not None else None
            case None:
                return None
            case path:
                return self._paths.place(self._here, path, self._around)


def _known(shared: Shared, globals_: Globals) -> Iterator[tuple[str, Span]]:
    """The names that paths begin with."""
    yield from ((instance.name, instance.span) for instance in shared.instances)
    for symbol in globals_.variables.values():
        yield symbol.name, symbol.span


def _suits(place: Place, type_: Type) -> bool:
    if not isinstance(place, MemoryPlace):
        return place.type == type_
    stored = storage_type(type_)
    return stored.size == place.type.size and (stored == BOOL) is (place.type == BOOL)
