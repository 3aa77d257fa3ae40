"""The image exchange under two hammering processes, and under writers that are killed at arbitrary instants."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from runtime.image import exchange
from runtime.image.block import EXCHANGE_INITIAL, Block, BlockLayout, ForeignBlock
from tests.unit import hammer

HAMMER = Path(hammer.__file__)


def make_block() -> Block:
    return Block.create(BlockLayout(4096, 10, 1000, 1), "test")


def start_writer(block: Block, kind: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.hammer", kind, str(block.fd), str(count)],
        pass_fds=(block.fd,),
        cwd=HAMMER.parents[2],
    )


def slots_of(word: int) -> set[int]:
    return {exchange.back(word), exchange.middle(word), exchange.front(word)}


def test_no_image_is_torn_and_the_last_arrives() -> None:
    """Two processes, 8 KiB images, one million publications; the reader takes as fast as it can."""
    count = 1_000_000
    block = make_block()
    writer = start_writer(block, "exchange", count)
    seen, torn, backwards = hammer.read_images(block.words("output_word"), hammer.image_slots(block), count)
    assert writer.wait(60) == 0
    assert torn == 0
    assert backwards == 0
    assert 1 <= seen <= count


def test_the_hammer_sees_tearing_where_there_is_no_exchange() -> None:
    """The same reader on one plain shared slot must find torn images, or the test above proves nothing."""
    block = make_block()
    slots = hammer.image_slots(block)
    one_slot = np.lib.stride_tricks.as_strided(slots, slots.shape, (0, 8))
    writer = start_writer(block, "exchange", 1_000_000_000)
    pinned = np.array([EXCHANGE_INITIAL], np.int64)  # the reader never moves; the writer passes its slot now and then
    torn = 0
    try:
        while torn == 0 and writer.poll() is None:
            _, torn, _ = hammer.read_images(pinned, one_slot, int(one_slot[0, 0]) + 1000)
    finally:
        writer.kill()
        writer.wait()
    assert torn > 0


def test_a_killed_writer_leaves_three_different_slots() -> None:
    """Kill the writer in full flight, many times: its successor always finds a slot of its own, and the reader never
    sees a torn image.
    """
    generator = random.Random(20240917)
    block = make_block()
    words, slots = block.words("output_word"), hammer.image_slots(block)
    for _ in range(12):
        writer = start_writer(block, "exchange", 1_000_000_000)
        before = int(words[0])
        while int(words[0]) == before:  # until it is at work
            assert writer.poll() is None
            threading.Event().wait(0.002)
        for _ in range(generator.randrange(2000)):
            slot = exchange.take(words)
            first = slots[slot, 0]
            assert (slots[slot] == first).all()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert slots_of(int(words[0])) == {0, 1, 2}
        slot = exchange.take(words)
        assert (slots[slot] == slots[slot, 0]).all()


def test_every_step_keeps_the_three_slots_apart() -> None:
    """All interleavings of ten publish and take steps, against a plain model of the newest image."""
    for steps in itertools.product("pt", repeat=10):
        words = np.array([EXCHANGE_INITIAL], np.int64)
        content = [0, 0, 0]
        newest, taken = 0, 0
        slot = exchange.back_slot(words)
        for step in steps:
            if step == "p":
                newest += 1
                content[slot] = newest
                slot = exchange.publish(words)
            else:
                taken = content[exchange.take(words)]
                assert taken == newest
            assert slots_of(int(words[0])) == {0, 1, 2}


def test_a_foreign_block_is_refused() -> None:
    descriptor = os.memfd_create("foreign")
    os.ftruncate(descriptor, 1 << 16)
    with pytest.raises(ForeignBlock, match="another program or version"):
        Block.attach(descriptor)
    os.ftruncate(descriptor, 8)
    with pytest.raises(ForeignBlock, match="too few"):
        Block.attach(descriptor)
    os.close(descriptor)
