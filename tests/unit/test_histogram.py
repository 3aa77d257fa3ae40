"""Percentiles from buckets."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from runtime.image import histogram
from runtime.image.block import BUCKETS
from runtime.image.histogram import MAXIMUM, percentile_ns, record


def counted(*values_ns: int) -> NDArray[np.int64]:
    counts = np.zeros(BUCKETS, np.int64)
    for value in values_ns:
        record(counts, value)
    return counts


def test_every_value_lies_in_the_bucket_whose_bounds_it_is_between():
    bounds = histogram.lower_bounds_ns()
    assert (np.diff(bounds) > 0).all()
    chance = random.Random(1)
    for value in [*range(200), *(1 << n for n in range(36)), *(chance.randrange(1 << 36) for _ in range(500))]:
        (bucket,) = np.flatnonzero(counted(value)[:MAXIMUM])
        assert bounds[bucket] <= value
        assert bucket + 1 == len(bounds) or value < bounds[bucket + 1]


@pytest.mark.parametrize("percent", [0, 1, 50, 99, 99.9, 100])
def test_a_percentile_is_right_but_for_three_percent(percent: float):
    chance = random.Random(2)
    values = [int(chance.lognormvariate(10, 2)) for _ in range(2001)]
    exact = float(np.percentile(values, percent, method="inverted_cdf"))
    assert percentile_ns(counted(*values), percent) == pytest.approx(exact, rel=1 / 32)


def test_what_is_out_of_range_counts_as_the_least_or_the_greatest():
    assert percentile_ns(counted(), 99) == 0
    assert percentile_ns(counted(-5), 99) == 0
    great = counted(1 << 50, 1 << 45)
    assert great[MAXIMUM - 1] == 2
    assert great[MAXIMUM] == 1 << 50


@njit(nogil=True, cache=False)
def _begin_anew_again_and_again(counts: NDArray[np.int64], ended: NDArray[np.int64]) -> None:
    while ended[0] == 0:
        for _ in range(50):
            counts[5] += 1
        counts[:] = 0


def test_an_engine_may_begin_anew_while_somebody_reads():
    """It was counted how many there are, and then the one in the middle was looked for, which was there no more."""
    counts, ended = counted(), np.zeros(1, np.int64)
    engine = threading.Thread(target=_begin_anew_again_and_again, args=(counts, ended))
    engine.start()
    try:
        for _ in range(20_000):
            assert 0 <= percentile_ns(counts, 99) <= 6
    finally:
        ended[0] = 1
        engine.join()
