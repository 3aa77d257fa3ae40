"""Stretches of ticks for tests of what is done with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from io_drivers.contract import Quality
from runtime.service.recording.scans import Scans


def any_stretch(seed: int, ticks: int, inputs: int) -> Scans:
    """With any bits that a journal could hold."""
    rng = np.random.default_rng(seed)

    def words(*shape: int) -> NDArray[np.int64]:
        return rng.integers(-(1 << 63), (1 << 63) - 1, shape)

    counts = rng.integers(0, 3, ticks)
    images = rng.integers(0, 2, ticks)
    shape = int(images.sum()), inputs
    return Scans(
        epoch=3,
        tick=np.cumsum(rng.integers(1, 9, ticks)),
        now_ns=words(ticks),
        scans=words(ticks),
        outcome=rng.integers(-1, 4, ticks),
        lost=rng.integers(0, 2, ticks),
        command_counts=counts,
        has_image=images,
        commands=words(int(counts.sum()), 8),
        time_ns=words(*shape),
        raw=words(*shape),
        quality=rng.integers(0, 256, shape).astype(np.uint8),
        reason=rng.integers(0, 256, shape).astype(np.uint8),
    )


def even_stretch(raw: NDArray[np.int64], first_tick: int = 0, period_ns: int = 10_000_000) -> Scans:
    """A tick with a new image for each row of values, all of them good."""
    tick = first_tick + np.arange(len(raw))
    now_ns = tick * period_ns + np.random.default_rng(first_tick).integers(0, 50_000, len(raw))
    nothing = np.zeros(len(raw), np.int64)
    return Scans(
        epoch=1,
        tick=tick,
        now_ns=now_ns,
        scans=tick,
        outcome=nothing,
        lost=nothing,
        command_counts=nothing,
        has_image=nothing + 1,
        commands=np.zeros((0, 8), np.int64),
        time_ns=np.repeat(now_ns[:, None] - 1_000_000, raw.shape[1], 1),
        raw=raw,
        quality=np.full(raw.shape, Quality.GOOD, np.uint8),
        reason=np.zeros(raw.shape, np.uint8),
    )


def differing(one: Scans, other: Scans) -> list[str]:
    """Names of the columns that are not the same, their types included."""
    return [name for name in Scans.__struct_fields__ if not _are_same(getattr(one, name), getattr(other, name))]


def _are_same(one: object, other: object) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return one.dtype == other.dtype and np.array_equal(one, other)
