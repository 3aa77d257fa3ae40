"""The file of a recording: what lies in it, and how a torn end is told.

A file begins with `MAGIC`. Frames follow, each with a head of its own: its kind, the epoch, ticks and times that it is
about, and the length and checksum of what it holds. A file that was being written when everything ended is right up to
its last whole frame.

| frame | holds |
|---|---|
| PROGRAM | digest of the program, and, in a file that was packed to be handed on, the program (`described`) |
| KEYFRAME | all that the next tick depends on (`runtime.image.journal`), made at the end of its tick |
| SCANS | what went into a stretch of ticks (`scans`) |
| GAP | nothing: ticks are missing here |
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

import zstandard
from msgspec import Struct

_VERSION = b"2"
MAGIC = b"RUNGREC" + _VERSION
_HEAD = struct.Struct("<IIIIqqqqq")  # kind, length, checksum of what it holds, of the head, epoch, ticks, times
_MOST_BYTES = 1 << 30


class Kind(IntEnum):
    PROGRAM = 1
    KEYFRAME = 2
    SCANS = 3
    GAP = 4


class Reach(Struct, frozen=True):
    """The first and last tick of an epoch, and their times on the scan's clock."""

    epoch: int
    first: int
    last: int
    first_ns: int
    last_ns: int


def clock_of(utc_offset_ns: int) -> Reach:
    """What the head of PROGRAM says: what leads from the times of a file to UTC."""
    return Reach(0, 0, 0, utc_offset_ns, 0)


class Frame(Struct, frozen=True):
    """`start` and `length` of what it holds, in the file at `path`."""

    path: Path
    kind: Kind
    reach: Reach
    start: int
    length: int
    checksum: int

    def data(self) -> bytes:
        """What it holds. Raises OSError, and NotWhole when the disk gives other bytes than were written."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = os.pread(descriptor, self.length, self.start)
        finally:
            os.close(descriptor)
        if zlib.crc32(found) != self.checksum:
            raise NotWhole(f"{self.path.name} is damaged at byte {self.start}")
        return found


class NotWhole(ValueError):
    """A file, or a part of it, that is not what was written."""


def inflated(packed: bytes, most_bytes: int) -> bytes:
    """What zstd has packed, where that says to be no more than `most_bytes`. Raises NotWhole."""
    try:
        if 0 <= zstandard.frame_content_size(packed) <= most_bytes:
            return zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise NotWhole(f"it cannot be unpacked: {error}") from error
    raise NotWhole("it would be larger than it may be")


def framed(kind: Kind, reach: Reach, data: bytes) -> bytes:
    """A frame as bytes."""
    numbers = (reach.epoch, reach.first, reach.last, reach.first_ns, reach.last_ns)
    blank = _HEAD.pack(kind, len(data), zlib.crc32(data), 0, *numbers)
    return _HEAD.pack(kind, len(data), zlib.crc32(data), zlib.crc32(blank), *numbers) + data


def frames(path: Path) -> Iterator[Frame]:
    """The frames of a file, up to the first whose head is not whole; one that holds other bytes than were written is a
    gap. Raises OSError, and NotWhole where it is no recording, or one of another format.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        _check(path.name, file.read(len(MAGIC)))
        at = len(MAGIC)
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, length, checksum, of_head, *numbers = _HEAD.unpack(head)
            blank = _HEAD.pack(kind, length, checksum, 0, *numbers)
            at += _HEAD.size
            if zlib.crc32(blank) != of_head or length > _MOST_BYTES or at + length > size:
                return
            is_whole = zlib.crc32(file.read(length)) == checksum
            if kind in set(Kind):
                yield Frame(path, Kind(kind) if is_whole else Kind.GAP, Reach(*numbers), at, length, checksum)
            at += length


def _check(name: str, begins: bytes) -> None:
    """Of a file that was torn off before it had begun, nothing can be said."""
    if MAGIC.startswith(begins):
        return
    if not begins.startswith(MAGIC[:-1]):
        raise NotWhole(f"{name} is no recording")
    raise NotWhole(
        f"{name} was recorded by another version of rung, in format {chr(begins[-1])!r}; this one reads format "
        f"'{_VERSION.decode()}', so replay it with the version that recorded it"
    )
