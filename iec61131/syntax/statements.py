"""Statements: a list of them, then one function per kind.

`statements` is where reading starts anew after an error in a statement. It ends at the keywords that its block waits
for and at those that an outer block waits for; the block that then misses its own end reports that, and points at its
beginning. What is no statement is dealt with in statement_recovery.py.
"""

from __future__ import annotations

from collections.abc import Callable

from iec61131.diagnostics.catalogue.syntax import (
    COMPARISON_AS_ASSIGNMENT,
    NOT_A_STATEMENT,
    NOT_ASSIGNABLE,
    SPLIT_ASSIGNMENT,
)
from iec61131.syntax.cursor import Cursor, Recover
from iec61131.syntax.expressions import (
    condition,
    expect_value,
    expression,
    has_list,
    is_whole_value,
    operator_of_assignment,
    place,
    skip_operator_of_assignment,
)
from iec61131.syntax.initial_values import initial_value
from iec61131.syntax.misspelling import CERTAIN_SLIPS
from iec61131.syntax.pragmas import pragmas_in_body
from iec61131.syntax.statement_recovery import (
    BLOCK_KEYWORDS,
    BODY_ENDS,
    HEADER_WORDS,
    NO_HEADER_BEYOND,
    USUAL_BEHIND_NAME,
    NoStatement,
    end_of_block,
    end_of_header,
    ends_here,
    is_instruction,
    skip_instruction_list,
    skip_misplaced,
    skip_statement,
    skip_to_end_of_header,
    stray_keyword,
    was_keyword,
)
from iec61131.syntax.tokens import BINARY_OPERATORS, ELEMENTARY_TYPES, UNARY_OPERATORS, Kind, Token
from iec61131.syntax.tree import (
    Assign,
    AssignOperator,
    BitAccess,
    Call,
    CallStatement,
    Case,
    CaseLabel,
    Continue,
    Dereference,
    DirectAddress,
    Empty,
    Exit,
    Expression,
    For,
    If,
    IndexAccess,
    Initial,
    Jump,
    Label,
    MemberAccess,
    Name,
    NameExpression,
    PartAccess,
    Repeat,
    Return,
    Statement,
    Try,
    While,
)

_ASSIGN = Kind.ASSIGN
_PLACES = (NameExpression, MemberAccess, BitAccess, PartAccess, IndexAccess, Dereference, DirectAddress)
# What can follow the first name of a statement. Anything else shows that the name was meant to be a keyword.
_AFTER_FIRST_NAME = frozenset(
    {
        *(Kind.ASSIGN, Kind.ATTEMPT, Kind.EQUAL, Kind.COLON),
        *(Kind.DOT, Kind.CARET, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET),
        *BINARY_OPERATORS,
    }
)
_VALUE_STARTS = frozenset(
    {
        *(Kind.INTEGER, Kind.REAL, Kind.DURATION, Kind.DATE, Kind.STRING, Kind.TYPED_NAME, Kind.TRUE, Kind.FALSE),
        *(Kind.LEFT_PARENTHESIS, *UNARY_OPERATORS),
    }
)


_RETURNED = _VALUE_STARTS | {Kind.IDENTIFIER, Kind.ADDRESS}


def body(cursor: Cursor) -> tuple[Statement, ...]:
    """The statements of a POU, up to its END."""
    return statements(cursor, BODY_ENDS)


def whole_body(cursor: Cursor) -> tuple[Statement, ...]:
    """The statements of a text that holds nothing else: pragmas at its end are a part of it."""
    return (*body(cursor), *pragmas_in_body(cursor))


