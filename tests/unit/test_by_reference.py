"""Structs of arrays as native functions take them: the same machine code for all of them, and no array of another form
than it was compiled for.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pytest
from msgspec.structs import replace
from numba import njit

from runtime.engine.by_reference import BYTES, SLOTS, TABLE, WORDS, Arrays


class Shelf(Arrays):
    words: Annotated[Any, WORDS]
    table: Annotated[Any, TABLE]
    slots: Annotated[Any, SLOTS]
    flags: Annotated[Any, BYTES]


def shelf(rows: int = 2) -> Shelf:
    wide = np.arange(12, dtype=np.int64).reshape(3, 4)
    table = np.arange(rows * 3, dtype=np.int64).reshape(rows, 3)
    return Shelf(words=np.array([5], np.int64), table=table, slots=wide[:, 1:3], flags=np.zeros(4, np.uint8))


@njit
def _inner(s: Any, row: int) -> None:
    s.words[0] += s.table[row, 2]


@njit
def _work(s: Any) -> int:
    """Reads, writes and calls, with a loop over each kind of array."""
    for row in range(s.table.shape[0]):
        _inner(s, row)
    total = 0
    for slot in range(s.slots.shape[0]):
        row = s.slots[slot]
        for column in range(row.shape[0]):
            total += row[column]
    s.flags[s.flags.shape[0] - 1] = 200
    s.table[:, 0] = 7
    return total


def test_a_native_function_sees_and_changes_the_arrays():
    s = shelf()
    assert _work(s) == 1 + 2 + 5 + 6 + 9 + 10
    assert s.words.tolist() == [5 + 2 + 5]
    assert s.flags.tolist() == [0, 0, 0, 200]
    assert s.table.tolist() == [[7, 1, 2], [7, 4, 5]]


@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_of_any_size_without_compiling_anew(rows: int):
    _work(shelf())
    before = len(_work.signatures)
    s = shelf(rows)
    _work(s)
    assert s.words[0] == 5 + sum(3 * row + 2 for row in range(rows))
    assert len(_work.signatures) == before


def test_one_without_gaps_serves_where_gaps_are_allowed():
    s = replace(shelf(), slots=np.ones((3, 2), np.int64))
    assert _work(s) == 6


def test_a_replaced_array_is_the_one_that_is_seen():
    one = shelf()
    other = replace(one, words=np.array([100], np.int64))
    _work(other)
    assert (one.words[0], other.words[0]) == (5, 107)


@pytest.mark.parametrize(
    ("name", "array", "found"),
    [
        ("words", np.zeros(3, np.int32), "array\\(int32, 1d, C\\)"),
        ("words", np.zeros(8, np.int64)[::2], "array\\(int64, 1d, A\\)"),
        ("words", np.frombuffer(bytes(8), np.int64), "readonly"),
        ("table", np.zeros(3, np.int64), "array\\(int64, 1d, C\\)"),
        ("table", np.zeros((4, 6), np.int64)[:, :3], "array\\(int64, 2d, A\\)"),
        ("slots", np.zeros((4, 6)), "array\\(float64, 2d, C\\)"),
        ("flags", [1, 2, 3], "list"),
    ],
)
def test_another_form_is_refused(name: str, array: Any, found: str):
    with pytest.raises(TypeError, match=f"Shelf.{name} is .*{found}"):
        replace(shelf(), **{name: array})
