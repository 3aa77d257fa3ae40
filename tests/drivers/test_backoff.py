"""Waits double between their bounds; jitter only shortens."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from io_drivers.backoff import Backoff


@given(st.integers(1, 10**9), st.integers(1, 10**12), st.integers())
def test_waits_double_between_their_bounds(minimum_ns, maximum_ns, seed):
    backoff = Backoff(minimum_ns, maximum_ns, Random(seed))
    step_ns = minimum_ns
    for _ in range(50):
        wait_ns = backoff.next_ns()
        assert int(step_ns * 0.75) <= wait_ns <= step_ns <= max(minimum_ns, maximum_ns)
        step_ns = min(2 * step_ns, max(minimum_ns, maximum_ns))
    backoff.reset()
    assert backoff.next_ns() <= minimum_ns


def test_two_connections_do_not_knock_together():
    first, second = Backoff(10**9, 10**10, Random(1)), Backoff(10**9, 10**10, Random(2))
    assert [first.next_ns() for _ in range(5)] != [second.next_ns() for _ in range(5)]