def statements(cursor: Cursor, waits_for: frozenset[Kind], in_case: bool = False) -> tuple[Statement, ...]:
    """Statements up to a keyword in `waits_for` or one that an outer block waits for, which is left at the cursor.

    In an arm of a CASE the label of the next arm ends the list as well.
    """
    cursor.deeper()
    cursor.open_blocks.append(waits_for)
    found: list[Statement] = []
    while not ends_here(cursor, waits_for):
        if in_case and _is_at_label(cursor):
            break
        if cursor.kind in BLOCK_KEYWORDS:
            if not stray_keyword(cursor):
                break
            continue
        if cursor.pragmas:
            found.extend(pragmas_in_body(cursor))
        mark = cursor.mark()
        index = cursor.index
        try:
            found.append(_statement(cursor))
        except NoStatement:
            continue
        except Recover:
            cursor.restore(mark)
            skip_statement(cursor, index)
    if cursor.kind in waits_for and cursor.kind not in _OUTSIDE:
        found.extend(pragmas_in_body(cursor))
    cursor.open_blocks.pop()
    cursor.depth -= 1
    return tuple(found)


# What stands before these belongs to no body.
_OUTSIDE = frozenset({Kind.END_NAMESPACE, Kind.END_OF_FILE})


def _statement(cursor: Cursor) -> Statement:
    return _BEGINNING_WITH.get(cursor.kind, _not_a_statement)(cursor)


def _empty(cursor: Cursor) -> Statement:
    return Empty(cursor.advance().span)


def _leave(cursor: Cursor) -> Statement:
    token = cursor.advance()
    if token.kind is Kind.RETURN and cursor.kind in _RETURNED and not cursor.is_on_new_line:
        remedy = "RETURN takes no value: assign the result to the name of the FUNCTION before it"
        raise cursor.lost(cursor.expected("';'", remedy))
    cursor.semicolon(token.key)
    match token.kind:
        case Kind.EXIT:
            return Exit(token.span)
        case Kind.CONTINUE:
            return Continue(token.span)
        case _:
            return Return(token.span)


def _jump(cursor: Cursor) -> Statement:
    """`JMP label;`"""
    start = cursor.advance().start
    label = cursor.name("the label to go to")
    span = cursor.span_from(start)
    cursor.semicolon("JMP")
    return Jump(label, span)


def _is_at_jump_label(cursor: Cursor) -> bool:
    """`name:` before a statement; `name : INT;` is a declaration out of place, and `name : = 1` a slip."""
    if cursor.peek().kind is not Kind.COLON:
        return False
    behind = cursor.peek(2)
    if behind.kind is Kind.IDENTIFIER:
        return behind.key not in ELEMENTARY_TYPES and cursor.peek(3).kind is not Kind.SEMICOLON
    return behind.kind not in (Kind.EQUAL, Kind.ARRAY, Kind.STRUCT)


# --------------------------------------------------------------------------------------------- assignments and calls


def _starting_with_name(cursor: Cursor) -> Statement:
    """An assignment or a call; or a construct that is not supported; or a misspelt keyword."""
    token = cursor.token
    follows = cursor.peek().kind
    if follows in USUAL_BEHIND_NAME:
        return _assignment_or_call(cursor)
    if _is_at_jump_label(cursor):
        cursor.advance()
        cursor.advance()
        return Label(Name(token.text, token.span), cursor.span_from(token.start))
    key = token.key
    if key == "JMP" and follows is Kind.IDENTIFIER:
        return _jump(cursor)
    if is_instruction(cursor):
        skip_instruction_list(cursor)
        raise NoStatement
    if operator_of_assignment(cursor, 1) is not None:
        return _assignment_or_call(cursor)
    if (follows not in _AFTER_FIRST_NAME or key in CERTAIN_SLIPS) and was_keyword(cursor):
        raise NoStatement
    return _assignment_or_call(cursor)


