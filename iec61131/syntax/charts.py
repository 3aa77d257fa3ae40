"""The sequential function chart in its textual form. Its words are names everywhere else.

A body is a chart when it begins with a step or a transition. The ACTIONs of a chart are those of the POU (members.py).
"""

from __future__ import annotations

from msgspec import Struct, field

from iec61131.source import Span
from iec61131.syntax.cursor import Cursor, Recover
from iec61131.syntax.expressions import condition, expect_value, expression
from iec61131.syntax.headings import name_of
from iec61131.syntax.limits import INSTRUCTION_LIST
from iec61131.syntax.statement_recovery import BODY_ENDS
from iec61131.syntax.tokens import SECTION_STARTS, Kind, Token
from iec61131.syntax.tree import (
    ActionAssociation,
    BoolLiteral,
    Chart,
    Expression,
    Name,
    Pragma,
    Statement,
    Step,
    Transition,
)

# Each qualifier of an action, and whether a time belongs to it.
QUALIFIERS: dict[str, bool] = {
    **dict.fromkeys(("N", "R", "S", "P", "P0", "P1"), False),
    **dict.fromkeys(("L", "D", "SD", "DS", "SL"), True),
}


class Elements(Struct):
    """What has been found of a chart. `start` is the offset of its first element, -1 while there is none."""

    steps: list[Step] = field(default_factory=list[Step])
    transitions: list[Transition] = field(default_factory=list[Transition])
    start: int = -1

    def chart(self, cursor: Cursor) -> Chart | None:
        """The chart, which ends before the cursor; None where there is none."""
        found = (*self.steps, *self.transitions)
        if not found:
            return None
        end = max(element.span.end for element in found)
        return Chart(tuple(self.steps), tuple(self.transitions), Span(cursor.file, self.start, end))


def read_chart(cursor: Cursor, elements: Elements) -> None:
    """Adds all steps and transitions at the cursor."""
    while word := cursor.chart_word:
        if elements.start < 0:
            elements.start = cursor.token.start
        if word == "TRANSITION":
            transition = _transition(cursor)
            if transition is not None:
                elements.transitions.append(transition)
        else:
            step = _step(cursor, word)
            if step is not None:
                elements.steps.append(step)


def refuse_mixture(cursor: Cursor, statements: tuple[Statement, ...]) -> None:
    """Report the first of `statements`, which stand in a chart."""
    for statement in statements:
        if not isinstance(statement, Pragma):
            remedy = "a body is either statements or a chart: write the statements as an ACTION"
            cursor.report(cursor.expected_at(statement.span, "a step, a transition or an action", remedy))
            return


# --------------------------------------------------------------------------------------------------------------- steps


def _step(cursor: Cursor, word: str) -> Step | None:
    """`STEP name: action(N); END_STEP`"""
    pragmas = cursor.take_pragmas()
    opener = cursor.advance()
    name = name_of(cursor, "step")
    cursor.expect(Kind.COLON, f"write ':' behind the name: {word} name:", instead=frozenset({Kind.SEMICOLON}))
    associations: list[ActionAssociation] = []
    while not cursor.accept(Kind.END_STEP):
        if cursor.accept(Kind.SEMICOLON):
            continue
        if _is_outside(cursor):
            cursor.report(cursor.unclosed(opener, Kind.END_STEP))
            break
        if cursor.repair(frozenset({Kind.END_STEP})):
            continue
        mark, index = cursor.mark(), cursor.index
        try:
            associations.append(_association(cursor))
        except Recover:
            cursor.restore(mark)
            _skip_association(cursor, index)
    cursor.accept(Kind.SEMICOLON)
    if name is None:
        return None
    is_initial = word == "INITIAL_STEP"
    return Step(name, is_initial, tuple(associations), cursor.span_from(opener.start), pragmas)


def _is_outside(cursor: Cursor) -> bool:
    """Whether the text has gone on to something that stands in no step and in no transition."""
    if cursor.kind in BODY_ENDS or cursor.kind in SECTION_STARTS or cursor.is_at_declaration:
        return True
    return bool(cursor.chart_word or cursor.opening_word)


def _skip_association(cursor: Cursor, start: int) -> None:
    if cursor.index == start:
        cursor.advance()
    cursor.skip_until(lambda: cursor.kind in _AFTER_ASSOCIATION or _is_outside(cursor))
    cursor.accept(Kind.SEMICOLON)


_AFTER_ASSOCIATION = frozenset({Kind.SEMICOLON, Kind.END_STEP})


def _association(cursor: Cursor) -> ActionAssociation:
    """`fill(L, T#5s, done);`"""
    start = cursor.token.start
    name = cursor.name("the name of an action", "write what the step does as action(N);")
    opener = cursor.token
    qualifier, time, indicators = "N", None, list[Expression]()
    if cursor.accept(Kind.LEFT_PARENTHESIS):
        if not cursor.at(Kind.RIGHT_PARENTHESIS):
            qualifier = _qualifier(cursor)
        if QUALIFIERS[qualifier]:
            time = _time(cursor, qualifier)
        while cursor.accept(Kind.COMMA):
            indicators.append(expression(cursor))
        cursor.close(Kind.RIGHT_PARENTHESIS, opener, "',' or ")
    span = cursor.span_from(start)
    cursor.semicolon("the action")
    return ActionAssociation(name, qualifier, time, tuple(indicators), span)


