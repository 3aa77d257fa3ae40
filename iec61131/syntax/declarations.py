"""TYPE blocks."""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import EXTENDS_WITHOUT_STRUCT
from iec61131.syntax.cursor import Cursor, Recover
from iec61131.syntax.headings import inheritance, modifiers, only_base
from iec61131.syntax.tokens import POU_ENDS, Kind
from iec61131.syntax.tree import NamedType, Pragma, StructSpec, TypeDeclaration
from iec61131.syntax.type_specs import (
    declared_initial,
    end_of_declaration,
    is_misspelt_end,
    skip_declaration,
    type_spec,
)


def type_block(cursor: Cursor) -> list[TypeDeclaration]:
    """TYPE.. up to and with END_TYPE: any number of declarations. Pragmas before TYPE belong to the first one."""
    pragmas = cursor.take_pragmas()
    opener = cursor.advance()
    found: list[TypeDeclaration] = []
    while not cursor.accept(Kind.END_TYPE):
        if cursor.accept(Kind.SEMICOLON) or is_misspelt_end(cursor, Kind.END_TYPE):
            continue
        if cursor.kind is Kind.END_OF_FILE or cursor.kind in POU_ENDS or cursor.is_at_declaration:
            cursor.report(cursor.unclosed(opener, Kind.END_TYPE))
            return found
        mark, index = cursor.mark(), cursor.index
        try:
            found.append(_type_declaration(cursor, pragmas))
            pragmas = ()
        except Recover:
            cursor.restore(mark)
            skip_declaration(cursor, index)
    cursor.accept(Kind.SEMICOLON)
    return found


def _type_declaration(cursor: Cursor, outer_pragmas: tuple[Pragma, ...]) -> TypeDeclaration:
    """`Name : spec := initial;`"""
    pragmas = outer_pragmas + cursor.take_pragmas()
    start = cursor.token.start
    access, _ = modifiers(cursor)
    name = cursor.name("the name of a type")
    extends = only_base(cursor, inheritance(cursor)[0])
    cursor.expect(Kind.COLON, "write ':' between the name and what it stands for", instead=_IN_PLACE_OF_COLON)
    spec = type_spec(cursor)
    if cursor.kind is Kind.COMMA and isinstance(spec, NamedType):
        raise cursor.lost(cursor.expected("';'", "enumerators stand in brackets: (Idle, Running)"))
    initial = declared_initial(cursor)
    span = cursor.span_from(start)
    end_of_declaration(cursor, spec, initial)
    if extends is not None and not isinstance(spec, StructSpec):
        cursor.report(EXTENDS_WITHOUT_STRUCT.at(extends.span))
    return TypeDeclaration(name, spec, initial, pragmas, span, extends, access)


_IN_PLACE_OF_COLON = frozenset({Kind.ASSIGN, Kind.EQUAL})
