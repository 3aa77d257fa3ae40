"""What is forced, by the names of variables: structs, arrays, instances, bits, texts."""

from __future__ import annotations

import pytest

from iec61131.compiler import CompileOptions, compile_program
from iec61131.source import SourceFile
from runtime.engine import view
from runtime.image.block import FORCE_CHANGES, Block
from runtime.image.forces import force_views
from runtime.image.ring import Write
from runtime.service import values
from runtime.service.errors import NotWritable, UnknownVariable
from runtime.service.forces import Forced, ForcedBits, at, listed, target_of

SOURCE = """
TYPE Point : STRUCT x : REAL; marks : ARRAY[1..2, 0..2] OF INT; flags : WORD; END_STRUCT; END_TYPE
VAR_GLOBAL
    gPoints : ARRAY[1..3] OF Point;
    gName : STRING(50);
END_VAR
PROGRAM Main
VAR CONSTANT LIMIT_OF : INT := 3; END_VAR
VAR Lamp AT %QX1.3 : BOOL; Raw AT %IW4 : INT; timer : TON; n : DINT; END_VAR
n := n + LIMIT_OF;
timer(IN := Lamp);
END_PROGRAM
"""
PROGRAM = compile_program([SourceFile("main.st", SOURCE)], CompileOptions(optimise=0))[0]
PATHS = {
    "gPoints[2].marks[2, 1]": -5,
    "gPoints[3].x": 2.5,
    "gPoints[1].flags.9": True,
    "gName": "a text of more than thirty-two characters",
    "Main.Lamp": True,
    "Main.Raw": 77,
    "Main.timer.PT": 1_000_000,
    "Main.n": 3,
}


def block_with(writes: list[Write]) -> Block:
    """As the engine would leave it."""
    block = Block.create(view.block_layout(PROGRAM, 0, 0, 0), "forced")
    words, rows = force_views(block)
    from runtime.image.ring import RECORD, _rows  # pyright: ignore[reportPrivateUsage]

    table = rows.view(RECORD)
    for number, (_, offset, size, bit, data) in enumerate(row for write in writes for row in _rows(write)):
        table[number] = (6, offset, size, bit, list(data.ljust(32, b"\0")))
        words[0] = number + 1
    return block


@pytest.mark.parametrize("path", PATHS)
def test_a_place_is_called_what_it_was_forced_by(path: str) -> None:
    target = target_of(PROGRAM, path)
    found = at(PROGRAM, target.offset, target.bit)
    assert found is not None
    assert (found.path, found.offset, found.bit) == (path, target.offset, target.bit)


def test_all_that_is_forced_is_listed_with_its_value() -> None:
    writes = [values.write(PROGRAM, target_of(PROGRAM, path), value) for path, value in PATHS.items()]
    found = listed(block_with(writes), PROGRAM)
    assert {one.path: one.value for one in found} == PATHS
    assert found[0] == Forced("gPoints[2].marks[2, 1]", "INT", -5)


@pytest.mark.parametrize("changes", [4, 5])
def test_a_reader_hears_of_forces_that_ended_with_their_engine(changes: int) -> None:
    """An engine that was killed took its forces along without counting that as a change: who had looked before went on
    showing variables as forced, over HTTP and OPC UA, until somebody forced another one. 5: it was killed in the midst
    of a change.
    """
    lamp = PROGRAM.find("Main.Lamp")
    block = block_with([values.write(PROGRAM, lamp, True)])
    words, reader = force_views(block)[0], ForcedBits(block)
    words[FORCE_CHANGES] = 4
    reader.look()
    assert reader.has(lamp)
    words[FORCE_CHANGES] = changes
    view.prepare(block, PROGRAM, 0)
    assert words[FORCE_CHANGES] % 2 == 0
    reader.look()
    assert not reader.has(lamp)
    block.close()


def test_constants_and_what_is_not_there_cannot_be_forced() -> None:
    with pytest.raises(UnknownVariable, match="not known"):
        target_of(PROGRAM, "Main.m")
    with pytest.raises(NotWritable, match="constant"):
        target_of(PROGRAM, "Main.LIMIT_OF")
