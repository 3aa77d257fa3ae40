"""What becomes of variables in an online change. Each test compiles both versions; the engine's native hand-over and
the planner's own, which is written in Python, must come to the same memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from iec61131 import compiler
from iec61131.program import CompiledProgram
from iec61131.source import SourceFile
from runtime.engine import handover
from runtime.image.block import CONTROL_WORDS, WORD
from runtime.service import values
from runtime.service.change.planner import Planned, plan
from runtime.service.retain.carrying import Report

PROGRAM = " PROGRAM Main {} END_PROGRAM"


def compiled(text: str) -> CompiledProgram:
    if "PROGRAM" not in text:
        text += PROGRAM.format("")
    program, _ = compiler.outline_program([SourceFile("main.st", text)])
    return replace(program, digest=text)


class Version:
    """A program and its memory."""

    def __init__(self, text: str, **given: Any) -> None:
        self.program = compiled(text)
        self.memory = np.frombuffer(self.program.initial, np.uint8).copy()
        for name, value in given.items():
            self[name.replace("__", ".")] = value

    def __setitem__(self, path: str, value: Any) -> None:
        target = self.program.find(path)
        if target.type.kind == "pointer":
            raw = int(value).to_bytes(8, "little")
        else:
            raw = values.write(self.program, target, value).data
        assert target.bit is None
        self.memory[target.offset : target.offset + len(raw)] = np.frombuffer(raw, np.uint8)

    def __getitem__(self, path: str) -> Any:
        return values.read(self.program, self.program.find(path), self.memory)

    def at(self, path: str) -> int:
        return self.program.find(path).offset

    def changed_to(self, text: str) -> tuple[Version, Planned]:
        """The next version after the hand-over, done natively."""
        after = Version(text)
        planned = plan(self.program, after.program, self.memory.tobytes())
        control = np.zeros(CONTROL_WORDS, np.int64)
        handover.carry_memory(after.memory, self.memory, planned.plan, control)
        after.unfit, after.unled = (int(control[WORD[f"handover_{name}"]]) for name in ("unfit", "unled"))
        assert after.leaves() == Version.over(after.program, planned.values).leaves()
        return after, planned

    unfit = unled = 0

    @classmethod
    def over(cls, program: CompiledProgram, memory: bytes) -> Version:
        version = object.__new__(cls)
        version.program, version.memory = program, np.frombuffer(memory, np.uint8)
        return version

    def leaves(self) -> dict[str, Any]:
        return {leaf.path: repr(values.read(self.program, leaf, self.memory)) for leaf in self.program.leaves()}


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.kept, report.converted, report.dropped, report.new


def notes(report: Report) -> dict[str, str]:
    return {row.path: f"{row.became}: {row.note}" for row in report.rows}


def test_a_program_whose_code_alone_changed_keeps_everything_in_a_few_moves():
    text = "PROGRAM Main VAR n : INT; t : TON; p : POINTER TO INT; e : R_TRIG; END_VAR {} END_PROGRAM"
    before = Version(text.format("n := 1;"), Main__n=7, Main__t__ET=500)
    before["Main.p"] = before.at("Main.n")
    after, planned = before.changed_to(text.format("n := 2; t(IN := TRUE, PT := T#1s);"))
    assert (after["Main.n"], after["Main.t.ET"]) == (7, 500)
    assert after["Main.p"] == after.at("Main.n")
    assert counts(planned.report)[1:] == (0, 0, 0)
    assert len(planned.tables["moves"]) <= 2


def test_variables_are_found_by_name_wherever_they_lie():
    before = Version("VAR_GLOBAL a : INT; b : LREAL; END_VAR", a=5, b=2.5)
    after, planned = before.changed_to("VAR_GLOBAL fresh : LINT := 9; B : LREAL; A : INT; END_VAR")
    assert (after["a"], after["b"], after["fresh"]) == (5, 2.5, 9)
    assert counts(planned.report) == (2, 0, 0, 1)


@pytest.mark.parametrize(
    ("old", "value", "new", "expected"),
    [
        ("INT", -5, "DINT", -5),
        ("UDINT", 4_000_000_000, "LREAL", 4e9),
        ("ULINT", (1 << 64) - 1, "LREAL", 1.8446744073709552e19),
        ("LREAL", 1.5 * 2.0**63, "ULINT", 3 << 62),
        ("LREAL", -3.0, "INT", -3),
        ("LREAL", 0.1, "REAL", float(np.float32(0.1))),
        ("REAL", 0.5, "LREAL", 0.5),
        ("SINT", -1, "LINT", -1),
        ("ULINT", 1 << 63, "LWORD", 1 << 63),
        ("INT", 1, "BOOL", True),
        ("TIME", 5_000, "LTIME", 5_000),
        ("STRING[10]", "abcdefgh", "STRING[3]", "abc"),
        ("STRING[3]", "abc", "STRING[10]", "abc"),
        ("WSTRING[10]", "ab😀", "WSTRING[3]", "ab"),
        ("(red, green, blue)", 2, "(blue, red, green)", 0),
        ("INT", 4, "INT(1..10)", 4),
        ("ARRAY[1..3] OF INT", [1, 2, 3], "ARRAY[0..4] OF DINT", [0, 1, 2, 3, 0]),
        ("ARRAY[1..5] OF INT", [1, 2, 3, 4, 5], "ARRAY[3..4] OF INT", [3, 4]),
        ("ARRAY[1..2, 1..2] OF INT", [[1, 2], [3, 4]], "ARRAY[1..3, 2..3] OF INT", [[2, 0], [4, 0], [0, 0]]),
    ],
)
def test_values_are_converted_by_the_rules_of_retained_ones(old: str, value: Any, new: str, expected: Any):
    after, planned = Version(f"VAR_GLOBAL x : {old}; END_VAR", x=value).changed_to(f"VAR_GLOBAL x : {new}; END_VAR")
    assert after["x"] == expected
    assert after.unfit == 0
    assert counts(planned.report) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        ("DINT", 70_000, "INT"),
        ("INT", -1, "ULINT"),
        ("ULINT", 1 << 63, "LINT"),
        ("LREAL", 1e300, "REAL"),
        ("LREAL", 2.5, "INT"),
        ("LREAL", float("nan"), "INT"),
        ("LREAL", 2.0**64, "ULINT"),
        ("LREAL", -(2.0**63), "ULINT"),
        ("INT", 2, "BOOL"),
        ("INT", 20, "INT(3..10)"),
        ("(red, green)", 1, "(red, blue)"),
    ],
)
def test_a_value_that_does_not_fit_leaves_the_initial_one(old: str, value: Any, new: str):
    after, planned = Version(f"VAR_GLOBAL x : {old}; END_VAR", x=value).changed_to(f"VAR_GLOBAL x : {new}; END_VAR")
    assert after["x"] == Version.over(after.program, after.program.initial)["x"]
    assert after.unfit == 1
    assert counts(planned.report) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("INT", "STRING", "INT does not become STRING(80)"),
        ("STRING", "WSTRING", "STRING(80) does not become WSTRING(80) while it runs"),
        ("TON", "TOF", "TON does not become TOF: its instance begins anew"),
        ("TIME", "INT", "TIME does not become INT"),
    ],
)
def test_what_no_rule_carries_is_dropped_and_named(old: str, new: str, note: str):
    _, planned = Version(f"VAR_GLOBAL x : {old}; END_VAR").changed_to(f"VAR_GLOBAL x : {new}; END_VAR")
    assert notes(planned.report)["x"] == f"dropped: {note}"


MOTOR = "FUNCTION_BLOCK Motor VAR_INPUT go : BOOL R_EDGE; END_VAR VAR {} END_VAR ; END_FUNCTION_BLOCK "
CELLS = "VAR_GLOBAL {} END_VAR "


def test_blocks_and_structures_that_gained_lost_and_reordered_members():
    before = Version(
        MOTOR.format("n : INT; delay : TON; gone : INT;") + CELLS.format("m : ARRAY[1..3] OF Motor;"),
        **{"m[2]__n": 4, "m[2]__delay__ET": 77, "m[3]__go": True},
    )
    member = next(m for m in before.program.find("m[2]").type.members if m.is_hidden)
    before.memory[before.at("m[2]") + member.offset] = 1
    after, planned = before.changed_to(
        MOTOR.format("delay : TON; new : LREAL; n : DINT;") + CELLS.format("first : INT; m : ARRAY[1..4] OF Motor;")
    )
    assert (after["m[2].n"], after["m[2].delay.ET"], after["m[3].go"], after["m[4].n"]) == (4, 77, True, 0)
    hidden = next(m for m in after.program.find("m[2]").type.members if m.name == member.name)
    assert after.memory[after.at("m[2]") + hidden.offset] == 1, "the edge was seen already"
    told = notes(planned.report)
    assert told["m[1].gone"].startswith("dropped")
    assert told["m[1].n"] == "converted: INT became DINT"
    assert told["m[1].new"].startswith("new")


CHART = """PROGRAM Main VAR {} go, back : BOOL; n : DINT; END_VAR
INITIAL_STEP S0: END_STEP
STEP S1: A(N); END_STEP
{}
TRANSITION t1 FROM S0 TO S1 := go; END_TRANSITION
TRANSITION t2 FROM S1 TO S0 := back; END_TRANSITION
ACTION A: n := n + 1; END_ACTION
END_PROGRAM"""


def test_a_chart_stays_in_its_step():
    before = Version(CHART.format("", ""), Main__S0__X=False, Main__S1__X=True, Main__S1__T=123)
    started = next(m for m in before.program.find("Main").type.members if m.name.endswith("started"))
    before.memory[before.at("Main") + started.offset] = 1
    after, _ = before.changed_to(
        CHART.format("more : LREAL;", "STEP S2: END_STEP TRANSITION t3 FROM S1 TO S2 := FALSE; END_TRANSITION "
                     "TRANSITION t4 FROM S2 TO S0 := TRUE; END_TRANSITION")
    )  # fmt: skip
    assert (after["Main.S0.X"], after["Main.S1.X"], after["Main.S1.T"], after["Main.S2.X"]) == (False, True, 123, False)
    started = next(m for m in after.program.find("Main").type.members if m.name.endswith("started"))
    assert after.memory[after.at("Main") + started.offset] == 1, "the chart does not begin anew"


POINTING = """TYPE S : STRUCT {} END_STRUCT END_TYPE
INTERFACE I METHOD Go : INT END_METHOD END_INTERFACE
FUNCTION_BLOCK B IMPLEMENTS I VAR {} END_VAR METHOD Go : INT Go := 1; END_METHOD END_FUNCTION_BLOCK
VAR_GLOBAL {} b : B; s : ARRAY[1..3] OF S; n : ARRAY[1..4] OF INT; gone : {};
  toInt : POINTER TO INT; toS : POINTER TO S; toB : I; toGone : REFERENCE TO INT; END_VAR"""


def test_references_are_led_to_where_their_targets_lie_now():
    before = Version(POINTING.format("x : INT;", "k : INT;", "", "INT"))
    for pointer, target in (("toInt", "n[3]"), ("toS", "s[2]"), ("toB", "b"), ("toGone", "gone")):
        before[pointer] = before.at(target)
    after, planned = before.changed_to(
        POINTING.format("y : LREAL; x : INT;", "j : LREAL; k : INT;", "a : TON;", "REAL")
    )
    assert after["toInt"] == after.at("n[3]")
    assert after["toS"] == after.at("s[2]"), "of a structure whose first member is another now"
    assert after["toB"] == after.at("b")
    assert after["toGone"] == 0
    assert after.unled == 1
    assert notes(planned.report)["toGone"].startswith("dropped: what it leads to")
    assert "toInt" not in notes(planned.report)


def test_addresses_keep_their_bytes():
    before = Version("PROGRAM Main VAR a AT %MW0 : INT; b AT %MW2 : INT; END_VAR END_PROGRAM", Main__a=5, Main__b=6)
    after, planned = before.changed_to(
        "PROGRAM Main VAR b AT %MW2 : INT; a AT %MW0 : INT; c AT %MD4 : DINT := 9; z : INT; END_VAR END_PROGRAM"
    )
    assert (after["Main.a"], after["Main.b"], after["Main.c"]) == (5, 6, 9)
    assert counts(planned.report) == (2, 0, 0, 2)


HEAPED = """TYPE Node : STRUCT {} END_STRUCT END_TYPE
PROGRAM Main VAR {} p : POINTER TO Node; END_VAR IF p = 0 THEN p := __NEW(Node); END_IF {} END_PROGRAM"""


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (("v : INT;", "", ""), ("v : INT;", "more : LREAL;", ""), True),  # no reference in any object
        (("v : INT; next : POINTER TO Node;", "", ""), ("v : INT; next : POINTER TO Node;", "", "p := p;"), True),
        (("v : INT; next : POINTER TO Node;", "", ""), ("v : INT; next : POINTER TO Node;", "m : LREAL;", ""), False),
        (("v : INT;", "", ""), ("v : INT; w : INT;", "", ""), False),
    ],
)
def test_objects_of_the_heap_are_kept_all_or_none(old: tuple[str, ...], new: tuple[str, ...], kept: bool):
    before = Version(HEAPED.format(*old))
    heap, table = before.program.sections["heap"], before.program.sections["heap_table"]
    before.memory[table.offset] = 3  # units taken so far
    before.memory[heap.offset + 16] = 77
    before["Main.p"] = heap.offset + 16
    after, planned = before.changed_to(HEAPED.format(*new))
    there = after.program.sections["heap"].offset + 16
    assert after["Main.p"] == (there if kept else 0)
    assert after.memory[there] == (77 if kept else 0)
    assert ("objects of __NEW" in notes(planned.report)) is not kept


# ---------------------------------------------------------------------------------------------- whatever the evolution

_SINGLE = ["BOOL", "SINT", "INT", "DINT", "LINT", "UINT", "ULINT", "WORD", "REAL", "LREAL", "TIME", "STRING[5]", "TON"]


@st.composite
def _declared(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["single", "array", "named"] if depth else ["single"]))
    if kind == "single":
        return draw(st.sampled_from(_SINGLE))
    if kind == "array":
        low = draw(st.integers(-1, 1))
        return f"ARRAY[{low}..{low + draw(st.integers(0, 3))}] OF {draw(_declared(depth - 1))}"
    return draw(st.sampled_from(["T0", "T1"]))


@st.composite
def _members(draw: st.DrawFn, depth: int) -> str:
    names = draw(st.permutations("abcd"))[: draw(st.integers(1, 4))]
    return " ".join(f"{name} : {draw(_declared(depth))};" for name in names)


@st.composite
def _version(draw: st.DrawFn) -> str:
    return (
        f"FUNCTION_BLOCK T0 VAR {draw(_members(0))} END_VAR ; END_FUNCTION_BLOCK\n"
        f"TYPE T1 : STRUCT {draw(_members(0))} u : T0; END_STRUCT END_TYPE\n"
        f"PROGRAM Main VAR {draw(_members(2))} END_VAR END_PROGRAM"
    )


def _fill_at_random(version: Version, random: np.random.Generator) -> None:
    """Bytes that every type can have, small enough to fit anywhere now and then."""
    for leaf in version.program.leaves():
        if leaf.type.kind == "string":
            version[leaf.path] = "xyz"[: int(random.integers(0, 4))]
        elif leaf.type.base in ("REAL", "LREAL"):
            version[leaf.path] = float(random.choice([0.0, 1.0, 2.5, -3.0, 1e30]))
        elif leaf.type.base == "BOOL":
            version[leaf.path] = bool(random.integers(0, 2))
        else:
            version[leaf.path] = int(random.integers(0, 1 << int(random.choice([1, 7]))))


@settings(max_examples=60, deadline=None)
@given(_version(), _version(), st.integers(0, 1 << 30))
def test_whatever_the_versions_values_of_the_same_name_and_type_are_the_same(old: str, new: str, seed: int):
    before = Version(old)
    _fill_at_random(before, np.random.default_rng(seed))
    after, _ = before.changed_to(new)
    were, types = before.leaves(), {leaf.path: leaf.type.name for leaf in before.program.leaves()}
    for leaf in after.program.leaves():
        if types.get(leaf.path) == leaf.type.name and ".ET" not in leaf.path:
            assert values.read(after.program, leaf, after.memory) == eval(were[leaf.path]), leaf.path


@settings(max_examples=25, deadline=None)
@given(_version(), _version(), st.integers(0, 1 << 30))
def test_the_way_there_and_back_loses_nothing_that_both_know_alike(old: str, new: str, seed: int):
    before = Version(old)
    _fill_at_random(before, np.random.default_rng(seed))
    there, planned = before.changed_to(new)
    back, _ = there.changed_to(old)
    if planned.report.dropped == planned.report.converted == 0:
        assert back.leaves() == before.leaves()
