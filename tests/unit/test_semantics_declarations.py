"""Declarations: types, constants, initial values, interfaces, and the order in which they are resolved."""

import pytest

from iec61131.semantics.model import Assign, CallBlock, Storage, VariablePlace
from iec61131.semantics.types import ArrayType, BlockType, EnumType, StructType, SubrangeType
from iec61131.syntax.tree import VarKind
from tests.unit.resolved import build, codes, findings, main, only, pou


def initial_of(declaration: str, before: str = "") -> object:
    """The initial value of `x`."""
    model, _ = build(main(declaration, before=before))
    return next(v.initial for v in pou(model, "Main").variables if v.name == "x")


TYPES = """
TYPE
    Colour : (Red, Green := 5, Blue);
    Start : Colour := Blue;
    Level : INT(3..9);
    Speed : INT := 7;
    Point : STRUCT x, y : REAL := 1.5; c : Colour; l : Level; s : Speed; END_STRUCT;
    Far : Point := (x := 100.0);
    Row : ARRAY[1..3] OF Speed;
    Word2 : (Lo := 16#FFFE, Hi) UINT;
END_TYPE
"""


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ("x : INT;", 0),
        ("x : BOOL;", False),
        ("x : REAL;", 0.0),
        ("x : TIME := T#1m;", 60_000_000_000),
        ("x : REAL := 0.1;", 0.10000000149011612),
        ("x : LREAL := 0.1;", 0.1),
        ("x : BYTE := 2#1010;", 10),
        ("x : Colour;", 0),
        ("x : Colour := Blue;", 6),
        ("x : Start;", 6),
        ("x : Word2 := Hi;", 0xFFFF),
        ("x : Level;", 3),
        ("x : INT(-5..5);", -5),
        ("x : Speed;", 7),
        ("x : Point;", {}),
        ("x : Point := (y := 2.0, l := 4);", {"Y": 2.0, "L": 4}),
        ("x : Far;", {"X": 100.0}),
        ("x : Far := (y := 2.0);", {"X": 100.0, "Y": 2.0}),
        ("x : Row;", (7, 7, 7)),
        ("x : Row := [1];", (1, 7, 7)),
        ("x : ARRAY[0..5] OF INT := [1, 2(5), 2(), 9];", (1, 5, 5, 0, 0, 9)),
        ("x : ARRAY[0..1, 0..2] OF INT := [1, 2, 3, 4];", (1, 2, 3, 4, 0, 0)),
        ("x : ARRAY[1..2] OF ARRAY[1..2] OF INT := [[1, 2], [3]];", ((1, 2), (3, 0))),
        ("x : ARRAY[1..2] OF Point := [(x := 9.0)];", ({"X": 9.0}, {})),
        ("x : TON := (PT := T#5s);", {"PT": 5_000_000_000}),
        ("x : ARRAY[1..2] OF TON := [2((PT := T#1s))];", ({"PT": 1_000_000_000},) * 2),
        ("x : DINT := (2 + 3) * SHL(1, 4) - ABS(-3);", 77),
        ("x : INT := REAL_TO_INT(2.5) + LIMIT(0, 12, 10);", 12),
        ("x : BOOL := 3 > 2 AND NOT FALSE;", True),
        ("x : INT := k * 2;", 12),
        ("x : INT := t[2] + p.l;", 9),
    ],
)
def test_initial_value(declaration, value):
    constants = """
END_VAR
VAR CONSTANT
    p : Point := (l := 4);
    t : ARRAY[1..3] OF INT := [4, k - 1, 6];
    k : INT := 6;"""
    found = initial_of(declaration + constants, TYPES)
    assert found == value
    assert type(found) is type(value)


def test_constants_may_be_declared_in_any_order():
    before = """
        PROGRAM Main VAR a : ARRAY[1..Count] OF Item := [Count(First)]; END_VAR END_PROGRAM
        VAR_GLOBAL CONSTANT Count : INT := Base + 1; END_VAR
        TYPE Item : (First, Second := Base); END_TYPE
        VAR_GLOBAL CONSTANT Base : INT := 3; END_VAR
    """.replace("[Count(First)]", "[4(First)]")
    model, _ = build(before)
    type_ = pou(model, "Main").variables[0].type
    assert isinstance(type_, ArrayType)
    assert type_.ranges == ((1, 4),)
    assert isinstance(type_.element, EnumType)
    assert type_.element.members == {"First": 0, "Second": 3}


def test_enumerators_count_on_from_the_one_before():
    model, _ = build("TYPE E : (a, b := a + 10, c, d := 2) DINT; END_TYPE\n" + main("e : E;"))
    (enumeration,) = [t for t in model.types if isinstance(t, EnumType)]
    assert enumeration.members == {"a": 0, "b": 10, "c": 11, "d": 2}
    assert enumeration.base.name == "DINT"


def test_struct_fields_lie_like_in_c():
    model, _ = build("TYPE S : STRUCT a : BYTE; b : LREAL; c : INT; END_STRUCT; END_TYPE\n" + main("s : S;"))
    (struct,) = [t for t in model.types if isinstance(t, StructType)]
    assert [(f.name, f.offset) for f in struct.fields.values()] == [("a", 0), ("b", 8), ("c", 16)]
    assert (struct.size, struct.align) == (24, 8)


