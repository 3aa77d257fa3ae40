"""What is seen of Structured Text without reading it: where comments end, and with which word it begins."""

from __future__ import annotations

import re

_COMMENT_SIGNS = {"(*": re.compile(r"\(\*|\*\)"), "/*": re.compile(r"/\*|\*/")}
_NO_WORD = re.compile(r"\s+|//[^\n]*|\{[^}]*\}")
_WORD = re.compile(r"[^\W\d]\w*")


def comment_end(text: str, start: int) -> int:
    """Behind the comment that opens at `start`, comments inside it included; the end of the text when it stays open."""
    opening = text[start : start + 2]
    depth = 0
    for sign in _COMMENT_SIGNS[opening].finditer(text, start):
        depth += 1 if sign.group() == opening else -1
        if depth == 0:
            return sign.end()
    return len(text)


def first_word(text: str) -> str:
    """The first word in capitals, read past comments and pragmas; empty when something else comes first."""
    position = 0
    while position < len(text):
        if text.startswith(("(*", "/*"), position):
            position = comment_end(text, position)
        elif match := _NO_WORD.match(text, position):
            position = match.end()
        else:
            word = _WORD.match(text, position)
            return word.group().upper() if word else ""
    return ""
