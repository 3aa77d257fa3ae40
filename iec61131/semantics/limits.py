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

_FUNCTION_BLOCKS = "write it as a FUNCTION or FUNCTION_BLOCK of its own"
METHOD = Limit("METHOD", _FUNCTION_BLOCKS)
PROPERTY = Limit("PROPERTY", "use a variable, or a FUNCTION for a computed value")
ACTION = Limit("ACTION", "write its statements in the body, or as a FUNCTION_BLOCK")
INTERFACE = Limit("INTERFACE", "call the function blocks by their own types")
CLASS = Limit("CLASS", _FUNCTION_BLOCKS)
EXTENDS = Limit("EXTENDS", "declare an instance of the base as a variable instead")
IMPLEMENTS = Limit("IMPLEMENTS", "leave it out and call the function block by its own type")
MODIFIERS: dict[tree.Access | tree.Modifier, Limit] = {
    word: Limit(word.value, "leave it out: without METHOD and EXTENDS it has nothing to act on")
    for word in (*tree.Access, *tree.Modifier)
}
SECTIONS: dict[tree.VarKind, Limit] = {
    tree.VarKind.CONFIG: Limit("VAR_CONFIG", "write the address and the initial value in the declaration itself"),
    tree.VarKind.INST: Limit("VAR_INST", "declare the variable in the VAR section of the FUNCTION_BLOCK"),
    tree.VarKind.STAT: Limit("VAR_STAT", "declare the variable as VAR_GLOBAL, or use a FUNCTION_BLOCK"),
}
BLOCK_ARGUMENTS = Limit(
    "an instance with arguments behind its type", "set the inputs with an initial value: t : TON := (PT := T#1s)"
)

# Types.
BOUND_INITIAL = Limit("REF= in a declaration", "bind it with REF= in the body")
UNION = Limit("UNION", "convert between the types with functions, or use bit access such as x.3")
ARRAY_OF_ANY_LENGTH = Limit("ARRAY[*]", "declare the bounds, for the largest array that is used")
NAMESPACED_TYPE = Limit("a type name with a namespace", "write the name behind the last point alone")
OVERLAPPING_STRUCT = Limit("STRUCT OVERLAP", "declare the members one behind the other")
STRUCT_EXTENDS = Limit("a STRUCT that extends another one", "declare a member of the base type instead")

# Literals and places.
DATES = Limit("a date or time of day", "count seconds or days in a UDINT or ULINT")
CHARACTER_LITERAL = Limit("a string literal with this type", "write the string without the type")
PARTIAL_ACCESS = Limit("access to a part of a value other than a bit", "shift and mask: SHR(x, 8) AND 16#FF")

# Statements.
ATTEMPT = Limit("the operator ?=", "assign with REF= where the type is known")
JUMP = Limit("JMP", "use IF, a loop with EXIT, or RETURN")


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
        case tree.InterfaceDeclaration():
            yield finding(INTERFACE, declaration.name.span)
        case tree.PouDeclaration():
            yield from _of_pou(declaration)
        case tree.TypeDeclaration(access=access) if access is not None:
            yield finding(MODIFIERS[access], declaration.name.span)
        case _:
            pass


def _of_pou(pou: tree.PouDeclaration) -> Iterator[Diagnostic]:
    if pou.kind is tree.PouKind.CLASS:
        yield finding(CLASS, pou.name.span)
        return
    words = [*([pou.access] if pou.access is not None else []), *sorted(pou.modifiers, key=lambda word: word.value)]
    for word in words[:1]:
        yield finding(MODIFIERS[word], pou.name.span)
    if pou.extends is not None:
        yield finding(EXTENDS, pou.extends.span)
    for base in pou.implements[:1]:
        yield finding(IMPLEMENTS, base.span)
    members = ((METHOD, pou.methods), (PROPERTY, pou.properties), (ACTION, pou.actions))
    for limit, declared in members:
        for member in declared[:1]:
            yield finding(limit, member.name.span)