def _qualifier(cursor: Cursor) -> str:
    token = cursor.token
    if cursor.kind is Kind.IDENTIFIER and token.key in QUALIFIERS:
        cursor.advance()
        return token.key
    finding = cursor.expected("a qualifier", f"write one of {' '.join(QUALIFIERS)}")
    raise cursor.lost(finding)


def _time(cursor: Cursor, qualifier: str) -> Expression:
    if not cursor.accept(Kind.COMMA):
        raise cursor.lost(
            cursor.expected("',' and a time", f"the qualifier {qualifier} needs one: ({qualifier}, T#5s)")
        )
    return expression(cursor)


# --------------------------------------------------------------------------------------------------------- transitions


def _transition(cursor: Cursor) -> Transition | None:
    """`TRANSITION FROM a TO b := condition; END_TRANSITION`; None when it is lost."""
    pragmas = cursor.take_pragmas()
    opener = cursor.advance()
    mark = cursor.mark()
    read: _Parts | None = None
    before: tuple[Pragma, ...] = ()
    try:
        read = _transition_parts(cursor)
    except Recover:
        cursor.restore(mark)
        cursor.skip_until(lambda: cursor.kind is Kind.END_TRANSITION or _is_outside(cursor))
    else:
        before = cursor.take_pragmas()
    _end_of_transition(cursor, opener)
    return None if read is None else Transition(*read, cursor.span_from(opener.start), pragmas, before)


_Parts = tuple[Name | None, Expression | None, tuple[Name, ...], tuple[Name, ...], Expression]
"""Name, priority, the steps before and behind, and the condition."""


def _transition_parts(cursor: Cursor) -> _Parts:
    """Behind a colon the condition is drawn: pragmas stand for the drawing, and something for the condition."""
    is_named = cursor.kind is Kind.IDENTIFIER and not cursor.at_word("FROM")
    name = cursor.name("the name of the transition") if is_named else None
    priority = _priority(cursor) if cursor.at(Kind.LEFT_PARENTHESIS) else None
    if not cursor.accept_word("FROM"):
        raise cursor.lost(cursor.expected("'FROM'", _FORM))
    sources = _steps(cursor)
    if not cursor.accept(Kind.TO):
        raise cursor.lost(cursor.expected("'TO'", _FORM))
    targets = _steps(cursor)
    colon = cursor.token
    if cursor.accept(Kind.COLON):
        if cursor.at(Kind.END_TRANSITION) and cursor.index in cursor.pragmas:
            return name, priority, sources, targets, BoolLiteral(False, colon.span)
        cursor.limit(INSTRUCTION_LIST, colon.span)
        raise Recover
    if not cursor.accept(Kind.ASSIGN):
        raise cursor.lost(cursor.expected("':=' and a condition", _FORM))
    expect_value(cursor)
    decides = condition(cursor)
    cursor.semicolon("the condition")
    return name, priority, sources, targets, decides


_FORM = "write TRANSITION FROM one TO other := condition; END_TRANSITION"


def _priority(cursor: Cursor) -> Expression:
    opener = cursor.advance()
    if not (cursor.accept_word("PRIORITY") and cursor.accept(Kind.ASSIGN)):
        raise cursor.lost(cursor.expected("PRIORITY and its value", "write TRANSITION (PRIORITY := 1) FROM"))
    priority = expression(cursor)
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "an operator or ")
    return priority


def _steps(cursor: Cursor) -> tuple[Name, ...]:
    """`a` or `(a, b)`"""
    opener = cursor.token
    if not cursor.accept(Kind.LEFT_PARENTHESIS):
        names = [cursor.name("the name of a step", _FORM)]
        if cursor.at(Kind.COMMA):
            cursor.report(cursor.expected("'TO' or ':='", "several steps stand in brackets: FROM (a, b) TO c"))
        while cursor.accept(Kind.COMMA):
            names.append(cursor.name("the name of a step"))
        return tuple(names)
    names = [cursor.name("the name of a step")]
    while cursor.accept(Kind.COMMA):
        names.append(cursor.name("the name of a step"))
    cursor.close(Kind.RIGHT_PARENTHESIS, opener, "',' or ")
    return tuple(names)


def _end_of_transition(cursor: Cursor, opener: Token) -> None:
    if cursor.accept(Kind.END_TRANSITION) or (
        cursor.repair(frozenset({Kind.END_TRANSITION})) and cursor.accept(Kind.END_TRANSITION)
    ):
        cursor.accept(Kind.SEMICOLON)
    else:
        cursor.report(cursor.unclosed(opener, Kind.END_TRANSITION))
