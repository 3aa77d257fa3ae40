"""Expressions: the type of a computation, what a literal becomes, and one finding for one mistake."""

import pytest

from iec61131.semantics.model import (
    Assign,
    BinaryExpression,
    CallFunction,
    ConstantExpression,
    ConversionKind,
    Convert,
    Evaluate,
    Expression,
    IntrinsicCall,
    Load,
)
from tests.unit.resolved import codes, findings, main, only, statements

COLOURS = "TYPE Colour : (Red, Green := 5, Blue); END_TYPE"


def value_of(variables: str, statement: str, before: str = "") -> Expression:
    (assign,) = statements(variables, statement, before)
    assert isinstance(assign, Assign)
    return assign.value


def sketch(node: Expression) -> str:
    """An expression in one line, with every conversion shown: `INT(a + b : DINT)`."""
    match node:
        case ConstantExpression():
            return f"{node.value!r}"
        case Load():
            return node.span.text
        case Convert(kind=ConversionKind.SUBRANGE):
            return f"check({sketch(node.operand)})"
        case Convert():
            return f"{node.type}({sketch(node.operand)})"
        case BinaryExpression():
            return f"[{sketch(node.left)} {node.operator.value} {sketch(node.right)} : {node.left.type}]"
        case IntrinsicCall():
            return f"{node.name}({', '.join(map(sketch, node.arguments))})"
        case _:
            return type(node).__name__


@pytest.mark.parametrize(
    ("variables", "statement", "expected"),
    [
        # narrower than 32 bits: computed as DINT, cut at the store
        ("a, b, c : INT;", "c := a * b;", "INT([DINT(a) * DINT(b) : DINT])"),
        ("a, b : INT; c : DINT;", "c := a * b;", "[DINT(a) * DINT(b) : DINT]"),
        ("a : UINT; c : LINT;", "c := a - 1;", "LINT([DINT(a) - 1 : DINT])"),
        ("a, c : DINT;", "c := a + 1;", "[a + 1 : DINT]"),
        ("a, c : UDINT;", "c := a + 1;", "[a + 1 : UDINT]"),
        ("a : INT; b, c : LINT;", "c := a + b;", "[LINT(a) + b : LINT]"),
        ("a : UDINT; b : DINT; c : LINT;", "c := a + b;", "[LINT(a) + LINT(b) : LINT]"),
        ("a, b : INT; c : BOOL;", "c := a < b;", "[DINT(a) < DINT(b) : DINT]"),
        # bitwise: the own width
        ("a, b, c : BYTE;", "c := a AND b;", "[a AND b : BYTE]"),
        ("a : BYTE; b, c : WORD;", "c := a OR b;", "[WORD(a) OR b : WORD]"),
        ("a, c : INT;", "c := a AND 7;", "INT([WORD(a) AND 7 : WORD])"),
        ("a : BYTE; c : WORD;", "c := a AND 16#1FF;", "[WORD(a) AND 511 : WORD]"),
        # reals: single stays single
        ("a, c : REAL;", "c := a * 0.1;", "[a * 0.10000000149011612 : REAL]"),
        ("a, c : LREAL;", "c := a * 0.1;", "[a * 0.1 : LREAL]"),
        ("a : INT; c : REAL;", "c := a * 0.5;", "[REAL(a) * 0.5 : REAL]"),
        ("a : INT; c : LREAL;", "c := a * 0.1;", "[LREAL(a) * 0.1 : LREAL]"),
        ("a : INT; c : REAL;", "c := a / 2;", "REAL([DINT(a) / 2 : DINT])"),
        ("a, c : REAL;", "c := a ** 2;", "[a ** 2.0 : REAL]"),
        ("a : INT; c : LREAL;", "c := a ** 2;", "[LREAL(a) ** 2.0 : LREAL]"),
        # literals are computed without a width, then take the type of their use
        ("c : INT;", "c := 2 + 3 * 4;", "14"),
        ("c : INT;", "c := -32768;", "-32768"),
        ("c : ULINT;", "c := 18446744073709551615;", "18446744073709551615"),
        ("c : REAL;", "c := 1;", "1.0"),
        ("c : LREAL;", "c := 2 ** 0.5;", "1.4142135623730951"),
        ("c : BOOL;", "c := 1;", "True"),
        ("c : BOOL;", "c := 3 > 2;", "True"),
        ("c : BYTE;", "c := NOT 16#0F;", "UnaryExpression"),
        ("a : USINT; c : DINT;", "c := a + 300;", "[DINT(a) + 300 : DINT]"),
        ("a : UINT; c : BOOL;", "c := a > -1;", "[DINT(a) > -1 : DINT]"),
        ("a : LINT; c : BOOL;", "c := a = 5;", "[a = 5 : LINT]"),
        # durations
        ("a, c : TIME;", "c := a + T#1s;", "[a + 1000000000 : TIME]"),
        ("a, c : TIME;", "c := a * 2;", "TIME([LINT(a) * 2 : LINT])"),
        ("a, c : TIME; n : INT;", "c := n * a;", "TIME([LINT(n) * LINT(a) : LINT])"),
        ("a, c : TIME;", "c := a / 2.5;", "TIME([LREAL(a) / 2.5 : LREAL])"),
        # constants by name are their value, also when they are typed
        ("c : INT; END_VAR VAR CONSTANT k : INT := 6;", "c := k;", "6"),
        ("c : DINT; END_VAR VAR CONSTANT k : INT := 6;", "c := k;", "6"),
        # subranges are checked where they are stored, unless nothing can go wrong
        ("a : INT; c : INT(0..9);", "c := a;", "check(a)"),
        ("a, c : INT(0..9);", "c := a + 1;", "check(INT([DINT(a) + 1 : DINT]))"),
        ("a : INT(0..9); c : INT(-5..20);", "c := a;", "INT(-5..20)(a)"),
        ("c : INT(0..9);", "c := 9;", "9"),
        # standard functions
        ("a, c : INT;", "c := ABS(a);", "INT(ABS(DINT(a)))"),
        ("a, c : INT;", "c := LIMIT(0, a, 100);", "INT(LIMIT(0, DINT(a), 100))"),
        ("a, c : INT;", "c := LIMIT(MX := 100, IN := a, MN := 0);", "INT(LIMIT(0, DINT(a), 100))"),
        ("c : INT;", "c := MAX(1, 2);", "INT(MAX(1, 2))"),
        ("a, c : WORD;", "c := SHL(a, 3);", "SHL(a, 3)"),
        ("a, c : INT;", "c := SHR(a, 1);", "INT(SHR(WORD(a), 1))"),
        ("a : INT; c : LREAL;", "c := SQRT(a);", "LREAL(SQRT(REAL(a)))"),
        ("g : BOOL; a, c : INT;", "c := SEL(g, a, 0);", "INT(SEL(g, DINT(a), 0))"),
        ("c : TIME;", "c := TIME();", "TIME()"),
    ],
)
def test_computation(variables, statement, expected):
    assert sketch(value_of(variables, statement)) == expected


