"""The characters of a STRING: a byte each, by the code page of Windows for Western Europe (1252), which CODESYS has.

That is Latin-1, with 27 other characters in place of control characters, from `€` as 16#80 to `Ÿ` as 16#9F. Five of
these bytes have no character there; they stay what they are in Latin-1, as in browsers, so every byte can be read.

The compiler and what it makes have a STRING as text of the characters U+0000 to U+00FF, one for each byte, and know
nothing of the rest. It comes in with literals and files, and goes out to people.
"""

from __future__ import annotations

_CHARACTERS = {byte: bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(0x80, 0xA0)}
_BYTES = {ord(character): byte for byte, character in _CHARACTERS.items()}


def as_bytes(text: str) -> str:
    """Every character as the one whose number is its byte; those that have none stay, above U+00FF."""
    return text.translate(_BYTES)


def as_characters(text: str) -> str:
    """The reverse of `as_bytes`."""
    return text.translate(_CHARACTERS)
