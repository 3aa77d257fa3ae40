"""Keeps loops from being nested deeper than LLVM can bear.

Its loop analyses take time that is exponential in the depth of a nest (half a second for twelve loops, hours for
thirty). Nobody needs such nests, but a source text must not be able to hang the compiler. A POU with one is not
optimised; a POU that would form one when it is inlined into its caller is not inlined.

Nor is a POU optimised that has a CASE with very many arms. All arms meet behind the CASE, and all their checks at the
way out; half a dozen of LLVM's passes (InstCombine, SLP, GVN, the register coalescer) go through everything that meets
there once for each of it. With two checks in an arm 1,000 arms took three seconds and 2,000 ten. Little is given up:
one arm of them runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from iec61131.codegen.reach import Reach
from iec61131.semantics.model import Pou

MOST_NESTED = 8
MOST_ARMS = 800


@dataclass(slots=True)
class Restrictions:
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
