"""Changes between snapshots, against a comparison of each variable by itself."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from runtime.engine.states import EngineState
from runtime.image.snapshot import Snapshot
from runtime.service import values
from runtime.service.bound import Exposed
from runtime.service.changes import Changes
from tests.unit import handmade


@pytest.fixture
def exposed() -> list[Exposed]:
    program = handmade.program()
    return [Exposed(target, False, 0 if n == 0 else -1) for n, target in enumerate(program.leaves())]


def snapshot(memory: np.ndarray, quality: int = 2) -> Snapshot:
    points = np.array([5], np.int64), np.array([quality], np.uint8), np.array([0], np.uint8)
    return Snapshot(10, 1, EngineState.RUN, memory, *points)


def test_nothing_changes_without_a_difference(exposed: list[Exposed]) -> None:
    memory = np.arange(handmade.program().memory_bytes, dtype=np.uint8)
    assert len(Changes(exposed).between(snapshot(memory), snapshot(memory.copy()))) == 0


def test_a_byte_changes_the_variables_that_lie_there(exposed: list[Exposed]) -> None:
    program, changes = handmade.program(), Changes(exposed)
    before = np.zeros(program.memory_bytes, np.uint8)
    for byte in range(program.memory_bytes):
        after = before.copy()
        after[byte] = 255
        differing = {
            number
            for number, item in enumerate(exposed)
            if values.read(program, item.target, before) != values.read(program, item.target, after)
        }
        found = set(changes.between(snapshot(before), snapshot(after)))
        assert differing <= found
        # What is behind the end of a text changes nothing, but only whoever reads the text knows.
        assert all(exposed[number].target.type.kind == "string" for number in found - differing)


def test_quality_changes_the_bound_variable_and_the_state_all(exposed: list[Exposed]) -> None:
    memory = np.zeros(handmade.program().memory_bytes, np.uint8)
    changes, now = Changes(exposed), snapshot(memory)
    assert list(changes.between(snapshot(memory, quality=0), now)) == [0]
    stopped = replace(now, state=EngineState.STOP)
    assert len(changes.between(stopped, now)) == len(exposed)
