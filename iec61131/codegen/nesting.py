"""Keeps loops from being nested deeper than LLVM can bear.

Its loop analyses take time that is exponential in the depth of a nest (half a second for twelve loops, hours for
thirty). Nobody needs such nests, but a source text must not be able to hang the compiler. A POU with one is not
optimised; a POU that would form one when it is inlined into its caller is not inlined.

Nor is a POU optimised that has a CASE with more arms than `arms` keeps affordable: the live ranges of variables that
all arms use have a piece for each, and LLVM keeps the pieces in order by moving all that follow.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from iec61131.codegen.reach import Reach
from iec61131.semantics.model import Pou

MOST_NESTED = 8
MOST_ARMS = 8_000


class Restrictions(Struct):
    not_inlined: set[Pou] = field(default_factory=set[Pou])
    not_optimised: set[Pou] = field(default_factory=set[Pou])


def restrictions(pous: Iterable[Pou], reach: Reach) -> Restrictions:
    """What must not be done to which POU. `pous` has callees before callers."""
    found = Restrictions()
    depth: dict[Pou, int] = {}  # of the nest that inlining makes; a call that closes a circle is never inlined
    for pou in pous:
        uses = reach.uses[pou]
        depth[pou] = uses.deepest
        for callee, around in uses.called:
            inlined = around + depth.get(callee, 0)
            if inlined > MOST_NESTED:
                found.not_inlined.add(callee)
            elif callee not in found.not_inlined:
                depth[pou] = max(depth[pou], inlined)
        if uses.deepest > MOST_NESTED or uses.most_arms > MOST_ARMS:
            found.not_optimised.add(pou)
    return found
