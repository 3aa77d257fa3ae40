"""METHOD, PROPERTY, ACTION, INTERFACE, CLASS: their trees, where they may stand, and what is said about errors."""

import itertools

import pytest

from iec61131.source import SourceFile
from iec61131.syntax.parser import parse
from iec61131.syntax.tree import Access, Modifier, PouKind
from tests.unit.test_parser_errors import places_of
from tests.unit.trees import codes_of, declarations_of, only, sketch


def block(inside: str, heading: str = "FUNCTION_BLOCK B") -> str:
    return f"{heading}\n{inside}\nEND_FUNCTION_BLOCK\n"


# ------------------------------------------------------------------------------------------------------------ headings


def test_a_block_extends_one_and_implements_many():
    pou = only(block("VAR x : INT; END_VAR x := 1;", "FUNCTION_BLOCK B EXTENDS Lib.A IMPLEMENTS I1, a.b.I2"))
    assert (sketch(pou.extends), sketch(pou.implements)) == ("Lib.A", "[I1, a.b.I2]")
    assert (len(pou.variables), len(pou.body)) == (1, 1)
    assert (only(block("")).extends, only(block("")).implements) == (None, ())


@pytest.mark.parametrize("access", [None, *Access])
@pytest.mark.parametrize("found", [(), (Modifier.ABSTRACT,), (Modifier.FINAL, Modifier.OVERRIDE)])
def test_modifiers_in_any_order(access, found):
    words = [*(word.value for word in found), *([access.value] if access else [])]
    for order in itertools.permutations(words):
        pou = only(f"FUNCTION_BLOCK {' '.join(order)} B END_FUNCTION_BLOCK")
        assert (pou.access, pou.modifiers) == (access, frozenset(found))
        (before,) = only(block(f"{' '.join(order)} METHOD m : INT END_METHOD")).methods
        (behind,) = only(block(f"METHOD {' '.join(order)} m : INT END_METHOD")).methods
        for method in (before, behind):
            assert (method.access, method.modifiers, method.name.text) == (access, frozenset(found), "m")


@pytest.mark.parametrize("word", ["Final", "Public", "Override", "Internal"])
def test_modifiers_may_be_names(word):
    pou = only(f"FUNCTION_BLOCK {word}\nMETHOD {word}\n{word} := 1;\nEND_METHOD\n{word}.x := 1;\nEND_FUNCTION_BLOCK")
    assert (pou.name.text, pou.methods[0].name.text, len(pou.body)) == (word, word, 1)


def test_functions_programs_and_types_have_modifiers():
    function, program, type_ = declarations_of(
        "FUNCTION INTERNAL f : INT END_FUNCTION PROGRAM PUBLIC P END_PROGRAM TYPE INTERNAL T : INT; END_TYPE"
    )
    assert [d.access for d in (function, program, type_)] == [Access.INTERNAL, Access.PUBLIC, Access.INTERNAL]


# ------------------------------------------------------------------------------------------------------------- members

METHOD = "METHOD PUBLIC m : INT VAR_INPUT a : INT; END_VAR m := a; END_METHOD"
PROPERTY = "PROPERTY p : REAL GET p := 1.0; END_GET SET VAR t : REAL; END_VAR t := p; END_SET END_PROPERTY"
ACTION = "ACTION go: x := 1; END_ACTION"
MEMBERS = f"{METHOD}\n{PROPERTY}\n{ACTION}\n"


@pytest.mark.parametrize(
    "text",
    [
        f"FUNCTION_BLOCK B VAR x : INT; END_VAR {MEMBERS} x := 2; END_FUNCTION_BLOCK",
        f"FUNCTION_BLOCK B VAR x : INT; END_VAR x := 2; {MEMBERS} END_FUNCTION_BLOCK",
        f"FUNCTION_BLOCK B VAR x : INT; END_VAR x := 2; END_FUNCTION_BLOCK {MEMBERS}",
        f"FUNCTION_BLOCK B VAR x : INT; END_VAR {METHOD} x := 2; {PROPERTY} END_FUNCTION_BLOCK {ACTION}",
        f"FUNCTION_BLOCK B {MEMBERS} VAR x : INT; END_VAR x := 2; END_FUNCTION_BLOCK",
        f"PROGRAM B VAR x : INT; END_VAR x := 2; END_PROGRAM; {MEMBERS.replace('END_METHOD', 'END_METHOD;')}",
        f"CLASS B VAR x : INT; END_VAR x := 2; {MEMBERS} END_CLASS",
        f"FUNCTION_BLOCK B VAR x : INT; END_VAR x := 2; {METHOD} {PROPERTY} END_FUNCTION_BLOCK\n"
        f"ACTIONS {ACTION} END_ACTIONS",
        f"FUNCTION_BLOCK B VAR x : INT; END_VAR x := 2; {METHOD} {PROPERTY} END_FUNCTION_BLOCK\n"
        f"ACTIONS B {ACTION} END_ACTIONS",
    ],
)
def test_members_stand_around_the_body(text):
    pou, last = declarations_of(text + "\nPROGRAM Last END_PROGRAM")
    assert last.name.text == "Last"
    assert (sketch(pou.variables), sketch(pou.body)) == (
        "[VarBlock(LOCAL, [], [VarDeclaration([x], -, INT, -, -, [])])]",
        "[Assign(x, 2)]",
    )
    ((method,), (declared,), (action,)) = pou.methods, pou.properties, pou.actions
    assert sketch(method).startswith("MethodDeclaration(m, PUBLIC, [], INT, [VarBlock(INPUT, ")
    assert sketch(method.body) == "[Assign(m, a)]"
    assert (sketch(declared.type), sketch(declared.getter.body), sketch(declared.setter.body)) == (
        "REAL",
        "[Assign(p, 1.0)]",
        "[Assign(t, p)]",
    )
    assert len(declared.setter.variables) == 1
    assert (action.name.text, sketch(action.body)) == ("go", "[Assign(x, 1)]")


