"""Types, and the variables that a STRUCT is made of.

`variable` and `variables` stand here and not with the VAR sections because a type may contain them; the sections of a
POU read theirs with the same two functions. `variables` is where reading starts anew after an error in a declaration.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import EXPECTED_TYPE, KEYWORD_AS_NAME
from iec61131.syntax.cursor import Cursor, Recover
from iec61131.syntax.expressions import (
    arguments,
    expression,
    has_range,
    operator_of_assignment,
    place,
    skip_operator_of_assignment,
)
from iec61131.syntax.initial_values import declared_value
from iec61131.syntax.literals import address, offset
from iec61131.syntax.tokens import (
    DECLARATION_ENDS,
    DECLARATION_STARTS,
    ELEMENTARY_TYPES,
    RESERVED,
    SECTION_STARTS,
    Kind,
    Token,
)
from iec61131.syntax.tree import (
    Argument,
    ArraySpec,
    AssignOperator,
    DirectAddress,
    Edge,
    EnumMember,
    EnumSpec,
    Expression,
    Initial,
    MemberAccess,
    Name,
    NamedType,
    NameExpression,
    PointerSpec,
    ReferenceSpec,
    RefToSpec,
    StringSpec,
    StructSpec,
    SubrangeSpec,
    TypeSpec,
    UnionSpec,
    VarDeclaration,
)

_MEMBER_NAME = "the name of an enumerator"


def type_spec(cursor: Cursor) -> TypeSpec:
    cursor.deeper()
    spec = _type_spec(cursor)
    cursor.depth -= 1
    return spec


def _type_spec(cursor: Cursor) -> TypeSpec:
    token = cursor.token
    match cursor.kind:
        case Kind.IDENTIFIER:
            return _starting_with_name(cursor)
        case Kind.ARRAY:
            return _array(cursor)
        case Kind.STRUCT:
            return _struct(cursor)
        case Kind.LEFT_PARENTHESIS:
            return _enum(cursor, None, token.start)
        case _:
            if cursor.kind in RESERVED and not cursor.is_on_new_line and cursor.peek().kind is Kind.SEMICOLON:
                cursor.report(KEYWORD_AS_NAME.at(token.span, word=token.text))
                cursor.advance()
                return NamedType(Name(token.text, token.span), token.span)
            raise cursor.lost(EXPECTED_TYPE.at(cursor.place, found=cursor.found))


def _starting_with_name(cursor: Cursor) -> TypeSpec:
    token = cursor.token
    key = token.key
    if key in ("STRING", "WSTRING"):
        return _string(cursor)
    if key in _REFERENCES and (key == "REF_TO" or cursor.peek().kind is Kind.TO or cursor.is_followed_by_name):
        cursor.advance()
        if key != "REF_TO":
            cursor.expect(Kind.TO, f"write {key} TO and a type")
        target = type_spec(cursor)
        return _REFERENCES[key](target, cursor.span_from(token.start))
    if key == "UNION" and cursor.peek().kind is not Kind.SEMICOLON:
        return _union(cursor)
    if _cannot_be_type_name(cursor) and cursor.repair(_ARRAY_OR_STRUCT):
        return _type_spec(cursor)

    qualifier, name = qualified_name(cursor, "a type")
    if cursor.kind is Kind.LEFT_PARENTHESIS and (name.key in ELEMENTARY_TYPES or has_range(cursor)):
        return _bounded(cursor, qualifier, name, token.start)
    return NamedType(name, cursor.span_from(token.start), qualifier)


_REFERENCES = {"POINTER": PointerSpec, "REFERENCE": ReferenceSpec, "REF_TO": RefToSpec}


def qualified_name(cursor: Cursor, what: str) -> tuple[tuple[Name, ...], Name]:
    """`a.b.Motor`: the names before the last point, and the last name."""
    names = [cursor.name(what)]
    while cursor.accept(Kind.DOT):
        names.append(cursor.name(what))
    return tuple(names[:-1]), names[-1]


_ARRAY_OR_STRUCT = frozenset({Kind.ARRAY, Kind.STRUCT})


def _cannot_be_type_name(cursor: Cursor) -> bool:
    """Whether `[`, another name on the line, or the first variable of a STRUCT follows."""
    follows = cursor.peek()
    if follows.kind is Kind.IDENTIFIER and "\n" in cursor.file.text[cursor.token.end : follows.start]:
        return cursor.peek(2).kind in _AFTER_VARIABLE
    return follows.kind is Kind.IDENTIFIER or follows.kind is Kind.LEFT_BRACKET


def _string(cursor: Cursor) -> StringSpec:
    """`STRING`, `STRING[40]`, `STRING(40)`."""
    token = cursor.advance()
    length: Expression | None = None
    for opening, closing in (
        (Kind.LEFT_BRACKET, Kind.RIGHT_BRACKET),
        (Kind.LEFT_PARENTHESIS, Kind.RIGHT_PARENTHESIS),
    ):
        opener = cursor.token
        if cursor.accept(opening):
            length = expression(cursor)
            cursor.close(closing, opener, "an operator or ")
            break
    return StringSpec(token.key == "WSTRING", length, cursor.span_from(token.start))


def _array(cursor: Cursor) -> ArraySpec:
    """`ARRAY[1..3, 0..7] OF element`, `ARRAY[*] OF element`"""
    start = cursor.advance().start
    opener = cursor.token
    ranges: list[tuple[Expression, Expression] | None] = []
    if not cursor.accept(Kind.LEFT_BRACKET):
        raise cursor.lost(cursor.expected("'['", "write the bounds behind ARRAY: ARRAY[1..10] OF INT"))
    while True:
        ranges.append(_bounds(cursor))
        if not cursor.accept(Kind.COMMA):
            break
    cursor.close(Kind.RIGHT_BRACKET, opener, "an operator, ',' or ")
    cursor.expect(Kind.OF, "write OF and the type of the elements", instead=frozenset({Kind.COLON, Kind.TO}))
    element = type_spec(cursor)
    return ArraySpec(tuple(ranges), element, cursor.span_from(start))


def _bounds(cursor: Cursor) -> tuple[Expression, Expression] | None:
    """None for `*`."""
    if cursor.accept(Kind.STAR):
        return None
    low = expression(cursor)
    if not cursor.accept(Kind.RANGE):
        raise cursor.lost(cursor.expected("'..'", "write the lower and the upper bound: ARRAY[1..10] OF INT"))
    return low, expression(cursor)


def _struct(cursor: Cursor) -> StructSpec:
    opener = cursor.advance()
    is_overlapping = cursor.at_word("OVERLAP") and cursor.peek().kind is Kind.IDENTIFIER
    if is_overlapping:
        cursor.advance()
    cursor.deeper()  # one level for the STRUCT, one for the variable in it
    fields = variables(cursor, opener, Kind.END_STRUCT)
    cursor.depth -= 1
    return StructSpec(fields, cursor.span_from(opener.start), is_overlapping)


def _union(cursor: Cursor) -> UnionSpec:
    opener = cursor.advance()
    cursor.deeper()
    fields = variables(cursor, opener, Kind.END_UNION)
    cursor.depth -= 1
    return UnionSpec(fields, cursor.span_from(opener.start))


def _bounded(cursor: Cursor, qualifier: tuple[Name, ...], name: Name, start: int) -> TypeSpec:
    """Behind a type name: `INT(0..100)`, `INT(A, B)`."""
    opener = cursor.token
    behind = cursor.peek(2).kind
    is_named = cursor.peek().kind is Kind.IDENTIFIER and behind in _BEHIND_ENUMERATOR
    if is_named and name.key in ELEMENTARY_TYPES:
        return _enum(cursor, name, start)
    cursor.advance()
    low = expression(cursor)
    if not cursor.accept(Kind.RANGE):
        raise cursor.lost(cursor.expected("'..'", "write the lower and the upper bound: INT(0..100)"))
    high = expression(cursor)
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "an operator or ")
    return SubrangeSpec(name, low, high, cursor.span_from(start), qualifier)


_BEHIND_ENUMERATOR = frozenset({Kind.COMMA, Kind.RIGHT_PARENTHESIS, Kind.ASSIGN, Kind.EQUAL})


def _enum(cursor: Cursor, base: Name | None, start: int) -> EnumSpec:
    """`(Red, Green := 4)`, with its base type in front or behind."""
    opener = cursor.advance()
    enumerators = [_enumerator(cursor)]
    while cursor.accept(Kind.COMMA):
        enumerators.append(_enumerator(cursor))
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "',' or ")
    if base is None and cursor.kind is Kind.IDENTIFIER and not cursor.is_on_new_line:
        base = cursor.name("the base type")
    return EnumSpec(tuple(enumerators), base, cursor.span_from(start))


def _enumerator(cursor: Cursor) -> EnumMember:
    start = cursor.token.start
    name = cursor.name(_MEMBER_NAME)
    if cursor.kind is Kind.EQUAL:
        cursor.report(cursor.expected("':='", "write ':=' before the value of an enumerator"))
    has_value = cursor.accept(Kind.ASSIGN) or cursor.accept(Kind.EQUAL)
    value = expression(cursor) if has_value else None
    return EnumMember(name, value, cursor.span_from(start))


# ----------------------------------------------------------------------------------------------------------- variables


def variables(cursor: Cursor, opener: Token, closer: Kind) -> tuple[VarDeclaration, ...]:
    """Declarations up to and with `closer`; `opener` is the VAR or STRUCT that it closes."""
    found: list[VarDeclaration] = []
    while not cursor.accept(closer):
        if cursor.accept(Kind.SEMICOLON) or is_misspelt_end(cursor, closer):
            continue
        if _is_end_missing(cursor, closer):
            cursor.report(cursor.unclosed(opener, closer))
            break
        mark, index = cursor.mark(), cursor.index
        try:
            found.append(variable(cursor, opener.kind))
        except Recover:
            cursor.restore(mark)
            skip_declaration(cursor, index)
    return tuple(found)


def _is_end_missing(cursor: Cursor, closer: Kind) -> bool:
    """Whether the text has gone on to something that is no declaration of a variable."""
    follows = cursor.peek().kind
    if cursor.kind is Kind.END_OF_FILE:
        return True
    if cursor.kind in RESERVED:
        return follows not in (Kind.COLON, Kind.COMMA)  # otherwise a keyword was taken for a name
    if cursor.opening_word and cursor.is_on_new_line:
        return True
    if cursor.kind is Kind.IDENTIFIER and follows in _AFTER_STATEMENT_NAME:
        return not cursor.comes_before(frozenset({closer}), _NO_SECTION_BEYOND)
    return False


def is_misspelt_end(cursor: Cursor, closer: Kind) -> bool:
    """Whether a name that is followed by no declaration was meant to be `closer`; it then is, from here on."""
    if cursor.kind is not Kind.IDENTIFIER or cursor.peek().kind in _AFTER_VARIABLE | _AFTER_STATEMENT_NAME:
        return False
    is_located = cursor.peek().kind is Kind.IDENTIFIER and cursor.peek().key == "AT"
    return not is_located and cursor.repair(frozenset({closer}))


_AFTER_VARIABLE = frozenset({Kind.COLON, Kind.COMMA})
_AFTER_STATEMENT_NAME = frozenset({Kind.ASSIGN, Kind.DOT, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET})
_NO_SECTION_BEYOND = SECTION_STARTS | DECLARATION_ENDS | DECLARATION_STARTS


def skip_declaration(cursor: Cursor, start: int) -> None:
    """To the next declaration of a variable or a type, at least one token further than `start`."""
    if cursor.index == start:
        cursor.advance()
    cursor.skip_until(lambda: cursor.kind is Kind.STRUCT or _is_past_declaration(cursor))
    if cursor.accept(Kind.STRUCT):
        cursor.skip_until(lambda: cursor.kind in _SECTION_LIMITS)
        cursor.accept(Kind.END_STRUCT)
    cursor.accept(Kind.SEMICOLON)


def _is_past_declaration(cursor: Cursor) -> bool:
    if cursor.kind is Kind.SEMICOLON or cursor.kind in _SECTION_LIMITS:
        return True
    return cursor.is_on_new_line and cursor.kind is Kind.IDENTIFIER and cursor.peek().kind in _AFTER_VARIABLE


_SECTION_LIMITS = _NO_SECTION_BEYOND | {Kind.END_VAR, Kind.END_STRUCT, Kind.END_UNION}


def variable(cursor: Cursor, section: Kind) -> VarDeclaration:
    """`a, b AT %IX0.0 : BOOL R_EDGE := FALSE;` in a section or STRUCT that starts with `section`."""
    pragmas = cursor.take_pragmas()
    start = cursor.token.start
    if section is Kind.VAR_ACCESS:
        return _access(cursor)
    configured: Expression | None = None
    if section is Kind.VAR_CONFIG:
        configured, names = _configured(cursor)
    else:
        names = [cursor.name("the name of a variable")]
    while cursor.accept(Kind.COMMA):
        names.append(cursor.name("the name of a variable"))
    located = _location(cursor, in_struct=section not in SECTION_STARTS)
    _colon(cursor, names[-1])
    spec = type_spec(cursor)
    given = _arguments(cursor, spec)
    edge = _edge(cursor)
    binds = operator_of_assignment(cursor) is AssignOperator.REFERENCE
    initial = declared_initial(cursor)
    span = cursor.span_from(start)
    end_of_declaration(cursor, spec, initial)
    return VarDeclaration(tuple(names), located, spec, edge, initial, pragmas, span, binds, given, configured)


def _configured(cursor: Cursor) -> tuple[Expression, list[Name]]:
    """`Main.motors[1].start` in a VAR_CONFIG section, and the name that is declared anew there."""
    remedy = "write the path of a variable: Main.motor.start AT %IX0.0 : BOOL;"
    if cursor.kind is not Kind.IDENTIFIER:
        raise cursor.lost(cursor.expected("the path of a variable", remedy))
    path = place(cursor)
    if isinstance(path, MemberAccess | NameExpression):
        return path, [path.name]
    raise cursor.lost(cursor.expected("'.' and the name of a variable", remedy))


def _access(cursor: Cursor) -> VarDeclaration:
    """`level : Main.tank.level : REAL READ_ONLY;` in a VAR_ACCESS section; or of an address, `Plc.%IX0.0`."""
    start = cursor.token.start
    name = cursor.name("the name of the access path")
    _colon(cursor, name)
    ahead = 0
    while cursor.peek(ahead).kind is Kind.IDENTIFIER and cursor.peek(ahead + 1).kind is Kind.DOT:
        ahead += 2
    if cursor.peek(ahead).kind is Kind.ADDRESS:
        for _ in range(ahead):  # the RESOURCE, which says nothing more
            cursor.advance()
    elif cursor.kind is not Kind.IDENTIFIER:
        remedy = "write the path of a variable: level : Main.tank.level : REAL READ_ONLY;"
        raise cursor.lost(cursor.expected("the path of a variable or an address", remedy))
    path = place(cursor)
    _colon(cursor, name)
    spec = type_spec(cursor)
    is_writable = cursor.accept_word("READ_WRITE")
    if not is_writable:
        cursor.accept_word("READ_ONLY")
    span = cursor.span_from(start)
    end_of_declaration(cursor, spec, None)
    return VarDeclaration((name,), None, spec, None, None, (), span, place=path, is_writable=is_writable)


def _arguments(cursor: Cursor, spec: TypeSpec) -> tuple[tuple[Argument, ...], ...]:
    """Behind the type of a block instance `(speed := 2)`, of an array of them `[(speed := 2), (speed := 3)]`."""
    opener = cursor.token
    if isinstance(spec, NamedType) and cursor.accept(Kind.LEFT_PARENTHESIS):
        return (arguments(cursor, opener),)
    if not isinstance(spec, ArraySpec) or cursor.kind is not Kind.LEFT_BRACKET:
        return ()
    cursor.advance()
    given: list[tuple[Argument, ...]] = []
    while True:
        bracket = cursor.token
        if not cursor.accept(Kind.LEFT_PARENTHESIS):
            raise cursor.lost(cursor.expected("'('", "write the arguments of each element: [(a := 1), (a := 2)]"))
        given.append(arguments(cursor, bracket))
        if not cursor.accept(Kind.COMMA):
            break
    cursor.close(Kind.RIGHT_BRACKET, opener, "',' or ")
    return tuple(given)


def _location(cursor: Cursor, in_struct: bool) -> DirectAddress | None:
    if not cursor.at_word("AT"):
        return None
    cursor.advance()
    if cursor.kind is not Kind.ADDRESS:
        raise cursor.lost(cursor.expected("an address", "write the address behind AT: AT %IX0.0"))
    found = (offset(cursor.token) if in_struct else None) or address(cursor.token, cursor.report, may_be_open=True)
    cursor.advance()
    return found


def _colon(cursor: Cursor, name: Name) -> None:
    """The colon before the type; a forgotten one and `:=` in its place are reported and count as a colon."""
    if cursor.accept(Kind.COLON):
        return
    remedy = f"write the type: {name.text} : INT;"
    if name.key in ELEMENTARY_TYPES and cursor.kind is Kind.IDENTIFIER:
        remedy = f"the name stands before its type: {cursor.token.text} : {name.key};"
    finding = cursor.expected("':' and a type", remedy)
    begins_type = _begins_type(cursor, 0) and cursor.peek().kind not in _AFTER_VARIABLE
    if begins_type and not cursor.is_on_new_line:
        cursor.report(finding)
    elif cursor.kind in (Kind.ASSIGN, Kind.EQUAL) and _begins_type(cursor, 1):
        cursor.report(finding)
        cursor.advance()
    else:
        raise cursor.lost(finding)


def _begins_type(cursor: Cursor, ahead: int) -> bool:
    token = cursor.peek(ahead)
    return token.kind in (Kind.ARRAY, Kind.STRUCT) or (
        token.kind is Kind.IDENTIFIER and (ahead == 0 or token.key in ELEMENTARY_TYPES)
    )


def _edge(cursor: Cursor) -> Edge | None:
    for edge in Edge:
        if cursor.accept_word(edge.value):
            return edge
    return None


def declared_initial(cursor: Cursor) -> Initial | None:
    """The initial value behind the type of a variable or a declared type, if there is one."""
    if cursor.kind is Kind.EQUAL:
        cursor.report(cursor.expected("':='", "write ':=' before the initial value"))
        cursor.advance()
        return declared_value(cursor)
    if operator_of_assignment(cursor) is AssignOperator.REFERENCE:
        skip_operator_of_assignment(cursor)
        return expression(cursor)
    return declared_value(cursor) if cursor.accept(Kind.ASSIGN) else None


def end_of_declaration(cursor: Cursor, spec: TypeSpec, initial: Initial | None) -> None:
    """The semicolon, which dialects leave out behind END_STRUCT and END_UNION."""
    if isinstance(spec, StructSpec | UnionSpec) and initial is None and cursor.kind is not Kind.SEMICOLON:
        return
    cursor.semicolon("the declaration")
