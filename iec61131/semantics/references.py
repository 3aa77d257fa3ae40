"""Which global names a declaration mentions, read off the tree before anything is resolved.

This decides the order in which declarations are resolved. It may name too much, never too little: a name that turns
out to mean something local only costs an edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from iec61131.syntax import tree


class Reference(Struct, frozen=True):
    """A name as it is compared. `is_type`: it stands where a type must stand. `member`: what follows it behind a point,
    as in `Colour.Red`. `is_target`: behind POINTER TO and the like, where the type need not be known yet.
    """

    key: str
    is_type: bool
    member: str = ""
    is_target: bool = False

    @property
    def is_before_point(self) -> bool:
        return bool(self.member)


def of_variable(declaration: tree.VarDeclaration) -> Iterator[Reference]:
    yield from of_type(declaration.type)
    for given in declaration.arguments:
        yield from of_expressions(argument.value for argument in given if argument.value is not None)
    if declaration.initial is not None:
        yield from of_initial(declaration.initial)


def types_of(declaration: tree.Declaration) -> Iterator[str]:
    """Keys of the types that a declaration names, with what belongs to it; with what stands before a point there."""
    work: list[Iterable[Reference]] = []
    match declaration:
        case tree.PouDeclaration():
            specs = (declaration.result, declaration.extends, *declaration.implements)
            work = [of_type(spec) for spec in specs if spec is not None]
            work += [of_variable(v) for block in declaration.variables for v in block.variables]
            work += _of_members(declaration)
        case tree.InterfaceDeclaration():
            work = [*(of_type(base) for base in declaration.extends), *_of_members(declaration)]
        case tree.TypeDeclaration():
            work = [of_type(spec) for spec in (declaration.spec, declaration.extends) if spec is not None]
        case tree.GlobalDeclaration():
            work = [of_variable(variable) for variable in declaration.block.variables]
        case tree.ConfigurationDeclaration():
            blocks = [*declaration.variables, *(block for each in declaration.resources for block in each.variables)]
            work = [of_variable(v) for block in blocks for v in block.variables]
        case tree.NamespaceDeclaration():
            for inside in declaration.declarations:
                yield from types_of(inside)
        case tree.TestSuite():  # not in a program, which it is never a part of
            pass
    yield from (reference.key for found in work for reference in found if reference.is_type)


def _of_members(declaration: tree.PouDeclaration | tree.InterfaceDeclaration) -> Iterator[Iterable[Reference]]:
    for method in declaration.methods:
        if method.result is not None:
            yield of_type(method.result)
        yield from (of_variable(v) for block in method.variables for v in block.variables)
    for each in declaration.properties:
        yield of_type(each.type)
        for accessor in (each.getter, each.setter):
            if accessor is not None:
                yield from (of_variable(v) for block in accessor.variables for v in block.variables)


def of_type(spec: tree.TypeSpec) -> Iterator[Reference]:
    match spec:
        case tree.NamedType():
            yield Reference(full_name(spec).key, is_type=True)
        case tree.SubrangeSpec():
            yield Reference(full_name(spec).key, is_type=True)
            yield from of_expressions((spec.low, spec.high))
        case tree.ArraySpec():
            for bounds in spec.ranges:
                yield from of_expressions(bounds or ())
            yield from of_type(spec.element)
        case tree.StructSpec() | tree.UnionSpec():
            for field in spec.fields:
                yield from of_variable(field)
        case tree.PointerSpec() | tree.ReferenceSpec() | tree.RefToSpec():
            for reference in of_type(spec.target):
                yield replace(reference, is_target=True)
        case tree.EnumSpec():
            yield from of_expressions(member.value for member in spec.members if member.value is not None)
        case tree.StringSpec():
            yield from of_expressions((spec.length,) if spec.length is not None else ())
        case tree.TypeOf():
            yield from of_expressions(spec.candidates)


def of_initial(initial: tree.Initial) -> Iterator[Reference]:
    match initial:
        case tree.ArrayInitial():
            for count, value in initial.items:
                if count is not None:
                    yield from of_expressions((count,))
                if value is not None:
                    yield from of_initial(value)
        case tree.StructInitial():
            for _, value in initial.fields:
                yield from of_initial(value)
        case _:
            yield from of_expressions((initial,))


def of_expressions(expressions: Iterable[tree.Expression]) -> Iterator[Reference]:
    work = list(expressions)
    while work:
        expression = work.pop()
        match expression:
            case tree.NameExpression():
                yield Reference(expression.name.key, is_type=False)
            case tree.QualifiedEnum():
                yield Reference(full_name(expression).key, is_type=True)
            case tree.MemberAccess():
                chain = names_of(expression)
                if chain is None:
                    work.append(expression.base)
                    continue
                for length in range(1, len(chain) + 1):  # Colour.Red, or Pumps.Colour.Red with a namespace
                    key = ".".join(name.key for name in chain[:length])
                    member = chain[length].key if length < len(chain) else ""
                    yield Reference(key, is_type=True)
                    yield Reference(key, is_type=False, member=member)
            case tree.IntegerLiteral() | tree.RealLiteral():
                if expression.prefix is not None:
                    yield Reference(expression.prefix.key, is_type=True)
            case tree.BitAccess() | tree.PartAccess() | tree.Dereference():
                work.append(expression.base)
            case tree.IndexAccess():
                work.extend((expression.base, *expression.indices))
            case tree.Unary():
                work.append(expression.operand)
            case tree.Binary():
                work.extend((expression.left, expression.right))
            case tree.Call():
                yield from _measured(expression)
                work.extend(argument.value for argument in expression.arguments if argument.value is not None)
            case tree.ListValue():
                yield from of_initial(expression.list)
            case tree.BoolLiteral() | tree.DurationLiteral() | tree.DateLiteral() | tree.StringLiteral():
                pass
            case tree.LinkValue():
                pass
            case tree.DirectAddress():
                pass


def _measured(call: tree.Call) -> Iterator[Reference]:
    """The type in `SIZEOF(Type)`."""
    if isinstance(call.callee, tree.NameExpression) and call.callee.name.key == "SIZEOF":
        for argument in call.arguments:
            if isinstance(argument.value, tree.NameExpression):
                yield Reference(argument.value.name.key, is_type=True)


def names_of(expression: tree.Expression) -> list[tree.Name] | None:
    """The names in `a.b.c`, when there is nothing else in it."""
    names: list[tree.Name] = []
    while isinstance(expression, tree.MemberAccess):
        names.append(expression.name)
        expression = expression.base
    return [expression.name, *reversed(names)] if isinstance(expression, tree.NameExpression) else None


def full_name(spec: tree.NamedType | tree.SubrangeSpec | tree.QualifiedEnum) -> tree.Name:
    """The name of a type with the namespaces before it."""
    match spec:
        case tree.NamedType():
            name = spec.name
        case tree.SubrangeSpec():
            name = spec.base
        case tree.QualifiedEnum():
            name = spec.type_name
    if not spec.qualifier:
        return name
    return tree.Name(".".join(part.text for part in (*spec.qualifier, name)), spec.qualifier[0].span.to(name.span))


def enumerators(spec: tree.TypeSpec) -> Iterator[str]:
    """Keys of the enumerators that a type declares, however deep inside."""
    match spec:
        case tree.EnumSpec():
            yield from (member.name.key for member in spec.members)
        case tree.ArraySpec():
            yield from enumerators(spec.element)
        case tree.StructSpec() | tree.UnionSpec():
            for field in spec.fields:
                yield from enumerators(field.type)
        case _:
            pass
