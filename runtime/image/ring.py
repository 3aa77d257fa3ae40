"""Commands from one producer to the engine: a bounded ring of 64-byte records, applied between two scans.

A batch of records becomes visible at once, by one store of the head, and the engine applies whatever is visible
before a scan, so a batch is atomic for the program. A full ring is an answer (`CommandsFull`), not a wait. A producer
that is killed before it moved the head has sent nothing.

| field | bytes | meaning |
|---|---|---|
| kind | 8 | `Command`, and above it the number of online changes that the sender knew of |
| offset | 8 | byte offset in the program's memory |
| size | 8 | bytes of `data` in use |
| bit | 8 | bit number for a single bit, else -1 |
| data | 32 | the value, little-endian |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from runtime.image import atomics
from runtime.image.block import (
    PRODUCERS,
    RECORD_BYTES,
    RING_HEAD,
    RING_HEAD_WORDS,
    RING_RECORDS,
    RING_TAIL,
    Block,
)


class Command(IntEnum):
    WRITE = 1
    START = 2  # STOP -> RUN
    STOP = 3  # RUN -> STOP, outputs safe
    RESET_WARM = 4  # to STOP with initial values, retained variables kept; clears a fault
    RESET_COLD = 5  # the same, but of the retained variables the persistent ones alone are kept
    FORCE = 6  # as WRITE, before and after the tasks of every scan from now on
    UNFORCE = 7  # what is forced of these bytes, or of this bit
    UNFORCE_ALL = 8
    RESET_ORIGIN = 9  # the same with nothing kept
    TASK_RUN = 10  # the engine's own, for the journal: how a task ran (engine/task_statistics.py)


RECORD = np.dtype([("kind", "<i8"), ("offset", "<i8"), ("size", "<i8"), ("bit", "<i8"), ("data", "|u1", (32,))])
RECORD_WORDS = RECORD_BYTES // 8
DATA_BYTES = 32
CHANGES_SHIFT = 16
"""Bits of `kind` below that number. An offset means something to one program only."""
assert RECORD.itemsize == RECORD_BYTES


class CommandsFull(Exception):
    """The engine has not taken earlier commands yet, or the batch is larger than the ring."""


class Write(Struct, frozen=True):
    """Bytes to be put at `offset` of the program's memory; with `bit` the one bit given by `data[0]`."""

    offset: int
    data: bytes
    bit: int | None = None


class CommandRing:
    """The producer's end."""

    def __init__(self, block: Block, producer: str) -> None:
        self._words, self._records = ring_views(block)[PRODUCERS.index(producer)]
        self._changes = block.changes << CHANGES_SHIFT

    @property
    def sent(self) -> int:
        """Records ever sent; compare with `applied`."""
        return int(atomics.read(self._words, RING_HEAD))

    @property
    def applied(self) -> int:
        """Records the engine has taken."""
        return int(atomics.read(self._words, RING_TAIL))

    def write(self, writes: Iterable[Write]) -> int:
        """Queue `writes` to be applied together before one scan. Returns the value `applied` will have reached by then.
        Raises CommandsFull.
        """
        rows = [row for write in writes for row in _rows(write)]
        return self._send(rows)

    def force(self, writes: Iterable[Write]) -> int:
        """Queue `writes` to be forced together from one scan on; as `write`."""
        return self._send([(int(Command.FORCE), *row[1:]) for write in writes for row in _rows(write)])

    def unforce(self, places: Iterable[Write]) -> int:
        """Queue the end of whatever is forced in the bytes or bits of `places`, whose values do not matter."""
        rows = [(int(Command.UNFORCE), p.offset, len(p.data), -1 if p.bit is None else p.bit, b"") for p in places]
        return self._send(rows)

    def order(self, command: Command) -> int:
        """Queue a change of state; as `write`."""
        return self._send([(int(command), 0, 0, -1, b"")])

    def _send(self, rows: Sequence[tuple[int, int, int, int, bytes]]) -> int:
        head = self.sent
        if len(rows) > RING_RECORDS - (head - self.applied):
            raise CommandsFull(f"{len(rows)} more commands do not fit: the engine has {head - self.applied} waiting")
        for number, (kind, offset, size, bit, data) in enumerate(rows):
            record = self._records[(head + number) % RING_RECORDS]
            record["kind"], record["offset"], record["size"], record["bit"] = kind + self._changes, offset, size, bit
            record["data"] = np.frombuffer(data.ljust(DATA_BYTES, b"\0"), np.uint8)
        atomics.write(self._words, RING_HEAD, head + len(rows))
        return head + len(rows)


def _rows(write: Write) -> Iterable[tuple[int, int, int, int, bytes]]:
    if write.bit is not None:
        yield int(Command.WRITE), write.offset, 1, write.bit, write.data[:1]
        return
    for start in range(0, len(write.data), DATA_BYTES):
        chunk = write.data[start : start + DATA_BYTES]
        yield int(Command.WRITE), write.offset + start, len(chunk), -1, chunk


def ring_views(block: Block) -> list[tuple[NDArray[np.int64], NDArray[np.void]]]:
    """(head words, records) of each producer's ring."""
    region = block.region("rings")
    size = RING_HEAD_WORDS * 8 + RING_RECORDS * RECORD_BYTES
    rings = [region[n * size : (n + 1) * size] for n in range(len(PRODUCERS))]
    return [(ring[: RING_HEAD_WORDS * 8].view(np.int64), ring[RING_HEAD_WORDS * 8 :].view(RECORD)) for ring in rings]
