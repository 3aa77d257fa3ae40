"""Statements. What is computed in them is in expressions.py."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from iec61131.source import Span
from iec61131.syntax.tree.expressions import Call, Expression, Initial
from iec61131.syntax.tree.names import Name, Pragma


class AssignOperator(Enum):
    """How the value gets into the target. ATTEMPT: as far as the types agree at run time, else NULL."""

    ASSIGN = ":="
    REFERENCE = "REF="
    SET = "S="
    RESET = "R="
    ATTEMPT = "?="


class Assign(Struct, frozen=True):
    """`target := value`. `a := b := 1` has an Assign as value, which is worth what its target holds afterwards."""

    target: Expression
    value: Initial | Assign
    span: Span
    operator: AssignOperator = AssignOperator.ASSIGN


class CallStatement(Struct, frozen=True):
    call: Call
    span: Span


class If(Struct, frozen=True):
    """`branches` are the IF and its ELSIFs in order: condition and statements."""

    branches: tuple[tuple[Expression, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...]
    span: Span


class CaseLabel(Struct, frozen=True):
    """A value, or a range when `high` is there."""

    low: Expression
    high: Expression | None
    span: Span


class Case(Struct, frozen=True):
    """`otherwise` is None when there is no ELSE."""

    selector: Expression
    arms: tuple[tuple[tuple[CaseLabel, ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] | None
    span: Span


class For(Struct, frozen=True):
    variable: Expression
    start: Expression
    end: Expression
    step: Expression | None
    body: tuple[Statement, ...]
    span: Span


class While(Struct, frozen=True):
    condition: Expression
    body: tuple[Statement, ...]
    span: Span


class Repeat(Struct, frozen=True):
    body: tuple[Statement, ...]
    until: Expression
    span: Span


class Try(Struct, frozen=True):
    """`__TRY body __CATCH (caught) handler __FINALLY final __ENDTRY`. What is not written is None."""

    body: tuple[Statement, ...]
    caught: Expression | None
    handler: tuple[Statement, ...] | None
    final: tuple[Statement, ...] | None
    span: Span


class Exit(Struct, frozen=True):
    span: Span


class Continue(Struct, frozen=True):
    span: Span


class Return(Struct, frozen=True):
    span: Span


class Jump(Struct, frozen=True):
    """`JMP label;`"""

    label: Name
    span: Span


class Label(Struct, frozen=True):
    """`name:` before a statement, where a Jump goes to."""

    name: Name
    span: Span


class Link(Struct, frozen=True):
    """What a wire of a drawing carries from here on; a `LinkValue` of that name reads it. No text has it."""

    name: Name
    value: Expression
    span: Span


class Empty(Struct, frozen=True):
    """A lone semicolon."""

    span: Span


Statement = (
    Assign
    | CallStatement
    | If
    | Case
    | For
    | While
    | Repeat
    | Try
    | Exit
    | Continue
    | Return
    | Jump
    | Label
    | Link
    | Empty
    | Pragma
)
