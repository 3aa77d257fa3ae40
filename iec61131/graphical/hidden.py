"""The variables that a drawing needs and nobody has declared. Their names hold a `$`: nobody can write them, and nobody
is shown them.

What a contact or coil for edges remembers is a variable of the POU and keeps its name from version to version, by the
variable that it is about: a program that takes over while the other runs sees no edge that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from iec61131.diagnostics.catalogue.graphical import NO_MEMORY
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span
from iec61131.syntax.tree import (
    Edge,
    Expression,
    LinkValue,
    Name,
    NamedType,
    NameExpression,
    StringSpec,
    TypeOf,
    TypeSpec,
    VarBlock,
    VarDeclaration,
    VarKind,
)

_TRIGGERS = {Edge.RISING: "R_TRIG", Edge.FALLING: "F_TRIG"}


class Hidden:
    """Of one POU: its body and its actions and transitions draw from the same. `own` are its sections; `forgets` says
    that nothing in it lasts from call to call, as in a FUNCTION.
    """

    def __init__(self, own: Iterable[VarBlock], report: Callable[[Diagnostic], None], forgets: bool) -> None:
        self._declared: list[VarDeclaration] = []
        self._numbers: dict[str, int] = {}
        self._forgets = forgets
        self._links = 0
        self._own = {name.key: each.type for block in own for each in block.variables for name in each.names}
        self._report = report

    def trigger(self, edge: Edge, about: str, span: Span) -> Name:
        """An instance of R_TRIG or F_TRIG."""
        block = _TRIGGERS[edge]
        return self._declare(f"{about}${block}", NamedType(Name(block, span), span), "an edge", span)

    def fed_back(self, about: str, candidates: tuple[Expression, ...], span: Span) -> Name:
        """What a wire that leads back carries from one evaluation to the next. `candidates` have its type."""
        return self._declare(f"{about}$feedback", self._type_of(candidates, span), "a wire that leads back", span)

    def link(self, span: Span) -> LinkValue:
        """A name for what a wire carries: no other drawing of the POU has it, so each has a type of its own."""
        self._links += 1
        return LinkValue(Name(f"link {self._links}", span), span)

    def declared_type(self, instance: Expression) -> Name | None:
        """The type that the POU gives a variable of its own, by name; None for all else."""
        written = self._own.get(instance.name.key) if isinstance(instance, NameExpression) else None
        return written.name if isinstance(written, NamedType) else None

    def _type_of(self, candidates: tuple[Expression, ...], span: Span) -> TypeSpec:
        """Of variables of the POU the type as it is written, because those of some sections are resolved later."""
        first = candidates[0] if candidates else None
        written = self._own.get(first.name.key) if isinstance(first, NameExpression) else None
        return written if isinstance(written, NamedType | StringSpec) else TypeOf(candidates, span)

    def _declare(self, wanted: str, spec: TypeSpec, what: str, span: Span) -> Name:
        if self._forgets:
            self._report(NO_MEMORY.at(span, what=what))
        name = Name(self._unique(wanted), span)
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