def test_enumerations_are_their_base_in_expressions():
    assert sketch(value_of("c, d : Colour; b : BOOL;", "b := c = d;", COLOURS)) == "[DINT(c) = DINT(d) : DINT]"
    assert sketch(value_of("c : Colour;", "c := Green;", COLOURS)) == "5"
    assert sketch(value_of("c : Colour;", "c := Colour#Blue;", COLOURS)) == "6"
    assert sketch(value_of("c : Colour;", "c := Colour.Blue;", COLOURS)) == "6"
    assert sketch(value_of("c : Colour; n : INT;", "n := c;", COLOURS)) == "INT(c)"
    assert sketch(value_of("c : Colour; g : BOOL;", "c := SEL(g, c, Red);", COLOURS)) == "Colour(SEL(g, DINT(c), 0))"


def test_an_enumerator_of_two_enumerations_is_found_by_its_use():
    two = "TYPE Pump : (Off, Running); Lamp : (Dark, Off); END_TYPE"
    assert sketch(value_of("p : Pump;", "p := Off;", two)) == "0"
    assert sketch(value_of("l : Lamp;", "l := Off;", two)) == "1"
    assert sketch(value_of("l : Lamp; b : BOOL;", "b := l = Off;", two)) == "[DINT(l) = 1 : DINT]"


def test_a_variable_hides_an_enumerator_and_a_global():
    before = COLOURS + "\nVAR_GLOBAL level : REAL; END_VAR"
    assert codes(main("Red : REAL; level : INT;", "Red := 1.5; level := 2;", before)) == []


def test_qualified_only_keeps_the_bare_name_free():
    strict = "{attribute 'qualified_only'}\nTYPE Mode : (Off, On); END_TYPE"
    assert codes(main("m : Mode;", "m := Mode.On;", strict)) == []
    assert codes(main("m : Mode;", "m := On;", strict)) == ["RUNG0301"]


def test_arguments_keep_their_order_and_defaults_are_filled_in():
    function = "FUNCTION F : INT VAR_INPUT a : INT; b : INT := 7; c : INT; END_VAR F := a; END_FUNCTION"
    call = value_of("n : INT;", "n := F(c := 3, a := n);", function)
    assert isinstance(call, CallFunction)
    assert call.order == (2, 0)
    assert [sketch(value) for value in call.inputs] == ["n", "7", "3"]


def test_outputs_of_a_function_are_converted_on_their_way():
    function = "FUNCTION F VAR_OUTPUT o : INT; END_VAR o := 1; END_FUNCTION"
    (statement,) = statements("d : REAL; s : INT(0..9);", "F(o => d);", function)
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.call, CallFunction)
    (binding,) = statement.call.outputs
    assert [(kind.name, str(type_)) for kind, type_ in binding.chain] == [("INTEGER_TO_REAL", "REAL")]
    (statement,) = statements("d : REAL; s : INT(0..9);", "F(o => s);", function)
    assert isinstance(statement, Evaluate)
    assert isinstance(statement.call, CallFunction)
    assert [kind.name for kind, _ in statement.call.outputs[0].chain] == ["SUBRANGE"]


