"""Two generations on a disk that fails in every way: the last that was committed is always there, and never a mix."""

from __future__ import annotations

import contextlib
import resource
import stat
from pathlib import Path
from random import Random

import pytest

from iec61131.program import DataType, Range
from runtime.service.retain.disk import Folder
from runtime.service.retain.generations import NAMES, Generations
from runtime.service.retain.stored import (
    HEAD_BYTES,
    Damaged,
    Description,
    OfNewerVersion,
    Stored,
    decode,
    encode,
)
from tests.unit.failing_disk import SECTOR, Cut, FailingDisk

LIVES = 12_000


def description(count: int) -> bytes:
    types = (DataType("DINT", "elementary", 4, base="DINT"),)
    ranges = tuple(Range(f"Main.n{i}", 0, 4 * i, 4) for i in range(count))
    return Description("test", "digest", types, ranges).to_bytes()


DESCRIPTIONS = {count: description(count) for count in (3, 20, 60)}


def values(number: int, count: int) -> bytes:
    """Every variable has the same value, so that a mix would show even where no checksum did."""
    return number.to_bytes(4, "little") * count


def number_in(stored: Stored) -> int:
    numbers = {stored.values[i : i + 4] for i in range(0, len(stored.values), 4)}
    assert len(numbers) == 1, "a mix of two generations"
    assert stored.now_ns == int.from_bytes(numbers.pop(), "little"), "a head that belongs to other values"
    return stored.now_ns


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_was_committed_is_ever_lost(seed: int):
    """Thousands of lives that end at a random operation, by a kill or with the power, on what the last one left."""
    chance = Random(seed)
    disk = FailingDisk(chance)
    committed = begun = 0
    for _ in range(LIVES // 3):
        disk.steps_left = 1 << 60
        generations = Generations(disk)
        found = generations.read().newest
        if found is None:
            assert committed == 0
        else:
            assert committed <= number_in(found) <= begun
        disk.steps_left = chance.randrange(12)
        try:
            while True:
                begun += 1
                count = chance.choice((3, 20, 20, 20, 60))
                generations.commit(0, begun, DESCRIPTIONS[count], values(begun, count))
                committed = begun
        except Cut:
            if chance.random() < 0.5:
                disk.cut_power()
    assert begun > LIVES // 2


def test_a_generation_is_flushed_before_anything_is_written_beside_it():
    """A process that is killed between write and flush leaves what looks whole, and may still be lost with the power
    after its successor has overwritten the one before.
    """
    for seed in range(200):
        disk = FailingDisk(Random(seed))
        first = Generations(disk)
        first.read()
        first.commit(0, 1, DESCRIPTIONS[20], values(1, 20))
        disk.write(NAMES[1], encode(2, 0, 2, DESCRIPTIONS[20], values(2, 20)))
        second = Generations(disk)
        assert second.read().newest is not None
        disk.steps_left = seed % 5
        with contextlib.suppress(Cut):
            second.commit(0, 3, DESCRIPTIONS[20], values(3, 20))
        disk.cut_power()
        newest = Generations(disk).read().newest
        assert newest is not None
        assert number_in(newest) in (1, 2, 3)


def test_on_a_full_disk_the_last_generation_stays_and_those_of_the_same_size_go_on():
    disk = FailingDisk(Random(0))
    generations = Generations(disk)
    generations.read()
    for number in (1, 2):
        generations.commit(0, number, DESCRIPTIONS[20], values(number, 20))
    disk.full = True
    generations.commit(0, 3, DESCRIPTIONS[20], values(3, 20))
    with pytest.raises(OSError, match="No space"):
        generations.commit(0, 4, DESCRIPTIONS[60], values(4, 60))
    newest = Generations(disk).read().newest
    assert newest is not None
    assert number_in(newest) == 3
    disk.full = False
    assert generations.commit(0, 5, DESCRIPTIONS[60], values(5, 60)) == 4


def test_every_flipped_and_every_missing_byte_is_found():
    data = encode(1, 2, 3, DESCRIPTIONS[3], values(4, 3))
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x40
        with pytest.raises((Damaged, OfNewerVersion)):
            decode(bytes(damaged))
        with pytest.raises(Damaged):
            decode(data[:position])
    with pytest.raises(Damaged):
        decode(data + b"\0")


def test_a_newer_form_is_not_written_over():
    disk = FailingDisk(Random(0))
    newer = bytearray(encode(1, 2, 3, DESCRIPTIONS[3], values(4, 3)))
    newer[8] = 9
    disk.write(NAMES[0], bytes(newer))
    with pytest.raises(OfNewerVersion, match="number 9"):
        Generations(disk).read()


@pytest.mark.parametrize(
    "wrong",
    [
        Description("p", "d", (DataType("A", "array", 4, element=0, ranges=((1, 1),)),), (Range("x", 0, 0, 4),)),
        Description("p", "d", (DataType("DINT", "elementary", 2, base="DINT"),), (Range("x", 0, 0, 2),)),
        Description("p", "d", (DataType("S", "string", 0),), (Range("x", 0, 0, 0),)),
        Description("p", "d", (DataType("DINT", "elementary", 4, base="DINT"),), (Range("x", 0, 0, 8),)),
        Description("p", "d", (DataType("DINT", "elementary", 4, base="DINT"),), (Range("x", 3, 0, 4),)),
        Description("p", "d", (DataType("DINT", "elementary", 4, base="DINT"),), (Range("x[", 0, 0, 4),)),
        Description("p", "d", (DataType("DINT", "elementary", 4, base="Nonsense"),), (Range("x", 0, 0, 4),)),
    ],
)
def test_a_description_that_makes_no_sense_is_damage(wrong: Description):
    with pytest.raises(Damaged):
        decode(encode(1, 2, 3, wrong.to_bytes(), bytes(wrong.value_bytes)))


@pytest.mark.parametrize("junk", [b"", b"\xc1", b"\x90", b"\x81\xa5types\x91\x80", b"\xff" * SECTOR])
def test_junk_with_a_right_checksum_is_damage(junk: bytes):
    with pytest.raises(Damaged):
        decode(encode(1, 2, 3, junk, b""))


def test_files_are_for_their_owner_alone(tmp_path: Path):
    folder = tmp_path / "plc" / "retained"
    folder.parent.mkdir()
    generations = Generations(Folder(folder))
    assert generations.read().newest is None
    for number in (1, 2, 3):
        generations.commit(number, number, DESCRIPTIONS[3], values(number, 3))
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert decode((folder / "a").read_bytes()).sequence == 3
    assert (folder / "a").stat().st_size == HEAD_BYTES + len(DESCRIPTIONS[3]) + 12


def test_a_shorter_generation_leaves_nothing_of_the_longer_one(tmp_path: Path):
    folder = Folder(tmp_path / "retained")
    folder.write("a", b"long and longer")
    folder.write("a", b"short")
    assert folder.read("a") == b"short"


def test_a_file_system_without_room_refuses_and_the_last_generation_stays(tmp_path: Path):
    """For real, with a limit on the size of files."""
    generations = Generations(Folder(tmp_path / "retained"))
    generations.read()
    for number in (1, 2):
        generations.commit(0, number, DESCRIPTIONS[3], values(number, 3))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, hard))
    try:
        generations.commit(0, 3, DESCRIPTIONS[3], values(3, 3))
        with pytest.raises(OSError, match="File too large"):
            generations.commit(0, 4, DESCRIPTIONS[60], values(4, 60))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    newest = Generations(Folder(tmp_path / "retained")).read().newest
    assert newest is not None
    assert number_in(newest) == 3
    assert generations.commit(0, 5, DESCRIPTIONS[60], values(5, 60)) == 4
