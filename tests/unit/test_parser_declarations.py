"""Declarations: POUs, VAR sections, types, initial values, configurations; where pragmas go; words used as names."""

import pytest

from iec61131.syntax import tree
from iec61131.syntax.tokens import POUS
from iec61131.syntax.tree import Access, Edge, Qualifier, VarKind
from tests.unit.trees import codes_of, declarations_of, only, parsed, sketch, variable_of

# ---------------------------------------------------------------------------------------------------------------- POUs


@pytest.mark.parametrize("kind", [kind for kind, _ in POUS.values()])
def test_each_kind_of_pou(kind):
    pou = only(f"{kind.value} Name END_{kind.value}")
    assert (pou.kind, pou.name.text, pou.result, pou.variables, pou.body) == (kind, "Name", None, (), ())


@pytest.mark.parametrize(
    ("result", "form"),
    [("INT", "INT"), ("STRING[20]", "StringSpec(False, 20)"), ("ARRAY[0..1] OF REAL", "ArraySpec([[0, 1]], REAL)")],
)
def test_result_of_a_function(result, form):
    assert sketch(only(f"FUNCTION f : {result} VAR x : INT; END_VAR END_FUNCTION").result) == form


def test_keywords_in_any_case_and_semicolons_behind_ends():
    pou = only("program P; var A : int; end_var; a := 1; end_program;")
    assert (pou.name.text, pou.name.key, len(pou.variables), len(pou.body)) == ("P", "P", 1, 1)


def test_an_empty_file_and_one_of_comments():
    assert parsed("").declarations == ()
    assert parsed("(* nothing *) // at all\n").declarations == ()


SECTIONS = [kind for kind in VarKind if kind is not VarKind.ACCESS]


@pytest.mark.parametrize("kind", SECTIONS)
@pytest.mark.parametrize("qualifiers", [(), *((q,) for q in Qualifier), (Qualifier.PERSISTENT, Qualifier.RETAIN)])
def test_sections_and_qualifiers(kind, qualifiers):
    words = " ".join(qualifier.value for qualifier in qualifiers)
    pou = only(f"PROGRAM P {kind.value} {words} a : INT; b, c : BOOL; END_VAR END_PROGRAM")
    (block,) = pou.variables
    assert (block.kind, block.qualifiers) == (kind, frozenset(qualifiers))
    assert [[name.text for name in variable.names] for variable in block.variables] == [["a"], ["b", "c"]]


@pytest.mark.parametrize(
    "word",
    [
        *("Step", "Task", "Action", "On", "With", "At", "Interval", "Priority", "Single", "Resource", "R", "S", "REF"),
        *("Constant", "Retain", "Persistent", "Method", "Property", "Interface", "Class", "Transition", "Final"),
        *("Public", "String_", "Pointer", "Union", "R_EDGE", "Using", "JMP", "EN", "ENO", "Extends", "Abstract"),
    ],
)
def test_words_that_are_keywords_elsewhere_name_variables(word):
    pou = only(
        f"PROGRAM P VAR {word} : INT; {word}, x AT %IX0.0 : BOOL; END_VAR\n"
        f"{word} := {word} + 1; {word}.a[{word}] := f({word} := {word}); {word}();"
        f"IF {word} = 1 THEN {word}.x(); END_IF;"
        f"CASE {word} OF {word}: {word} := 1; {word}, 2: {word}[1] := 2; END_CASE;"
        "END_PROGRAM"
    )
    assert len(pou.body) == 5
    assert pou.variables[0].variables[0].names[0].text == word


# ----------------------------------------------------------------------------------------------------------- variables


def test_a_variable_with_everything():
    variable = variable_of("{attribute 'x'} a, b AT %QX0.1 : BOOL R_EDGE := TRUE;")
    assert [name.text for name in variable.names] == ["a", "b"]
    assert sketch(variable.address) == "%QX0.1"
    assert sketch(variable.type) == "BOOL"
    assert variable.edge is Edge.RISING
    assert sketch(variable.initial) == "TRUE"
    assert sketch(variable.pragmas) == "[attribute 'x']"


