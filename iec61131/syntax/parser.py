"""Tokens to tree, by recursive descent. `parse` is the way in; the grammar is spread over the files of this folder.

    parser.py               a file: a sequence of declarations
    pous.py                 PROGRAM, FUNCTION, FUNCTION_BLOCK, CLASS
    members.py              METHOD, PROPERTY, ACTION, INTERFACE
    headings.py             what the headings of all these have in common
    declarations.py         TYPE blocks
    global_lists.py         global variables and the lists that they make up
    configurations.py       CONFIGURATION, RESOURCE, TASK, instances of programs
    sections.py             VAR sections
    type_specs.py           types, and the variables in a section or STRUCT
    initial_values.py       what stands behind := in a declaration
    statements.py           statements and blocks of them
    statement_recovery.py   what is no statement, and where statements go on behind it
    expressions.py          expressions, places, calls
    literals.py, dates.py   what a literal means
    conditional.py          which parts of a text its pragmas leave
    cursor.py               the place in the tokens; reporting and recovery
    misspelling.py          which keyword a word was meant to be
    limits.py               what this version does not support

Nothing is raised on any text: what cannot be read is a finding.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import OUTSIDE_POU, STRAY_KEYWORD
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile
from iec61131.syntax.configurations import configuration
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.declarations import type_block
from iec61131.syntax.findings import Findings, TooManyFindings
from iec61131.syntax.global_lists import global_declaration
from iec61131.syntax.lexer import lex
from iec61131.syntax.limits import DECLARATIONS, NAMESPACE
from iec61131.syntax.members import Members, interface, read_members
from iec61131.syntax.pous import pou
from iec61131.syntax.sections import section
from iec61131.syntax.tokens import (
    DECLARATION_STARTS,
    ENDS,
    MEMBER_WORDS,
    POUS,
    SECTION_STARTS,
    UNSUPPORTED_SECTIONS,
    Kind,
)
from iec61131.syntax.tree import Declaration, Unit


def parse(file: SourceFile) -> tuple[Unit, list[Diagnostic]]:
    """The tree of `file` and what is wrong with its text, in source order. Never raises."""
    tokens, lexical = lex(file)
    findings = Findings(lexical)
    declarations: list[Declaration] = []
    if not findings.are_too_many:
        try:
            _file(Cursor(file, tokens, findings), declarations)
        except TooManyFindings:
            declarations.clear()  # half a tree would only lead to more findings
    return Unit(file, tuple(declarations)), findings.in_source_order()


def _file(cursor: Cursor, declarations: list[Declaration]) -> None:
    """Adds to `declarations` what can be read, to the end of the file."""
    while cursor.kind is not Kind.END_OF_FILE:
        mark, index = cursor.mark(), cursor.index
        try:
            _declaration(cursor, declarations)
        except (Recover, TooDeep):
            cursor.restore(mark)
            if cursor.index == index:
                cursor.advance()
            cursor.skip_to_declaration()
        cursor.said_once.clear()


def _declaration(cursor: Cursor, declarations: list[Declaration]) -> None:
    kind = cursor.kind
    read: Declaration | None = None
    if kind in POUS:
        read = pou(cursor)
    elif kind is Kind.TYPE:
        declarations.extend(type_block(cursor))
    elif kind is Kind.VAR_GLOBAL or kind is Kind.VAR_CONFIG:
        read = global_declaration(cursor, declarations[-1] if declarations else None)
    elif kind is Kind.CONFIGURATION:
        read = configuration(cursor)
    elif kind is Kind.SEMICOLON:
        cursor.advance()
    elif kind is Kind.IDENTIFIER:
        read = _starting_with_word(cursor)
    elif kind in UNSUPPORTED_SECTIONS:
        section(cursor)
    elif kind in SECTION_STARTS:
        cursor.report(_outside(cursor, "write PROGRAM and a name before it, or VAR_GLOBAL"))
        section(cursor)
    else:
        _stray(cursor)
    if read is not None:
        declarations.append(read)


def _starting_with_word(cursor: Cursor) -> Declaration | None:
    word = cursor.opening_word
    if word == "CLASS":
        return pou(cursor)
    if word == "INTERFACE":
        return interface(cursor)
    if word in MEMBER_WORDS:
        cursor.report(
            _outside(cursor, f"move the {word} into the FUNCTION_BLOCK that it belongs to, or right behind it")
        )
        read_members(cursor, Members())
    else:
        _word(cursor)
    return None


def _word(cursor: Cursor) -> None:
    """A word that starts no declaration this version reads: not supported, misspelt, or a statement on its own."""
    token = cursor.token
    key = token.key
    is_followed_by_name = cursor.peek().kind is Kind.IDENTIFIER
    if key == "NAMESPACE" and is_followed_by_name:
        cursor.limit(NAMESPACE, token.span)
        cursor.advance()
        while cursor.kind is Kind.IDENTIFIER and cursor.peek().kind is Kind.DOT:
            cursor.advance()
            cursor.advance()
        cursor.accept(Kind.IDENTIFIER)
    elif key == "END_NAMESPACE":
        cursor.advance()  # its beginning was reported
    elif key in DECLARATIONS and is_followed_by_name:
        cursor.limit(DECLARATIONS[key], token.span)
        closer = DECLARATIONS[key].closer
        if closer is None:
            cursor.skip_until(lambda: cursor.kind is Kind.SEMICOLON or cursor.kind in DECLARATION_STARTS)
        else:
            cursor.skip_construct(closer)
    elif is_followed_by_name and cursor.repair(DECLARATION_STARTS | SECTION_STARTS):
        return
    else:
        _stray(cursor)


def _stray(cursor: Cursor) -> None:
    """Text that belongs to nothing: one finding for all of it, up to the next declaration."""
    token = cursor.token
    if token.kind in ENDS:
        remedy = "remove it, or write its beginning before it"
        cursor.report(STRAY_KEYWORD.at(token.span, found=token.key, remedy=remedy))
    else:
        cursor.report(_outside(cursor, "put statements between PROGRAM and END_PROGRAM"))
    cursor.advance()
    cursor.skip_to_declaration()


def _outside(cursor: Cursor, remedy: str) -> Diagnostic:
    return OUTSIDE_POU.at(cursor.token.span, found=cursor.found, remedy=remedy)