def _assignment_or_call(cursor: Cursor) -> Statement:
    start, first = cursor.token.start, cursor.index
    target = place(cursor)
    if cursor.kind is _ASSIGN:
        _check_assignable(cursor, target)
        cursor.advance()
        return _rest_of_assignment(cursor, target, start)
    match cursor.kind:
        case Kind.IDENTIFIER | Kind.ATTEMPT if (operator := operator_of_assignment(cursor)) is not None:
            _check_assignable(cursor, target)
            skip_operator_of_assignment(cursor)
            return _rest_of_assignment(cursor, target, start, operator)
        case Kind.EQUAL:
            cursor.report(COMPARISON_AS_ASSIGNMENT.at(cursor.token.span))
            cursor.advance()
            return _rest_of_assignment(cursor, target, start)
        case Kind.COLON if cursor.peek().kind is Kind.EQUAL:
            cursor.report(SPLIT_ASSIGNMENT.at(cursor.token.span.to(cursor.peek().span)))
            cursor.advance()
            cursor.advance()
            return _rest_of_assignment(cursor, target, start)
        case _ if isinstance(target, Call):
            return _rest_of_call(cursor, target, first)
        case _:
            if cursor.kind in BINARY_OPERATORS:
                raise _lone_expression(cursor, first)
            if cursor.kind in (Kind.SEMICOLON, Kind.ARROW) or cursor.is_on_new_line:
                raise cursor.lost(NOT_A_STATEMENT.at(target.span))
            raise cursor.lost(cursor.expected("':=' or '('", _remedy_behind(cursor, cursor.tokens[first])))


def _remedy_behind(cursor: Cursor, first: Token) -> str:
    """What to do about the token at the cursor, which stands behind the name `first` of a statement."""
    if first.key in ELEMENTARY_TYPES and cursor.kind is Kind.IDENTIFIER:
        return f"declare it in a VAR section: {cursor.token.text} : {first.key};"
    if first.key == "CALL":
        return f"a call has no word in front: {cursor.token.text}(..);"
    return "assign to the name, or call it"


def _rest_of_assignment(
    cursor: Cursor, target: Expression, start: int, operator: AssignOperator = AssignOperator.ASSIGN
) -> Statement:
    value = _assigned(cursor)
    span = cursor.span_from(start)
    cursor.semicolon("the assignment")
    return Assign(target, value, span, operator)


def _assigned(cursor: Cursor) -> Initial | Assign:
    """What is assigned: a value, a list of values, or the next assignment of `a := b := 1`."""
    expect_value(cursor)
    if _is_at_list(cursor):
        return initial_value(cursor)
    start = cursor.token.start
    value = expression(cursor)
    operator = None if cursor.kind is Kind.SEMICOLON else operator_of_assignment(cursor)
    if operator is None or (cursor.kind is Kind.IDENTIFIER and cursor.is_on_new_line):
        return value
    _check_assignable(cursor, value)
    skip_operator_of_assignment(cursor)
    cursor.deeper()
    inner = _assigned(cursor)
    cursor.depth -= 1
    return Assign(value, inner, cursor.span_from(start), operator)


def _is_at_list(cursor: Cursor) -> bool:
    """`[1, 2]` or `(a := 1, b := 2)`, which are initial values. `(a := 1) + 2` is a slip for a comparison, and whether
    `(a := 1)` alone is one depends on the type of the target.
    """
    if cursor.kind is Kind.LEFT_PARENTHESIS:
        is_named = cursor.peek().kind is Kind.IDENTIFIER and cursor.peek(2).kind is Kind.ASSIGN
        return is_named and (has_list(cursor) or is_whole_value(cursor))
    return cursor.kind is Kind.LEFT_BRACKET


def _rest_of_call(cursor: Cursor, call: Call, first: int) -> Statement:
    """`first` is the index of the token with which the statement starts."""
    if cursor.kind is not Kind.SEMICOLON and cursor.comes_before(HEADER_WORDS, NO_HEADER_BEYOND):
        # `WHIEL (x) DO` looks like a call up to here.
        behind = cursor.index
        cursor.move_to(first)
        if was_keyword(cursor):
            raise NoStatement
        cursor.move_to(behind)
    if cursor.kind in BINARY_OPERATORS:
        raise _lone_expression(cursor, first)
    cursor.semicolon("the call")
    return CallStatement(call, call.span)


def _lone_expression(cursor: Cursor, first: int) -> Recover:
    """What to raise for an expression that stands where a statement should, read from its first token again."""
    cursor.move_to(first)
    whole = expression(cursor)
    return cursor.lost(NOT_A_STATEMENT.at(whole.span))


