"""What the tree has and this version gives no meaning to: one row each, and how a row is reported.

Whoever resolves the tree meets the node, reports the row with `report`, and goes on as after any other finding. To
support one, delete its row and give it a meaning where the row was used.
"""

from __future__ import annotations

from collections.abc import Iterator

from iec61131.diagnostics.catalogue.syntax import NOT_SUPPORTED
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.here import Here
from iec61131.source import Span
from iec61131.syntax import tree
from iec61131.syntax.limits import Limit

TYPE_ACCESS = Limit("PRIVATE or PROTECTED for a type", "write INTERNAL, or leave it out")
OPEN_MARKER = Limit("an address for a variable at %M*", "declare a global variable at that address, and use it")

# Types.
ARRAY_OF_ANY_LENGTH = Limit(
    "ARRAY[*] other than as VAR_IN_OUT or as an input or output of a FUNCTION or METHOD",
    "declare the bounds, for the largest array that is used",
)
VARIANTS = Limit("ARRAY[*] for more than 64 combinations of bounds", "declare arrays of the same bounds")


# Statements.
INNER_ASSIGNMENT = Limit("REF=, ?=, S= or R= inside another assignment", "write two statements, one behind the other")
TRY = Limit("__TRY", "test for the cause before it can happen: a zero divisor, an index out of bounds")


def finding(limit: Limit, span: Span) -> Diagnostic:
    return NOT_SUPPORTED.at(span, construct=limit.construct, instead=limit.instead)


def report(here: Here, limit: Limit, span: Span) -> None:
    """The finding that `limit` is met at `span`; once in each POU."""
    if here.pou is not None:
        mark = f"limit: {limit.construct}"
        if mark in here.scope.reported:
            return
        here.scope.reported.add(mark)
    here.findings.add(finding(limit, span))


def of_declaration(declaration: tree.Declaration) -> Iterator[Diagnostic]:
    """What is said about a POU, an interface or a type as a whole, each construct once."""
    match declaration:
        case tree.TypeDeclaration(access=tree.Access.PRIVATE | tree.Access.PROTECTED):
            yield finding(TYPE_ACCESS, declaration.name.span)
        case _:
            pass
