"""Pragmas: where they go in the tree, and which parts of a text the conditional ones leave."""

import pytest

from iec61131.source import SourceFile
from iec61131.syntax.parser import parse
from tests.unit.trees import body_of, check_places, codes_of, declarations_of, in_program, only, sketch


def test_pragmas_between_statements_are_kept_in_their_place():
    body = body_of("{region 'a'} x := 1; {warning off} IF x THEN {info 'b'} y := 2; {end} END_IF {last}")
    assert sketch(body) == "[region 'a', Assign(x, 1), warning off, If([[x, [info 'b', Assign(y, 2), end]]], []), last]"


@pytest.mark.parametrize("end", ["", "END_NAMESPACE"])
def test_a_pragma_behind_a_pou_that_is_not_closed_is_not_in_it(end):
    """The pragma before the end of the file lay outside the POU that held it."""
    unit, findings = parse(SourceFile("test.st", f"NAMESPACE n PROGRAM P x := 1;\n{{late}}\n{end}"))
    assert findings[0].code.id == "RUNG0123"
    check_places(unit)


def test_a_pragma_stands_once_where_a_keyword_was_misspelt():
    assert codes_of(in_program("IF x THEN y := 1;\n{a}\nENDIF; z := 1;")) == ["RUNG0122"]


def values_of(text: str) -> str:
    """What is assigned to x, in order."""
    return " ".join(sketch(statement.value) for statement in body_of(text))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("defined (yes)", True),
        ("DEFINED(YES)", True),
        ("defined (no)", False),
        ("NOT defined (no)", True),
        ("not not defined (yes)", True),
        ("defined (no) OR defined (yes)", True),
        ("defined (yes) AND defined (no)", False),
        ("defined (yes) OR defined (no) AND defined (no)", True),
        ("(defined (yes) OR defined (no)) AND defined (no)", False),
        ("defined (variable: a)", True),
        ("defined (variable: b)", True),
        ("defined (variable: field)", False),
        ("defined (type: Mode)", True),
        ("defined (type: a)", False),
        ("defined (pou: Main)", True),
        ("defined (pou: Later)", False),
        ("defined (task: t)", False),
        ("hasvalue (size, '3')", True),
        ("hasvalue (size, '4')", False),
        ("hasattribute (pou: Main, 'x')", False),
        ("hastype (variable: a, INT)", False),
    ],
)
def test_conditions(condition, holds):
    before = "{define yes} {define size '3'} {define no} {undefine no} TYPE Mode : (On, Off); END_TYPE\n"
    section = "VAR a, b : INT; c : STRUCT field : INT; END_STRUCT; END_VAR"
    pou = declarations_of(
        f"{before} PROGRAM Main {section} {{IF {condition}}} x := 1; {{ELSE}} x := 2; {{END_IF}} END_PROGRAM\n"
        "PROGRAM Later END_PROGRAM"
    )[1]
    assert sketch(pou.body) == f"[Assign(x, {1 if holds else 2})]"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{IF defined (a)} x := 1; {ELSIF defined (b)} x := 2; {END_IF} x := 3;", "3"),
        ("{define b} {IF defined (a)} x := 1; {ELSIF defined (b)} x := 2; {ELSE} x := 3; {END_IF}", "2"),
        ("{define a} {IF defined (a)} x := 1; {ELSIF defined (a)} x := 2; {ELSE} x := 3; {END_IF}", "1"),
        ("{IF defined (a)} {IF NOT defined (a)} x := 1; {ELSE} x := 2; {END_IF} {ELSE} x := 3; {END_IF}", "3"),
        ("{IF NOT defined (a)} {IF defined (a)} x := 1; {ELSE} x := 2; {END_IF} {ELSE} x := 3; {END_IF}", "2"),
        ("{IF defined (a)} {define b} {END_IF} {IF defined (b)} x := 1; {END_IF} x := 2;", "2"),
        ("x := {IF defined (a)} 1 {ELSE} 2 {END_IF};", "2"),
        ("{IF defined (a)} IF THEN ) 'text' {attribute} {END_IF} x := 1;", "1"),
    ],
)
def test_branches(text, values):
    assert values_of(text) == values


def test_branches_hold_declarations_and_whole_pous():
    text = "{{define a}} {{IF {0}defined (a)}} PROGRAM P VAR x : INT; END_VAR END_PROGRAM {{END_IF}}"
    text += " PROGRAM Q END_PROGRAM"
    assert [pou.name.text for pou in declarations_of(text.format(""))] == ["P", "Q"]
    assert [pou.name.text for pou in declarations_of(text.format("NOT "))] == ["Q"]
    pou = only("PROGRAM P VAR {IF defined (a)} x : INT; {ELSE} x : REAL; {END_IF} END_VAR END_PROGRAM")
    assert sketch(pou.variables[0].variables[0].type) == "REAL"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("{IF defined (a)}", 1),
        ("{END_IF}", 1),
        ("{ELSE}", 1),
        ("{ELSIF defined (a)}", 1),
        ("{IF defined (a)} {ELSE} {ELSE} {END_IF}", 1),
        ("{IF} {END_IF}", 1),
        ("{IF a} {END_IF}", 1),
        ("{IF defined a} {END_IF}", 1),
        ("{IF defined (a} {END_IF}", 1),
        ("{IF defined (a) b} {END_IF}", 1),
        ("{IF defined (a) AND} {END_IF}", 1),
        ("{IF defined ()} {END_IF}", 1),
        ("{IF hasvalue (a)} {END_IF}", 1),
        ("{IF (((defined (a)))} {END_IF}", 1),
        ("{IF " + "NOT " * 1000 + "defined (a)} {END_IF}", 1),
        ("{IF " + "(" * 1000 + "} {END_IF}", 1),
        ("{define} x := 1;", 1),
        ("{undefine +}", 1),
        ("{if (f()) g(3)} {END_IF}", 1),
    ],
)
def test_malformed_conditions_are_one_finding(text, count):
    assert codes_of(in_program(text)) == ["RUNG0138"] * count


@pytest.mark.parametrize(
    "pragma", ["{}", "{attribute 'x'}", "{ifdef x}", "{warning 'ELSE'}", "{ IFx }", "{what is it}"]
)
def test_other_pragmas_have_no_effect(pragma):
    assert codes_of(f"{pragma} PROGRAM P {pragma} VAR {pragma} x : INT; END_VAR {pragma} x := 1; END_PROGRAM") == []
