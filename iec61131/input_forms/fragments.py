"""Pieces of Structured Text in a file that is none, each ready to be parsed where it stands.

The file is lexed in one go, with blanks in place of all else, and a piece is the tokens that stand in it. So every node
of the tree has its place in the file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TypeVar

from iec61131.diagnostics.diagnostic import Code
from iec61131.source import SourceFile, Span
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.findings import Findings
from iec61131.syntax.statements import whole_body
from iec61131.syntax.tokens import Kind, Token
from iec61131.syntax.tree import Name

Read = TypeVar("Read")
_IDENTIFIER = Kind.IDENTIFIER


class Fragments:
    """`wrong` is the finding for a piece that holds nothing, or more than was asked for."""

    def __init__(self, file: SourceFile, tokens: list[Token], findings: Findings, wrong: Code) -> None:
        self._file = file
        self._tokens = tokens
        self._starts = [token.start for token in tokens]
        self._findings = findings
        self._wrong = wrong

    def tokens(self, start: int, end: int) -> list[Token]:
        return self._tokens[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def name(self, start: int, end: int) -> Name | None:
        """The name that the text from `start` to `end` is, None where it is something else. Most pieces of a drawing
        are one, and this takes a tenth of the time of `read`.
        """
        first = bisect_left(self._starts, start)
        if first < len(self._tokens):
            token = self._tokens[first]
            if token.kind is _IDENTIFIER and token.start == start and token.end == end:
                return Name(token.text, token.span)
        return None

    def read(
        self, start: int, end: int, read: Callable[[Cursor], Read], what: str, closer: Kind | None = None
    ) -> Read | None:
        """What `read` makes of the text from `start` to `end`; None, with a finding, where it is not `what`. `closer`
        is read behind the text, which leaves it out.
        """
        first, behind = bisect_left(self._starts, start), bisect_left(self._starts, end)
        last = self._tokens[behind - 1].end if behind > first else start
        ends = (closer, Kind.END_OF_FILE) if closer is not None else (Kind.END_OF_FILE,)
        tokens = [*self._tokens[first:behind], *(Token(kind, last, last, self._file) for kind in ends)]
        cursor = Cursor(self._file, tokens, self._findings)
        if cursor.kind is Kind.END_OF_FILE and read is not whole_body:
            self._findings.add(self._wrong.at(Span(self._file, start, start), wanted=what))
            return None
        try:
            found = read(cursor)
        except (Recover, TooDeep):
            return None
        if cursor.kind is not Kind.END_OF_FILE:
            cursor.report(self._wrong.at(cursor.token.span, wanted=f"the end of {what}"))
            return None
        return found
