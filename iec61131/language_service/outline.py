"""What a file declares, as a tree of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

from iec61131.language_service.describe import one_line
from iec61131.source import Span
from iec61131.syntax import tree


class Kind(Enum):
    PROGRAM = "program"
    FUNCTION = "function"
    BLOCK = "function block"
    INTERFACE = "interface"
    METHOD = "method"
    ACTION = "action"
    PROPERTY = "property"
    TYPE = "type"
    STRUCT = "struct"
    ENUMERATION = "enumeration"
    ENUMERATOR = "enumerator"
    VARIABLE = "variable"
    CONSTANT = "constant"
    FIELD = "field"
    CONFIGURATION = "configuration"
    RESOURCE = "resource"
    TASK = "task"
    NAMESPACE = "namespace"
    SUITE = "test suite"
    TEST = "test"


class Entry(Struct, frozen=True):
    """`name` is where the name stands, `whole` what is declared. `detail`: its type, where it has one."""

    kind: Kind
    text: str
    name: Span
    whole: Span
    detail: str = ""
    children: tuple[Entry, ...] = ()


_POUS = {
    tree.PouKind.PROGRAM: Kind.PROGRAM,
    tree.PouKind.FUNCTION: Kind.FUNCTION,
    tree.PouKind.FUNCTION_BLOCK: Kind.BLOCK,
    tree.PouKind.CLASS: Kind.BLOCK,
}


def outline(unit: tree.Unit) -> list[Entry]:
    return [entry for declaration in unit.declarations for entry in _declaration(declaration)]


def _declaration(declaration: tree.Declaration) -> Iterator[Entry]:
    match declaration:
        case tree.PouDeclaration():
            detail = one_line(declaration.result.span) if declaration.result is not None else ""
            inside = (*_blocks(declaration.variables), *_members(declaration))
            kind = _POUS.get(declaration.kind, Kind.BLOCK)
            yield _entry(kind, declaration.name, declaration.span, detail, inside)
        case tree.InterfaceDeclaration():
            inside = (*map(_method, declaration.methods), *map(_property, declaration.properties))
            yield _entry(Kind.INTERFACE, declaration.name, declaration.span, "", inside)
        case tree.TypeDeclaration():
            yield _type(declaration)
        case tree.GlobalDeclaration():
            yield from _blocks((declaration.block,))
        case tree.ConfigurationDeclaration():
            inside = (*_blocks(declaration.variables), *(e for r in declaration.resources for e in _resource(r)))
            yield _entry(Kind.CONFIGURATION, declaration.name, declaration.span, "", inside)
        case tree.NamespaceDeclaration():
            inside = tuple(entry for inner in declaration.declarations for entry in _declaration(inner))
            yield _entry(Kind.NAMESPACE, declaration.names[-1], declaration.span, "", inside)
        case tree.TestSuite():
            parts = (declaration.setup, declaration.teardown, *declaration.tests)
            tests = (_test(part) for part in parts if part is not None)
            inside = (*_blocks(declaration.variables), *tests, *map(_method, declaration.methods))
            yield _entry(Kind.SUITE, declaration.name, declaration.span, "", inside)


def _test(part: tree.TestPart) -> Entry:
    return _entry(Kind.TEST, part.name, part.span, "", tuple(_blocks(part.variables)))


def _entry(kind: Kind, name: tree.Name, whole: Span, detail: str = "", children: Iterable[Entry] = ()) -> Entry:
    """Editors refuse a name outside of what is declared, as of a method that stands behind its block."""
    is_inside = whole.start <= name.span.start and name.span.end <= whole.end
    return Entry(kind, name.text, name.span, whole if is_inside else name.span, detail, tuple(children))


def _blocks(blocks: Iterable[tree.VarBlock]) -> Iterator[Entry]:
    for block in blocks:
        kind = Kind.CONSTANT if tree.Qualifier.CONSTANT in block.qualifiers else Kind.VARIABLE
        for declaration in block.variables:
            yield from _variables(kind, declaration)


def _variables(kind: Kind, declaration: tree.VarDeclaration) -> Iterator[Entry]:
    for name in declaration.names:
        yield _entry(kind, name, declaration.span, one_line(declaration.type.span))


def _members(pou: tree.PouDeclaration) -> Iterator[Entry]:
    yield from map(_method, pou.methods)
    yield from map(_property, pou.properties)
    yield from (_entry(Kind.ACTION, action.name, action.span) for action in pou.actions)


def _method(method: tree.MethodDeclaration) -> Entry:
    detail = one_line(method.result.span) if method.result is not None else ""
    return _entry(Kind.METHOD, method.name, method.span, detail, _blocks(method.variables))


def _property(declared: tree.PropertyDeclaration) -> Entry:
    return _entry(Kind.PROPERTY, declared.name, declared.span, one_line(declared.type.span))


def _type(declaration: tree.TypeDeclaration) -> Entry:
    match declaration.spec:
        case tree.StructSpec() | tree.UnionSpec():
            fields = (entry for field in declaration.spec.fields for entry in _variables(Kind.FIELD, field))
            return _entry(Kind.STRUCT, declaration.name, declaration.span, "", fields)
        case tree.EnumSpec():
            members = (_entry(Kind.ENUMERATOR, m.name, m.span) for m in declaration.spec.members)
            return _entry(Kind.ENUMERATION, declaration.name, declaration.span, "", members)
        case spec:
            return _entry(Kind.TYPE, declaration.name, declaration.span, one_line(spec.span))


def _resource(resource: tree.ResourceDeclaration) -> Iterator[Entry]:
    inside = [*_blocks(resource.variables)]
    inside += [_entry(Kind.TASK, task.name, task.span) for task in resource.tasks]
    inside += [_entry(Kind.VARIABLE, p.name, p.span, p.type_name.text) for p in resource.programs]
    if resource.name is None:
        yield from inside
    else:
        yield _entry(Kind.RESOURCE, resource.name, resource.span, "", inside)
