"""One RESOURCE of a CONFIGURATION that has several: what a program of it consists of.

Each resource is a program of its own, compiled from the same sources. It has the variables of the configuration, which
all resources share, its own variables, and the tasks and instances of its own. Variables of another resource are there
as well, unless it has others of their names, for the sake of blocks that only run there and name them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.configuration import DUPLICATE_RESOURCE, UNNAMED_RESOURCE
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.syntax import tree
from iec61131.syntax.tree import ConfigurationDeclaration, ResourceDeclaration, VarBlock, VarDeclaration, VarKind


def declared(units: Iterable[tree.Unit]) -> tuple[ResourceDeclaration, ...]:
    """The resources of the first configuration there is."""
    work = [declaration for unit in units for declaration in unit.declarations]
    while work:
        each = work.pop(0)
        if isinstance(each, tree.NamespaceDeclaration):
            work[:0] = each.declarations
        elif isinstance(each, ConfigurationDeclaration):
            return each.resources
    return ()


def chosen(configuration: ConfigurationDeclaration, name: str | None) -> tuple[ResourceDeclaration, ...]:
    """The resource `name`; all of them where none is chosen."""
    return tuple(each for each in configuration.resources if is_called(each, name))


def others(configuration: ConfigurationDeclaration, name: str | None) -> tuple[ResourceDeclaration, ...]:
    """The resources that run elsewhere."""
    return tuple(each for each in configuration.resources if not is_called(each, name))


def is_called(resource: ResourceDeclaration, name: str | None) -> bool:
    """Whether this is the resource `name`; None means any."""
    return name is None or (resource.name is not None and resource.name.key == name.upper())


def blocks_of(configuration: ConfigurationDeclaration, name: str | None) -> Iterator[VarBlock]:
    """The sections of a configuration and its resources as one resource sees them."""
    own = [block for resource in chosen(configuration, name) for block in resource.variables]
    elsewhere = others(configuration, name)
    ours = {instance.name.key for resource in chosen(configuration, name) for instance in resource.programs}
    away = {instance.name.key for resource in elsewhere for instance in resource.programs} - ours
    away |= {resource.name.key for resource in elsewhere if resource.name is not None}
    around = {configuration.name.key}
    for block in (*configuration.variables, *own):
        yield _without(block, lambda variable: _leads_to(variable, around, away))
    known = {key for block in (*configuration.variables, *own) for key in _keys(block)}
    for resource in elsewhere:
        for block in resource.variables:
            if block.kind not in (VarKind.CONFIG, VarKind.ACCESS):
                yield _without(block, lambda variable: not known.isdisjoint(name.key for name in variable.names))
                known.update(_keys(block))


def _without(block: VarBlock, is_left_out: Callable[[VarDeclaration], bool]) -> VarBlock:
    kept = tuple(variable for variable in block.variables if not is_left_out(variable))
    return block if len(kept) == len(block.variables) else replace(block, variables=kept)


def _keys(block: VarBlock) -> set[str]:
    if block.kind in (VarKind.CONFIG, VarKind.ACCESS):
        return set()
    return {name.key for variable in block.variables for name in variable.names}


def _leads_to(variable: VarDeclaration, around: set[str], away: set[str]) -> bool:
    """Whether the place that VAR_CONFIG or VAR_ACCESS means is in one of these."""
    names = list[str]()
    place = variable.place
    while place is not None:
        match place:
            case tree.MemberAccess(base=base, name=name):
                names.append(name.key)
                place = base
            case tree.IndexAccess(base=base):
                place = base
            case tree.NameExpression(name=name):
                names.append(name.key)
                place = None
            case _:
                place = None
    outermost = [name for name in reversed(names) if name not in around]
    return bool(outermost) and outermost[0] in away


def private_keys(configurations: Iterable[ConfigurationDeclaration]) -> set[str]:
    """The names of variables that belong to one resource."""
    resources = [resource for each in configurations for resource in each.resources]
    return {key for resource in resources for block in resource.variables for key in _keys(block)}


def check(configuration: ConfigurationDeclaration) -> Iterator[Diagnostic]:
    """Several resources have names, each its own."""
    if len(configuration.resources) < 2:
        return
    first: dict[str, tree.Name] = {}
    for resource in configuration.resources:
        if resource.name is None:
            yield UNNAMED_RESOURCE.at(resource.span)
            continue
        known = first.setdefault(resource.name.key, resource.name)
        if known is not resource.name:
            finding = DUPLICATE_RESOURCE.at(resource.name.span, name=resource.name.text)
            yield finding.also(known.span, "first declared here")
