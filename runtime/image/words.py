"""Rows of 64-bit words, copied word by word, for numba functions.

*Why no `target[:] = source`:* numba has that compare the shapes, and compiles what would say in words that they differ,
in each process that compiles anything: five seconds for a message that nobody can get.
"""

# numba ships no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True, inline="always")
def copy_words(target: Any, at: int, source: Any, start: int, count: int) -> None:
    """`count` words of the row `source` from `start` on into the row `target` at `at`."""
    for number in range(count):
        target[at + number] = source[start + number]
