"""Expressions: precedence and associativity, places, calls, and the values of literals."""

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.trees import codes_of, expression_of, in_program, sketch

# Weakest first, as IEC 61131-3 ed. 3 table 71 lists them. Written down here a second time on purpose.
LEVELS = [
    ["OR", "OR_ELSE"],
    ["XOR"],
    ["AND", "AND_THEN", "&"],
    ["=", "<>"],
    ["<", ">", "<=", ">="],
    ["+", "-"],
    ["*", "/", "MOD"],
    ["**"],
]
OPERATORS = [(operator, level) for level, operators in enumerate(LEVELS) for operator in operators]


@pytest.mark.parametrize(("first", "first_level"), OPERATORS)
@pytest.mark.parametrize(("second", "second_level"), OPERATORS)
def test_every_pair_of_operators(first, first_level, second, second_level):
    one, two = first.replace("&", "AND"), second.replace("&", "AND")
    expected = f"({two} ({one} a b) c)" if first_level >= second_level else f"({one} a ({two} b c))"
    assert sketch(expression_of(f"a {first} b {second} c")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2 ** 2", "(** (- 2) 2)"),  # a sign binds tighter than **: this is 4
        ("2 ** -2", "(** 2 (- 2))"),
        ("-a * b", "(* (- a) b)"),
        ("NOT a = b", "(= (NOT a) b)"),
        ("NOT a AND b", "(AND (NOT a) b)"),
        ("NOT NOT a", "(NOT (NOT a))"),
        ("a - -b", "(- a (- b))"),
        ("+a", "(+ a)"),
        ("a - (b - c)", "(- a (- b c))"),
        ("((a))", "a"),
        ("a and_then b or_else c", "(OR_ELSE (AND_THEN a b) c)"),
        ("a.b[1, i + 1].c", "a.b[1, (+ i 1)].c"),
        ("a[1][2]", "a[1][2]"),
        ("w.3 AND w.%X15", "(AND w.3 w.15)"),
        ("f()", "f()"),
        ("f(1, a := 2, b =>, NOT c => d, e := , g => h.i)", "f(1, a := 2, b => , NOT c => d, e := , g => h.i)"),
        ("f(NOT a, -b)", "f((NOT a), (- b))"),
        ("a.f(x).y[2]", "a.f(x).y[2]"),
        ("%IX0.1 OR %q3 OR %MD12 OR %iw1.2.3", "(OR (OR (OR %IX0.1 %QX3) %MD12) %IW1.2.3)"),
        ("Colour#Red", "Colour#Red"),
        ("Lib.Colour#Red = a.b.Colour#Red", "(= Lib.Colour#Red a.b.Colour#Red)"),
        ("TRUE OR bool#false", "(OR TRUE FALSE)"),
        ("Step + Task + r", "(+ (+ Step Task) r)"),
        ("w.%3", "w.3"),
        ("w.%B1 OR w.%W0 OR w.%d1", "(OR (OR w.%B1 w.%W0) w.%D1)"),
        ("a.b[1].%D0.%B1.%X3", "a.b[1].%D0.%B1.3"),
        ("w.%W0.%B1.1 OR w.%B1.%X2", "(OR w.%W0.%B1.1 w.%B1.2)"),
        ("p^", "p^"),
        ("p^^ + -q^", "(+ p^^ (- q^))"),
        ("p^.x^[3].y", "p^.x^[3].y"),
        ("p^(1).z", "p^(1).z"),
        ("(p + 1)^.x", "(+ p 1)^.x"),
        ("((p)^)^", "p^^"),
        ("THIS^.x + SUPER^.m(1)", "(+ THIS^.x SUPER^.m(1))"),
        ("f(x).y.z(1)^", "f(x).y.z(1)^"),
        ("SIZEOF(INT) + SIZEOF(STRING(80))", "(+ SIZEOF(INT) SIZEOF(STRING(80)))"),
        ("__NEW(Motor, 10)", "__NEW(Motor, 10)"),
        ("__ISVALIDREF(r) AND p <> NULL", "(AND __ISVALIDREF(r) (<> p NULL))"),
        ("REF(x) = ADR(y)", "(= REF(x) ADR(y))"),
    ],
)
def test_form(text, expected):
    assert sketch(expression_of(text)) == expected


LEAVES = st.sampled_from(["a", "b.c", "d[1]", "17", "2.5", "TRUE", "f(x)", "%IX0.0"])


