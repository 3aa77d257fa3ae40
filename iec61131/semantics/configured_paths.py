"""Paths in a configuration, from the outside: an instance of a program or a global variable, and what lies in it, as in
`Main.pumps[1].start`.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from iec61131.diagnostics.catalogue import configuration
from iec61131.semantics.expressions import Expressions
from iec61131.semantics.findings import listed
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.model import (
    ConstantExpression,
    ElementPlace,
    FieldPlace,
    InstanceMemberPlace,
    Place,
    Variable,
    VariablePlace,
)
from iec61131.semantics.scopes import Globals
from iec61131.semantics.types import LINT, ArrayType, BlockType, Field, StructType
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.tree import PouKind


class ConfiguredPaths:
    """`sees_located`: also what lies at an address, and so in no instance."""

    def __init__(self, shared: Shared, globals_: Globals, *, sees_located: bool = False) -> None:
        self._shared = shared
        self._findings = shared.findings
        self._globals = globals_
        self._sees_located = sees_located

    def place(self, here: Here, path: tree.Expression, around: AbstractSet[str] = frozenset()) -> Place | None:
        """The variable at a path, or None after a finding. `around`: keys of names that may stand in front and mean
        nothing, unless they are something else too.
        """
        while (first := _first_name(path)) is not None and first.key in around and self.root(first) is None:
            if isinstance(path, tree.NameExpression):
                break
            path = _without_first(path)
        return self._place(here, path, None)

    def inside(self, here: Here, outer: Place, path: tree.Expression) -> Place | None:
        """The variable at a path that begins in `outer`, or None after a finding."""
        return self._place(here, path, outer)

    def _place(self, here: Here, expression: tree.Expression, outer: Place | None) -> Place | None:
        match expression:
            case tree.NameExpression(name=name) if outer is not None:
                return self._part(here, outer, name, expression.span)
            case tree.NameExpression(name=name):
                root = self.root(name)
                if root is not None:
                    here.note(name.span, root)
                    return VariablePlace(root, expression.span)
                known = [instance.name for instance in self._shared.instances]
                self._unknown(name, known)
            case tree.MemberAccess(base=base, name=name):
                inside = self._place(here, base, outer)
                return self._part(here, inside, name, expression.span) if inside is not None else None
            case tree.IndexAccess(base=base, indices=indices):
                array = self._place(here, base, outer)
                numbers = [Expressions(here).whole_number(index) for index in indices]
                return self._element(array, numbers, expression.span) if array is not None else None
            case _:
                self._no_path(expression.span)
        return None

    def root(self, name: tree.Name) -> Variable | None:
        """A program instance, by its name or by that of its PROGRAM, or a global variable."""
        named = [instance for instance in self._shared.instances if instance.key == name.key]
        if named:
            return named[0]
        symbol = self._globals.find_pou(name.key)
        if symbol is not None and symbol.kind is PouKind.PROGRAM:
            return self._shared.program_instance(symbol.pou)
        found = self._globals.find_variable(name.key)
        return found.variable if found is not None and isinstance(found.variable, Variable) else None

    def _part(self, here: Here, place: Place, name: tree.Name, span: Span) -> Place | None:
        type_, known = place.type, list[str]()
        match type_:
            case BlockType():
                member = type_.members.get(type_.key_of(name.key))
                if member is not None:
                    here.note(name.span, member)
                    return InstanceMemberPlace(place, member, span)
                located = self._located_in(type_, name.key) if self._sees_located else None
                if located is not None:
                    here.note(name.span, located)
                    return VariablePlace(located, span)
                known = [m.name for m in type_.members.values() if "$" not in m.name]
            case StructType():
                part = type_.fields.get(name.key)
                if part is not None:
                    here.note(name.span, part)
                    return FieldPlace(place, part, span)
                known = [field.name for field in type_.fields.values()]
            case _:
                pass
        if not (isinstance(type_, BlockType | StructType) and name.key in self._shared.failed_members.get(type_, ())):
            self._unknown(name, known)
        return None

    def _located_in(self, block: BlockType, key: str) -> Variable | None:
        symbol = self._shared.block_symbols.get(block)
        found = symbol.scope.find_own(key) if symbol is not None else None
        return found if isinstance(found, Variable) and found.address is not None else None

    def _element(self, place: Place, numbers: list[int | None], span: Span) -> Place | None:
        array = place.type
        indices = [number for number in numbers if number is not None]
        if len(indices) < len(numbers):
            return None
        ranges = array.ranges if isinstance(array, ArrayType) else ()
        pairs = list(zip(indices, ranges, strict=False))
        is_inside = len(ranges) == len(indices) and all(low <= index <= high for index, (low, high) in pairs)
        if not isinstance(array, ArrayType) or not is_inside:
            self._no_path(span)
            return None
        nodes = tuple(ConstantExpression(index, LINT, span) for index in indices)
        return ElementPlace(place, nodes, array.element, span)

    def _unknown(self, name: tree.Name, known: list[str]) -> None:
        finding = configuration.CONFIGURED_PATH.at(name.span, name=name.text, known=listed(known))
        self._findings.add_near(finding, name.text, known)

    def _no_path(self, span: Span) -> None:
        self._findings.add(configuration.CONFIGURED_PATH.at(span, name=span.text, known="none"))


def names_around(configurations: Iterable[tree.ConfigurationDeclaration]) -> frozenset[str]:
    """The keys of what may stand in front of a path and adds nothing to it."""
    outer = [name for each in configurations for name in (each.name, *(r.name for r in each.resources))]
    return frozenset(name.key for name in outer if name is not None)


def declared_at(place: Place) -> Variable | Field | None:
    """The variable or field that a path ends at, if it is one."""
    match place:
        case VariablePlace(variable=variable):
            return variable
        case InstanceMemberPlace(member=member):
            return member
        case FieldPlace(field=field):
            return field
        case _:
            return None


def _first_name(expression: tree.Expression) -> tree.Name | None:
    while isinstance(expression, tree.MemberAccess | tree.IndexAccess):
        expression = expression.base
    return expression.name if isinstance(expression, tree.NameExpression) else None


def _without_first(expression: tree.Expression) -> tree.Expression:
    """A path without the RESOURCE or CONFIGURATION that it begins with."""
    match expression:
        case tree.MemberAccess(base=tree.NameExpression(), name=name):
            return tree.NameExpression(name, expression.span)
        case tree.MemberAccess(base=base, name=name):
            return tree.MemberAccess(_without_first(base), name, expression.span)
        case tree.IndexAccess(base=base):
            return replace(expression, base=_without_first(base))
        case _:
            return expression
