"""Expressions: precedence climbing over the table in tokens.py, then operands, calls and their arguments.

Each function reads one thing at the cursor and leaves the cursor behind it. `Cursor.height` is how many levels high the
expression read last is; it is kept because a sum of many terms makes a deep tree without deep brackets.
"""

from __future__ import annotations

from msgspec.structs import replace

from iec61131.diagnostics.catalogue.syntax import (
    ARROW_AS_COMPARISON,
    ASSIGNMENT_AS_COMPARISON,
    EXPECTED_EXPRESSION,
    MALFORMED_NUMBER,
)
from iec61131.syntax.cursor import Cursor, Recover
from iec61131.syntax.literals import address, literal, part
from iec61131.syntax.tokens import BINARY_OPERATORS, UNARY_OPERATORS, Kind, Token
from iec61131.syntax.tree import (
    Argument,
    ArrayInitial,
    AssignOperator,
    Binary,
    BinaryOperator,
    BitAccess,
    BoolLiteral,
    Call,
    Dereference,
    Expression,
    IndexAccess,
    Initial,
    IntegerLiteral,
    ListValue,
    MemberAccess,
    Name,
    NameExpression,
    PartAccess,
    QualifiedEnum,
    StructInitial,
    Unary,
)

# A member of an enumeration takes ten times as long to find as a name of this file; these are asked for at every token.
_IDENTIFIER, _ASSIGN, _ARROW, _NOT = Kind.IDENTIFIER, Kind.ASSIGN, Kind.ARROW, Kind.NOT
_COMMA, _DOT, _CARET = Kind.COMMA, Kind.DOT, Kind.CARET
_LEFT_PARENTHESIS, _RIGHT_PARENTHESIS, _LEFT_BRACKET = Kind.LEFT_PARENTHESIS, Kind.RIGHT_PARENTHESIS, Kind.LEFT_BRACKET
_PLACE_STARTS = frozenset({Kind.IDENTIFIER, Kind.ADDRESS})
_TRUTH_VALUES = {Kind.TRUE: True, Kind.FALSE: False}
_LITERALS = frozenset({Kind.INTEGER, Kind.REAL, Kind.DURATION, Kind.DATE, Kind.STRING, Kind.TYPED_NAME})
# What continues a place: `a.b`, `a[1]`, `f(x)`, `p^`.
_POSTFIX = frozenset({Kind.DOT, Kind.LEFT_BRACKET, Kind.LEFT_PARENTHESIS, Kind.CARET})
# Keywords that somebody may have taken for the name of a variable, and what shows that it was meant as one.
_TEMPTING_NAMES = frozenset(
    {Kind.TYPE, Kind.REPEAT, Kind.EXIT, Kind.CONTINUE, Kind.RETURN, Kind.PROGRAM, Kind.FUNCTION}
)
_AFTER_OPERAND = frozenset({*BINARY_OPERATORS, Kind.SEMICOLON, Kind.DOT, Kind.COMMA, Kind.RIGHT_PARENTHESIS})
# Operators that the standard has as functions too: `AND(a, b)`.
_OPERATOR_FUNCTIONS = frozenset({Kind.AND, Kind.OR, Kind.XOR, Kind.MOD})
_MEMBER = "the name of a member or the number of a bit"
_LIST_MAX = 200  # how many tokens the question whether a bracket holds a list may look at
_BIT_NUMBER_MAX = 9999  # which bits a type has is decided later; this keeps the number a small one


def expression(cursor: Cursor, weakest: int = 1) -> Expression:
    """An expression whose operators bind at least as strongly as `weakest`."""
    cursor.deeper()
    start = cursor.token.start
    left = operand(cursor)
    height = cursor.height
    while True:
        operator = BINARY_OPERATORS.get(cursor.kind)
        if operator is None and cursor.kind is _ARROW:
            operator = _arrow_for_comparison(cursor)
        if operator is None or operator[0] < weakest:
            break
        cursor.advance()
        expect_value(cursor)
        right = expression(cursor, operator[0] + 1)
        height = max(height, cursor.height) + 1
        cursor.grown(height)
        left = Binary(operator[1], left, right, cursor.span_from(start))
    cursor.height = height
    cursor.depth -= 1
    return left