# ------------------------------------------------------------------------------------------------------ one for each


@pytest.mark.parametrize(
    "statement",
    [
        "n := (nowhere + 1) * 2 - nowhere;",
        "IF nowhere > 3 THEN n := nowhere; END_IF;",
        "n := MAX(nowhere, 3) + ABS(nowhere);",
        "a[nowhere] := nowhere + 2.5;",
        "FOR n := nowhere TO nowhere DO n2 := nowhere; END_FOR;",
        "CASE nowhere OF 1: n := 2; END_CASE;",
        "nowhere.part[3].more := nowhere.x;",
        "t(IN := nowhere, PT := nowhere.y, Q => nowhere);",
    ],
)
def test_what_has_failed_causes_no_second_finding(statement):
    variables = "n, n2 : INT; a : ARRAY[1..3] OF INT; t : TON;"
    assert codes(main(variables, statement)) == ["RUNG0301"]


def test_a_variable_of_an_unknown_type_is_silent_wherever_it_is_used():
    body = "x := 5; n := x + 1; x.part := n; x(); IF x THEN n := f.bad; END_IF; s.bad := 1; s.good := 1; n := G(1, x);"
    before = """TYPE S : STRUCT good : INT; bad : Nothing; END_STRUCT; END_TYPE
        FUNCTION_BLOCK F VAR_OUTPUT bad : Nothing; END_VAR END_FUNCTION_BLOCK
        FUNCTION G : INT VAR_INPUT a : INT; b : Nothing; END_VAR G := a; END_FUNCTION"""
    text = main("x : Nothing; n : INT; f : F; s : S;", body, before)
    assert codes(text) == ["RUNG0202"] * 4


def test_every_error_of_a_body_is_found_in_one_run():
    found = findings(main("n : INT; b : BOOL;", "n := b;\nb := n;\nn := 70000;\nm := 1;\nEXIT;\nn := 1 / 0;"))
    assert [f.code.id for f in found] == ["RUNG0320", "RUNG0320", "RUNG0323", "RUNG0301", "RUNG0370", "RUNG0332"]
    assert [f.span.line for f in found] == [6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    "statement",
    ["b := b AND_THEN b;", "b := b OR_ELSE b;", "b := w.3;", "c := Colour.Red;", "n := F(1, b := 2);"],
)
def test_extensions_are_errors_under_dialect_iec(statement):
    function = COLOURS + "\nFUNCTION F : INT VAR_INPUT a, b : INT; END_VAR F := a + b; END_FUNCTION"
    text = main("b : BOOL; w : WORD; c : Colour; n : INT;", statement, function)
    assert codes(text) == []
    assert codes(text, "iec") == ["RUNG0390"]


def test_the_near_name_is_offered():
    assert "did you mean 'Pressure'?" in only(main("Pressure : REAL;", "Presure := 1.0;")).remedy
    assert "did you mean 'PT'?" in only(main("t : TON;", "t(PTT := T#1s);")).remedy
    assert "did you mean 'LIMIT'?" in only(main("n : INT;", "n := LIMITT(1, n, 2);")).remedy
    assert "did you mean 'TON'?" in only(main("t : TONN;")).remedy


def test_second_places_are_shown():
    finding = only("PROGRAM Main\nVAR CONSTANT k : INT := 1; END_VAR\nk := 2;\nEND_PROGRAM")
    assert [(note.span.line, note.text) for note in finding.notes] == [(2, "declared here")]
    finding = only(main("n : INT;", "CASE n OF\n1..3: n := 0;\n2: n := 1;\nEND_CASE;"))
    assert (finding.span.line, [note.span.line for note in finding.notes]) == (8, [7])


def test_a_loop_variable_that_only_the_loop_writes_is_counted():
    from iec61131.semantics.model import For

    def counted(variables: str, body: str, before: str = "") -> bool:
        loop = statements(variables, body, before)[0]
        assert isinstance(loop, For)
        return loop.counted

    assert counted("i, n : INT;", "FOR i := 1 TO 9 DO n := n + i; END_FOR;")
    assert not counted("i : INT;", "FOR i := 1 TO 9 DO i := i + 1; END_FOR;")
    assert not counted("i : INT;", "FOR i := 1 TO 9 DO i.3 := TRUE; END_FOR;")
    assert not counted("i : INT; c : CTU;", "FOR i := 1 TO 9 DO c(CV => i); END_FOR;")
    assert not counted("n : INT;", "FOR g := 1 TO 9 DO n := g; END_FOR;", "VAR_GLOBAL g : INT; END_VAR")
    assert not counted("a : ARRAY[1..2] OF INT;", "FOR a[1] := 1 TO 9 DO ; END_FOR;")
    in_out = "FUNCTION F VAR_IN_OUT x : INT; END_VAR x := 1; END_FUNCTION"
    assert not counted("i : INT;", "FOR i := 1 TO 9 DO F(x := i); END_FOR;", in_out)
