"""The table of blocks: each word that opens one, the word that closes it, and how deep its contents stand.

A new construct of the language is a row here. What stands in a POU is not indented, its sections and statements least
of all; what is declared inside a POU (METHOD, PROPERTY, ACTION) is.
"""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct

from iec61131.syntax.tokens import BLOCKS, POU_WORDS, POUS, SECTION_STARTS, Kind


class Inside(Enum):
    """What a block contains, which decides how its sentences end."""

    FILE = auto()
    POU = auto()  # sections, declarations and statements
    MEMBERS = auto()  # of a NAMESPACE, INTERFACE or PROPERTY: declarations only
    PARTS = auto()  # of a CONFIGURATION or RESOURCE
    VARIABLES = auto()  # also the types of a TYPE block
    STATEMENTS = auto()
    ARMS = auto()  # of a CASE


class Header(Enum):
    """Where the sentence that opens a block ends."""

    WORD = auto()  # with its word
    QUALIFIERS = auto()  # VAR RETAIN
    NAME = auto()  # of a POU: name, bases and type
    COLON = auto()  # STEP name:
    KEYWORD = auto()  # THEN, OF, DO
    PLACE = auto()  # RESOURCE name ON name
    TRANSITION = auto()
    TITLE = auto()  # TEST 'name', MOCK FUNCTION name


class Block(Struct, frozen=True):
    closer: str
    inside: Inside
    header: Header
    indent: int = 1  # levels of its contents
    until: Kind | None = None  # the keyword with which a header of kind KEYWORD ends
    is_declaration: bool = False  # set apart from the next by a blank line
    may_stay_open: bool = False


FILE = Block("", Inside.FILE, Header.WORD, 0)


_HEADER_ENDS = {Kind.IF: Kind.THEN, Kind.CASE: Kind.OF, Kind.FOR: Kind.DO, Kind.WHILE: Kind.DO}

# By the kind of a keyword.
BLOCKS_BY_KIND: dict[Kind, Block] = {
    **{
        kind: Block(closer.value, Inside.POU, Header.NAME, 0, is_declaration=True) for kind, (_, closer) in POUS.items()
    },
    **{kind: Block("END_VAR", Inside.VARIABLES, Header.QUALIFIERS) for kind in SECTION_STARTS},
    **{
        kind: Block(
            closer.value,
            Inside.ARMS if kind is Kind.CASE else Inside.STATEMENTS,
            Header.KEYWORD if kind in _HEADER_ENDS else Header.WORD,
            until=_HEADER_ENDS.get(kind),
        )
        for kind, closer in BLOCKS.items()
    },
    Kind.TYPE: Block("END_TYPE", Inside.VARIABLES, Header.WORD, is_declaration=True),
    Kind.CONFIGURATION: Block("END_CONFIGURATION", Inside.PARTS, Header.PLACE, is_declaration=True),
    Kind.SUITE_BEGIN: Block(Kind.SUITE_END.value, Inside.MEMBERS, Header.TITLE, is_declaration=True),
    Kind.TEST_BEGIN: Block(Kind.TEST_END.value, Inside.POU, Header.TITLE, is_declaration=True),
    Kind.SETUP_BEGIN: Block(Kind.SETUP_END.value, Inside.POU, Header.WORD, is_declaration=True),
    Kind.TEARDOWN_BEGIN: Block(Kind.TEARDOWN_END.value, Inside.POU, Header.WORD, is_declaration=True),
    Kind.MOCK_BEGIN: Block(Kind.MOCK_END.value, Inside.POU, Header.TITLE, is_declaration=True),
}

# By a word that is a keyword at the start of a sentence only, with a name behind it.
BLOCKS_BY_WORD: dict[str, Block] = {
    **{word: Block(end.value, Inside.POU, Header.NAME, 0, is_declaration=True) for word, (_, end) in POU_WORDS.items()},
    "METHOD": Block("END_METHOD", Inside.POU, Header.NAME, 0, is_declaration=True),
    "INTERFACE": Block("END_INTERFACE", Inside.MEMBERS, Header.NAME, is_declaration=True),
    "PROPERTY": Block("END_PROPERTY", Inside.MEMBERS, Header.NAME, is_declaration=True),
    "NAMESPACE": Block("END_NAMESPACE", Inside.MEMBERS, Header.NAME, is_declaration=True),
    "ACTION": Block("END_ACTION", Inside.POU, Header.COLON, is_declaration=True),
    "STEP": Block("END_STEP", Inside.STATEMENTS, Header.COLON),
    "INITIAL_STEP": Block("END_STEP", Inside.STATEMENTS, Header.COLON),
    "TRANSITION": Block("END_TRANSITION", Inside.STATEMENTS, Header.TRANSITION),
    "RESOURCE": Block("END_RESOURCE", Inside.PARTS, Header.PLACE),
}
# Keywords wherever a sentence starts with them, without a name behind them.
BARE_BLOCKS: dict[str, Block] = {"__TRY": Block("__ENDTRY", Inside.STATEMENTS, Header.WORD)}
# The two halves of a PROPERTY, which some write without an end.
ACCESSORS: dict[str, Block] = {
    word: Block(f"END_{word}", Inside.POU, Header.WORD, may_stay_open=True) for word in ("GET", "SET")
}
# Blocks inside a declaration, which goes on behind their end.
STRUCT = Block("END_STRUCT", Inside.VARIABLES, Header.WORD)
UNION = Block("END_UNION", Inside.VARIABLES, Header.WORD)
WITHIN_DECLARATION = frozenset({STRUCT.closer, UNION.closer})

_TABLES = (BLOCKS_BY_KIND, BLOCKS_BY_WORD, BARE_BLOCKS, ACCESSORS)
CLOSERS = WITHIN_DECLARATION | {block.closer for table in _TABLES for block in table.values()}
# Words that divide a block and stand where its opener stands, with the closers of the blocks that they divide.
DIVIDERS: dict[str, frozenset[str]] = {
    "ELSIF": frozenset({"END_IF"}),
    "ELSE": frozenset({"END_IF", "END_CASE"}),
    "UNTIL": frozenset({"END_REPEAT"}),
    "__CATCH": frozenset({"__ENDTRY"}),
    "__FINALLY": frozenset({"__ENDTRY"}),
}

# What no sentence goes on beyond.
HARD_STARTS = frozenset({*BLOCKS_BY_KIND, Kind.ELSE, Kind.ELSIF, Kind.UNTIL, Kind.END_OF_FILE}) | frozenset(
    kind for kind in Kind if kind.value in CLOSERS
)
# With what an instruction list begins, whose sentences are lines.
INSTRUCTIONS = frozenset({"LD", "LDN", "CAL"})