def expect_value(cursor: Cursor) -> None:
    """An expression has to follow what was read last. An assignment on the next line is not it."""
    if cursor.kind is _IDENTIFIER and cursor.peek().kind is _ASSIGN and cursor.is_on_new_line:
        raise cursor.lost(EXPECTED_EXPRESSION.at(cursor.place, found=cursor.found))


def condition(cursor: Cursor) -> Expression:
    """An expression that decides something. `IF x := 5` is the slip that deserves its own message."""
    expect_value(cursor)
    read = expression(cursor)
    _assignment_for_comparison(cursor)
    return read


_OPERATOR_SIGNS = {Kind.ASSIGN: AssignOperator.ASSIGN, Kind.ATTEMPT: AssignOperator.ATTEMPT}
_OPERATOR_WORDS = {
    "S": AssignOperator.SET,
    "R": AssignOperator.RESET,
    "REF": AssignOperator.REFERENCE,
}


def operator_of_assignment(cursor: Cursor, ahead: int = 0) -> AssignOperator | None:
    """The operator that stands there. `S=`, `R=` and `REF=` are two tokens."""
    token = cursor.peek(ahead)
    if token.kind in _OPERATOR_SIGNS:
        return _OPERATOR_SIGNS[token.kind]
    if token.kind is _IDENTIFIER and cursor.peek(ahead + 1).kind is Kind.EQUAL:
        return _OPERATOR_WORDS.get(token.key)
    return None


def skip_operator_of_assignment(cursor: Cursor) -> None:
    if cursor.advance().kind is Kind.IDENTIFIER:
        cursor.advance()


def _assignment_for_comparison(cursor: Cursor) -> None:
    if cursor.kind is Kind.ASSIGN:
        cursor.report(ASSIGNMENT_AS_COMPARISON.at(cursor.token.span))
        cursor.advance()
        expression(cursor)


def _arrow_for_comparison(cursor: Cursor) -> tuple[int, BinaryOperator]:
    """`a => b` in an expression; arguments take theirs before they ask for an expression."""
    token = cursor.token
    cursor.report(ARROW_AS_COMPARISON.at(token.span))
    cursor.tokens[cursor.index] = replace(token, kind=Kind.GREATER_EQUAL)
    cursor.kind = Kind.GREATER_EQUAL
    return BINARY_OPERATORS[Kind.GREATER_EQUAL]


def operand(cursor: Cursor) -> Expression:
    """A literal, a place, a call, an expression in brackets, or one of them behind a sign or NOT."""
    kind = cursor.kind
    if kind in _PLACE_STARTS:
        return place(cursor)
    if kind in UNARY_OPERATORS:
        return _unary(cursor)
    token = cursor.token
    cursor.height = 1
    if kind in _LITERALS:
        value = literal(token, cursor.blame)
        cursor.advance()
        return value
    if kind is _LEFT_PARENTHESIS:
        cursor.advance()
        expect_value(cursor)
        inner = expression(cursor)
        _assignment_for_comparison(cursor)
        cursor.close(Kind.RIGHT_PARENTHESIS, token, "an operator or ")
        return place(cursor, inner, token) if cursor.at(_CARET) else inner
    if kind in _TRUTH_VALUES:
        cursor.advance()
        return BoolLiteral(_TRUTH_VALUES[kind], token.span)
    if kind in _OPERATOR_FUNCTIONS and cursor.peek().kind is Kind.LEFT_PARENTHESIS and has_list(cursor, 1):
        return place(cursor)
    if kind in _TEMPTING_NAMES and cursor.peek().kind in _AFTER_OPERAND:
        name = cursor.name("a value")
        return NameExpression(name, name.span)
    raise cursor.lost(EXPECTED_EXPRESSION.at(cursor.place, found=cursor.found))


