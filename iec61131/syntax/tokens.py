"""The table of tokens: kinds, keywords, signs and the precedence of operators. Lexer, parser and messages all read it.

Read `Kind` first. A word is a keyword only if nothing else could be meant by it: `IF` or `END_VAR`. Words that mean
something in one place only (`AT`, `TASK`, `WITH`, `STEP`, `METHOD`..) stay identifiers here, because real programs have
variables of these names; the parser recognises them where they matter.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from iec61131.source import SourceFile, Span
from iec61131.syntax.tree import Access, BinaryOperator, Modifier, PouKind, UnaryOperator, VarKind


class Kind(Enum):
    """What a token is. The value is its spelling where it has only one, otherwise what a person calls it."""

    # Each kind is one object. Hashing it by its name, as enumerations do, would be a Python call for every look into a
    # table, of which reading a large file makes millions.
    __hash__ = object.__hash__

    # Between the tokens: kept, so that the tokens of a file add up to its text, but the parser does not see them.
    WHITESPACE = "white space"
    COMMENT = "a comment"
    PRAGMA = "a pragma"
    STRANGE = "something unknown"

    # One spelling each time.
    IDENTIFIER = "a name"
    INTEGER = "a number"
    REAL = "a number with a point"
    DURATION = "a duration"
    DATE = "a date"
    STRING = "a string"
    TYPED_NAME = "an enumerator with its type"  # Colour#Red, BOOL#TRUE
    ADDRESS = "an address"
    END_OF_FILE = "the end of the file"

    # Signs.
    ASSIGN = ":="
    ATTEMPT = "?="
    ARROW = "=>"
    RANGE = ".."
    COLON = ":"
    SEMICOLON = ";"
    COMMA = ","
    DOT = "."
    CARET = "^"
    LEFT_PARENTHESIS = "("
    RIGHT_PARENTHESIS = ")"
    LEFT_BRACKET = "["
    RIGHT_BRACKET = "]"
    PLUS = "+"
    MINUS = "-"
    STAR = "*"
    SLASH = "/"
    POWER = "**"
    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    GREATER = ">"
    LESS_EQUAL = "<="
    GREATER_EQUAL = ">="

    # Keywords: name and spelling are the same, which is how `KEYWORDS` finds them.
    PROGRAM = "PROGRAM"
    END_PROGRAM = "END_PROGRAM"
    FUNCTION = "FUNCTION"
    END_FUNCTION = "END_FUNCTION"
    FUNCTION_BLOCK = "FUNCTION_BLOCK"
    END_FUNCTION_BLOCK = "END_FUNCTION_BLOCK"
    END_CLASS = "END_CLASS"
    END_INTERFACE = "END_INTERFACE"
    END_METHOD = "END_METHOD"
    END_PROPERTY = "END_PROPERTY"
    END_GET = "END_GET"
    END_SET = "END_SET"
    END_ACTION = "END_ACTION"
    END_ACTIONS = "END_ACTIONS"
    END_STEP = "END_STEP"
    END_TRANSITION = "END_TRANSITION"
    END_NAMESPACE = "END_NAMESPACE"
    TYPE = "TYPE"
    END_TYPE = "END_TYPE"
    STRUCT = "STRUCT"
    END_STRUCT = "END_STRUCT"
    END_UNION = "END_UNION"
    ARRAY = "ARRAY"
    OF = "OF"
    CONFIGURATION = "CONFIGURATION"
    END_CONFIGURATION = "END_CONFIGURATION"
    END_RESOURCE = "END_RESOURCE"
    VAR = "VAR"
    VAR_INPUT = "VAR_INPUT"
    VAR_OUTPUT = "VAR_OUTPUT"
    VAR_IN_OUT = "VAR_IN_OUT"
    VAR_TEMP = "VAR_TEMP"
    VAR_EXTERNAL = "VAR_EXTERNAL"
    VAR_GLOBAL = "VAR_GLOBAL"
    VAR_CONFIG = "VAR_CONFIG"
    VAR_ACCESS = "VAR_ACCESS"
    VAR_INST = "VAR_INST"
    VAR_STAT = "VAR_STAT"
    END_VAR = "END_VAR"
    IF = "IF"
    THEN = "THEN"
    ELSIF = "ELSIF"
    ELSE = "ELSE"
    END_IF = "END_IF"
    CASE = "CASE"
    END_CASE = "END_CASE"
    FOR = "FOR"
    TO = "TO"
    BY = "BY"
    DO = "DO"
    END_FOR = "END_FOR"
    WHILE = "WHILE"
    END_WHILE = "END_WHILE"
    REPEAT = "REPEAT"
    UNTIL = "UNTIL"
    END_REPEAT = "END_REPEAT"
    EXIT = "EXIT"
    CONTINUE = "CONTINUE"
    RETURN = "RETURN"
    TRUE = "TRUE"
    FALSE = "FALSE"
    NOT = "NOT"
    MOD = "MOD"
    AND = "AND"
    AND_THEN = "AND_THEN"
    XOR = "XOR"
    OR = "OR"
    OR_ELSE = "OR_ELSE"

    # Keywords of the CODESYS family, which begin with two underscores.
    TRY = "__TRY"
    CATCH = "__CATCH"
    FINALLY = "__FINALLY"
    END_TRY = "__ENDTRY"

    # Keywords within a TEST_SUITE, names elsewhere: suite_words.py tells them apart from the lexer's names.
    SUITE_BEGIN = "TEST_SUITE"
    TEST_BEGIN = "TEST"
    SETUP_BEGIN = "SETUP"
    TEARDOWN_BEGIN = "TEARDOWN"
    MOCK_BEGIN = "MOCK"
    TEST_END = "END_TEST"
    SETUP_END = "END_SETUP"
    TEARDOWN_END = "END_TEARDOWN"
    MOCK_END = "END_MOCK"
    SUITE_END = "END_TEST_SUITE"


class Token(Struct, frozen=True, gc=False):
    """Characters `start` up to but not including `end` of `file`.

    `damaged` marks a token that already has a finding of its own: the parser reports nothing right beside it, because
    that would be an echo. A large file has a million of them, which lead to nothing that leads back: the garbage
    collector need not know them.
    """

    kind: Kind
    start: int
    end: int
    file: SourceFile
    damaged: bool = False

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    @property
    def key(self) -> str:
        """The text as keywords and identifiers are compared. Of a misspelt keyword: the keyword that it counts as."""
        return self.kind.value if self.kind in RESERVED else self.text.upper()

    @property
    def span(self) -> Span:
        return Span(self.file, self.start, self.end)


TRIVIA = frozenset({Kind.WHITESPACE, Kind.COMMENT, Kind.PRAGMA, Kind.STRANGE})

_DIALECT_KEYWORDS = (Kind.TRY, Kind.CATCH, Kind.FINALLY, Kind.END_TRY)
KEYWORDS: dict[str, Kind] = {kind.value: kind for kind in Kind if kind.name == kind.value or kind in _DIALECT_KEYWORDS}
RESERVED = frozenset(KEYWORDS.values())
SUITE_BEGINS = frozenset({Kind.SUITE_BEGIN, Kind.TEST_BEGIN, Kind.SETUP_BEGIN, Kind.TEARDOWN_BEGIN, Kind.MOCK_BEGIN})
SUITE_ENDS = frozenset({Kind.TEST_END, Kind.SETUP_END, Kind.TEARDOWN_END, Kind.MOCK_END, Kind.SUITE_END})
ENDS = frozenset(kind for kind in RESERVED if kind.value.startswith("END_")) | SUITE_ENDS

_SIGN_KINDS = (
    *(Kind.ASSIGN, Kind.ATTEMPT, Kind.ARROW, Kind.RANGE, Kind.COLON, Kind.SEMICOLON, Kind.COMMA, Kind.DOT, Kind.CARET),
    *(Kind.LEFT_PARENTHESIS, Kind.RIGHT_PARENTHESIS, Kind.LEFT_BRACKET, Kind.RIGHT_BRACKET),
    *(Kind.PLUS, Kind.MINUS, Kind.STAR, Kind.SLASH, Kind.POWER),
    *(Kind.EQUAL, Kind.NOT_EQUAL, Kind.LESS, Kind.GREATER, Kind.LESS_EQUAL, Kind.GREATER_EQUAL),
)
SIGNS: dict[str, Kind] = {kind.value: kind for kind in _SIGN_KINDS} | {"&": Kind.AND}

# Operators of other languages that slip in: what the token then counts as, and what to write instead. None: it counts
# as nothing, because no single sign of this language stands for it.
FOREIGN_OPERATORS: dict[str, tuple[Kind | None, str]] = {
    "=:": (Kind.ASSIGN, "write ':=' to assign"),
    "==": (Kind.EQUAL, "write '=' to compare"),
    "===": (Kind.EQUAL, "write '=' to compare"),
    "!=": (Kind.NOT_EQUAL, "write '<>' for 'not equal'"),
    "><": (Kind.NOT_EQUAL, "write '<>' for 'not equal'"),
    "=<": (Kind.LESS_EQUAL, "write '<=' for 'less or equal'"),
    "&&": (Kind.AND, "write AND; AND_THEN leaves out the right side when the left one decides"),
    "||": (Kind.OR, "write OR; OR_ELSE leaves out the right side when the left one decides"),
    "|": (Kind.OR, "write OR"),
    "!": (Kind.NOT, "write NOT"),
    "~": (Kind.NOT, "write NOT"),
    "%": (Kind.MOD, "write MOD for the remainder"),
    "<<": (Kind.STAR, "write SHL(value, count)"),
    ">>": (Kind.STAR, "write SHR(value, count)"),
    "+=": (Kind.ASSIGN, "write the sum out: x := x + 1"),
    "-=": (Kind.ASSIGN, "write the difference out: x := x - 1"),
    "*=": (Kind.ASSIGN, "write the product out: x := x * 2"),
    "/=": (Kind.ASSIGN, "write the quotient out: x := x / 2"),
    "->": (Kind.DOT, "write p^.x for what a pointer points at, and s.x for a member of a variable"),
    "?": (None, "write IF .. THEN .. ELSE, or SEL(condition, value when FALSE, value when TRUE)"),
    "++": (None, "write the sum out: x := x + 1"),
    "--": (None, "write the difference out: x := x - 1"),
}

# What stands before `#` of literals whose rest follows rules of its own.
DURATION_PREFIXES = frozenset({"T", "TIME", "LT", "LTIME"})
DATE_PREFIXES = frozenset(
    {
        *("D", "DATE", "LD", "LDATE"),
        *("TOD", "TIME_OF_DAY", "LTOD", "LTIME_OF_DAY"),
        *("DT", "DATE_AND_TIME", "LDT", "LDATE_AND_TIME"),
    }
)

# Elementary types by name, where the grammar depends on them: `INT (A, B)` is an enumeration, `Motor (a := 1)` is not.
ELEMENTARY_TYPES = frozenset(
    {
        *("BOOL", "SINT", "INT", "DINT", "LINT", "USINT", "UINT", "UDINT", "ULINT"),
        *("BYTE", "WORD", "DWORD", "LWORD", "REAL", "LREAL", "TIME", "LTIME"),
    }
)

# Binding strength, from IEC 61131-3 ed. 3, table 71: a higher number binds tighter, equals go from left to right. Signs
# and NOT bind tighter than `**`, so -2 ** 2 is 4 here. AND_THEN and OR_ELSE, which the standard lacks, sit with AND and
# OR.
BINARY_OPERATORS: dict[Kind, tuple[int, BinaryOperator]] = {
    Kind.OR: (1, BinaryOperator.OR),
    Kind.OR_ELSE: (1, BinaryOperator.OR_ELSE),
    Kind.XOR: (2, BinaryOperator.XOR),
    Kind.AND: (3, BinaryOperator.AND),
    Kind.AND_THEN: (3, BinaryOperator.AND_THEN),
    Kind.EQUAL: (4, BinaryOperator.EQUAL),
    Kind.NOT_EQUAL: (4, BinaryOperator.NOT_EQUAL),
    Kind.LESS: (5, BinaryOperator.LESS),
    Kind.GREATER: (5, BinaryOperator.GREATER),
    Kind.LESS_EQUAL: (5, BinaryOperator.LESS_EQUAL),
    Kind.GREATER_EQUAL: (5, BinaryOperator.GREATER_EQUAL),
    Kind.PLUS: (6, BinaryOperator.ADD),
    Kind.MINUS: (6, BinaryOperator.SUBTRACT),
    Kind.STAR: (7, BinaryOperator.MULTIPLY),
    Kind.SLASH: (7, BinaryOperator.DIVIDE),
    Kind.MOD: (7, BinaryOperator.MODULO),
    Kind.POWER: (8, BinaryOperator.POWER),
}
UNARY_OPERATORS: dict[Kind, UnaryOperator] = {
    Kind.MINUS: UnaryOperator.NEGATE,
    Kind.PLUS: UnaryOperator.PLUS,
    Kind.NOT: UnaryOperator.NOT,
}

# Each POU keyword with the kind it opens and the keyword that closes it.
POUS: dict[Kind, tuple[PouKind, Kind]] = {
    Kind.PROGRAM: (PouKind.PROGRAM, Kind.END_PROGRAM),
    Kind.FUNCTION: (PouKind.FUNCTION, Kind.END_FUNCTION),
    Kind.FUNCTION_BLOCK: (PouKind.FUNCTION_BLOCK, Kind.END_FUNCTION_BLOCK),
}
# The same for those that are keywords where a name follows only. FUNCTIONBLOCK is how CODESYS 2.3 has it, too.
POU_WORDS: dict[str, tuple[PouKind, Kind]] = {
    "CLASS": (PouKind.CLASS, Kind.END_CLASS),
    "FUNCTIONBLOCK": POUS[Kind.FUNCTION_BLOCK],
}
POU_ENDS = frozenset(end for _, end in (*POUS.values(), *POU_WORDS.values()))

# Words that open a declaration where a name follows, and are names elsewhere; what ends those inside a POU.
MEMBER_WORDS = frozenset({"METHOD", "PROPERTY", "ACTION"})
DECLARATION_WORDS = frozenset({*POU_WORDS, "INTERFACE", "NAMESPACE", "USING"})
CHART_WORDS = frozenset({"STEP", "INITIAL_STEP", "TRANSITION"})
OPENING_WORDS = MEMBER_WORDS | DECLARATION_WORDS | CHART_WORDS
MEMBER_ENDS = frozenset({Kind.END_METHOD, Kind.END_PROPERTY, Kind.END_GET, Kind.END_SET, Kind.END_ACTION})

# What may stand before or behind such a word, or behind FUNCTION_BLOCK, VAR and TYPE; and behind the name.
ACCESS_WORDS: dict[str, Access] = {access.value: access for access in Access}
MODIFIER_WORDS: dict[str, Access | Modifier] = {**ACCESS_WORDS, **{modifier.value: modifier for modifier in Modifier}}
INHERITANCE_WORDS = frozenset({"EXTENDS", "IMPLEMENTS"})

VARIABLE_SECTIONS: dict[Kind, VarKind] = {KEYWORDS[kind.value]: kind for kind in VarKind}
SECTION_STARTS = frozenset(VARIABLE_SECTIONS)

# Each keyword that opens a block of statements with the one that closes it.
BLOCKS: dict[Kind, Kind] = {
    Kind.IF: Kind.END_IF,
    Kind.CASE: Kind.END_CASE,
    Kind.FOR: Kind.END_FOR,
    Kind.WHILE: Kind.END_WHILE,
    Kind.REPEAT: Kind.END_REPEAT,
    Kind.TRY: Kind.END_TRY,
}
BLOCK_ENDS = frozenset(BLOCKS.values())

# Keywords with which a declaration of a file starts, and those that end one: where reading starts anew after an error.
DECLARATION_STARTS = frozenset({*POUS, Kind.TYPE, Kind.VAR_GLOBAL, Kind.CONFIGURATION, Kind.SUITE_BEGIN})
DECLARATION_ENDS = frozenset({*POU_ENDS, Kind.END_INTERFACE, Kind.END_TYPE, Kind.END_CONFIGURATION, Kind.END_NAMESPACE})
