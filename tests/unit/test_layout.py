"""The memory block: sections, places, initial image, retained ranges, and that numpy sees it the same way."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131 import compiler
from iec61131.program import HEADER, SECTION_ALIGN, SECTIONS, CompiledProgram
from iec61131.semantics.layout import MemoryLayout, default_constant, pack
from iec61131.semantics.options import CompileOptions
from iec61131.semantics.types import ELEMENTARY, ArrayType, Kind
from iec61131.source import SourceFile
from tests.unit.resolved import build, main

PLANT = """
TYPE
    Colour : (Red, Green := 5, Blue) DINT;
    Point : STRUCT tag : BYTE := 16#A5; x : LREAL := 1.25; on : BOOL := TRUE; END_STRUCT;
END_TYPE
VAR_GLOBAL
    flag : BOOL := TRUE;
    big : LREAL := 2.5;
    small : SINT := -3;
    grid : ARRAY[0..1, -1..1] OF INT := [1, 2, 3, 4, 5, 6];
    points : ARRAY[1..3] OF Point := [(x := 7.0), (tag := 1, on := FALSE)];
    colour : Colour := Blue;
    wait : TIME := T#1h;
END_VAR
VAR_GLOBAL RETAIN hours : UDINT := 12; END_VAR
VAR_GLOBAL PERSISTENT serial : LWORD := 16#1122334455667788; END_VAR
VAR_GLOBAL
    start AT %IX1.3 : BOOL;
    level AT %IW4 : INT;
    pump AT %QX0.7 : BOOL := TRUE;
    speed AT %QD1 : REAL := 1.5;
    word AT %MW3 : WORD := 16#1234;
    low AT %MB6 : BYTE;
