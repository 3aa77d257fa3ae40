"""What is no statement, and where statements go on behind it: the other half of statements.py.

Nothing here reads a statement. The functions decide where a list of statements ends, tell a keyword that belongs to an
open block from one that does not, and skip to where reading can start anew.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import SECTION_AFTER_BODY, STRAY_KEYWORD
from iec61131.syntax.cursor import Cursor
from iec61131.syntax.limits import INSTRUCTION_LIST, INSTRUCTIONS
from iec61131.syntax.tokens import (
    BLOCK_ENDS,
    BLOCKS,
    DECLARATION_ENDS,
    DECLARATION_WORDS,
    ENDS,
    MEMBER_ENDS,
    MEMBER_WORDS,
    POU_ENDS,
    POUS,
    SECTION_STARTS,
    SUITE_BEGINS,
    SUITE_ENDS,
    Kind,
    Token,
)

# The body of a POU or of a member ends here whatever is open.
BODY_ENDS = POU_ENDS | MEMBER_ENDS | SUITE_BEGINS | SUITE_ENDS | {Kind.END_NAMESPACE, Kind.END_OF_FILE}
# Keywords that end or divide a block of statements.
_DIVIDERS = frozenset({Kind.ELSIF, Kind.ELSE, Kind.UNTIL, Kind.CATCH, Kind.FINALLY})
BLOCK_KEYWORDS = _DIVIDERS | BLOCK_ENDS
STATEMENT_KEYWORDS = frozenset({*BLOCKS, Kind.EXIT, Kind.CONTINUE, Kind.RETURN})
HEADER_WORDS = frozenset({Kind.THEN, Kind.DO, Kind.OF})
_IN_PLACE_OF_HEADER_WORD = HEADER_WORDS | {Kind.SEMICOLON, Kind.COLON}
# No header of a block reaches across these.
NO_HEADER_BEYOND = frozenset({Kind.SEMICOLON, Kind.ASSIGN, Kind.END_OF_FILE, *BLOCKS, *BLOCK_KEYWORDS, *BODY_ENDS})
_HEADER_LOST = NO_HEADER_BEYOND - {Kind.ASSIGN}
_IDENTIFIER = Kind.IDENTIFIER
# Behind the name that a statement begins with, nearly always.
USUAL_BEHIND_NAME = frozenset({Kind.ASSIGN, Kind.DOT})
_REMOVE = "remove it, or write its beginning before it"


BRACES = "braces"
"""Noted once a block begins with a brace."""


class NoStatement(Exception):
    """What stood here was dealt with and leaves no statement behind."""


def ends_here(cursor: Cursor, waits_for: frozenset[Kind]) -> bool:
    kind = cursor.kind
    if kind in waits_for or kind in BODY_ENDS:
        return True
    if kind is _IDENTIFIER:
        if cursor.peek().kind in USUAL_BEHIND_NAME:
            return False
        if cursor.chart_word:
            return True
        word = cursor.opening_word
        return word in MEMBER_WORDS or (word in DECLARATION_WORDS and cursor.is_on_new_line)
    if cursor.is_at_declaration and not _is_misplaced_section(cursor):
        return True
    return kind in BLOCK_KEYWORDS and any(kind in waiting for waiting in cursor.open_blocks)


def _is_misplaced_section(cursor: Cursor) -> bool:
    """VAR_GLOBAL starts a declaration of the file as well as, by mistake, a section behind the body."""
    return cursor.kind is Kind.VAR_GLOBAL and cursor.comes_before(POU_ENDS, frozenset(POUS))


def stray_keyword(cursor: Cursor) -> bool:
    """A keyword that no open block waits for. False: it ends the innermost block, whose own end it replaces."""
    token = cursor.token
    closers = [kind for kind in cursor.open_blocks[-1] if kind in BLOCK_ENDS]
    if cursor.kind in BLOCK_ENDS and closers and not cursor.comes_before(frozenset(closers), BODY_ENDS):
        return False  # `end_of_block` reports it
    remedy = f"{closers[0].value} is what ends the open block" if closers else _REMOVE
    cursor.report(STRAY_KEYWORD.at(token.span, found=token.key, remedy=remedy))
    cursor.advance()
    if token.kind in BLOCK_ENDS:
        cursor.accept(Kind.SEMICOLON)
    elif token.kind is not Kind.ELSE and token.kind is not Kind.FINALLY:
        _skip_header(cursor)
    return True


def _skip_header(cursor: Cursor) -> None:
    """The condition behind an ELSIF or UNTIL that belongs to nothing."""
    cursor.skip_until(lambda: cursor.is_on_new_line or cursor.kind is Kind.THEN or cursor.kind is Kind.SEMICOLON)
    if cursor.kind is Kind.THEN or cursor.kind is Kind.SEMICOLON:
        cursor.advance()


def skip_statement(cursor: Cursor, start: int) -> None:
    """To the next statement, at least one token further than `start`."""
    if cursor.index == start:
        cursor.advance()
    while True:
        kind = cursor.kind
        if cursor.accept(Kind.SEMICOLON):
            return
        if kind in BODY_ENDS or kind in BLOCK_KEYWORDS or kind in SECTION_STARTS or cursor.is_at_declaration:
            return
        if kind is Kind.IDENTIFIER and (cursor.opening_word or cursor.chart_word):
            return
        if cursor.is_on_new_line and (
            kind in STATEMENT_KEYWORDS
            or (kind is Kind.IDENTIFIER and cursor.peek().kind in (Kind.ASSIGN, Kind.DOT, Kind.LEFT_PARENTHESIS))
        ):
            return
        cursor.advance()


def skip_misplaced(cursor: Cursor) -> bool:
    """Past a VAR section behind the body, or an END of something that is no block. False: it is neither."""
    token = cursor.token
    if token.kind in SECTION_STARTS:
        cursor.report_once(SECTION_AFTER_BODY.at(token.span, section=token.key))
        cursor.skip_until(lambda: cursor.kind is Kind.END_VAR or cursor.kind in BODY_ENDS)
        cursor.accept(Kind.END_VAR)
    elif token.kind in ENDS:
        cursor.report(STRAY_KEYWORD.at(token.span, found=token.key, remedy=_REMOVE))
        cursor.advance()
    else:
        return False
    cursor.accept(Kind.SEMICOLON)
    return True


def is_instruction(cursor: Cursor) -> bool:
    """`LD x`: a word of the instruction list with its operand on the same line."""
    if cursor.kind is not Kind.IDENTIFIER or cursor.token.key not in INSTRUCTIONS:
        return False
    operand = cursor.peek()
    return operand.kind in _OPERANDS and "\n" not in cursor.file.text[cursor.token.end : operand.start]


_OPERANDS = frozenset(
    {Kind.IDENTIFIER, Kind.ADDRESS, Kind.INTEGER, Kind.REAL, Kind.DURATION, Kind.TYPED_NAME, Kind.TRUE, Kind.FALSE}
)


def skip_instruction_list(cursor: Cursor) -> None:
    """To the end of the body: who writes one instruction writes only those."""
    cursor.limit(INSTRUCTION_LIST, cursor.token.span)
    cursor.skip_until(lambda: cursor.kind in BODY_ENDS or cursor.is_at_declaration)


def was_keyword(cursor: Cursor) -> bool:
    """Repair a misspelt keyword that may stand here: one that starts a statement, or divides or ends a block."""
    if cursor.token.key == "END":
        return cursor.repair(cursor.open_blocks[-1] & (BLOCK_ENDS | MEMBER_ENDS))
    return cursor.repair(STATEMENT_KEYWORDS | BLOCK_KEYWORDS | DECLARATION_ENDS | MEMBER_ENDS)


def end_of_header(cursor: Cursor, ends_with: Kind) -> None:
    """The keyword between a header and its statements; `IF x DO` is a slip, not a riddle."""
    remedy = f"write {ends_with.value} before the statements"
    if cursor.kind is Kind.SEMICOLON and cursor.peek().kind is ends_with:
        cursor.report(cursor.expected(f"'{ends_with.value}'", f"no ';' stands before {ends_with.value}"))
        cursor.advance()
        cursor.advance()
        return
    if cursor.index in cursor.pragmas and cursor.kind is not ends_with:
        remedy = f"{remedy} and END_.. behind them; what stands in braces is a pragma, and does not run"
        cursor.said_once.add(BRACES)
    something_else = cursor.kind not in _IN_PLACE_OF_HEADER_WORD and not cursor.is_on_new_line
    if something_else and cursor.comes_before(frozenset({ends_with}), NO_HEADER_BEYOND):
        if cursor.kind is ends_with or cursor.repair(frozenset({ends_with})):
            cursor.advance()
            return
        raise cursor.lost(cursor.expected(f"an operator or '{ends_with.value}'", remedy))
    cursor.expect(ends_with, remedy, instead=_IN_PLACE_OF_HEADER_WORD)


def skip_to_end_of_header(cursor: Cursor, ends_with: Kind) -> None:
    """Behind `ends_with` if it still comes on this line or before the next statement."""
    cursor.skip_until(
        lambda: (
            cursor.kind is ends_with
            or cursor.kind in _HEADER_LOST
            or (cursor.is_on_new_line and cursor.kind in (Kind.IDENTIFIER, *STATEMENT_KEYWORDS))
        )
    )
    if not cursor.accept(ends_with):
        cursor.accept(Kind.SEMICOLON)


def end_of_block(cursor: Cursor, opener: Token, closer: Kind, else_if: Token | None = None) -> None:
    """Past the END of a block, and a semicolon if there is one: dialects differ in whether it belongs there.

    `else_if` is an IF right behind the ELSE of the block: it took the END_IF that was meant for both.
    """
    if not cursor.accept(closer):
        if BRACES in cursor.said_once:
            return  # the blocks of this POU are written in braces, which has been said
        finding = cursor.unclosed(opener, closer)
        if else_if is not None:
            finding = finding.also(else_if.span, "an IF behind ELSE has an END_IF of its own; ELSIF has none")
        cursor.report(finding)
        if cursor.kind not in BLOCK_ENDS or any(cursor.kind in waiting for waiting in cursor.open_blocks):
            return
        cursor.advance()  # an END that nothing waits for: written in place of this block's own
    cursor.accept(Kind.SEMICOLON)
