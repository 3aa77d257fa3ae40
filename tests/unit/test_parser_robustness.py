"""The parser on texts that nobody wrote: it never raises, its places lie in the text, nothing grows without bound."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iec61131.diagnostics.render import render, to_json
from iec61131.source import SourceFile
from iec61131.syntax.cursor import NESTING_MAX
from iec61131.syntax.findings import FINDINGS_MAX
from iec61131.syntax.parser import parse
from iec61131.syntax.tokens import FOREIGN_OPERATORS, KEYWORDS, SIGNS
from iec61131.syntax.tree import PouDeclaration
from tests.unit.trees import check_places, codes_of, in_program

# A correct text with every construct, as the seed of what the mutations make of it.
SEED_TEXT = """{attribute 'qualified_only'}
TYPE Mode : (Off, Manual := 4) INT := Off; Row : ARRAY[1..3, 0..7] OF REAL := [3(1.0), 5()];
    Point : STRUCT x, y : REAL := 1.5E-3; END_STRUCT END_TYPE
VAR_GLOBAL CONSTANT limit : LREAL := LREAL#2.5; END_VAR
FUNCTION Clamp : REAL
VAR_INPUT v : REAL; lo, hi : INT(0..100); END_VAR
    Clamp := v; (* a (* nested *) comment *)
    IF v < lo THEN Clamp := lo; ELSIF v > hi THEN Clamp := hi; ELSE ; END_IF
