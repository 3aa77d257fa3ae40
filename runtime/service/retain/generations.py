"""Two files, `a` and `b`, written in turn: whatever happens while one is written, the other is whole.

A generation is written over the older of the two, and counts once it is flushed, and with it the folder that holds its
name. So a kill or a power cut at any instant leaves the last one that counted, or the one after it.

One thing needs care. What a process that was killed had written but not flushed looks whole to the next one, and may
still be lost with the power. Were the file before it overwritten then, a power cut could take both: so the newest is
flushed once before anything is written beside it.

*Why not a temporary file and a rename:* it would need room for a third generation and new blocks for each, so that on a
full disk nothing more could be stored, and three names would change where none has to.
"""

from __future__ import annotations

from msgspec import Struct

from runtime.service.retain.disk import Disk
from runtime.service.retain.stored import Damaged, Stored, decode, encode

NAMES = ("a", "b")


class Found(Struct, frozen=True):
    """The newest generation that can be read, if any, and what is wrong with files that cannot, by name: after a kill
    one of them is as it should be.
    """

    newest: Stored | None
    damaged: dict[str, str]


class Generations:
    """`read` first, then `commit` as often as wanted. One at a time uses a folder."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._sequence = 0
        self._newest: str | None = None
        self._is_flushed = True

    def read(self) -> Found:
        """Raises OSError, or OfNewerVersion when there is anything that must not be written over."""
        readable: dict[str, Stored] = {}
        damaged: dict[str, str] = {}
        for name in NAMES:
            data = self._disk.read(name)
            if data is None:
                continue
            try:
                readable[name] = decode(data)
            except Damaged as error:
                damaged[name] = str(error)
        self._newest = max(readable, key=lambda name: readable[name].sequence, default=None)
        self._is_flushed = self._newest is None
        if self._newest is None:
            return Found(None, damaged)
        newest = readable[self._newest]
        self._sequence = newest.sequence
        return Found(newest, damaged)

    def commit(self, utc_ns: int, now_ns: int, description: bytes, values: bytes) -> int:
        """Store a generation; it counts when this returns its number. Raises OSError; then the one before counts."""
        if self._newest is not None and not self._is_flushed:
            self._disk.sync(self._newest)
            self._disk.sync_folder()
            self._is_flushed = True
        older = NAMES[self._newest == NAMES[0]]
        self._disk.write(older, encode(self._sequence + 1, utc_ns, now_ns, description, values))
        self._disk.sync(older)
        self._disk.sync_folder()
        self._newest = older
        self._sequence += 1
        return self._sequence
