"""The thread that records, where an engine begins just while it looks."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iec61131.compiler import CompileOptions
from runtime.engine import journaling, kernel, view
from runtime.engine.arrays import View
from runtime.engine.states import EngineState
from runtime.image import journal
from runtime.image.block import Block
from runtime.image.journal import Journal, Keyframe
from runtime.replay import tape
from runtime.service.recording.described import Described
from runtime.service.recording.recorder import Recorder
from runtime.service.recording.scans import Scans
from tests.unit import handmade

TICK_NS = 1_000_000


class _Recorded:
    """A program whose engine can be started again at any instant."""

    def __init__(self, path: Path) -> None:
        program = handmade.program()
        self.bound = handmade.bound(program)
        self.block = Block.create(view.block_layout(program, 1, 1, 0, recorded=True), "recorded")
        self.said = list[str]()
        self.number = 0
        self.view = self._begun()
        described = Described(program, self.bound, CompileOptions(name="recorded"), ())
        self.recorder = Recorder(self.block, described, path, 1 << 24, self.said.append, lambda: 0)

    def _begun(self) -> View:
        program = handmade.program()
        view.prepare(self.block, program, 0)
        tasks = view.task_table(program.tasks, [handmade.entry_address()])
        tables = self.bound.input_table(), self.bound.output_table()
        made = view.make_view(self.block, program, *tables, tasks, loop_limit=1000, depth_limit=100)
        journaling.begin_epoch(made, 0, EngineState.STOP)
        self.block.set("state", EngineState.RUN)
        self.number = 0
        return made

    def start_again(self) -> None:
        self.view = self._begun()

    def tick(self, count: int) -> None:
        for _ in range(count):
            kernel.tick(self.view, self.number * TICK_NS, self.number)
            self.number += 1


def test_a_keyframe_of_the_engine_before_is_not_put_into_the_file_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that began between the look at a keyframe and that at the journal had the former's in its file."""
    plant = _Recorded(tmp_path)
    plant.recorder.turn(0)
    plant.tick(20)
    plant.recorder.turn(11_000_000_000)  # asks for a keyframe
    plant.tick(20)
    found = Journal.keyframe

    def and_another_engine(of: Journal) -> Keyframe | None:
        made = found(of)
        monkeypatch.undo()
        plant.start_again()
        plant.tick(5)
        return made

    monkeypatch.setattr(Journal, "keyframe", and_another_engine)
    plant.recorder.turn(12_000_000_000)
    plant.tick(5)
    plant.recorder.finish(13_000_000_000)
    first, second = tape.read(tmp_path)
    assert [(run.epoch, run.first_tick, run.last_tick) for run in (first, second)] == [(1, 0, 39), (2, 0, 9)]
    assert second.key_ticks == [journal.BEFORE_THE_FIRST]
    assert [int(second.keyframe(0).words[word]) for word in (journal.KEY_EPOCH, journal.KEY_TICK)] == [2, -1]
    assert plant.said == []


def test_a_keyframe_is_none_when_an_engine_began_to_write_while_it_was_copied(tmp_path: Path) -> None:
    """It says of which engine it is before all else; who had copied that already took the memory of both for one."""
    plant = _Recorded(tmp_path)
    of = Journal(plant.block)
    assert of.keyframe() is not None

    class Interrupted(np.ndarray[tuple[int], np.dtype[np.uint8]]):
        def copy(self, *_: object) -> NDArray[np.uint8]:  # type: ignore[override]
            copied = np.array(self)
            self.view(np.ndarray)[:8].view(np.int64)[journal.KEY_EPOCH] += 1
            return copied

    monkeyed = plant.block.region("keyframe").view(Interrupted)
    vars(of)["_keyframe"] = monkeyed
    assert of.keyframe() is None


def test_whoever_asks_while_an_engine_begins_is_not_told_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = _Recorded(tmp_path)
    plant.tick(20)
    plant.recorder.turn(0)
    plant.start_again()
    plant.tick(7)
    begin, told = Recorder.__dict__["_begin_epoch"], list[list[Scans]]()

    def asked(recorder: Recorder, epoch: int, now_ns: int) -> None:
        told.append(recorder.recent())
        begin(recorder, epoch, now_ns)

    monkeypatch.setattr(Recorder, "_begin_epoch", asked)
    plant.recorder.turn(1_000_000_000)
    assert [(each.epoch, each.ticks) for each in told[0]] == [(2, 7)]


def test_a_run_ends_with_a_keyframe(tmp_path: Path) -> None:
    """However short it was, it can be compared."""
    plant = _Recorded(tmp_path)
    plant.recorder.begin()
    ended = threading.Event()

    def scan() -> None:
        while not ended.wait(0.001):
            plant.tick(1)

    engine = threading.Thread(target=scan)
    engine.start()
    plant.recorder.prepare_end()
    ended.set()
    engine.join()
    plant.recorder.end()
    (run,) = tape.read(tmp_path)
    first, last = run.key_ticks
    assert first == journal.BEFORE_THE_FIRST
    assert 0 <= last <= run.last_tick
    assert plant.said == []


def test_an_engine_that_does_not_answer_ends_without_one(tmp_path: Path) -> None:
    plant = _Recorded(tmp_path)
    plant.tick(20)
    plant.recorder.begin()
    plant.recorder.prepare_end()
    plant.recorder.end()
    (run,) = tape.read(tmp_path)
    assert (run.key_ticks, run.last_tick) == ([journal.BEFORE_THE_FIRST], 19)
    assert plant.said == []