END_FUNCTION
FUNCTION_BLOCK Pump
VAR RETAIN start AT %IX0.0 : BOOL R_EDGE; timer : TON := (PT := T#1m30s); text : STRING[20] := 'it$'s'; END_VAR
    timer(IN := start, Q => run, NOT ET => late);
    CASE mode OF 1, 3..5: i := -2 ** 2; Mode#Off: RETURN; ELSE i := 0; END_CASE
    FOR i := 1 TO 10 BY 2 DO IF w.3 = 16#FF AND NOT r OR s THEN EXIT; END_IF; END_FOR;
    WHILE i < 3 DO a[i, 2].b := f(x, y := 1).z; END_WHILE // to the end
    REPEAT i := i MOD 7; UNTIL i = 0 END_REPEAT
END_FUNCTION_BLOCK
TYPE Both : UNION word : WORD; bytes : ARRAY[0..1] OF BYTE; END_UNION END_TYPE
INTERFACE Switch EXTENDS Lib.Named METHOD On : BOOL END_METHOD PROPERTY Is : BOOL GET END_GET END_PROPERTY END_INTERFACE
{define fast} {IF defined (fast) AND NOT defined (pou: Fan)}
FUNCTION_BLOCK FINAL Fan EXTENDS Pump IMPLEMENTS Switch, a.b.Other
VAR PRIVATE p : POINTER TO REF_TO Both; since : DATE_AND_TIME := DT#2020-02-29-12:30:00.5; f : Pump(x := 1); END_VAR
VAR_INPUT r : REFERENCE TO ARRAY[*, 0..1] OF INT REF= s; END_VAR
METHOD PUBLIC OVERRIDE On : BOOL VAR_INST n : INT; END_VAR
    n := n.%B1; THIS^.p^.bytes[1] := SUPER^.On(); again: x := y := 1; q S= r; i ?= j; JMP again;
END_METHOD
    v := [1, 2(0)]; w := (a := 1, b := 2);
ACTION PROTECTED stop: p REF= q; END_ACTION
PROPERTY Is : BOOL PRIVATE GET Is := TRUE; END_GET SET VAR x : INT; END_VAR x := 1; END_SET END_PROPERTY
END_FUNCTION_BLOCK
METHOD late {region} f(); END_METHOD
{ELSE} PROGRAM None {END_IF}
VAR_CONFIG Main.fans[1].start AT %IX0.0 : BOOL; END_VAR
USING a.b;
NAMESPACE INTERNAL a.b USING c; CLASS C VAR x : INT; END_VAR METHOD m END_METHOD END_CLASS END_NAMESPACE
PROGRAM Chart
INITIAL_STEP Idle: END_STEP TRANSITION go (PRIORITY := 1) FROM Idle TO (Run, Wait) := x AND y; END_TRANSITION
STEP Run: fan(N); lamp(SD, T#5s, z); END_STEP STEP Wait: END_STEP ACTION fan: f(); END_ACTION
END_PROGRAM
CONFIGURATION Plant
    RESOURCE Cpu ON PC TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
        PROGRAM main WITH fast : Main (fan WITH fast, x := 1, y => g); END_RESOURCE
END_CONFIGURATION
"""
WORDS = [
    *KEYWORDS,
    *SIGNS,
    *FOREIGN_OPERATORS,
    *("x", "y", "1", "2.5", "'s'", "T#1s", "%IX0.0", "Colour#Red", "STRING", "AT", "TASK", "RESOURCE", "WITH", "ON"),
    *("NAMESPACE", "USING", "TRANSITION", "INITIAL_STEP", "FROM", "PRIORITY", "a.b", "__TRY", "__CATCH", "__ENDTRY"),
    *("METHOD", "EXTENDS", "POINTER", "UNION", "STEP", "PROPERTY", "ACTION", "INTERFACE", "CLASS", "GET", "SET", "JMP"),
    *(
        "PUBLIC",
        "FINAL",
        "IMPLEMENTS",
        "REF_TO",
        "REFERENCE",
        "S",
        "R",
        "REF",
        "D#2020-01-01",
        "TOD#1:2",
        "%B1",
        "OVERLAP",
    ),
    *(
        "{IF defined (x)}",
        "{ELSE}",
        "{END_IF}",
        "{define x}",
        "{x}",
        "ACTIONS",
        "(*",
        "*)",
        "'",
        '"',
        "{",
        "}",
        "//",
        "@",
        "é",
        "#",
        "$",
        "\n",
    ),
]
WORD_SALAD = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)


@st.composite
def mutated_sources(draw):
    """The seed with some stretches removed, doubled, swapped or replaced by a word."""
    text = SEED_TEXT
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(start + draw(st.integers(0, 25)), len(text))
        piece = text[start:end]
        new = draw(st.sampled_from(["", piece * 2, piece[::-1], f" {draw(st.sampled_from(WORDS))} "]))
        text = text[:start] + new + text[end:]
    return text


def check(text):
    """What must hold for any text."""
    unit, findings = parse(SourceFile("any.st", text))
    assert check_places(unit) <= NESTING_MAX + 10  # a POU, its sections and a type's name lie above the counted levels
    assert len(findings) <= FINDINGS_MAX + 1
    starts = [finding.span.start for finding in findings[:FINDINGS_MAX]]
    assert starts == sorted(set(starts))
    for finding in findings:
        for span in (finding.span, *(note.span for note in finding.notes)):
            assert 0 <= span.start <= span.end <= len(text)
    assert (render(findings, colour=False) == "") == (findings == [])
    assert len(to_json(findings)) == len(findings)


def test_the_seed_is_correct():
    assert codes_of(SEED_TEXT) == []


@given(st.text())
def test_any_text(text):
    check(text)


@given(WORD_SALAD)
def test_any_words(text):
    check(text)


@given(WORD_SALAD)
def test_any_words_in_a_program(text):
    check(in_program(text))


@settings(max_examples=300)
@given(mutated_sources())
def test_mutated_sources(text):
    check(text)


@pytest.mark.parametrize("length", range(0, len(SEED_TEXT), 7))
def test_every_beginning_of_a_source(length):
    check(SEED_TEXT[:length])


# ------------------------------------------------------------------------------------------------------------- nesting

NESTED = {
    "brackets": ("x := {};", "(", "1", ")"),
    "NOT": ("x := {};", "NOT ", "y", ""),
    "indices": ("x := {};", "a[", "1", "]"),
    "calls": ("x := {};", "f(a := ", "1", ")"),
    "outputs": ("f({});", "a => f(", "", ")"),
    "all operators": ("x := {};", "(a OR b XOR c AND d = e < f + g * h ** -", "1", ")"),
    "a sum": ("x := {};", "a + ", "b", ""),
    "members": ("x := {};", "a.", "b", ""),
    "calls of calls": ("a{};", "(1)", "", ""),
    "assignments": ("x := {};", "a := ", "1", ""),
    "dereferences": ("x := a{};", "^", "", ""),
    "dereferenced brackets": ("x := {};", "(", "a", ")^"),
    "POINTER": ("VAR a : {}; END_VAR", "POINTER TO ", "INT", ""),
    "UNION": ("VAR a : {}; END_VAR", "UNION a : ", "INT;", " END_UNION;"),
    "instances": ("VAR a : T({}); END_VAR", "f(", "1", ")"),
    "IF": ("{}", "IF a THEN ", "x := 1;", " END_IF;"),
    "ELSE": ("{}", "IF a THEN ELSE ", "x := 1;", " END_IF;"),
    "CASE": ("{}", "CASE a OF 1: ", "x := 1;", " END_CASE;"),
    "FOR": ("{}", "FOR i := 1 TO 2 DO ", "x := 1;", " END_FOR;"),
    "WHILE": ("{}", "WHILE a DO ", "x := 1;", " END_WHILE;"),
    "TRY": ("{}", "__TRY ", "x := 1;", " __CATCH y := 1; __ENDTRY"),
    "REPEAT": ("{}", "REPEAT ", "x := 1;", " UNTIL a END_REPEAT;"),
    "ARRAY": ("VAR a : {}; END_VAR", "ARRAY[0..1] OF ", "INT", ""),
    "STRUCT": ("VAR a : {}; END_VAR", "STRUCT a : ", "INT;", " END_STRUCT;"),
    "array initial": ("VAR a : T := {}; END_VAR", "[", "1", "]"),
    "repeated initial": ("VAR a : T := {}; END_VAR", "[2(", "1", ")]"),
    "struct initial": ("VAR a : T := {}; END_VAR", "(a := ", "1", ")"),
}


def nested(form, times):
    frame, opening, core, closing = NESTED[form]
    return in_program(frame.format(opening * times + core + closing * times))


@pytest.mark.parametrize("form", NESTED)
def test_nesting_within_the_limit(form):
    assert codes_of(nested(form, 12)) == []


@pytest.mark.parametrize("form", NESTED)
@pytest.mark.parametrize("times", [NESTING_MAX + 5, 5000])
def test_nesting_past_the_limit_is_one_finding(form, times):
    text = nested(form, times)
    check(text)
    assert codes_of(text) == ["RUNG0190"]


@pytest.mark.parametrize("form", NESTED)
def test_what_follows_is_still_read(form):
    unit, findings = parse(SourceFile("test.st", nested(form, 1000) + "PROGRAM Next\nx := ;\nEND_PROGRAM"))
    assert [finding.code.id for finding in findings] == ["RUNG0190", "RUNG0127"]
    assert [pou.name.text for pou in unit.declarations if isinstance(pou, PouDeclaration)] == ["Main", "Next"]


@pytest.mark.parametrize("form", NESTED)
def test_the_deepest_text_needs_few_python_frames(form):
    """Three frames per level: the parser must leave room for whoever calls it, within Python's usual limit of 1000."""
    here = 0
    frame = sys._getframe()
    while frame is not None:
        here += 1
        frame = frame.f_back
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(here + 3 * NESTING_MAX + 60)
        found = codes_of(nested(form, NESTING_MAX + 5))
    finally:
        sys.setrecursionlimit(limit)
    assert found == ["RUNG0190"]


def test_a_list_of_a_hundred_thousand_things_is_not_nesting():
    arguments = ", ".join(["1"] * 20_000)
    assert codes_of(in_program(f"f({arguments});" + "x := 1;" * 20_000)) == []
    branches = "ELSIF a THEN x := 1; " * 5_000
    assert codes_of(in_program(f"IF a THEN {branches} END_IF;")) == []


def test_findings_are_bounded():
    findings = parse(SourceFile("test.st", in_program("x := ;\n" * 5000)))[1]
    assert len(findings) == FINDINGS_MAX + 1
    assert findings[-1].code.id == "RUNG0192"
