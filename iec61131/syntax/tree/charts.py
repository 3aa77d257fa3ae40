"""The sequential function chart in its textual form: steps with what they do, and the transitions between them."""

from __future__ import annotations

from msgspec import Struct

from iec61131.source import Span
from iec61131.syntax.tree.expressions import Expression
from iec61131.syntax.tree.names import Name, Pragma
from iec61131.syntax.tree.statements import Statement


class ActionAssociation(Struct, frozen=True):
    """`fill(L, T#5s, done)` in a step. `name` is an action or a variable of type BOOL.

    `qualifier` is N, R, S, P, P0, P1, L, D, SD, DS or SL, N when none was written; `time` belongs to the last five.
    """

    name: Name
    qualifier: str
    time: Expression | None
    indicators: tuple[Expression, ...]
    span: Span


class Step(Struct, frozen=True):
    """`STEP name: .. END_STEP`, `INITIAL_STEP name: .. END_STEP`"""

    name: Name
    is_initial: bool
    associations: tuple[ActionAssociation, ...]
    span: Span
    pragmas: tuple[Pragma, ...] = ()


class Transition(Struct, frozen=True):
    """`TRANSITION name (PRIORITY := 1) FROM (a, b) TO c := condition; END_TRANSITION`

    `before` is done before the condition is looked at: what a drawing computes on the way.
    """

    name: Name | None
    priority: Expression | None
    sources: tuple[Name, ...]
    targets: tuple[Name, ...]
    condition: Expression
    span: Span
    pragmas: tuple[Pragma, ...] = ()
    before: tuple[Statement, ...] = ()


class Chart(Struct, frozen=True):
    """The body of a POU or an ACTION: its steps and transitions, each in the order of the text."""

    steps: tuple[Step, ...]
    transitions: tuple[Transition, ...]
    span: Span
