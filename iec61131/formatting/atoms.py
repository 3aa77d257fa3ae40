"""Tokens to atoms: what the formatter moves about. White space is gone; what it said about lines and columns is kept.

An atom is a token, a comment or a pragma. Comments and pragmas are called notes here: they can stand anywhere and are
never left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from msgspec import Struct

from iec61131.syntax.tokens import BINARY_OPERATORS, RESERVED, SUITE_BEGINS, SUITE_ENDS, UNARY_OPERATORS, Kind, Token

TAB_COLUMNS = 4


class Role(Enum):
    """What an atom is in its sentence, where its kind alone does not say it."""

    PLAIN = auto()
    WORD = auto()  # an identifier to the lexer, a keyword in this place
    UNARY = auto()
    BINARY = auto()
    FUNCTION = auto()  # the name of an operator, called: AND(a, b)
    OPERATOR_OF_ASSIGNMENT = auto()  # the S of `x S= y`
    TYPE_NAME = auto()  # an elementary type, where a type stands


class Atom(Struct, eq=False):
    """Characters `start` up to `end` of the text. `newlines` before it and its `column` say where the author put it,
    `space` where it is going to be. Columns count from 0, with tabs expanded; only notes and first atoms have them.
    """

    kind: Kind
    text: str
    key: str
    start: int
    end: int
    newlines: int
    column: int
    role: Role = Role.PLAIN
    space: bool = True
    is_note: bool = False

    @property
    def is_line_comment(self) -> bool:
        return self.kind is Kind.COMMENT and self.text.startswith("//")


_NOTES = frozenset({Kind.COMMENT, Kind.PRAGMA})
_OF_SUITES = SUITE_BEGINS | SUITE_ENDS
_WORDS_OF_SUITES = frozenset(kind.value for kind in SUITE_ENDS)


def atoms_of(text: str, tokens: Sequence[Token]) -> list[Atom]:
    """The atoms of `text`, the last one END_OF_FILE. The tokens tile the text."""
    atoms: list[Atom] = []
    newlines = 0
    line_start = 0
    for token in tokens:
        kind, start, end = token.kind, token.start, token.end
        if kind is Kind.WHITESPACE:
            if end - start == 1 and text[start] == " ":
                continue
            newlines += text.count("\n", start, end)
            line_start = max(line_start, text.rfind("\n", start, end) + 1)
            continue
        written = text[start:end]
        if kind in RESERVED:
            shown = key = kind.value if written != "&" else written
        elif kind in _OF_SUITES:
            shown = key = kind.value
        else:
            shown, key = written, written.upper()
            if key in _WORDS_OF_SUITES:  # here it is a name, and no word to be found in a table
                key = written.lower()
        is_note = kind in _NOTES
        if is_note and shown.startswith("//"):
            shown = shown.rstrip(" \t\r\f\v")
        column = 0
        if is_note or newlines or not atoms:
            column = len(text[line_start:start].lstrip("\ufeff").expandtabs(TAB_COLUMNS))
        atoms.append(Atom(kind, shown, key, start, end, newlines, column, is_note=is_note))
        newlines = 0
        if is_note:
            line_start = max(line_start, text.rfind("\n", start, end) + 1)
    return atoms


# What a value can end with, and what can begin another one. An operator behind the first stands between two values.
VALUE_ENDS = frozenset(
    {
        *(Kind.IDENTIFIER, Kind.INTEGER, Kind.REAL, Kind.DURATION, Kind.DATE, Kind.STRING, Kind.TYPED_NAME),
        *(Kind.ADDRESS, Kind.TRUE, Kind.FALSE, Kind.CARET, Kind.RIGHT_PARENTHESIS, Kind.RIGHT_BRACKET),
    }
)
VALUE_STARTS = VALUE_ENDS - {Kind.CARET, Kind.RIGHT_PARENTHESIS, Kind.RIGHT_BRACKET}
OPERATORS = frozenset({*BINARY_OPERATORS, *UNARY_OPERATORS})
OPENING = {Kind.LEFT_PARENTHESIS: Kind.RIGHT_PARENTHESIS, Kind.LEFT_BRACKET: Kind.RIGHT_BRACKET}
CLOSING = frozenset(OPENING.values())
