"""The memory for __NEW under random orders: both executors take the same objects, which never overlap, begin with zeros
and keep what is written to them; and what a program could have once it can have again.
"""

from __future__ import annotations

import random

import pytest

from iec61131.compiler import CompileOptions
from iec61131.semantics import heap
from iec61131.semantics.layout import MemoryLayout
from iec61131.source import SourceFile
from tests.language.harness import values
from tests.language.harness.executors import Limits, Memory, Subject

SLOTS = 12
COUNTS = (1, 3, 4, 5, 16, 17, 60, 200)

PROGRAM = f"""
PROGRAM Main
VAR
    slots : ARRAY[1..{SLOTS}] OF POINTER TO DINT;
    slot : INT := 1;
    count : DINT;
    i : DINT;
    clean : BOOL;
END_VAR
IF count > 0 THEN
    slots[slot] := __NEW(DINT, count);
    clean := TRUE;
    IF slots[slot] <> NULL THEN
        FOR i := 0 TO count - 1 DO
            clean := clean AND slots[slot][i] = 0;
            slots[slot][i] := slot * 1000 + i;
        END_FOR;
    END_IF;
ELSE
    __DELETE(slots[slot]);
END_IF;
END_PROGRAM
"""


class Two:
    """A program on both executors."""

    def __init__(self, heap_bytes: int) -> None:
        self.subject = Subject([SourceFile("heap.st", PROGRAM)], CompileOptions(heap_bytes=heap_bytes))
        self.memories: dict[str, Memory] = {name: self.subject.memory() for name in self.subject.executors}
        self.live: dict[int, int] = {}

    def do(self, slot: int, count: int) -> int:
        """Make `count` numbers for a slot, or delete what it has; the reference that it holds then."""
        for name, memory in self.memories.items():
            for path, value in (("Main.slot", slot), ("Main.count", count)):
                values.write(memory, self.subject.program.find(path), value)
            assert self.subject.scan(name, memory, 0, Limits()) is None
        interpreted, compiled = self.memories.values()
        assert self.subject.difference(interpreted, compiled) is None
        found = self.number(f"Main.slots[{slot}]", 8)
        self.live.pop(slot, None)
        if found:
            self.live[slot] = count
        return found

    def number(self, path: str, size: int) -> int:
        target = self.subject.program.find(path)
        return int.from_bytes(self.memories["compiled"][target.offset : target.offset + size].tobytes(), "little")

    @property
    def layout(self) -> MemoryLayout:
        return self.subject.layout

    def check(self) -> None:
        """Live objects lie apart, inside of the heap, each with what was written to it."""
        section = self.layout.sections["heap"]
        taken: set[int] = set()
        for slot, count in self.live.items():
            at = self.number(f"Main.slots[{slot}]", 8)
            own = set(range(at, at + 4 * count))
            assert section.offset <= at <= at + 4 * count <= section.offset + section.size
            assert not own & taken
            taken |= own
            numbers = self.memories["compiled"][at : at + 4 * count].view("<i4")
            assert numbers.tolist() == [slot * 1000 + i for i in range(count)]


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_making_and_deleting(seed: int):
    dice, two = random.Random(seed), Two(2048)
    for _ in range(150):
        slot = dice.randint(1, SLOTS)
        wanted = 0 if slot in two.live else dice.choice(COUNTS)
        made = two.do(slot, wanted)
        assert wanted == 0 or not made or two.number("Main.clean", 1) == 1
        two.check()


@pytest.mark.parametrize("seed", range(2))
def test_what_was_there_once_is_there_again(seed: int):
    dice, two = random.Random(seed), Two(1024)
    orders = [(dice.randint(1, SLOTS), dice.choice(COUNTS)) for _ in range(40)]
    rounds: list[list[bool]] = []
    for _ in range(3):
        had: list[bool] = []
        for slot, count in orders:
            had.append(two.do(slot, 0 if slot in two.live else count) != 0)
        for slot in list(two.live):
            two.do(slot, 0)
        rounds.append(had)
    assert rounds[1] == rounds[2]
    assert not any(first and not second for first, second in zip(rounds[0], rounds[1], strict=True))


def test_a_program_without_objects_has_no_memory_for_them():
    subject = Subject([SourceFile("none.st", "PROGRAM Main\nVAR n : INT; END_VAR\nn := 1;\nEND_PROGRAM\n")])
    assert subject.layout.sections["heap"].size == subject.layout.sections["heap_table"].size == 0


def test_the_memory_has_the_size_that_was_asked_for_and_an_entry_for_each_unit():
    layout = Two(100).layout
    assert layout.sections["heap"].size == 128  # whole lines
    assert layout.sections["heap_table"].size == heap.ENTRIES_AT + 128 // heap.UNIT * heap.ENTRY_BYTES


def test_the_size_of_the_memory_is_part_of_the_digest():
    digests = {Two(size).subject.program.digest for size in (1024, 2048)}
    assert len(digests) == 2
