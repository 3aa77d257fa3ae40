"""What the formatter promises about any text that it takes.

    formatted(text)     the outcome, after all promises have been checked; None when the text is refused

The tree is compared with the parser's eyes and the words with the lexer's, so that nothing here repeats what the
formatter does.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from iec61131.diagnostics.diagnostic import CompileError
from iec61131.formatting.formatter import format_text
from iec61131.source import SourceFile, Span
from iec61131.syntax.lexer import lex
from iec61131.syntax.parser import parse
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import Name


def formatted(text: str) -> str | None:
    try:
        once = format_text(text)
    except CompileError:
        return None
    assert_same_words(text, once)
    if is_understood(text):
        assert tree_of(once) == tree_of(text)
    assert format_text(once) == once, "a second run changes something"
    assert once == "" or (once.endswith("\n") and not once.endswith("\n\n"))
    assert "\r\n" not in once
    return once


def assert_same_words(before: str, after: str) -> None:
    """The same tokens, comments and pragmas in the same order; only small letters may have become capitals."""
    old, new = words_of(before), words_of(after)
    assert [word.upper() for word in new] == [word.upper() for word in old]
    for was, became in zip(old, new, strict=True):
        assert became == was or became == was.upper() or became == capitals_before_hash(was)


def words_of(text: str) -> list[str]:
    """Everything but white space. The blanks behind a line comment are white space to everybody but the lexer."""
    tokens, _ = lex(SourceFile("", text.replace("\r\n", "\n")))
    words = [token.text for token in tokens if token.kind is not Kind.WHITESPACE]
    return [word.rstrip(" \t\r\f\v") if word.startswith("//") else word for word in words]


def capitals_before_hash(literal: str) -> str:
    """`int#16#ff` has its type in capitals and its digits as they were."""
    prefix, sign, rest = literal.partition("#")
    return prefix.upper() + sign + rest


def is_understood(text: str) -> bool:
    """Whether the parser finds nothing wrong. Where it does, its tree depends on where it starts anew."""
    _, findings = parse(SourceFile("", text))
    return not any(finding.is_error for finding in findings)


def tree_of(text: str) -> Any:
    """The tree without its places, and the codes of the findings."""
    unit, findings = parse(SourceFile("", text.replace("\r\n", "\n")))
    return _without_places(unit.declarations), sorted(finding.code.id for finding in findings)


def _without_places(node: Any) -> Any:
    if isinstance(node, Name):
        return node.key
    if isinstance(node, tuple | list):
        return [_without_places(part) for part in node]
    if isinstance(node, Span | SourceFile):
        return None
    if isinstance(node, Struct):
        return [type(node).__name__, *(_without_places(getattr(node, name)) for name in node.__struct_fields__)]
    return node
