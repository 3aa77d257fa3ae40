"""What the parser says about wrong text: the right code, at the right place, once, and the rest of the file as well."""

import pytest

from iec61131.diagnostics.catalogue import CODES
from iec61131.source import SourceFile
from iec61131.syntax.parser import parse
from iec61131.syntax.tree import PouDeclaration
from tests.unit.trees import codes_of, in_program

DECLARATION_WORDS = ("PROGRAM", "FUNCTION", "TYPE", "VAR_GLOBAL", "CONFIGURATION")
# Their examples describe a whole file and cannot be it; they have tests of their own in test_lexer.py.
WITHOUT_EXAMPLE = {"RUNG0191", "RUNG0192"}
SYNTAX_CODES = [code for code in CODES.values() if code.id.startswith("RUNG01") and code.id not in WITHOUT_EXAMPLE]


def as_source(example):
    """An example of the catalogue as a file: one that does not start with a declaration is the inside of a PROGRAM."""
    return example if example.startswith(DECLARATION_WORDS) else in_program(example)


@pytest.mark.parametrize("code", SYNTAX_CODES, ids=lambda code: code.id)
def test_wrong_example_gives_the_code_and_no_other(code):
    assert set(codes_of(as_source(code.wrong))) == {code.id}


@pytest.mark.parametrize("code", SYNTAX_CODES, ids=lambda code: code.id)
def test_right_example_gives_nothing(code):
    assert codes_of(as_source(code.right)) == []


def findings_of(text):
    return parse(SourceFile("test.st", text))[1]


def places_of(text):
    return [(f.span.line, f.code.id) for f in findings_of(text)]


# --------------------------------------------------------------------------------------------------------- exact places


@pytest.mark.parametrize(
    ("statement", "code", "marked", "remedy"),
    [
        ("x = 5;", "RUNG0128", "=", "':='"),
        ("IF x := 5 THEN END_IF;", "RUNG0129", ":=", "'='"),
        ("y := (x := 5) AND z;", "RUNG0129", ":=", "'='"),
        ("IF x => 5 THEN END_IF;", "RUNG0130", "=>", "'>='"),
        ("x : = 5;", "RUNG0131", ": =", "':='"),
        ("x =: 5;", "RUNG0106", "=:", "':='"),
        ("IF x == 5 THEN END_IF;", "RUNG0106", "==", "'='"),
        ("IF x != 5 THEN END_IF;", "RUNG0106", "!=", "'<>'"),
        ("IF x && y THEN END_IF;", "RUNG0106", "&&", "AND"),
        ("x := !y;", "RUNG0106", "!", "NOT"),
        ("x := y % 2;", "RUNG0106", "%", "MOD"),
        ("x += 1;", "RUNG0106", "+=", "x := x + 1"),
        ("x++;", "RUNG0106", "++", "x := x + 1"),
        ("x + 1;", "RUNG0132", "x + 1", "':='"),
        ("x;", "RUNG0132", "x", "'(..)'"),
        ("5 := x;", "RUNG0133", "5", "left"),
        ("f(x) := 5;", "RUNG0133", "f(x)", "left"),
        ("x := ;", "RUNG0127", ";", "expression"),
        ("x := y + * 2;", "RUNG0127", "*", "expression"),
        ("x := f(1, );", "RUNG0127", ")", "expression"),
        ("IF x THNE y := 1; END_IF;", "RUNG0122", "THNE", "'THEN'"),
        ("IF x THEN y := 1; ENDIF;", "RUNG0122", "ENDIF", "'END_IF'"),
        ("IF x THEN y := 1; END;", "RUNG0122", "END", "'END_IF'"),
        ("IF x THEN ELSEIF (y) AND z THEN END_IF;", "RUNG0122", "ELSEIF", "'ELSIF'"),
        ("WHIEL (x) AND y DO END_WHILE;", "RUNG0122", "WHIEL", "'WHILE'"),
        ("FRO i := 1 TO 3 DO END_FOR;", "RUNG0122", "FRO", "'FOR'"),
        ("FOR i := 1 TO 3 DO BREAK; END_FOR;", "RUNG0122", "BREAK", "'EXIT'"),
        ("RETRUN;", "RUNG0122", "RETRUN", "'RETURN'"),
        ("IF x DO END_IF;", "RUNG0120", "DO", "THEN"),
        ("FOR i := 1, 3 DO END_FOR;", "RUNG0120", ",", "FOR i := 1 TO 10 DO"),
        ("x := f(a b);", "RUNG0120", "b", ""),
        ("x := 5 7;", "RUNG0120", "7", "';'"),
        ("x := a.;", "RUNG0120", ";", ""),
        ("x := Type + 1;", "RUNG0126", "Type", "'Type_1'"),
        ("REPEAT x := 1; END_REPEAT;", "RUNG0120", "END_REPEAT", "UNTIL"),
        ("END_VAR x := 1;", "RUNG0124", "END_VAR", "remove"),
        ("x := “a b c”;", "RUNG0107", "“a b c”", "straight"),
        ("x := 0x1F;", "RUNG0110", "0x1F", "16#1F"),
    ],
)
def test_slip_is_one_finding_at_its_place(statement, code, marked, remedy):
    (finding,) = findings_of(in_program(f"a := 1;\n{statement}\nb := 2;"))
    assert (finding.code.id, finding.span.line, finding.span.text) == (code, 3, marked)
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("declaration", "code", "marked"),
    [
        ("a INT;", "RUNG0120", "INT"),
        ("a : ;", "RUNG0136", ";"),
        ("a := 5;", "RUNG0120", ":="),
        ("a : INT = 5;", "RUNG0120", "="),
        ("a b : INT;", "RUNG0120", "b"),
        ("a, : INT;", "RUNG0120", ":"),
        ("If : INT;", "RUNG0126", "If"),
        ("a : Repeat;", "RUNG0126", "Repeat"),
        ("a : ARAY[1..3] OF INT;", "RUNG0122", "ARAY"),
        ("a : ARRAY[3] OF INT;", "RUNG0120", "]"),
        ("a : ARRAY[1..3] INT;", "RUNG0120", "INT"),
        ("a : INT(0..);", "RUNG0127", ")"),
        ("a AT : BOOL;", "RUNG0120", ":"),
        ("a AT %OX1 : BOOL;", "RUNG0114", "%OX1"),
        ("a AT %I*x : BOOL;", "RUNG0114", "%I*x"),
        ("a : Motor(1;", "RUNG0125", ""),
        ("a : ARRAY[0..1] OF Motor[1];", "RUNG0120", "1"),
        ("a : POINTER INT;", "RUNG0120", "INT"),
        ("a : REFERENCE T0 INT;", "RUNG0122", "T0"),
        ("a : POINTER TO ;", "RUNG0136", ";"),
        ("a : UNION b INT; END_UNION;", "RUNG0120", "INT"),
        ("a : ARRAY[*, ] OF INT;", "RUNG0127", "]"),
        ("a : b.c. := 2;", "RUNG0120", ":="),
        ("a : (A, , B);", "RUNG0120", ","),
        ("a : T := (x := 1, 2);", "RUNG0120", "2"),
        ("5 : INT;", "RUNG0120", "5"),
    ],
)
def test_slip_in_a_declaration_is_one_finding_at_its_place(declaration, code, marked):
    (finding,) = findings_of(in_program(f"VAR\nx : INT;\n{declaration}\ny : INT;\nEND_VAR\nx := y;"))
    assert (finding.code.id, finding.span.line, finding.span.text) == (code, 4, marked)


