"""Sources made to hurt: deep, long, huge, circular. Each ends with a finding or a model, never with a traceback."""

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iec61131 import compiler
from iec61131.diagnostics.catalogue import CODES
from iec61131.diagnostics.diagnostic import CompileError
from iec61131.semantics.findings import FINDINGS_MAX
from iec61131.semantics.graph import in_dependency_order
from iec61131.source import SourceFile
from tests.unit.resolved import build, codes, main

LONG = 3000


@pytest.mark.parametrize(
    "text",
    [
        "TYPE\n" + "\n".join(f"T{i} : T{i + 1};" for i in range(LONG)) + f"\nT{LONG} : INT;\nEND_TYPE",
        "VAR_GLOBAL CONSTANT\n"
        + "\n".join(f"c{i} : INT := c{i + 1} - 1;" for i in range(LONG))
        + f"\nc{LONG} : INT := 5;\nEND_VAR",
        "\n".join(
            f"FUNCTION f{i} : INT VAR_INPUT x : INT; END_VAR f{i} := f{i + 1}(x); END_FUNCTION" for i in range(LONG)
        )
        + f"\nFUNCTION f{LONG} : INT VAR_INPUT x : INT; END_VAR f{LONG} := x; END_FUNCTION",
        "\n".join(
            f"FUNCTION f{i} : INT VAR_INPUT x : INT; END_VAR f{i} := f{(i + 1) % LONG}(x); END_FUNCTION"
            for i in range(LONG)
        ),
    ],
    ids=["aliases", "constants", "calls", "recursion"],
)
def test_long_chains(text):
    assert codes(text) == []


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 190 + "a" + ")" * 190,
        "-" * 150 + "a",
        " + ".join(["a"] * 190),
        " + ".join(["1"] * 190),
        "ABS(" * 90 + "a" + ")" * 90,
        "t[" * 90 + "1" + "]" * 90,
    ],
    ids=["brackets", "signs", "sum", "literal sum", "calls", "indices"],
)
def test_deep_expressions_within_the_parser_limit(expression):
    model, _ = build(main("a : INT; t : ARRAY[1..3] OF INT;", f"a := {expression};"))
    assert len(model.pous) == 1


def test_deep_statements_within_the_parser_limit():
    assert codes(main("a : BOOL;", "IF a THEN " * 90 + "a := FALSE;" + " END_IF;" * 90)) == []


def test_the_recursion_limit_is_left_as_it_was():
    before = sys.getrecursionlimit()
    assert codes(main("a : INT;", "a := 1;")) == []
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ("a : ARRAY[0..9223372036854775807, 0..9223372036854775807] OF LREAL;", "RUNG0260"),
        ("a : ARRAY[0..9] OF INT := [1000000000000(5)];", "RUNG0223"),
        ("a : LINT := 2 ** 1000000000;", "RUNG0323"),
        ("a : LINT := (-7) ** 64;", "RUNG0323"),
        ("a : LINT := 18446744073709551615 * 18446744073709551615;", "RUNG0323"),
        ("a : LREAL := 1.0E999;", "RUNG0323"),
        ("a : REAL := 1.0E39;", "RUNG0323"),
        ("a : LINT := 5 / 0;", "RUNG0332"),
        ("a : LINT := 5 MOD 0;", "RUNG0332"),
        ("a : LINT := LINT#5 / (LINT#3 - LINT#3);", "RUNG0332"),
    ],
)
def test_constants_out_of_all_bounds(declaration, code):
    assert codes(main(declaration)) == [code]


@pytest.mark.parametrize(
    ("expression", "value"), [("1.0 / 0.0", float("inf")), ("10.0 ** 400", float("inf")), ("(-1) ** 1000001", -1.0)]
)
def test_constants_at_the_edge(expression, value):
    model, _ = build(main(f"a : LREAL := {expression};"))
    assert model.pous[0].variables[0].initial == value


def test_a_struct_that_doubles_many_times():
    """Thirty levels of `a, b : T(i-1)` are a billion leaves and no time at all, as long as nobody walks them."""
    levels = "\n".join(f"T{i} : STRUCT a, b : T{i - 1}; END_STRUCT;" for i in range(1, 30))
    assert codes(f"TYPE T0 : STRUCT END_STRUCT;\n{levels}\nEND_TYPE" + main("x : T29; n : INT;", "n := 1;")) == []
    full = codes(f"TYPE T0 : STRUCT v : BYTE; END_STRUCT;\n{levels}\nEND_TYPE" + main("x : T29;"))
    assert full[0] == "RUNG0261"


def test_findings_without_end_are_cut():
    found = codes(main("a : INT;", "\n".join(f"x{i} := 1;" for i in range(FINDINGS_MAX + 50))))
    assert len(found) == FINDINGS_MAX + 1
    assert found[-1] == "RUNG0192"


def test_errors_beyond_the_cut_still_count():
    warnings = "\n".join("u := i;" for _ in range(FINDINGS_MAX + 10))
    text = main("u : UINT; i : INT;", warnings + "\nnowhere := 1;")
    with pytest.raises(CompileError):
        compiler.build_model([SourceFile("test.st", text)])


def test_the_same_text_gives_the_same_memory():
    text = main("a : INT := 3; t : TON; b : ARRAY[1..5] OF REAL := [1.5, 3(2.5)];", "t(IN := a > 3); b[5] := 1;")
    first, second = build(text)[1], build(text)[1]
    assert (first.initial, first.types, first.variables) == (second.initial, second.types, second.variables)


def test_no_sources_at_all():
    model, memory, warnings = compiler.build_model([])
    assert (model.pous, model.tasks, warnings) == ((), (), [])
    assert memory.size == 192


TOKEN = re.compile(r"\w+|:=|=>|\.\.|\*\*|<>|<=|>=|\s+|.", re.DOTALL)
EXAMPLES = [TOKEN.findall(example) for code in CODES.values() for example in (code.wrong, code.right)]
WORDS = sorted({token for example in EXAMPLES for token in example if token.strip()})


@settings(max_examples=300)
@given(st.sampled_from(EXAMPLES), st.data())
def test_damaged_programs_get_findings_and_never_a_traceback(example: list[str], data: st.DataObject):
    """Words of the examples removed, exchanged and put in: what still compiles passes the legality check as well."""
    tokens = list(example)
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        place = data.draw(st.integers(0, max(len(tokens) - 1, 0)), "place")
        tokens[place : place + data.draw(st.integers(0, 1), "cut")] = data.draw(
            st.lists(st.sampled_from(WORDS), max_size=1), "put"
        )
    source = SourceFile("test.st", "".join(tokens))
    found = compiler.check([source])
    if any(finding.is_error for finding in found):
        with pytest.raises(CompileError):
            compiler.build_model([source])
    else:
        compiler.build_model([source])


# --------------------------------------------------------------------------------------------------------------- graph


def test_order_of_a_graph():
    needs = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": [], "e": ["f"], "f": ["e"], "g": ["g", "e"]}
    groups = in_dependency_order(needs, lambda node: needs[node])
    position = {node: number for number, group in enumerate(groups) for node in group}
    assert sorted(map(sorted, groups)) == [["a"], ["b"], ["c"], ["d"], ["e", "f"], ["g"]]
    assert position["d"] < position["b"] < position["a"]
    assert position["e"] < position["g"]


def test_order_of_a_very_long_graph():
    groups = in_dependency_order(range(100_000), lambda n: [n + 1] if n < 99_999 else [])
    assert [group[0] for group in groups[:3]] == [99_999, 99_998, 99_997]
