"""What is somewhere inside a type: instances, BOOLs, retained members.

A type may contain another one many times over (a STRUCT of two STRUCTs of two STRUCTs ..), so every answer is kept. A
`TypeFacts` lives as long as one run of the compiler.
"""

from __future__ import annotations

from collections.abc import Callable

from iec61131.semantics.model import Variable
from iec61131.semantics.types import BOOL, ArrayType, BlockType, InterfaceType, StructType, Type


class TypeFacts:
    def __init__(self) -> None:
        self._known: dict[tuple[str, Type], bool] = {}
        self._depth: dict[Type, int] = {}

    def depth(self, type_: Type) -> int:
        """How many levels of arrays, STRUCTs and instances it has. An elementary type has none."""
        known = self._depth.get(type_)
        if known is None:
            known = self._depth[type_] = 1 + max(map(self.depth, _parts(type_)), default=-1)
        return known

    def holds_block(self, type_: Type) -> bool:
        """Whether it is or contains an instance of a block."""
        return self._find("block", type_, lambda t: isinstance(t, BlockType), lambda _: False)

    def members(self, type_: Type) -> set[Variable]:
        """The members of all instances that it is or contains."""
        if not self.holds_block(type_):
            return set()
        own = set(type_.members.values()) if isinstance(type_, BlockType) else set[Variable]()
        return own.union(*map(self.members, _parts(type_)))

    def holds_interface(self, type_: Type) -> bool:
        """Whether it is or contains a variable of an interface."""
        return self._find("interface", type_, lambda t: isinstance(t, InterfaceType), lambda _: False)

    def holds_bool(self, type_: Type) -> bool:
        return self._find("bool", type_, lambda t: t == BOOL, lambda _: False)

    def holds_retained(self, type_: Type) -> bool:
        """Whether an instance in it has a member that is retained of its own accord."""
        return self._find("retained", type_, lambda _: False, lambda m: m.retain or m.persistent)

    def holds_persistent(self, type_: Type) -> bool:
        """Whether an instance in it has a member that is persistent of its own accord."""
        return self._find("persistent", type_, lambda _: False, lambda m: m.persistent)

    def holds_non_retained(self, type_: Type) -> bool:
        """Whether an instance in it has a member that says NON_RETAIN."""
        return self._find("non_retained", type_, lambda _: False, lambda m: m.non_retain)

    def _find(
        self, fact: str, type_: Type, is_it: Callable[[Type], bool], is_member: Callable[[Variable], bool]
    ) -> bool:
        known = self._known.get((fact, type_))
        if known is None:
            known = self._known[fact, type_] = is_it(type_) or self._find_inside(fact, type_, is_it, is_member)
        return known

    def _find_inside(
        self, fact: str, type_: Type, is_it: Callable[[Type], bool], is_member: Callable[[Variable], bool]
    ) -> bool:
        if isinstance(type_, BlockType) and any(is_member(m) for m in type_.members.values()):
            return True
        return any(self._find(fact, part, is_it, is_member) for part in _parts(type_))


def _parts(type_: Type) -> list[Type]:
    match type_:
        case ArrayType():
            return [type_.element]
        case StructType():
            return [field.type for field in type_.fields.values()]
        case BlockType():
            return [member.type for member in type_.members.values()]
        case _:
            return []