END_VAR
FUNCTION_BLOCK Motor
VAR_INPUT go : BOOL; END_VAR
VAR_OUTPUT speed : REAL; END_VAR
VAR RETAIN total : LREAL; END_VAR
VAR delay : TON := (PT := T#2s); END_VAR
speed := 1.0;
END_FUNCTION_BLOCK
PROGRAM Main
VAR
    n : INT := 9;
    local AT %MD10 : DINT;
    m : ARRAY[1..2] OF Motor;
    r : REAL := 0.1;
END_VAR
n := n + %MB50;
END_PROGRAM
PROGRAM Other
VAR k : INT := 4; END_VAR
k := k + 1;
END_PROGRAM
"""


def compiled(text: str, options: CompileOptions | None = None) -> CompiledProgram:
    return compiler.compile_program([SourceFile("test.st", text)], options)[0]


@pytest.fixture(scope="module")
def plant() -> CompiledProgram:
    return compiled(PLANT)


def read(program: CompiledProgram, path: str):
    target = program.find(path)
    if target.bit is not None:
        return bool(program.initial[target.offset] >> target.bit & 1)
    index = next(i for i, t in enumerate(program.types) if t == target.type) if target.type in program.types else None
    dtype = program.numpy_type(index) if index is not None else np.dtype("u1")
    return np.frombuffer(program.initial, dtype, 1, target.offset)[0]


# ------------------------------------------------------------------------------------------------------------ sections


def test_sections_follow_each_other_aligned(plant):
    assert tuple(plant.sections) == SECTIONS
    end = 0
    for section in plant.sections.values():
        assert section.offset >= end
        assert section.offset % SECTION_ALIGN == 0
        end = section.offset + section.size
    assert plant.sections["header"].size == HEADER.itemsize
    assert end <= plant.memory_bytes < end + SECTION_ALIGN


def test_areas_reach_to_the_highest_address(plant):
    sizes = {name: plant.sections[name].size for name in ("inputs", "outputs", "markers")}
    assert sizes == {"inputs": 10, "outputs": 8, "markers": 51}


def test_areas_are_at_least_as_large_as_asked_for():
    _, memory = build(PLANT, CompileOptions(area_bytes={"I": 100, "Q": 2}))
    sizes = {name: memory.sections[name].size for name in ("inputs", "outputs", "markers")}
    assert sizes == {"inputs": 100, "outputs": 8, "markers": 51}


def test_every_variable_is_in_its_section(plant):
    wanted = {
        "inputs": {"start", "level"},
        "outputs": {"pump", "speed"},
        "markers": {"word", "low", "Main.local"},
        "globals": {"flag", "big", "small", "grid", "points", "colour", "wait"},
        "instances": {"Other"},
        "retain": {"hours", "serial", "Main"},
    }
    found: dict[str, set[str]] = {}
    for variable in plant.variables:
        found.setdefault(variable.section, set()).add(variable.path)
        section = plant.sections[variable.section]
        size = plant.types[variable.type].size
        assert section.offset <= variable.offset
        assert variable.offset + size <= section.offset + section.size
    assert found == wanted


def test_nothing_lies_over_anything_else_apart_from_addresses(plant):
    own = sorted((v.offset, v.offset + plant.types[v.type].size) for v in plant.variables if v.address is None)
    assert all(end <= start for (_, end), (start, _) in pairwise(own))


def test_variables_are_aligned(plant):
    for leaf in plant.leaves():
        if leaf.bit is None:
            assert leaf.offset % leaf.type.size == 0, leaf.path


@pytest.mark.parametrize(
    ("path", "section", "offset", "bit"),
    [
        ("start", "inputs", 1, 3),
        ("level", "inputs", 8, None),
        ("pump", "outputs", 0, 7),
        ("speed", "outputs", 4, None),
        ("word", "markers", 6, None),
        ("low", "markers", 6, None),
        ("Main.local", "markers", 40, None),
    ],
)
def test_located_variables_lie_where_the_address_says(plant, path, section, offset, bit):
    target = plant.find(path)
    assert (target.offset - plant.sections[section].offset, target.bit) == (offset, bit)


# -------------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("flag", 1),
        ("big", 2.5),
        ("small", -3),
        ("grid[0, -1]", 1),
        ("grid[1, 1]", 6),
        ("points[1].tag", 0xA5),
        ("points[1].x", 7.0),
        ("points[2].tag", 1),
        ("points[2].x", 1.25),
        ("points[2].on", 0),
        ("points[3].on", 1),
        ("colour", 6),
        ("wait", 3_600_000_000_000),
        ("hours", 12),
        ("serial", 0x1122334455667788),
        ("pump", True),
        ("start", False),
        ("speed", 1.5),
        ("word", 0x1234),
        ("low", 0x34),
        ("Main.n", 9),
        ("Main.r", np.float32(0.1)),
        ("Main.m[2].delay.PT", 2_000_000_000),
        ("Main.m[2].delay.Q", 0),
        ("Other.k", 4),
    ],
)
def test_initial_image(plant, path, value):
    assert read(plant, path) == value


def test_numpy_reads_the_same_block(plant):
    dtype = plant.dtype()
    assert dtype.itemsize == plant.memory_bytes
    block = np.frombuffer(plant.initial, dtype)[0]
    assert block["globals"]["grid"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert block["globals"]["points"]["x"].tolist() == [7.0, 1.25, 1.25]
    assert block["retain"]["Main"]["m"]["delay"]["PT"].tolist() == [2_000_000_000] * 2
    assert block["instances"]["Other"]["k"] == 4
    assert block["outputs"][0] == 0x80
    assert not block["header"].tobytes().strip(b"\0")


def test_every_leaf_is_where_numpy_says(plant):
    """The offsets of members, elements and fields are those that numpy works out for the same dtype."""
    numbers = np.arange(plant.memory_bytes, dtype=np.uint32)
    dtype = plant.dtype()
    assert dtype.fields is not None
    for variable in plant.variables:
        if variable.address is not None:
            continue
        section = dtype.fields[variable.section]
        inner = section[0].fields
        assert inner is not None
        assert section[1] + inner[variable.path][1] == variable.offset
        assert numbers[variable.offset : variable.offset + inner[variable.path][0].itemsize].size == (
            plant.types[variable.type].size
        )


def test_a_program_without_variables_has_a_place():
    program = compiled("PROGRAM Main\n%QX0.0 := %IX0.0;\nEND_PROGRAM")
    assert [(v.path, v.section) for v in program.variables] == [("Main", "instances")]
    assert program.dtype().itemsize == program.memory_bytes
    assert program.find("%QX0.0").bit == 0


def test_a_table_of_a_function_is_shared_memory():
    """It is not to be filled in at every call, and it can be looked at."""
    text = """FUNCTION F : INT VAR_INPUT n : INT; END_VAR
        VAR CONSTANT t : ARRAY[0..2] OF INT := [5, 6, 7]; k : INT := 1; END_VAR
        F := t[n] + k; END_FUNCTION""" + main("n : INT;", "n := F(2);")
    program = compiled(text)
    assert [(v.path, v.section, v.constant) for v in program.variables] == [
        ("F.t", "globals", True),
        ("Main", "instances", False),
    ]
    assert read(program, "F.t[2]") == 7


def test_the_compiled_program_survives_its_bytes(plant):
    assert CompiledProgram.from_bytes(plant.to_bytes()) == plant


# ------------------------------------------------------------------------------------------------------------ retained


def test_retained_ranges_are_the_largest_parts(plant):
    assert [r.path for r in plant.retained] == ["hours", "serial", "Main.m[1].total", "Main.m[2].total"]
    for part in plant.retained:
        target = plant.find(part.path)
        assert (target.offset, target.type.size) == (part.offset, part.size)
        assert plant.types[part.type] == target.type


def retained(text: str) -> list[str]:
    return [part.path for part in build(text)[1].retained]


BLOCK = """FUNCTION_BLOCK B
VAR_OUTPUT o : INT; END_VAR VAR RETAIN r : INT; END_VAR VAR NON_RETAIN n : INT; END_VAR VAR p : INT; END_VAR
o := r;
END_FUNCTION_BLOCK
"""


@pytest.mark.parametrize(
    ("declaration", "paths"),
    [
        ("VAR_GLOBAL x : INT; END_VAR", []),
        ("VAR_GLOBAL RETAIN x : ARRAY[1..3] OF INT; END_VAR", ["x"]),
        ("VAR_GLOBAL x : B; END_VAR", ["x.r"]),
        ("VAR_GLOBAL RETAIN x : B; END_VAR", ["x.o", "x.r", "x.p"]),
        ("VAR_GLOBAL NON_RETAIN x : INT; END_VAR", []),
        ("VAR_GLOBAL x : ARRAY[1..2] OF B; END_VAR", ["x[1].r", "x[2].r"]),
        ("TYPE S : STRUCT b : B; n : INT; END_STRUCT; END_TYPE VAR_GLOBAL x : S; END_VAR", ["x.b.r"]),
        ("VAR_GLOBAL RETAIN x AT %MW3 : INT; END_VAR", ["x"]),
        ("PROGRAM P VAR PERSISTENT a, b : INT; END_VAR VAR c : INT; END_VAR END_PROGRAM", ["P.a", "P.b"]),
        ("PROGRAM P VAR b : B; END_VAR VAR RETAIN c : B; END_VAR END_PROGRAM", ["P.b.r", "P.c.o", "P.c.r", "P.c.p"]),
    ],
)
def test_what_is_retained(declaration, paths):
    assert retained(BLOCK + declaration) == paths


@pytest.mark.parametrize(
    ("declaration", "ranges"),
    [
        ("VAR_GLOBAL RETAIN x : K; END_VAR", [("x.p", True), ("x.n", False)]),
        ("VAR_GLOBAL PERSISTENT x : K; END_VAR", [("x", True)]),
        ("VAR_GLOBAL x : K; END_VAR", [("x.p", True)]),
        ("VAR_GLOBAL PERSISTENT x : B; END_VAR", [("x.o", True), ("x.r", True), ("x.p", True)]),
        ("VAR_GLOBAL RETAIN PERSISTENT x : INT; END_VAR", [("x", True)]),
    ],
)
def test_what_is_persistent_has_ranges_of_its_own(declaration, ranges):
    text = "FUNCTION_BLOCK K VAR PERSISTENT p : INT; END_VAR VAR n : INT; END_VAR n := p; END_FUNCTION_BLOCK "
    assert [(part.path, part.persistent) for part in build(BLOCK + text + declaration)[1].retained] == ranges


def test_of_a_retained_bit_its_neighbours_are_no_part():
    ranges = build("VAR_GLOBAL RETAIN x AT %MX3.5 : BOOL; y AT %MW4 : INT; END_VAR")[1].retained
    assert [(part.path, part.bit, part.size) for part in ranges] == [("x", 5, 1), ("y", None, 2)]


def test_a_retained_program_instance():
    text = BLOCK + "PROGRAM P VAR a : INT; b : B; END_VAR END_PROGRAM CONFIGURATION C TASK t (INTERVAL := T#1s);"
    assert retained(text + " PROGRAM RETAIN One WITH t : P; PROGRAM Two WITH t : P; END_CONFIGURATION") == [
        "One.a",
        "One.b.o",
        "One.b.r",
        "One.b.p",
        "Two.b.r",
    ]


def test_a_located_variable_of_two_instances_is_retained_once():
    text = "PROGRAM P VAR RETAIN a AT %MW0 : INT; END_VAR END_PROGRAM CONFIGURATION C TASK t (INTERVAL := T#1s);"
    model_text = text + " PROGRAM One WITH t : P; PROGRAM Two WITH t : P; END_CONFIGURATION"
    assert retained(model_text) == ["One.a"]
    paths = [v.path for v in build(model_text)[1].variables]
    assert paths == ["One.a", "Two.a", "One", "Two"]


# ------------------------------------------------------------------------------------------------------- initial image


def test_a_value_beats_a_default_where_addresses_overlap():
    """A byte view of a word, declared after it and without a value, used to wipe the low byte of the word's value."""
    text = "VAR_GLOBAL w AT %MW0 : WORD := 16#1234; b AT %MB0 : BYTE; x AT %MX0.0 : BOOL; END_VAR"
    _, memory = build(text)
    start = memory.sections["markers"].offset
    assert memory.initial[start : start + 2] == b"\x34\x12"


def test_bits_are_set_one_by_one():
    text = "VAR_GLOBAL a AT %QX0.0 : BOOL := TRUE; b AT %QX0.1 : BOOL; c AT %QX0.7 : BOOL := TRUE; END_VAR"
    _, memory = build(text)
    assert memory.initial[memory.sections["outputs"].offset] == 0b1000_0001


@pytest.mark.parametrize("name", list(ELEMENTARY))
@given(data=st.data())
def test_pack_writes_what_numpy_reads(name: str, data: st.DataObject):
    type_ = ELEMENTARY[name]
    if type_.kind is Kind.BOOL:
        value = data.draw(st.booleans())
    elif type_.kind is Kind.REAL:
        value = data.draw(st.floats(width=32 if type_.size == 4 else 64, allow_nan=False))
    else:
        value = data.draw(st.integers(type_.minimum, type_.maximum))
    image = bytearray(b"\xff" * 24)
    pack(type_, value, image, 8)
    from iec61131.program import NUMPY_FORMAT

    assert np.frombuffer(image, NUMPY_FORMAT[name], 1, 8)[0] == value
    assert image[:8] == b"\xff" * 8
    assert image[8 + type_.size :] == b"\xff" * (16 - type_.size)


def test_pack_leaves_padding_alone_and_fills_what_is_left_out():
    model, memory = build(PLANT)
    point = next(t for t in model.types if str(t) == "Point")
    image = bytearray(point.size)
    pack(point, {"X": 3.0}, image, 0)
    assert image[0] == 0xA5
    assert np.frombuffer(image, "<f8", 1, 8)[0] == 3.0
    assert image[16] == 1
    assert not any(image[1:8])
    assert not any(image[17:])
    pair = bytearray(2 * point.size)
    pack(ArrayType(point, ((1, 2),)), default_constant(ArrayType(point, ((1, 2),))), pair, 0)
    assert pair[: point.size] == pair[point.size :]
    assert memory.types[memory.type_index[point]].name == "Point"


def test_the_type_table_names_every_part(plant):
    by_name = {t.name: t for t in plant.types}
    motor = by_name["Motor"]
    assert [(m.name, m.kind, m.retain) for m in motor.members] == [
        ("go", "input", False),
        ("speed", "output", False),
        ("total", "local", True),
        ("delay", "local", False),
    ]
    assert by_name["Colour"].labels == (("Red", 0), ("Green", 5), ("Blue", 6))
    assert by_name["ARRAY[0..1, -1..1] OF INT"].ranges == ((0, 1), (-1, 1))
    for number, row in enumerate(plant.types):
        assert all(member.type < number for member in row.members), "parts come first"
        assert row.element < number


def test_layout_is_data_for_both_executors():
    model, memory = build(main("a : INT;", "a := 1;"))
    assert isinstance(memory, MemoryLayout)
    assert memory.size == len(memory.initial)
    assert all(variable.offset >= 0 for variable in model.memory)
