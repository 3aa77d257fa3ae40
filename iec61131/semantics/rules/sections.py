"""Which sections a POU may have, and which qualifiers a section.

Accepted                                   Rejected
    FUNCTION f : INT                           FUNCTION f : INT
    VAR n : INT; END_VAR                       VAR RETAIN n : INT; END_VAR

Why: a FUNCTION keeps nothing from call to call, so there is nothing to retain; what is passed by reference lives
elsewhere; a constant needs no retaining.
"""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.diagnostics.catalogue import declarations, expressions
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import Span
from iec61131.syntax.tree import PouKind, Qualifier, VarBlock, VarKind

_IN_A_POU = {VarKind.LOCAL, VarKind.INPUT, VarKind.OUTPUT, VarKind.IN_OUT, VarKind.TEMP, VarKind.EXTERNAL, VarKind.STAT}
_RETAINING = {Qualifier.RETAIN, Qualifier.NON_RETAIN, Qualifier.PERSISTENT}
_KEEPS = {VarKind.LOCAL, VarKind.INPUT, VarKind.OUTPUT, VarKind.GLOBAL}
_MAY_BE_CONSTANT = {VarKind.LOCAL, VarKind.INPUT, VarKind.IN_OUT, VarKind.EXTERNAL, VarKind.GLOBAL}


def check(block: VarBlock, pou: PouKind | None, *, is_strict: bool) -> Iterator[Diagnostic]:
    """Findings about the heading of one section. `pou` None: a VAR_GLOBAL of a file, configuration or resource."""
    heading = Span(block.span.file, block.span.start, block.span.start + len(block.kind.value))
    is_allowed = block.kind in _IN_A_POU or (block.kind is VarKind.INST and pou is PouKind.METHOD)
    if pou is not None and not is_allowed:
        yield declarations.SECTION_NOT_ALLOWED.at(heading, section=block.kind.value, where=f"a {pou.value}")
    elif pou is None and block.kind not in (VarKind.GLOBAL, VarKind.CONFIG, VarKind.ACCESS):
        yield declarations.SECTION_NOT_ALLOWED.at(heading, section=block.kind.value, where="a configuration")
    for qualifier in sorted(block.qualifiers, key=lambda q: q.value):
        reason = _refusal(block, qualifier, pou)
        if reason is not None:
            finding = declarations.QUALIFIER_NOT_ALLOWED
            yield finding.at(heading, qualifier=qualifier.value, section=block.kind.value, reason=reason)
    if is_strict and Qualifier.PERSISTENT in block.qualifiers:
        yield expressions.EXTENSION.at(heading, what="PERSISTENT")


def _refusal(block: VarBlock, qualifier: Qualifier, pou: PouKind | None) -> str | None:
    if qualifier is Qualifier.CONSTANT:
        return (
            None if block.kind in _MAY_BE_CONSTANT else "only what has its value from the declaration can be constant"
        )
    if pou is PouKind.FUNCTION:
        return "a FUNCTION keeps nothing from call to call"
    if block.kind not in _KEEPS:
        return "its variables do not live here from scan to scan"
    if Qualifier.CONSTANT in block.qualifiers:
        return "a constant has its value from the program"
    if qualifier is Qualifier.NON_RETAIN and block.qualifiers & (_RETAINING - {qualifier}):
        return "the section is retained at the same time"
    return None
