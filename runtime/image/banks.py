"""Places for banks in the block of one PLC. The supervisor alone makes banks.

A bank that is needed no more leaves its place to a later one that is not larger; else the block grows. Whoever has it
mapped sees nothing of that, and finds the new bank by its place.
"""

from __future__ import annotations

import os
from collections.abc import Set as AbstractSet

import numpy as np

from runtime.image.block import OF_THE_PROGRAM, Block, BlockLayout


class Banks:
    """See the module's text. `block` has been created with its first bank."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._bytes_at = {block.bank_at: block.layout.bank_bytes}

    def make(self, layout: BlockLayout, build: int, in_use: AbstractSet[int]) -> Block:
        """A bank for a program with this layout, whose files are in the folder number `build`. It takes none of the
        places `in_use`. All of it is zero but its description.
        """
        place = self._free_place(layout.bank_bytes, in_use)
        block = Block(self._block.fd, layout, place)
        for name in OF_THE_PROGRAM:
            block.region(name)[:] = np.uint8(0)
        block.describe_bank(build)
        return block

    def _free_place(self, needed_bytes: int, in_use: AbstractSet[int]) -> int:
        free = [at for at, size in self._bytes_at.items() if at not in in_use and size >= needed_bytes]
        if free:
            return min(free, key=lambda at: self._bytes_at[at])
        end = max(at + size for at, size in self._bytes_at.items())
        os.ftruncate(self._block.fd, end + needed_bytes)
        self._bytes_at[end] = needed_bytes
        return end
