"""The few operations on a folder that the safety of retained variables rests on: read, overwrite, flush.

Tests put another class in its place, which loses, tears and reorders what was not flushed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """Everything raises OSError."""

    def read(self, name: str) -> bytes | None:
        """The content of a file, None when there is none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Make `data` the content of a file, by overwriting it where it lies. Until `sync` nothing of it need be on the
        disk, or any part.
        """
        ...

    def sync(self, name: str) -> None:
        """Bring the content of a file to the disk, whoever wrote it."""
        ...

    def sync_folder(self) -> None:
        """Bring the names of the files to the disk."""
        ...


class Folder:
    """A folder of the file system, readable for its owner alone; made when first written to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        self.path.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            rest, offset = memoryview(data), 0
            while rest:
                written = os.pwrite(descriptor, rest, offset)
                rest, offset = rest[written:], offset + written
            os.ftruncate(descriptor, len(data))
        finally:
            os.close(descriptor)

    def sync(self, name: str) -> None:
        _sync(self.path / name, os.O_RDONLY)

    def sync_folder(self) -> None:
        """And the two above it, which may be as new: of the PLC, and of all PLCs."""
        for folder in (self.path, *self.path.parents[:2]):
            _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
