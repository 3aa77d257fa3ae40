"""Durations counted in buckets, so that a percentile over days costs a few kilobytes and the scan one addition.

A value in nanoseconds falls into one of 32 equal parts of its power of two: the error of a percentile is at most 1/32
of it (3 %). Values below 32 ns are exact, negative ones count as 0, and everything above 2^36 ns (69 s) falls into
the last bucket. The greatest value is kept exactly.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from runtime.image.block import BUCKETS, Words

_PARTS = 32
_PART_BITS = 5
MAXIMUM = BUCKETS - 1
"""The last word holds the greatest value seen, not a count."""
_LAST = BUCKETS - 2


@njit(nogil=True, cache=True, inline="always")
def _bucket(value_ns: int) -> int:
    if value_ns < _PARTS:
        return max(value_ns, 0)
    exponent = 0
    shifted = value_ns >> _PART_BITS
    while shifted > 1:
        shifted >>= 1
        exponent += 1
    return min((exponent + 1) * _PARTS + ((value_ns >> exponent) - _PARTS), _LAST)


@njit(nogil=True, cache=True)
def record(histogram: Words, value_ns: int) -> None:
    """Count one value."""
    histogram[_bucket(value_ns)] += 1
    histogram[MAXIMUM] = max(histogram[MAXIMUM], value_ns)


def lower_bounds_ns() -> NDArray[np.int64]:
    """The least value of each bucket, in nanoseconds (BUCKETS - 1,)."""
    numbers = np.arange(BUCKETS - 1)
    exponent = np.maximum(numbers // _PARTS - 1, 0)
    return np.where(numbers < _PARTS, numbers, (numbers % _PARTS + _PARTS) << exponent).astype(np.int64)


def percentile_ns(histogram: NDArray[np.int64], percent: float) -> float:
    """The value below which `percent` of the counted values lie: the middle of its bucket, 0 for an empty histogram."""
    up_to = np.cumsum(histogram[:MAXIMUM])  # read once: an engine may count meanwhile, or begin anew
    total = int(up_to[-1])
    if total <= 0:
        return 0.0
    rank = min(int(np.ceil(total * percent / 100.0)), total)
    bucket = int(np.searchsorted(up_to, max(rank, 1)))
    bounds = lower_bounds_ns()
    high = bounds[bucket + 1] if bucket + 1 < len(bounds) else bounds[bucket]
    return min(float(bounds[bucket] + high) / 2, float(histogram[MAXIMUM]))
