"""What people write where a statement or a declaration should end, and what to say about it."""

from __future__ import annotations

from collections.abc import Sequence

from iec61131.syntax.tokens import ELEMENTARY_TYPES, Kind, Token

_NUMBERS = frozenset({Kind.INTEGER, Kind.REAL})


def remedy_at_end(tokens: Sequence[Token], index: int) -> str:
    """What to do about the token number `index`, which stands where a semicolon should; empty when nobody knows."""
    before, token, behind = tokens[max(index - 1, 0)], tokens[index], tokens[min(index + 1, len(tokens) - 1)]
    if before.kind is Kind.CARET:
        return "'^' follows a pointer; a power is written a ** 2"
    if before.kind in _NUMBERS and token.kind is Kind.COMMA and behind.kind in _NUMBERS:
        return "a number has a decimal point: 1.5"
    if before.kind is Kind.RIGHT_PARENTHESIS and index > 1 and tokens[index - 2].key in ELEMENTARY_TYPES:
        return f"convert with a function: TO_{tokens[index - 2].key}(..)"
    if before.key in ELEMENTARY_TYPES and token.kind is Kind.LEFT_BRACKET:
        return f"write the bounds in front: ARRAY[0..9] OF {before.key}"
    if token.key == "AT" and behind.kind is Kind.ADDRESS:
        return f"the address stands before the colon: name AT {behind.text} : {before.text};"
    return ""