def test_types_come_before_what_is_made_of_them():
    text = """
        TYPE Outer : STRUCT i : ARRAY[1..2] OF Inner; END_STRUCT; Inner : STRUCT n : INT; END_STRUCT; END_TYPE
        FUNCTION_BLOCK A VAR b : B; END_VAR b(); END_FUNCTION_BLOCK
        FUNCTION_BLOCK B VAR o : Outer; t : TON; END_VAR t(); END_FUNCTION_BLOCK
    """ + main("a : A;", "a();")
    model, _ = build(text)
    names = [str(t) for t in model.types]
    for first, second in (("Inner", "Outer"), ("Outer", "B"), ("TON", "B"), ("B", "A"), ("A", "Main")):
        assert names.index(first) < names.index(second)
    assert [p.name for p in model.pous] == ["TON", "B", "A", "Main"]


def test_subranges_are_named_by_what_they_are():
    finding = only(main("level : INT(0..100) := 101;"))
    assert finding.message == "101 is not a value of INT(0..100)"
    model, _ = build("TYPE Percent : INT(0..100); END_TYPE\n" + main("level : Percent;"))
    assert [str(t) for t in model.types if isinstance(t, SubrangeType)] == ["Percent"]


# ---------------------------------------------------------------------------------------------------------- interfaces


def test_where_variables_live():
    text = """
        VAR_GLOBAL g : INT; pin AT %QX0.0 : BOOL; END_VAR
        FUNCTION F : INT
        VAR_INPUT i : INT; END_VAR VAR_IN_OUT r : INT; END_VAR VAR l : INT; END_VAR
        VAR CONSTANT k : INT := 1; table : ARRAY[1..2] OF INT := [1, 2]; END_VAR
        F := table[i] + r;
        END_FUNCTION
        FUNCTION_BLOCK B
        VAR_INPUT i : INT; END_VAR VAR_OUTPUT o : INT; END_VAR VAR_IN_OUT r : INT; END_VAR VAR_TEMP t : INT; END_VAR
        VAR_EXTERNAL g : INT; END_VAR
        o := g + r;
        END_FUNCTION_BLOCK
    """ + main("b : B; n : INT; start AT %IX0.0 : BOOL;", "b(r := n); n := F(1, n);")
    model, _ = build(text)
    storages = {p.name: {v.name: v.storage for v in p.variables} for p in model.pous}
    frame, instance, memory, reference = Storage.FRAME, Storage.INSTANCE, Storage.MEMORY, Storage.REFERENCE
    assert storages["F"] == {"F": frame, "i": frame, "r": reference, "l": frame, "k": frame, "table": memory}
    assert storages["B"] == {"i": instance, "o": instance, "r": reference, "t": frame}
    assert storages["Main"] == {"b": instance, "n": instance, "start": memory}
    assert [v.name for v in model.memory] == ["g", "Main", "table", "pin", "start"]
    block = pou(model, "B").instance
    assert isinstance(block, BlockType)
    assert list(block.members) == ["I", "O"]


def test_an_edge_input_runs_a_trigger_before_the_body():
    model, _ = build(
        "FUNCTION_BLOCK B VAR_INPUT up : BOOL R_EDGE; END_VAR VAR n : INT; END_VAR IF up THEN n := n + 1; END_IF; "
        "END_FUNCTION_BLOCK\n" + main("b : B;", "b(up := TRUE);")
    )
    block = pou(model, "B")
    assert [v.name for v in block.variables] == ["up", "up$edge", "up$last", "n"]
    assert [v.edge_of.name if v.edge_of else None for v in block.variables] == [None, "up", "up", None]
    places = [s.place for s in block.body[:2] if isinstance(s, Assign)]
    targets = [place.variable.name for place in places if isinstance(place, VariablePlace)]
    assert targets == ["up$edge", "up$last"]
    (call,) = pou(model, "Main").body
    assert isinstance(call, CallBlock)
    assert [v.name for v, _ in call.inputs] == ["up"]


def test_a_function_block_of_the_user_wins_over_the_library():
    own = "FUNCTION_BLOCK TON VAR_INPUT go : BOOL; END_VAR VAR_OUTPUT n : INT; END_VAR n := 1; END_FUNCTION_BLOCK\n"
    assert codes(main("t : TON; n : INT;", "t(go := TRUE); n := t.n;", own)) == []


def test_only_blocks_in_use_are_in_the_model():
    model, _ = build(main("c : CTU; n : INT;", "c(CU := TRUE, PV := 3, CV => n);"))
    assert [p.name for p in model.pous] == ["CTU", "Main"]
    assert [file.name for file in model.files] == ["test.st", "stdlib/CTU.st"]


@pytest.mark.parametrize("dialect", ["rung", "iec"])
@pytest.mark.parametrize("block", ["CTD", "CTU", "CTUD", "F_TRIG", "R_TRIG", "RS", "SR", "TOF", "TON", "TP"])
def test_library_block_compiles_without_a_finding(block, dialect):
    assert codes(main(f"x : {block};", "x();"), dialect) == []


