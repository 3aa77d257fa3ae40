"""What the text of a module takes from the layout: where variables lie and how types are made up, as numbers that can
be compared from version to version.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from iec61131.semantics.model import (
    HeapCall,
    MemoryPlace,
    Pou,
    SignalOf,
    Statement,
    Storage,
    TargetPlace,
    ThisPlace,
    ValuePlace,
    Variable,
    VariablePlace,
)
from iec61131.semantics.types import ArrayType, BlockType, PointerType, StructType, Type
from iec61131.semantics.walk import inside

Place = tuple[int, int | None]
"""Offset and bit in the memory block."""


class Named(Struct, frozen=True):
    """What a body names."""

    types: tuple[Type, ...]
    variables: tuple[Variable, ...]
    refers: bool


class Placing(Struct):
    """`begin` before each version."""

    _numbers: dict[object, int] = field(default_factory=dict[object, int])
    _types: dict[Type, int] = field(default_factory=dict["Type", int])
    _bodies: dict[Pou, tuple[tuple[Statement, ...], Named]] = field(
        default_factory=dict["Pou", "tuple[tuple[Statement, ...], Named]"]
    )

    _memory: tuple[Variable, ...] = ()

    def begin(self, memory: tuple[Variable, ...]) -> None:
        self._types.clear()
        self._memory = memory

    def of_memory(self) -> object:
        """All that has an absolute place."""
        return self._of([], self._memory)

    def of_pou(self, pou: Pou) -> object:
        """How it is called: its variables and its instance."""
        own = [pou.instance] if pou.instance is not None else []
        return self._of([*own, *(variable.type for variable in pou.variables)], pou.variables)

    def of_body(self, pou: Pou) -> object:
        named = self._named(pou)
        return self._of(named.types, named.variables)

    def refers(self, pou: Pou) -> bool:
        """Whether its body computes with places in the memory block."""
        return self._named(pou).refers

    def _named(self, pou: Pou) -> Named:
        known = self._bodies.get(pou)
        if known is None or known[0] is not pou.body:
            known = self._bodies[pou] = pou.body, _named(pou.body)
        return known[1]

    def _of(self, types: Iterable[Type], variables: Iterable[Variable]) -> object:
        places = tuple((v.offset, v.bit) for v in variables if v.storage is not Storage.REFERENCE)
        return tuple(map(self._of_type, types)), places

    def _of_type(self, type_: Type) -> int:
        """The same number for what is made up in the same way."""
        known = self._types.get(type_)
        if known is None:
            said = self._made_up(type_)
            known = self._types[type_] = self._numbers.setdefault(said, len(self._numbers))
        return known

    def _made_up(self, type_: Type) -> object:
        match type_:
            case ArrayType():
                return type_.ranges, self._of_type(type_.element)
            case BlockType():
                members = tuple((m, m.offset, self._of_type(m.type)) for m in type_.members.values())
                return type_, type_.size, members
            case StructType():
                return type_, tuple(self._of_type(part.type) for part in type_.fields.values())
            case _:
                return type_


def _named(body: tuple[Statement, ...]) -> Named:
    types: dict[Type, None] = {}
    variables: dict[Variable, None] = {}
    refers = False
    for node in inside(body):
        match node:
            case VariablePlace(variable=variable) | MemoryPlace(variable=variable):
                variables[variable] = None
                types[variable.type] = None
            case ThisPlace() | ValuePlace():
                types[node.type] = None
            case TargetPlace():
                types[node.type] = None
                refers = True
            case HeapCall():
                if isinstance(node.type, PointerType) and node.type.target is not None:
                    types[node.type.target] = None
                refers = True
            case SignalOf():
                refers = True
            case _:
                pass
    return Named(tuple(types), tuple(variables), refers)
