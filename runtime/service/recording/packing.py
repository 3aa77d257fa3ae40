"""A stretch of ticks to bytes and back.

Values of REAL that were counts are counts again (`counts`), times of an image are kept by what they differ from the
channel before, since the channels of one device are read at once. Of each column what was not to be expected is kept
(`prediction`), small unsigned numbers. Columns that take about as much lie together, packed by themselves: zstd codes
each piece by how often a byte comes in it, and does so badly where a channel with noise lies among others. A piece
holds its columns one behind the other, their bytes apart, so that the high ones, nearly all zero, lie together; of
numbers that take a few bits only, two share a byte, for zstd spends no less than a bit on one.

    [plain, piece, piece, ..]                 msgpack; pieces as `_PIECES`
    plain   sizes, the piece and the way of each column, forms of counts and lines, the first row, quality, reason
"""

# msgpack ships no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import index
from typing import Any, cast

import msgpack
import numpy as np
import zstandard
from msgspec import Struct
from numpy.typing import NDArray

from runtime.image.journal import COMMAND_WORDS
from runtime.service.recording.counts import STEPS, Scaling, Whole, raw_of, whole
from runtime.service.recording.frames import inflated
from runtime.service.recording.prediction import expected_again, unexpected
from runtime.service.recording.scans import OF_A_TICK, Damaged, Scans

LEVEL = 6
"""Of zstd: beyond it a recording gets smaller by a few per cent and takes several times as long to pack."""
MOST_BYTES = 256 << 20
"""Of a stretch when unpacked: more than any journal holds."""

_SEARCHED = zstandard.ZstdCompressionParameters.from_level(LEVEL)
_COUNTED = zstandard.ZstdCompressionParameters.from_level(1, strategy=zstandard.STRATEGY_FAST, min_match=7, hash_log=6)
"""For noise, in which zstd finds repetitions that take more room than what they stand for."""


class _Piece(Struct, frozen=True):
    """Columns of less than `below` bits a value, the mean; `in_pairs` two numbers share the first byte."""

    below: float
    in_pairs: bool
    parameters: zstandard.ZstdCompressionParameters


_STILL = 0
"""The piece of columns that are wholly as expected: there is none."""
_PIECES = (
    _Piece(0.3, False, _SEARCHED),
    _Piece(1.0, True, _COUNTED),
    _Piece(3.2, True, _COUNTED),
    _Piece(np.inf, False, _COUNTED),
)
"""From 1."""

_Words = NDArray[np.int64]
_Bytes = NDArray[np.uint8]


def pack(scans: Scans, scaling: Scaling) -> bytes:
    """As bytes; see the module's text."""
    kept = whole(scans.raw, scaling)
    beside = np.diff(scans.time_ns, axis=1, prepend=0)
    heads = np.array([getattr(scans, name) for name in OF_A_TICK])
    wide = (heads, scans.commands.T, beside.T, kept.columns.T, kept.corrections.T)
    tables = [unexpected(np.ascontiguousarray(each)) for each in wide]
    limits = [piece.below for piece in _PIECES[:-1]]
    numbers = [np.where(bits > 0, np.searchsorted(limits, bits, "right") + 1, _STILL) for _, _, bits in tables]
    head = (scans.epoch, scans.ticks, len(scans.commands), *scans.raw.shape)
    plain = (
        *head,
        np.concatenate(numbers).astype(np.uint8).tobytes(),
        np.concatenate([ways for _, ways, _ in tables]).tobytes(),
        kept.forms.tobytes(),
        _apart(kept.lines.view(np.int64).ravel()),
        _apart(np.concatenate([found[:, :1].ravel() for found, _, _ in tables])),
        *(_since_before(column).T.tobytes() for column in (scans.quality, scans.reason)),
    )
    pieces = [_compressed(cast(bytes, msgpack.packb(plain)), _SEARCHED)]
    for number, piece in enumerate(_PIECES, 1):
        of_tables = [found[of == number, 1:].ravel() for (found, _, _), of in zip(tables, numbers, strict=True)]
        together = np.concatenate(of_tables)
        laid_out = (_paired if piece.in_pairs else _apart)(together)
        pieces.append(_compressed(laid_out, piece.parameters) if len(together) else b"")
    return cast(bytes, msgpack.packb(pieces))


def unpack(data: bytes, scaling: Scaling) -> Scans:
    """The reverse, with the scaling that it was packed with. Raises Damaged."""
    try:
        plain, *pieces = msgpack.unpackb(data)
        return _unpacked(msgpack.unpackb(inflated(plain, MOST_BYTES)), pieces, scaling)
    except (ValueError, TypeError, IndexError, msgpack.UnpackException) as error:
        raise Damaged(f"not a stretch of ticks: {error}") from error