@pytest.mark.parametrize("statement", ["x := 1", "f(x)", "EXIT", "a.b[1] := (2)"])
@pytest.mark.parametrize("follows", ["\ny := 2;", "\n\n(* comment *)\nIF a THEN END_IF;", "  // comment\n", " y := 2;"])
def test_missing_semicolon_is_shown_behind_the_statement(statement, follows):
    text = in_program(f"x := 0;\n{statement}{follows}")
    (finding,) = findings_of(text)
    assert finding.code.id == "RUNG0121"
    assert finding.span.start == finding.span.end == text.index(statement, text.index(";")) + len(statement)


UNCLOSED = [
    ("IF a THEN x := 1;", "END_IF"),
    ("IF a THEN x := 1; ELSE y := 2;", "END_IF"),
    ("WHILE a DO x := 1;", "END_WHILE"),
    ("FOR i := 1 TO 3 DO x := 1;", "END_FOR"),
    ("REPEAT x := 1; UNTIL a", "END_REPEAT"),
    ("CASE a OF 1: x := 1;", "END_CASE"),
    ("__TRY x := 1; __CATCH (e) y := 2;", "__ENDTRY"),
]
AROUND = [
    ("", ""),
    ("WHILE outer DO ", "END_WHILE; z := 1;"),
    ("FOR outer := 1 TO 3 DO ", "END_FOR; z := 1;"),
    ("REPEAT ", "UNTIL outer END_REPEAT;"),
    ("IF outer THEN ", "END_IF;"),
    ("CASE outer OF 1: ", "END_CASE;"),
]


@pytest.mark.parametrize(
    ("block", "closer", "before", "after"),
    # Where the inner block is of the kind of the outer one, the outer END closes it: another case, tested below.
    [(*block, *around) for block in UNCLOSED for around in AROUND if block[1] not in around[1]],
)
def test_unclosed_block_points_at_its_beginning(block, closer, before, after):
    text = in_program(f"{before}{block}\n{after}")
    (finding,) = findings_of(text)
    assert finding.code.id == "RUNG0123"
    assert closer in finding.message
    assert [(note.span.start, note.span.text) for note in finding.notes] == [(text.index(block), block.split()[0])]


