"""What can stand at a place, as far as what is typed there already goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

from iec61131.language_service import standard
from iec61131.language_service.cursor import Cursor, Where, cursor_at, open_call, place_before
from iec61131.language_service.members import Member, behind_point, callee_of, enumerators
from iec61131.language_service.program import Program
from iec61131.semantics.assertions import TEST_FUNCTIONS
from iec61131.semantics.model import Variable
from iec61131.semantics.scopes import Enumerator, PouScope, PouSymbol, PropertySymbol, TypeSymbol
from iec61131.semantics.types import EnumType, Field
from iec61131.source import SourceFile
from iec61131.stdlib import BLOCKS, FUNCTIONS
from iec61131.syntax import tokens
from iec61131.syntax.tree import PouKind, VarKind


class Kind(Enum):
    VARIABLE = "variable"
    CONSTANT = "constant"
    FIELD = "field"
    PARAMETER = "parameter"
    FUNCTION = "function"
    METHOD = "method"
    PROPERTY = "property"
    ENUMERATOR = "enumerator"
    TYPE = "type"
    BLOCK = "function block"
    INTERFACE = "interface"
    KEYWORD = "keyword"


class Item(Struct, frozen=True):
    """`text` is what is written, `detail` its type or the like. The lower the `rank`, the nearer to what is wanted."""

    text: str
    kind: Kind
    detail: str = ""
    rank: int = 5


class Completion(Struct, frozen=True):
    """`items` replace the text from `start` to the place."""

    items: tuple[Item, ...]
    start: int


ITEMS_MAX = 1000
"""More than anybody reads: an editor asks again when more is typed."""

_STATEMENT_WORDS = (
    *("IF", "CASE", "FOR", "WHILE", "REPEAT", "EXIT", "CONTINUE", "RETURN", "ELSIF", "ELSE", "UNTIL"),
    *sorted(kind.value for kind in tokens.BLOCK_ENDS),
    *sorted(kind.value for kind in tokens.SECTION_STARTS),
    *sorted(kind.value for kind in tokens.POU_ENDS | tokens.MEMBER_ENDS),
)
_VALUE_WORDS = (
    "TRUE",
    "FALSE",
    "NOT",
    "AND",
    "OR",
    "XOR",
    "MOD",
    "AND_THEN",
    "OR_ELSE",
    "THEN",
    "DO",
    "OF",
    "TO",
    "BY",
)
_SECTION_WORDS = (
    *("END_VAR", "END_STRUCT", "END_TYPE", "STRUCT", "CONSTANT", "RETAIN", "PERSISTENT"),
    *sorted(kind.value for kind in tokens.SECTION_STARTS),
)
_TYPE_WORDS = ("ARRAY", "STRUCT", "STRING", "WSTRING", "POINTER TO", "REFERENCE TO", "REF_TO")
_DECLARATION_WORDS = (
    *("PROGRAM", "FUNCTION", "FUNCTION_BLOCK", "TYPE", "VAR_GLOBAL", "CONFIGURATION", "INTERFACE", "METHOD"),
    *("PROPERTY", "ACTION", "END_METHOD", "END_PROPERTY", "END_ACTION", "END_INTERFACE"),
)
_TEST_WORDS = tuple(sorted(kind.value for kind in tokens.SUITE_BEGINS | tokens.SUITE_ENDS))


def complete(program: Program, file: SourceFile, offset: int) -> Completion:
    cursor = cursor_at(program, file, offset)
    key = cursor.prefix.upper()
    found: dict[tuple[str, Kind], Item] = {}
    for item in _items(program, file, offset, cursor):
        if item.text.upper().startswith(key):
            found.setdefault((item.text.upper(), item.kind), item)
    ordered = sorted(found.values(), key=lambda item: (item.rank, item.text.upper()))
    return Completion(tuple(ordered[:ITEMS_MAX]), cursor.start)


def _items(program: Program, file: SourceFile, offset: int, cursor: Cursor) -> Iterator[Item]:
    match cursor.where:
        case Where.NOTHING:
            return
        case Where.MEMBER:
            text = place_before(cursor.before[:-1])
            yield from map(_member, behind_point(program, file, offset, text))
        case Where.ENUMERATOR:
            name = cursor.before[-1].text.partition("#")[0].upper()
            yield from map(_member, enumerators(program, program.globals.find_type(name)))
        case Where.TYPE:
            yield from _types(program)
            yield from _keywords(_TYPE_WORDS)
        case Where.VARIABLE:
            yield from _keywords(_SECTION_WORDS)
        case Where.DECLARATION:
            yield from _keywords(_DECLARATION_WORDS)
            yield from _keywords(_TEST_WORDS if file is program.tests else ())
        case Where.VALUE | Where.STATEMENT:
            if cursor.where is Where.VALUE:
                yield from _parameters(program, file, offset, cursor)
            else:
                yield from _keywords(_STATEMENT_WORDS, rank=6)
                yield from _keywords(_TEST_WORDS if file is program.tests else (), rank=6)
            yield from _values(program, file, offset, cursor.prefix)
            yield from _keywords(_VALUE_WORDS)


def _keywords(words: Iterable[str], rank: int = 7) -> Iterator[Item]:
    yield from (Item(word, Kind.KEYWORD, rank=rank) for word in words)


# ------------------------------------------------------------------------------------------------------------- members


def _member(member: Member) -> Item:
    match member:
        case Field():
            return Item(member.name, Kind.FIELD, str(member.type), 1)
        case Variable():
            name = member.name.rpartition(".")[2]
            return Item(name, Kind.FIELD, f"{member.kind.value} {member.type}", 1)
        case Enumerator():
            return Item(member.name, Kind.ENUMERATOR, f"{member.type} := {member.value}", 1)
        case PropertySymbol():
            return Item(member.declaration.name.text, Kind.PROPERTY, str(member.type or ""), 2)
        case PouSymbol():
            return Item(member.declaration.name.text, Kind.METHOD, _result(member), 2)


def _result(symbol: PouSymbol) -> str:
    result = symbol.pou.result
    return f"{symbol.kind.value}{f' : {result.type}' if result is not None else ''}"


def _parameters(program: Program, file: SourceFile, offset: int, cursor: Cursor) -> Iterator[Item]:
    """Names of parameters that the call does not give yet, where an argument begins."""
    last = cursor.before[-1].kind if cursor.before else None
    call = open_call(cursor.before)
    if call is None or last not in (tokens.Kind.LEFT_PARENTHESIS, tokens.Kind.COMMA):
        return
    callee = callee_of(program, file, offset, call.callee)
    for variable in callee.parameters if callee is not None else ():
        if variable.key not in call.given:
            sign = "=>" if variable.kind is VarKind.OUTPUT else ":="
            yield Item(f"{variable.name} {sign} ", Kind.PARAMETER, str(variable.type), 0)


# -------------------------------------------------------------------------------------------------------------- values


def _values(program: Program, file: SourceFile, offset: int, prefix: str) -> Iterator[Item]:
    symbol = program.pou_at(file, offset)
    scope = symbol.scope if symbol is not None else PouScope(program.globals)
    yield from _variables(scope)
    block = symbol.owner or symbol if symbol is not None else None
    for each in block.lineage() if block is not None else ():
        yield from map(_member, (*each.methods.values(), *each.actions.values(), *each.properties.values()))
    for table in (scope.enumerators, program.globals.enumerators):
        yield from (_member(enumerator) for found in table.values() for enumerator in found[:1])
    yield from (Item(name, Kind.TYPE, "list of global variables", 4) for name in _lists(program))
    for pou in program.globals.pous.values():
        if pou.kind is PouKind.FUNCTION:
            yield Item(pou.pou.name, Kind.FUNCTION, _result(pou), 4)
    for type_ in program.globals.types.values():
        if isinstance(type_.type, EnumType):
            yield Item(type_.declaration.name.text, Kind.TYPE, "enumeration", 5)
    for name in standard.names(prefix):
        described = standard.describe(name)
        yield Item(name, Kind.FUNCTION, described.heading if described is not None else "", 6)
    yield from (Item(name, Kind.FUNCTION, "standard function", 6) for name in FUNCTIONS)
    if file is program.tests:
        yield from _of_tests(program)


def _of_tests(program: Program) -> Iterator[Item]:
    """What tests alone may name: their functions, and the programs."""
    for name in TEST_FUNCTIONS:
        described = standard.describe(name)
        yield Item(name, Kind.FUNCTION, described.heading if described is not None else "", 4)
    for pou in program.globals.pous.values():
        if pou.kind is PouKind.PROGRAM:
            yield Item(pou.pou.name, Kind.VARIABLE, "PROGRAM", 3)


def _variables(scope: PouScope) -> Iterator[Item]:
    """From the nearest: the POU's own, those of its block, the global ones."""
    rank = 1
    around: PouScope | None = scope
    while around is not None:
        for key, variable in around.variables.items():
            if isinstance(variable, Variable):
                if "$" not in variable.name or variable.edge_of is not None:
                    yield _variable(variable.edge_of or variable, rank)
            else:
                yield Item(key, Kind.VARIABLE, "its declaration has an error", rank)
        around = around.outer
        rank = 2
    for symbol in scope.globals.variables.values():
        if isinstance(symbol.variable, Variable) and "." not in symbol.name and symbol.name[:1] != "'":
            yield _variable(symbol.variable, 3)


