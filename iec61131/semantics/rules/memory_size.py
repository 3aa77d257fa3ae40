"""A program fits into the memory block.

Why: the block is shared memory, locked into RAM and copied for snapshots and standby. A slip such as
ARRAY[0..16#FFFFFF] must not reserve it by the gigabyte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iec61131.diagnostics.catalogue.declarations import MEMORY_LIMIT
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics.model import Variable
from iec61131.semantics.type_specs import BLOCK_BYTES_MAX


def check(memory: Sequence[Variable]) -> Iterator[Diagnostic]:
    own = [variable for variable in memory if variable.address is None]
    total = sum(variable.type.size for variable in own)
    if total > BLOCK_BYTES_MAX:
        largest = max(own, key=lambda variable: variable.type.size)
        yield MEMORY_LIMIT.at(
            largest.span, total=total, limit=BLOCK_BYTES_MAX, name=largest.name, size=largest.type.size
        )
