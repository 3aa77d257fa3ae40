"""TEST_SUITE: tests in the language itself.

    suite     TEST_SUITE 'name' { section | member | setup | teardown | test | mock } END_TEST_SUITE
    setup     SETUP { section } { statement } END_SETUP
    teardown  TEARDOWN { section } { statement } END_TEARDOWN
    test      TEST 'name' { section } { statement } END_TEST
    mock      MOCK ( FUNCTION | FUNCTION_BLOCK ) name { section | member } { statement } END_MOCK
              MOCK name { . name } WITH name ;

None of these words is a keyword of the language. TEST_SUITE is one with a text behind it, the others are from there up
to END_TEST_SUITE (suite_words.py).
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.diagnostics.catalogue.suites import NAME_TWICE, NO_NAME, SECTION_IN_SUITE
from iec61131.diagnostics.catalogue.syntax import STRAY_KEYWORD
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.headings import name_of, type_name
from iec61131.syntax.members import Members, read_members
from iec61131.syntax.sections import sections
from iec61131.syntax.statements import statements
from iec61131.syntax.tokens import MEMBER_WORDS, POUS, SECTION_STARTS, SUITE_ENDS, Kind, Token
from iec61131.syntax.tree import Mock, Name, PouKind, Statement, TestPart, TestSuite, VarBlock, VarKind

_ENDS_OF_PARTS = {Kind.SETUP_BEGIN: Kind.SETUP_END, Kind.TEARDOWN_BEGIN: Kind.TEARDOWN_END}
_BEGINS_OF_PARTS = frozenset({Kind.TEST_BEGIN, Kind.MOCK_BEGIN, *_ENDS_OF_PARTS})
_OWN_SECTIONS = (VarKind.LOCAL, VarKind.TEMP)
_STARTS = "a VAR section, SETUP, TEARDOWN, TEST, MOCK, METHOD or END_TEST_SUITE"


class _Parts(Struct):
    """What a suite has been found to consist of."""

    variables: list[VarBlock] = field(default_factory=list[VarBlock])
    members: Members = field(default_factory=Members)
    once: dict[str, TestPart] = field(default_factory=dict[str, TestPart])  # SETUP and TEARDOWN
    tests: dict[str, TestPart] = field(default_factory=dict[str, TestPart])  # by name
    mocks: list[Mock] = field(default_factory=list[Mock])


def suite(cursor: Cursor, before: list[TestSuite]) -> TestSuite | None:
    """A suite up to and with END_TEST_SUITE; `before` are those further up in the file. None when it has no name."""
    cursor.take_pragmas()
    opener = cursor.advance()
    name = _name(cursor, opener)
    parts = _Parts()
    mark = cursor.mark()
    try:
        _content(cursor, parts, opener)
    except TooDeep:
        cursor.restore(mark)
        cursor.skip_until(lambda: cursor.kind is Kind.SUITE_END or cursor.is_at_declaration)
        cursor.accept(Kind.SUITE_END)
    if name is None:
        return None
    for other in before:
        if other.name.key == name.key:
            cursor.findings.add(NAME_TWICE.at(name.span, name=name.text).also(other.name.span, "the first one"))
    return TestSuite(
        name,
        tuple(parts.variables),
        parts.once.get("SETUP"),
        parts.once.get("TEARDOWN"),
        tuple(parts.tests.values()),
        tuple(parts.mocks),
        tuple(parts.members.methods),
        tuple(parts.members.properties),
        tuple(parts.members.actions),
        cursor.span_from(opener.start),
    )


def _name(cursor: Cursor, opener: Token) -> Name | None:
    """The text in quotes behind `opener`. A name without them is read as though it had them."""
    token = cursor.token
    if cursor.kind is Kind.STRING and token.text[1:-1].strip():
        cursor.advance()
        return Name(token.text[1:-1], token.span)
    cursor.report(NO_NAME.at(opener.span, word=opener.text.upper()))
    if cursor.kind in (Kind.STRING, Kind.IDENTIFIER) and not cursor.is_on_new_line:
        cursor.advance()
        return Name(token.text, token.span)
    return None


def _content(cursor: Cursor, parts: _Parts, opener: Token) -> None:
    while not cursor.accept(Kind.SUITE_END):
        if cursor.kind in SECTION_STARTS and cursor.kind is not Kind.VAR_GLOBAL:
            parts.variables += _own(cursor, sections(cursor), "a TEST_SUITE")
        elif cursor.opening_word in MEMBER_WORDS:
            read_members(cursor, parts.members, None)
        elif cursor.kind is Kind.TEST_BEGIN:
            _test(cursor, parts)
        elif cursor.kind in _ENDS_OF_PARTS:
            _once(cursor, parts, cursor.token.text.upper())
        elif cursor.kind is Kind.MOCK_BEGIN or cursor.at_word("MOCK"):
            _mock(cursor, parts)
        elif cursor.kind is Kind.END_OF_FILE or cursor.is_at_declaration:
            cursor.report(cursor.unclosed(opener, Kind.SUITE_END))
            return
        else:
            cursor.report(cursor.expected(_STARTS, "statements stand between TEST 'name' and END_TEST"))
            cursor.advance()
            cursor.skip_until(lambda: _is_at_part(cursor))
        cursor.accept(Kind.SEMICOLON)


def _is_at_part(cursor: Cursor) -> bool:
    kind = cursor.kind
    if kind is Kind.SUITE_END or kind in _BEGINS_OF_PARTS or kind in SECTION_STARTS or cursor.is_at_declaration:
        return True
    return cursor.is_on_new_line and (cursor.at_word("MOCK") or cursor.opening_word in MEMBER_WORDS)


def _own(cursor: Cursor, found: tuple[VarBlock, ...], whose: str) -> list[VarBlock]:
    """Those of `found` that hold variables for nobody else."""
    for block in found:
        if block.kind not in _OWN_SECTIONS:
            cursor.findings.add(SECTION_IN_SUITE.at(block.span, section=block.kind.value, whose=whose))
    return [block for block in found if block.kind in _OWN_SECTIONS]


def _test(cursor: Cursor, parts: _Parts) -> None:
    opener = cursor.advance()
    name = _name(cursor, opener)
    part = _part(cursor, opener, name, Kind.TEST_END)
    if name is None:
        return
    first = parts.tests.setdefault(name.key, part)
    if first is not part:
        cursor.findings.add(NAME_TWICE.at(name.span, name=name.text).also(first.name.span, "the first one"))


def _once(cursor: Cursor, parts: _Parts, word: str) -> None:
    closer = _ENDS_OF_PARTS[cursor.kind]
    opener = cursor.advance()
    part = _part(cursor, opener, Name(word, opener.span), closer)
    first = parts.once.setdefault(word, part)
    if first is not part:
        finding = STRAY_KEYWORD.at(opener.span, found=f"a second {word}", remedy="remove it")
        cursor.findings.add(finding.also(first.name.span, "the first one"))


def _part(cursor: Cursor, opener: Token, name: Name | None, closer: Kind) -> TestPart:
    variables = tuple(_own(cursor, sections(cursor), f"a {opener.text.upper()}"))
    inside = statements(cursor, frozenset({closer}))
    _end(cursor, opener, closer)
    return TestPart(
        opener.text.upper(), name or Name("", opener.span), variables, inside, cursor.span_from(opener.start)
    )


def _mock(cursor: Cursor, parts: _Parts) -> None:
    opener = cursor.advance()
    if cursor.kind in POUS and cursor.kind is not Kind.PROGRAM:
        mock = _mock_pou(cursor, opener)
    else:
        mock = _mock_with(cursor, opener)
    if mock is not None:
        parts.mocks.append(mock)


def _mock_pou(cursor: Cursor, opener: Token) -> Mock | None:
    """`MOCK FUNCTION name .. END_MOCK`"""
    kind = POUS[cursor.kind][0]
    name = name_of(cursor, cursor.advance().key)
    variables: list[VarBlock] = []
    members = Members()
    body: tuple[Statement, ...] = ()
    while True:
        if not body:
            variables += _own(cursor, sections(cursor), "a MOCK")
        read_members(cursor, members, name)
        if cursor.kind in SECTION_STARTS and not body and cursor.kind is not Kind.VAR_GLOBAL:
            continue
        body += statements(cursor, frozenset({Kind.MOCK_END}))
        if cursor.opening_word not in MEMBER_WORDS:
            break
    _end(cursor, opener, Kind.MOCK_END)
    if name is None:
        return None
    if kind is PouKind.FUNCTION and (members.methods or members.properties or members.actions):
        cursor.findings.add(SECTION_IN_SUITE.at(name.span, section="METHOD", whose="the MOCK of a FUNCTION"))
        members = Members()
    lists = tuple(members.methods), tuple(members.properties), tuple(members.actions)
    return Mock(kind, (name,), tuple(variables), body, *lists, None, cursor.span_from(opener.start))


def _mock_with(cursor: Cursor, opener: Token) -> Mock | None:
    """`MOCK Main.sensor WITH Fake;`"""
    try:
        target = [cursor.name("FUNCTION, FUNCTION_BLOCK or what is replaced")]
        while cursor.accept(Kind.DOT):
            target.append(cursor.name("a name behind the point"))
        if not cursor.accept_word("WITH"):
            remedy = "write MOCK FUNCTION name .. END_MOCK, or MOCK name WITH another;"
            raise cursor.lost(cursor.expected("WITH", remedy))
        replacement = type_name(cursor)
        span = cursor.span_from(opener.start)
        cursor.semicolon("MOCK")
    except Recover:
        cursor.skip_until(lambda: cursor.kind is Kind.SEMICOLON or _is_at_part(cursor))
        return None
    return Mock(None, tuple(target), (), (), (), (), (), replacement, span)


def _end(cursor: Cursor, opener: Token, closer: Kind) -> None:
    """Past `closer`. Another END of a part of the suite counts as it."""
    if cursor.kind is not closer and cursor.kind in SUITE_ENDS - {Kind.SUITE_END}:
        finding = STRAY_KEYWORD.at(cursor.token.span, found=cursor.token.text, remedy=f"write {closer.value}")
        cursor.report(finding.also(opener.span, f"this {opener.text.upper()} is open here"))
        cursor.advance()
    elif not cursor.accept(closer):
        cursor.report(cursor.unclosed(opener, closer))
    cursor.accept(Kind.SEMICOLON)