def test_members_may_name_their_owner():
    text = (
        "FUNCTION_BLOCK A END_FUNCTION_BLOCK METHOD A.m END_METHOD\n"
        "FUNCTION_BLOCK B PROPERTY B.p : INT END_PROPERTY END_FUNCTION_BLOCK\n"
        "ACTION b.go: x := 1; END_ACTION PUBLIC METHOD FINAL a.n : INT END_METHOD"
    )
    first, second = declarations_of(text)
    assert [method.name.text for method in first.methods] == ["m", "n"]
    assert [method.access for method in first.methods] == [None, Access.PUBLIC]
    assert ([p.name.text for p in second.properties], [a.name.text for a in second.actions]) == (["p"], ["go"])
    assert codes_of(block("METHOD C.m END_METHOD")) == ["RUNG0120"]
    assert codes_of(block("") + "METHOD C.m END_METHOD") == ["RUNG0135"]


def test_pragmas_go_to_the_member_behind_them():
    pou = only(block("{a} x := 1; {m} METHOD m {b} y := 1; END_METHOD {p} PROPERTY p : INT END_PROPERTY {c} z(); {d}"))
    assert sketch(pou.body) == "[a, Assign(x, 1), c, CallStatement(z()), d]"
    assert (sketch(pou.methods[0].pragmas), sketch(pou.methods[0].body)) == ("[m]", "[b, Assign(y, 1)]")
    assert sketch(pou.properties[0].pragmas) == "[p]"


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("GET p := 1; END_GET", None),
        ("PRIVATE GET p := 1; END_GET", Access.PRIVATE),
        ("GET PROTECTED\np := 1; END_GET", Access.PROTECTED),
        ("GET\nPrivate := 1; END_GET", None),
        ("GET Private := 1; END_GET", None),
    ],
)
def test_accessors_have_an_access(text, access):
    (declared,) = only(block(f"PROPERTY p : INT {text} END_PROPERTY")).properties
    assert (declared.getter.access, len(declared.getter.body), declared.setter) == (access, 1, None)


def test_an_interface():
    found = only(
        "{i} INTERFACE PUBLIC I EXTENDS J, Lib.K\n"
        "METHOD a : INT VAR_INPUT x : INT; END_VAR END_METHOD METHOD b END_METHOD\n"
        "PROPERTY p : REAL GET END_GET SET END_SET END_PROPERTY\nEND_INTERFACE"
    )
    assert (found.name.text, sketch(found.extends), found.access) == ("I", "[J, Lib.K]", Access.PUBLIC)
    assert [method.name.text for method in found.methods] == ["a", "b"]
    assert [declared.name.text for declared in found.properties] == ["p"]
    assert sketch(found.pragmas) == "[i]"


def test_a_class():
    found = only("CLASS ABSTRACT C EXTENDS D VAR PUBLIC x : INT; END_VAR METHOD m END_METHOD END_CLASS")
    assert (found.kind, found.name.text, sketch(found.extends)) == (PouKind.CLASS, "C", "D")
    assert (found.modifiers, len(found.methods)) == (frozenset({Modifier.ABSTRACT}), 1)