def _trees():
    """Pairs of a source text with as few brackets as possible and the form it must have."""

    def unary(inner):
        text, form, level = inner
        text = text if level >= len(LEVELS) else f"({text})"
        return st.sampled_from(["-", "NOT "]).map(lambda sign: (sign + text, f"({sign.strip()} {form})", len(LEVELS)))

    def binary(pair):
        (left, left_form, left_level), (right, right_form, right_level) = pair

        def build(choice):
            operator, level = choice
            left_text = left if left_level >= level else f"({left})"
            right_text = right if right_level > level else f"({right})"
            form = f"({operator.replace('&', 'AND')} {left_form} {right_form})"
            return f"{left_text} {operator} {right_text}", form, level

        return st.sampled_from(OPERATORS).map(build)

    leaves = LEAVES.map(lambda leaf: (leaf, leaf, len(LEVELS)))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(inner.flatmap(unary), st.tuples(inner, inner).flatmap(binary)),
        max_leaves=12,
    )


@given(_trees())
def test_as_few_brackets_as_possible_give_the_same_tree(made):
    text, form, _ = made
    assert sketch(expression_of(text)) == form


# ------------------------------------------------------------------------------------------------------------ literals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", "17"),
        ("1_000_000", "1000000"),
        ("007", "7"),
        ("2#1010_1010", "170"),
        ("8#17", "15"),
        ("16#dead_BEEF", str(0xDEADBEEF)),
        ("INT#5", "INT#5"),
        ("INT#-5", "INT#-5"),
        ("int#+5", "int#5"),
        ("INT#16#FF", "INT#255"),
        ("SINT#1000", "SINT#1000"),  # out of range: said later, the tree keeps what was written
        ("18446744073709551616", "18446744073709551616"),
        ("BOOL#1", "TRUE"),
        ("BOOL#0", "FALSE"),
        ("1.5", "1.5"),
        ("1.5e3", "1500.0"),
        ("1E-2", "0.01"),
        ("REAL#1.5", "REAL#1.5"),
        ("REAL#5", "REAL#5.0"),
        ("LREAL#-1_0.5E+1", "LREAL#-105.0"),
        ("'tank'", "'tank'"),
        ('"tank"', "W'tank'"),
        ("''", "''"),
        ("'$$ $' $\" $L$N$P$R$T $41'", repr("$ ' \" \n\n\f\r\t A")),
        ("'$l$n$0a'", repr("\n\n\n")),
        ('"$00E9$0041"', "W'éA'"),
        ("'(* no comment *)'", "'(* no comment *)'"),
        ("STRING#'a'", "STRING#'a'"),
        ('WSTRING#"a"', "WSTRING#W'a'"),
        ("CHAR#'$41'", "CHAR#'A'"),
        ('wchar#"a"', "wchar#W'a'"),
    ],
)
def test_value(text, expected):
    assert sketch(expression_of(text)) == expected


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "value_ns", "is_long"),
    [
        ("T#10ms", 10_000_000, False),
        ("TIME#1m30s", 90 * SECOND, False),
        ("t#1h_30m", 5400 * SECOND, False),
        ("T#1d2h3m4s5ms6us7ns", 93_784_005_006_007, False),
        ("T#-1.5s", -1_500_000_000, False),
        ("T#+2s", 2 * SECOND, False),
        ("T#25h", 90_000 * SECOND, False),
        ("T#90s", 90 * SECOND, False),
        ("T#1_000ms", SECOND, False),
        ("T#0.1s", 100_000_000, False),  # exact, though 0.1 is not in binary
        ("T#1m0.000000001s", 60 * SECOND + 1, False),
        ("T#1.000_5s", 1_000_500_000, False),
        ("LT#5us", 5_000, True),
        ("LTIME#106751d23h47m16s854ms775us807ns", 2**63 - 1, True),
        ("LTIME#300000d", 300_000 * 86_400 * SECOND, True),  # out of range: said later
    ],
)
def test_duration(text, value_ns, is_long):
    assert sketch(expression_of(text)) == f"{'LT' if is_long else 'T'}#{value_ns}"


DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("D#1970-01-01", "DATE#0"),
        ("date#1970-1-2", f"DATE#{DAY}"),
        ("D#1969-12-31", f"DATE#{-DAY}"),
        ("D#2020-02-29", f"DATE#{18_321 * DAY}"),
        ("LD#1970-01-03", f"LDATE#{2 * DAY}"),
        ("LDATE#9999-12-31", f"LDATE#{2_932_896 * DAY}"),  # out of range: said later
        ("TOD#00:00:00", "TOD#0"),
        ("TIME_OF_DAY#23:59:59.999_999_999", f"TOD#{DAY - 1}"),
        ("TOD#1:2", f"TOD#{3720 * SECOND}"),
        ("LTOD#0:0:0.5", f"LTOD#{SECOND // 2}"),
        ("LTIME_OF_DAY#0:0:1", f"LTOD#{SECOND}"),
        ("DT#1970-01-02-00:00:01.25", f"DT#{DAY + SECOND * 5 // 4}"),
        ("DATE_AND_TIME#1970-01-01-12:00:00", f"DT#{DAY // 2}"),
        ("dt#1970-01-01-12:00", f"DT#{DAY // 2}"),
        ("LDT#1970-01-01-00:00:00.000000001", "LDT#1"),
        ("LDATE_AND_TIME#1970-01-01-00:00:00", "LDT#0"),
    ],
)
def test_dates(text, form):
    assert sketch(expression_of(text)) == form


