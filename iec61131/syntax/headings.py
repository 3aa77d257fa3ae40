"""What the headings of POUs, methods, properties, interfaces and types have in common: modifiers, bases, a result."""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import EXPECTED, EXPECTED_TYPE, MISSPELT_KEYWORD, MODIFIER_TWICE
from iec61131.diagnostics.diagnostic import near_name
from iec61131.syntax.cursor import Cursor, Recover
from iec61131.syntax.tokens import (
    ACCESS_WORDS,
    ELEMENTARY_TYPES,
    INHERITANCE_WORDS,
    MODIFIER_WORDS,
    SECTION_STARTS,
    Kind,
)
from iec61131.syntax.tree import Access, Modifier, Name, TypeName, TypeSpec, Using
from iec61131.syntax.type_specs import qualified_name, type_spec

Modifiers = tuple[Access | None, frozenset[Modifier]]


def modifiers(cursor: Cursor, closer: str = "") -> Modifiers:
    """PUBLIC, ABSTRACT.. as long as a name follows on the line, or the word `closer`, which ends them."""
    access: Access | None = None
    found: set[Modifier] = set()
    while cursor.kind is Kind.IDENTIFIER and cursor.is_followed_by_name and cursor.peek().key not in INHERITANCE_WORDS:
        token = cursor.token
        key = token.key
        if key == closer or key not in MODIFIER_WORDS:
            break
        modifier = MODIFIER_WORDS[key]
        if modifier in found or (key in ACCESS_WORDS and access is not None):
            cursor.report(MODIFIER_TWICE.at(token.span, word=token.text))
        elif isinstance(modifier, Access):
            access = modifier
        else:
            found.add(modifier)
        cursor.advance()
    return access, frozenset(found)


def joined(cursor: Cursor, before: Modifiers, behind: Modifiers) -> Modifiers:
    """Those before the keyword and those behind it."""
    if (before[0] is not None and behind[0] is not None) or before[1] & behind[1]:
        cursor.report(MODIFIER_TWICE.at(cursor.token.span, word="the modifier"))
    return before[0] or behind[0], before[1] | behind[1]


def inheritance(cursor: Cursor) -> tuple[tuple[TypeName, ...], tuple[TypeName, ...]]:
    """`EXTENDS Base IMPLEMENTS One, a.b.Two`: the names behind each of the words."""
    found: dict[str, tuple[TypeName, ...]] = {}
    while word := _inheritance_word(cursor):
        cursor.advance()
        found[word] = (*found.get(word, ()), *_type_names(cursor))
    return found.get("EXTENDS", ()), found.get("IMPLEMENTS", ())


def _inheritance_word(cursor: Cursor) -> str | None:
    """EXTENDS or IMPLEMENTS if it stands here or was meant to. On a line of its own it may be a variable."""
    if cursor.kind is not Kind.IDENTIFIER:
        return None
    token, is_followed = cursor.token, cursor.peek().kind is Kind.IDENTIFIER
    if token.key in INHERITANCE_WORDS:
        return token.key if is_followed or not cursor.is_on_new_line else None
    if not is_followed or cursor.is_on_new_line or cursor.opening_word:
        return None
    meant = near_name(token.text, INHERITANCE_WORDS)
    if meant is not None:
        cursor.report(MISSPELT_KEYWORD.at(token.span, written=token.text, keyword=meant))
    return meant


def _type_names(cursor: Cursor) -> list[TypeName]:
    names: list[TypeName] = []
    if cursor.is_on_new_line and cursor.opening_word:
        cursor.report(cursor.expected_at(cursor.end_of_previous, "the name of a type"))
        return names
    try:
        names.append(type_name(cursor))
        while cursor.accept(Kind.COMMA):
            names.append(type_name(cursor))
    except Recover:
        pass  # what is missing is reported, and the heading goes on
    return names


def type_name(cursor: Cursor) -> TypeName:
    start = cursor.token.start
    qualifier, name = qualified_name(cursor, "the name of a type")
    return TypeName(name, cursor.span_from(start), qualifier)


def only_base(cursor: Cursor, names: tuple[TypeName, ...]) -> TypeName | None:
    """The one name behind the EXTENDS of something that has one base."""
    for name in names[1:]:
        remedy = "an INTERFACE alone can extend several others"
        cursor.report(EXPECTED.at(name.span, expected="one base", found="another one", remedy=remedy))
    return names[0] if names else None


def result(cursor: Cursor, who_has_none: str = "") -> TypeSpec | None:
    """The type behind the colon; a semicolon after the heading is tolerated, as dialects do.

    `who_has_none`: what to say where there can be no type.
    """
    found: TypeSpec | None = None
    if cursor.kind is Kind.COLON:
        if who_has_none:
            cursor.report(cursor.expected("a VAR section or a statement", who_has_none))
        cursor.advance()
        mark = cursor.mark()
        try:
            if cursor.at(Kind.IDENTIFIER) and cursor.is_on_new_line and cursor.peek().kind is Kind.ASSIGN:
                raise cursor.lost(EXPECTED_TYPE.at(cursor.end_of_previous, found=cursor.found))  # a statement follows
            found = type_spec(cursor)
        except Recover:
            cursor.restore(mark)
    elif not who_has_none and _is_bare_type(cursor):
        cursor.report(cursor.expected("':' and a type", f"write a colon before the type: ' : {cursor.token.text}'"))
        found = type_spec(cursor)
    if not cursor.is_on_new_line:
        cursor.accept(Kind.SEMICOLON)
    return found


def _is_bare_type(cursor: Cursor) -> bool:
    """`FUNCTION Area REAL`: a type alone at the end of the line of the heading."""
    if cursor.kind is not Kind.IDENTIFIER or cursor.is_on_new_line or cursor.token.key not in ELEMENTARY_TYPES:
        return False
    behind = cursor.peek()
    return behind.kind in SECTION_STARTS or "\n" in cursor.file.text[cursor.token.end : behind.start]


def name_of(cursor: Cursor, keyword: str) -> Name | None:
    """The name behind `keyword`; None when it is missing, which is reported and no reason not to read what follows."""
    what, remedy = f"the name of the {keyword}", f"write the name behind {keyword}"
    try:
        if cursor.is_on_new_line and cursor.peek().kind in _AFTER_STATEMENT_NAME:
            raise cursor.lost(cursor.expected(what, remedy))  # the name on the next line belongs to a statement
        return cursor.name(what, remedy)
    except Recover:
        return None


_AFTER_STATEMENT_NAME = frozenset({Kind.ASSIGN, Kind.DOT, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET})


def usings(cursor: Cursor) -> tuple[Using, ...]:
    """All `USING a.b, c;` at the cursor."""
    found: list[Using] = []
    while cursor.opening_word == "USING":
        cursor.advance()
        try:
            while True:
                start = cursor.token.start
                qualifier, name = qualified_name(cursor, "the name of a namespace")
                found.append(Using((*qualifier, name), cursor.span_from(start)))
                if not cursor.accept(Kind.COMMA):
                    break
            cursor.semicolon("USING")
        except Recover:
            cursor.skip_until(lambda: cursor.kind is Kind.SEMICOLON or cursor.is_on_new_line)
            cursor.accept(Kind.SEMICOLON)
    return tuple(found)
