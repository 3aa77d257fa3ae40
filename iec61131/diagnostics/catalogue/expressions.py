"""Codes RUNG03xx: expressions, conversions and statements.

In reading order: names (030x), parts of variables (031x), types (032x), operators (033x), assignment (034x),
statements (037x), lists of global variables (038x), dialect (039x). Calls (035x, 036x) are in `calls.py`. For the
examples see `declarations.py`.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

_COLOURS = "TYPE\n    Colour : (Red, Green, Blue);\n    Lamp : (Off, Green_, Red_);\nEND_TYPE\n"
_HALF = "FUNCTION Half : INT\nVAR_INPUT x : INT; END_VAR\nHalf := x / 2;\nEND_FUNCTION\n"
_LIMITS = "{list_name Limits}\n{attribute 'qualified_only'}\nVAR_GLOBAL\n    high : REAL := 90.0;\nEND_VAR\n"
_STEP = (
    "FUNCTION_BLOCK Step\nVAR_INPUT up : BOOL; END_VAR\nVAR_OUTPUT count : INT; END_VAR\n"
    "VAR_IN_OUT total : DINT; END_VAR\nVAR last : BOOL; END_VAR\n"
    "IF up AND NOT last THEN\n    count := count + 1;\n    total := total + 1;\nEND_IF;\n"
    "last := up;\nEND_FUNCTION_BLOCK\n"
)


def _main(variables: str, body: str, before: str = "") -> str:
    """An example: a PROGRAM with these variables and statements, behind what it needs."""
    return f"{before}PROGRAM Main\nVAR\n    {variables}\nEND_VAR\n{body}\nEND_PROGRAM"


# --------------------------------------------------------------------------------------------------------------- names

UNKNOWN_NAME = Code(
    "RUNG0301",
    "unknown name",
    "'{name}' is not declared",
    "declare it in a VAR section, or correct its spelling",
    "The name is no variable of this POU, no global variable and no enumerator. It is reported once in each POU.",
    _main("level : INT;", "levl := 5;"),
    _main("level : INT;", "level := 5;"),
)
TYPE_AS_VALUE = Code(
    "RUNG0302",
    "type used as a value",
    "'{name}' is a {what}, not a variable",
    "{remedy}",
    "A type says how variables look; only variables have values. A function block needs an instance: `delay : TON;`. "
    "The name of a PROGRAM stands for its instance, `Main.level`, where it has a single one.",
    _main("done : BOOL;", "done := TON.Q;"),
    _main("done : BOOL; delay : TON;", "done := delay.Q;"),
)
FUNCTION_WITHOUT_CALL = Code(
    "RUNG0303",
    "function named but not called",
    "'{name}' is a FUNCTION and must be called with parentheses",
    "write {name}(..)",
    "A function has a value only when it is called. Its own name stands for its result only inside its body.",
    _main("n : INT;", "n := Half;", _HALF),
    _main("n : INT;", "n := Half(10);", _HALF),
)
GLOBAL_WITHOUT_EXTERNAL = Code(
    "RUNG0304",
    "global variable without VAR_EXTERNAL",
    "'{name}' is a global variable that this POU does not declare",
    "declare it in VAR_EXTERNAL, or compile with dialect rung",
    "In the standard a POU sees only the global variables that it declares in VAR_EXTERNAL. Dialect `rung` "
    "lets every POU see all of them.",
    "(* dialect: iec *)\nVAR_GLOBAL speed : INT; END_VAR\nPROGRAM Main\nspeed := 1;\nEND_PROGRAM",
    "(* dialect: iec *)\n"
    "VAR_GLOBAL speed : INT; END_VAR\n"
    "PROGRAM Main\n"
    "VAR_EXTERNAL speed : INT; END_VAR\n"
    "speed := 1;\n"
    "END_PROGRAM",
)
AMBIGUOUS_ENUMERATOR = Code(
    "RUNG0305",
    "enumerator of several enumerations",
    "'{name}' is an enumerator of {types}",
    "say which one is meant: {qualified}",
    "Several enumerations have an enumerator of this name, and the place where it is used does not say which is meant.",
    _main(
        "n : INT; b : BOOL;", "b := Off = n;", "TYPE\n    Pump : (Off, Running);\n    Lamp : (Dark, Off);\nEND_TYPE\n"
    ),
    _main(
        "p : Pump; b : BOOL;",
        "b := Pump#Off = p;",
        "TYPE\n    Pump : (Off, Running);\n    Lamp : (Dark, Off);\nEND_TYPE\n",
    ),
)
UNKNOWN_ENUMERATOR = Code(
    "RUNG0306",
    "unknown enumerator",
    "{type} has no enumerator '{name}'",
    "it has: {known}",
    "Behind the `#` or the point stands one of the names that the enumeration declares.",
    _main("c : Colour;", "c := Colour#Gren;", _COLOURS),
    _main("c : Colour;", "c := Colour#Green;", _COLOURS),
)

# -------------------------------------------------------------------------------------------------- parts of variables

UNKNOWN_MEMBER = Code(
    "RUNG0310",
    "unknown member",
    "{type} has no member '{name}'",
    "it has: {known}",
    "Behind the point stands a field of a STRUCT, or an input or output of a function block.",
    _main("delay : TON; done : BOOL;", "done := delay.Done;"),
    _main("delay : TON; done : BOOL;", "done := delay.Q;"),
)
PRIVATE_MEMBER = Code(
    "RUNG0311",
    "inner variable of a function block",
    "'{name}' is declared in {section} of {block} and cannot be seen from outside",
    "{remedy}",
    "From outside the inputs and outputs of an instance can be reached, and its VAR can be read, which dialect "
    "`iec` does not allow. VAR_IN_OUT and VAR_TEMP have a value only during a call, and VAR_STAT belongs to no "
    "instance.",
    _main("s : Step; t : DINT; b : BOOL;", "s(total := t);\nb := s.total = 0;", _STEP),
    _main("s : Step; t : DINT; n : INT;", "s(total := t);\nn := s.count;", _STEP),
)
NO_MEMBERS = Code(
    "RUNG0312",
    "point behind a value without members",
    "{type} has no members, so '.{name}' means nothing",
    "{remedy}",
    "Only STRUCTs and function blocks have members; integers and bit strings have bits with numbers: `x.3`.",
    _main("level : INT; n : INT;", "n := level.max;"),
    _main("level : STRUCT max : INT; END_STRUCT; n : INT;", "n := level.max;"),
)
NOT_AN_ARRAY = Code(
    "RUNG0313",
    "index behind something that is no array",
    "{type} is no array and has no elements",
    "remove the index, or declare an ARRAY",
    "Brackets choose an element of an array. Arguments of a call stand in parentheses.",
    _main("level : INT; n : INT;", "n := level[1];"),
    _main("level : ARRAY[1..4] OF INT; n : INT;", "n := level[1];"),
)
INDEX_COUNT = Code(
    "RUNG0314",
    "wrong number of indices",
    "{type} needs {wanted}, and this gives {given}",
    "write one index for each dimension, separated by commas: a[i, j]",
    "Each range in the declaration of the array is a dimension. An ARRAY OF ARRAY has one index in each pair "
    "of brackets.",
    _main("grid : ARRAY[1..3, 1..3] OF INT;", "grid[1] := 5;"),
    _main("grid : ARRAY[1..3, 1..3] OF INT;", "grid[1, 1] := 5;"),
)
INDEX_TYPE = Code(
    "RUNG0315",
    "index that is no whole number",
    "an index must be a whole number, not {type}",
    "use an integer variable, or convert with a function such as REAL_TO_INT",
    "Elements are counted.",
    _main("a : ARRAY[1..3] OF INT; r : REAL;", "a[r] := 5;"),
    _main("a : ARRAY[1..3] OF INT; r : REAL;", "a[REAL_TO_INT(r)] := 5;"),
)
INDEX_OUT_OF_RANGE = Code(
    "RUNG0316",
    "index outside the array",
    "there is no element {index}: the bounds are {low}..{high}",
    "use an index within the bounds, or enlarge the array",
    "An index that is known at compile time is checked then; all others are checked when they are used.",
    _main("a : ARRAY[0..9] OF INT;", "a[10] := 5;"),
    _main("a : ARRAY[0..9] OF INT;", "a[9] := 5;"),
)
CONSTANT_INDEX = Code(
    "RUNG0317",
    "constant from outside an array",
    "this constant lies outside the array it is taken from",
    "use an index within the bounds",
    "A value that must be known at compile time was taken from an array of constants, at a place that the "
    "array does not have.",
    "PROGRAM Main\nVAR CONSTANT\n    n : INT := 3;\n    t : ARRAY[1..3] OF INT := [5, 6, 7];\nEND_VAR\n"
    "VAR a : INT := t[n + 1]; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR CONSTANT\n    n : INT := 2;\n    t : ARRAY[1..3] OF INT := [5, 6, 7];\nEND_VAR\n"
    "VAR a : INT := t[n + 1]; END_VAR\nEND_PROGRAM",
)
BIT_OF_TYPE = Code(
    "RUNG0318",
    "bit of something that has none",
    "{type} has no bits to choose from",
    "use an integer or a bit string, for example a WORD",
    "`x.3` is bit 3 of an integer or bit string. A REAL has no bits that mean anything alone, a BOOL is one "
    "already, and an enumeration or subrange could be taken out of its values.",
    _main("r : REAL; b : BOOL;", "b := r.3;"),
    _main("w : WORD; b : BOOL;", "b := w.3;"),
)
BIT_NUMBER = Code(
    "RUNG0319",
    "bit number too large",
    "{type} has no bit {bit}",
    "use a number from 0 to {last}",
    "Bits are counted from 0, the least significant.",
    _main("b : BYTE; on : BOOL;", "on := b.8;"),
    _main("b : BYTE; on : BOOL;", "on := b.7;"),
)
PART_NUMBER = Code(
    "RUNG0300",
    "part that is not there",
    "{type} has no part %{size}{index}",
    "the {part}s in it are: {known}",
    "`x.%B1` is byte 1 of an integer or bit string, `x.%W0` its lowest word, `x.%D1` its upper double word. They are "
    "counted from 0, the least significant, and are smaller than what they are part of.",
    _main("w : WORD; b : BYTE;", "b := w.%B2;"),
    _main("w : WORD; b : BYTE;", "b := w.%B1;"),
)

# --------------------------------------------------------------------------------------------------------------- types

CONVERSION_NEEDED = Code(
    "RUNG0320",
    "conversion needed",
    "{target} is needed here, and this is {source}",
    "{remedy}",
    "A value becomes a wider type by itself, INT becomes DINT or REAL. The other way something may be lost, so "
    "the program has to say that it is meant. TIME counts in milliseconds when it is converted from or to a "
    "number.",
    _main("big : DINT; small : INT;", "small := big;"),
    _main("big : DINT; small : INT;", "small := DINT_TO_INT(big);"),
)
NO_CONVERSION = Code(
    "RUNG0321",
    "types that do not go together",
    "{target} is needed here, and this is {source}",
    "{hint}",
    "Between these types there is no conversion. Arrays must have the same bounds and elements, STRUCTs must "
    "be declared by the same name, a number is no duration.",
    _main("t : TIME;", "t := 5;"),
    _main("t : TIME;", "t := T#5s;"),
)
IMPLICIT_CONVERSION = Code(
    "RUNG0322",
    "conversion that may change the value",
    "{source} becomes {target} here: {reason}",
    "if it is meant, {advice}",
    "The conversion is done, because much existing code relies on it. It can change the value: a negative "
    "number has no place in an unsigned type, and a REAL holds about seven digits. Under dialect `iec` it is "
    "an error.",
    _main("n : INT; u : UINT;", "u := n;"),
    _main("n : INT; u : UINT;", "u := INT_TO_UINT(n);"),
    Severity.WARNING,
)
LITERAL_RANGE = Code(
    "RUNG0323",
    "number too large for its type",
    "{value} is not a value of {target}",
    "write a number from {low} to {high}, or use a larger type",
    "Each type holds the values of its size. A number in the text that does not fit is never cut off silently. One "
    "with a base stands for bits, so `16#FFFF` is an INT, with warning RUNG0322, and `16#1_FFFF` is none.",
    _main("n : INT;", "n := 40000;"),
    _main("n : DINT;", "n := 40000;"),
)
CONSTANT_WRAPS = Code(
    "RUNG0334",
    "constant expression too large for its type",
    "{value} is not a value of {target}, which stores {stored}",
    "use a larger type, or write the number that is meant",
    "Several numbers that the text combines are cut off where they are stored, like any value that is computed when "
    "the program runs. That this is meant is unlikely where the values are known. A single number is the error "
    "RUNG0323, and so is one that is compared or counted with: a label of CASE, the end and the step of FOR, bounds.",
    _main("b : BYTE;", "b := 200 + 100;"),
    _main("w : WORD;", "w := 200 + 100;"),
    Severity.WARNING,
)
OUTSIDE_SUBRANGE = Code(
    "RUNG0324",
    "value outside the type",
    "{value} is not a value of {type}",
    "use a value from {low} to {high} that the type has",
    "A subrange has only the values between its bounds, an enumeration only those of its enumerators.",
    _main("level : INT(0..100);", "level := 150;"),
    _main("level : INT(0..100);", "level := 100;"),
)
CONSTANT_OUTSIDE_SUBRANGE = Code(
    "RUNG0325",
    "constant outside its subrange",
    "the value of this constant expression is outside the subrange",
    "correct the computation or the bounds",
    "A value that must be known at compile time does not fit the subrange it is meant for.",
    "PROGRAM Main\nVAR CONSTANT n : INT := 60; END_VAR\nVAR level : INT(0..100) := n * 2; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR CONSTANT n : INT := 50; END_VAR\nVAR level : INT(0..100) := n * 2; END_VAR\nEND_PROGRAM",
)
REAL_FOR_INTEGER = Code(
    "RUNG0326",
    "number with a point for a whole number",
    "{value} is no whole number, and {target} holds only those",
    "leave the point out, or use REAL",
    "Numbers with a point are REAL or LREAL. They become integers only by a conversion function, which rounds.",
    _main("n : INT;", "n := 2.0;"),
    _main("n : INT;", "n := 2;"),
)
WHOLE_NUMBER = Code(
    "RUNG0327",
    "whole number needed",
    "a whole number is needed here, and this is {type}",
    "write an integer, or a constant of an integer type",
    "Bounds, repeats, enumerator values and priorities are counted.",
    "PROGRAM Main\nVAR a : ARRAY[1..2.5] OF INT; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR a : ARRAY[1..2] OF INT; END_VAR\nEND_PROGRAM",
)

NOT_A_REFERENCE = Code(
    "RUNG0307",
    "^ behind something that refers to nothing",
    "a {type} refers to nothing",
    "leave out the '^', or declare it as a pointer",
    "`p^` is the variable that the pointer p refers to. Only POINTER TO, REF_TO and REFERENCE TO refer to variables.",
    _main("n, m : INT;", "m := n^;"),
    _main("n, m : INT; p : POINTER TO INT;", "p := ADR(n);\nm := p^;"),
)
BIT_REFERENCE = Code(
    "RUNG0308",
    "reference to a single bit",
    "a single bit cannot be referred to",
    "refer to the whole variable, or copy the bit to a BOOL first",
    "A reference leads to a byte of the memory. A bit of an integer and a BOOL at an address such as %MX0.3 are parts "
    "of one.",
    _main("w : WORD; p : POINTER TO BOOL;", "p := ADR(w.3);"),
    _main("w : WORD; p : POINTER TO WORD;", "p := ADR(w);"),
)
REFERENCE_TYPE = Code(
    "RUNG0309",
    "reference to something of another type",
    "a REFERENCE TO {target} cannot refer to {given}",
    "name a variable of type {target}",
    "What a REFERENCE TO refers to is used as if it were declared with its type. A value has no place to refer to.",
    _main("n : DINT; r : REFERENCE TO INT;", "r REF= n;"),
    _main("n : INT; r : REFERENCE TO INT;", "r REF= n;\nr := 5;"),
)
STRING_CHARACTER = Code(
    "RUNG0328",
    "character that a STRING does not hold",
    "the character '{character}' does not fit in one byte",
    "write the text as a WSTRING, in double quotes",
    "A STRING has one byte for each character: those of the code page Windows-1252, which are ASCII, the letters of "
    "Western Europe and signs such as \u20ac. A WSTRING has UTF-16 and holds every character.",
    _main("unit : STRING;", "unit := '100 \u03a9';"),
    _main("unit : WSTRING;", 'unit := "100 \u03a9";'),
)
TEXT_CUT = Code(
    "RUNG0329",
    "text longer than its variable",
    "a text of {given} characters is cut to the {length} of {target}",
    "shorten the text, or declare the variable with a greater length",
    "A string takes as many characters as its length says; what is behind is lost. For texts that are computed this is "
    "how strings work; a constant one was surely meant to arrive whole.",
    _main("name : STRING[5];", "name := 'conveyor';"),
    _main("name : STRING[8];", "name := 'conveyor';"),
    severity=Severity.WARNING,
)
# ----------------------------------------------------------------------------------------------------------- operators

OPERATOR_TYPES = Code(
    "RUNG0330",
    "operator for other types",
    "'{operator}' does not work with {operands}",
    "{remedy}",
    "Arithmetic is for numbers, AND OR XOR NOT for BOOL and bit strings, `+` and `-` also for durations, "
    "comparisons for two values that can be of one type. Arrays and STRUCTs are compared part by part.",
    _main("n : INT; b : BOOL;", "b := b + n;"),
    _main("n : INT; b : BOOL;", "b := b AND n > 0;"),
)
OPERATOR_MIXES = Code(
    "RUNG0331",
    "bits and numbers mixed",
    "'{operator}' is not made for {type}",
    "convert first, for example with WORD_TO_UINT or INT_TO_WORD",
    "In the standard, arithmetic is for numbers, and AND, OR, XOR, NOT and shifts are for BOOL and bit "
    "strings. Dialect `rung` takes a bit string for an unsigned number, an integer for the bits it consists "
    "of, and an enumeration for its value, as the CODESYS family does.",
    "(* dialect: iec *)\n" + _main("w : WORD;", "w := w + 1;"),
    "(* dialect: iec *)\n" + _main("w : UINT;", "w := w + 1;"),
)
DIVISION_BY_ZERO = Code(
    "RUNG0332",
    "division by zero",
    "this divisor is zero",
    "divide by something else; REAL has infinity, integers have nothing",
    "The divisor is known at compile time, so the program could never run past this place.",
    _main("n : INT;", "n := n / 0;"),
    _main("n : INT;", "n := n / 2;"),
)
LIST_WITHOUT_TYPE = Code(
    "RUNG0335",
    "list where nothing says its type",
    "a list of values stands here, and nothing says which type it has",
    "assign the list to a variable, and hand that over",
    "A list in an argument gets its type from the parameter, or from what the result is used as. Where a function "
    "takes values of any type, it has none.",
    _main("n : DINT;", "n := SIZEOF([1, 2]);"),
    _main("n : DINT; a : ARRAY[0..1] OF INT := [1, 2];", "n := SIZEOF(a);"),
)
CONDITION = Code(
    "RUNG0333",
    "condition that is no BOOL",
    "{what} needs a BOOL, and this is {type}",
    "compare it with something, for example '<> 0'",
    "IF, ELSIF, WHILE, UNTIL and the first argument of SEL decide by TRUE or FALSE. Numbers are neither.",
    _main("n : INT;", "IF n THEN\n    n := 0;\nEND_IF;"),
    _main("n : INT;", "IF n <> 0 THEN\n    n := 0;\nEND_IF;"),
)

# ---------------------------------------------------------------------------------------------------------- assignment

NOT_A_VARIABLE = Code(
    "RUNG0340",
    "variable needed",
    "only a variable, or a part of one, can stand here",
    "use a variable",
    "On the left of `:=`, behind `=>`, as the variable of a FOR and as a VAR_IN_OUT argument stands a place "
    "that can be written. A computed value, a literal or an enumerator has none.",
    _main("c : Colour;", "Red := c;", _COLOURS),
    _main("c : Colour;", "c := Red;", _COLOURS),
)
ASSIGN_CONSTANT = Code(
    "RUNG0341",
    "assignment to a constant",
    "'{name}' is a constant and cannot be changed",
    "declare it without CONSTANT, or use another variable",
    "A variable in a section marked CONSTANT keeps the value of its declaration; an input so marked keeps what the "
    "caller gave, and a POU that names a variable in VAR_EXTERNAL CONSTANT only reads it.",
    "PROGRAM Main\nVAR CONSTANT limit : INT := 5; END_VAR\nlimit := 6;\nEND_PROGRAM",
    "PROGRAM Main\nVAR limit : INT := 5; END_VAR\nlimit := 6;\nEND_PROGRAM",
)
ASSIGN_INPUT = Code(
    "RUNG0342",
    "assignment to an input",
    "'{name}' is an input of this POU",
    "use a variable of the POU's own, starting with a copy of the input",
    "An input belongs to the caller. It is overwritten at the next call that gives it, and keeps the changed "
    "value at a call that does not, which is hard to find. Under dialect `iec` it is an error.",
    "FUNCTION_BLOCK Ramp\nVAR_INPUT speed : INT; END_VAR\nspeed := speed + 1;\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK Ramp\nVAR_INPUT speed : INT; END_VAR\nVAR current : INT; END_VAR\ncurrent := speed + 1;\n"
    "END_FUNCTION_BLOCK",
    Severity.WARNING,
)
ASSIGN_INPUT_ADDRESS = Code(
    "RUNG0343",
    "assignment to an input address",
    "'{name}' lies in the inputs, at {address}, and is written by the device",
    "use an output (%Q) or marker (%M), or force the input from outside",
    "The inputs are read from the devices at the start of every scan. What the program writes there would be "
    "lost, and would hide a wrong address.",
    _main("start AT %IX0.0 : BOOL;", "start := FALSE;"),
    _main("start AT %MX0.0 : BOOL;", "start := FALSE;"),
)
ASSIGN_OUTPUT = Code(
    "RUNG0344",
    "assignment to the output of an instance",
    "'{name}' is an output of {block} and is written by the block alone",
    "assign it inside {block}, or make it an input",
    "Outputs are for reading. Inputs of an instance can be written from outside: `delay.PT := T#5s;`.",
    _main("delay : TON;", "delay.Q := FALSE;"),
    _main("delay : TON;", "delay.IN := FALSE;"),
)
ASSIGN_INNER = Code(
    "RUNG0347",
    "assignment to an inner variable of an instance",
    "'{name}' is declared in VAR of {block} and is written there alone",
    "assign it inside {block}, or make it an input",
    "What a block remembers in VAR may be read from outside, and only the block itself changes it. Inputs of an "
    "instance can be written from outside, also of one that lies in VAR of another.",
    _main("s : Step; t : DINT;", "s(total := t);\ns.last := FALSE;", _STEP),
    _main("s : Step; t : DINT; b : BOOL;", "s(total := t);\nb := s.last;", _STEP),
)
LOOP_VARIABLE_WRITTEN = Code(
    "RUNG0345",
    "assignment to a loop variable",
    "'{name}' is the variable of a FOR around this place",
    "use another variable, or EXIT to end the loop, or a WHILE loop",
    "The FOR loop counts with this variable. Changing it inside makes the number of turns hard to see, and the "
    "loop slower. Under dialect `iec` it is an error.",
    _main("i, n : INT;", "FOR i := 1 TO 10 DO\n    IF n = 3 THEN\n        i := 10;\n    END_IF;\nEND_FOR;"),
    _main("i, n : INT;", "FOR i := 1 TO 10 DO\n    IF n = 3 THEN\n        EXIT;\n    END_IF;\nEND_FOR;"),
    Severity.WARNING,
)
WHOLE_BLOCK = Code(
    "RUNG0346",
    "whole instance used as a value",
    "an instance of {block} cannot be copied or assigned here",
    "use its outputs, or hand the instance over as VAR_IN_OUT",
    "An instance is a thing with a memory, not a value. It can be copied whole to another one of the very same block, "
    "and the two then go on separately. Behind a reference or a VAR_IN_OUT there may be one of a block that extends "
    "it. Under the dialect iec no instance is copied.",
    _main("a : TON; b : TOF;", "a := b;"),
    _main("a, b : TON;", "a := b;"),
)

# ---------------------------------------------------------------------------------------------------------- statements

OUTSIDE_LOOP = Code(
    "RUNG0370",
    "EXIT or CONTINUE outside a loop",
    "{what} stands in no loop",
    "remove it, or use RETURN to leave the POU",
    "EXIT leaves the FOR, WHILE or REPEAT around it, CONTINUE goes on with its next turn.",
    _main("n : INT;", "IF n > 5 THEN\n    EXIT;\nEND_IF;"),
    _main("n : INT;", "IF n > 5 THEN\n    RETURN;\nEND_IF;"),
)
CASE_SELECTOR = Code(
    "RUNG0371",
    "CASE over something that cannot be counted",
    "CASE needs a whole number or an enumeration, and this is {type}",
    "use IF and ELSIF",
    "The labels of a CASE are single values or ranges of them.",
    _main("r : REAL; n : INT;", "CASE r OF\n    1: n := 1;\nEND_CASE;"),
    _main("r : REAL; n : INT;", "IF r = 1.0 THEN\n    n := 1;\nEND_IF;"),
)
CASE_RANGE = Code(
    "RUNG0372",
    "range the wrong way round",
    "the range {low}..{high} has no values",
    "write the smaller bound first",
    "A range of labels runs from its first to its last value.",
    _main("n, m : INT;", "CASE n OF\n    9..1: m := 1;\nEND_CASE;"),
    _main("n, m : INT;", "CASE n OF\n    1..9: m := 1;\nEND_CASE;"),
)
DUPLICATE_CASE_LABEL = Code(
    "RUNG0373",
    "value in a CASE twice",
    "the value {value} is a label already",
    "remove it from one of the two",
    "The first label that fits decides. A value that stands there twice never reaches the second.",
    _main("n, m : INT;", "CASE n OF\n    1..5: m := 1;\n    5: m := 2;\nEND_CASE;"),
    _main("n, m : INT;", "CASE n OF\n    1..4: m := 1;\n    5: m := 2;\nEND_CASE;"),
)
FOR_VARIABLE = Code(
    "RUNG0374",
    "FOR over something that cannot count",
    "a FOR counts with an integer variable, and this is {type}",
    "use a variable of an integer type such as INT or DINT",
    "A FOR counts in an integer type, an enumeration or a subrange. A REAL may miss the end by rounding.",
    _main("r : REAL;", "FOR r := 0.0 TO 1.0 BY 0.1 DO\n    ;\nEND_FOR;"),
    _main("r : REAL; i : INT;", "FOR i := 0 TO 10 DO\n    r := INT_TO_REAL(i) / 10.0;\nEND_FOR;"),
)
ZERO_STEP = Code(
    "RUNG0375",
    "FOR with a step of zero",
    "with a step of 0 this loop never gets on",
    "write a step other than 0, or leave BY out for a step of 1",
    "The step is added to the loop variable after each turn.",
    _main("i, n : INT;", "FOR i := 1 TO 10 BY 0 DO\n    n := n + i;\nEND_FOR;"),
    _main("i, n : INT;", "FOR i := 1 TO 10 BY 1 DO\n    n := n + i;\nEND_FOR;"),
)
UNKNOWN_LABEL = Code(
    "RUNG0376",
    "jump to a label that is not there",
    "there is no label '{name}' that can be reached from here",
    "write {name}: before the statement that is meant, outside of IF, CASE and loops that do not hold the jump too",
    "JMP goes on at a label of the same body. It may leave IF, CASE and loops, but enter none of them: what their "
    "conditions stand for would not hold.",
    _main("n : INT;", "JMP inside;\nIF n > 0 THEN\n    inside: n := 0;\nEND_IF;"),
    _main("n : INT;", "JMP behind;\nIF n > 0 THEN\n    n := 1;\nEND_IF;\nbehind: n := 0;"),
)

# ------------------------------------------------------------------------------------------- lists of global variables

NEEDS_LIST = Code(
    "RUNG0380",
    "global variable without the name of its list",
    "'{name}' is not seen without the name of its list",
    "write {known}",
    "A list of global variables that is marked {attribute 'qualified_only'} keeps its names to itself: they are used "
    "behind the name of the list. So are names that two lists have.",
    _main("level : REAL;", "level := high;", _LIMITS),
    _main("level : REAL;", "level := Limits.high;", _LIMITS),
)
NOT_IN_LIST = Code(
    "RUNG0381",
    "list without such a variable",
    "the list of global variables '{list}' has no '{name}'",
    "declare it there, or correct its spelling",
    "Behind the name of a list of global variables stands one of its variables.",
    _main("level : REAL;", "level := Limits.higher;", _LIMITS),
    _main("level : REAL;", "level := Limits.high;", _LIMITS),
)

# ------------------------------------------------------------------------------------------------------------- dialect

EXTENSION = Code(
    "RUNG0390",
    "extension of the language",
    "{what} is not part of the standard",
    "write it in the standard's way, or compile with dialect rung",
    "Dialect `iec` accepts what the standard has, so that a program also compiles elsewhere.",
    "(* dialect: iec *)\n" + _main("a, b : BOOL;", "a := a AND_THEN b;"),
    "(* dialect: iec *)\n" + _main("a, b : BOOL;", "a := a AND b;"),
)
