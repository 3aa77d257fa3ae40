"""Statements: the form of each, what CASE labels may be, and which semicolons may be left out."""

import pytest

from tests.unit.trees import body_of, check_places, in_program, only, parsed, sketch


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a := 1;", "Assign(a, 1)"),
        ("a.b[1].3 := %IX0.0;", "Assign(a.b[1].3, %IX0.0)"),
        ("%QX0.1 := TRUE;", "Assign(%QX0.1, TRUE)"),
        ("p^ := 1; p^.a[2]^ := 3;", "Assign(p^, 1), Assign(p^.a[2]^, 3)"),
        ("w.%B1 := 16#FF;", "Assign(w.%B1, 255)"),
        ("x S= y; x R= y > 1;", "Assign(x, y, operator=SET), Assign(x, (> y 1), operator=RESET)"),
        ("a.r REF= x[1]; i ?= j;", "Assign(a.r, x[1], operator=REFERENCE), Assign(i, j, operator=ATTEMPT)"),
        ("fur REF= y;", "Assign(fur, y, operator=REFERENCE)"),  # no slip for FOR
        ("a := b := c.d := 1;", "Assign(a, Assign(b, Assign(c.d, 1)))"),
        ("a := b S= c;", "Assign(a, Assign(b, c, operator=SET))"),
        ("s := 1; r := s;", "Assign(s, 1), Assign(r, s)"),
        ("a := [1, 2(0)];", "Assign(a, ArrayInitial([[-, 1], [2, 0]]))"),
        ("a.b := (x := 1, y := [3]);", "Assign(a.b, StructInitial([[x, 1], [y, ArrayInitial([[-, 3]])]]))"),
        ("a := (x := 1);", "Assign(a, StructInitial([[x, 1]]))"),
        ("JMP there; there: x := 1;", "Jump(there), Label(there), Assign(x, 1)"),
        ("IF a THEN JMP there; END_IF there:", "If([[a, [Jump(there)]]], []), Label(there)"),
        ("JMP := JMP + 1; JMP();", "Assign(JMP, (+ JMP 1)), CallStatement(JMP())"),
        (
            "THIS^.x := SUPER^.y; THIS^.m(); SUPER^();",
            "Assign(THIS^.x, SUPER^.y), CallStatement(THIS^.m()), CallStatement(SUPER^())",
        ),
        ("f(x).y := g().z;", "Assign(f(x).y, g().z)"),
        ("f();", "CallStatement(f())"),
        ("a.b[1](IN := x, Q => y);", "CallStatement(a.b[1](IN := x, Q => y))"),
        ("f(x).g(y);", "CallStatement(f(x).g(y))"),
        (";", "Empty()"),
        ("EXIT;", "Exit()"),
        ("CONTINUE;", "Continue()"),
        ("RETURN;", "Return()"),
        ("IF a THEN b := 1; END_IF;", "If([[a, [Assign(b, 1)]]], [])"),
        ("IF a THEN END_IF", "If([[a, []]], [])"),
        (
            "IF a THEN b(); ELSIF c OR d THEN ; ELSE e(); f(); END_IF",
            "If([[a, [CallStatement(b())]], [(OR c d), [Empty()]]], [CallStatement(e()), CallStatement(f())])",
        ),
        ("IF a THEN ELSE IF b THEN END_IF END_IF", "If([[a, []]], [If([[b, []]], [])])"),
        ("FOR i := 1 TO 10 DO END_FOR;", "For(i, 1, 10, -, [])"),
        ("FOR a.i := x + 1 TO n * 2 BY -1 DO EXIT; END_FOR", "For(a.i, (+ x 1), (* n 2), (- 1), [Exit()])"),
        ("WHILE a < b DO a := a + 1; END_WHILE", "While((< a b), [Assign(a, (+ a 1))])"),
        ("REPEAT a(); UNTIL b END_REPEAT;", "Repeat([CallStatement(a())], b)"),
        ("REPEAT UNTIL b; END_REPEAT", "Repeat([], b)"),
        (
            "__TRY a(); __CATCH (e.x) b(); __FINALLY c(); __ENDTRY",
            "Try([CallStatement(a())], e.x, [CallStatement(b())], [CallStatement(c())])",
        ),
        ("__try ; __catch ; __endtry;", "Try([Empty()], -, [Empty()], -)"),
        ("__TRY __FINALLY __ENDTRY", "Try([], -, -, [])"),
        ("CASE x OF END_CASE", "Case(x, [], -)"),
        ("CASE x OF ELSE END_CASE", "Case(x, [], [])"),
        ("CASE x OF 1: a(); END_CASE", "Case(x, [[[CaseLabel(1, -)], [CallStatement(a())]]], -)"),
        ("CASE x OF 1: ELSE: a(); END_CASE", "Case(x, [[[CaseLabel(1, -)], []]], [CallStatement(a())])"),
    ],
)
def test_form(text, form):
    assert sketch(body_of(text)) == f"[{form}]"


@pytest.mark.parametrize(
    ("label", "form"),
    [
        ("1", "[CaseLabel(1, -)]"),
        ("-1", "[CaseLabel((- 1), -)]"),
        ("1, 2..5, 7", "[CaseLabel(1, -), CaseLabel(2, 5), CaseLabel(7, -)]"),
        ("16#F..N", "[CaseLabel(15, N)]"),
        ("Red", "[CaseLabel(Red, -)]"),
        ("Red, Green", "[CaseLabel(Red, -), CaseLabel(Green, -)]"),
        ("Colour#Red", "[CaseLabel(Colour#Red, -)]"),
        ("Colour.Red", "[CaseLabel(Colour.Red, -)]"),
        ("BASE + 1", "[CaseLabel((+ BASE 1), -)]"),
        ("LOW..HIGH - 1", "[CaseLabel(LOW, (- HIGH 1))]"),
        ("(A)", "[CaseLabel(A, -)]"),
        ("TRUE", "[CaseLabel(TRUE, -)]"),
        ("Step", "[CaseLabel(Step, -)]"),
    ],
)
def test_labels_start_the_next_arm(label, form):
    (case,) = body_of(f"CASE x OF 99: a := b; f(c); {label}: d := e; g.h := 1; i[1] := 2; 100: END_CASE")
    assert [len(statements) for _, statements in case.arms] == [2, 3, 0]
    assert sketch(case.arms[1][0]) == form


def test_statements_follow_one_another():
    text = "a := 1; ; f(); IF a THEN END_IF; WHILE a DO END_WHILE; b := 2;"
    assert [type(s).__name__ for s in body_of(text)] == ["Assign", "Empty", "CallStatement", "If", "While", "Assign"]


def test_places_cover_what_was_written():
    text = in_program("x := (a + b) * f(c := 1);\nIF x > 1 THEN\n  y := -x;\nEND_IF;")
    check_places(parsed(text))
    pou = only(text)
    assignment, branch = pou.body
    assert assignment.span.text == "x := (a + b) * f(c := 1)"
    assert assignment.value.span.text == "(a + b) * f(c := 1)"
    assert assignment.value.right.arguments[0].span.text == "c := 1"
    assert branch.span.text == "IF x > 1 THEN\n  y := -x;\nEND_IF;"
    assert pou.span.text == text.strip()
