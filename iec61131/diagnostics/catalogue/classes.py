"""Codes RUNG027x and RUNG028x: methods, properties, what extends and implements what. For the examples see
`declarations.py`.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_COUNTER = (
    "FUNCTION_BLOCK Counter\nVAR count : INT; END_VAR\n"
    "METHOD Step : INT\nVAR_INPUT by_ : INT; END_VAR\ncount := count + by_;\nStep := count;\nEND_METHOD\n"
    "END_FUNCTION_BLOCK\n"
)
_INTERFACE = "INTERFACE IStep\nMETHOD Step : INT\nVAR_INPUT by_ : INT; END_VAR\nEND_METHOD\nEND_INTERFACE\n"


def _main(variables: str, body: str) -> str:
    return f"PROGRAM Main\nVAR {variables} END_VAR\n{body}\nEND_PROGRAM"


def _derived(inside: str, heading: str = "FUNCTION_BLOCK Doubled EXTENDS Counter") -> str:
    return f"{_COUNTER}{heading}\n{inside}END_FUNCTION_BLOCK"


_STEP = "METHOD Step : INT\nVAR_INPUT by_ : INT; END_VAR\nStep := 2 * by_;\nEND_METHOD\n"
_OVERRIDE = _STEP.replace("METHOD Step", "METHOD OVERRIDE Step", 1)

DUPLICATE_MEMBER = Code(
    "RUNG0270",
    "method, property or action declared twice",
    "'{name}' is declared twice in this block",
    "give one of them another name",
    "Methods, properties and actions of one block are told apart by their names alone. A derived block may declare one "
    "of the same name: it takes the place of the inherited one.",
    "FUNCTION_BLOCK A\nMETHOD Go\nEND_METHOD\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nMETHOD Go\nEND_METHOD\nMETHOD Stop\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
CIRCULAR_BASE = Code(
    "RUNG0271",
    "block that extends itself",
    "'{name}' extends itself, directly or through others",
    "remove EXTENDS from one of them",
    "A derived block begins with everything that its base has, so it cannot be its own base.",
    "FUNCTION_BLOCK A EXTENDS B\nEND_FUNCTION_BLOCK\nFUNCTION_BLOCK B EXTENDS A\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A EXTENDS B\nEND_FUNCTION_BLOCK\nFUNCTION_BLOCK B\nEND_FUNCTION_BLOCK",
)
FINAL_BASE = Code(
    "RUNG0272",
    "block that extends a FINAL one",
    "'{name}' is FINAL and cannot be extended",
    "declare an instance of it as a variable, or remove FINAL",
    "FINAL says that no other block may build on this one.",
    "FUNCTION_BLOCK FINAL A\nEND_FUNCTION_BLOCK\nFUNCTION_BLOCK B EXTENDS A\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nEND_FUNCTION_BLOCK\nFUNCTION_BLOCK B EXTENDS A\nEND_FUNCTION_BLOCK",
)
UNKNOWN_BASE = Code(
    "RUNG0273",
    "EXTENDS something that is no function block",
    "there is no FUNCTION_BLOCK '{name}' to extend",
    "correct the name, or declare the block",
    "A FUNCTION_BLOCK extends another FUNCTION_BLOCK of the project, an INTERFACE other interfaces.",
    "FUNCTION_BLOCK B EXTENDS Counters\nEND_FUNCTION_BLOCK",
    f"{_COUNTER}FUNCTION_BLOCK B EXTENDS Counter\nEND_FUNCTION_BLOCK",
)
UNKNOWN_INTERFACE = Code(
    "RUNG0274",
    "unknown interface",
    "there is no INTERFACE '{name}'",
    "correct the name, or declare the interface",
    "What stands behind IMPLEMENTS is an INTERFACE of the project.",
    "FUNCTION_BLOCK B IMPLEMENTS ISteps\nEND_FUNCTION_BLOCK",
    f"{_INTERFACE}FUNCTION_BLOCK B IMPLEMENTS IStep\n{_STEP}END_FUNCTION_BLOCK",
)
OVERRIDES_NOTHING = Code(
    "RUNG0275",
    "OVERRIDE of nothing",
    "'{name}' overrides nothing in '{base}'",
    "correct the name, or leave out OVERRIDE",
    "OVERRIDE says that the method takes the place of an inherited one; there is none of this name.",
    _derived("METHOD OVERRIDE Steps\nEND_METHOD\n"),
    _derived(_OVERRIDE),
)
FINAL_METHOD = Code(
    "RUNG0276",
    "override of a FINAL method",
    "'{name}' is FINAL in the block that this one extends",
    "give the method another name, or remove FINAL there",
    "FINAL says that no derived block may put another method in its place.",
    "FUNCTION_BLOCK A\nMETHOD FINAL Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
DIFFERENT_SIGNATURE = Code(
    "RUNG0277",
    "method that looks different from the one it stands for",
    "'{name}' does not take what the one it stands for takes",
    "declare it with {wanted}",
    "Who calls the method may not know which of the two runs. Inputs, outputs, VAR_IN_OUT and the result have to be "
    "the same, in name, type and order.",
    _derived("METHOD Step : INT\nVAR_INPUT by_ : DINT; END_VAR\nStep := 1;\nEND_METHOD\n"),
    _derived(_STEP),
)
NOT_IMPLEMENTED = Code(
    "RUNG0278",
    "method of an interface that is missing",
    "'{block}' has no '{name}', which {interface} asks for",
    "declare it, or make the block ABSTRACT",
    "Who has a variable of the interface may call everything that it declares.",
    f"{_INTERFACE}FUNCTION_BLOCK B IMPLEMENTS IStep\nEND_FUNCTION_BLOCK",
    f"{_INTERFACE}FUNCTION_BLOCK B IMPLEMENTS IStep\n{_STEP}END_FUNCTION_BLOCK",
)
STILL_ABSTRACT = Code(
    "RUNG0279",
    "abstract method in a block that is not",
    "'{block}' leaves '{name}' of '{base}' ABSTRACT",
    "declare the method with a body, or make the block ABSTRACT",
    "An ABSTRACT method has no body. A block of which there can be instances has one for each of them.",
    "FUNCTION_BLOCK ABSTRACT A\nMETHOD ABSTRACT Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK ABSTRACT A\nMETHOD ABSTRACT Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
ABSTRACT_INSTANCE = Code(
    "RUNG0280",
    "instance of an abstract block",
    "'{block}' is ABSTRACT: there can be no instance of it",
    "declare a block that extends it, or a REFERENCE TO it",
    "An ABSTRACT block is there to be extended; some of its methods have no body.",
    "FUNCTION_BLOCK ABSTRACT A\nEND_FUNCTION_BLOCK\n" + _main("a : A;", ""),
    "FUNCTION_BLOCK ABSTRACT A\nEND_FUNCTION_BLOCK\nFUNCTION_BLOCK B EXTENDS A\nEND_FUNCTION_BLOCK\n"
    + _main("b : B;", ""),
)
NOT_VISIBLE = Code(
    "RUNG0281",
    "member that is not visible here",
    "'{name}' is {access} in '{block}'",
    "call a PUBLIC method of it, or change its access",
    "PRIVATE members belong to their block alone, PROTECTED ones also to the blocks that extend it.",
    "FUNCTION_BLOCK A\nMETHOD PRIVATE Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n" + _main("a : A;", "a.Go();"),
    "FUNCTION_BLOCK A\nMETHOD PUBLIC Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n" + _main("a : A;", "a.Go();"),
)
NO_THIS = Code(
    "RUNG0282",
    "THIS or SUPER where there is no instance",
    "{word} has no meaning here",
    "use it in a FUNCTION_BLOCK, a PROGRAM or their methods",
    "THIS^ is the instance that the running body or method belongs to. A FUNCTION has none.",
    "FUNCTION F : BOOL\nVAR p : POINTER TO BOOL; END_VAR\np := THIS;\nF := TRUE;\nEND_FUNCTION",
    "FUNCTION_BLOCK F\nVAR p : POINTER TO F; END_VAR\np := THIS;\nEND_FUNCTION_BLOCK",
)
NO_SUPER = Code(
    "RUNG0283",
    "SUPER in a block that extends nothing",
    "this block extends nothing, so there is no {word}",
    "name the base behind EXTENDS",
    "SUPER^ is the running instance seen as the block that its own block extends.",
    "FUNCTION_BLOCK A\nMETHOD Go\nSUPER^.Go();\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD Go\nSUPER^.Go();\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
NOT_READABLE = Code(
    "RUNG0284",
    "property that cannot be read",
    "the property '{name}' has no GET",
    "declare GET, or use another variable",
    "Reading a property calls its GET.",
    "FUNCTION_BLOCK A\nVAR x : INT; END_VAR\nPROPERTY P : INT\nSET\nx := P;\nEND_SET\nEND_PROPERTY\n"
    "END_FUNCTION_BLOCK\n" + _main("a : A; n : INT;", "n := a.P;"),
    "FUNCTION_BLOCK A\nVAR x : INT; END_VAR\nPROPERTY P : INT\nGET\nP := x;\nEND_GET\nEND_PROPERTY\n"
    "END_FUNCTION_BLOCK\n" + _main("a : A; n : INT;", "n := a.P;"),
)
NOT_WRITABLE = Code(
    "RUNG0285",
    "property that cannot be written",
    "the property '{name}' has no SET",
    "declare SET, or call a method that changes it",
    "Assigning to a property calls its SET with the value.",
    "FUNCTION_BLOCK A\nVAR x : INT; END_VAR\nPROPERTY P : INT\nGET\nP := x;\nEND_GET\nEND_PROPERTY\n"
    "END_FUNCTION_BLOCK\n" + _main("a : A;", "a.P := 5;"),
    "FUNCTION_BLOCK A\nVAR x : INT; END_VAR\nPROPERTY P : INT\nSET\nx := P;\nEND_SET\nEND_PROPERTY\n"
    "END_FUNCTION_BLOCK\n" + _main("a : A;", "a.P := 5;"),
)
OUTSIDE_METHOD = Code(
    "RUNG0286",
    "variable that a method does not see",
    "'{name}' exists only while the body of its block runs",
    "hand it to the method as an argument",
    "VAR_IN_OUT and VAR_TEMP belong to one call of the block; a method can be called at any other time.",
    "FUNCTION_BLOCK A\nVAR_IN_OUT x : INT; END_VAR\nMETHOD Go\nx := 1;\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nMETHOD Go\nVAR_IN_OUT x : INT; END_VAR\nx := 1;\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
IN_OUT_ADDED = Code(
    "RUNG0287",
    "call of a block that may need a VAR_IN_OUT more",
    "a call of '{base}' may run '{block}', which takes the VAR_IN_OUT '{name}' as well",
    "declare it in '{base}', or make it an input of the type REFERENCE TO",
    "Who calls a block through a reference to what it extends cannot hand over what only the derived block asks for.",
    "FUNCTION_BLOCK A\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nVAR_IN_OUT x : INT; END_VAR\nx := 1;\nEND_FUNCTION_BLOCK\n"
    + _main("b : B; p : POINTER TO A;", "p := ADR(b);\np^();"),
    "FUNCTION_BLOCK A\nVAR_IN_OUT x : INT; END_VAR\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nx := 1;\nEND_FUNCTION_BLOCK\n"
    + _main("b : B; p : POINTER TO A; n : INT;", "p := ADR(b);\np^(x := n);"),
)
ABSTRACT_BODY = Code(
    "RUNG0288",
    "ABSTRACT method with a body",
    "'{name}' is ABSTRACT, so its statements never run",
    "remove ABSTRACT, or the statements",
    "An ABSTRACT method only says how a call looks. What runs is what the blocks that extend this one declare.",
    "FUNCTION_BLOCK ABSTRACT A\nVAR n : INT; END_VAR\nMETHOD ABSTRACT Go\nn := 1;\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK ABSTRACT A\nVAR n : INT; END_VAR\nMETHOD Go\nn := 1;\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
ABSTRACT_CALL = Code(
    "RUNG0289",
    "call of an ABSTRACT method by SUPER",
    "'{name}' is ABSTRACT in '{block}': there is nothing to run",
    "leave the call out, or give the method a body there",
    "SUPER^ calls what the base itself declares, whatever the instance is. An ABSTRACT method has no body.",
    "FUNCTION_BLOCK ABSTRACT A\nMETHOD ABSTRACT Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD Go\nSUPER^.Go();\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK ABSTRACT A\nMETHOD Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD Go\nSUPER^.Go();\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
MEMBER_AND_VARIABLE = Code(
    "RUNG0293",
    "member and variable of one name",
    "'{name}' is a variable of this block and a {what} as well",
    "give one of them another name",
    "Inside the block a name alone stands for one thing. A variable that is inherited counts too.",
    "FUNCTION_BLOCK A\nVAR speed : INT; END_VAR\nMETHOD Speed : INT\nSpeed := speed;\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nVAR speed_ : INT; END_VAR\nMETHOD Speed : INT\nSpeed := speed_;\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
WEAKER_ACCESS = Code(
    "RUNG0294",
    "override that is less visible",
    "'{name}' is {access}, but {wanted} in the block that this one extends",
    "declare it {wanted} as well",
    "Who sees the instance as the base may call the method; what the instance is makes no difference to that.",
    "FUNCTION_BLOCK A\nMETHOD PUBLIC Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD PROTECTED Go\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK A\nMETHOD PROTECTED Go\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK B EXTENDS A\nMETHOD PUBLIC Go\nEND_METHOD\nEND_FUNCTION_BLOCK",
)
_ONE = "INTERFACE IOne\nMETHOD Go : INT\nEND_METHOD\nEND_INTERFACE\n"
CONFLICTING_INTERFACES = Code(
    "RUNG0295",
    "interface that asks for one method in two ways",
    "'{name}' comes to {interface} in two ways",
    "declare it the same everywhere, or give one of them another name",
    "A block has one method of a name, and it can look one way only. The same method from two interfaces is fine.",
    f"{_ONE}INTERFACE ITwo EXTENDS IOne\nMETHOD Go : DINT\nEND_METHOD\nEND_INTERFACE",
    f"{_ONE}INTERFACE ITwo EXTENDS IOne\nMETHOD Go : INT\nEND_METHOD\nEND_INTERFACE",
)
