"""The tokens around a place: what is being typed there.

Works on the tokens and not on the tree, since what is being typed is not finished and mostly wrong.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct

from iec61131.language_service.program import Program
from iec61131.source import SourceFile
from iec61131.syntax.tokens import (
    ACCESS_WORDS,
    BLOCK_ENDS,
    DECLARATION_ENDS,
    MEMBER_ENDS,
    MEMBER_WORDS,
    POUS,
    RESERVED,
    SECTION_STARTS,
    TRIVIA,
    Kind,
    Token,
)


class Where(Enum):
    """What may stand at a place."""

    NOTHING = auto()  # inside a comment, a string, a number, a new name
    MEMBER = auto()  # behind a point
    ENUMERATOR = auto()  # behind `Colour#`
    TYPE = auto()  # behind the colon of a declaration
    VALUE = auto()  # in an expression
    STATEMENT = auto()  # where a statement begins
    VARIABLE = auto()  # where a declaration of a variable begins
    DECLARATION = auto()  # outside of everything


class Cursor(Struct, frozen=True):
    """`prefix` is what of the word is typed already, from `start` on. `before` are the words and signs before it,
    without comments and white space.
    """

    where: Where
    prefix: str
    start: int
    before: tuple[Token, ...]


_WORDS = frozenset({Kind.IDENTIFIER, *RESERVED})
_CLOSERS = {Kind.RIGHT_PARENTHESIS: Kind.LEFT_PARENTHESIS, Kind.RIGHT_BRACKET: Kind.LEFT_BRACKET}
_LITERALS = frozenset({Kind.INTEGER, Kind.REAL, Kind.DURATION, Kind.DATE, Kind.STRING})
_STATEMENT_STARTS = frozenset(
    {Kind.SEMICOLON, Kind.THEN, Kind.ELSE, Kind.DO, Kind.REPEAT, Kind.END_VAR, Kind.COLON, Kind.TRY, Kind.CATCH}
    | BLOCK_ENDS
    | MEMBER_ENDS
)
_TYPE_WORDS = frozenset({"EXTENDS", "IMPLEMENTS", "REF_TO"})
_CONTEXT_TOKENS = 4000
"""How far to look back for the section that a place is in."""


def cursor_at(program: Program, file: SourceFile, offset: int) -> Cursor:
    tokens = program.tokens(file)
    before, current = _split(tokens, offset)
    if current is not None and (_is_silent(current, offset) or current.kind in _LITERALS):
        return Cursor(Where.NOTHING, "", offset, before)
    start = current.start if current is not None else offset
    prefix = file.text[start:offset]
    if current is not None and current.kind is Kind.TYPED_NAME:
        type_name, _, prefix = prefix.partition("#")
        return Cursor(Where.ENUMERATOR, prefix, start + len(type_name) + 1, (*before, current))
    return Cursor(_where(before), prefix, start, before)


def _split(tokens: list[Token], offset: int) -> tuple[tuple[Token, ...], Token | None]:
    """The tokens that end before the word at `offset`, and the token that the place is in or right behind of."""
    before: list[Token] = []
    current: Token | None = None
    for token in tokens:
        if token.start >= offset or token.kind is Kind.END_OF_FILE:
            break
        if token.end < offset:
            if token.kind not in TRIVIA:
                before.append(token)
        else:
            current = token
    if current is not None and current.kind not in (*_WORDS, *_LITERALS, Kind.TYPED_NAME):
        if _is_silent(current, offset):
            return tuple(before), current
        if current.kind not in TRIVIA:
            before.append(current)
        current = None
    return tuple(before[-_CONTEXT_TOKENS:]), current


def _is_silent(token: Token, offset: int) -> bool:
    """Inside a comment or a pragma. Behind the last sign of one is not inside, but for `// ..`."""
    if token.kind not in (Kind.COMMENT, Kind.PRAGMA):
        return False
    return token.start < offset and (offset < token.end or token.text.startswith("//") or token.damaged)


def _where(before: tuple[Token, ...]) -> Where:
    last = before[-1] if before else None
    if last is None:
        return Where.DECLARATION
    if last.kind is Kind.DOT:
        return Where.MEMBER
    if last.kind in POUS or last.key in MEMBER_WORDS or last.key in ACCESS_WORDS:
        return Where.NOTHING  # a new name
    section = _section(before)
    if _wants_type(before, section):
        return Where.TYPE
    if section is Where.VARIABLE:
        is_start = last.kind in (Kind.SEMICOLON, Kind.END_VAR, Kind.STRUCT) or last.kind in SECTION_STARTS
        if is_start or last.kind is Kind.COMMA or last.key in _QUALIFIERS:
            return Where.VARIABLE
        return Where.NOTHING if last.kind in (Kind.IDENTIFIER, Kind.TYPE) else Where.VALUE
    if section is Where.DECLARATION:
        return Where.DECLARATION
    return Where.STATEMENT if last.kind in _STATEMENT_STARTS or _is_heading_end(before) else Where.VALUE


_QUALIFIERS = frozenset({"CONSTANT", "RETAIN", "PERSISTENT", "NON_RETAIN"})


def _section(before: tuple[Token, ...]) -> Where:
    """VARIABLE in a section of variables, a STRUCT or a TYPE, STATEMENT in a body, DECLARATION outside."""
    for token in reversed(before):
        if token.kind in SECTION_STARTS or token.kind in (Kind.TYPE, Kind.STRUCT, Kind.END_STRUCT):
            return Where.VARIABLE
        if token.kind is Kind.END_VAR or token.kind in POUS or token.kind in BLOCK_ENDS or token.key in MEMBER_WORDS:
            return Where.STATEMENT
        if token.kind in DECLARATION_ENDS or token.kind is Kind.CONFIGURATION:
            return Where.DECLARATION
        if token.kind in (Kind.IF, Kind.CASE, Kind.FOR, Kind.WHILE, Kind.REPEAT):
            return Where.STATEMENT
    return Where.DECLARATION


def _wants_type(before: tuple[Token, ...], section: Where) -> bool:
    last = before[-1]
    two_before = before[-3].key if len(before) > 2 else ""
    if last.key in _TYPE_WORDS or (last.kind is Kind.COMMA and _list_of_bases(before)):
        return True
    if last.kind is Kind.OF and section is Where.VARIABLE:
        return True
    if last.kind is Kind.TO and len(before) > 1 and before[-2].key in ("POINTER", "REFERENCE"):
        return True
    if last.kind is Kind.COLON:
        return section is Where.VARIABLE or two_before in ("FUNCTION", "METHOD", "PROPERTY", *ACCESS_WORDS)
    return False


def _list_of_bases(before: tuple[Token, ...]) -> bool:
    """Whether the comma separates names behind IMPLEMENTS or EXTENDS."""
    for token in reversed(before):
        if token.key in _TYPE_WORDS:
            return True
        if token.kind not in (Kind.COMMA, Kind.IDENTIFIER):
            return False
    return False


def _is_heading_end(before: tuple[Token, ...]) -> bool:
    """Right behind `PROGRAM Main`, where a section or a body begins."""
    return len(before) > 1 and (before[-2].kind in POUS or before[-2].key in MEMBER_WORDS)


# ------------------------------------------------------------------------------------------------ places and calls


def place_before(before: tuple[Token, ...]) -> str:
    """The text of the place or call that ends with the last token: `motors[n].axis` before a point."""
    if not before:
        return ""
    number = len(before) - 1
    while number >= 0:
        token = before[number]
        if token.kind in _CLOSERS:
            number = _opening(before, number) - 1
            if number < 0 or before[number].kind not in (*_WORDS, Kind.CARET, *_CLOSERS):
                break
            continue
        if token.kind is Kind.CARET:
            number -= 1
            continue
        if token.kind not in (*_WORDS, Kind.ADDRESS):
            break
        if number == 0 or before[number - 1].kind is not Kind.DOT:
            return _text(before[number:])
        number -= 2
    return ""


def _opening(before: tuple[Token, ...], number: int) -> int:
    """The bracket that the one at `number` closes; -1 when there is none."""
    depth = 0
    while number >= 0:
        kind = before[number].kind
        if kind in _CLOSERS:
            depth += 1
        elif kind in _CLOSERS.values():
            depth -= 1
            if depth == 0:
                return number
        elif kind is Kind.SEMICOLON:
            return -1
        number -= 1
    return -1


def _text(tokens: tuple[Token, ...]) -> str:
    return tokens[0].file.text[tokens[0].start : tokens[-1].end]


class OpenCall(Struct, frozen=True):
    """A call whose bracket is not closed before the place. `callee` is its text; `named` the parameter that is being
    given by name, else "", and `number` counts the commas before.
    """

    callee: str
    number: int
    named: str
    given: frozenset[str]


def open_call(before: tuple[Token, ...]) -> OpenCall | None:
    """The innermost call around the place behind `before`."""
    commas, named = 0, ""
    given: set[str] = set()
    number = len(before) - 1
    while number >= 0:
        token = before[number]
        if token.kind in _CLOSERS:
            number = _opening(before, number)
            if number < 0:
                return None
        elif token.kind is Kind.COMMA:
            commas += 1
        elif token.kind in (Kind.ASSIGN, Kind.ARROW) and number > 0:
            name = before[number - 1].key
            given.add(name)
            named = name if commas == 0 else named
        elif token.kind is Kind.LEFT_PARENTHESIS:
            callee = place_before(before[:number])
            if callee:
                return OpenCall(callee, commas, named, frozenset(given))
            commas, named = 0, ""  # brackets around an expression
            given.clear()
        elif token.kind is Kind.SEMICOLON or (token.kind in RESERVED and token.kind not in _IN_EXPRESSIONS):
            return None
        number -= 1
    return None


_IN_EXPRESSIONS = frozenset(
    {Kind.NOT, Kind.AND, Kind.OR, Kind.XOR, Kind.MOD, Kind.AND_THEN, Kind.OR_ELSE, Kind.TRUE, Kind.FALSE}
)
