"""What the scan writes for the flight recorder, record by record."""

from __future__ import annotations

import numpy as np
import pytest

from io_drivers.contract import InputBlock, Quality
from runtime.engine import journaling, kernel, view
from runtime.engine.arrays import View
from runtime.engine.states import EngineState
from runtime.image import journal
from runtime.image.block import Block
from runtime.image.channels import InputWriter
from runtime.image.journal import Journal
from runtime.image.ring import Command, CommandRing, Write
from runtime.service.recording import scans
from tests.unit import handmade
from tests.unit.stretches import any_stretch

TICK_NS = 1_000_000


class _Plant:
    def __init__(self, inputs: int = 1) -> None:
        program = handmade.program()
        layout = view.block_layout(program, inputs, 1, 0, recorded=True)
        self.inputs = inputs
        self.block = Block.create(layout, "journal")
        view.prepare(self.block, program, 0)
        tasks = view.task_table(program.tasks, [handmade.entry_address()])
        bound = handmade.bound(program)
        tables = bound.input_table(), bound.output_table()
        self.view: View = view.make_view(self.block, program, *tables, tasks, loop_limit=1000, depth_limit=100)
        journaling.begin_epoch(self.view, 0, EngineState.STOP)
        self.block.set("state", EngineState.STOP)
        self.journal = Journal(self.block)
        self.image = InputBlock(inputs, lambda: None)
        self.writer = InputWriter(self.block)
        self.number = 0

    def publish(self, value: int) -> None:
        self.image.raw.view(np.int64)[:] = value
        self.image.quality[:] = Quality.GOOD
        self.image.time_ns[:] = self.number * TICK_NS
        self.writer.publish(self.image, 0)

    def tick(self, count: int = 1) -> None:
        for _ in range(count):
            kernel.tick(self.view, self.number * TICK_NS, self.number)
            self.number += 1

    def taken(self) -> list[scans.Scans]:
        return scans.parse(self.journal.take(), self.inputs)


def test_a_tick_is_recorded_with_its_time_and_an_image_only_where_it_is_new() -> None:
    plant = _Plant()
    plant.tick()
    plant.publish(7)
    plant.tick(2)
    (found,) = plant.taken()
    assert found.tick.tolist() == [0, 1, 2]
    assert found.now_ns.tolist() == [0, TICK_NS, 2 * TICK_NS]
    assert found.has_image.tolist() == [1, 1, 0]  # the first of an engine always
    assert found.raw[1].tolist() == [7]
    assert found.quality[1].tolist() == [Quality.GOOD]
    assert plant.taken() == []


def test_commands_are_recorded_in_the_order_in_which_they_were_applied() -> None:
    plant = _Plant()
    CommandRing(plant.block, "console").order(Command.START)
    CommandRing(plant.block, "gateway").write([Write(handmade.INPUT, b"\1\2\3\4"), Write(handmade.OUTPUT, b"\5\0\0\0")])
    plant.tick()
    (found,) = plant.taken()
    assert found.command_counts.tolist() == [3]
    assert found.commands[:, 0].tolist() == [Command.WRITE, Command.WRITE, Command.START]
    assert found.commands[0, 4] == int.from_bytes(b"\1\2\3\4", "little")


def test_what_does_not_fit_is_counted_and_the_record_behind_says_so() -> None:
    plant = _Plant()
    room = plant.block.layout.journal_words // journal.RECORD_WORDS
    plant.tick(room + 50)
    (found,) = plant.taken()
    missing = room + 50 - found.ticks
    assert found.tick.tolist() == list(range(found.ticks))
    assert 50 <= missing < room
    assert plant.journal.gaps == missing
    plant.tick(2)
    (behind,) = plant.taken()
    assert behind.lost.tolist() == [missing, 0]
    assert behind.has_image.tolist() == [1, 0]  # what the image was meanwhile is not known
    assert behind.tick.tolist() == [room + 50, room + 51]


