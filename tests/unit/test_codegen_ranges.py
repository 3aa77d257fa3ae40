"""Bounds of integer expressions: what `ranges` says of them, that it is never too narrow, and which checks it saves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131 import codegen
from iec61131.codegen import ranges
from iec61131.codegen.charges import loop_variable, most_charged, values_of
from iec61131.codegen.ranges import Interval
from iec61131.codegen.reach import Reach
from iec61131.semantics.model import Assign, ElementPlace, Expression, For
from iec61131.syntax.tree import BinaryOperator
from tests.unit.resolved import build, main, pou

VARIABLES = """
    a : ARRAY[-100000..100000] OF INT;
    i, n : INT; d : DINT; u : USINT; b : BYTE; w : WORD; l : LINT; flag : BOOL; r : REAL;
"""

KNOWN = [
    ("5", 5, 5),
    ("i", 1, 10),
    ("i + 1", 2, 11),
    ("i - 11", -10, -1),
    ("2 * i - 3", -1, 17),
    ("-i", -10, -1),
    ("i / 3", 0, 3),
    ("(i - 5) / 2", -2, 2),
    ("i MOD 4", 0, 3),
    ("(i - 5) MOD 4", -3, 3),
    ("n", -32768, 32767),
    ("n MOD 8", -7, 7),
    ("u", 0, 255),
    ("u + u", 0, 510),
    ("b AND 16#0F", 0, 15),
    ("b OR 16#100", 0, 511),
    ("w XOR 16#FF", 0, 65535),
    ("SHR(w, 12)", 0, 15),
    ("SHR(w, i)", 0, 65535),
    ("LIMIT(3, n, 7)", 3, 7),
    ("MIN(n, 7)", -32768, 7),
    ("MAX(n, i)", 1, 32767),
    ("SEL(flag, i, 20)", 1, 20),
    ("BOOL_TO_INT(flag)", 0, 1),
    ("DINT_TO_INT(d)", -32768, 32767),
    ("d", -(1 << 31), (1 << 31) - 1),
    ("d + 1", -(1 << 31), (1 << 31) - 1),
    ("REAL_TO_INT(r)", -32768, 32767),
]


def loop_with(index: str) -> tuple[For, Expression]:
    """A loop over i from 1 to 10 with `index` as an index in it, resolved."""
    model, _ = build(main(VARIABLES, f"FOR i := 1 TO 10 DO a[{index}] := 0; END_FOR;"))
    (loop,) = pou(model, "Main").body
    assert isinstance(loop, For)
    (assign,) = loop.body
    assert isinstance(assign, Assign)
    assert isinstance(assign.place, ElementPlace)
    return loop, assign.place.indices[0]


@pytest.mark.parametrize(("index", "low", "high"), KNOWN)
def test_interval(index: str, low: int, high: int):
    loop, expression = loop_with(index)
    variable = loop_variable(loop)
    assert variable is not None
    known = {variable: values_of(loop, {})}
    assert ranges.interval(expression, known) == (low, high)


@pytest.mark.parametrize("index", ["n * n * n", "d + 1", "d - n", "-d"])
def test_what_can_wrap_is_not_exact(index: str):
    _, expression = loop_with(index)
    assert not ranges.exact(expression, {})


INTERVALS = st.tuples(st.integers(-300, 300), st.integers(0, 300)).map(lambda pair: Interval(pair[0], sum(pair)))

EXACT_RESULT = {
    BinaryOperator.ADD: lambda x, y: x + y,
    BinaryOperator.SUBTRACT: lambda x, y: x - y,
    BinaryOperator.MULTIPLY: lambda x, y: x * y,
    BinaryOperator.DIVIDE: lambda x, y: abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1),
    BinaryOperator.MODULO: lambda x, y: abs(x) % abs(y) * (1 if x >= 0 else -1),
    BinaryOperator.AND: lambda x, y: x & y,
    BinaryOperator.OR: lambda x, y: x | y,
    BinaryOperator.XOR: lambda x, y: x ^ y,
}


def test_every_operator_with_bounds_is_tested():
    assert EXACT_RESULT.keys() == ranges._BINARY.keys()


@given(st.sampled_from(sorted(EXACT_RESULT, key=lambda o: o.name)), INTERVALS, INTERVALS, st.data())
def test_no_result_lies_outside(operator: BinaryOperator, left: Interval, right: Interval, data: st.DataObject):
    bounds = ranges._BINARY[operator](left, right)
    x, y = data.draw(st.integers(*left)), data.draw(st.integers(*right))
    if bounds is None or (y == 0 and operator in (BinaryOperator.DIVIDE, BinaryOperator.MODULO)):
        return
    assert bounds.low <= EXACT_RESULT[operator](x, y) <= bounds.high


# --------------------------------------------------------------------------------------------------- checks and charges


def checks(index: str) -> int:
    """How many bounds checks the loop is lowered to."""
    model, layout = build(
        main(VARIABLES.replace("-100000..100000", "0..31"), f"FOR i := 1 TO 10 DO a[{index}] := 0; END_FOR;")
    )
    return codegen.lower(model, layout).modules[0].count("i32 2, i32")  # the code of the fault


@pytest.mark.parametrize(
    ("index", "expected"),
    [("i", 0), ("3 * i", 0), ("3 * i + 1", 0), ("4 * i", 1), ("i - 2", 1), ("n", 1), ("b AND 31", 0), ("b AND 32", 1)],
)
def test_a_check_is_left_out_where_the_index_is_inside(index: str, expected: int):
    assert checks(index) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("d := 1;", 0),
        ("FOR i := 1 TO 10 DO d := 1; END_FOR;", 10),
        ("FOR i := 10 TO 1 BY -3 DO d := 1; END_FOR;", 4),
        ("FOR i := 1 TO 10 DO FOR n := 1 TO i DO d := 1; END_FOR; END_FOR;", 110),
        ("FOR i := 5 TO 1 DO d := 1; END_FOR;", 0),
        ("IF flag THEN FOR i := 1 TO 3 DO d := 1; END_FOR; ELSE FOR i := 1 TO 7 DO d := 1; END_FOR; END_IF;", 7),
        ("CASE d OF 1: d := 2; 2: FOR i := 1 TO 3 DO d := 1; END_FOR; END_CASE;", 3),
        ("FOR i := 1 TO u DO d := 1; END_FOR;", 255),
        ("FOR l := 1 TO l DO d := 1; END_FOR;", None),
        ("WHILE flag DO flag := FALSE; END_WHILE;", None),
        ("FOR i := 1 TO 10 DO REPEAT d := 1; UNTIL TRUE END_REPEAT; END_FOR;", None),
        ("d := Looping(1);", None),
        ("IF Looping(1) > 0 THEN d := 1; END_IF;", None),
        ("d := Straight(1);", 0),
    ],
)
def test_the_most_that_statements_can_charge(body: str, expected: int | None):
    functions = """
        FUNCTION Looping : DINT VAR_INPUT x : DINT; END_VAR VAR k : DINT; END_VAR
        FOR k := 1 TO 3 DO Looping := x; END_FOR; END_FUNCTION
        FUNCTION Straight : DINT VAR_INPUT x : DINT; END_VAR Straight := x; END_FUNCTION
    """
    model, _ = build(main(VARIABLES, body, functions))
    assert most_charged(pou(model, "Main").body, {}, Reach(model)) == expected