@given(st.datetimes())
def test_dates_are_exact(value):
    whole = (value - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001  a date without a zone
    text = f"DT#{value.year:04}-{value.month}-{value.day}-{value.time().isoformat()}"
    assert sketch(expression_of(text)) == f"DT#{whole * 1000}"


@given(st.integers(0, 2**70))
def test_integers_keep_their_exact_value(value):
    assert sketch(expression_of(f"{value}")) == str(value)
    assert sketch(expression_of(f"16#{value:X}")) == str(value)
    assert sketch(expression_of(f"2#{value:b}")) == str(value)


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_reals_are_the_nearest_double_and_keep_their_digits(value):
    literal = expression_of(f"{value:.17e}")
    assert math.copysign(1, literal.value) == 1
    assert literal.value == value
    assert float(literal.text) == value


@given(st.integers(0, 2**63 - 1))
def test_durations_are_exact(value_ns):
    seconds, rest_ns = divmod(value_ns, SECOND)
    assert sketch(expression_of(f"T#{seconds}.{rest_ns:09}s")) == f"T#{value_ns}"
    assert sketch(expression_of(f"LTIME#{seconds}s{rest_ns}ns")) == f"LT#{value_ns}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "RUNG0110") for text in ("16#", "16#FG", "2#12", "3#12", "0x1F", "0b1", "12abc", "1__0", "1_", "1.")),
        *((text, "RUNG0110") for text in ("1.e5", "1.5e", "1.5_", "BOOL#2", "BOOL#-1", "a.99999", "INT#1a")),
        *((text, "RUNG0112") for text in ("T#", "T#5", "T#5x", "T#5m3h", "T#5s5s", "T#1.5m3s", "T#1.5ns", "T#5s_")),
        *((text, "RUNG0112") for text in ("T#-", "T#.5s", "T#5.s", "T#5µs")),
        *((text, "RUNG0113") for text in ("'$q'", "'$4'", '"$41"', "'100$ '")),
        *((text, "RUNG0114") for text in ("%IW", "%Z1", "%IZ1", "%IX1a")),
        *((text, "RUNG0115") for text in ("INT#", "Colour#", "BOOL#")),
        ("%I*", "RUNG0151"),
        ("%QW*", "RUNG0151"),
        *((text, "RUNG0116") for text in ("D#", "D#2020", "D#2020-01", "D#2021-02-29", "D#2020-13-01", "D#0-1-1")),
        *((text, "RUNG0116") for text in ("D#2020-01-01-12:00:00", "TOD#", "TOD#12", "TOD#24:00:00", "TOD#1:60:00")),
        *((text, "RUNG0116") for text in ("TOD#1:2:60", "TOD#1:2:3.0000000001", "DT#2020-01-01")),
        *((text, "RUNG0116") for text in ("DT#", "DT#12:00:00", "DT#2020-01-01 12:00:00"[:13], "LDT#2020-1-1-1:2:3x")),
        *((text, "RUNG0120") for text in ("w.%Q1", "w.%BX1", "w.%B", "w.%I*", "w.%B1.2.3", "f(1).T#A", "a.BOOL#TRUE")),
    ],
)
def test_malformed_literal_is_one_finding(text, code):
    assert codes_of(in_program(f"x := {text};\ny := 1;")) == [code]


@pytest.mark.parametrize("digits", [300, 5000, 100_000])
@pytest.mark.parametrize("form", ["{}", "16#{}", "{}.5", "T#{}s", "INT#{}", "1e{}", "%MW{}"])
def test_absurdly_long_literal_is_one_finding(digits, form):
    found = codes_of(in_program(f"x := {form.format('1' * digits)};\ny := 1;"))
    assert found == ["RUNG0114" if form.startswith("%") else "RUNG0111"]


def test_a_real_too_large_for_a_double_is_kept_as_text():
    literal = expression_of("1e999")
    assert math.isinf(literal.value)
    assert literal.text == "1e999"