def test_words_of_members_name_variables_beside_them():
    text = "VAR method, Property AT %IX0.0 : INT; ACTION AT %IX0.1 : BOOL; get : INT; END_VAR\nmethod := get; set := 1;"
    pou = only(block(text + " get(); METHOD get get := 1; END_METHOD"))
    assert (len(pou.variables[0].variables), len(pou.body), len(pou.methods)) == (3, 3, 1)


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("METHOD m\nx := ;\nEND_METHOD\ny := ;", [(3, "RUNG0127"), (5, "RUNG0127")]),
        ("METHOD m\nx := 1;\nMETHOD n\ny := ;\nEND_METHOD", [(4, "RUNG0123"), (5, "RUNG0127")]),
        ("METHOD m\nIF x THEN\nEND_METHOD\ny := ;", [(4, "RUNG0123"), (5, "RUNG0127")]),
        ("METHOD m\nx := 1;\nENDMETHOD\ny := ;", [(4, "RUNG0122"), (5, "RUNG0127")]),
        ("METHOD m\nx := 1;\nEND\ny := ;", [(4, "RUNG0122"), (5, "RUNG0127")]),
        ("METHOD m\nx := 1;\nEND_ACTION\ny := ;", [(4, "RUNG0124"), (5, "RUNG0127")]),
        ("METHOD m\nx := 1;", [(4, "RUNG0123")]),
        ("METHOD m : \nx := 1; END_METHOD", [(2, "RUNG0136")]),
        ("METHOD m VAR x : INT;\nMETHOD n END_METHOD", [(3, "RUNG0123")]),
        ("VAR x : INT;\nMETHOD n END_METHOD", [(3, "RUNG0123")]),
        ("x := 1;\nEND_METHOD\ny := ;", [(3, "RUNG0124"), (4, "RUNG0127")]),
        ("METHOD PUBLIC PRIVATE m\nEND_METHOD\ny := ;", [(2, "RUNG0139"), (4, "RUNG0127")]),
        ("PUBLIC METHOD PUBLIC m\nEND_METHOD\ny := ;", [(2, "RUNG0139"), (4, "RUNG0127")]),
        ("ACTION a:\nx := ;\nEND_ACTION", [(3, "RUNG0127")]),
        ("ACTION a:\nx := 1;", [(4, "RUNG0123")]),
        ("PROPERTY p\nGET END_GET\nEND_PROPERTY\ny := ;", [(2, "RUNG0120"), (5, "RUNG0127")]),
        ("PROPERTY p : INT\nx := 1;\nEND_PROPERTY\ny := ;", [(3, "RUNG0120"), (5, "RUNG0127")]),
        ("PROPERTY p : INT\nGET\np := ;\nEND_PROPERTY\ny := ;", [(4, "RUNG0127"), (5, "RUNG0123"), (6, "RUNG0127")]),
        ("PROPERTY p : INT\nGET END_GET\nGET END_GET\nEND_PROPERTY", [(4, "RUNG0124")]),
        ("PROPERTY p : INT\nGET END_SET\nEND_PROPERTY", [(3, "RUNG0124")]),
        ("PROPERTY p : INT\nGET END_GET\nMETHOD n END_METHOD", [(4, "RUNG0123")]),
    ],
)
def test_errors_in_members(inside, found):
    assert places_of(block(inside)) == found
    assert codes_of(block(inside) + "PROGRAM Last\nx := ;\nEND_PROGRAM") == [*(code for _, code in found), "RUNG0127"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("FUNCTION_BLOCK B EXTENDS\nVAR x : INT; END_VAR END_FUNCTION_BLOCK", []),
        ("FUNCTION_BLOCK B EXTENDS A, C\nEND_FUNCTION_BLOCK", ["RUNG0120"]),
        ("FUNCTION_BLOCK B EXTEND A\nEND_FUNCTION_BLOCK", ["RUNG0122"]),
        ("FUNCTION_BLOCK B IMPLEMENTS I,\nEND_FUNCTION_BLOCK", ["RUNG0120"]),
        ("FUNCTION_BLOCK B EXTENDS A.\nEND_FUNCTION_BLOCK", ["RUNG0120"]),
        ("FUNCTION F : INT\nMETHOD m END_METHOD\nACTION a: END_ACTION\nEND_FUNCTION", ["RUNG0120"]),
        ("FUNCTION F : INT\nEND_FUNCTION\nMETHOD m END_METHOD", ["RUNG0120"]),
        ("INTERFACE I\nx : INT;\nMETHOD a END_METHOD\nEND_INTERFACE", ["RUNG0120"]),
        ("INTERFACE I\nMETHOD a\nx := 1; END_METHOD\nEND_INTERFACE", ["RUNG0120"]),
        ("INTERFACE I\nACTION a: END_ACTION\nEND_INTERFACE", ["RUNG0120"]),
        ("INTERFACE I IMPLEMENTS J\nEND_INTERFACE", ["RUNG0120"]),
        ("INTERFACE I\nMETHOD a END_METHOD", ["RUNG0123"]),
        ("INTERFACE I\nMETHOD a END_METHOD\nENDINTERFACE", ["RUNG0122"]),
        ("METHOD m : INT\nm := ;\nEND_METHOD", ["RUNG0135", "RUNG0127"]),
        ("TYPE T EXTENDS U : INT; END_TYPE", ["RUNG0137"]),
        ("TYPE T EXTENDS U : STRUCT x INT; END_STRUCT END_TYPE", ["RUNG0120"]),
    ],
)
def test_errors_in_headings_and_interfaces(text, codes):
    expected = codes or ["RUNG0120"]
    assert codes_of(text) == expected
    assert codes_of(text + "\nPROGRAM Last\nx := ;\nEND_PROGRAM") == [*expected, "RUNG0127"]


def test_a_member_without_a_name_is_read_for_the_errors_in_it():
    unit, findings = parse(SourceFile("test.st", block("METHOD Exit\nx := ;\nEND_METHOD\nMETHOD m END_METHOD")))
    assert [finding.code.id for finding in findings] == ["RUNG0126", "RUNG0127"]
    assert len(unit.declarations) == 1