def has_list(cursor: Cursor, ahead: int = 0) -> bool:
    """Whether the bracket there holds more than one value. `AND(a, b)` has arguments; in `AND (a)` a value is missing
    before the operator.
    """
    return _find_in_bracket(cursor, ahead, Kind.COMMA)[0]


def has_range(cursor: Cursor) -> bool:
    """Whether the bracket at the cursor holds `..`, not inside other brackets."""
    return _find_in_bracket(cursor, 0, Kind.RANGE)[0]


def is_whole_value(cursor: Cursor) -> bool:
    """Whether nothing but a semicolon stands behind the bracket at the cursor."""
    end = _find_in_bracket(cursor, 0, None)[1]
    return end > 0 and cursor.peek(end).kind is Kind.SEMICOLON


def _find_in_bracket(cursor: Cursor, ahead: int, wanted: Kind | None) -> tuple[bool, int]:
    """Whether the bracket there holds `wanted`, not inside other brackets; and how far ahead its end is, 0 unknown."""
    depth = 0
    for number in range(ahead, ahead + _LIST_MAX):
        kind = cursor.peek(number).kind
        if kind is Kind.LEFT_PARENTHESIS or kind is Kind.LEFT_BRACKET:
            depth += 1
        elif kind is Kind.RIGHT_PARENTHESIS or kind is Kind.RIGHT_BRACKET:
            depth -= 1
        elif kind is wanted and depth == 1:
            return True, 0
        if depth == 0:
            return False, number + 1
        if kind is Kind.SEMICOLON or kind is Kind.END_OF_FILE:
            break
    return False, 0


def _unary(cursor: Cursor) -> Expression:
    cursor.deeper()
    token = cursor.advance()
    inner = operand(cursor)
    cursor.grown(cursor.height + 1)
    cursor.depth -= 1
    return Unary(UNARY_OPERATORS[token.kind], inner, cursor.span_from(token.start))


# -------------------------------------------------------------------------------------------------------------- places


def place(cursor: Cursor, inside: Expression | None = None, opener: Token | None = None) -> Expression:
    """A name or an address with members, indices and calls behind it, from left to right.

    `inside` is an expression in the brackets that `opener` opens: what follows them belongs to it.
    """
    token = opener or cursor.token
    start = token.start
    base: Expression
    if inside is not None:
        base = inside
    elif cursor.kind is not _IDENTIFIER and cursor.kind is Kind.ADDRESS:
        direct = address(token, cursor.report)
        cursor.advance()
        if direct is None:
            raise Recover
        base = direct
    else:
        cursor.advance()
        span = token.span
        base = NameExpression(Name(token.text, span), span)
    height = cursor.height if inside is not None else 1
    while cursor.kind in _POSTFIX:
        opener = cursor.advance()
        cursor.height = 0
        if opener.kind is _DOT:
            base = _member(cursor, base, start)
        elif opener.kind is _CARET:
            base = Dereference(base, cursor.span_from(start))
        else:
            cursor.deeper()  # one level for the brackets, one for the expression in them
            if opener.kind is Kind.LEFT_BRACKET:
                base = _index(cursor, base, opener, start)
            else:
                base = Call(base, arguments(cursor, opener), cursor.span_from(start))
            cursor.depth -= 1
        height = max(height, cursor.height) + 1
        cursor.grown(height)
    cursor.height = height
    return base


