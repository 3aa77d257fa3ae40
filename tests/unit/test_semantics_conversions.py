"""The tables of conversions: what widens keeps every value, and every explicit pair has a function that does it."""

import itertools

import pytest

from iec61131.semantics.constants import elementary, fold
from iec61131.semantics.conversions import (
    CONVERSIONS,
    IMPLICIT,
    Verdict,
    common_type,
    function_name,
    is_convertible,
    steps,
)
from iec61131.semantics.model import Assign, BinaryExpression, Convert
from iec61131.semantics.types import ELEMENTARY, Kind
from iec61131.syntax.tree import BinaryOperator
from tests.unit.resolved import build, codes, main, only, pou, statements

TYPES = list(ELEMENTARY.values())
PAIRS = [(a, b) for a in TYPES for b in TYPES if a is not b]
PAIR_IDS = [function_name(a, b) for a, b in PAIRS]
WHOLE = (Kind.SIGNED, Kind.UNSIGNED, Kind.BITS)


def test_the_table_has_every_pair():
    assert set(IMPLICIT) == set(itertools.product(TYPES, TYPES))
    assert all((IMPLICIT[a, b] is Verdict.SAME) is (a is b) for a, b in IMPLICIT)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=PAIR_IDS)
def test_what_widens_keeps_every_value(source, target):
    verdict = IMPLICIT[source, target]
    if verdict not in (Verdict.WIDENS, Verdict.NUMBER):
        return
    assert source.size <= target.size
    if source.kind in WHOLE and target.kind in WHOLE:
        assert target.minimum <= source.minimum
        assert source.maximum <= target.maximum
    if source.kind in WHOLE and target.kind is Kind.REAL:
        assert source.bits <= {4: 24, 8: 53}[target.size], "more bits than the mantissa"


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=PAIR_IDS)
def test_what_narrows_is_explicit(source, target):
    """Nothing that loses high bits happens by itself, not even with a warning."""
    if source.kind in WHOLE and target.kind in WHOLE and source.bits > target.bits:
        assert IMPLICIT[source, target] is Verdict.EXPLICIT


CONVERTIBLE = [pair for pair in PAIRS if is_convertible(*pair)]


@pytest.mark.parametrize(("source", "target"), CONVERTIBLE, ids=[f"{a}-{b}" for a, b in CONVERTIBLE])
def test_every_pair_has_a_function_that_ends_in_its_target(source, target):
    function = CONVERSIONS[function_name(source, target)]
    assert (function.source, function.target) == (source, target)
    typed = [step for step in steps(source, target) if isinstance(step, tuple)]
    assert typed[-1][1] is target


def test_every_pair_compiles():
    """All these functions in one program, each typed as the model demands: `build` runs the legality check."""
    variables = "\n".join(f"    v{t} : {t};" for t in TYPES)
    body = "\n".join(f"v{b} := {function_name(a, b)}(v{a});\nv{b} := TO_{b}(v{a});" for a, b in CONVERTIBLE)
    model, _ = build(main(variables, body))
    assert len(pou(model, "Main").body) == 2 * len(CONVERTIBLE)


@pytest.mark.parametrize(
    ("left", "right", "met"),
    [
        ("INT", "INT", "INT"),
        ("USINT", "UINT", "UINT"),
        ("USINT", "SINT", "INT"),
        ("INT", "UINT", "DINT"),
        ("DINT", "UDINT", "LINT"),
        ("LINT", "ULINT", "LINT"),
        ("DINT", "REAL", "REAL"),
        ("INT", "LREAL", "LREAL"),
        ("REAL", "LREAL", "LREAL"),
        ("BYTE", "WORD", "WORD"),
        ("BOOL", "BYTE", "BYTE"),
        ("WORD", "INT", "DINT"),
        ("DWORD", "USINT", "UDINT"),
        ("TIME", "LTIME", "LTIME"),
        ("TIME", "DINT", None),
        ("BOOL", "INT", None),
        ("BOOL", "REAL", None),
        ("TIME", "REAL", None),
        ("TIME", "WORD", None),
    ],
)
def test_where_operands_meet(left, right, met):
    for a, b in ((left, right), (right, left)):
        found = common_type(ELEMENTARY[a], ELEMENTARY[b])
        assert (str(found) if found is not None else None) == met


