"""The VAR sections of a POU, a method, a file or a configuration. Their variables are read in type_specs.py."""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.syntax import MISSPELT_KEYWORD, MODIFIER_TWICE
from iec61131.diagnostics.diagnostic import near_name
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.statement_recovery import skip_misplaced
from iec61131.syntax.tokens import (
    ACCESS_WORDS,
    BLOCKS,
    POU_ENDS,
    POUS,
    SECTION_STARTS,
    VARIABLE_SECTIONS,
    Kind,
)
from iec61131.syntax.tree import Access, Qualifier, VarBlock, VarKind
from iec61131.syntax.type_specs import variables


def sections(cursor: Cursor) -> tuple[VarBlock, ...]:
    """All VAR sections at the cursor."""
    found: list[VarBlock] = []
    while True:
        if cursor.kind in SECTION_STARTS:
            found.append(section(cursor))
        elif cursor.kind is Kind.END_VAR:
            skip_misplaced(cursor)
        elif not _is_section_without_head(cursor):
            return tuple(found)
        elif not cursor.repair(SECTION_STARTS):
            found.append(_without_head(cursor))


def _is_section_without_head(cursor: Cursor) -> bool:
    """`x : INT; END_VAR` is no statement, whatever else it is; nor is `VAR_INPT x : INT; END_VAR`."""
    if cursor.kind is not Kind.IDENTIFIER or cursor.opening_word:
        return False
    follows, behind = cursor.peek().kind, cursor.peek(2).kind
    is_declaration = follows in (Kind.COMMA, Kind.IDENTIFIER) or (follows is Kind.COLON and behind is not Kind.EQUAL)
    return is_declaration and cursor.comes_before(_END_VAR, _NOT_IN_SECTION)


_END_VAR = frozenset({Kind.END_VAR})
_NOT_IN_SECTION = frozenset({*SECTION_STARTS, *POU_ENDS, *POUS, *BLOCKS})


def _without_head(cursor: Cursor) -> VarBlock:
    """Variables up to END_VAR as though VAR stood before them."""
    cursor.report(cursor.expected("a VAR section", "write VAR, VAR_INPUT or the like before the declarations"))
    start = cursor.token
    if cursor.peek().kind not in (Kind.COLON, Kind.COMMA):
        cursor.advance()  # a word that was meant to begin the section
    declared = variables(cursor, replace(start, kind=Kind.VAR), Kind.END_VAR)
    cursor.accept(Kind.SEMICOLON)
    return VarBlock(VarKind.LOCAL, frozenset(), declared, cursor.span_from(start.start), ())


def section(cursor: Cursor) -> VarBlock:
    """VAR.. up to and with END_VAR."""
    pragmas = cursor.take_pragmas()
    opener = cursor.advance()
    qualifiers, access = _qualifiers(cursor)
    declared = variables(cursor, opener, Kind.END_VAR)
    span = cursor.span_from(opener.start)
    cursor.accept(Kind.SEMICOLON)
    return VarBlock(VARIABLE_SECTIONS[opener.kind], qualifiers, declared, span, pragmas, access)


_QUALIFIERS = {qualifier.value: qualifier for qualifier in Qualifier}


def _qualifiers(cursor: Cursor) -> tuple[frozenset[Qualifier], Access | None]:
    """RETAIN, CONSTANT, PRIVATE.. unless the word names a variable."""
    found: set[Qualifier] = set()
    access: Access | None = None
    while cursor.kind is Kind.IDENTIFIER and cursor.peek().kind not in (Kind.COLON, Kind.COMMA):
        key = cursor.token.key
        if key in ACCESS_WORDS:
            if access is not None:
                cursor.report(MODIFIER_TWICE.at(cursor.token.span, word=cursor.token.text))
            access = ACCESS_WORDS[key]
        elif key in _QUALIFIERS:
            found.add(_QUALIFIERS[key])
        elif meant := _meant_qualifier(cursor):
            cursor.report(MISSPELT_KEYWORD.at(cursor.token.span, written=cursor.token.text, keyword=meant))
            found.add(_QUALIFIERS[meant])
        else:
            break
        cursor.advance()
    return frozenset(found), access


def _meant_qualifier(cursor: Cursor) -> str | None:
    """The qualifier that a word was meant to be, if a name and a colon or comma follow it on its line."""
    follows = cursor.peek()
    is_extra_word = follows.kind is Kind.IDENTIFIER and cursor.peek(2).kind in (Kind.COLON, Kind.COMMA)
    return near_name(cursor.token.text, _QUALIFIERS) if is_extra_word and not cursor.is_on_new_line else None