def _member(cursor: Cursor, base: Expression, start: int) -> Expression:
    """Behind the point: `.name`, `.3`, `.%X3` or `.%B1`."""
    if cursor.kind is _IDENTIFIER:  # the usual case
        return MemberAccess(base, cursor.name(_MEMBER), cursor.span_from(start))
    token = cursor.token
    if cursor.kind is Kind.INTEGER:
        return _bit(cursor, base, start)
    if cursor.kind is Kind.ADDRESS:
        found = part(token)
        if found is None:
            raise cursor.lost(cursor.expected("a part such as .%X3, .%B1, .%W0 or .%D1"))
        cursor.advance()
        size, number, bit = found
        span = cursor.span_from(start)
        base = BitAccess(base, number, span) if size == "X" else PartAccess(base, size, number, span)
        return base if bit is None else BitAccess(base, bit, span)
    if cursor.kind is Kind.TYPED_NAME:
        return _enumerator(cursor, base, start)
    return MemberAccess(base, cursor.name(_MEMBER), cursor.span_from(start))


def _enumerator(cursor: Cursor, base: Expression, start: int) -> Expression:
    """Behind `a.b.`: `Colour#Red`."""
    qualifier: list[Name] = []
    outer = base
    while isinstance(outer, MemberAccess):
        qualifier.insert(0, outer.name)
        outer = outer.base
    found = literal(cursor.token, cursor.report)
    if not isinstance(outer, NameExpression) or not isinstance(found, QualifiedEnum):
        raise cursor.lost(cursor.expected(_MEMBER))
    cursor.advance()
    return QualifiedEnum(found.type_name, found.member, cursor.span_from(start), (outer.name, *qualifier))


def _bit(cursor: Cursor, base: Expression, start: int) -> Expression:
    token = cursor.token
    value = literal(token, cursor.report)
    number = value.value if isinstance(value, IntegerLiteral) and value.prefix is None else _BIT_NUMBER_MAX + 1
    if not 0 <= number <= _BIT_NUMBER_MAX:
        finding = MALFORMED_NUMBER.at(
            token.span,
            text=f".{token.text[:20]}",
            reason="no value has such a bit",
            remedy="write the number of a bit, for example .0 or .15",
        )
        cursor.report(finding)
        number = 0
    cursor.advance()
    return BitAccess(base, number, cursor.span_from(start))


def _index(cursor: Cursor, base: Expression, opener: Token, start: int) -> Expression:
    """`[i, j]`"""
    indices = [expression(cursor)]
    height = cursor.height
    while cursor.accept(_COMMA):
        indices.append(expression(cursor))
        height = max(height, cursor.height)
    cursor.close(Kind.RIGHT_BRACKET, opener, "an operator, ',' or ")
    cursor.height = height
    return IndexAccess(base, tuple(indices), cursor.span_from(start))


# --------------------------------------------------------------------------------------------------------------- calls


def arguments(cursor: Cursor, opener: Token) -> tuple[Argument, ...]:
    """What stands between the brackets of a call, and the closing one."""
    given: list[Argument] = []
    height = 0
    if cursor.kind is not Kind.RIGHT_PARENTHESIS:
        while True:
            given.append(argument(cursor))
            height = max(height, cursor.height)
            if not cursor.accept(_COMMA):
                break
    cursor.close(_RIGHT_PARENTHESIS, opener, "an operator, ',' or ")
    cursor.height = height
    return tuple(given)


def argument(cursor: Cursor) -> Argument:
    """`value`, `name := value`, `name => target` or `NOT name => target`."""
    start = cursor.token.start
    if cursor.kind is _NOT and cursor.peek().kind is Kind.IDENTIFIER and cursor.peek(2).kind is Kind.ARROW:
        cursor.advance()
        return _output(cursor, start, negated=True)
    if cursor.kind is _IDENTIFIER:
        follows = cursor.peek().kind
        if follows is _ARROW:
            return _output(cursor, start, negated=False)
        if follows is _ASSIGN:
            name = cursor.name("the name of an input")
            cursor.advance()
            value = None if _is_left_out(cursor) else _list(cursor) if _is_list(cursor) else expression(cursor)
            return Argument(name, value, False, False, cursor.span_from(start))
    value = _list(cursor) if _is_list(cursor) else expression(cursor)
    return Argument(None, value, False, False, cursor.span_from(start))


