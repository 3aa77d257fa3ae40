"""A POU whose own variables have changed, declared again in place.

Whatever other POUs refer to stays the object that it is: the POU, its instance, its inputs and outputs. The instance
may have another size, and with it those around it; `layout` places all of them anew anyhow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from iec61131.semantics import references
from iec61131.semantics.here import Here, Shared
from iec61131.semantics.interfaces import Interface, place_members
from iec61131.semantics.model import Pou, Storage, Variable
from iec61131.semantics.scopes import Failed, PouSymbol
from iec61131.semantics.starting import Starting
from iec61131.semantics.type_facts import TypeFacts
from iec61131.semantics.type_specs import TypeSpecs
from iec61131.semantics.types import ArrayType, BlockType, StructType, Type
from iec61131.semantics.variants import is_open
from iec61131.source import SourceFile
from iec61131.syntax.tree import VarKind


class Redeclaring:
    """`types` are all types with a name, each after those that it holds; `bodies` all POUs with a body."""

    def __init__(self, shared: Shared, starting: Starting, types: Iterable[Type]) -> None:
        self._shared = shared
        self._starting = starting
        self._types = types

    def declare(
        self, symbol: PouSymbol, gone: Mapping[Pou, Collection[str]], bodies: Iterable[PouSymbol]
    ) -> Interface | None:
        """The interface of `symbol`, whose declaration is the new one, and of its members; `gone` has the keys of their
        variables that are not there any more, or are something else. None when more than this POU has to be looked at
        anew; then the program is of no use any more.
        """
        everything = [symbol, *symbol.members()]
        if not self._stands_alone(symbol, everything, bodies):
            return None
        before = {(one.pou, key): v for one in everything for key, v in _own_variables(one) if key not in gone[one.pou]}
        for variable in before.values():
            if variable.storage is Storage.STACK:  # where references led to it
                variable.storage = Storage.FRAME
        for one in everything:
            _forget(one)
        self._shared.facts = TypeFacts()
        interface = self._interface(symbol, everything, before)
        if _hands_on(symbol):
            return None
        changed = [v for one in everything for key, v in _own_variables(one) if (one.pou, key) not in before]
        if any(one.running or one.edges for one in everything) or any(self._starting.starts(v.type) for v in changed):
            return None
        now = {(one.pou, key): v for one in everything for key, v in _own_variables(one)}
        if any(now.get(place) is not variable for place, variable in before.items()):
            return None
        if symbol.pou.instance is not None and not self._place_around(symbol, symbol.pou.instance):
            return None
        return interface

    def _interface(
        self, symbol: PouSymbol, everything: Iterable[PouSymbol], before: Mapping[tuple[Pou, str], Variable]
    ) -> Interface:
        self._shared.declared_before = dict(before)
        interface = Interface(self._shared, symbol)
        if symbol.pou.instance is not None:
            interface.declare_members()
        interface.declare_rest()
        for member in everything:
            if member is not symbol:
                interface.members[member].declare_rest()
        self._shared.declared_before = {}
        return interface

    def _stands_alone(self, symbol: PouSymbol, everything: Iterable[PouSymbol], bodies: Iterable[PouSymbol]) -> bool:
        """Whether nothing else is declared by what this POU is."""
        block = symbol.pou.instance
        if any(one.running or one.edges or one.chart is not None or is_open(one) for one in everything):
            return False
        if _hands_on(symbol):
            return False
        if block is None:
            return True
        holders = _Holders(block)
        around = (v for one in bodies for v in one.pou.variables if v.storage in (Storage.FRAME, Storage.STACK))
        if any(holders.holds(v.type) for v in around) or any(b.base is block for b in self._shared.block_symbols):
            return False
        return not any(holders.holds(type_) for type_ in self._named_by(symbol))

    def _named_by(self, symbol: PouSymbol) -> Iterable[Type]:
        """The types that its declarations mention as parts."""
        for block in symbol.declaration.variables:
            for reference in (r for one in block.variables for r in references.of_variable(one)):
                found = self._find(symbol, reference) if not reference.is_target else None
                if found is not None:
                    yield found

    def _find(self, symbol: PouSymbol, reference: references.Reference) -> Type | None:
        found = symbol.scope.globals.find_type(reference.key)
        return found.pou.instance if isinstance(found, PouSymbol) else found.type if found is not None else None

    def _place_around(self, symbol: PouSymbol, block: BlockType) -> bool:
        """Give the instances that hold one of `block` their size. A STRUCT that holds one has its size for good."""
        holders = _Holders(block)
        specs = TypeSpecs(Here(self._shared, symbol.scope))
        for type_ in self._types:
            if type_ is block or not holders.holds(type_):
                continue
            if not isinstance(type_, BlockType):
                return False
            inherited = type_.base.members if type_.base is not None else {}
            place_members(type_, [m for m in type_.members.values() if inherited.get(m.key) is not m])
            specs.check_size(type_, symbol.declaration.name.span)
        return True


class _Holders:
    """Which types hold an instance of a block, itself among them."""

    def __init__(self, block: BlockType) -> None:
        self._known: dict[Type, bool] = {block: True}

    def holds(self, type_: Type) -> bool:
        known = self._known.get(type_)
        if known is None:
            known = self._known[type_] = self._look(type_)
        return known

    def _look(self, type_: Type) -> bool:
        match type_:
            case ArrayType():
                return self.holds(type_.element)
            case StructType():
                return any(self.holds(part.type) for part in type_.fields.values())
            case BlockType():
                return any(self.holds(member.type) for member in type_.members.values())
            case _:
                return False


def _own_variables(symbol: PouSymbol) -> Iterable[tuple[str, Variable]]:
    for key, variable in symbol.scope.variables.items():
        if not isinstance(variable, Failed) and variable.kind is not VarKind.GLOBAL:
            yield key, variable


def _hands_on(symbol: PouSymbol) -> bool:
    """Whether actions are called with variables of the block, which exist only while it runs."""
    passing = (Storage.FRAME, Storage.STACK, Storage.REFERENCE)
    return bool(symbol.actions) and any(kept.storage in passing for kept in symbol.pou.variables)


def _forget(symbol: PouSymbol) -> None:
    """What the declaration said."""
    scope, block = symbol.scope, symbol.pou.instance
    for names in (scope.variables, scope.enumerators, scope.external, scope.read_only, symbol.failed, symbol.optional):
        names.clear()
    symbol.pou.variables = ()
    if block is not None and symbol.owner is None:
        block.members.clear()


def are_mentioned(names: Collection[str], files: Iterable[SourceFile]) -> bool:
    """Whether something looks at one of these variables from outside, with a point before its name."""
    if not names:
        return False
    pattern = re.compile(rf"\.\s*(?:{'|'.join(map(re.escape, sorted(names)))})\b", re.IGNORECASE)
    return any(pattern.search(file.text) for file in files)


_SIZES = re.compile(r"\bX?SIZEOF\b", re.IGNORECASE)


def sizes_are_asked(files: Iterable[SourceFile]) -> bool:
    """Whether a size may be part of what is known anywhere."""
    return any(_SIZES.search(file.text) for file in files)
