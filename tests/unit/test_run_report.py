"""What a run is complained of: the exit status of `rung run --seconds` hangs on it."""

from __future__ import annotations

from runtime.engine.states import EngineState
from runtime.service.run_report import RunReport
from tests.unit import handmade


def report() -> tuple[RunReport, handmade.Block]:
    program = handmade.program()
    block, _ = handmade.make(program, handmade.bound(program))
    block.set("engine_starts", 1)
    block.set("state", EngineState.RUN)
    return RunReport(block, program, None), block


def test_nothing_is_complained_of_a_good_run() -> None:
    seen, _ = report()
    seen.look()
    assert seen.complaints == []
    assert seen.lines()[1] == "ended: nothing to complain of"


def test_lost_activations_are_remembered_when_a_new_engine_counts_from_zero() -> None:
    """A run whose engine was killed in the middle ended without a complaint: the counter had begun anew."""
    seen, block = report()
    block.set("lost_activations", 3)
    seen.look()
    block.set("lost_activations", 0)
    block.set("engine_starts", 2)
    seen.look()
    assert seen.complaints == ["3 activations were lost", "the engine was started again 1 time(s)"]


def test_a_fault_is_remembered() -> None:
    seen, block = report()
    block.set("state", EngineState.FAULT)
    seen.look()
    block.set("state", EngineState.RUN)
    seen.look()
    assert seen.complaints == ["the program met a fault"]