_ASSIGNABLE = "put a variable, a member, an array element or an address on the left of ':='"


def _check_assignable(cursor: Cursor, target: Expression) -> None:
    if not isinstance(target, _PLACES):
        is_call = isinstance(target, Call)
        remedy = f"{_ASSIGNABLE}; an index stands in square brackets: a[1]" if is_call else _ASSIGNABLE
        what = "the result of a call" if is_call else "a value"
        cursor.report(NOT_ASSIGNABLE.at(target.span, what=what, remedy=remedy))


def _not_a_statement(cursor: Cursor) -> Statement:
    """What cannot start a statement: a value, a VAR section, a keyword out of place, a closing bracket."""
    token = cursor.token
    if skip_misplaced(cursor):
        raise NoStatement
    if cursor.kind not in _VALUE_STARTS:
        raise cursor.lost(cursor.expected("a statement", "begin it with a name or a keyword such as IF"))
    value = expression(cursor)
    if cursor.kind is Kind.ASSIGN:
        cursor.report(NOT_ASSIGNABLE.at(value.span, what="a value", remedy=_ASSIGNABLE))
        cursor.advance()
        return _rest_of_assignment(cursor, value, token.start)
    raise cursor.lost(NOT_A_STATEMENT.at(value.span))


# ------------------------------------------------------------------------------------------------------------- blocks


def _header(cursor: Cursor, ends_with: Kind) -> Expression | None:
    """A condition or a selector, up to and with THEN, DO or OF. An error in it must not cost the block: None then."""
    mark = cursor.mark()
    try:
        read = condition(cursor)
        end_of_header(cursor, ends_with)
    except Recover:
        cursor.restore(mark)
        skip_to_end_of_header(cursor, ends_with)
        return None
    return read


def _if(cursor: Cursor) -> Statement:
    opener = cursor.advance()
    branches: list[tuple[Expression, tuple[Statement, ...]]] = []
    otherwise: tuple[Statement, ...] = ()
    else_if: Token | None = None
    while True:
        decides = _header(cursor, Kind.THEN)
        inside = statements(cursor, _IF_WAITS)
        if decides is not None:
            branches.append((decides, inside))
        if not cursor.accept(Kind.ELSIF):
            break
    if cursor.accept(Kind.ELSE):
        if cursor.at(Kind.IF) and not cursor.is_on_new_line:
            else_if = cursor.token
        otherwise = statements(cursor, _ELSE_WAITS)
    end_of_block(cursor, opener, Kind.END_IF, else_if)
    if not branches:
        raise NoStatement
    return If(tuple(branches), otherwise, cursor.span_from(opener.start))


_IF_WAITS = frozenset({Kind.ELSIF, Kind.ELSE, Kind.END_IF})
_ELSE_WAITS = frozenset({Kind.END_IF})


def _while(cursor: Cursor) -> Statement:
    opener = cursor.advance()
    decides = _header(cursor, Kind.DO)
    inside = statements(cursor, frozenset({Kind.END_WHILE}))
    end_of_block(cursor, opener, Kind.END_WHILE)
    if decides is None:
        raise NoStatement
    return While(decides, inside, cursor.span_from(opener.start))


def _for(cursor: Cursor) -> Statement:
    opener = cursor.advance()
    mark = cursor.mark()
    header: tuple[Expression, Expression, Expression, Expression | None] | None = None
    try:
        header = _for_header(cursor)
        end_of_header(cursor, Kind.DO)
    except Recover:
        cursor.restore(mark)
        skip_to_end_of_header(cursor, Kind.DO)
    inside = statements(cursor, frozenset({Kind.END_FOR}))
    end_of_block(cursor, opener, Kind.END_FOR)
    if header is None:
        raise NoStatement
    return For(*header, inside, cursor.span_from(opener.start))


