"""Where a thing is declared, and everywhere it is used.

Methods and properties of one name that stand for each other (in a block, in what extends it, in the interface that it
implements) count as one thing.
"""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.language_service.program import Program
from iec61131.semantics.scopes import InterfaceSymbol, PouSymbol, PropertySymbol
from iec61131.semantics.uses import Meaning, Use, declared_at
from iec61131.source import SourceFile, Span


def definition(program: Program, file: SourceFile, offset: int) -> Span | None:
    """The name in the declaration of what is used at `offset`; it may lie in the standard library."""
    use = program.use_at(file, offset)
    return declared_at(use.meaning) if use is not None else None


def references(program: Program, file: SourceFile, offset: int) -> list[Use]:
    """Every use, in the program's own files, of what is used at `offset`."""
    use = program.use_at(file, offset)
    if use is None:
        return []
    own = set(program.files)
    uses = program.analysis.understood.uses
    declaration = declared_at(use.meaning)
    if declaration is None:  # an elementary type, a standard function
        found = [other for other in uses if other.meaning == use.meaning]
    else:
        found = [other for span in _family(program, use.meaning, declaration) for other in uses.of(span)]
    found = [other for other in found if other.span.file in own]
    order = {file: number for number, file in enumerate(program.files)}
    return sorted(found, key=lambda other: (order[other.span.file], other.span.start))


def _family(program: Program, meaning: Meaning, declaration: Span) -> set[Span]:
    """Where `meaning` is declared, and everything that stands for it."""
    family = {declaration}
    if not isinstance(meaning, PouSymbol | PropertySymbol):
        return family
    pairs = list(_pairs(program, meaning.declaration.name.key))
    if not any(declaration in pair for pair in pairs):
        return family
    while grown := {span for pair in pairs if family & set(pair) for span in pair} - family:
        family |= grown
    return family


def _pairs(program: Program, key: str) -> Iterator[tuple[Span, Span]]:
    """Declarations of the member `key` of which one stands for the other."""
    for block in program.globals.pous.values():
        own = _declared_in(block, key)
        above = [*list(block.lineage())[1:], *(a for b in block.lineage() for i in b.interfaces for a in _ancestors(i))]
        nearest = next((span for b in block.lineage() if (span := _declared_in(b, key)) is not None), None)
        for other in above:
            span = _declared_in(other, key)
            if span is not None and nearest is not None:
                yield own or nearest, span
    for interface in program.globals.interfaces.values():
        own = _declared_in(interface, key)
        for base in _ancestors(interface):
            span = _declared_in(base, key)
            if own is not None and span is not None and base is not interface:
                yield own, span


def _declared_in(owner: PouSymbol | InterfaceSymbol, key: str) -> Span | None:
    found = owner.methods.get(key) or owner.properties.get(key)
    return found.declaration.name.span if found is not None else None


def _ancestors(interface: InterfaceSymbol) -> Iterator[InterfaceSymbol]:
    yield interface
    for base in interface.extends:
        yield from _ancestors(base)
