"""Initial values in the forms of a declaration, where older dialects leave out the brackets of a list."""

from __future__ import annotations

from iec61131.syntax.cursor import Cursor
from iec61131.syntax.expressions import array_initial, array_item, has_list, initial_value
from iec61131.syntax.tokens import Kind
from iec61131.syntax.tree import ArrayInitial, Expression, Initial


def declared_value(cursor: Cursor) -> Initial:
    """All that stands behind the `:=` of a declaration.

    Older CODESYS writes the values of an array without brackets, others write round ones.
    """
    first = cursor.token
    items: list[tuple[Expression | None, Initial | None]]
    if first.kind is Kind.LEFT_PARENTHESIS and cursor.peek(2).kind is not Kind.ASSIGN and has_list(cursor):
        return array_initial(cursor, Kind.RIGHT_PARENTHESIS)
    value = initial_value(cursor)
    if first.kind is Kind.INTEGER and cursor.kind is Kind.LEFT_PARENTHESIS:
        cursor.move_to(cursor.index - 1)
        items = [array_item(cursor)]
    elif cursor.kind is Kind.COMMA:
        items = [(None, value)]
    else:
        return value
    while cursor.accept(Kind.COMMA):
        items.append(array_item(cursor))
    return ArrayInitial(tuple(items), cursor.span_from(first.start), is_bare=True)
