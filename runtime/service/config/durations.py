"""Durations as text: `500ms`, `1.5s`, `1m30s`, and as in the language, `T#1m30s`, `LTIME#2h_15m`. Always in whole
nanoseconds."""

from __future__ import annotations

import re
from fractions import Fraction

UNITS_NS = {
    "d": 86_400_000_000_000,
    "h": 3_600_000_000_000,
    "m": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
"""From the largest to the smallest, which is also the order in a text."""

_MAX_CHARACTERS = 60
_MAX_NS = (1 << 63) - 1
_PREFIX = re.compile(r"(?:T|TIME|LT|LTIME)#", re.IGNORECASE)
_PIECE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ns|us|µs|μs|ms|s|m|h|d)[_ ]?", re.IGNORECASE | re.ASCII)


class BadDuration(ValueError):
    """The text is no duration; the message says why, as the end of a sentence."""


def parse_duration(text: str) -> int:
    """Nanoseconds. Raises BadDuration."""
    if len(text) > _MAX_CHARACTERS:
        raise BadDuration("it is too long")
    body = text.strip()
    prefix = _PREFIX.match(body)
    at = prefix.end() if prefix else 0
    total = Fraction(0)
    last_unit_ns = 0
    while at < len(body):
        piece = _PIECE.match(body, at)
        if piece is None:
            raise BadDuration(_why(body[at:]))
        unit = piece[2].lower().replace("µ", "u").replace("μ", "u")
        if last_unit_ns and UNITS_NS[unit] >= last_unit_ns:
            raise BadDuration(f"'{piece[0]}' stands after a unit that is not larger")
        last_unit_ns = UNITS_NS[unit]
        total += Fraction(piece[1]) * last_unit_ns
        if "." in piece[1] and piece.end() < len(body):
            raise BadDuration("only its last number may have a decimal point")
        at = piece.end()
    if not last_unit_ns or body[-1] in "_ ":
        raise BadDuration("it has no number with a unit at its end")
    if total.denominator != 1:
        raise BadDuration("it is not a whole number of nanoseconds")
    if total > _MAX_NS:
        raise BadDuration("it is longer than 292 years")
    return int(total)


def _why(rest: str) -> str:
    if re.fullmatch(r"[0-9.]+", rest):
        return f"'{rest}' has no unit"
    if rest.startswith("-"):
        return "it is negative"
    return f"'{rest[:20]}' is no number with a unit"


def format_duration(duration_ns: int) -> str:
    """The shortest exact text: 1500000000 -> `1s500ms`, 90000000000 -> `1m30s`, 0 -> `0s`."""
    if duration_ns == 0:
        return "0s"
    pieces: list[str] = []
    rest_ns = duration_ns
    for unit, unit_ns in UNITS_NS.items():
        count, rest_ns = divmod(rest_ns, unit_ns)
        if count:
            pieces.append(f"{count}{unit}")
    return "".join(pieces)
