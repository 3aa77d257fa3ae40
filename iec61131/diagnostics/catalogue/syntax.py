"""Codes RUNG01xx: characters, tokens and grammar.

In reading order: characters (010x), literals (011x), sentences (012x to 014x), what this version does not know (015x),
limits of size (019x). The examples are tested as they stand: `wrong` gives this code and no other, `right` gives none.
An example that does not start with a declaration is the inside of a PROGRAM.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

# ---------------------------------------------------------------------------------------------------------- characters

UNEXPECTED_CHARACTER = Code(
    "RUNG0101",
    "character without a meaning",
    "the character {character} has no meaning here",
    "remove it; outside comments and strings only letters, digits and the signs of the language may stand",
    "A character stands in the program text that belongs to no name, number, sign or keyword. Text copied from a "
    "document or a web page sometimes brings invisible ones along, for example a no-break space.",
    "level := 5 @ 3;",
    "level := 5 + 3;",
)
NAME_CHARACTERS = Code(
    "RUNG0102",
    "letter outside A to Z in a name",
    "the name '{name}' has letters other than A to Z",
    "use the letters A to Z, digits and the underscore",
    "Names consist of the letters A to Z, digits and underscores, and do not start with a digit. Letters with accents "
    "and letters of other scripts are welcome in comments and strings.",
    "VAR Füllstand : REAL; END_VAR",
    "VAR Fuellstand : REAL; END_VAR",
)
UNCLOSED_COMMENT = Code(
    "RUNG0103",
    "comment is never closed",
    "the file ends inside a comment",
    "write '{closing}' where the comment ends",
    "A comment that starts with `(*` goes on to its `*)`, and one that starts with `/*` to its `*/`. Comments nest: a "
    "second `(*` inside a comment needs its own `*)`. Nothing after the open comment was read.",
    "x := 1;  (* the usual case\ny := 2;",
    "x := 1;  (* the usual case *)\ny := 2;",
)
UNCLOSED_STRING = Code(
    "RUNG0104",
    "string is never closed",
    "the line ends inside a string",
    "write {quote} where the string ends; inside a string a quote is written ${quote} and a line end $N",
    "A string starts and ends with the same quote, on one line. `'..'` is a STRING, `\"..\"` a WSTRING. The sign `$` "
    "gives the next character a meaning: `$'` is a quote inside the string, `$N` a line end, `$$` the sign itself.",
    "text := 'tank empty;\nx := 1;",
    "text := 'tank empty';\nx := 1;",
)
UNCLOSED_PRAGMA = Code(
    "RUNG0105",
    "pragma is never closed",
    "the opening brace of this pragma has no closing one",
    "write '}}' where the pragma ends",
    "A pragma stands in braces: `{attribute 'qualified_only'}`.",
    "x := 1;\n{attribute 'hide'\ny := 2;",
    "x := 1;\n{attribute 'hide'}\ny := 2;",
)
FOREIGN_OPERATOR = Code(
    "RUNG0106",
    "operator of another language",
    "'{written}' is not an operator of this language",
    "{remedy}",
    "The operators are `+ - * / ** MOD`, the comparisons `= <> < > <= >=`, and `AND OR XOR NOT`; `&` is another way to "
    "write AND. Assignment is `:=`. There are no operators that change a variable in passing.",
    "IF a == b && NOT c THEN\n    x := x + 1;\nEND_IF;",
    "IF a = b AND NOT c THEN\n    x := x + 1;\nEND_IF;",
)
TYPOGRAPHIC_QUOTES = Code(
    "RUNG0107",
    "typographic quotes",
    "these quotes do not make a string",
    "write straight quotes: 'text' or \"text\"",
    "Word processors turn straight quotes into typographic ones. Strings need the straight ones.",
    "text := “tank empty”;",
    "text := 'tank empty';",
)

# ------------------------------------------------------------------------------------------------------------ literals

MALFORMED_NUMBER = Code(
    "RUNG0110",
    "malformed number",
    "'{text}' is not a number: {reason}",
    "{remedy}",
    "Numbers: `17`, `1_000`, `2#1010`, `8#17`, `16#FF`, `1.5`, `1.5E-3`; with a type `INT#5`, `WORD#16#FF`, "
    "`REAL#1.5`. A single underscore may stand between two digits. A point needs digits on both sides. A name "
    "does not start with a digit.",
    "x := 16#FG;",
    "x := 16#F0;",
)
NUMBER_TOO_LONG = Code(
    "RUNG0111",
    "number too long",
    "this number is {length} characters long; {limit} are the limit",
    "shorten it: no type holds a number of that size",
    "The largest types hold 20 decimal or 64 binary digits. The limit is far above that and keeps a text that is no "
    "program from costing time.",
    "x := " + "1234567890" * 26 + ";",
    "x := 1234567890;",
)
MALFORMED_DURATION = Code(
    "RUNG0112",
    "malformed duration",
    "'{text}' is not a duration: {reason}",
    "write numbers with units, largest first: T#1h30m, T#2.5s, LTIME#10us",
    "A duration is T# or TIME# (LT# or LTIME#) and numbers, each with one of the units d h m s ms us ns, in this order "
    "and each at most once. Only the last number may have a fraction. The resolution is one nanosecond.",
    "delay := T#10;",
    "delay := T#10s;",
)
UNKNOWN_ESCAPE = Code(
    "RUNG0113",
    "unknown escape in a string",
    "'{escape}' is not an escape of strings",
    "write $$ for the sign itself, or one of $' $\" $L $N $P $R $T, or $ with {digits}",
    "In strings `$` gives the next characters a meaning: `$$` the sign itself, `$'` and `$\"` quotes, `$L` line feed, "
    "`$N` new line, `$P` form feed, `$R` carriage return, `$T` tab, `$0D` a character by its number: two hexadecimal "
    "digits in a STRING, four in a WSTRING.",
    "text := 'costs 5$ each';",
    "text := 'costs 5$$ each';",
)
MALFORMED_ADDRESS = Code(
    "RUNG0114",
    "malformed address",
    "'{text}' is not an address: {reason}",
    "write the area, the size and the place: %IX0.0, %QW3, %MD12",
    "A direct address is `%`, an area (I input, Q output, M marker), a size (X bit, B byte, W 16, D 32, L 64 bits; X "
    "when left out) and numbers separated by points.",
    "VAR valve AT %OX0.1 : BOOL; END_VAR",
    "VAR valve AT %QX0.1 : BOOL; END_VAR",
)
MALFORMED_TYPED_LITERAL = Code(
    "RUNG0115",
    "nothing behind '#'",
    "'{text}' lacks a value: {reason}",
    "write the value right behind the '#': INT#5, Colour#Red, BOOL#TRUE",
    "A type, `#` and a value make a literal of that type. No space may stand beside the `#`.",
    "x := INT#;",
    "x := INT#5;",
)

MALFORMED_DATE = Code(
    "RUNG0116",
    "malformed date or time of day",
    "'{text}' is not one: {reason}",
    "write it as {example}",
    "A date is D# or DATE# and year-month-day. A time of day is TOD# or TIME_OF_DAY# and hours:minutes:seconds, with a "
    "fraction of a second if need be. DT# or DATE_AND_TIME# takes both with a '-' between. The long types LDATE, LTOD "
    "and LDT are written alike.",
    "VAR opened : DATE := D#2021-02-29; END_VAR",
    "VAR opened : DATE := D#2021-02-28; END_VAR",
)

# ----------------------------------------------------------------------------------------------------------- sentences

EXPECTED = Code(
    "RUNG0120",
    "something else was expected",
    "expected {expected}, found {found}",
    "{remedy}",
    "The text does not follow the grammar at this place. The message names what could stand here.",
    "FOR i := 1, 10 DO\n    x := x + i;\nEND_FOR;",
    "FOR i := 1 TO 10 DO\n    x := x + i;\nEND_FOR;",
)
MISSING_SEMICOLON = Code(
    "RUNG0121",
    "missing semicolon",
    "a semicolon is missing {after}",
    "write ';' here",
    "Every statement and every declaration of a variable ends with a semicolon.",
    "x := 1\ny := 2;",
    "x := 1;\ny := 2;",
)
MISSPELT_KEYWORD = Code(
    "RUNG0122",
    "misspelt keyword",
    "'{written}' is not a keyword",
    "did you mean '{keyword}'?",
    "A word stands where only a keyword makes sense, and it looks like one. Reading went on as though the keyword "
    "stood there.",
    "IF full THEN\n    x := 0;\nENDIF;",
    "IF full THEN\n    x := 0;\nEND_IF;",
)
MISSING_END = Code(
    "RUNG0123",
    "block is never closed",
    "{opener} is not closed: {closer} is missing before {found}",
    "write {closer} where the block ends",
    "Each IF, CASE, FOR, WHILE, REPEAT, VAR, STRUCT, TYPE and each POU has its own END keyword. To chain conditions "
    "write ELSIF: an `ELSE IF` opens a second IF, which needs a second END_IF.",
    "WHILE busy DO\n    IF full THEN\n        x := 0;\nEND_WHILE;",
    "WHILE busy DO\n    IF full THEN\n        x := 0;\n    END_IF;\nEND_WHILE;",
)
STRAY_KEYWORD = Code(
    "RUNG0124",
    "keyword without its beginning",
    "{found} does not belong to anything here",
    "{remedy}",
    "A keyword that ends or divides a block stands where no such block is open, or where another block has to "
    "be closed first.",
    "x := 0;\nEND_IF;",
    "IF full THEN\n    x := 0;\nEND_IF;",
)
UNCLOSED_BRACKET = Code(
    "RUNG0125",
    "bracket is never closed",
    "'{closer}' is missing",
    "write '{closer}' here, or remove the opening '{opener}'",
    "Each opening bracket needs its closing one before the statement goes on.",
    "x := (a + b * 2;",
    "x := (a + b) * 2;",
)
KEYWORD_AS_NAME = Code(
    "RUNG0126",
    "keyword used as a name",
    "{word} is a keyword and cannot be a name",
    "choose another name, for example '{word}_1'",
    "Words with a fixed meaning in every place, such as IF, TO or REPEAT, cannot name variables, types or POUs. Words "
    "that have a meaning in few places only, such as STEP, TASK or ON, can.",
    "VAR Repeat : INT; END_VAR",
    "VAR RepeatCount : INT; END_VAR",
)
EXPECTED_EXPRESSION = Code(
    "RUNG0127",
    "missing value",
    "a value is missing before {found}",
    "write a variable, a number or another expression here",
    "An operator, an assignment, a condition or an argument needs a value.",
    "x := a + ;",
    "x := a + 1;",
)
COMPARISON_AS_ASSIGNMENT = Code(
    "RUNG0128",
    "comparison where an assignment was meant",
    "'=' compares; this statement would compute the comparison and forget it",
    "write ':=' to assign",
    "`:=` assigns and `=` compares. A comparison alone is not a statement.",
    "x = 5;",
    "x := 5;",
)
ASSIGNMENT_AS_COMPARISON = Code(
    "RUNG0129",
    "assignment where a comparison was meant",
    "':=' assigns; a condition or a value needs a comparison",
    "write '=' to compare",
    "`:=` assigns and `=` compares. An assignment is a statement of its own and cannot stand inside an expression.",
    "IF x := 5 THEN\n    y := 1;\nEND_IF;",
    "IF x = 5 THEN\n    y := 1;\nEND_IF;",
)
ARROW_AS_COMPARISON = Code(
    "RUNG0130",
    "'=>' where a comparison was meant",
    "'=>' connects an output of a call; it does not compare",
    "write '>=' for 'greater or equal'",
    "`=>` stands only between the name of an output and the variable that receives it: `timer(Q => done)`.",
    "IF level => 5 THEN\n    x := 1;\nEND_IF;",
    "IF level >= 5 THEN\n    x := 1;\nEND_IF;",
)
SPLIT_ASSIGNMENT = Code(
    "RUNG0131",
    "':' and '=' apart",
    "':' and '=' stand apart and so do not assign",
    "write ':=' without a space",
    "The sign of assignment is one token, `:=`.",
    "x : = 5;",
    "x := 5;",
)
NOT_A_STATEMENT = Code(
    "RUNG0132",
    "expression that is not a statement",
    "this is neither an assignment nor a call, so it would do nothing",
    "assign it to a variable with ':=', or call it with '(..)'",
    "A statement assigns, calls, or controls what runs next. A value alone has no effect.",
    "x + 1;",
    "y := x + 1;",
)
NOT_ASSIGNABLE = Code(
    "RUNG0133",
    "assignment to something that is not a variable",
    "{what} cannot be assigned to",
    "{remedy}",
    "The left side of an assignment is the place that receives the value.",
    "5 := x;",
    "x := 5;",
)
SECTION_AFTER_BODY = Code(
    "RUNG0134",
    "variables declared after the first statement",
    "{section} stands behind the first statement",
    "move the section up, before the statements",
    "All VAR sections of a POU stand between its name and its first statement.",
    "x := 1;\nVAR y : INT; END_VAR",
    "VAR y : INT; END_VAR\nx := 1;",
)
OUTSIDE_POU = Code(
    "RUNG0135",
    "text outside a declaration",
    "{found} stands outside any PROGRAM, FUNCTION, FUNCTION_BLOCK, TYPE, VAR_GLOBAL or CONFIGURATION",
    "{remedy}",
    "A file is a sequence of declarations. Statements stand inside a PROGRAM, a FUNCTION or a FUNCTION_BLOCK.",
    "TYPE Celsius : REAL; END_TYPE\n\nlevel := 5.0;",
    "TYPE Celsius : REAL; END_TYPE\n\nPROGRAM Main\n    level := 5.0;\nEND_PROGRAM",
)
EXPECTED_TYPE = Code(
    "RUNG0136",
    "missing type",
    "a type is missing before {found}",
    "write a type: BOOL, INT, REAL, TIME, ARRAY[1..10] OF INT, or the name of a declared type or function block",
    "Every variable has a type, written behind the colon.",
    "VAR level : := 5; END_VAR",
    "VAR level : INT := 5; END_VAR",
)

EXTENDS_WITHOUT_STRUCT = Code(
    "RUNG0137",
    "EXTENDS before something that is no STRUCT",
    "only a STRUCT can extend another type",
    "remove EXTENDS and the name behind it, or declare a STRUCT",
    "`TYPE Name EXTENDS Base : STRUCT` puts the members of the STRUCT behind those of Base. Other types have no "
    "members that could be added.",
    "TYPE Row EXTENDS Base : ARRAY[1..3] OF INT; END_TYPE",
    "TYPE Row EXTENDS Base : STRUCT length : INT; END_STRUCT END_TYPE",
)
CONDITIONAL_PRAGMA = Code(
    "RUNG0138",
    "malformed conditional pragma",
    "this conditional pragma has no meaning: {reason}",
    "write {{IF defined (name)}} .. {{ELSIF ..}} .. {{ELSE}} .. {{END_IF}}, or {{define name}}",
    "The text between `{IF ..}` and `{END_IF}` counts only where the condition holds. A condition is made of "
    "`defined (name)`, `defined (variable: name)`, `defined (type: name)`, `defined (pou: name)`, "
    "`hasvalue (name, 'text')`, NOT, AND, OR and brackets. It is answered from the file itself, up to the pragma: from "
    "its `{define name}` pragmas and its declarations. `hasattribute`, `hastype` and `hasconstantvalue` are always "
    "FALSE.",
    "{IF defined (simulation)}\nx := 1;\n{ELSE}\nx := 2;",
    "{IF defined (simulation)}\nx := 1;\n{ELSE}\nx := 2;\n{END_IF}",
)

FOREIGN_CODE = Code(
    "RUNG0140",
    "code of another language",
    "what stands in these braces is code in C, and cannot be run",
    "write in Structured Text what it does, or leave the POU out of the program",
    "Some tools hand what stands in braces in a body to a C compiler: `{{ .. }}`, or `{ .. }` with a semicolon in it. "
    "A program without it would be another one, so it is not left out. Other pragmas have no effect.",
    'IF x > 1 THEN\n    {{ printf("%d", 1); }}\nEND_IF;',
    "IF x > 1 THEN\n    {region 'counting'}\n    y := y + 1;\n    {endregion}\nEND_IF;",
)

MODIFIER_TWICE = Code(
    "RUNG0139",
    "modifier written twice",
    "{word} is one modifier too many",
    "keep one of PUBLIC, PROTECTED, PRIVATE and INTERNAL, and each other modifier once",
    "What is declared has one access: PUBLIC, PROTECTED, PRIVATE or INTERNAL. ABSTRACT, FINAL and OVERRIDE may be "
    "added, each once.",
    "FUNCTION_BLOCK Pump\nMETHOD PUBLIC PRIVATE Start\nEND_METHOD\nEND_FUNCTION_BLOCK",
    "FUNCTION_BLOCK Pump\nMETHOD PUBLIC Start\nEND_METHOD\nEND_FUNCTION_BLOCK",
)

# ------------------------------------------------------------------------------------------ not known to this version

NOT_SUPPORTED = Code(
    "RUNG0150",
    "construct that this version does not support",
    "{construct} is not supported in this version",
    "{instead}",
    "The language has this construct, or a common dialect of it does, but this version of the compiler does not. It is "
    "reported once for each declaration that uses it.",
    "FUNCTION Twice <T : ANY_NUM> : T\nVAR_INPUT x : T; END_VAR\nTwice := x + x;\nEND_FUNCTION",
    "FUNCTION TwiceInt : INT\nVAR_INPUT x : INT; END_VAR\nTwiceInt := x + x;\nEND_FUNCTION",
)
ADDRESS_WITHOUT_PLACE = Code(
    "RUNG0151",
    "address without a place",
    "'{text}' leaves the place open",
    "write the place out, for example {example}",
    "An address such as `%I*` stands in a declaration only. What it means is said elsewhere, in a VAR_CONFIG section "
    "or by the project file.",
    "%Q* := TRUE;",
    "%QX0.1 := TRUE;",
)

# ------------------------------------------------------------------------------------------------------ limits of size

_DEEP = 210
NESTING_TOO_DEEP = Code(
    "RUNG0190",
    "nested too deep",
    "this is nested more than {limit} levels deep",
    "split it: put a part into a variable, a function or a statement of its own",
    "Brackets, operators, blocks of statements and types may be nested, all together, up to a fixed depth. Each "
    "operator of a long sum counts as one level, because each works on the result of the one before it.",
    f"x := {'(' * _DEEP}y{')' * _DEEP};",
    "x := ((y));",
)
SOURCE_TOO_LARGE = Code(
    "RUNG0191",
    "source too large",
    "the source is larger than {limit_mib} MiB of characters",
    "split it into several files",
    "The limit is far above any program of a controller and keeps a wrong file from occupying the compiler.",
    "(* a log file or an image, named in the project as a source by mistake *)",
    "PROGRAM Main\n    x := 1;\nEND_PROGRAM",
)
TOO_MANY_ERRORS = Code(
    "RUNG0192",
    "too many errors",
    "this file has {count} errors or more; the rest is not shown",
    "correct the errors above first, then check again",
    "Reading a file ends at this number of errors. A file with that many is often not a program of this "
    "language at all.",
    "(* a text in another language *)",
    "PROGRAM Main\n    x := 1;\nEND_PROGRAM",
)