@pytest.mark.parametrize(
    ("spec", "form"),
    [
        ("REAL", "REAL"),
        ("Motor", "Motor"),
        ("INT(0..100)", "SubrangeSpec(INT, 0, 100)"),
        ("INT (LOW .. HIGH + 1)", "SubrangeSpec(INT, LOW, (+ HIGH 1))"),
        ("SINT(-5..-1)", "SubrangeSpec(SINT, (- 5), (- 1))"),
        ("STRING", "StringSpec(False, -)"),
        ("STRING[40]", "StringSpec(False, 40)"),
        ("wstring(N)", "StringSpec(True, N)"),
        ("ARRAY[1..3] OF INT", "ArraySpec([[1, 3]], INT)"),
        ("ARRAY[1..3, -1..N * 2] OF ARRAY[0..1] OF T", "ArraySpec([[1, 3], [(- 1), (* N 2)]], ArraySpec([[0, 1]], T))"),
        ("(Red, Green)", "EnumSpec([EnumMember(Red, -), EnumMember(Green, -)], -)"),
        ("(A := 1, B := 16#F) DINT", "EnumSpec([EnumMember(A, 1), EnumMember(B, 15)], DINT)"),
        ("UINT (A, B := 4)", "EnumSpec([EnumMember(A, -), EnumMember(B, 4)], UINT)"),
        ("INT (A)", "EnumSpec([EnumMember(A, -)], INT)"),
        ("POINTER TO INT", "PointerSpec(INT)"),
        ("reference to Lib.Motor", "ReferenceSpec(Lib.Motor)"),
        ("REF_TO ARRAY[0..3] OF REF_TO INT", "RefToSpec(ArraySpec([[0, 3]], RefToSpec(INT)))"),
        ("POINTER TO POINTER TO BYTE", "PointerSpec(PointerSpec(BYTE))"),
        ("a.b.Motor", "a.b.Motor"),
        ("a.b.Level(0..9)", "SubrangeSpec(Level, 0, 9, qualifier=[a, b])"),
        ("ARRAY[*] OF INT", "ArraySpec([-], INT)"),
        ("ARRAY[*, 0..3, *] OF INT", "ArraySpec([-, [0, 3], -], INT)"),
        ("Pointer", "Pointer"),
        ("Union", "Union"),
    ],
)
def test_types(spec, form):
    assert sketch(variable_of(f"a : {spec};").type) == form


def test_structures_nest_and_need_no_semicolon_behind():
    spec = variable_of(
        "a : STRUCT x, y : REAL := 1.0; inner : STRUCT flag AT %IX0.0 : BOOL; END_STRUCT END_STRUCT"
    ).type
    assert isinstance(spec, tree.StructSpec)
    assert [[name.text for name in field.names] for field in spec.fields] == [["x", "y"], ["inner"]]
    inner_spec = spec.fields[1].type
    assert isinstance(inner_spec, tree.StructSpec)
    (inner,) = inner_spec.fields
    assert sketch(inner.address) == "%IX0.0"


@pytest.mark.parametrize(
    ("declaration", "arguments"),
    [
        ("a : Motor(speed := 2, b);", "[[speed := 2, b]]"),
        ("a : Lib.Motor(1, 2);", "[[1, 2]]"),
        ("a : Motor(x);", "[[x]]"),
        ("a : Motor() := (y := 1);", "[[]]"),
        ("a : ARRAY[0..1] OF Motor[(1), (speed := f(2))];", "[[1], [speed := f(2)]]"),
        ("a : ARRAY[0..1] OF Motor;", "[]"),
        ("a : Motor;", "[]"),
    ],
)
def test_arguments_of_instances(declaration, arguments):
    assert sketch(variable_of(declaration).arguments) == arguments


@pytest.mark.parametrize("access", list(Access))
@pytest.mark.parametrize("kind", ["VAR", "VAR_INPUT"])
def test_sections_have_an_access(kind, access):
    (block,) = only(f"FUNCTION_BLOCK F {kind} {access.value} CONSTANT a : INT; END_VAR END_FUNCTION_BLOCK").variables
    assert (block.access, block.qualifiers) == (access, frozenset({Qualifier.CONSTANT}))
    assert [variable.names[0].text for variable in block.variables] == ["a"]


def test_addresses_may_be_completed_elsewhere():
    section = only("VAR_CONFIG Main.motors[1].start AT %IX0.0 : BOOL := TRUE; Main.level : REAL := 1.5; END_VAR").block
    assert section.kind is VarKind.CONFIG
    first, second = section.variables
    assert (sketch(first.place), sketch(first.names), sketch(first.address)) == (
        "Main.motors[1].start",
        "[start]",
        "%IX0.0",
    )
    assert (sketch(second.place), second.address, sketch(second.initial)) == ("Main.level", None, "1.5")
    for text, letters in (("%I*", "IX"), ("%QW*", "QW"), ("%m*", "MX")):
        address = variable_of(f"a AT {text} : BOOL;").address
        assert (address.area + address.size, address.is_incomplete) == (letters, True)
    assert not variable_of("a AT %IX0.0 : BOOL;").address.is_incomplete


