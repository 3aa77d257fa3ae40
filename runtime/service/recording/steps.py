"""REALs that go in steps: counts that a device has scaled, by what only the device knows.

From the values of a stretch alone: the least distance of two that differ is a step, or a few; along the sorted values
it becomes more and more exact. A straight line through value and number of steps, by least squares, gives both its
parameters. Where it goes through zero, as without an offset, it is laid through zero. The line leads to a REAL that is
right nearly always, else off by some units in the last place: those are kept beside.
"""

# numba's types are known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LEAST = 2.0**-21
"""Of the largest value: two that differ by less are the same, but for rounding; REAL has 24 bits."""
_OFF = 0.2
"""Of a step: how far a distance may be from whole steps."""
_AT_ZERO = 0.01
_PARTS = 9
"""The least distance may be so many steps: of a signal that rises fast there are no two with one between them."""
_BITS = 30
"""Of the largest value, to which an origin is rounded: a sixty-fourth of its last place, and fewer bytes."""
_STEP_UNITS = 1 << 14
"""Parts of such a unit, to which a step is rounded: there may be thousands of steps."""
_LARGEST = 1e30
_MOST = float(1 << 30)
"""Steps."""


def lines_through(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of columns (rows, columns): the step of each, 0 where it goes in none, and the value behind no steps."""
    steps = np.zeros(values.shape[1])
    _steps(np.ascontiguousarray(np.sort(values, axis=0).T), steps)
    with np.errstate(all="ignore"):  # columns without steps
        counts = np.rint((values - values[0]) / steps)
        from_mean = counts - counts.mean(axis=0)
        sloping = (from_mean * (values - values.mean(axis=0))).sum(axis=0) / (from_mean * from_mean).sum(axis=0)
        origin = values.mean(axis=0) - sloping * counts.mean(axis=0)
        below = np.rint(origin / sloping)
        at_zero = np.abs(origin - below * sloping) < _AT_ZERO * sloping
        counts += below
        through_zero = (counts * values).sum(axis=0) / (counts * counts).sum(axis=0)
        unit = np.exp2(np.ceil(np.log2(np.abs(values).max(axis=0))) - _BITS)
        origin = np.rint(origin / unit) * unit
        found = np.where(at_zero, through_zero, sloping)
        found = np.rint(found / unit * _STEP_UNITS) / _STEP_UNITS * unit
        is_right = (steps > 0) & (found > 0) & (found < _LARGEST) & (np.abs(counts) < _MOST).all(axis=0)
    return np.where(is_right, found, 0.0), np.where(is_right & ~at_zero, origin, 0.0)


@njit(nogil=True, cache=True)
def _steps(columns: Any, steps: Any) -> None:
    """Of sorted columns (columns, rows)."""
    for number in range(columns.shape[0]):
        column = columns[number]
        lowest, highest = column[0], column[-1]
        least = _LEAST * max(abs(lowest), abs(highest))
        if not (highest - lowest > least and highest - lowest < _LARGEST):  # nor where one is NaN
            continue
        distance = highest - lowest
        for row in range(1, column.shape[0]):
            if column[row] - column[row - 1] > least:
                distance = min(distance, column[row] - column[row - 1])
        for parts in range(1, _PARTS + 1):
            if steps[number] == 0.0 and distance / parts > least:
                steps[number] = _refined(column, distance / parts, least)


@njit(nogil=True, cache=True)
def _refined(column: Any, step: float, least: float) -> float:
    """A step, known better with each distance; 0 where one is not of whole steps."""
    last, count = column[0], 0.0
    for row in range(1, column.shape[0]):
        distance = column[row] - last
        if distance > least:
            of_steps = np.rint(distance / step)
            if of_steps < 1.0 or abs(distance - of_steps * step) > _OFF * step:
                return 0.0
            count += of_steps
            last = column[row]
            step = (last - column[0]) / count
    return step