# ------------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("expression", "type_", "value"),
    [
        ("DINT_TO_INT(70000)", "INT", 4464),
        ("DINT_TO_INT(-70000)", "INT", -4464),
        ("INT_TO_UINT(-1)", "UINT", 65535),
        ("UINT_TO_INT(65535)", "INT", -1),
        ("INT_TO_DWORD(-1)", "DWORD", 0xFFFFFFFF),
        ("WORD_TO_DINT(16#FFFF)", "DINT", 65535),
        ("SINT_TO_ULINT(-1)", "ULINT", 2**64 - 1),
        ("REAL_TO_INT(2.5)", "INT", 2),
        ("REAL_TO_INT(3.5)", "INT", 4),
        ("REAL_TO_INT(1.0E9)", "INT", 32767),
        ("LREAL_TO_UINT(-3.0)", "UINT", 0),
        ("TRUNC(-2.9)", "DINT", -2),
        ("TRUNC_INT(2.9)", "INT", 2),
        ("REAL_TRUNC_SINT(1000.0)", "SINT", 127),
        ("INT_TO_BOOL(2)", "BOOL", True),
        ("REAL_TO_BOOL(0.0)", "BOOL", False),
        ("BOOL_TO_REAL(TRUE)", "REAL", 1.0),
        ("DINT_TO_REAL(16777217)", "REAL", 16777216.0),
        ("TO_INT(3.7)", "INT", 4),
        ("TO_REAL(INT#3)", "REAL", 3.0),
        # TIME counts in milliseconds, LTIME in nanoseconds.
        ("TIME_TO_DINT(T#1s500ms)", "DINT", 1500),
        ("TIME_TO_DINT(T#-1999us)", "DINT", -1),
        ("TIME_TO_LREAL(T#1500us)", "LREAL", 1.5),
        ("DINT_TO_TIME(250)", "TIME", 250_000_000),
        ("REAL_TO_TIME(0.5)", "TIME", 500_000),
        ("LTIME_TO_LINT(LTIME#3us)", "LINT", 3000),
        ("LINT_TO_LTIME(7)", "LTIME", 7),
        ("BOOL_TO_TIME(TRUE)", "TIME", 1_000_000),
        ("TIME_TO_BOOL(T#1us)", "BOOL", True),
        ("TIME_TO_LTIME(T#1ms)", "LTIME", 1_000_000),
        # DATE and DT count in seconds, TOD in milliseconds; a day begins at midnight before 1970 as well.
        ("DATE_TO_UDINT(D#1970-01-02)", "UDINT", 86400),
        ("LDT_TO_DATE(LDT#1969-12-31-23:00:00)", "DATE", -86_400_000_000_000),
        ("DT_TO_TOD(DT#1969-12-31-23:00:00)", "TOD", 82_800_000_000_000),
        ("UDINT_TO_TOD(1500)", "TOD", 1_500_000_000),
    ],
)
def test_constant_conversion(expression, type_, value):
    model, _ = build(main(f"x : {type_} := {expression};"))
    initial = pou(model, "Main").variables[0].initial
    assert initial == value
    assert type(initial) is type(value)


def test_a_conversion_starts_from_the_value_as_it_was_computed():
    """INT * INT is computed in 32 bits, and INT_TO_DINT gets all of them."""
    (assign,) = statements("d : DINT; i : INT;", "d := INT_TO_DINT(i * i);")
    assert isinstance(assign, Assign)
    assert isinstance(assign.value, BinaryExpression)
    assert assign.value.operator is BinaryOperator.MULTIPLY
    assert str(assign.value.type) == "DINT"


def test_time_is_scaled_by_a_division():
    (assign,) = statements("d : DINT; t : TIME;", "d := TIME_TO_DINT(t);")
    assert isinstance(assign, Assign)
    narrowing = assign.value
    assert isinstance(narrowing, Convert)
    division = narrowing.operand
    assert isinstance(division, BinaryExpression)
    assert division.operator is BinaryOperator.DIVIDE
    assert fold(division.right) == 1_000_000
    assert str(elementary(division.type)) == "LINT"


# ----------------------------------------------------------------------------------------------------------- implicit


def test_narrowing_names_the_function():
    finding = only(main("d : DINT; i : INT;", "i := d;"))
    assert finding.code.id == "RUNG0320"
    assert "DINT_TO_INT" in finding.remedy


@pytest.mark.parametrize(("source", "target"), [p for p in PAIRS if IMPLICIT[p].is_warned], ids=str)
def test_what_may_change_the_value_is_a_warning_and_under_iec_an_error(source, target):
    text = main(f"a : {source}; b : {target};", "b := a;")
    finding = only(text)
    assert (finding.code.id, finding.is_error) == ("RUNG0322", False)
    strict = only(text, "iec")
    assert (strict.code.id, strict.is_error) == ("RUNG0322", True)


@pytest.mark.parametrize(("source", "target"), [p for p in PAIRS if IMPLICIT[p] is Verdict.NUMBER], ids=str)
def test_bit_strings_are_numbers_unless_the_dialect_is_strict(source, target):
    text = main(f"a : {source}; b : {target};", "b := a;")
    assert codes(text) == []
    assert codes(text, "iec") == ["RUNG0322"]


@pytest.mark.parametrize(("source", "target"), [p for p in PAIRS if IMPLICIT[p].is_standard], ids=str)
def test_what_the_standard_widens_is_silent(source, target):
    assert codes(main(f"a : {source}; b : {target};", "b := a;"), "iec") == []
