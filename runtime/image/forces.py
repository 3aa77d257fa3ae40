"""What is forced: a table in shared memory that the engine alone writes and anybody may read.

Two words, the number of rows in use and the number of changes, which is odd while one is under way; then the rows, in
the form of the command ring's records. The kernel writes them into the program's memory before and after the tasks of
each scan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runtime.image.block import FORCE_CHANGES, FORCE_COUNT, FORCE_WORDS, Block
from runtime.image.ring import RECORD, Write


def force_views(block: Block) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(words, rows as bytes)."""
    region = block.region("forces")
    return region[: FORCE_WORDS * 8].view(np.int64), region[FORCE_WORDS * 8 :]


def forced(block: Block) -> list[Write]:
    """All that is forced now, in the order in which it was asked for."""
    words, rows = force_views(block)
    while True:
        before = int(words[FORCE_CHANGES])
        found = rows.copy()[: int(words[FORCE_COUNT]) * RECORD.itemsize].view(RECORD)
        if before % 2 == 0 and before == int(words[FORCE_CHANGES]):
            return [
                Write(int(r["offset"]), r["data"].tobytes()[: int(r["size"])], int(r["bit"]) if r["bit"] >= 0 else None)
                for r in found
            ]