def test_records_go_round_the_end_of_the_ring() -> None:
    plant = _Plant(inputs=37)
    taken = list[scans.Scans]()
    for number in range(3000):
        plant.publish(number)
        plant.tick()
        if number % 7 == 0:
            taken += plant.taken()
    joined = scans.join([*taken, *plant.taken()])
    assert joined.tick.tolist() == list(range(3000))
    assert joined.raw.tolist() == [[number] * 37 for number in range(3000)]
    assert not joined.lost.any()


def test_a_keyframe_is_made_at_the_end_of_a_tick_when_it_was_asked_for() -> None:
    plant = _Plant()
    first = plant.journal.keyframe()
    assert first is not None
    assert first.words[journal.KEY_TICK] == journal.BEFORE_THE_FIRST
    CommandRing(plant.block, "console").order(Command.START)
    CommandRing(plant.block, "service").force([Write(handmade.INPUT, b"\1\2\3\4")])
    plant.tick(5)
    ticket = plant.journal.request()
    assert not plant.journal.is_served(ticket)
    plant.publish(9)
    plant.tick()
    assert plant.journal.is_served(ticket)
    key = plant.journal.keyframe()
    assert key is not None
    assert (key.words[journal.KEY_TICK], key.words[journal.KEY_STATE]) == (5, EngineState.RUN)
    assert np.array_equal(key.memory, plant.block.memory)
    assert key.forces[:, 1].tolist() == [handmade.INPUT]
    assert key.image[8:16].view(np.int64).tolist() == [9]
    assert key.tasks.tolist() == [[5, 0]]


def test_an_engine_that_is_started_again_begins_an_epoch() -> None:
    plant = _Plant()
    plant.tick(3)
    view.prepare(plant.block, handmade.program(), 0)
    journaling.begin_epoch(plant.view, 0, EngineState.STOP)
    plant.number = 0
    plant.tick(2)
    found = plant.taken()
    assert [(each.epoch, each.tick.tolist()) for each in found] == [(1, [0, 1, 2]), (2, [0, 1])]
    assert found[1].has_image.tolist() == [1, 0]


def test_what_is_no_record_is_damaged_whatever_it_says_of_itself() -> None:
    """Lengths, and numbers of commands and images, were believed before they were compared with each other: room for
    billions of commands, or for less than none, was asked for, and the thread that records ended.
    """
    plant = _Plant(inputs=3)
    CommandRing(plant.block, "console").order(Command.START)
    plant.publish(5)
    plant.tick(3)
    taken = plant.journal.take()
    assert [each.ticks for each in scans.parse(taken, 3)] == [3]
    for end in range(1, len(taken)):
        if end not in np.cumsum([len(record) for record in journal.records(taken)]):
            with pytest.raises(scans.Damaged):
                scans.parse(taken[:end], 3)
    for record in journal.records(taken):
        for word, wrong in (
            (journal.LENGTH, (0, -8, 7, record[journal.LENGTH] + 1, 1 << 40, -(1 << 63), (1 << 63) - 1)),
            (journal.PARTS, (-1, 5, 2 * journal.HAS_IMAGE, journal.HAS_IMAGE - 1, -journal.HAS_IMAGE, -(1 << 63))),
        ):
            for number in wrong:
                right, record[word] = record[word], number
                with pytest.raises(scans.Damaged):
                    scans.parse(taken, 3)
                record[word] = right
    with pytest.raises(scans.Damaged):
        scans.parse(taken, 4)


def test_nothing_is_recorded_where_there_is_no_journal() -> None:
    block, kernel_view = handmade.make(handmade.program(), handmade.bound(handmade.program()))
    journaling.begin_epoch(kernel_view, 0, EngineState.STOP)
    kernel.tick(kernel_view, 0, 0)
    words, ring = journal.journal_views(block)
    assert len(ring) == 1
    assert not words[[journal.HEAD, journal.GAPS, journal.EPOCH]].any()


def test_a_stretch_is_cut_and_joined() -> None:
    made = any_stretch(1, 50, 4)
    for count in (0, 1, 20, 50):
        found = scans.join([part for part in scans.cut(made, count) if part.ticks])
        for name in scans.Scans.__struct_fields__:
            assert np.array_equal(getattr(made, name), getattr(found, name)), name
