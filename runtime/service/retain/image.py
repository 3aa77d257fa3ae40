"""Between the memory of a program and the values of its retained variables, one behind the other.

A BOOL that is one bit of a byte has a byte of its own among the values: its neighbours in the memory are other
variables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from iec61131.program import Range


def gather(retained: Sequence[Range], memory: NDArray[np.uint8]) -> bytes:
    """The values in `memory`, a program's block or a copy of it."""
    return b"".join(
        memory[part.offset : part.offset + part.size].tobytes()
        if part.bit is None
        else bytes([int(memory[part.offset]) >> part.bit & 1])
        for part in retained
    )


def scatter(retained: Sequence[Range], values: bytes, memory: NDArray[np.uint8]) -> None:
    """The reverse: put `values` where the program has its retained variables."""
    data, position = np.frombuffer(values, np.uint8), 0
    assert len(data) == sum(part.size for part in retained)
    for part in retained:
        if part.bit is None:
            memory[part.offset : part.offset + part.size] = data[position : position + part.size]
        else:
            rest = int(memory[part.offset]) & ~(1 << part.bit)
            memory[part.offset] = rest | int(data[position]) << part.bit
        position += part.size