def test_externals_are_the_globals_themselves():
    text = "VAR_GLOBAL g : INT; END_VAR\nPROGRAM Main VAR_EXTERNAL g : INT; END_VAR g := 1; END_PROGRAM"
    model, _ = build(text)
    (assign,) = pou(model, "Main").body
    assert isinstance(assign, Assign)
    assert isinstance(assign.place, VariablePlace)
    assert assign.place.variable is model.memory[0]
    assert assign.place.variable.kind is VarKind.GLOBAL
    assert codes(text, "iec") == []


# -------------------------------------------------------------------------------------------------------------- errors


def test_a_circle_is_one_finding_with_its_stations():
    found = only("TYPE A : STRUCT b : B; END_STRUCT; B : ARRAY[0..1] OF C; C : STRUCT a : A; END_STRUCT; END_TYPE")
    assert found.code.id == "RUNG0210"
    assert [note.text for note in found.notes] == ["B is part of the circle", "C is part of the circle"]


def test_a_circle_through_an_array_bound():
    before = "TYPE A : ARRAY[0..Last] OF INT; END_TYPE VAR_GLOBAL CONSTANT Last : INT := Size; t : A; END_VAR"
    assert codes(before + " VAR_GLOBAL CONSTANT Size : INT := t[0]; END_VAR") == ["RUNG0210"]


def test_a_block_may_be_handed_one_of_its_own_kind():
    text = (
        "FUNCTION_BLOCK Node VAR_INPUT v : INT; END_VAR VAR_IN_OUT next : Node; END_VAR next.v := v; END_FUNCTION_BLOCK"
    )
    assert codes(text + main("a, b : Node;", "a(v := 1, next := b); b(v := 2, next := a);")) == []


def test_recursion_names_the_way_round():
    text = """FUNCTION A : INT VAR_INPUT n : INT; END_VAR A := B(n); END_FUNCTION
FUNCTION B : INT VAR_INPUT n : INT; END_VAR B := A(n - 1); END_FUNCTION"""
    model, _ = build(text)
    assert all(p.recursive for p in model.pous)
    finding = only(text, "iec")
    assert (finding.code.id, len(finding.notes)) == ("RUNG0241", 1)


def test_a_broken_constant_is_not_used_on():
    assert codes("VAR_GLOBAL CONSTANT n : INT := 2.5; END_VAR VAR_GLOBAL a : ARRAY[1..n] OF INT; END_VAR") == [
        "RUNG0326"
    ]


def test_a_wrong_initial_value_is_one_finding():
    assert codes(main("a : ARRAY[1..2] OF INT := [1.5, x, 70000]; b : TON := (PT := 5, IN := 3);")) == [
        "RUNG0326",
        "RUNG0301",
        "RUNG0323",
        "RUNG0321",
        "RUNG0321",
    ]


def test_findings_are_in_the_order_of_files_and_places():
    from iec61131 import compiler
    from iec61131.source import SourceFile

    second = SourceFile("b.st", "PROGRAM P VAR x : NoType; END_VAR y := 1; END_PROGRAM")
    first = SourceFile("a.st", "TYPE T : (A, A); END_TYPE TYPE U : Missing; END_TYPE")
    found = compiler.check([first, second])
    assert [(d.span.file.name, d.code.id) for d in found] == [
        ("a.st", "RUNG0201"),
        ("a.st", "RUNG0202"),
        ("b.st", "RUNG0202"),
        ("b.st", "RUNG0301"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FUNCTION F : INT F := 1; END_FUNCTION VAR_GLOBAL f : INT; END_VAR", ["RUNG0201"]),
        ("VAR_GLOBAL f : INT; END_VAR FUNCTION F : INT F := 1; END_FUNCTION", ["RUNG0201"]),
        ("VAR_GLOBAL tank : Tank; END_VAR TYPE Tank : STRUCT n : INT; END_STRUCT; END_TYPE", []),
        ("VAR_GLOBAL pump : Pump; END_VAR FUNCTION_BLOCK Pump END_FUNCTION_BLOCK", []),
        ("VAR_GLOBAL main : INT; END_VAR PROGRAM Main END_PROGRAM", ["RUNG0201"]),
        ("VAR_GLOBAL a : INT; END_VAR VAR_GLOBAL A : INT; END_VAR", ["RUNG0201"]),
        ("FUNCTION TIME : INT TIME := 1; END_FUNCTION", ["RUNG0204"]),
    ],
)
def test_who_may_share_a_name(text, expected):
    assert codes(text) == expected


def test_bits_of_a_subrange_cannot_take_it_out_of_its_values():
    assert codes(main("x : INT(0..9);", "x.4 := TRUE;")) == ["RUNG0318"]


def test_a_duplicate_pou_is_still_checked():
    text = "FUNCTION F : INT F := 1; END_FUNCTION FUNCTION F : INT F := nowhere; END_FUNCTION"
    assert [d.code.id for d in findings(text)] == ["RUNG0201", "RUNG0301"]
