"""POUs under test, opened for a driver that looks inside.

A driver declares an instance of what it tests and reads, sometimes sets, any of its variables. The language has no
instances of a PROGRAM, and a block shows only its inputs and outputs. So a PROGRAM that a driver declares becomes a
FUNCTION_BLOCK, and VAR of what it declares becomes VAR_INPUT where the driver sets one of its variables, else
VAR_OUTPUT. None of this changes what the POU does. Nothing but the driver runs, so of a CONFIGURATION only its global
variables are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from iec61131.source import SourceFile
from iec61131.syntax.lexer import lex
from iec61131.syntax.tokens import TRIVIA, Kind, Token

_POUS = {"PROGRAM": "FUNCTION_BLOCK", "FUNCTION_BLOCK": "FUNCTION_BLOCK"}
_ENDS = {"END_PROGRAM": "END_FUNCTION_BLOCK", "END_FUNCTION_BLOCK": "END_FUNCTION_BLOCK"}
_KEPT_WITH = {"AT", "CONSTANT"}
"""A section with one of these words stays as it is: outputs have neither addresses nor fixed values."""


def opened(sources: Sequence[SourceFile], driver: SourceFile) -> list[SourceFile]:
    tokens = _tokens(driver)
    declared = {after.key for before, after in pairwise(tokens) if before.kind is Kind.COLON}
    is_set = {name.key for name, sign in pairwise(tokens) if sign.kind is Kind.ASSIGN}
    alone = [SourceFile(source.name, _without_tasks(source)) for source in sources]
    return [SourceFile(source.name, _opened(source, declared, is_set)) for source in alone]


def _without_tasks(source: SourceFile) -> str:
    text, done, section = "", 0, None
    for token in _tokens(source):
        if token.key == "CONFIGURATION":
            text, done = text + source.text[done : token.start], len(source.text)
        elif done > token.start and token.key == "VAR_GLOBAL":
            section = token.start
        elif section is not None and token.key == "END_VAR":
            text, section = f"{text}{source.text[section : token.end]}\n", None
        elif token.key == "END_CONFIGURATION":
            done = token.end
    return text + source.text[done:]


def _opened(source: SourceFile, declared: set[str], is_set: set[str]) -> str:
    tokens = _tokens(source)
    text, done, is_inside = "", 0, False
    for number, token in enumerate(tokens):
        new = None
        if token.key in _POUS and tokens[number + 1].key in declared:
            is_inside, new = True, _POUS[token.key]
        elif is_inside and token.key in _ENDS:
            is_inside, new = False, _ENDS[token.key]
        elif is_inside and token.key == "VAR" and _KEPT_WITH.isdisjoint(_section(tokens[number:])):
            new = "VAR_OUTPUT" if is_set.isdisjoint(_section(tokens[number:])) else "VAR_INPUT"
        if new is not None:
            text += source.text[done : token.start] + new
            done = token.end
    return text + source.text[done:]


def _section(tokens: Sequence[Token]) -> list[str]:
    words = [token.key for token in tokens]
    return words[: words.index("END_VAR")] if "END_VAR" in words else words


def _tokens(source: SourceFile) -> list[Token]:
    return [token for token in lex(source)[0] if token.kind not in TRIVIA]
