"""Values in the form of Structured Text: what is read, what is refused, and that what is written can be read again."""

from __future__ import annotations

import pytest

from iec61131 import compiler
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile
from runtime.service import literals, values
from runtime.service.errors import RequestError, WrongType
from runtime.service.http.status import base_of, to_json

SOURCE = """\
TYPE Colour : (Red, Green := 5); Level : INT(-5..5); END_TYPE
PROGRAM Main
VAR
    b : BOOL; i : INT; u : USINT; w : WORD; r : REAL; l : LREAL; t : TIME; lt : LTIME; d : DATE; tod : TOD; dt : DT;
    s : STRING; ws : WSTRING; c : CHAR; e : Colour; v : Level; bits : ARRAY[0..2] OF BOOL;
    grid : ARRAY[1..2, 1..3] OF INT; names : ARRAY[1..2] OF STRING; colours : ARRAY[1..2] OF Colour; ton1 : TON;
END_VAR
END_PROGRAM
"""
PROGRAM: CompiledProgram = compiler.outline_program([SourceFile("main.st", SOURCE)])[0]

READ = {
    ("b", "TRUE"): True, ("b", "false"): False, ("b", "1"): True, ("b", "BOOL#FALSE"): False,
    ("i", "-1_000"): -1000, ("i", "INT#16#7F"): 127, ("i", "+5"): 5, ("u", "2#1010"): 10, ("w", "WORD#16#FF_FF"): 65535,
    ("r", "1.5"): 1.5, ("r", "2"): 2.0, ("l", "-2.5E-3"): -0.0025, ("l", "LREAL#1_0.5"): 10.5,
    ("t", "T#1m30s"): 90 * 10**9, ("t", "TIME#-5ms"): -5_000_000, ("t", "-T#5ms"): -5_000_000,
    ("lt", "LTIME#1us"): 1000,
    ("lt", "T#1s"): 10**9, ("d", "D#2024-02-29"): "2024-02-29", ("d", "DATE#1970-01-02"): "1970-01-02",
    ("tod", "TOD#12:30:15.5"): "12:30:15.5", ("dt", "DT#2024-02-29-12:30:15"): "2024-02-29-12:30:15",
    ("s", "'a$'b$$c$N'"): "a'b$c\n", ("s", "'$41,$e4'"): "A,ä", ("ws", '"a$"$00E4"'): 'a"ä', ("c", "'x'"): "x",
    ("e", "Green"): "Green", ("e", "Colour#Red"): "Red", ("e", "colour.red"): "red", ("e", "5"): 5, ("v", "-5"): -5,
    ("bits", "[TRUE, 2(FALSE)]"): [True, False, False], ("grid", "[1, 2, 3, 3(0)]"): [[1, 2, 3], [0, 0, 0]],
    ("grid", "[2(1, 2, 3)]"): [[1, 2, 3], [1, 2, 3]], ("names", "['a, b', 'c$'']"): ["a, b", "c'"],
    ("colours", "[Red, Green]"): ["Red", "Green"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), READ, ids=lambda each: each)
def test_what_is_read(name: str, text: str):
    target = PROGRAM.find(f"Main.{name}")
    found = literals.parse(PROGRAM, target, text)
    assert found == READ[name, text] or (name in ("d", "tod", "dt") and found in text)
    values.write(PROGRAM, target, found)  # and it is a value of this type


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b", "2"), ("b", "TRUE1"), ("b", "INT#1"), ("i", "1.5"), ("i", "2#12"), ("i", "16#"), ("i", "T#1s"), ("i", ""),
        ("i", "1__0"), ("r", "1."), ("r", ".5"), ("r", "INT#5"), ("r", "nan"), ("t", "5"), ("t", "T#5"), ("t", "1.5"),
        ("d", "TOD#1:00"), ("s", "abc"), ("s", "'a"), ("s", "'a'b'"), ("s", "'a$'"), ("s", "'$ZZ'"), ("ton1", "5"),
        ("bits", "TRUE"), ("bits", "[TRUE]"), ("bits", "[4(TRUE)]"), ("bits", "[999999999(TRUE)]"),
        ("grid", "[[1,2,3]]"),
    ],
)  # fmt: skip
def test_what_is_refused(name: str, text: str):
    target = PROGRAM.find(f"Main.{name}")

    def put() -> None:
        values.write(PROGRAM, target, literals.parse(PROGRAM, target, text))

    with pytest.raises(RequestError):
        put()


def test_a_value_without_end_is_refused():
    with pytest.raises(WrongType, match="characters"):
        literals.parse(PROGRAM, PROGRAM.find("Main.s"), f"'{'x' * literals.MAX_CHARACTERS}'")


@pytest.mark.parametrize(("name", "text"), READ, ids=lambda each: each)
def test_what_is_written_is_read_again(name: str, text: str):
    """Both ways of writing, from a value of the program and from what HTTP makes of it, say the same."""
    import numpy as np

    target, memory = PROGRAM.find(f"Main.{name}"), np.zeros(PROGRAM.memory_bytes, np.uint8)

    def put(value: object) -> bytes:
        write = values.write(PROGRAM, target, value)
        memory[write.offset : write.offset + len(write.data)] = list(write.data)
        return write.data

    data = put(literals.parse(PROGRAM, target, text))
    value = values.read(PROGRAM, target, memory)
    shown = literals.of_target(PROGRAM, target, value)
    assert put(literals.parse(PROGRAM, target, shown)) == data
    if target.type.kind == "enum" or name == "colours":  # whose labels HTTP has beside the numbers
        return
    assert literals.written(target.type.base or target.type.name, to_json(value, base_of(PROGRAM, target))) == shown