def _is_list(cursor: Cursor) -> bool:
    """Asked before, so that arguments of arguments take no further Python frame each."""
    is_struct = cursor.kind is _LEFT_PARENTHESIS and cursor.peek(2).kind is _ASSIGN
    return is_struct or cursor.kind is _LEFT_BRACKET


def _list(cursor: Cursor) -> ListValue:
    found = array_initial(cursor) if cursor.kind is Kind.LEFT_BRACKET else _struct_initial(cursor)
    cursor.height = 1
    return ListValue(found, found.span)


def _output(cursor: Cursor, start: int, negated: bool) -> Argument:
    name = cursor.name("the name of an output")
    cursor.advance()
    target = None if _is_left_out(cursor) else expression(cursor)
    return Argument(name, target, True, negated, cursor.span_from(start))


def _is_left_out(cursor: Cursor) -> bool:
    """Whether an argument has nothing behind its sign; it then counts as not written. See also `Argument.value`."""
    cursor.height = 0
    return cursor.kind is Kind.COMMA or cursor.kind is Kind.RIGHT_PARENTHESIS


# -------------------------------------------------------------------------------------------------------------- lists


def initial_value(cursor: Cursor) -> Initial:
    """Behind the `:=` of a declaration: an expression, `[1, 2, 3(0)]` or `(a := 1, b := [..])`."""
    if cursor.kind is Kind.LEFT_BRACKET:
        return array_initial(cursor)
    if cursor.kind is Kind.LEFT_PARENTHESIS and cursor.peek(2).kind is Kind.ASSIGN:
        return _struct_initial(cursor)
    return expression(cursor)


def array_initial(cursor: Cursor, closer: Kind = Kind.RIGHT_BRACKET) -> ArrayInitial:
    """`[1, 2, 3(0)]` up to and with `closer`."""
    cursor.deeper()
    opener = cursor.advance()
    items: list[tuple[Expression | None, Initial | None]] = []
    if cursor.kind is not closer:
        items.append(array_item(cursor))
        while cursor.accept(Kind.COMMA):
            items.append(array_item(cursor))
    cursor.close(closer, opener, "an operator, ',' or ")
    cursor.depth -= 1
    is_bare = closer is not Kind.RIGHT_BRACKET
    return ArrayInitial(tuple(items), cursor.span_from(opener.start), is_bare)


def array_item(cursor: Cursor) -> tuple[Expression | None, Initial | None]:
    """One value, or a repeat count with a value in brackets: `3(0)`, `3()`, `3(2(0))`."""
    if cursor.kind is not Kind.INTEGER or cursor.peek().kind is not Kind.LEFT_PARENTHESIS:
        return None, initial_value(cursor)
    cursor.deeper()
    count = expression(cursor)
    opener = cursor.advance()
    inner, value = (None, None) if cursor.at(Kind.RIGHT_PARENTHESIS) else array_item(cursor)
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "an operator or ")
    cursor.depth -= 1
    if inner is not None:  # the last index counts fastest: 3(2(0)) is 6(0)
        count = Binary(BinaryOperator.MULTIPLY, count, inner, count.span.to(inner.span))
    return count, value


def _struct_initial(cursor: Cursor) -> StructInitial:
    cursor.deeper()
    opener = cursor.advance()
    fields = [_field_initial(cursor)]
    while cursor.accept(Kind.COMMA):
        fields.append(_field_initial(cursor))
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "an operator, ',' or ")
    cursor.depth -= 1
    return StructInitial(tuple(fields), cursor.span_from(opener.start))


def _field_initial(cursor: Cursor) -> tuple[Name, Initial]:
    name = cursor.name("the name of a member")
    if not cursor.accept(Kind.ASSIGN):
        raise cursor.lost(cursor.expected("':='", "write the value of each member: (a := 1, b := 2)"))
    return name, initial_value(cursor)
