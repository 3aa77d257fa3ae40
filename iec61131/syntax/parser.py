"""Tokens to tree, by recursive descent. `parse` is the way in; the grammar is spread over the files of this folder.

    parser.py               a file: a sequence of declarations
    suites.py               TEST_SUITE
    pous.py                 PROGRAM, FUNCTION, FUNCTION_BLOCK, CLASS
    members.py              METHOD, PROPERTY, ACTION, INTERFACE
    charts.py               STEP, TRANSITION: a body as a chart
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

from collections.abc import Iterable

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.syntax import OUTSIDE_POU, STRAY_KEYWORD
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.source import SourceFile
from iec61131.syntax.configurations import configuration
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.declarations import type_block
from iec61131.syntax.findings import Findings, TooManyFindings
from iec61131.syntax.global_lists import global_declaration
from iec61131.syntax.headings import joined, modifiers, usings
from iec61131.syntax.lexer import lex
from iec61131.syntax.members import Members, interface, owner, read_members
from iec61131.syntax.pous import pou, with_members
from iec61131.syntax.sections import section
from iec61131.syntax.suite_words import SUITE_WORD, tell_apart, tell_apart_from
from iec61131.syntax.suites import suite
from iec61131.syntax.tokens import (
    DECLARATION_STARTS,
    ENDS,
    MEMBER_WORDS,
    POU_WORDS,
    POUS,
    SECTION_STARTS,
    Kind,
    Token,
)
from iec61131.syntax.tree import (
    Access,
    Declaration,
    Name,
    NamespaceDeclaration,
    PouDeclaration,
    TestSuite,
    Unit,
    Using,
)
from iec61131.syntax.type_specs import qualified_name


def parse(file: SourceFile) -> tuple[Unit, list[Diagnostic]]:
    """The tree of `file` and what is wrong with its text, in source order. Never raises."""
    return parse_tokens(file, *lex(file, with_space=False))


def parse_tokens(file: SourceFile, tokens: list[Token], lexical: Iterable[Diagnostic]) -> tuple[Unit, list[Diagnostic]]:
    """As `parse`, of what the lexer has made of the file and found in it."""
    findings = Findings(lexical)
    return unit_of(file, tokens, findings), findings.in_source_order()


def unit_of(file: SourceFile, tokens: list[Token], findings: Findings) -> Unit:
    """The tree of the text that `tokens` are; what is wrong with it goes to `findings`. Never raises."""
    declarations: list[Declaration] = []
    found: tuple[Using, ...] = ()
    if not findings.are_too_many:
        if SUITE_WORD in file.text.upper():
            tell_apart(tokens)
        try:
            cursor = Cursor(file, tokens, findings)
            found = _declarations(cursor, declarations)
        except TooManyFindings:
            declarations.clear()  # half a tree would only lead to more findings
            found = ()
    return Unit(file, tuple(declarations), found)


def _declarations(
    cursor: Cursor, declarations: list[Declaration], closer: Kind = Kind.END_OF_FILE
) -> tuple[Using, ...]:
    """Adds to `declarations` what can be read, up to `closer`. Gives the namespaces named by USING."""
    found: tuple[Using, ...] = ()
    while cursor.kind is not Kind.END_OF_FILE and cursor.kind is not closer:
        mark, index = cursor.mark(), cursor.index
        try:
            found += usings(cursor)
            _declaration(cursor, declarations)
        except (Recover, TooDeep):
            cursor.restore(mark)
            if cursor.index == index:
                cursor.advance()
            cursor.skip_to_declaration()
        cursor.said_once.clear()
    return found


def _declaration(cursor: Cursor, declarations: list[Declaration]) -> None:
    kind = cursor.kind
    read: Declaration | None = None
    if kind in POUS:
        read = pou(cursor)
    elif kind is Kind.TYPE:
        declarations.extend(type_block(cursor))
    elif kind in (Kind.VAR_GLOBAL, Kind.VAR_CONFIG, Kind.VAR_ACCESS):
        read = global_declaration(cursor, declarations[-1] if declarations else None)
    elif kind is Kind.CONFIGURATION:
        read = configuration(cursor)
    elif kind is Kind.SUITE_BEGIN:
        read = _suite(cursor, declarations)
    elif kind is Kind.SEMICOLON:
        cursor.advance()
    elif kind is Kind.IDENTIFIER:
        read = _starting_with_word(cursor, declarations)
    elif kind in SECTION_STARTS:
        cursor.report(_outside(cursor, "write PROGRAM and a name before it, or VAR_GLOBAL"))
        section(cursor)
    else:
        _stray(cursor)
    if read is not None:
        declarations.append(read)


def _suite(cursor: Cursor, declarations: list[Declaration]) -> TestSuite | None:
    return suite(cursor, [each for each in declarations if isinstance(each, TestSuite)])


def _starting_with_word(cursor: Cursor, declarations: list[Declaration]) -> Declaration | None:
    word = cursor.opening_word
    if word in POU_WORDS:
        return pou(cursor)
    if cursor.at_word(SUITE_WORD):  # its name is missing, or stands in no quotes
        tell_apart_from(cursor.tokens, cursor.index + 1)
        return _suite(cursor, declarations)
    if word == "INTERFACE":
        return interface(cursor)
    if word == "NAMESPACE":
        return _namespace(cursor)
    if word in MEMBER_WORDS:
        _members_of_another(cursor, word, declarations)
    elif not (cursor.peek().kind is Kind.IDENTIFIER and cursor.repair(DECLARATION_STARTS | SECTION_STARTS)):
        _stray(cursor)
    return None


def _members_of_another(cursor: Cursor, word: str, declarations: list[Declaration]) -> None:
    """`METHOD Motor.Start` somewhere behind Motor; a METHOD that belongs to nothing."""
    named = owner(cursor)
    for number, declared in enumerate(declarations):
        if isinstance(declared, PouDeclaration) and named is not None and declared.name.key == named.key:
            members = Members()
            read_members(cursor, members, named, is_behind=True)
            declarations[number] = with_members(declared, members, cursor.end_of_previous)
            return
    remedy = f"move the {word} into the FUNCTION_BLOCK that it belongs to, or right behind it"
    cursor.report(_outside(cursor, remedy))
    read_members(cursor, Members(), named)


def _namespace(cursor: Cursor) -> NamespaceDeclaration | None:
    """`NAMESPACE INTERNAL a.b` up to and with END_NAMESPACE; None when it has no name."""
    pragmas = cursor.take_pragmas()
    start = cursor.token.start
    before = modifiers(cursor, closer="NAMESPACE")
    opener = cursor.advance()
    access, _ = joined(cursor, before, modifiers(cursor))
    _one_namespace_deeper(cursor)
    names: tuple[Name, ...] = ()
    try:
        qualifier, name = qualified_name(cursor, "the name of the namespace")
        names = (*qualifier, name)
    except Recover:
        pass  # what it contains is read all the same
    cursor.accept(Kind.SEMICOLON)
    declarations: list[Declaration] = []
    found = _declarations(cursor, declarations, Kind.END_NAMESPACE)
    cursor.depth -= _LEVELS_OF_NAMESPACE
    if cursor.accept(Kind.END_NAMESPACE):
        cursor.accept(Kind.SEMICOLON)
    else:
        cursor.report(cursor.unclosed(opener, Kind.END_NAMESPACE))
    if not names:
        return None
    span = cursor.span_from(start)
    return NamespaceDeclaration(names, access is Access.INTERNAL, found, tuple(declarations), span, pragmas)


# It takes twice the calls of other things that nest, and so counts twice.
_LEVELS_OF_NAMESPACE = 2


def _one_namespace_deeper(cursor: Cursor) -> None:
    """Past the limit the rest of the file is given up: what closes which namespace would only be guessed."""
    try:
        for _ in range(_LEVELS_OF_NAMESPACE):
            cursor.deeper()
    except TooDeep:
        cursor.skip_until(lambda: False)
        cursor.tokens[-1] = replace(cursor.token, damaged=True)  # no finding about each end that is missing now
        raise Recover from None


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
