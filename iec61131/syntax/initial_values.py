"""Initial values: an expression, a list for an array, or a list of members for a STRUCT or a function block."""

from __future__ import annotations

from iec61131.syntax.cursor import Cursor
from iec61131.syntax.expressions import expression, has_list
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import ArrayInitial, Expression, Initial, Name, StructInitial


def declared_value(cursor: Cursor) -> Initial:
    """All that stands behind the `:=` of a declaration.

    Older CODESYS writes the values of an array without brackets, others write round ones.
    """
    first = cursor.token
    items: list[tuple[Expression | None, Initial | None]]
    if first.kind is Kind.LEFT_PARENTHESIS and cursor.peek(2).kind is not Kind.ASSIGN and has_list(cursor):
        return _array_initial(cursor, Kind.RIGHT_PARENTHESIS)
    value = initial_value(cursor)
    if first.kind is Kind.INTEGER and cursor.kind is Kind.LEFT_PARENTHESIS:
        cursor.move_to(cursor.index - 1)
        items = [_array_item(cursor)]
    elif cursor.kind is Kind.COMMA:
        items = [(None, value)]
    else:
        return value
    while cursor.accept(Kind.COMMA):
        items.append(_array_item(cursor))
    return ArrayInitial(tuple(items), cursor.span_from(first.start), is_bare=True)


def initial_value(cursor: Cursor) -> Initial:
    """Behind the `:=` of a declaration: an expression, `[1, 2, 3(0)]` or `(a := 1, b := [..])`."""
    if cursor.kind is Kind.LEFT_BRACKET:
        return _array_initial(cursor)
    if cursor.kind is Kind.LEFT_PARENTHESIS and cursor.peek(2).kind is Kind.ASSIGN:
        return _struct_initial(cursor)
    return expression(cursor)


def _array_initial(cursor: Cursor, closer: Kind = Kind.RIGHT_BRACKET) -> ArrayInitial:
    cursor.deeper()
    opener = cursor.advance()
    items: list[tuple[Expression | None, Initial | None]] = []
    if cursor.kind is not closer:
        items.append(_array_item(cursor))
        while cursor.accept(Kind.COMMA):
            items.append(_array_item(cursor))
    cursor.close(closer, opener, "an operator, ',' or ")
    cursor.depth -= 1
    is_bare = closer is not Kind.RIGHT_BRACKET
    return ArrayInitial(tuple(items), cursor.span_from(opener.start), is_bare)


def _array_item(cursor: Cursor) -> tuple[Expression | None, Initial | None]:
    """One value, or a repeat count with a value in brackets: `3(0)`, `3()`."""
    if cursor.kind is not Kind.INTEGER or cursor.peek().kind is not Kind.LEFT_PARENTHESIS:
        return None, initial_value(cursor)
    count = expression(cursor)
    opener = cursor.advance()
    value = None if cursor.at(Kind.RIGHT_PARENTHESIS) else initial_value(cursor)
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "an operator or ")
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