def test_an_outer_else_ends_an_unclosed_loop():
    assert places_of(in_program("IF a THEN\nWHILE b DO\nx := 1;\nELSE\nx := ;\nEND_IF;")) == [
        (5, "RUNG0123"),
        (6, "RUNG0127"),
    ]


@pytest.mark.parametrize("block", ["IF a THEN", "WHILE a DO", "FOR i := 1 TO 3 DO", "REPEAT", "CASE a OF 1:"])
def test_of_two_blocks_of_a_kind_the_outer_one_is_unclosed(block):
    end = f"END_{block.split()[0]}"
    end = f"UNTIL a {end}" if block == "REPEAT" else end
    text = in_program(f"{block}\n {block} x := 1; {end};")
    (finding,) = findings_of(text)
    assert (finding.code.id, finding.notes[0].span.line) == ("RUNG0123", 2)


def test_else_if_that_lacks_its_end_is_explained():
    text = in_program("IF a THEN x := 1;\nELSE IF b THEN x := 2;\nEND_IF;")
    (finding,) = findings_of(text)
    assert [note.span.line for note in finding.notes] == [2, 3]
    assert "ELSIF" in finding.notes[1].text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("VAR\n a : INT;\nx := 1;\nEND_PROGRAM", 4),
        ("VAR\n a : INT;\nIF a THEN END_IF;\nEND_PROGRAM", 4),
        ("VAR\n a : INT;\nVAR_INPUT b : INT; END_VAR\nEND_PROGRAM", 4),
        ("VAR\n a : INT;\nEND_PROGRAM", 4),
        ("VAR\n a : STRUCT b : INT;\nEND_VAR END_PROGRAM", 4),
    ],
)
def test_unclosed_section(text, line):
    (finding,) = findings_of(f"PROGRAM Main\n{text}")
    assert (finding.code.id, finding.span.line) == ("RUNG0123", line)


@pytest.mark.parametrize(
    "opener", ["PROGRAM P", "FUNCTION F : INT", "FUNCTION_BLOCK B", "TYPE A : INT;", "CONFIGURATION C"]
)
@pytest.mark.parametrize("follows", ["", "PROGRAM Q VAR x : INT; END_VAR END_PROGRAM", "TYPE B : INT; END_TYPE"])
def test_unclosed_declaration(opener, follows):
    text = f"{opener}\n{follows}"
    unit, (finding,) = parse(SourceFile("test.st", text))
    assert finding.code.id == "RUNG0123"
    assert finding.notes[0].span.text == opener.split(" ", maxsplit=1)[0]
    assert len(unit.declarations) == (2 if follows else 1)


@pytest.mark.parametrize(
    ("statement", "bracket"),
    [("x := (a + b;", "("), ("x := f(a;", "("), ("x[1 := 5;", "["), ("IF (a THEN END_IF;", "("), ("x := ((a);", "(")],
)
def test_unclosed_bracket_points_at_the_opening_one(statement, bracket):
    text = in_program(statement)
    (finding,) = findings_of(text)
    assert finding.code.id in ("RUNG0125", "RUNG0120")
    assert [(note.span.start, note.span.text) for note in finding.notes] == [(text.index(bracket), bracket)]


# ------------------------------------------------------------------------------------------------------------ recovery


def test_independent_errors_are_found_in_one_run():
    text = """PROGRAM Main
VAR
    a INT;
    b : ARRAY[3] OF INT;
    c : BOOL;
END_VAR
    a := 1
    b[1] := 2;
    c = TRUE;
    IF c THNE
        a := ;
        WHILE c DO
            a := (1 + 2;
        ENDWHILE;
    END_IF;
    FOR i := 1 T0 3 DO
        f(1, 2 3);
    END_FOR;
    a := 16#XY;
END_PROGRAM
PROGAM Other
    b := 'abc;
END_PROGRAM
"""
    assert places_of(text) == [
        (3, "RUNG0120"),
        (4, "RUNG0120"),
        (7, "RUNG0121"),
        (9, "RUNG0128"),
        (10, "RUNG0122"),
        (11, "RUNG0127"),
        (13, "RUNG0125"),
        (14, "RUNG0122"),
        (16, "RUNG0122"),
        (17, "RUNG0120"),
        (19, "RUNG0110"),
        (21, "RUNG0122"),
        (22, "RUNG0104"),
    ]


def test_an_error_does_not_cost_the_next_statement():
    unit, findings = parse(
        SourceFile("test.st", in_program("a := ;\nb := 1;\nc := (;\nIF d THEN e := 1; END_IF;\nf(;\ng();"))
    )
    assert [f.code.id for f in findings] == ["RUNG0127"] * 3
    (pou,) = unit.declarations
    assert isinstance(pou, PouDeclaration)
    assert [type(statement).__name__ for statement in pou.body] == ["Assign", "If", "CallStatement"]


