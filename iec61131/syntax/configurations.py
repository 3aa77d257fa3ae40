"""CONFIGURATION and what stands in it: resources, tasks, instances of programs, global variables.

RESOURCE, TASK, WITH and ON are keywords here only. A CONFIGURATION may leave RESOURCE out; its tasks and programs then
make up one resource without a name.
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.diagnostics.catalogue.syntax import MISSPELT_KEYWORD, STRAY_KEYWORD
from iec61131.diagnostics.diagnostic import near_name
from iec61131.syntax.cursor import Cursor, Recover, TooDeep
from iec61131.syntax.expressions import argument, expression, place
from iec61131.syntax.sections import section
from iec61131.syntax.tokens import DECLARATION_ENDS, SECTION_STARTS, Kind, Token
from iec61131.syntax.tree import (
    Argument,
    BlockTask,
    ConfigurationDeclaration,
    Expression,
    Name,
    ProgramInstance,
    ResourceDeclaration,
    TaskDeclaration,
    VarBlock,
)
from iec61131.syntax.type_specs import is_misspelt_end, qualified_name


class _Parts(Struct):
    """What a CONFIGURATION or RESOURCE has been found to contain."""

    variables: list[VarBlock] = field(default_factory=list[VarBlock])
    tasks: list[TaskDeclaration] = field(default_factory=list[TaskDeclaration])
    programs: list[ProgramInstance] = field(default_factory=list[ProgramInstance])
    resources: list[ResourceDeclaration] = field(default_factory=list[ResourceDeclaration])


def configuration(cursor: Cursor) -> ConfigurationDeclaration | None:
    """CONFIGURATION.. up to and with its END; None when it has no name."""
    opener = cursor.advance()
    mark = cursor.mark()
    name = _name_of_block(cursor, "the name of the configuration")
    parts = _Parts()
    try:
        _read_parts(cursor, parts, opener, Kind.END_CONFIGURATION)
    except TooDeep:
        cursor.restore(mark)
        cursor.skip_until(lambda: cursor.kind is Kind.END_CONFIGURATION or _is_outside(cursor))
        cursor.accept(Kind.END_CONFIGURATION)
    cursor.accept(Kind.SEMICOLON)
    if name is None:
        return None
    if parts.tasks or parts.programs:
        parts.resources.append(_resource_without_name(parts))
    span = cursor.span_from(opener.start)
    return ConfigurationDeclaration(name, tuple(parts.variables), tuple(parts.resources), span)


def _name_of_block(cursor: Cursor, what: str) -> Name | None:
    """None when it is missing, which is no reason not to read what follows."""
    try:
        return cursor.name(what)
    except Recover:
        return None


def _resource_without_name(parts: _Parts) -> ResourceDeclaration:
    spans = sorted((part.span for part in (*parts.tasks, *parts.programs)), key=lambda span: span.start)
    return ResourceDeclaration(None, None, (), tuple(parts.tasks), tuple(parts.programs), spans[0].to(spans[-1]))


def _read_parts(cursor: Cursor, parts: _Parts, opener: Token, closer: Kind) -> None:
    """Up to and with `closer`. Reading starts anew here after an error in one of the parts."""
    while not cursor.accept(closer):
        if cursor.accept(Kind.SEMICOLON) or is_misspelt_end(cursor, closer):
            continue
        if cursor.kind is Kind.END_RESOURCE:
            finding = STRAY_KEYWORD.at(cursor.token.span, found=Kind.END_RESOURCE.value, remedy="remove it")
            cursor.report(finding)
            cursor.advance()
            continue
        if _is_outside(cursor) or cursor.kind is Kind.END_CONFIGURATION:
            cursor.report(cursor.unclosed(opener, closer))
            return
        mark, index = cursor.mark(), cursor.index
        try:
            _part(cursor, parts, opener)
        except Recover:
            cursor.restore(mark)
            _skip_part(cursor, index)


def _is_outside(cursor: Cursor) -> bool:
    """Whether a declaration of the file starts or ends here. `PROGRAM name` is an instance when WITH or ':' follows."""
    kind = cursor.kind
    if kind is Kind.END_OF_FILE or kind in DECLARATION_ENDS - {Kind.END_CONFIGURATION}:
        return True
    if kind is Kind.PROGRAM:
        behind = cursor.peek(2)
        return behind.kind in SECTION_STARTS or (
            cursor.peek().kind is Kind.IDENTIFIER and behind.kind is Kind.END_OF_FILE
        )
    return kind in (Kind.FUNCTION, Kind.FUNCTION_BLOCK, Kind.TYPE, Kind.CONFIGURATION) and cursor.is_on_new_line


def _part(cursor: Cursor, parts: _Parts, opener: Token) -> None:
    if cursor.kind in SECTION_STARTS:
        parts.variables.append(section(cursor))
        return
    words = _PARTS_OF_CONFIGURATION if opener.kind is Kind.CONFIGURATION else _PARTS_OF_RESOURCE
    match _part_word(cursor, words):
        case "TASK":
            parts.tasks.append(_task(cursor))
        case "PROGRAM":
            parts.programs.append(_program(cursor))
        case "RESOURCE":
            resource = _resource(cursor)
            if resource is not None:
                parts.resources.append(resource)
        case _:
            raise cursor.lost(cursor.expected(f"VAR_GLOBAL, {', '.join(words[:-1])} or {words[-1]}"))


_PARTS_OF_CONFIGURATION = ("RESOURCE", "TASK", "PROGRAM")
_PARTS_OF_RESOURCE = ("TASK", "PROGRAM")


def _part_word(cursor: Cursor, words: tuple[str, ...]) -> str | None:
    """Which of `words` stands at the cursor or, if a name follows, was meant to."""
    token = cursor.token
    if token.key in words:
        return token.key
    if cursor.kind is not Kind.IDENTIFIER or cursor.peek().kind is not Kind.IDENTIFIER:
        return None
    meant = near_name(token.text, words)
    if meant is not None:
        cursor.report(MISSPELT_KEYWORD.at(token.span, written=token.text, keyword=meant))
    return meant


def _skip_part(cursor: Cursor, start: int) -> None:
    """To the next part, at least one token further than `start`."""
    if cursor.index == start:
        cursor.advance()
    cursor.skip_until(
        lambda: (
            cursor.kind in (Kind.SEMICOLON, Kind.END_RESOURCE, Kind.END_CONFIGURATION)
            or _is_outside(cursor)
            or (cursor.is_on_new_line and (cursor.kind is Kind.PROGRAM or cursor.kind in SECTION_STARTS))
            or (cursor.is_on_new_line and (cursor.at_word("TASK") or cursor.at_word("RESOURCE")))
        )
    )
    cursor.accept(Kind.SEMICOLON)


def _resource(cursor: Cursor) -> ResourceDeclaration | None:
    """`RESOURCE name ON processor .. END_RESOURCE`"""
    opener = cursor.advance()
    name = _name_of_block(cursor, "the name of the resource")
    processor = _name_of_block(cursor, "the name of the processor") if cursor.accept_word("ON") else None
    parts = _Parts()
    _read_parts(cursor, parts, opener, Kind.END_RESOURCE)
    cursor.accept(Kind.SEMICOLON)
    if name is None:
        return None
    span = cursor.span_from(opener.start)
    return ResourceDeclaration(name, processor, tuple(parts.variables), tuple(parts.tasks), tuple(parts.programs), span)


def _task(cursor: Cursor) -> TaskDeclaration:
    """`TASK name (INTERVAL := T#10ms, PRIORITY := 1);`"""
    start = cursor.advance().start
    name = cursor.name("the name of the task")
    opener = cursor.token
    settings: list[tuple[Name, Expression]] = []
    if not cursor.accept(Kind.LEFT_PARENTHESIS):
        remedy = "write the settings behind the name: (INTERVAL := T#10ms, PRIORITY := 1)"
        raise cursor.lost(cursor.expected("'('", remedy))
    while True:
        setting = cursor.name("a setting such as INTERVAL or PRIORITY")
        if not cursor.accept(Kind.ASSIGN):
            raise cursor.lost(cursor.expected("':='", "write each setting as NAME := value"))
        settings.append((setting, expression(cursor)))
        if not cursor.accept(Kind.COMMA):
            break
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "',' or ")
    span = cursor.span_from(start)
    cursor.semicolon("the task")
    return TaskDeclaration(name, tuple(settings), span)


def _program(cursor: Cursor) -> ProgramInstance:
    """`PROGRAM RETAIN name WITH task : type (a := 1, b => c);`"""
    start = cursor.advance().start
    retain = False
    if cursor.peek().kind is Kind.IDENTIFIER and cursor.peek().key != "WITH":
        retain = cursor.accept_word("RETAIN")
        if not retain:
            cursor.accept_word("NON_RETAIN")
    name = cursor.name("the name of the instance")
    task = cursor.name("the name of the task") if cursor.accept_word("WITH") else None
    if not cursor.accept(Kind.COLON):
        remedy = "write the type of the program: PROGRAM instance WITH task : Main;"
        raise cursor.lost(cursor.expected("':'", remedy))
    qualifier, type_name = qualified_name(cursor, "the name of a PROGRAM")
    given, blocks = _program_arguments(cursor)
    span = cursor.span_from(start)
    cursor.semicolon("the instance")
    return ProgramInstance(name, task, type_name, given, retain, span, blocks, qualifier)


def _program_arguments(cursor: Cursor) -> tuple[tuple[Argument, ...], tuple[BlockTask, ...]]:
    opener = cursor.token
    given: list[Argument] = []
    blocks: list[BlockTask] = []
    if not cursor.accept(Kind.LEFT_PARENTHESIS):
        return (), ()
    if cursor.accept(Kind.RIGHT_PARENTHESIS):
        return (), ()
    while True:
        if _is_task_of_block(cursor):
            block_start = cursor.token.start
            block = place(cursor)
            cursor.advance()
            task = cursor.name("the name of the task")
            blocks.append(BlockTask(block, task, cursor.span_from(block_start)))
        else:
            given.append(argument(cursor))
        if not cursor.accept(Kind.COMMA):
            break
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "',' or ")
    return tuple(given), tuple(blocks)


def _is_task_of_block(cursor: Cursor) -> bool:
    """`block WITH task` or `a.blocks[1] WITH task`: a WITH comes before anything that ends the path."""
    if cursor.kind is not Kind.IDENTIFIER:
        return False
    ahead = 1
    while cursor.peek(ahead).kind in _IN_PATH and cursor.peek(ahead).key != "WITH":
        ahead += 1
    return cursor.peek(ahead).kind is Kind.IDENTIFIER


_IN_PATH = frozenset({Kind.IDENTIFIER, Kind.DOT, Kind.LEFT_BRACKET, Kind.RIGHT_BRACKET, Kind.INTEGER})
