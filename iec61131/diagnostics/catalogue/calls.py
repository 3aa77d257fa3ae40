"""Codes RUNG035x and RUNG036x: calls and their arguments. For the examples see `declarations.py`."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_HALF = "FUNCTION Half : INT\nVAR_INPUT x : INT; END_VAR\nHalf := x / 2;\nEND_FUNCTION\n"
_CLAMP = (
    "FUNCTION Clamp : INT\nVAR_INPUT low, value, high : INT; END_VAR\nVAR_OUTPUT limited : BOOL; END_VAR\n"
    "Clamp := LIMIT(low, value, high);\nlimited := value < low OR value > high;\nEND_FUNCTION\n"
)
_STEP = (
    "FUNCTION_BLOCK Step\nVAR_INPUT up : BOOL; END_VAR\nVAR_OUTPUT count : INT; END_VAR\n"
    "VAR_IN_OUT total : DINT; END_VAR\nVAR last : BOOL; END_VAR\n"
    "IF up AND NOT last THEN\n    count := count + 1;\n    total := total + 1;\nEND_IF;\n"
    "last := up;\nEND_FUNCTION_BLOCK\n"
)
_WATCH = (
    "FUNCTION Watch : BOOL\n{kind} level : REAL; END_VAR\n"
    "Watch := QUALITY(level) = QUALITY_CODE#GOOD AND AGE(level) < T#2s;\nEND_FUNCTION\n"
)

_TWICE = (
    "CONFIGURATION Plant\n    TASK fast (INTERVAL := T#10ms);\n    PROGRAM left WITH fast : Pumps;\n"
    "    PROGRAM right WITH fast : Pumps;\n    PROGRAM all WITH fast : Main;\nEND_CONFIGURATION\n"
    "PROGRAM Pumps\nEND_PROGRAM\n"
)


def _main(variables: str, body: str, before: str = "") -> str:
    """An example: a PROGRAM with these variables and statements, behind what it needs."""
    return f"{before}PROGRAM Main\nVAR\n    {variables}\nEND_VAR\n{body}\nEND_PROGRAM"


UNKNOWN_FUNCTION = Code(
    "RUNG0350",
    "unknown function",
    "there is no function or instance called '{name}'",
    "declare it, add the file that does, or correct its spelling",
    "Before the parentheses stands a FUNCTION, a standard function, or an instance of a function block.",
    _main("n : INT;", "n := Haf(10);", _HALF),
    _main("n : INT;", "n := Half(10);", _HALF),
)
STANDARD_FUNCTION_LIMIT = Code(
    "RUNG0351",
    "standard function that this version does not have",
    "{name} is not in this version",
    "write it as a FUNCTION of your own",
    "The language page lists the functions that there are; a FUNCTION of the program may have the name of one that "
    "there is not.",
    _main("level : REAL; size : UDINT;", "size := XSIZEOF(level);"),
    "FUNCTION XSIZEOF : UDINT\nVAR_INPUT value : REAL; END_VAR\nXSIZEOF := SIZEOF(value);\nEND_FUNCTION\n"
    + _main("level : REAL; size : UDINT;", "size := XSIZEOF(level);"),
)
NOT_CALLABLE = Code(
    "RUNG0352",
    "call of something that cannot be called",
    "'{name}' is of type {type} and cannot be called",
    "call a FUNCTION or an instance of a function block; an index stands in brackets",
    "Parentheses behind a name are a call. Elements of arrays are chosen with brackets: `a[1]`.",
    _main("a : ARRAY[1..3] OF INT; n : INT;", "n := a(1);"),
    _main("a : ARRAY[1..3] OF INT; n : INT;", "n := a[1];"),
)
BLOCK_TYPE_CALLED = Code(
    "RUNG0353",
    "function block called without an instance",
    "'{name}' is a function block and needs an instance",
    "declare one, 'x : {name};', and call x(..)",
    "A function block remembers from call to call. The instance is the place where it does.",
    _main("go : BOOL;", "TON(IN := go, PT := T#1s);"),
    _main("go : BOOL; delay : TON;", "delay(IN := go, PT := T#1s);"),
)
PROGRAM_CALLED = Code(
    "RUNG0354",
    "call of a program that has several instances",
    "'{name}' is a PROGRAM with several instances",
    "make it a FUNCTION_BLOCK and call an instance, or run one instance only",
    "The name of a PROGRAM stands for its instance. Where tasks run several of them, it would not say which one is "
    "called.",
    _TWICE + "PROGRAM Main\nPumps();\nEND_PROGRAM",
    "FUNCTION_BLOCK Pumps\nEND_FUNCTION_BLOCK\nPROGRAM Main\nVAR p : Pumps; END_VAR\np();\nEND_PROGRAM",
)
INSTANCE_AS_FUNCTION = Code(
    "RUNG0355",
    "call of an instance used as a value",
    "'{name}' is an instance of {block}; its call has no value",
    "call it in a statement of its own, and use its outputs after that",
    "A function block has outputs instead of a result: `delay(IN := go); done := delay.Q;`.",
    _main("delay : TON; done : BOOL;", "done := delay(IN := TRUE, PT := T#1s);"),
    _main("delay : TON; done : BOOL;", "delay(IN := TRUE, PT := T#1s);\ndone := delay.Q;"),
)
NO_RESULT = Code(
    "RUNG0356",
    "function without a result used as a value",
    "'{name}' has no result",
    "give it one, FUNCTION {name} : INT, or call it in a statement of its own",
    "A FUNCTION without a type behind its name returns nothing; it has outputs.",
    _main("n : INT;", "n := Reset();", "FUNCTION Reset\nEND_FUNCTION\n"),
    _main("n : INT;", "Reset();\nn := 0;", "FUNCTION Reset\nEND_FUNCTION\n"),
)
NO_EFFECT = Code(
    "RUNG0357",
    "statement without an effect",
    "the result of '{name}' is not used, so this statement does nothing",
    "assign it: x := {name}(..);",
    "A standard function only computes. Nothing changes unless its result is stored.",
    _main("r : REAL;", "ABS(r);"),
    _main("r : REAL;", "r := ABS(r);"),
)
UNKNOWN_PARAMETER = Code(
    "RUNG0358",
    "unknown parameter",
    "{pou} has no parameter '{name}'",
    "it has: {known}",
    "The name before `:=` or `=>` is an input, output or VAR_IN_OUT of what is called.",
    _main("delay : TON;", "delay(INN := TRUE, PT := T#1s);"),
    _main("delay : TON;", "delay(IN := TRUE, PT := T#1s);"),
)
ARGUMENT_COUNT = Code(
    "RUNG0359",
    "wrong number of arguments",
    "'{name}' has {wanted}, and this call gives {given}",
    "its parameters are: {parameters}",
    "A call without names gives every input and VAR_IN_OUT, in the order of their declaration; only inputs "
    "with a default may be left out at the end. One that gives more has a variable for each output as well, where the "
    "output is declared. A call with names may leave inputs out, and so may one with nothing between its brackets.",
    _main("n : INT;", "n := Clamp(0, n);", _CLAMP),
    _main("n : INT;", "n := Clamp(0, n, 100);", _CLAMP),
)
ARGUMENT_TWICE = Code(
    "RUNG0360",
    "argument given twice",
    "'{name}' is given twice",
    "remove one of the two",
    "Each parameter has one argument, whether it is given by position or by name.",
    _main("n : INT;", "n := Clamp(0, low := 5, value := n);", _CLAMP),
    _main("n : INT;", "n := Clamp(low := 5, value := n, high := 9);", _CLAMP),
)
ARGUMENT_DIRECTION = Code(
    "RUNG0361",
    "argument in the wrong direction",
    "'{name}' is in {section} of {pou}: '{wrong}' goes the wrong way",
    "write {name} {right} ..",
    "`:=` hands a value in, `=>` takes an output out. VAR_IN_OUT is handed over with `:=`.",
    _main("delay : TON; done : BOOL;", "delay(IN := TRUE, PT := T#1s, Q := done);"),
    _main("delay : TON; done : BOOL;", "delay(IN := TRUE, PT := T#1s, Q => done);"),
)
POSITION_AFTER_NAME = Code(
    "RUNG0362",
    "argument without a name behind one that is out of its place",
    "behind an argument with a name that is out of its place, all others need one",
    "write the name of the parameter before it",
    "An argument without a name is for the parameter at its place in the list. Once another one has been given by name "
    "out of its own place, the places no longer say which parameter the next one is for.",
    _main("n : INT;", "n := Clamp(high := 100, n);", _CLAMP),
    _main("n : INT;", "n := Clamp(high := 100, value := n);", _CLAMP),
)
ARGUMENT_TYPE = Code(
    "RUNG0363",
    "argument of the wrong type",
    "{name} needs {wanted}, and this is {given}",
    "convert it, or use another variable",
    "Standard functions work for several types, but not for all: SQRT for REAL and LREAL, SHL and its kin for "
    "bit strings, MIN, MAX and LIMIT for values of one type.",
    _main("t : TIME;", "t := ABS(t);"),
    _main("t : TIME;", "t := MAX(t, T#0s);"),
)
MISSING_IN_OUT = Code(
    "RUNG0364",
    "VAR_IN_OUT not given",
    "the call of {pou} does not give '{name}'",
    "write {name} := and a variable",
    "VAR_IN_OUT stands for a variable of the caller for the time of the call, so every call has to give one.",
    _main("s : Step;", "s(up := TRUE);", _STEP),
    _main("s : Step; t : DINT;", "s(up := TRUE, total := t);", _STEP),
)
IN_OUT_TYPE = Code(
    "RUNG0365",
    "VAR_IN_OUT of another type",
    "'{name}' needs a variable of type {wanted}, and this is {given}",
    "declare the variable as {wanted}",
    "VAR_IN_OUT works on the caller's variable itself, so nothing can be converted on the way.",
    _main("s : Step; t : INT;", "s(up := TRUE, total := t);", _STEP),
    _main("s : Step; t : DINT;", "s(up := TRUE, total := t);", _STEP),
)
IN_OUT_BIT = Code(
    "RUNG0366",
    "single bit as VAR_IN_OUT",
    "a single bit cannot be handed over as '{name}'",
    "copy it into a BOOL variable, hand that over, and copy it back",
    "VAR_IN_OUT refers to a place in memory, which is at least a byte. A bit of a word, or a BOOL with an "
    "address, shares its byte with others; a part of a word is handed over by a copy too.",
    "FUNCTION_BLOCK Toggle\nVAR_IN_OUT bit : BOOL; END_VAR\nbit := NOT bit;\nEND_FUNCTION_BLOCK\n"
    + _main("t : Toggle; lamp AT %QX0.0 : BOOL;", "t(bit := lamp);"),
    "FUNCTION_BLOCK Toggle\nVAR_IN_OUT bit : BOOL; END_VAR\nbit := NOT bit;\nEND_FUNCTION_BLOCK\n"
    + _main("t : Toggle; lamp AT %QX0.0 : BOOL; on : BOOL;", "t(bit := on);\nlamp := on;"),
)
NO_SIGNAL = Code(
    "RUNG0367",
    "quality or age of what no input fills",
    "{name} asks for the input behind this variable, and there can be none: {cause}",
    "{remedy}",
    "QUALITY, QUALITY_REASON and AGE tell what the device said of the input that fills a variable. They go by the "
    "place of the variable, not by its value: a VAR_IN_OUT and what a reference leads to is the caller's variable, "
    "but the input of a block or function is a copy, and would always seem good.",
    _main("level : REAL;", "Watch(level);", _WATCH.format(kind="VAR_INPUT")),
    _main("level : REAL;", "Watch(level);", _WATCH.format(kind="VAR_IN_OUT CONSTANT")),
)