def _variable(variable: Variable, rank: int) -> Item:
    kind = Kind.CONSTANT if variable.is_fixed else Kind.VARIABLE
    return Item(variable.name, kind, f"{variable.kind.value} {variable.type}", rank)


def _lists(program: Program) -> Iterator[str]:
    return (found.name for found in program.analysis.understood.shared.lists.values())


# --------------------------------------------------------------------------------------------------------------- types


def _types(program: Program) -> Iterator[Item]:
    globals_ = program.globals
    for type_ in globals_.types.values():
        yield Item(type_.declaration.name.text, Kind.TYPE, _kind_of(type_), 1)
    for pou in globals_.pous.values():
        if pou.kind in (PouKind.FUNCTION_BLOCK, PouKind.CLASS) and " " not in pou.pou.name:
            yield Item(pou.pou.name, Kind.BLOCK, pou.kind.value, 1)
    for interface in globals_.interfaces.values():
        yield Item(interface.declaration.name.text, Kind.INTERFACE, "INTERFACE", 1)
    yield from (Item(name, Kind.TYPE, "elementary type", 2) for name in standard.TYPES)
    yield from (Item(name, Kind.BLOCK, "standard function block", 3) for name in BLOCKS)


def _kind_of(symbol: TypeSymbol) -> str:
    return type(symbol.type).__name__.removesuffix("Type").lower() if symbol.type is not None else ""
