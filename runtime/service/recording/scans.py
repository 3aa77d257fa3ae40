"""What went into a stretch of ticks, as columns, from the words of the journal."""

# numba's types are known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import asdict
from numba import njit
from numpy.typing import NDArray

from runtime.image import journal


class Scans(Struct, frozen=True):
    """`ticks` ticks of one epoch, columns as in a record of the journal; `commands` (count, 8) in the order of the
    ticks, `command_counts` of each; `images` of the ticks that have one (`has_image`), rows of n channels each.
    """

    epoch: int
    tick: NDArray[np.int64]
    now_ns: NDArray[np.int64]
    scans: NDArray[np.int64]
    outcome: NDArray[np.int64]
    lost: NDArray[np.int64]
    command_counts: NDArray[np.int64]
    has_image: NDArray[np.int64]
    commands: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    raw: NDArray[np.int64]
    quality: NDArray[np.uint8]
    reason: NDArray[np.uint8]

    @property
    def ticks(self) -> int:
        return len(self.tick)


OF_A_TICK = ("tick", "now_ns", "scans", "outcome", "lost", "command_counts", "has_image")
"""Columns with a row for each tick."""


def parse(taken: NDArray[np.int64], inputs: int) -> list[Scans]:
    """The stretches in what was taken from a journal, one for each epoch. Raises Damaged."""
    return [_columns(taken[start:end], inputs) for start, end in _epochs(taken, _image_words(inputs))]


class Damaged(ValueError):
    """Bytes that are not what they should be."""


def _image_words(inputs: int) -> int:
    return journal.record_words(inputs) - journal.RECORD_WORDS


def _epochs(taken: NDArray[np.int64], image_words: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(taken):
        end = _end_of_epoch(taken, start, image_words)
        if end < 0:
            raise Damaged("the journal holds something that is no record")
        yield start, end
        start = end


@njit(nogil=True, cache=True)
def _end_of_epoch(taken: Any, start: int, image_words: int) -> int:
    """Where the first record of another epoch begins, -1 when there is something that is no record: one whose length is
    not that of its parts together, or reaches beyond the end.
    """
    at = start
    while at < taken.shape[0]:
        if at + journal.RECORD_WORDS > taken.shape[0]:
            return -1
        if taken[at + journal.RECORD_EPOCH] != taken[start + journal.RECORD_EPOCH]:
            return at
        images, commands = divmod(taken[at + journal.PARTS], journal.HAS_IMAGE)
        length = journal.RECORD_WORDS + commands * journal.COMMAND_WORDS + images * image_words
        if not 0 <= images <= 1 or taken[at + journal.LENGTH] != length or at + length > taken.shape[0]:
            return -1
        at += length
    return at


def _columns(taken: NDArray[np.int64], inputs: int) -> Scans:
    ticks, commands, images = _count(taken)
    heads = np.empty((ticks, journal.RECORD_WORDS), np.int64)
    command_rows = np.empty((commands, journal.COMMAND_WORDS), np.int64)
    image_rows = np.empty((images, _image_words(inputs)), np.int64)
    _split(taken, heads, command_rows, image_rows)
    parts = heads[:, journal.PARTS]
    as_bytes = image_rows.view(np.uint8)
    return Scans(
        epoch=int(heads[0, journal.RECORD_EPOCH]),
        tick=heads[:, journal.TICK],
        now_ns=heads[:, journal.NOW_NS],
        scans=heads[:, journal.SCANS],
        outcome=heads[:, journal.RECORD_OUTCOME],
        lost=heads[:, journal.RECORD_LOST],
        command_counts=parts & (journal.HAS_IMAGE - 1),
        has_image=parts // journal.HAS_IMAGE,
        commands=command_rows,
        time_ns=image_rows[:, :inputs],
        raw=image_rows[:, inputs : 2 * inputs],
        quality=as_bytes[:, inputs * 16 : inputs * 17],
        reason=as_bytes[:, inputs * 17 : inputs * 18],
    )


@njit(nogil=True, cache=True)
def _count(taken: Any) -> tuple[int, int, int]:
    """(ticks, commands, images)."""
    at = ticks = commands = images = 0
    while at < taken.shape[0]:
        ticks += 1
        commands += taken[at + journal.PARTS] & (journal.HAS_IMAGE - 1)
        images += taken[at + journal.PARTS] // journal.HAS_IMAGE
        at += taken[at + journal.LENGTH]
    return ticks, commands, images


@njit(nogil=True, cache=True)
def _split(taken: Any, heads: Any, commands: Any, images: Any) -> None:
    """Fill the columns."""
    at = command = image = 0
    for tick in range(heads.shape[0]):
        heads[tick] = taken[at : at + journal.RECORD_WORDS]
        part = at + journal.RECORD_WORDS
        for _ in range(heads[tick, journal.PARTS] & (journal.HAS_IMAGE - 1)):
            commands[command] = taken[part : part + journal.COMMAND_WORDS]
            part += journal.COMMAND_WORDS
            command += 1
        if heads[tick, journal.PARTS] >= journal.HAS_IMAGE:
            images[image] = taken[part : part + images.shape[1]]
            part += images.shape[1]
            image += 1
        at = part


def join(stretches: Sequence[Scans]) -> Scans:
    """Several of one epoch as one."""
    names = [name for name in asdict(stretches[0]) if name != "epoch"]
    columns = {name: np.concatenate([getattr(each, name) for each in stretches]) for name in names}
    return Scans(epoch=stretches[0].epoch, **columns)


def cut(scans: Scans, count: int) -> tuple[Scans, Scans]:
    """The first `count` ticks, and the others."""
    commands, images = int(scans.command_counts[:count].sum()), int(scans.has_image[:count].sum())
    at = dict.fromkeys(OF_A_TICK, count) | {"commands": commands}
    columns = {name: (column, at.get(name, images)) for name, column in asdict(scans).items() if name != "epoch"}
    return (
        Scans(epoch=scans.epoch, **{name: column[:n] for name, (column, n) in columns.items()}),
        Scans(epoch=scans.epoch, **{name: column[n:] for name, (column, n) in columns.items()}),
    )