def _for_header(cursor: Cursor) -> tuple[Expression, Expression, Expression, Expression | None]:
    """`i := 1 TO 10 BY 2`: variable, start, end, step."""
    if cursor.kind is not Kind.IDENTIFIER:
        raise cursor.lost(cursor.expected("the variable that counts", "write FOR i := 1 TO 10 DO"))
    variable = place(cursor)
    if cursor.at(Kind.EQUAL):
        cursor.report(COMPARISON_AS_ASSIGNMENT.at(cursor.token.span))
        cursor.advance()
    else:
        if not cursor.at(Kind.ASSIGN):
            raise cursor.lost(cursor.expected("':='", "write FOR i := 1 TO 10 DO"))
        cursor.advance()
    start = expression(cursor)
    if cursor.at_word("DOWNTO") or cursor.at(Kind.UNTIL):
        remedy = "write FOR i := 10 TO 1 BY -1 DO" if cursor.at_word("DOWNTO") else "write FOR i := 1 TO 10 DO"
        cursor.report(cursor.expected("'TO'", remedy))
    elif not cursor.at(Kind.TO) and not cursor.repair(frozenset({Kind.TO})):
        raise cursor.lost(cursor.expected("'TO'", "write FOR i := 1 TO 10 DO"))
    cursor.advance()
    end = expression(cursor)
    has_step = cursor.accept(Kind.BY) or (cursor.repair(frozenset({Kind.BY})) and cursor.accept(Kind.BY))
    return variable, start, end, expression(cursor) if has_step else None


def _repeat(cursor: Cursor) -> Statement:
    opener = cursor.advance()
    inside = statements(cursor, frozenset({Kind.UNTIL, Kind.END_REPEAT}))
    until: Expression | None = None
    if cursor.accept(Kind.UNTIL):
        mark = cursor.mark()
        try:
            until = condition(cursor)
        except Recover:
            cursor.restore(mark)
            skip_to_end_of_header(cursor, Kind.SEMICOLON)
        cursor.accept(Kind.SEMICOLON)
    elif cursor.kind is Kind.END_REPEAT:
        cursor.report(cursor.expected("'UNTIL'", "write UNTIL and the condition that ends the loop before END_REPEAT"))
    end_of_block(cursor, opener, Kind.END_REPEAT)
    if until is None:
        raise NoStatement
    return Repeat(inside, until, cursor.span_from(opener.start))


def _try(cursor: Cursor) -> Statement:
    opener = cursor.advance()
    inside = statements(cursor, _TRY_WAITS)
    caught: Expression | None = None
    handler: tuple[Statement, ...] | None = None
    final: tuple[Statement, ...] | None = None
    if cursor.accept(Kind.CATCH):
        mark = cursor.mark()
        try:
            caught = _caught(cursor)
        except Recover:
            cursor.restore(mark)
            skip_to_end_of_header(cursor, Kind.RIGHT_PARENTHESIS)
        handler = statements(cursor, _CATCH_WAITS)
    if cursor.accept(Kind.FINALLY):
        final = statements(cursor, frozenset({Kind.END_TRY}))
    end_of_block(cursor, opener, Kind.END_TRY)
    return Try(inside, caught, handler, final, cursor.span_from(opener.start))


def _caught(cursor: Cursor) -> Expression | None:
    """`(exception)` behind __CATCH, which may be left out."""
    bracket = cursor.token
    if not cursor.accept(Kind.LEFT_PARENTHESIS):
        return None
    if cursor.kind is not Kind.IDENTIFIER:
        raise cursor.lost(cursor.expected("the variable that takes the exception", "write __CATCH (exception)"))
    caught = place(cursor)
    cursor.close(Kind.RIGHT_PARENTHESIS, bracket)
    return caught


_TRY_WAITS = frozenset({Kind.CATCH, Kind.FINALLY, Kind.END_TRY})
_CATCH_WAITS = frozenset({Kind.FINALLY, Kind.END_TRY})


# --------------------------------------------------------------------------------------------------------------- CASE


