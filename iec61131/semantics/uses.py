"""What each name in the sources means, noted while it is resolved.

An editor asks for it; the compiler does not, and then nothing is noted (`Shared.uses` is None). Names that could not be
resolved are not here: they have had their finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from iec61131.semantics.model import Variable
from iec61131.semantics.scopes import Enumerator, InterfaceSymbol, PouSymbol, PropertySymbol, TypeSymbol
from iec61131.semantics.types import Elementary, Field
from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import TaskDeclaration


class GlobalList(Struct, frozen=True):
    """A list of global variables, `span` where it was first named."""

    name: str
    span: Span


class StandardFunction(Struct, frozen=True):
    """One that the executors know: a key of STANDARD_FUNCTIONS, CONVERSIONS, PLACE_FUNCTIONS or OBJECT_FUNCTIONS."""

    name: str


Meaning = (
    Variable
    | Field
    | Enumerator
    | TypeSymbol
    | PouSymbol
    | InterfaceSymbol
    | PropertySymbol
    | GlobalList
    | TaskDeclaration
    | Elementary
    | StandardFunction
)


class Use(Struct, frozen=True):
    span: Span
    meaning: Meaning

    @property
    def is_declaration(self) -> bool:
        return declared_at(self.meaning) == self.span


class Uses(Struct, eq=False):
    """By file, and in it by start and end. What was noted first about a place stays: a FUNCTION and its result have one
    name, and the FUNCTION comes first.
    """

    _by_file: dict[SourceFile, dict[tuple[int, int], Use]] = field(
        default_factory=dict[SourceFile, "dict[tuple[int, int], Use]"]
    )

    def note(self, span: Span, meaning: Meaning) -> None:
        """Of a name with namespaces before it, `span` may cover all of them: the last one is what has the meaning."""
        span = last_name(span)
        self._by_file.setdefault(span.file, {}).setdefault((span.start, span.end), Use(span, meaning))

    def at(self, file: SourceFile, offset: int) -> Use | None:
        """The name that the character at `offset` is in, else the one that ends there."""
        touching = [use for use in self._by_file.get(file, {}).values() if use.span.start <= offset <= use.span.end]
        return max(touching, key=lambda use: use.span.start, default=None)

    def of(self, declaration: Span) -> Iterator[Use]:
        """Every use of what is declared at `declaration`, the declaration among them."""
        for uses in self._by_file.values():
            yield from (use for use in uses.values() if declared_at(use.meaning) == declaration)

    def __iter__(self) -> Iterator[Use]:
        for uses in self._by_file.values():
            yield from uses.values()


def last_name(span: Span) -> Span:
    """Of `Pumps.Motor` what stands behind the last point."""
    text = span.text
    if "." not in text:
        return span
    return Span(span.file, span.end - len(text.rpartition(".")[2].lstrip()), span.end)


def declared_at(meaning: Meaning) -> Span | None:
    """Where the name is declared, which also tells one thing from another; None for what no source declares."""
    match meaning:
        case Variable():
            declared = meaning.edge_of or meaning  # the body of a block sees the edge in place of the input
            return None if declared.name.startswith("%") else declared.span
        case Field() | Enumerator() | GlobalList():
            return meaning.span
        case TypeSymbol() | PouSymbol() | InterfaceSymbol() | PropertySymbol():
            return meaning.declaration.name.span
        case TaskDeclaration():
            return meaning.name.span
        case Elementary() | StandardFunction():
            return None