def test_an_error_in_a_condition_does_not_cost_the_block():
    assert places_of(in_program("IF a > THEN\nx := ;\nELSIF THEN\ny := ;\nEND_IF;\nz := ;")) == [
        (2, "RUNG0127"),
        (3, "RUNG0127"),
        (4, "RUNG0127"),
        (5, "RUNG0127"),
        (7, "RUNG0127"),
    ]


def test_nothing_is_said_about_the_end_of_a_file_that_an_open_comment_swallowed():
    assert codes_of("PROGRAM Main\nIF a THEN\nx := 1; (* open\nEND_IF;\nEND_PROGRAM") == ["RUNG0103"]


def test_a_swapped_end_counts_as_the_end():
    assert places_of(in_program("IF a THEN x := 1; END_WHILE;\nx := ;")) == [(2, "RUNG0123"), (3, "RUNG0127")]


def test_errors_in_a_try():
    assert places_of(in_program("__TRY\nx := ;\n__CATCH (1)\ny := ;\n__FINALLY\nz := ;\n__ENDTRY\nx := ;")) == [
        (3, "RUNG0127"),
        (4, "RUNG0120"),
        (5, "RUNG0127"),
        (7, "RUNG0127"),
        (9, "RUNG0127"),
    ]
    assert places_of(in_program("x := 1;\n__CATCH (e)\nx := ;\n__FINALLY\nx := ;\n__ENDTRY;")) == [
        (3, "RUNG0124"),
        (4, "RUNG0127"),
        (5, "RUNG0124"),
        (6, "RUNG0127"),
        (7, "RUNG0124"),
    ]


def test_an_extra_end_is_skipped():
    assert places_of(in_program("WHILE a DO\nx := 1;\nEND_IF;\nx := 2;\nEND_WHILE;\nx := ;")) == [
        (4, "RUNG0124"),
        (7, "RUNG0127"),
    ]


def test_the_wrong_end_of_a_pou_ends_it():
    assert codes_of("PROGRAM P\nx := 1;\nEND_FUNCTION\nPROGRAM Q END_PROGRAM") == ["RUNG0124"]


def test_statements_without_a_program_are_one_finding():
    assert codes_of("x := 1;\ny := 2;\nIF a THEN b := 1; END_IF;\nPROGRAM P\nz := ;\nEND_PROGRAM") == [
        "RUNG0135",
        "RUNG0127",
    ]


@pytest.mark.parametrize("section", ["VAR_STA", "VAR_CNFIG", "VAR_INPT", "VRA", "VAR_GLOBL"])
@pytest.mark.parametrize("around", ["PROGRAM P {} END_PROGRAM", "{}"])
def test_a_misspelt_section_is_read_as_the_section(section, around):
    """A misspelt VAR_STAT was taken for the keyword, and then looked up by what was written: KeyError."""
    assert codes_of(around.format(f"{section} a : INT; END_VAR"))[0] == "RUNG0122"


def test_sections_behind_the_body_do_not_hide_what_follows():
    assert places_of(in_program("x := 1;\nVAR y : INT; END_VAR\nx := ;")) == [(3, "RUNG0134"), (4, "RUNG0127")]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("CONFIGURATION C\nRESORCE r ON PC\nTASK t (INTERVAL := T#1s);\nEND_RESOURCE\nEND_CONFIGURATION", ["RUNG0122"]),
        ("CONFIGURATION C\nTASK t (INTERVAL = T#1s);\nPROGRAM p : Main;\nEND_CONFIGURATION", ["RUNG0120"]),
        ("CONFIGURATION C\nTASK t (INTERVAL := T#1s);\nPROGRAM p WITH t;\nEND_CONFIGURATION", ["RUNG0120"]),
        ("CONFIGURATION C\nTASK t (INTERVAL := T#1s)\nPROGRAM p : Main;\nEND_CONFIGURATION", ["RUNG0121"]),
        ("CONFIGURATION C\nx := 1;\nEND_CONFIGURATION", ["RUNG0120"]),
        ("CONFIGURATION C\nRESOURCE r ON PC\nEND_CONFIGURATION", ["RUNG0123"]),
        ("CONFIGURATION C\nEND_RESOURCE\nEND_CONFIGURATION", ["RUNG0124"]),
        ("CONFIGURATION\nEND_CONFIGURATION", ["RUNG0120"]),
    ],
)
def test_errors_in_a_configuration(text, codes):
    assert codes_of(text) == codes
    assert codes_of(f"{text}\nPROGRAM Main\nx := ;\nEND_PROGRAM") == [*codes, "RUNG0127"]
