"""Images from one writer to one reader, the newest always, nobody ever waiting: a triple buffer.

Three slots; one belongs to the writer (back), one to the reader (front), one lies between them (middle). Which is
which is one 64-bit word:

    bits 0-1 back, 2-3 middle, 4-5 front
    bit  6   fresh: the middle holds an image that the reader has not had
    bits 8.. a step counter

Publishing exchanges back and middle and sets `fresh`; taking exchanges middle and front and clears it, each with one
compare-and-exchange of the whole word.

*Why one word and not an atomic swap of the middle index alone:* the indices of both sides then live in one place that
is right at every instant. A writer or reader may be killed between any two instructions, and its successor finds out
from the word which slot is its own. With private indices, a kill between the swap and the note of its result leaves
two owners for one slot.

*Steps are bounded.* A taker only moves the word when it is fresh, so it can make a publisher's exchange fail at most
once; the second try succeeds. A publisher could make a taker fail again and again, so the taker tries twice and then
stays with the image it has; the next scan sees the newer one.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from numba import njit

from runtime.image import atomics
from runtime.image.block import Words

FRESH = 1 << 6
STEP = 1 << 8
_LOW = STEP - 1
_STEPS = (1 << 62) - 1 & ~_LOW


@njit(nogil=True, cache=True, inline="always")
def back(word: int) -> int:
    return word & 3


@njit(nogil=True, cache=True, inline="always")
def middle(word: int) -> int:
    return (word >> 2) & 3


@njit(nogil=True, cache=True, inline="always")
def front(word: int) -> int:
    return (word >> 4) & 3


@njit(nogil=True, cache=True)
def back_slot(words: Words) -> int:
    """The slot the writer may fill."""
    return back(atomics.load(words, 0))


@njit(nogil=True, cache=True)
def publish(words: Words) -> int:
    """Hand the back slot over; returns the slot to fill next."""
    while True:
        old = atomics.load(words, 0)
        steps = (old + STEP) & _STEPS
        new = middle(old) | back(old) << 2 | front(old) << 4 | FRESH | steps
        if atomics.compare_exchange(words, 0, old, new):
            return back(new)


@njit(nogil=True, cache=True)
def take(words: Words) -> int:
    """The slot with the newest image the reader can have now, which stays the reader's until the next `take`."""
    for _ in range(2):
        old = atomics.load(words, 0)
        if old & FRESH == 0:
            return front(old)
        steps = (old + STEP) & _STEPS
        new = back(old) | front(old) << 2 | middle(old) << 4 | steps
        if atomics.compare_exchange(words, 0, old, new):
            return front(new)
    return front(atomics.load(words, 0))


@njit(nogil=True, cache=True)
def fresh(words: Words) -> bool:
    """Whether an image waits to be taken."""
    return atomics.load(words, 0) & FRESH != 0
