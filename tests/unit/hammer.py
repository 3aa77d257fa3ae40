"""The writing side of the exchange and snapshot hammer tests, run as a process of its own: `python hammer.py
exchange|ring FD COUNT`.

An image is a pattern: every word of image number n is n. A torn image has two different words.
"""

from __future__ import annotations

import sys

import numpy as np
from numba import njit

from runtime.image import exchange
from runtime.image.block import Block
from runtime.image.ring import CommandRing, CommandsFull, Write


@njit(nogil=True, cache=True)
def write_images(words, slots, count: int) -> None:
    """Publish images 1..count as fast as possible."""
    slot = exchange.back_slot(words)
    for number in range(1, count + 1):
        for index in range(slots.shape[1]):
            slots[slot, index] = number
        slot = exchange.publish(words)


@njit(nogil=True)
def read_images(words, slots, last: int) -> tuple[int, int, int]:
    """Take images until number `last`; returns how many different ones came, how many were torn, how many went
    backwards.
    """
    seen, torn, backwards, previous = 0, 0, 0, 0
    while previous < last:
        slot = exchange.take(words)
        first = slots[slot, 0]
        for index in range(slots.shape[1]):
            if slots[slot, index] != first:
                torn += 1
                break
        if first < previous:
            backwards += 1
        if first > previous:
            seen += 1
            previous = first
    return seen, torn, backwards


def image_slots(block: Block) -> np.ndarray:
    """(3, words) over the output slots."""
    size = block.layout.output_slot_bytes
    return block.slot_views("output_slots", size, 0, size // 8, np.int64, 3)


def write_commands(block: Block, count: int) -> None:
    """Send `count` batches of two records whose payloads must be applied together."""
    ring, number = CommandRing(block, "service"), 1
    while number <= count:
        data = number.to_bytes(8, "little")
        try:
            ring.write([Write(256, data), Write(320, data)])
        except CommandsFull:
            continue
        number += 1


if __name__ == "__main__":
    kind, descriptor, amount = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    shared = Block.attach(descriptor)
    if kind == "exchange":
        write_images(shared.words("output_word"), image_slots(shared), amount)
    else:
        write_commands(shared, amount)
