"""Retained values of one program as those of another: each test compiles both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from iec61131 import compiler
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile
from runtime.service import values
from runtime.service.retain.carrying import Report, carry
from runtime.service.retain.clocks import go_on
from runtime.service.retain.image import gather, scatter
from runtime.service.retain.stored import Stored, describe


def compiled(text: str) -> CompiledProgram:
    if "END_PROGRAM" not in text:
        text += " PROGRAM Main END_PROGRAM"
    program, _ = compiler.outline_program([SourceFile("main.st", text)])
    return replace(program, digest=text)


def stored(program: CompiledProgram, **given: Any) -> Stored:
    """What is stored of a program whose variables have these values; `__` stands for a dot, `_1` for an index."""
    memory = np.frombuffer(program.initial, np.uint8).copy()
    for name, value in given.items():
        write(program, memory, name.replace("__", "."), value)
    return Stored(1, 0, 0, describe(program), gather(program.retained, memory))


def write(program: CompiledProgram, memory: Any, path: str, value: Any) -> None:
    target = program.find(path)
    made = values.write(program, target, value)
    if target.bit is not None:
        memory[target.offset] |= int(value) << target.bit
    else:
        memory[target.offset : target.offset + len(made.data)] = np.frombuffer(made.data, np.uint8)


def carried(program: CompiledProgram, kept: Stored, *, cold: bool = False) -> tuple[Any, Report]:
    """A function that reads a variable as it begins, and the report."""
    begun, report = carry(kept, program, cold=cold)
    memory = np.frombuffer(program.initial, np.uint8).copy()
    scatter(program.retained, begun, memory)
    return lambda path: values.read(program, program.find(path), memory), report


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.kept, report.converted, report.dropped, report.new


def one(declaration: str) -> CompiledProgram:
    return compiled(f"VAR_GLOBAL RETAIN x : {declaration}; END_VAR")


def test_the_same_program_takes_the_values_as_they_are():
    program = compiled("VAR_GLOBAL RETAIN n : DINT; a : ARRAY[1..3] OF INT; p : REF_TO INT; END_VAR")
    kept = stored(program, n=7, a=[1, 2, 3])
    kept = replace(kept, values=kept.values[:-8] + b"\x01" * 8)
    begun, report = carry(kept, program)
    assert begun == kept.values
    assert counts(report) == (3, 0, 0, 0)


def test_variables_are_found_by_name_wherever_they_lie_now():
    kept = stored(compiled("VAR_GLOBAL RETAIN a : INT; b : LREAL; END_VAR"), a=5, b=2.5)
    read, report = carried(compiled("VAR_GLOBAL RETAIN new : LINT := 9; B : LREAL; A : INT; END_VAR"), kept)
    assert (read("a"), read("b"), read("new")) == (5, 2.5, 9)
    assert counts(report) == (2, 0, 0, 1)


@pytest.mark.parametrize(
    ("old", "value", "new", "expected", "note"),
    [
        ("INT", -5, "DINT", -5, "INT became DINT"),
        ("DINT", 300, "INT", 300, "DINT became INT"),
        ("UDINT", 4_000_000_000, "LREAL", 4e9, "UDINT became LREAL"),
        ("DINT", 16_777_217, "REAL", 16_777_216.0, "DINT became REAL; rounded"),
        ("REAL", 0.5, "LREAL", 0.5, "REAL became LREAL"),
        ("LREAL", 0.1, "REAL", float(np.float32(0.1)), "LREAL became REAL; rounded"),
        ("LREAL", 3.0, "INT", 3, "LREAL became INT"),
        ("BOOL", True, "INT", 1, "BOOL became INT"),
        ("INT", 1, "BOOL", True, "INT became BOOL"),
        ("BYTE", 200, "UINT", 200, "BYTE became UINT"),
        ("TIME", 5_000, "LTIME", 5_000, "TIME became LTIME"),
        ("DATE", "2024-02-29", "LDATE", 1_709_164_800_000_000_000, "DATE became LDATE"),
        ("INT", 4, "INT(1..10)", 4, "INT became"),
        ("STRING[10]", "grün", "STRING[20]", "grün", "STRING(10) became STRING(20)"),
        ("STRING[10]", "abcdefgh", "STRING[3]", "abc", "STRING(10) became STRING(3); cut to 3 characters"),
        ("WSTRING[10]", "ab€", "STRING[10]", "ab€", "WSTRING(10) became STRING(10)"),
        ("WSTRING[10]", "ab😀", "WSTRING[3]", "ab", "WSTRING(10) became WSTRING(3); cut to 3 characters"),
        ("CHAR", "x", "STRING[3]", "x", "CHAR became STRING(3)"),
        ("ARRAY[1..3] OF INT", [1, 2, 3], "ARRAY[1..3] OF DINT", [1, 2, 3], ""),
    ],
)
def test_values_are_converted_where_they_fit(old: str, value: Any, new: str, expected: Any, note: str):
    read, report = carried(one(new), stored(one(old), x=value))
    assert read("x") == expected
    assert counts(report) == (0, 1, 0, 0)
    assert report.rows[0].note.startswith(note)


@pytest.mark.parametrize(
    ("old", "value", "new", "note"),
    [
        ("DINT", 70_000, "INT := 3", "'x' is INT and holds -32768 to 32767, not 70000"),
        ("INT", -1, "UINT := 3", "'x' is UINT and holds 0 to 65535, not -1"),
        ("LREAL", 1e300, "REAL := 3", "'x' is REAL and holds up to"),
        ("LREAL", 2.5, "INT := 3", "2.5 is no whole number, as INT needs one"),
        ("INT", 2, "BOOL", "2 is neither TRUE nor FALSE"),
        ("INT", 20, "INT(1..10)", "'x' is"),
        ("TIME", 5, "INT", "TIME does not become INT"),
        ("WORD", 5, "REAL", "WORD does not become REAL"),
        ("STRING", "5", "INT", "STRING(80) does not become INT"),
        ("WSTRING", "\u0416", "STRING", "'x' is STRING(80), which has the characters"),
        ("INT", 5, "ARRAY[1..3] OF INT", "INT does not become"),
        ("ARRAY[1..4] OF INT", [1, 2, 3, 4], "ARRAY[1..2, 1..2] OF INT", "ARRAY"),
    ],
)
def test_what_does_not_fit_begins_with_its_initial_value(old: str, value: Any, new: str, note: str):
    program = one(new)
    begun, report = carry(stored(one(old), x=value), program)
    assert begun == gather(program.retained, np.frombuffer(program.initial, np.uint8))
    assert counts(report) == (0, 0, 1, 0)
    assert report.rows[0].note.startswith(note)


def test_of_arrays_the_common_elements_are_carried():
    old = one("ARRAY[1..3, 0..1] OF INT")
    new = one("ARRAY[2..4, 0..2] OF INT := [9 (9)]")
    read, report = carried(new, stored(old, x=[[1, 2], [3, 4], [5, 6]]))
    assert read("x") == [[3, 4, 9], [5, 6, 9], [9, 9, 9]]
    assert counts(report) == (0, 1, 0, 0)
    assert "the elements that both have" in report.rows[0].note


def test_elements_that_do_not_fit_leave_the_others_alone():
    read, report = carried(one("ARRAY[1..3] OF INT"), stored(one("ARRAY[1..3] OF DINT"), x=[1, 70_000, 3]))
    assert read("x") == [1, 0, 3]
    assert "'x[2]' is INT" in report.rows[0].note


STRUCTS = "TYPE Pump : STRUCT {} END_STRUCT; END_TYPE VAR_GLOBAL RETAIN p : ARRAY[1..2] OF Pump; END_VAR"


def test_structures_are_carried_member_by_member():
    old = compiled(STRUCTS.format("hours : DINT; name : STRING[8]; gone : INT;"))
    new = compiled(STRUCTS.format("first : BYTE := 7; NAME : STRING[8]; hours : LINT;"))
    kept = stored(old, **{"p[1].hours": 11, "p[2].hours": 12, "p[2].name": "b"})
    read, report = carried(new, kept)
    assert [read(f"p[{i}].hours") for i in (1, 2)] == [11, 12]
    assert (read("p[2].name"), read("p[1].first")) == ("b", 7)
    assert counts(report) == (2, 2, 2, 2)
    assert [row.path for row in report.rows if row.became == "dropped"] == ["p[1].gone", "p[2].gone"]


BLOCKS = """FUNCTION_BLOCK Base VAR {} END_VAR METHOD Work : INT Work := 1; END_METHOD END_FUNCTION_BLOCK
FUNCTION_BLOCK Other EXTENDS Base METHOD Work : INT Work := 2; END_METHOD END_FUNCTION_BLOCK
VAR_GLOBAL RETAIN b : Other; END_VAR VAR_GLOBAL p : REFERENCE TO Base; END_VAR"""


def test_instances_are_carried_member_by_member_and_stay_what_they_are():
    """The bytes that say of which type an instance is are numbered anew with every program."""
    old = compiled(BLOCKS.format("n : INT; m : INT;"))
    more = "FUNCTION_BLOCK Aaa EXTENDS Base METHOD Work : INT Work := 3; END_METHOD END_FUNCTION_BLOCK "
    new = compiled(more + BLOCKS.format("m : DINT; n : INT;") + " VAR_GLOBAL a : Aaa; END_VAR")
    kept = stored(old, b__n=5, b__m=6)
    read, report = carried(new, kept)
    assert (read("b.n"), read("b.m")) == (5, 6)
    assert counts(report) == (1, 1, 0, 0)
    begun, _ = carry(kept, new)
    members = {range(m.offset, m.offset + new.types[m.type].size) for m in new.find("b").type.members}
    initial = gather(new.retained, np.frombuffer(new.initial, np.uint8))
    tags = [i for i in range(len(initial)) if not any(i in place for place in members)]
    assert [begun[i] for i in tags] == [initial[i] for i in tags]


def test_enumerations_are_carried_by_name():
    text = "TYPE Mode : ({}); END_TYPE VAR_GLOBAL RETAIN m : Mode; n : Mode; END_VAR"
    old, new = compiled(text.format("Off, Slow, Fast")), compiled(text.format("Off, Reverse, FAST"))
    read, report = carried(new, stored(old, m="Fast", n="Slow"))
    assert (read("m"), read("n")) == (2, 0)
    read, _ = carried(compiled(text.format("A, B, C, Fast")), stored(old, m="Fast"))
    assert read("m") == 3
    assert [(row.path, row.became, row.note) for row in report.rows] == [
        ("m", "converted", ""),
        ("n", "dropped", "Mode has no Slow"),
    ]


def test_a_reference_is_left_out_in_another_program():
    old = compiled("VAR_GLOBAL RETAIN p : REF_TO INT; q : REF_TO INT; END_VAR")
    kept = stored(old)
    kept = replace(kept, values=b"\x01" + kept.values[1:])
    read, report = carried(compiled("VAR_GLOBAL RETAIN p : REF_TO INT; q : REF_TO INT; n : INT; END_VAR"), kept)
    assert read("p") == read("q") == 0
    assert counts(report) == (1, 0, 1, 1)


def test_a_constant_of_a_block_is_the_new_program_s():
    text = "FUNCTION_BLOCK B VAR CONSTANT c : INT := {}; END_VAR VAR n : INT; END_VAR END_FUNCTION_BLOCK "
    text += "VAR_GLOBAL RETAIN b : B; END_VAR"
    read, report = carried(compiled(text.format(2)), stored(compiled(text.format(1)), b__n=5))
    assert (read("b.n"), read("b.c")) == (5, 2)
    assert counts(report) == (1, 0, 0, 0)


def test_what_is_retained_in_pieces_becomes_whole_and_back():
    block = "FUNCTION_BLOCK B VAR RETAIN r : INT; END_VAR VAR n : INT; END_VAR END_FUNCTION_BLOCK "
    block += "VAR_GLOBAL {} b : B; END_VAR"
    pieces, whole = compiled(block.format("")), compiled(block.format("RETAIN"))
    read, report = carried(whole, stored(pieces, b__r=3))
    assert (read("b.r"), counts(report)) == (3, (1, 0, 0, 1))
    read, report = carried(pieces, stored(whole, b__r=4, b__n=5))
    assert (read("b.r"), counts(report)) == (4, (1, 0, 1, 0))
    assert [row.path for row in report.rows] == ["b.n"]


def test_a_bit_is_carried_without_its_neighbours():
    program = compiled("VAR_GLOBAL RETAIN x AT %MX3.5 : BOOL; END_VAR VAR_GLOBAL y AT %MB3 : BYTE; END_VAR")
    kept = stored(program, y=0b1110_0001)
    assert kept.values == b"\x01"
    read, _ = carried(
        compiled("VAR_GLOBAL RETAIN x AT %MX3.0 : BOOL; END_VAR VAR_GLOBAL y AT %MB3 : BYTE; END_VAR"), kept
    )
    assert read("y") == 1


def test_a_cold_start_keeps_what_is_persistent():
    program = compiled("VAR_GLOBAL RETAIN r : INT := 1; END_VAR VAR_GLOBAL PERSISTENT p : INT := 2; END_VAR")
    read, report = carried(program, stored(program, r=5, p=6), cold=True)
    assert (read("r"), read("p")) == (1, 6)
    assert counts(report) == (1, 0, 1, 0)


def test_without_anything_stored_all_is_new():
    program = compiled("VAR_GLOBAL RETAIN a : ARRAY[1..2] OF INT := [1, 2]; b : INT; END_VAR")
    begun, report = carry(None, program)
    assert begun[:4] == b"\1\0\2\0"
    assert counts(report) == (0, 0, 0, 2)


def test_a_report_has_an_end():
    old = compiled("TYPE S : STRUCT n : INT; END_STRUCT; END_TYPE VAR_GLOBAL RETAIN a : ARRAY[1..5000] OF S; END_VAR")
    new = compiled("TYPE S : STRUCT n : DINT; END_STRUCT; END_TYPE VAR_GLOBAL RETAIN a : ARRAY[1..5000] OF S; END_VAR")
    _, report = carry(stored(old), new)
    assert (report.converted, len(report.rows)) == (5000, 1000)


def test_timers_stand_still_while_the_plc_is_off_and_a_real_time_clock_goes_on():
    """A timer that was started on a machine that had been up for days waited for as many days after a power cut."""
    text = "VAR_GLOBAL RETAIN t : ARRAY[1..2] OF TON; c : RTC; n : TIME; END_VAR PROGRAM Main {} END_PROGRAM"
    program = compiled(text.format("t[1](); t[2](); c();"))
    given = {"t[1].start": 900_000, "t[2].start": 950_000, "c.set_at": 800_000, "n": 7}
    kept = replace(stored(program, **given), now_ns=1_000_000, utc_ns=5_000_000)
    begun = go_on(kept.values, kept.description, kept, 10_000, 5_100_000)
    memory = np.frombuffer(program.initial, np.uint8).copy()
    scatter(program.retained, begun, memory)
    found = {path: values.read(program, program.find(path), memory) for path in given}
    assert found == {"t[1].start": -90_000, "t[2].start": -40_000, "c.set_at": -290_000, "n": 7}
    assert 10_000 - found["t[1].start"] == 1_000_000 - given["t[1].start"]
    assert 10_000 - found["c.set_at"] == 1_000_000 - given["c.set_at"] + 100_000
