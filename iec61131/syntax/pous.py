"""PROGRAM, FUNCTION, FUNCTION_BLOCK and CLASS, with what belongs to them.

`pou` returns None for a declaration that is lost; its findings are recorded and what it contains was read, so that one
run finds the errors inside as well.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.syntax import STRAY_KEYWORD
from iec61131.source import Span
from iec61131.syntax.charts import Elements, read_chart, refuse_mixture
from iec61131.syntax.cursor import Cursor, TooDeep
from iec61131.syntax.headings import Modifiers, inheritance, joined, modifiers, name_of, only_base, result, usings
from iec61131.syntax.limits import GENERIC
from iec61131.syntax.members import Members, read_members
from iec61131.syntax.sections import sections
from iec61131.syntax.statements import body
from iec61131.syntax.tokens import MEMBER_ENDS, MEMBER_WORDS, POU_ENDS, POU_WORDS, POUS, SECTION_STARTS, Kind, Token
from iec61131.syntax.tree import Name, PouDeclaration, PouKind, Statement, TypeName, TypeSpec, Using, VarBlock


class _Parts(Struct):
    """What a POU has been found to consist of."""

    modifiers: Modifiers = (None, frozenset())
    name: Name | None = None
    extends: TypeName | None = None
    implements: tuple[TypeName, ...] = ()
    result: TypeSpec | None = None
    variables: list[VarBlock] = field(default_factory=list[VarBlock])
    statements: list[Statement] = field(default_factory=list[Statement])
    members: Members = field(default_factory=Members)
    elements: Elements = field(default_factory=Elements)
    usings: tuple[Using, ...] = ()


def pou(cursor: Cursor) -> PouDeclaration | None:
    """A POU up to and with its END, and the methods, properties and actions right behind it."""
    pragmas = cursor.take_pragmas()
    start = cursor.token.start
    before = modifiers(cursor, closer="CLASS")  # which alone is a word with modifiers before it
    opener = cursor.advance()
    kind, closer = POUS.get(opener.kind) or POU_WORDS[opener.key]
    mark = cursor.mark()
    parts = _Parts()
    try:
        _heading(cursor, parts, opener, before, kind)
        _content(cursor, parts)
    except TooDeep:
        cursor.restore(mark)
        cursor.skip_until(lambda: cursor.kind in POU_ENDS or cursor.is_at_declaration)
    _end_of_pou(cursor, opener, closer)
    _members_behind(cursor, parts)
    if parts.name is None:
        return None
    members = parts.members
    if kind is PouKind.FUNCTION:
        _refuse_members(cursor, members)
    return PouDeclaration(
        kind,
        parts.name,
        parts.result,
        tuple(parts.variables),
        tuple(parts.statements),
        pragmas,
        cursor.span_from(start),
        parts.extends,
        parts.implements,
        *parts.modifiers,
        tuple(members.methods),
        tuple(members.properties),
        tuple(members.actions),
        parts.elements.chart(cursor),
        parts.usings,
    )


def _heading(cursor: Cursor, parts: _Parts, opener: Token, before: Modifiers, kind: PouKind) -> None:
    """`FUNCTION_BLOCK FINAL name EXTENDS base`, `FUNCTION name : type`"""
    parts.modifiers = joined(cursor, before, modifiers(cursor))
    parts.name = name_of(cursor, opener.key)
    starts_what_follows = cursor.kind in SECTION_STARTS or cursor.kind is Kind.COLON or cursor.is_on_new_line
    if parts.name is None and not starts_what_follows:
        cursor.advance()
    if cursor.kind is Kind.LESS:
        cursor.limit(GENERIC, cursor.token.span)
        cursor.skip_until(lambda: cursor.kind is Kind.GREATER or cursor.is_on_new_line)
        cursor.accept(Kind.GREATER)
    if cursor.kind is Kind.LEFT_PARENTHESIS and not cursor.is_on_new_line:
        remedy = "parameters are declared in sections of their own: VAR_INPUT x : INT; END_VAR"
        cursor.report(cursor.expected("a type or a VAR section", remedy))
        cursor.skip_until(lambda: cursor.kind is Kind.RIGHT_PARENTHESIS or cursor.is_on_new_line)
        cursor.accept(Kind.RIGHT_PARENTHESIS)
    bases, parts.implements = inheritance(cursor)
    parts.extends = only_base(cursor, bases)
    parts.result = result(cursor, "" if kind is PouKind.FUNCTION else "only a FUNCTION or METHOD has a type of its own")
    parts.usings = usings(cursor)


def _content(cursor: Cursor, parts: _Parts) -> None:
    """Sections, members and statements, up to the END of the POU."""
    while True:
        if not parts.statements:
            parts.variables += sections(cursor)
        read_members(cursor, parts.members, parts.name)
        if cursor.kind in SECTION_STARTS and not parts.statements:
            continue
        if cursor.chart_word:
            refuse_mixture(cursor, tuple(parts.statements))
            read_chart(cursor, parts.elements)
        found = body(cursor)
        if parts.elements.start >= 0:
            refuse_mixture(cursor, found)
        parts.statements += found
        if cursor.kind in MEMBER_ENDS:
            finding = STRAY_KEYWORD.at(
                cursor.token.span, found=cursor.token.key, remedy="remove it, or write its beginning before it"
            )
            cursor.report(finding)
            cursor.advance()
            cursor.accept(Kind.SEMICOLON)
        elif cursor.opening_word not in MEMBER_WORDS and not cursor.chart_word:
            return


def _refuse_members(cursor: Cursor, members: Members) -> None:
    for member in (*members.methods, *members.properties, *members.actions):
        remedy = "a FUNCTION has no METHOD, PROPERTY or ACTION; a FUNCTION_BLOCK has"
        cursor.report(cursor.expected_at(member.name.span, "a statement or END_FUNCTION", remedy))
        return


def _end_of_pou(cursor: Cursor, opener: Token, closer: Kind) -> None:
    token = cursor.token
    if cursor.kind in POU_ENDS:
        if cursor.kind is not closer:
            finding = STRAY_KEYWORD.at(token.span, found=token.key, remedy=f"write {closer.value}")
            cursor.report(finding.also(opener.span, f"this {opener.key} is open here"))
        cursor.advance()
        cursor.accept(Kind.SEMICOLON)
    else:
        cursor.report(cursor.unclosed(opener, closer))


def _members_behind(cursor: Cursor, parts: _Parts) -> None:
    """What some tools write behind the END of the POU that it belongs to; some within ACTIONS .. END_ACTIONS."""
    mark = cursor.mark()
    try:
        read_members(cursor, parts.members, parts.name, is_behind=True)
        if cursor.at_word("ACTIONS") and "ACTION" in (cursor.peek().key, cursor.peek(2).key):
            opener = cursor.advance()
            if not cursor.at_word("ACTION"):
                cursor.advance()  # the name of the POU
            read_members(cursor, parts.members, parts.name)
            if not cursor.accept(Kind.END_ACTIONS):
                cursor.report(cursor.unclosed(opener, Kind.END_ACTIONS))
    except TooDeep:
        cursor.restore(mark)
        cursor.skip_until(lambda: cursor.kind in MEMBER_ENDS or cursor.is_at_declaration)
        if cursor.kind in MEMBER_ENDS:
            cursor.advance()


def with_members(pou: PouDeclaration, members: Members, end: Span) -> PouDeclaration:
    """`pou` with what was written for it further down in the file, up to `end`."""
    return replace(
        pou,
        methods=(*pou.methods, *members.methods),
        properties=(*pou.properties, *members.properties),
        actions=(*pou.actions, *members.actions),
        span=pou.span.to(end),
    )
