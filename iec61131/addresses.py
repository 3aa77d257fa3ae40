"""Direct addresses: what `%IW3` means, in bytes of its area."""

from __future__ import annotations

from msgspec import Struct

AREA_SECTION = {"I": "inputs", "Q": "outputs", "M": "markers"}
"""The section of the memory that each area is."""


class Address(Struct, frozen=True):
    """A direct address: `byte` offset in its area, `size` in bytes, and the bit for an X address."""

    area: str
    byte: int
    size: int
    bit: int | None


MAX_AREA_BYTES = 1 << 20


def locate(area: str, size: str, path: tuple[int, ...]) -> Address | None:
    """Where `%<area><size><path>` lies, as in CODESYS: indexed by size, areas overlaid, `%IW1` is bytes 2 and 3,
    `%IX3.0` bit 0 of byte 3.

    `%IX3` is bit 0 of byte 3. None when the path has a wrong number of parts, a bit over 7, or lies past
    MAX_AREA_BYTES.
    """
    if size == "X":
        if len(path) not in (1, 2) or path[0] >= MAX_AREA_BYTES or (len(path) == 2 and path[1] > 7):
            return None
        return Address(area, path[0], 1, path[1] if len(path) == 2 else 0)
    width = {"B": 1, "W": 2, "D": 4, "L": 8}[size]
    if len(path) != 1 or (path[0] + 1) * width > MAX_AREA_BYTES:
        return None
    return Address(area, path[0] * width, width, None)


def parse_address(text: str) -> Address | None:
    """The address that `text` writes (`%IX0.0`, `%qw3`, `%MD12`), or None when it is none."""
    body = text.upper().removeprefix("%")
    if len(text) - len(body) != 1 or not body or body[0] not in AREA_SECTION:
        return None
    size, numbers = (body[1], body[2:]) if body[1:2] in tuple("XBWDL") else ("X", body[1:])
    parts = numbers.split(".")
    if not all(part.isdecimal() and part.isascii() and len(part) < 10 for part in parts):
        return None
    return locate(body[0], size, tuple(int(part) for part in parts))