def _unpacked(plain: Sequence[Any], pieces: Sequence[bytes], scaling: Scaling) -> Scans:
    (epoch, ticks, commands, images, inputs), parts = map(index, plain[:5]), plain[5:]
    numbers, ways, forms = (np.frombuffer(part, np.uint8) for part in parts[:3])
    lines, firsts, *narrow = parts[3:]
    corrected = int((forms == STEPS).sum())
    shapes = ((len(OF_A_TICK), ticks), (COMMAND_WORDS, commands), *[(inputs, images)] * 2, (corrected, images))
    if min(ticks, commands, images, inputs) < 0 or sum(n * rows for n, rows in shapes) * 8 > MOST_BYTES:
        raise ValueError("larger than any stretch")
    of_tables = _split(numbers, shapes)
    if (numbers > len(_PIECES)).any():
        raise ValueError("there is no such piece")
    found = [np.zeros(shape, np.int64) for shape in shapes]
    _fill_first(found, firsts)
    for number, (piece, packed) in enumerate(zip(_PIECES, pieces, strict=True), 1):
        columns = [np.flatnonzero(of == number) for of in of_tables]
        sizes = [len(chosen) * max(0, rows - 1) for chosen, (_, rows) in zip(columns, shapes, strict=True)]
        together, at = _taken_apart(packed, sum(sizes), in_pairs=piece.in_pairs), 0
        for table, chosen, size in zip(found, columns, sizes, strict=True):
            if size:
                table[chosen, 1:] = together[at : at + size].reshape(len(chosen), -1)
            at += size
    heads, of_commands, beside, values, corrections = (
        expected_again(table, way) for table, way in zip(found, _split(ways, shapes), strict=True)
    )
    quality, reason = (
        np.cumsum(np.frombuffer(part, np.uint8).reshape(inputs, images).T, axis=0, dtype=np.uint8) for part in narrow
    )
    kept = Whole(
        values.T,
        forms,
        _together(np.frombuffer(lines, np.uint8), 2 * corrected).view(np.float64).reshape(2, corrected),
        corrections.T,
    )
    return Scans(
        epoch,
        **dict(zip(OF_A_TICK, heads, strict=True)),
        commands=of_commands.T,
        time_ns=np.cumsum(beside.T, axis=1),
        raw=raw_of(kept, scaling),
        quality=quality,
        reason=reason,
    )


def _split(of_columns: _Bytes, shapes: Sequence[tuple[int, int]]) -> list[_Bytes]:
    """The part of each table."""
    counts = [count for count, _ in shapes]
    if len(of_columns) != sum(counts):
        raise ValueError("there are other columns")
    ends = accumulate(counts)
    return [of_columns[end - count : end] for count, end in zip(counts, ends, strict=True)]


def _fill_first(found: Sequence[_Words], packed: bytes) -> None:
    """The first row of each table."""
    counts = [len(table) if table.shape[1] else 0 for table in found]
    firsts = _together(np.frombuffer(packed, np.uint8), sum(counts))
    for table, count, end in zip(found, counts, accumulate(counts), strict=True):
        if count:
            table[:, 0] = firsts[end - count : end]


# -------------------------------------------------------------------------------------------------------------- a piece


def _apart(numbers: _Words) -> bytes:
    """Their bytes apart, the lowest of all first; as many as the largest takes."""
    count = -(-int(np.bitwise_or.reduce(numbers.view(np.uint64), initial=0)).bit_length() // 8)
    return numbers.view(np.uint8).reshape(-1, 8).T[:count].tobytes()


def _together(data: _Bytes, count: int) -> _Words:
    """The reverse of `_apart`, for so many numbers."""
    planes = data.reshape(-1, count) if count else data.reshape(0, 0)
    numbers = np.zeros((count, 8), np.uint8)
    numbers[:, : len(planes)] = planes.T
    return numbers.view(np.int64)[:, 0]


def _paired(numbers: _Words) -> bytes:
    """The lowest four bits of two in a byte, then the others as in `_apart`."""
    low = np.zeros(len(numbers) + len(numbers) % 2, np.uint8)
    low[: len(numbers)] = numbers & 15
    high = (numbers.view(np.uint64) >> 4).view(np.int64)
    return (low[::2] | low[1::2] << 4).tobytes() + _apart(high)


def _taken_apart(packed: bytes, count: int, *, in_pairs: bool) -> _Words:
    """The numbers of a piece."""
    if not count:
        return np.zeros(0, np.int64)
    data = np.frombuffer(inflated(packed, 9 * count), np.uint8)
    if not in_pairs:
        return _together(data, count)
    pairs, high = data[: -(-count // 2)], data[-(-count // 2) :]
    low = np.stack([pairs & 15, pairs >> 4], axis=1).ravel()[:count]
    return _together(high, count) << 4 | low


def _compressed(data: bytes, parameters: zstandard.ZstdCompressionParameters) -> bytes:
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


def _since_before(rows: NDArray[Any]) -> NDArray[Any]:
    """What each row differs by from the one before it; of 0 the first."""
    first = np.zeros((1, rows.shape[1]), rows.dtype)
    return np.diff(rows, axis=0, prepend=first)