def test_unions_and_overlapping_structures():
    union = variable_of("a : UNION word : WORD; bytes : ARRAY[0..1] OF BYTE; END_UNION").type
    assert isinstance(union, tree.UnionSpec)
    assert [field.names[0].text for field in union.fields] == ["word", "bytes"]
    spec = variable_of("a : STRUCT OVERLAP w AT %W0 : WORD; b AT %B1 : BYTE; x AT %X0.7 : BOOL; END_STRUCT;").type
    assert spec.is_overlapping
    assert [sketch(field.address) for field in spec.fields] == ["%W0", "%B1", "%X0.7"]
    overlap = variable_of("a : STRUCT overlap : INT; END_STRUCT;").type
    assert not overlap.is_overlapping


def test_a_structure_may_extend_another():
    declaration = only("TYPE A EXTENDS Lib.B : STRUCT x : INT; END_STRUCT END_TYPE")
    assert sketch(declaration.extends) == "Lib.B"
    assert isinstance(declaration.spec, tree.StructSpec)


def test_a_reference_may_be_bound_where_it_is_declared():
    variable = variable_of("a : REFERENCE TO INT REF= b.c;")
    assert (variable.binds, sketch(variable.initial)) == (True, "b.c")
    assert not variable_of("a : REF_TO INT := REF(b);").binds


@pytest.mark.parametrize(
    ("initial", "form"),
    [
        ("5", "5"),
        ("-A * 2", "(* (- A) 2)"),
        ("T#1s", "T#1000000000"),
        ("Colour#Red", "Colour#Red"),
        ("(1 + 2)", "(+ 1 2)"),
        ("[]", "ArrayInitial([])"),
        ("[1, 2, 3(0), 4()]", "ArrayInitial([[-, 1], [-, 2], [3, 0], [4, -]])"),
        ("[[1], 2([3, 4])]", "ArrayInitial([[-, ArrayInitial([[-, 1]])], [2, ArrayInitial([[-, 3], [-, 4]])]])"),
        ("(PT := T#1s, IN := a)", "StructInitial([[PT, T#1000000000], [IN, a]])"),
        ("1, 2, 3(0)", "ArrayInitial([[-, 1], [-, 2], [3, 0]], is_bare=True)"),
        ("7(10), 20", "ArrayInitial([[7, 10], [-, 20]], is_bare=True)"),
        ("(1, 2)", "ArrayInitial([[-, 1], [-, 2]], is_bare=True)"),
        ("'a', 'b'", "ArrayInitial([[-, 'a'], [-, 'b']], is_bare=True)"),
        ("[2((x := 1))]", "ArrayInitial([[2, StructInitial([[x, 1]])]])"),
        (
            "(a := [1, 2], b := (c := 3))",
            "StructInitial([[a, ArrayInitial([[-, 1], [-, 2]])], [b, StructInitial([[c, 3]])]])",
        ),
    ],
)
def test_initial_values(initial, form):
    assert sketch(variable_of(f"a : T := {initial};").initial) == form


# --------------------------------------------------------------------------------------------- types, globals, pragmas


def test_type_blocks_declare_many_types():
    declarations = declarations_of(
        "TYPE Mode : (Off, On) := On; Celsius : REAL; END_TYPE "
        "TYPE Point : STRUCT x : INT; END_STRUCT Line : ARRAY[0..1] OF Point := [2((x := 1))]; END_TYPE TYPE END_TYPE"
    )
    assert [declaration.name.text for declaration in declarations] == ["Mode", "Celsius", "Point", "Line"]
    assert [sketch(declaration.initial) for declaration in declarations[:3]] == ["On", "-", "-"]


def test_pragmas_go_to_the_declaration_behind_them():
    first, second, pou, section = declarations_of(
        "{outer} {second}\nTYPE {inner} A : INT; {b} B : INT; END_TYPE\n"
        "{pou} PROGRAM P {section} VAR {first} x : INT; y : INT; {last} END_VAR {body} x := {here} 1; END_PROGRAM\n"
        "{globals} VAR_GLOBAL z : INT; END_VAR"
    )
    assert sketch(first.pragmas) == "[outer, second, inner]"
    assert sketch(second.pragmas) == "[b]"
    assert sketch(pou.pragmas) == "[pou]"
    assert [sketch(variable.pragmas) for variable in pou.variables[0].variables] == ["[first]", "[]"]
    assert sketch(pou.variables[0].pragmas) == "[section]"
    assert sketch(pou.body) == "[body, Assign(x, 1)]"
    assert sketch(section.pragmas) == "[globals]"


def test_global_variables_of_a_file():
    declaration = only("VAR_GLOBAL CONSTANT a : INT := 5; END_VAR")
    assert isinstance(declaration, tree.GlobalDeclaration)
    assert declaration.block.qualifiers == {Qualifier.CONSTANT}


