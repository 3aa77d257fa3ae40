"""The variables that a drawing needs and nobody has declared. Their names hold a `$`: nobody can write them, and nobody
is shown them.

What a contact or coil for edges remembers is a variable of the POU and keeps its name from version to version, by the
variable that it is about: a program that takes over while the other runs sees no edge that is none.
"""

from __future__ import annotations

from iec61131.source import Span
from iec61131.syntax.tree import (
    Edge,
    Name,
    NamedType,
    VarBlock,
    VarDeclaration,
    VarKind,
)

_TRIGGERS = {Edge.RISING: "R_TRIG", Edge.FALLING: "F_TRIG"}


class Hidden:
    """Of one POU: its body and its actions and transitions draw from the same."""

    def __init__(self) -> None:
        self._declared: list[VarDeclaration] = []
        self._numbers: dict[str, int] = {}

    def trigger(self, edge: Edge, about: str, span: Span) -> Name:
        """An instance of R_TRIG or F_TRIG."""
        block = _TRIGGERS[edge]
        name = Name(self._unique(f"{about}${block}"), span)
        spec = NamedType(Name(block, span), span)
        self._declared.append(VarDeclaration((name,), None, spec, None, None, (), span))
        return name

    def sections(self, span: Span) -> tuple[VarBlock, ...]:
        """The sections that the POU needs besides its own."""
        if not self._declared:
            return ()
        return (VarBlock(VarKind.LOCAL, frozenset(), tuple(self._declared), span),)

    def _unique(self, name: str) -> str:
        number = self._numbers.get(name.upper(), 0) + 1
        self._numbers[name.upper()] = number
        return name if number == 1 else f"{name}${number}"
