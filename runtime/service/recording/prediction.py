"""What a value of a column differs by from the one that was to be expected after those before it.

A column is a signal, sampled in each tick: what comes next is roughly known, and what is left are small numbers. Each
column has its own way of expecting, the one that leaves least of it (`WAYS`): the value before, the mean of some before
it, or the next point of the straight line through them by least squares. Where less than that lies before a value, all
that does. Everything is int64, which wraps, so that the way back is exact for any bits.
"""

# numba's types are known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

WAYS = (("mean", 1), ("line", 2), ("line", 8), ("line", 16), ("mean", 4), ("mean", 16))
"""The first is the value before. A line through two is exact for what rises evenly, such as times."""
_MOST = 16
_SHIFT = 14
"""Weights are whole numbers of 2**-14."""
_STEP = 4
"""Every so manieth value of a column is looked at to choose its way."""


def _weights() -> NDArray[np.int64]:
    """[way, number of values before, difference]: how much of each difference between two values is to be added to
    the value before; the first is the newest. They belong to the format of a recording, so no floating point.
    """
    weights = np.zeros((len(WAYS), _MOST + 1, _MOST), np.int64)
    for way, (kind, most) in enumerate(WAYS):
        for count in range(2, _MOST + 1):
            n = min(count, most)
            of_values = [_of_value(kind, n, age) for age in range(1, n + 1)]
            weights[way, count, : n - 1] = [round(-sum(of_values[age:]) * (1 << _SHIFT)) for age in range(1, n)]
    return weights


def _of_value(kind: str, n: int, age: int) -> Fraction:
    """How much the value of this age, 1 for the newest of `n`, weighs in what is expected."""
    return Fraction(1, n) if kind == "mean" else Fraction(2 * (2 * n + 1 - 3 * age), n * (n - 1))


_WEIGHTS = _weights()
_LENGTHS = np.array([most - 1 for _, most in WAYS], np.int64)
_BITS = np.array([number.bit_length() for number in range(256)], np.int64)


def unexpected(columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.float64]]:
    """Of columns (columns, rows), C-contiguous: what each value differs by, as an unsigned number, least first (0, -1,
    1, -2, ..), the first row by 0; the way of each column; and how many bits it takes, the mean behind the first row.
    """
    found = np.empty_like(columns)
    ways = np.zeros(len(columns), np.uint8)
    bits = np.zeros(len(columns), np.int64)
    _look(columns, found, ways, bits, _WEIGHTS, _LENGTHS, _BITS)
    return found, ways, bits / max(1, columns.shape[1] - 1)


def expected_again(found: NDArray[np.int64], ways: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The columns. Raises ValueError for a way that there is not."""
    if (ways >= len(WAYS)).any():
        raise ValueError("no such way to expect a value")
    columns = np.empty_like(found)
    _restore(found, columns, ways.copy(), _WEIGHTS, _LENGTHS)  # what comes from bytes is of a type of its own
    return columns


@njit(nogil=True, cache=True)
def _look(columns: Any, found: Any, ways: Any, bits: Any, weights: Any, lengths: Any, bits_of: Any) -> None:
    rows = columns.shape[1]
    for number in range(columns.shape[0]):
        column = columns[number]
        least = -1
        for way in range(weights.shape[0]):
            size = 0
            for row in range(1 + number % _STEP, rows, _STEP):
                size += _bits(_folded(column[row] - _expected(column, row, weights[way], lengths[way])), bits_of)
            if least < 0 or size < least:
                least, ways[number] = size, way
            if least == 0:
                break
        way = ways[number]
        size = 0
        if rows > 0:
            found[number, 0] = _folded(column[0])
        for row in range(1, rows):
            folded = _folded(column[row] - _expected(column, row, weights[way], lengths[way]))
            found[number, row] = folded
            size += _bits(folded, bits_of)
        bits[number] = size


@njit(nogil=True, cache=True)
def _restore(found: Any, columns: Any, ways: Any, weights: Any, lengths: Any) -> None:
    for number in range(found.shape[0]):
        column, way = columns[number], ways[number]
        for row in range(found.shape[1]):
            folded = found[number, row]
            difference = ((folded >> 1) & 0x7FFFFFFFFFFFFFFF) ^ -(folded & 1)
            column[row] = difference + (_expected(column, row, weights[way], lengths[way]) if row > 0 else 0)


@njit(nogil=True, cache=True)
def _expected(column: Any, row: int, weights: Any, length: int) -> int:
    """Of a row that is not the first."""
    of_differences = weights[min(row, _MOST)]
    rise = 0
    for age in range(min(row - 1, length)):
        rise += of_differences[age] * (column[row - 1 - age] - column[row - 2 - age])
    return column[row - 1] + ((rise + (1 << (_SHIFT - 1))) >> _SHIFT)


@njit(nogil=True, cache=True)
def _folded(difference: int) -> int:
    return (difference << 1) ^ (difference >> 63)


@njit(nogil=True, cache=True)
def _bits(folded: int, bits_of: Any) -> int:
    if folded < 0:
        return 64
    bits = 0
    while folded > 255:
        bits += 8
        folded >>= 8
    return bits + bits_of[folded]
