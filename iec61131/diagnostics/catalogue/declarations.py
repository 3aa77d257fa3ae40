"""Codes RUNG02xx: declarations, names, scopes and types.

In reading order: names (020x), types (021x), initial values (022x), sections and where things may be declared (023x),
calls among declarations (024x), limits (025x, 026x).

The examples are tested as they stand, here and in the tables beside: each is a whole source, `wrong` gives this code
and no other, `right` gives nothing at all. One that begins with `(* dialect: iec *)` is compiled under that dialect.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

# --------------------------------------------------------------------------------------------------------------- names

DUPLICATE_NAME = Code(
    "RUNG0201",
    "name declared twice",
    "'{name}' is declared twice",
    "give one of the two another name",
    "Within one POU, STRUCT or enumeration every name is declared once; so is every type, POU and global "
    "variable of a program. Upper and lower case are the same: `Level` and `LEVEL` are one name. A variable of "
    "a POU may have the name of a global variable; inside the POU it is the one that is meant.",
    "PROGRAM Main\nVAR\n    Level : INT;\n    LEVEL : REAL;\nEND_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR\n    Level : INT;\n    LevelScaled : REAL;\nEND_VAR\nEND_PROGRAM",
)
UNKNOWN_TYPE = Code(
    "RUNG0202",
    "unknown type",
    "there is no type called '{name}'",
    "declare it in a TYPE block, as a FUNCTION_BLOCK, or add the file that does",
    "The name is neither an elementary type such as INT or REAL, nor a type or function block that one of the sources "
    "declares, nor a standard function block such as TON.",
    "PROGRAM Main\nVAR delay : TONN; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR delay : TON; END_VAR\nEND_PROGRAM",
)
NOT_A_TYPE = Code(
    "RUNG0203",
    "name of something that is no type",
    "'{name}' is {what} and cannot be used as a type here",
    "name an elementary type, a type of a TYPE block or a function block",
    "Variables have types. A PROGRAM runs in a task and a FUNCTION is called; neither can be declared as a variable. "
    "Before a `#` stands an enumeration or an elementary type.",
    "FUNCTION Half : INT\nVAR_INPUT x : INT; END_VAR\nHalf := x / 2;\nEND_FUNCTION\n"
    "PROGRAM Main\nVAR h : Half; END_VAR\nEND_PROGRAM",
    "FUNCTION Half : INT\nVAR_INPUT x : INT; END_VAR\nHalf := x / 2;\nEND_FUNCTION\n"
    "PROGRAM Main\nVAR h : INT; END_VAR\nh := Half(10);\nEND_PROGRAM",
)

ELEMENTARY_NAME = Code(
    "RUNG0204",
    "name of an elementary type",
    "'{name}' is an elementary type and cannot be declared anew",
    "choose another name",
    "The names of the elementary types mean the same everywhere. The names of standard functions and function "
    "blocks can be declared anew; the program's own declaration is then the one that is meant.",
    "TYPE DINT : ARRAY[1..2] OF INT; END_TYPE",
    "TYPE Pair : ARRAY[1..2] OF INT; END_TYPE",
)

# --------------------------------------------------------------------------------------------------------------- types

RECURSIVE_TYPE = Code(
    "RUNG0210",
    "type that contains itself",
    "'{name}' contains itself",
    "break the circle: hand the inner one over as VAR_IN_OUT, or use an index into an array",
    "A variable of this type would have to contain a variable of the same type, that one another, and so on "
    "without end. The circle may run through several types, function blocks and array bounds.",
    "TYPE\n    Node : STRUCT\n        value : INT;\n        next : Node;\n    END_STRUCT;\nEND_TYPE",
    "TYPE\n    Node : STRUCT\n        value : INT;\n        next : INT;  (* index of the next one *)\n    "
    "END_STRUCT;\n"
    "END_TYPE",
)
ARRAY_BOUNDS = Code(
    "RUNG0211",
    "array bounds the wrong way round",
    "the lower bound {low} is above the upper bound {high}",
    "write the smaller bound first",
    "An array runs from its first bound to its second and has at least one element.",
    "PROGRAM Main\nVAR a : ARRAY[10..1] OF INT; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR a : ARRAY[1..10] OF INT; END_VAR\nEND_PROGRAM",
)
SUBRANGE_BOUNDS = Code(
    "RUNG0212",
    "impossible subrange",
    "{low}..{high} is no range of {base}",
    "write the smaller bound first, both between {smallest} and {largest}",
    "A subrange takes part of the values of an integer type: its lower bound is not above the upper one, and both are "
    "values of that type.",
    "PROGRAM Main\nVAR level : SINT(0..200); END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR level : INT(0..200); END_VAR\nEND_PROGRAM",
)
INTEGER_BASE = Code(
    "RUNG0213",
    "base that is no integer type",
    "'{name}' is no integer type, so it cannot be the base of {what}",
    "use SINT, INT, DINT, LINT, USINT, UINT, UDINT or ULINT",
    "Subranges are stored as integers, enumerations as integers or bit strings. Enumerations are INT unless another "
    "type is written behind them.",
    "TYPE Colour : (Red, Green) REAL; END_TYPE",
    "TYPE Colour : (Red, Green) USINT; END_TYPE",
)
ENUMERATOR_RANGE = Code(
    "RUNG0214",
    "enumerator outside its base type",
    "the value {value} of '{name}' is outside {base}",
    "give it a smaller value, or the enumeration a larger base: (..) DINT",
    "An enumerator without a value is one more than the one before it. All values must fit the base type, which is INT "
    "unless another is written.",
    "TYPE Code : (Low := 32767, High); END_TYPE",
    "TYPE Code : (Low := 32767, High) DINT; END_TYPE",
)

# ------------------------------------------------------------------------------------------------------ initial values

NOT_CONSTANT = Code(
    "RUNG0220",
    "value not known before the program runs",
    "this value is not known before the program runs",
    "use literals and CONSTANT variables here",
    "Bounds of arrays and subranges, values of enumerators, initial values, CASE labels and task settings are "
    "fixed when the program is compiled. They may be computed, but only from literals, enumerators and "
    "variables in sections marked CONSTANT.",
    "PROGRAM Main\nVAR\n    n : INT := 10;\n    a : ARRAY[1..n] OF INT;\nEND_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR CONSTANT n : INT := 10; END_VAR\nVAR a : ARRAY[1..n] OF INT; END_VAR\nEND_PROGRAM",
)
CIRCULAR_VALUE = Code(
    "RUNG0221",
    "value defined by itself",
    "the value of '{name}' depends on itself",
    "give one of the constants of the circle a value that does not need the others",
    "The initial value of a constant was computed, directly or through others, from the constant itself.",
    "VAR_GLOBAL CONSTANT\n    a : INT := b + 1;\n    b : INT := a - 1;\nEND_VAR",
    "VAR_GLOBAL CONSTANT\n    a : INT := 2;\n    b : INT := a - 1;\nEND_VAR",
)
INITIAL_SHAPE = Code(
    "RUNG0222",
    "initial value of the wrong form",
    "this is no initial value for {type}",
    "write {form}",
    "A variable of an elementary type or an enumeration has one value, an array a list in brackets, a STRUCT or an "
    "instance of a function block named members in parentheses.",
    "PROGRAM Main\nVAR a : ARRAY[1..3] OF INT := 7; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR a : ARRAY[1..3] OF INT := [3(7)]; END_VAR\nEND_PROGRAM",
)
TOO_MANY_INITIALS = Code(
    "RUNG0223",
    "more initial values than elements",
    "{type} has only {count} elements",
    "remove the values from here on, or enlarge the array",
    "A list of initial values may be shorter than the array, the rest keeps its default; it may not be longer. `3(0)` "
    "counts as three values.",
    "PROGRAM Main\nVAR a : ARRAY[1..3] OF INT := [1, 2, 2(0)]; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR a : ARRAY[1..3] OF INT := [1, 2(0)]; END_VAR\nEND_PROGRAM",
)
REPEAT_COUNT = Code(
    "RUNG0224",
    "impossible number of repeats",
    "{count} is no number of repeats",
    "write how often the value in parentheses is repeated: 3(0)",
    "The number before the parentheses says for how many elements the value stands.",
    "PROGRAM Main\nVAR a : ARRAY[1..3] OF INT := [INT#-1(7)]; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR a : ARRAY[1..3] OF INT := [3(7)]; END_VAR\nEND_PROGRAM",
)
UNKNOWN_INITIAL = Code(
    "RUNG0225",
    "initial value for a member that is not there",
    "{type} has no member '{name}' that could be given a value",
    "it has: {known}",
    "In parentheses stand the fields of a STRUCT, or the inputs and outputs of a function block.",
    "PROGRAM Main\nVAR delay : TON := (Time := T#5s); END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR delay : TON := (PT := T#5s); END_VAR\nEND_PROGRAM",
)
MEMBER_TWICE = Code(
    "RUNG0226",
    "member given twice",
    "'{name}' has two initial values",
    "remove one of them",
    "Each member is given at most one initial value; what is left out keeps its default.",
    "PROGRAM Main\nVAR delay : TON := (PT := T#5s, PT := T#6s); END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR delay : TON := (PT := T#5s); END_VAR\nEND_PROGRAM",
)
INITIAL_NOT_ALLOWED = Code(
    "RUNG0227",
    "initial value where there can be none",
    "a variable of {section} has no initial value of its own",
    "remove the value, or give it where the variable itself is declared",
    "VAR_EXTERNAL stands for a global variable, which has its initial value there.",
    "VAR_GLOBAL g : INT; END_VAR\nPROGRAM Main\nVAR_EXTERNAL g : INT := 5; END_VAR\ng := g * 2;\nEND_PROGRAM",
    "VAR_GLOBAL g : INT := 5; END_VAR\nPROGRAM Main\nVAR_EXTERNAL g : INT; END_VAR\ng := g * 2;\nEND_PROGRAM",
)
IN_OUT_VALUE = Code(
    "RUNG0239",
    "initial value that has no effect",
    "'{name}' stands for a variable of the caller, which has a value already",
    "remove the value, or declare it as VAR_INPUT",
    "TwinCAT lets a VAR_IN_OUT have an initial value. It has no effect, because every call hands a variable over. "
    "Under dialect `iec` it is an error.",
    "FUNCTION_BLOCK Scale\nVAR_IN_OUT x : INT := 5; END_VAR\nx := x * 2;\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK Scale\nVAR_IN_OUT x : INT; END_VAR\nx := x * 2;\nEND_FUNCTION_BLOCK",
    Severity.WARNING,
)
CONSTANT_WITHOUT_VALUE = Code(
    "RUNG0228",
    "constant without a value",
    "the constant '{name}' has no value of its own",
    "write it: {name} : .. := ..;",
    "A constant never gets another value than the one in its declaration. Without one it has the default of its type, "
    "which is seldom what was meant.",
    "PROGRAM Main\nVAR CONSTANT limit : INT; END_VAR\nVAR x : INT; END_VAR\nx := limit;\nEND_PROGRAM",
    "PROGRAM Main\nVAR CONSTANT limit : INT := 100; END_VAR\nVAR x : INT; END_VAR\nx := limit;\nEND_PROGRAM",
    Severity.WARNING,
)

# ------------------------------------------------------------------------------------------------------------ sections

SECTION_NOT_ALLOWED = Code(
    "RUNG0230",
    "section in the wrong place",
    "{section} cannot stand in {where}",
    "declare the variables in a section that belongs there",
    "VAR_GLOBAL stands in a file of its own, in a CONFIGURATION or in a RESOURCE, and nothing else does. A POU has "
    "VAR, VAR_INPUT, VAR_OUTPUT, VAR_IN_OUT, VAR_TEMP and VAR_EXTERNAL.",
    "PROGRAM Main\nVAR_GLOBAL counter : INT; END_VAR\ncounter := counter + 1;\nEND_PROGRAM",
    "VAR_GLOBAL counter : INT; END_VAR\nPROGRAM Main\nVAR_EXTERNAL counter : INT; END_VAR\n"
    "counter := counter + 1;\nEND_PROGRAM",
)
QUALIFIER_NOT_ALLOWED = Code(
    "RUNG0231",
    "qualifier that makes no sense here",
    "{qualifier} does not go with {section} here: {reason}",
    "remove {qualifier}, or move the variables to another section",
    "RETAIN, NON_RETAIN and PERSISTENT are for variables that live from scan to scan: those of a program, of a "
    "function block, and global ones. CONSTANT is for values that come from the declaration.",
    "FUNCTION Next : INT\nVAR RETAIN n : INT; END_VAR\nn := n + 1;\nNext := n;\nEND_FUNCTION",
    "FUNCTION_BLOCK Next\nVAR_OUTPUT Value : INT; END_VAR\nVAR RETAIN n : INT; END_VAR\nn := n + 1;\nValue := n;\n"
    "END_FUNCTION_BLOCK",
)
EDGE_NOT_ALLOWED = Code(
    "RUNG0232",
    "edge of something that is no BOOL input",
    "{edge} is only for BOOL inputs of a program or function block",
    "declare it as BOOL in VAR_INPUT, or use an instance of R_TRIG or F_TRIG",
    "R_EDGE and F_EDGE make the input TRUE for the one call in which it rises or falls. That needs a memory of "
    "the call before, which a FUNCTION does not have.",
    "FUNCTION_BLOCK Count\nVAR_INPUT pulse : INT R_EDGE; END_VAR\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK Count\nVAR_INPUT pulse : BOOL R_EDGE; END_VAR\nEND_FUNCTION_BLOCK",
)
LOCATED_NOT_ALLOWED = Code(
    "RUNG0233",
    "address where there can be none",
    "a variable in {where} cannot have an address",
    "declare it in VAR of a PROGRAM or in VAR_GLOBAL, and pass it on from there",
    "Every instance of a function block and every call of a function has variables of its own; they cannot all "
    "lie at one address. The same is true of the fields of a STRUCT.",
    "FUNCTION_BLOCK Valve\nVAR coil AT %QX0.0 : BOOL; END_VAR\ncoil := TRUE;\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK Valve\nVAR_OUTPUT coil : BOOL; END_VAR\ncoil := TRUE;\nEND_FUNCTION_BLOCK\n"
    "PROGRAM Main\nVAR\n    supply : Valve;\n    pin AT %QX0.0 : BOOL;\nEND_VAR\nsupply(coil => pin);\nEND_PROGRAM",
)
UNKNOWN_GLOBAL = Code(
    "RUNG0234",
    "VAR_EXTERNAL without a global variable",
    "there is no global variable '{name}'",
    "declare it in VAR_GLOBAL, or remove it here",
    "VAR_EXTERNAL only names global variables that a POU wants to use; it creates none.",
    "VAR_GLOBAL Speed : INT; END_VAR\nPROGRAM Main\nVAR_EXTERNAL Sped : INT; END_VAR\nSped := 1;\nEND_PROGRAM",
    "VAR_GLOBAL Speed : INT; END_VAR\nPROGRAM Main\nVAR_EXTERNAL Speed : INT; END_VAR\nSpeed := 1;\nEND_PROGRAM",
)
EXTERNAL_TYPE = Code(
    "RUNG0235",
    "VAR_EXTERNAL of another type",
    "the global variable '{name}' is of type {wanted}, not {given}",
    "write {wanted} here",
    "A VAR_EXTERNAL declaration repeats the type of the global variable exactly.",
    "VAR_GLOBAL Speed : INT; END_VAR\nPROGRAM Main\nVAR_EXTERNAL Speed : DINT; END_VAR\nSpeed := 1;\nEND_PROGRAM",
    "VAR_GLOBAL Speed : INT; END_VAR\nPROGRAM Main\nVAR_EXTERNAL Speed : INT; END_VAR\nSpeed := 1;\nEND_PROGRAM",
)
INSTANCE_NOT_ALLOWED = Code(
    "RUNG0236",
    "instance where there can be none",
    "an instance of {block} cannot be declared here: {reason}",
    "declare it in VAR, and hand it over as VAR_IN_OUT",
    "A function block remembers from call to call, so its instance needs a place of its own, which is not constant. "
    "The outputs of a FUNCTION or METHOD end with the call; it takes an instance as VAR_IN_OUT instead, or gives one "
    "as its result, which is copied.",
    "FUNCTION Start : BOOL\nVAR_INPUT span : TIME; END_VAR\nVAR_OUTPUT delay : TON; END_VAR\n"
    "delay(IN := TRUE, PT := span);\nStart := delay.Q;\nEND_FUNCTION",
    "FUNCTION Start : BOOL\nVAR_INPUT span : TIME; END_VAR\nVAR_IN_OUT delay : TON; END_VAR\n"
    "delay(IN := TRUE, PT := span);\nStart := delay.Q;\nEND_FUNCTION",
)
OVERLAID_TYPE = Code(
    "RUNG0229",
    "instance that would share its place",
    "{type} cannot lie over other variables",
    "declare it outside of the UNION",
    "Whatever is written to one member of a UNION or STRUCT OVERLAP changes the others. An instance of a function "
    "block, or a variable that refers to one, would be something else from then on.",
    "TYPE Mixed : UNION\n    delay : TON;\n    bits : LWORD;\nEND_UNION; END_TYPE\n"
    "PROGRAM Main\nVAR m : Mixed; END_VAR\nm.bits := 0;\nEND_PROGRAM",
    "TYPE Mixed : UNION\n    span : TIME;\n    bits : LWORD;\nEND_UNION; END_TYPE\n"
    "PROGRAM Main\nVAR m : Mixed; delay : TON; END_VAR\nm.bits := 0;\ndelay(IN := TRUE, PT := m.span);\nEND_PROGRAM",
)
RESULT_NOT_ASSIGNED = Code(
    "RUNG0237",
    "function without a result",
    "'{name}' never assigns its result",
    "write {name} := .. in its body, or leave ': {type}' out of its heading",
    "A FUNCTION returns the value of the variable that is named like it. This one never gets a value, so every call "
    "returns the default of the type.",
    "FUNCTION Area : REAL\nVAR_INPUT w, h : REAL; END_VAR\nVAR a : REAL; END_VAR\na := w * h;\nEND_FUNCTION",
    "FUNCTION Area : REAL\nVAR_INPUT w, h : REAL; END_VAR\nArea := w * h;\nEND_FUNCTION",
    Severity.WARNING,
)

# ----------------------------------------------------------------------------------------------------------- recursion

RECURSIVE_CALL = Code(
    "RUNG0240",
    "function block that calls itself",
    "with this call the {kind} '{name}' calls itself",
    "use a loop, or a FUNCTION, which has variables of its own for every call",
    "An instance has one set of variables. A block that is called again while it still runs would find them "
    "half changed. The circle may run through other POUs.",
    "FUNCTION_BLOCK Walker\nVAR_IN_OUT other : Walker; END_VAR\nother(other := other);\nEND_FUNCTION_BLOCK",
    "FUNCTION Factorial : LINT\nVAR_INPUT n : LINT; END_VAR\nIF n <= 1 THEN\n    Factorial := 1;\nELSE\n"
    "    Factorial := n * Factorial(n - 1);\nEND_IF;\nEND_FUNCTION",
)
RECURSION_NOT_ALLOWED = Code(
    "RUNG0241",
    "recursion under dialect iec",
    "with this call '{name}' calls itself",
    "use a loop, or compile with dialect rung",
    "The standard forbids functions that call themselves, directly or through others. Dialect `rung` allows it up to a "
    "depth that is set for the program.",
    "(* dialect: iec *)\nFUNCTION Sum : DINT\nVAR_INPUT n : DINT; END_VAR\n"
    "IF n > 0 THEN Sum := n + Sum(n - 1); END_IF;\nEND_FUNCTION",
    "(* dialect: iec *)\nFUNCTION Sum : DINT\nVAR_INPUT n : DINT; END_VAR\nVAR i : DINT; END_VAR\n"
    "FOR i := 1 TO n DO Sum := Sum + i; END_FOR;\nEND_FUNCTION",
)

# -------------------------------------------------------------------------------------------------------------- limits

UNSUPPORTED_TYPE = Code(
    "RUNG0250",
    "type that stands for several",
    "{name} is no type of one size, which a variable needs",
    "declare it with one of the types that {name} stands for, or as an input of a FUNCTION or METHOD",
    "ANY_NUM and the like say which types a function takes: an input of a FUNCTION or METHOD may have them. A variable "
    "has one type: BOOL, a bit string, a number, a duration, a date or time, a text, a reference, or what is built of "
    "them. The dialect iec has ANY types for standard functions only.",
    "FUNCTION Bytes : DINT\nVAR_OUTPUT value : ANY_NUM; END_VAR\nBytes := 0;\nEND_FUNCTION",
    "FUNCTION Bytes : DINT\nVAR_INPUT value : ANY_NUM; END_VAR\nBytes := value.diSize;\nEND_FUNCTION",
)
ARRAY_TOO_LARGE = Code(
    "RUNG0260",
    "array with too many elements",
    "this array has {count} elements, the limit is {limit}",
    "make it smaller, or split it",
    "The limit keeps a slip of the pen from reserving the memory of the machine.",
    "PROGRAM Main\nVAR log : ARRAY[0..16#FFFFFF] OF BYTE; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR log : ARRAY[0..16#FFFF] OF BYTE; END_VAR\nEND_PROGRAM",
)
REFERENCE_TO_REFERENCE = Code(
    "RUNG0266",
    "REFERENCE TO a REFERENCE TO",
    "a REFERENCE TO cannot refer to another one",
    "write POINTER TO REFERENCE TO, or refer to the variable itself",
    "The name of a REFERENCE TO always means what it refers to, so there is no way to name the reference in between.",
    "PROGRAM Main\nVAR r : REFERENCE TO REFERENCE TO INT; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR r : REFERENCE TO INT; END_VAR\nEND_PROGRAM",
)
TOO_MANY_STARTS = Code(
    "RUNG0267",
    "too many instances to start",
    "{count} instances have to be started one by one, the limit is {limit}",
    "make the array smaller, or start the instances in the body at the first scan",
    "Instances with an FB_Init or with initial values that have to be computed are started before the first scan.",
    "FUNCTION_BLOCK B\nVAR x : INT; p : POINTER TO INT := ADR(x); END_VAR\nEND_FUNCTION_BLOCK\n"
    "PROGRAM Main\nVAR b : ARRAY[1..5000] OF B; END_VAR\nEND_PROGRAM",
    "FUNCTION_BLOCK B\nVAR x : INT; p : POINTER TO INT := ADR(x); END_VAR\nEND_FUNCTION_BLOCK\n"
    "PROGRAM Main\nVAR b : ARRAY[1..500] OF B; END_VAR\nEND_PROGRAM",
)
START_FAULT = Code(
    "RUNG0268",
    "fault before the first scan",
    "starting the program ends with a fault: {fault}",
    "correct the initial value, or compute it in the body",
    "FB_Init and initial values that have to be computed run once, when the program is compiled, on its fresh memory. "
    "What they do has to end, and without a fault.",
    "FUNCTION F : INT\nVAR n : INT; END_VAR\nF := 1 / n;\nEND_FUNCTION\n"
    "PROGRAM Main\nVAR x : INT := F(); END_VAR\nEND_PROGRAM",
    "FUNCTION F : INT\nVAR n : INT := 1; END_VAR\nF := 1 / n;\nEND_FUNCTION\n"
    "PROGRAM Main\nVAR x : INT := F(); END_VAR\nEND_PROGRAM",
)
STRING_LENGTH = Code(
    "RUNG0265",
    "length that no string has",
    "a string of {length} characters is not possible",
    "choose a length from 1 to {limit}",
    "The length of a string is the number of characters it can hold. Without one it is 80.",
    "PROGRAM Main\nVAR log : STRING[100000]; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR log : STRING[1000]; END_VAR\nEND_PROGRAM",
)
TYPE_TOO_LARGE = Code(
    "RUNG0261",
    "type that takes too much memory",
    "a variable of this type takes {size} bytes, the limit is {limit}",
    "make its arrays smaller",
    "The memory of a PLC is one block, locked into RAM and copied for snapshots and standby; its size is limited.",
    "TYPE Log : ARRAY[0..9999, 0..99] OF Row; Row : ARRAY[0..99] OF LREAL; END_TYPE",
    "TYPE Log : ARRAY[0..99, 0..99] OF Row; Row : ARRAY[0..99] OF LREAL; END_TYPE",
)
MEMORY_LIMIT = Code(
    "RUNG0262",
    "program that takes too much memory",
    "all variables together take {total} bytes, the limit is {limit}; '{name}' is the largest with {size}",
    "make the largest arrays smaller",
    "The memory of a PLC is one block, locked into RAM and copied for snapshots and standby; its size is limited.",
    "VAR_GLOBAL\n    a, b, c, d, e : ARRAY[0..1048575] OF STRING[63];\nEND_VAR",
    "VAR_GLOBAL\n    a, b, c, d, e : ARRAY[0..99999] OF STRING[63];\nEND_VAR",
)
FRAME_TOO_LARGE = Code(
    "RUNG0263",
    "variables of one call take too much memory",
    "the variables of one call of '{name}' take {size} bytes, the limit is {limit}",
    "pass large arrays as VAR_IN_OUT, declare tables CONSTANT, or use a FUNCTION_BLOCK",
    "Variables of a FUNCTION and VAR_TEMP are set up anew at every call, on the stack of the scan. Large ones "
    "cost time at every call and do not fit there.",
    "FUNCTION Mean : REAL\nVAR_INPUT values : ARRAY[0..99999] OF REAL; END_VAR\nMean := values[0];\nEND_FUNCTION",
    "FUNCTION Mean : REAL\nVAR_IN_OUT values : ARRAY[0..99999] OF REAL; END_VAR\nMean := values[0];\nEND_FUNCTION",
)
TYPE_TOO_DEEP = Code(
    "RUNG0264",
    "types inside each other too deep",
    "this type has more than {limit} levels of arrays, STRUCTs and function blocks inside each other",
    "make it flatter",
    "Real programs have about ten levels. The limit keeps a generated source from exhausting the tools that "
    "walk through types: the debugger, OPC UA, the retain file.",
    "TYPE Deep : " + "ARRAY[0..0] OF " * 101 + "INT; END_TYPE",
    "TYPE Flat : " + "ARRAY[0..0] OF " * 3 + "INT; END_TYPE",
)
