"""How much native stack a task needs at most.

LLVM lays out the frames, so the sizes are bounded rather than known: each call adds the variables and temporaries of
its body and a fixed amount for return address, saved and spilled registers. Inlining only merges frames. A recursive
function counts once for each activation that the limit allows.
"""

from __future__ import annotations

from collections.abc import Mapping

from iec61131.codegen.reach import Reach
from iec61131.semantics.model import Model, Pou

DEPTH_LIMIT = 100
"""Activations of recursive functions that the figure allows for."""

_PER_CALL_BYTES = 4096
_BASE_BYTES = 64 * 1024  # the task's own frame, the C library's `pow`, signal handlers


def stack_bytes(model: Model, reach: Reach, frames: Mapping[Pou, int]) -> int:
    """The bound for the deepest task, rounded up to whole pages. `frames` has the bytes of variables and temporaries
    of each POU.
    """
    deepest: dict[Pou, int] = {}
    recursive = sum(2 * frames[pou] + _PER_CALL_BYTES for pou in model.pous if pou.recursive)
    for pou in model.pous:  # callees first; a call that closes a circle is paid for by `recursive`
        below = max((deepest.get(callee, 0) for callee, _ in reach.uses[pou].called), default=0)
        deepest[pou] = 2 * frames[pou] + _PER_CALL_BYTES + below
    roots = (deepest[run.program] for task in model.tasks for run in task.programs)
    return -(-(_BASE_BYTES + max(roots, default=0) + DEPTH_LIMIT * recursive) // 4096) * 4096
