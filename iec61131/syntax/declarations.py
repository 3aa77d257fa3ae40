"""POUs, types and sections of variables: everything a file declares except configurations.

Each function returns None for a declaration that is lost; its findings are recorded and what it contains was read, so
that one run finds the errors inside as well.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import EXTENDS_WITHOUT_STRUCT, MISSPELT_KEYWORD, STRAY_KEYWORD
from iec61131.diagnostics.diagnostic import near_name
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.limits import GENERIC, INHERITANCE, MODIFIERS, SECTIONS
from iec61131.syntax.statement_recovery import skip_misplaced
from iec61131.syntax.statements import body
from iec61131.syntax.tokens import (
    BLOCKS,
    POU_ENDS,
    POUS,
    SECTION_STARTS,
    UNSUPPORTED_SECTIONS,
    VARIABLE_SECTIONS,
    Kind,
    Token,
)
from iec61131.syntax.tree import (
    GlobalDeclaration,
    Name,
    PouDeclaration,
    PouKind,
    Pragma,
    Qualifier,
    Statement,
    StructSpec,
    TypeDeclaration,
    TypeName,
    TypeSpec,
    VarBlock,
)
from iec61131.syntax.type_specs import (
    declared_initial,
    end_of_declaration,
    is_misspelt_end,
    qualified_name,
    skip_declaration,
    type_spec,
    variables,
)

# ---------------------------------------------------------------------------------------------------------------- POUs


def pou(cursor: Cursor) -> PouDeclaration | None:
    """PROGRAM, FUNCTION or FUNCTION_BLOCK, up to and with its END."""
    pragmas = cursor.take_pragmas()
    opener = cursor.advance()
    kind, closer = POUS[opener.kind]
    mark = cursor.mark()
    name: Name | None = None
    result: TypeSpec | None = None
    blocks: tuple[VarBlock, ...] = ()
    statements: tuple[Statement, ...] = ()
    try:
        name = _pou_name(cursor, opener)
        result = _result(cursor, kind)
        blocks = sections(cursor)
        statements = body(cursor)
    except TooDeep:
        cursor.restore(mark)
        cursor.skip_until(lambda: cursor.kind in POU_ENDS or cursor.is_at_declaration)
    _end_of_pou(cursor, opener, closer)
    if name is None:
        return None
    return PouDeclaration(kind, name, result, blocks, statements, pragmas, cursor.span_from(opener.start))


def _pou_name(cursor: Cursor, opener: Token) -> Name | None:
    """The name, and what this version does not support around it."""
    modifiers(cursor)
    name: Name | None = None
    what, remedy = f"the name of the {opener.key}", f"write the name behind {opener.key}"
    try:
        if cursor.is_on_new_line and cursor.peek().kind in _AFTER_FIRST_NAME:
            raise cursor.lost(cursor.expected(what, remedy))  # the name on the next line belongs to a statement
        name = cursor.name(what, remedy)
    except Recover:
        if cursor.kind not in SECTION_STARTS and cursor.kind is not Kind.COLON and not cursor.is_on_new_line:
            cursor.advance()
    if cursor.kind is Kind.LESS:
        cursor.limit(GENERIC, cursor.token.span)
        cursor.skip_until(lambda: cursor.kind is Kind.GREATER or cursor.is_on_new_line)
        cursor.accept(Kind.GREATER)
    inheritance(cursor)
    return name


_AFTER_FIRST_NAME = frozenset({Kind.ASSIGN, Kind.DOT, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET})


def modifiers(cursor: Cursor) -> None:
    """Past ABSTRACT, FINAL, PUBLIC.. which stand before a name."""
    while cursor.kind is Kind.IDENTIFIER and cursor.token.key in MODIFIERS and cursor.peek().kind is Kind.IDENTIFIER:
        if cursor.peek().key in INHERITANCE:
            return
        cursor.limit(MODIFIERS[cursor.token.key], cursor.token.span)
        cursor.advance()


def inheritance(cursor: Cursor) -> None:
    """Past `EXTENDS Base IMPLEMENTS One, Two`."""
    while cursor.kind is Kind.IDENTIFIER and cursor.token.key in INHERITANCE:
        limit = INHERITANCE[cursor.token.key]
        start = cursor.advance().span
        while cursor.kind is Kind.IDENTIFIER and cursor.token.key not in INHERITANCE:
            cursor.advance()
            if not (cursor.accept(Kind.COMMA) or cursor.accept(Kind.DOT)):
                break
        cursor.limit(limit, start)


def _result(cursor: Cursor, kind: PouKind) -> TypeSpec | None:
    """The type behind the colon of a FUNCTION; a semicolon after the header is tolerated, as dialects do."""
    result: TypeSpec | None = None
    if cursor.kind is Kind.COLON:
        if kind is not PouKind.FUNCTION:
            cursor.report(cursor.expected("a VAR section or a statement", "only a FUNCTION has a type of its own"))
        cursor.advance()
        mark = cursor.mark()
        try:
            result = type_spec(cursor)
        except Recover:
            cursor.restore(mark)
    if not cursor.is_on_new_line:
        cursor.accept(Kind.SEMICOLON)
    return result


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


# ------------------------------------------------------------------------------------------------------------ sections


def sections(cursor: Cursor) -> tuple[VarBlock, ...]:
    """All VAR sections at the cursor."""
    found: list[VarBlock] = []
    while True:
        if cursor.kind in SECTION_STARTS:
            block = section(cursor)
            if block is not None:
                found.append(block)
        elif cursor.kind is Kind.END_VAR:
            skip_misplaced(cursor)
        elif not (_is_section_without_head(cursor) and _repair_head(cursor)):
            return tuple(found)


def _is_section_without_head(cursor: Cursor) -> bool:
    """`x : INT; END_VAR` is no statement, whatever else it is; nor is `VAR_INPT x : INT; END_VAR`."""
    if cursor.kind is not Kind.IDENTIFIER:
        return False
    follows, behind = cursor.peek().kind, cursor.peek(2).kind
    is_declaration = follows in (Kind.COMMA, Kind.IDENTIFIER) or (follows is Kind.COLON and behind is not Kind.EQUAL)
    return is_declaration and cursor.comes_before(_END_VAR, _NOT_IN_SECTION)


_END_VAR = frozenset({Kind.END_VAR})
_NOT_IN_SECTION = frozenset({*SECTION_STARTS, *POU_ENDS, *POUS, *BLOCKS})


def _repair_head(cursor: Cursor) -> bool:
    """The keyword of the section at the cursor is misspelt or missing. Always true: reading goes on behind it."""
    if not cursor.repair(SECTION_STARTS):
        cursor.report(cursor.expected("a VAR section", "write VAR, VAR_INPUT or the like before the declarations"))
        cursor.skip_until(lambda: cursor.kind is Kind.END_VAR)
        cursor.advance()
        cursor.accept(Kind.SEMICOLON)
    return True


def section(cursor: Cursor) -> VarBlock | None:
    """VAR.. up to and with END_VAR; None for a kind of section that this version does not support."""
    pragmas = cursor.take_pragmas()
    opener = cursor.advance()
    if opener.kind in UNSUPPORTED_SECTIONS:
        cursor.limit(SECTIONS[opener.key], opener.span)
        cursor.skip_until(lambda: cursor.kind is Kind.END_VAR or cursor.kind in POU_ENDS or cursor.is_at_declaration)
        if cursor.accept(Kind.END_VAR):
            cursor.accept(Kind.SEMICOLON)
        return None
    qualifiers = _qualifiers(cursor)
    declared = variables(cursor, opener, Kind.END_VAR)
    span = cursor.span_from(opener.start)
    cursor.accept(Kind.SEMICOLON)
    return VarBlock(VARIABLE_SECTIONS[opener.kind], qualifiers, declared, span, pragmas)


_QUALIFIERS = {qualifier.value: qualifier for qualifier in Qualifier}


def _qualifiers(cursor: Cursor) -> frozenset[Qualifier]:
    """RETAIN, CONSTANT.. unless the word names a variable."""
    found: set[Qualifier] = set()
    while cursor.kind is Kind.IDENTIFIER and cursor.peek().kind not in (Kind.COLON, Kind.COMMA):
        key = cursor.token.key
        if key in MODIFIERS:
            cursor.limit(MODIFIERS[key], cursor.token.span)
        elif key in _QUALIFIERS:
            found.add(_QUALIFIERS[key])
        elif meant := _meant_qualifier(cursor):
            cursor.report(MISSPELT_KEYWORD.at(cursor.token.span, written=cursor.token.text, keyword=meant))
            found.add(_QUALIFIERS[meant])
        else:
            break
        cursor.advance()
    return frozenset(found)


def _meant_qualifier(cursor: Cursor) -> str | None:
    """The qualifier that a word was meant to be, if a name and a colon or comma follow it on its line."""
    follows = cursor.peek()
    is_extra_word = follows.kind is Kind.IDENTIFIER and cursor.peek(2).kind in (Kind.COLON, Kind.COMMA)
    return near_name(cursor.token.text, _QUALIFIERS) if is_extra_word and not cursor.is_on_new_line else None


def global_declaration(cursor: Cursor) -> GlobalDeclaration | None:
    """A VAR_GLOBAL section of a file."""
    pragmas = cursor.take_pragmas()
    block = section(cursor)
    return None if block is None else GlobalDeclaration(block, block.span, pragmas)


# --------------------------------------------------------------------------------------------------------------- types


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
    modifiers(cursor)
    name = cursor.name("the name of a type")
    extends = _base(cursor) if cursor.accept_word("EXTENDS") else None
    cursor.expect(Kind.COLON, "write ':' between the name and what it stands for", instead=_IN_PLACE_OF_COLON)
    spec = type_spec(cursor)
    initial = declared_initial(cursor)
    span = cursor.span_from(start)
    end_of_declaration(cursor, spec, initial)
    if extends is not None and not isinstance(spec, StructSpec):
        cursor.report(EXTENDS_WITHOUT_STRUCT.at(extends.span))
    return TypeDeclaration(name, spec, initial, pragmas, span, extends)


def _base(cursor: Cursor) -> TypeName:
    start = cursor.token.start
    qualifier, name = qualified_name(cursor, "the name of the base")
    return TypeName(name, cursor.span_from(start), qualifier)


_IN_PLACE_OF_COLON = frozenset({Kind.ASSIGN, Kind.EQUAL})
