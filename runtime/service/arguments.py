"""What numbers on the command line may be. argparse shows the message of the error."""

from __future__ import annotations

from argparse import ArgumentTypeError


def positive(text: str) -> float:
    """A number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise ArgumentTypeError("a positive number of seconds is expected")
    return value


def port(text: str) -> int:
    """A TCP port."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value < 65536:
        raise ArgumentTypeError("a port is 0 to 65535")
    return value


def count(text: str) -> int:
    """How many of something."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:10]) <= 1_000_000_000:
        raise ArgumentTypeError("a whole number from 1 on is expected")
    return int(text)
