"""The engine's part of an online change: everything that takes time is done beside the scan, then one thread follows
the other between two scans.

Whatever goes wrong before that leaves the program in charge as it is. The reason is a line to the supervisor.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from iec61131.program import CompiledProgram
from runtime import clock
from runtime.engine import handover
from runtime.engine import view as engine_view
from runtime.engine.handover import Handover
from runtime.image.block import Block
from runtime.service import artifacts
from runtime.service.bound import Bound
from runtime.service.change import orders
from runtime.service.processes.common import say

if TYPE_CHECKING:
    from runtime.service.processes.engine import Loaded

_PATIENCE_NS = 2_000_000_000
"""In which the program in charge must come to the end of a scan, beyond three of its ticks."""
_LOOK_S = 0.001


def answer(
    folder: Path,
    loaded: Loaded,
    load: Callable[[Block, CompiledProgram, Bound], Loaded],
    has_ended: Callable[[float], bool],
) -> Loaded:
    """Do what is wanted. Returns the program that is in charge afterwards. `has_ended` waits for so many seconds."""
    control = loaded.block
    number = control.get("wanted_change")
    try:
        next_, order = _prepared(folder, control.beside(control.get("wanted_bank")), load)
        if _is_followed(loaded, next_, order, has_ended):
            loaded = next_
            gc.collect()  # the former program, its mapping and its machine code, which hang together in circles
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the new program, the old one goes on
        say(f"the program was not changed: {type(error).__name__}: {error}")
    control.set("answered_change", number)
    return loaded


def _prepared(
    folder: Path, block: Block, load: Callable[[Block, CompiledProgram, Bound], Loaded]
) -> tuple[Loaded, orders.Order]:
    order = orders.load(folder, block.build)
    program, bound = artifacts.load(folder, block.build)
    engine_view.prepare_bank(block, program, keep_memory=order.keep_memory)
    return load(block, program, bound), order


def _is_followed(loaded: Loaded, next_: Loaded, order: orders.Order, has_ended: Callable[[float], bool]) -> bool:
    """Whether the next program has taken over."""
    control = loaded.block.control
    loaded.block.set("handover", Handover.NONE)
    loaded.block.set("handover_in_fault", order.in_fault)
    patience_ns = _PATIENCE_NS + 3 * loaded.block.get("tick_ns")
    next_.thread.start_following(loaded.thread, order.plan)
    deadline_ns = clock.monotonic_ns() + patience_ns
    while (step := Handover(loaded.block.get("handover"))) in (Handover.NONE, Handover.ORDERED, Handover.RELEASED):
        is_late = clock.monotonic_ns() > deadline_ns
        if has_ended(_LOOK_S) or is_late:
            handover.advance(control, int(Handover.ORDERED), int(Handover.CANCELLED))
    if step is Handover.DONE:
        loaded.thread.end_following(next_.thread)
        next_.block = next_.block.renewed()
        next_.thread.start_watching()
        for refusal in next_.thread.refused:
            say(refusal)
        return True
    next_.thread.abandon()
    why = "met a fault" if step is Handover.DECLINED else "did not come to the end of a scan in time"
    say(f"the program was not changed: the one in charge {why}")
    return False