def _case(cursor: Cursor) -> Statement:
    opener = cursor.advance()
    selector = _header(cursor, Kind.OF)
    arms: list[tuple[tuple[CaseLabel, ...], tuple[Statement, ...]]] = []
    cursor.open_blocks.append(_CASE_WAITS)
    cursor.deeper()  # one level for the CASE, one for the statements of an arm
    while not ends_here(cursor, _CASE_WAITS):
        if cursor.kind in BLOCK_KEYWORDS:
            if not stray_keyword(cursor):
                break
            continue
        arm = _arm(cursor)
        if arm is not None:
            arms.append(arm)
    cursor.open_blocks.pop()
    cursor.depth -= 1
    otherwise: tuple[Statement, ...] | None = None
    if cursor.accept(Kind.ELSE):
        cursor.accept(Kind.COLON)  # some dialects write ELSE:
        otherwise = statements(cursor, frozenset({Kind.END_CASE}))
    end_of_block(cursor, opener, Kind.END_CASE)
    if selector is None:
        raise NoStatement
    return Case(selector, tuple(arms), otherwise, cursor.span_from(opener.start))


_CASE_WAITS = frozenset({Kind.ELSE, Kind.END_CASE})


def _arm(cursor: Cursor) -> tuple[tuple[CaseLabel, ...], tuple[Statement, ...]] | None:
    """`1, 5..7: statements`; None when it is lost."""
    index = cursor.index
    mark = cursor.mark()
    try:
        if cursor.kind is Kind.IDENTIFIER and not _is_at_label(cursor) and was_keyword(cursor):
            return None
        if cursor.kind is Kind.CASE and cursor.peek().kind in _VALUE_STARTS and cursor.peek(2).kind is Kind.COLON:
            cursor.report(cursor.expected("a label", "the labels of a CASE have no word in front: 1: statements"))
            cursor.advance()
        labels = [_label(cursor)]
        while cursor.accept(Kind.COMMA):
            labels.append(_label(cursor))
        if cursor.kind is Kind.COLON and cursor.peek().kind is not Kind.EQUAL:
            cursor.advance()
        else:
            raise cursor.lost(cursor.expected("':' behind the label", "write CASE labels as 1, 2..5: statements"))
    except Recover:
        cursor.restore(mark)
        skip_statement(cursor, index)
        return None
    return tuple(labels), statements(cursor, _CASE_WAITS, in_case=True)


def _label(cursor: Cursor) -> CaseLabel:
    start = cursor.token.start
    low = expression(cursor)
    high = expression(cursor) if cursor.accept(Kind.RANGE) else None
    return CaseLabel(low, high, cursor.span_from(start))


def _is_at_label(cursor: Cursor) -> bool:
    """Whether the next arm starts here. Only a name needs a look ahead: a statement can start with it as well."""
    kind = cursor.kind
    if kind is not Kind.IDENTIFIER:
        return kind in _VALUE_STARTS
    ahead = 1
    while True:
        follows = cursor.peek(ahead).kind
        if follows is Kind.COLON:
            return cursor.peek(ahead + 1).kind is not Kind.EQUAL
        if follows is Kind.RANGE:
            return True
        if follows not in _INSIDE_LABEL or cursor.index + ahead >= len(cursor.tokens):
            return False
        ahead += 1


_INSIDE_LABEL = frozenset(
    {
        *(Kind.IDENTIFIER, Kind.INTEGER, Kind.TYPED_NAME, Kind.DOT, Kind.COMMA),
        *(Kind.PLUS, Kind.MINUS, Kind.STAR, Kind.SLASH, Kind.MOD),
    }
)

# A look into a table for each statement, where a `match` asks an enumeration for its members one after the other.
_BEGINNING_WITH: dict[Kind, Callable[[Cursor], Statement]] = {
    Kind.IDENTIFIER: _starting_with_name,
    Kind.ADDRESS: _assignment_or_call,
    Kind.IF: _if,
    Kind.CASE: _case,
    Kind.FOR: _for,
    Kind.WHILE: _while,
    Kind.REPEAT: _repeat,
    Kind.TRY: _try,
    **dict.fromkeys((Kind.EXIT, Kind.CONTINUE, Kind.RETURN), _leave),
    Kind.SEMICOLON: _empty,
}