# ------------------------------------------------------------------------------------------------------- configurations


def test_a_configuration_with_everything():
    configuration = only("""
        CONFIGURATION Plant
            VAR_GLOBAL start AT %IX1.0 : BOOL; END_VAR
            RESOURCE Cpu ON PC
                VAR_GLOBAL RETAIN n : INT; END_VAR
                TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
                TASK event (SINGLE := start);
                PROGRAM tank WITH fast : Tank (level := %ID4, pump => %QX0.0);
                PROGRAM RETAIN spare : Tank();
                PROGRAM NON_RETAIN third WITH event : Tank;
            END_RESOURCE;
            RESOURCE Other ON PC END_RESOURCE
        END_CONFIGURATION
    """)
    assert configuration.name.text == "Plant"
    assert [block.kind for block in configuration.variables] == [VarKind.GLOBAL]
    cpu, other = configuration.resources
    assert (cpu.name.text, cpu.processor.text, len(cpu.variables)) == ("Cpu", "PC", 1)
    assert [(task.name.text, sketch(task.settings)) for task in cpu.tasks] == [
        ("fast", "[[INTERVAL, T#10000000], [PRIORITY, 1]]"),
        ("event", "[[SINGLE, start]]"),
    ]
    assert [(p.name.text, sketch(p.task), p.type_name.text, p.retain) for p in cpu.programs] == [
        ("tank", "fast", "Tank", False),
        ("spare", "-", "Tank", True),
        ("third", "event", "Tank", False),
    ]
    assert sketch(cpu.programs[0].arguments) == "[level := %ID4, pump => %QX0.0]"
    assert (other.name.text, other.tasks) == ("Other", ())


def test_blocks_of_a_program_may_have_tasks_of_their_own():
    configuration = only(
        "CONFIGURATION C TASK t (SINGLE := g, PRIORITY := 2);\n"
        "PROGRAM p WITH t : Lib.Main (fan WITH t, x := 1, b.motors[2] WITH s, y => g); END_CONFIGURATION"
    )
    ((program,),) = (resource.programs for resource in configuration.resources)
    assert [(sketch(block.block), block.task.text) for block in program.blocks] == [("fan", "t"), ("b.motors[2]", "s")]
    assert (sketch(program.qualifier), program.type_name.text) == ("[Lib]", "Main")
    assert sketch(program.arguments) == "[x := 1, y => g]"


def test_a_configuration_without_resource_has_one_without_a_name():
    configuration = only("CONFIGURATION C TASK t (INTERVAL := T#1s); PROGRAM p WITH t : Main; END_CONFIGURATION")
    (resource,) = configuration.resources
    assert (resource.name, resource.processor) == (None, None)
    assert [task.name.text for task in resource.tasks] == ["t"]
    assert [program.name.text for program in resource.programs] == ["p"]


def test_an_empty_configuration_has_no_resource():
    assert only("CONFIGURATION C END_CONFIGURATION").resources == ()


def test_an_access_path_has_a_path_a_type_and_a_right():
    configuration = only(
        "CONFIGURATION C VAR_ACCESS a : R.b.c[1] : INT READ_WRITE; d : R.%IX0.1 : BOOL; END_VAR END_CONFIGURATION"
    )
    written, read = configuration.variables[0].variables
    assert (written.names[0].text, written.place.span.text, written.is_writable) == ("a", "R.b.c[1]", True)
    assert (read.names[0].text, read.place.span.text, read.is_writable) == ("d", "%IX0.1", False)


# --------------------------------------------------------------------------------------------------- not supported yet


@pytest.mark.parametrize(
    "text",
    [
        "PROGRAM P LD x\nAND( y\nOR z\n)\nST %QX0.0\nJMPC there\nthere: CAL t(IN := x, PT := T#1s)\nEND_PROGRAM",
        "FUNCTION Twice<T : ANY_NUM> : T VAR_INPUT x : T; END_VAR Twice := x + x; END_FUNCTION",
    ],
)
def test_unsupported_constructs_are_one_finding(text):
    """One for the construct, none for what is inside it, and reading goes on behind it."""
    assert codes_of(text) == ["RUNG0150"]
    assert codes_of(text + "\nPROGRAM Last\nx := ;\nEND_PROGRAM") == ["RUNG0150", "RUNG0127"]


def test_each_declaration_names_its_own_unsupported_constructs():
    text = "FUNCTION A <T : ANY> END_FUNCTION\n"
    assert codes_of(text + text.replace("A", "B", 1)) == ["RUNG0150", "RUNG0150"]
