"""METHOD, PROPERTY and ACTION, and the INTERFACE that asks for them.

The words are keywords only where one of them starts a sentence and a name follows (`Cursor.opening_word`), so variables
may be called `action`. Where a member ends is a keyword everywhere.
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.diagnostics.catalogue.syntax import STRAY_KEYWORD
from iec61131.syntax.charts import Elements, read_chart, refuse_mixture
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.headings import Modifiers, inheritance, joined, modifiers, name_of, result
from iec61131.syntax.sections import sections
from iec61131.syntax.statements import statements
from iec61131.syntax.tokens import (
    ACCESS_WORDS,
    DECLARATION_ENDS,
    MEMBER_ENDS,
    MEMBER_WORDS,
    MODIFIER_WORDS,
    Kind,
    Token,
)
from iec61131.syntax.tree import (
    Accessor,
    ActionDeclaration,
    InterfaceDeclaration,
    MethodDeclaration,
    Name,
    Pragma,
    PropertyDeclaration,
    Statement,
    TypeSpec,
)


class Members(Struct):
    """What a POU or an interface has been found to contain."""

    methods: list[MethodDeclaration] = field(default_factory=list[MethodDeclaration])
    properties: list[PropertyDeclaration] = field(default_factory=list[PropertyDeclaration])
    actions: list[ActionDeclaration] = field(default_factory=list[ActionDeclaration])


def owner(cursor: Cursor) -> Name | None:
    """Motor, where `METHOD Motor.Start` starts: some write the owner before the name."""
    ahead = 0
    while cursor.peek(ahead).key in MODIFIER_WORDS or cursor.peek(ahead).key in MEMBER_WORDS:
        if cursor.peek(ahead + 1).kind is not Kind.IDENTIFIER:
            return None
        ahead += 1
    token = cursor.peek(ahead)
    return Name(token.text, token.span) if cursor.peek(ahead + 1).kind is Kind.DOT else None


def read_members(
    cursor: Cursor, members: Members, of: Name | None, is_interface: bool = False, is_behind: bool = False
) -> None:
    """Adds all members at the cursor. One without a name is read for the errors in it, and left out.

    `of` is what they belong to. One that names another owner is an error inside it, and left to others `is_behind` it.
    """
    while (word := cursor.opening_word) in MEMBER_WORDS:
        named = owner(cursor)
        if named is not None and (of is None or named.key != of.key):
            if is_behind:
                return
            remedy = f"move it behind the END of {named.text}"
            cursor.report(cursor.expected_at(named.span, f"a {word} of this POU", remedy))
        heading = _heading(cursor, word)
        match word:
            case "METHOD":
                method = _method(cursor, heading, is_interface)
                if method is not None:
                    members.methods.append(method)
            case "PROPERTY":
                found = _property(cursor, heading)
                if found is not None:
                    members.properties.append(found)
            case _:
                action = _action(cursor, heading)
                if action is not None:
                    members.actions.append(action)


class _Heading(Struct, frozen=True):
    """`start` is the offset of its first word, `opener` the METHOD, PROPERTY or ACTION."""

    start: int
    opener: Token
    pragmas: tuple[Pragma, ...]
    modifiers: Modifiers
    name: Name | None


def _heading(cursor: Cursor, word: str) -> _Heading:
    """`PUBLIC METHOD FINAL name`: modifiers stand before or behind the word."""
    pragmas = cursor.take_pragmas()
    start = cursor.token.start
    before = modifiers(cursor, closer=word)
    opener = cursor.advance()
    both = joined(cursor, before, modifiers(cursor))
    name = name_of(cursor, word)
    if name is not None and cursor.accept(Kind.DOT):
        name = name_of(cursor, word)
    return _Heading(start, opener, pragmas, both, name)


def _method(cursor: Cursor, heading: _Heading, is_prototype: bool) -> MethodDeclaration | None:
    gives = result(cursor)
    variables = sections(cursor)
    inside = _body(cursor, Kind.END_METHOD)
    statements = [statement for statement in inside if not isinstance(statement, Pragma)]
    if is_prototype and statements:
        remedy = "the METHOD of an INTERFACE has no statements"
        cursor.report(cursor.expected_at(statements[0].span, "'END_METHOD'", remedy))
        inside = ()
    _end(cursor, heading.opener, Kind.END_METHOD)
    if heading.name is None:
        return None
    span = cursor.span_from(heading.start)
    return MethodDeclaration(heading.name, *heading.modifiers, gives, variables, inside, heading.pragmas, span)


def _body(cursor: Cursor, closer: Kind) -> tuple[Statement, ...]:
    """The statements of a METHOD or an accessor, which cannot be a chart."""
    inside = statements(cursor, frozenset({closer}))
    while cursor.chart_word:
        remedy = "a PROGRAM, a FUNCTION_BLOCK or an ACTION alone can be a chart"
        cursor.report(cursor.expected_at(cursor.token.span, "a statement", remedy))
        read_chart(cursor, Elements())
        inside += statements(cursor, frozenset({closer}))
    return inside


def _action(cursor: Cursor, heading: _Heading) -> ActionDeclaration | None:
    """`ACTION name:` The colon may be left out, as dialects do."""
    cursor.accept(Kind.COLON)
    inside = statements(cursor, frozenset({Kind.END_ACTION}))
    elements = Elements()
    while cursor.chart_word:
        refuse_mixture(cursor, inside)
        read_chart(cursor, elements)
        inside = statements(cursor, frozenset({Kind.END_ACTION}))
    if elements.start >= 0:
        refuse_mixture(cursor, inside)
    _end(cursor, heading.opener, Kind.END_ACTION)
    if heading.name is None:
        return None
    chart = elements.chart(cursor)
    return ActionDeclaration(heading.name, inside, heading.pragmas, cursor.span_from(heading.start), chart)


def _property(cursor: Cursor, heading: _Heading) -> PropertyDeclaration | None:
    if cursor.kind is not Kind.COLON:
        cursor.report(cursor.expected("':' and a type", "a PROPERTY has a type: PROPERTY name : INT"))
    type_: TypeSpec | None = result(cursor)
    accessors: dict[str, Accessor] = {}
    while word := _accessor_word(cursor):
        token = cursor.token
        accessor = _accessor(cursor, word)
        if word in accessors:
            finding = STRAY_KEYWORD.at(token.span, found=f"a second {word}", remedy="remove it")
            cursor.report(finding.also(accessors[word].span, "the first one"))
        else:
            accessors[word] = accessor
    if cursor.kind is not Kind.END_PROPERTY and cursor.kind not in _OUTSIDE_PROPERTY and not cursor.opening_word:
        remedy = "the statements of a PROPERTY stand between GET and END_GET, SET and END_SET"
        cursor.report(cursor.expected_at(cursor.token.span, "GET, SET or END_PROPERTY", remedy))
        _body(cursor, Kind.END_PROPERTY)
    _end(cursor, heading.opener, Kind.END_PROPERTY)
    if heading.name is None or type_ is None:
        return None
    span = cursor.span_from(heading.start)
    getter, setter = accessors.get("GET"), accessors.get("SET")
    return PropertyDeclaration(heading.name, *heading.modifiers, type_, getter, setter, heading.pragmas, span)


_OUTSIDE_PROPERTY = MEMBER_ENDS | {Kind.END_OF_FILE}
_ACCESSORS = {"GET": Kind.END_GET, "SET": Kind.END_SET}


def _accessor_word(cursor: Cursor) -> str:
    """GET or SET if it stands here, behind an access modifier or not; else empty."""
    if cursor.kind is not Kind.IDENTIFIER:
        return ""
    key = cursor.token.key
    if key in ACCESS_WORDS and cursor.is_followed_by_name:
        key = cursor.peek().key
    return key if key in _ACCESSORS else ""


def _accessor(cursor: Cursor, word: str) -> Accessor:
    """`GET .. END_GET`, `SET .. END_SET`, `PRIVATE SET ..`, `SET PRIVATE ..`"""
    cursor.take_pragmas()
    start = cursor.token.start
    access, _ = modifiers(cursor, closer=word)
    opener = cursor.advance()
    is_modified = cursor.kind is Kind.IDENTIFIER and cursor.token.key in ACCESS_WORDS and not cursor.is_on_new_line
    if is_modified and cursor.peek().kind not in _AFTER_NAME:
        access = ACCESS_WORDS[cursor.advance().key]
    cursor.accept(Kind.SEMICOLON)
    variables = sections(cursor)
    inside = _body(cursor, _ACCESSORS[word])
    _end(cursor, opener, _ACCESSORS[word])
    return Accessor(variables, inside, access, cursor.span_from(start))


_AFTER_NAME = frozenset({Kind.ASSIGN, Kind.DOT, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET, Kind.CARET})


def _end(cursor: Cursor, opener: Token, closer: Kind) -> None:
    """Past `closer`. The END of another member counts as it, unless it closes what is around this one."""
    token = cursor.token
    if token.kind is closer:
        cursor.advance()
        cursor.accept(Kind.SEMICOLON)
    elif token.kind in MEMBER_ENDS and not (token.kind is Kind.END_PROPERTY and closer in _ACCESSORS.values()):
        finding = STRAY_KEYWORD.at(token.span, found=token.key, remedy=f"write {closer.value}")
        cursor.report(finding.also(opener.span, f"this {opener.key} is open here"))
        cursor.advance()
        cursor.accept(Kind.SEMICOLON)
    else:
        cursor.report(cursor.unclosed(opener, closer))


# ---------------------------------------------------------------------------------------------------------- interfaces


def interface(cursor: Cursor) -> InterfaceDeclaration | None:
    """INTERFACE.. up to and with END_INTERFACE."""
    pragmas = cursor.take_pragmas()
    start = cursor.token.start
    before = modifiers(cursor, closer="INTERFACE")
    opener = cursor.advance()
    access, _ = joined(cursor, before, modifiers(cursor))
    name = name_of(cursor, "INTERFACE")
    extends, implements = inheritance(cursor)
    for base in implements:
        cursor.report(cursor.expected_at(base.span, "EXTENDS", "an INTERFACE extends others, it implements none"))
    members = Members()
    while True:
        read_members(cursor, members, name, is_interface=True)
        if cursor.accept(Kind.END_INTERFACE):
            cursor.accept(Kind.SEMICOLON)
            break
        if cursor.kind in _OUTSIDE_INTERFACE or cursor.is_at_declaration:
            cursor.report(cursor.unclosed(opener, Kind.END_INTERFACE))
            break
        if not cursor.repair(frozenset({Kind.END_INTERFACE})):
            cursor.report(cursor.expected("METHOD, PROPERTY or END_INTERFACE"))
            cursor.advance()
            cursor.skip_until(lambda: cursor.kind in _OUTSIDE_INTERFACE or bool(cursor.opening_word))
    for action in members.actions:
        cursor.report(cursor.expected_at(action.name.span, "METHOD or PROPERTY", "an INTERFACE has no actions"))
    if name is None:
        return None
    span = cursor.span_from(start)
    return InterfaceDeclaration(name, extends, tuple(members.methods), tuple(members.properties), pragmas, span, access)


_OUTSIDE_INTERFACE = frozenset({*DECLARATION_ENDS, Kind.END_OF_FILE})
